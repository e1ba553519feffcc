"""An answer in pieces, as its tokens come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from llamo.answer import Answer
from llamo.batch import Asked, Told, read_tokens, second_thoughts, tell_steps, text_of
from llamo.errors import LlamoError
from llamo.saying import pieces, sure_beginning

if TYPE_CHECKING:
    from llamo.assistant import Assistant


class Stream(Iterator[str], AsyncIterator[str]):
    """The text of one answer, piece by piece; joined, the pieces are ``answer.answer``.

    For ``for`` and for ``async for``, which waits for each piece in a thread.

    What was given is never taken back. Checks may still turn a text into "I can't tell": a number
    that was not measured, or a model that is too unsure. So a sentence comes when it is whole and
    its numbers are checked, and where the weights name a least confidence (``least_sure`` of their
    calibration, as llamo-tiny's do), which shows with the last token, all of it comes at the end.

    The model is used only while a piece is waited for; others may ask it between two pieces.
    ``close`` in the middle, or leaving the ``with``, frees what the answer held.

    Args:
        pieces: Gives the pieces and returns the answer.

    Attributes:
        ended: Told the answer when all pieces were given.
    """

    def __init__(self, pieces: Generator[str, None, Answer]) -> None:
        self._pieces = pieces
        self.ended: Callable[[Answer], object] | None = None
        self._answer: Answer | None = None

    def __next__(self) -> str:
        try:
            return next(self._pieces)
        except StopIteration as end:
            if isinstance(end.value, Answer):
                self._answer = end.value
                if self.ended is not None:
                    self.ended(end.value)
            raise StopIteration from None

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> str:
        waiting = asyncio.ensure_future(asyncio.to_thread(next, self, None))
        try:
            piece = await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await asyncio.wait([waiting])  # the piece that is made now; then it can be closed
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def answer(self) -> Answer:
        """The whole answer, as ``ask`` gives it, once all pieces were given.

        Raises:
            LlamoError: There are pieces to come, or the stream was closed before its end.
        """
        if self._answer is None:
            raise LlamoError("the answer is not whole yet; take all pieces of the stream first.")
        return self._answer

    def close(self) -> None:
        """Stop here; an answer that is not whole is forgotten."""
        self._pieces.close()


def whole(answer: Answer) -> Generator[str, None, Answer]:
    """The pieces of an answer that is there already."""
    yield from pieces(answer.answer)
    return answer


def generated(
    assistant: Assistant,
    row: Asked,
    lock: AbstractContextManager[object],
    settled: Callable[[Asked, Told, float], Answer],
) -> Generator[str, None, Answer]:
    """The pieces of an answer while the model generates it.

    Args:
        assistant: Whose model is asked.
        row: The question.
        lock: Held while the model is used.
        settled: Makes the answer of what was told, in so many milliseconds.
    """
    model, processor = assistant.model, assistant.processor
    can_still_fall = assistant.calibration.least_sure > 0
    given = ""
    with lock:
        start = time.perf_counter()
        steps = tell_steps(model, processor, row, assistant.max_new_tokens)
        spent_s = time.perf_counter() - start
    while True:
        with lock:  # whom one waits for is not what the answer took
            start = time.perf_counter()
            step = next(steps, None)
            spent_s += time.perf_counter() - start
        if step is None:
            break
        said = step
        if not can_still_fall:
            sure = sure_beginning(text_of(processor, said), row.text, row.session.sides_told)
            yield from pieces(sure[len(given) :])
            given = sure
    with lock:
        told = read_tokens(model, processor, [row], said)
        told = second_thoughts(model, processor, [row], told, said, assistant.max_new_tokens)
    answer = settled(row, told[0], spent_s * 1e3)
    assert answer.answer.startswith(given)  # what was given stays
    yield from pieces(answer.answer[len(given) :])
    return answer
