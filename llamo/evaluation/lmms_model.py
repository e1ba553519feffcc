"""LLaMo inside lmms-eval (https://github.com/EvolvingLMMs-Lab/lmms-eval), which finds it by itself.

Loaded by lmms-eval alone, in an environment that has both; ``docs/evaluation.md`` tells how.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmms_eval.api.instance import Instance
from lmms_eval.api.model import lmms
from lmms_eval.models.registry_v2 import ModelManifest

from llamo.assistant import Assistant
from llamo.data.question import CANT_TELL
from llamo.errors import LlamoError
from llamo.evaluation.items import Clip
from llamo.session import Session


def manifest() -> ModelManifest:
    """What the entry point ``lmms_eval.models`` tells: the model is called ``llamo``."""
    return ModelManifest("llamo", simple_class_path=f"{__name__}.Llamo")


class Llamo(lmms):
    """Answers questions about videos, and about motions where a task names them.

    Args:
        pretrained: Weights folder; None for llamo-tiny.
        device: Where the model runs; None chooses.
        batch_size: Questions that the model sees at once.
    """

    is_simple = True

    def __init__(
        self,
        pretrained: str | None = None,
        device: str | None = None,
        batch_size: int | str = 16,
        **_: Any,  # lmms-eval gives every model some more
    ) -> None:
        super().__init__()
        self._assistant = Assistant.from_pretrained(pretrained, device=device)
        self._batch_size = int(batch_size)
        self._open: tuple[Clip, Session | str] | None = None

    def generate_until(self, requests: Sequence[Instance]) -> list[str]:
        """An answer to each request, in their order; a clip is opened once for all its questions.

        What cannot be opened, or shows nobody, is answered by "I can't tell" and the reason.
        """
        clips = [self._clip(request) for request in requests]
        answers: dict[int, str] = {}
        waiting: list[int] = []
        sessions: dict[int, Session] = {}
        for number in sorted(range(len(requests)), key=lambda i: (str(clips[i]), i)):
            opened = self._opened(clips[number])
            if isinstance(opened, str):
                answers[number] = f"{CANT_TELL}: {opened}"
                continue
            sessions[number] = opened
            waiting.append(number)
            if len(waiting) == self._batch_size:
                answers |= self._answered(waiting, sessions, requests)
                waiting, sessions = [], {}
        answers |= self._answered(waiting, sessions, requests)
        for number, request in enumerate(requests):
            context, settings = request.args[:2]
            self.cache_hook.add_partial("generate_until", (context, settings), answers[number])
        return [answers[number] for number in range(len(requests))]

    def generate_until_multi_round(self, requests: Sequence[Instance]) -> list[str]:
        """Not offered.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("LLaMo answers one question at a time; choose another task.")

    def loglikelihood(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:
        """Not offered.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("LLaMo answers in words; choose a task of type generate_until.")

    def _clip(self, request: Instance) -> Clip | None:
        """The file that a request is about, with what its line says of it; None without one."""
        _, _, doc_to_visual, number, task, split = request.args
        doc = self.task_dict[task][split][number]
        paths = [one for one in doc_to_visual(doc) or [] if isinstance(one, str)]
        if not paths:
            return None
        ours = doc.get("motion") == paths[0]  # elsewhere such names may mean anything
        return Clip(paths[0], **{name: doc.get(name) for name in ("fps", "up", "unit") if ours})

    def _opened(self, clip: Clip | None) -> Session | str:
        """The clip, or why it cannot be opened."""
        if clip is None:
            return "LLaMo takes the path of a video or of a motion, and there is none."
        if self._open is None or self._open[0] != clip:
            try:
                self._open = clip, self._assistant.open(clip.path, **clip.settings)
            except LlamoError as error:
                self._open = clip, str(error)
        return self._open[1]

    def _answered(
        self, numbers: Sequence[int], sessions: dict[int, Session], requests: Sequence[Instance]
    ) -> dict[int, str]:
        rows = [(sessions[number], requests[number].args[0]) for number in numbers]
        answers = self._assistant.answer_batch(rows, batch_size=self._batch_size)
        return {number: one.answer for number, one in zip(numbers, answers, strict=True)}
