"""What happens on the page: each event turns a visitor's wish into what is shown."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import gradio as gr

from llamo.errors import LlamoError
from llamo.serve.chart import Chart
from llamo.serve.conversation import Conversation, Message, assistant, user
from llamo.serve.examples import EXAMPLES
from llamo.serve.service import Service, Words
from llamo.serve.stage import stage
from llamo.serve.tables import compared_html, measured_html

if TYPE_CHECKING:
    from llamo.serve.visitors import OpenClip

_log = logging.getLogger("llamo.serve")

EVERYTHING = "everything"
"""Stands for no exercise."""

AS_IT_SAYS = "as the file says"
"""Stands for no unit and no axis."""

_PROGRESS = gr.Progress()
"""Tells Gradio that a handler shows how far it is."""

OPENED = (
    "stage", "chat", "opener", "problem", "first", "second", "third", "measured", "chart", "pair",
    "compared", "download",
)  # fmt: skip
"""Parts of the page that change when a clip is opened."""

QUESTIONS = ("What does the person do?", "How many times?", "Which hand does the person use?")
"""Worth asking of most clips."""


def said(error: Exception) -> str:
    """One line for a visitor: an error's own words, or that the fault is ours."""
    if isinstance(error, (LlamoError, gr.Error)):
        return " ".join(str(error).split())
    _log.exception("unexpected", exc_info=error)
    return "Something went wrong here, not with your clip. Please try again."


def wrong(error: Exception) -> str:
    """The same as HTML that screen readers speak at once."""
    return f'<div class="llamo-wrong" role="alert">{html.escape(said(error))}</div>'


class Events:
    """Handlers of the page.

    Args:
        service: Does the work.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._talks: WeakKeyDictionary[OpenClip, Conversation] = WeakKeyDictionary()

    def _opened(self, clip: OpenClip, questions: tuple[str, ...] = ()) -> tuple[Any, ...]:
        """What changes on the page when a clip is open, in the order of ``OPENED``."""
        self._begin(clip)
        asks = (*questions, *QUESTIONS)[: len(QUESTIONS)]
        opener = gr.Accordion(label="Open another clip", open=False)
        emptied = ("", "", "", "", gr.DownloadButton(visible=False))
        return stage(clip, "main"), [], opener, "", *map(gr.Button, asks), *emptied

    def _begin(self, clip: OpenClip) -> Conversation:
        talk = self._talks[clip] = Conversation(clip.strip, clip.session.motion.duration_s)
        return talk

    def open_file(
        self,
        upload: Path | None,
        fps: float | None,
        unit: str,
        up: str,
        index: float | None,
        person: float | None,
        request: gr.Request,
        progress: gr.Progress = _PROGRESS,
    ) -> tuple[Any, ...]:
        """A file was dropped, or recorded."""
        if upload is None:
            return _kept()
        words = Words(
            fps or None,
            None if unit == AS_IT_SAYS else unit,
            None if up == AS_IT_SAYS else up,
            None if index is None else int(index),
            None if person is None else int(person),
        )
        try:
            progress(0, desc="Opening")
            told = _told(progress)
            return self._opened(
                self._service.open_upload(key_of(request), upload, words, progress=told)
            )
        except Exception as error:
            return _kept(wrong(error))

    def example_opener(self, name: str) -> Callable[..., tuple[Any, ...]]:
        """What the button of an example does."""

        def open_example(request: gr.Request) -> tuple[Any, ...]:
            try:
                clip = self._service.open_example(key_of(request), name)
                return self._opened(clip, EXAMPLES[name].questions)
            except Exception as error:
                return _kept(wrong(error))

        return open_example

    def ask(self, question: str, request: gr.Request) -> Iterator[list[Message]]:
        """A question was asked: the answer as it grows, then with its moments."""
        question = question.strip()
        try:
            clip = self._service.clip(key_of(request))
        except LlamoError as error:
            yield [user(question), assistant(said(error))]
            return
        talk = self._talks.get(clip) or self._begin(clip)
        yield talk.messages(user(question), assistant("…"))
        try:
            for one in self._service.ask(key_of(request), question, clip):
                if one.answer is not None:
                    talk.told(question, one.answer)
                elif self._is_shown(request, clip, talk):
                    yield talk.messages(user(question), assistant(one.text))
        except Exception as error:
            talk.failed(question, said(error))
        if self._is_shown(request, clip, talk):
            yield talk.messages()

    def _is_shown(self, request: gr.Request, clip: OpenClip, talk: Conversation) -> bool:
        """Whether no other clip was opened meanwhile, and the conversation not cleared."""
        visitor = self._service.visitors.find(key_of(request), touch=False)
        here = visitor is not None and visitor.clip is clip
        return here and self._talks.get(clip) is talk

    def measure(self, exercise: str, course: str, request: gr.Request) -> tuple[str, str]:
        """The table and the drawing."""
        try:
            wanted = None if exercise == EVERYTHING else exercise
            clip, measured, count = self._service.measure(key_of(request), wanted)
            chart = Chart(clip.session.motion, count, clip.session.sides_told).draw(
                course.replace(" ", "_")
            )
            return measured_html(measured, count), chart
        except Exception as error:
            return wrong(error), ""

    def compare_file(
        self,
        upload: Path | None,
        exercise: str,
        request: gr.Request,
        progress: gr.Progress = _PROGRESS,
    ) -> tuple[str, str]:
        """A second clip was dropped."""
        if upload is None:
            return "", ""
        try:
            self._service.clip(key_of(request))  # before the work
        except Exception as error:
            self._service.visitors.refuse_upload(upload)
            return "", wrong(error)
        try:
            progress(0, desc="Opening")
            self._service.open_upload(key_of(request), upload, other=True, progress=_told(progress))
        except Exception as error:
            return "", wrong(error)
        return self._compared(exercise, request, touch=False)

    def example_comparer(self, name: str) -> Callable[..., tuple[str, str]]:
        """What the button of an example does among the comparisons."""

        def compare_example(exercise: str, request: gr.Request) -> tuple[str, str]:
            try:
                self._service.clip(key_of(request))
                self._service.open_example(key_of(request), name, other=True)
            except Exception as error:
                return "", wrong(error)
            return self._compared(exercise, request, touch=False)

        return compare_example

    def compare(self, exercise: str, request: gr.Request) -> tuple[str, str]:
        """Two players beside each other, and what differs."""
        return self._compared(exercise, request)

    def _compared(self, exercise: str, request: gr.Request, touch: bool = True) -> tuple[str, str]:
        try:
            wanted = None if exercise == EVERYTHING else exercise
            clip, other, comparison = self._service.compare(key_of(request), wanted, touch)
        except Exception as error:
            return "", wrong(error)
        pair = (
            '<button type="button" class="llamo-both" data-both>▶ Play both</button>'
            f'<div class="llamo-pair">{stage(clip, "a")}{stage(other, "b")}</div>'
        )
        return pair, compared_html(comparison, (clip.name, other.name))

    def report(self, request: gr.Request, progress: gr.Progress = _PROGRESS) -> tuple[Any, str]:
        """A report to take home."""
        return self._file(self._service.report, "Download the report", request)

    def view(self, request: gr.Request, progress: gr.Progress = _PROGRESS) -> tuple[Any, str]:
        """A picture of what the last answer looked at."""
        return self._file(self._service.view, "Download the picture", request)

    def _file(
        self, make: Callable[[str], Path], label: str, request: gr.Request
    ) -> tuple[Any, str]:
        try:
            path = make(key_of(request))
        except Exception as error:
            return gr.DownloadButton(visible=False), wrong(error)
        return gr.DownloadButton(label, value=str(path), visible=True, interactive=True), ""

    def forget(self, request: gr.Request) -> None:
        """The conversation was cleared."""
        try:
            clip = self._service.clip(key_of(request))
        except LlamoError:
            return
        clip.turns = []  # an answer that is still being given keeps the old ones
        self._begin(clip)

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        if request.session_hash:
            self._service.visitors.leaves(request.session_hash)


def _kept(problem: str = "") -> tuple[Any, ...]:
    """All stays as it is but for a problem."""
    return tuple(problem if name == "problem" else gr.skip() for name in OPENED)


def key_of(request: gr.Request) -> str:
    """The visitor's session."""
    if not request.session_hash:
        raise LlamoError("this call has no session; use the page, or gradio_client.")
    return request.session_hash


def _told(progress: gr.Progress) -> Callable[[int, int], object]:
    return lambda done, total: progress((done, total), desc="Looking at the video", unit="frames")
