"""The remote API: the same verbs for programs, by ``gradio_client`` or plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from llamo.errors import LlamoError
from llamo.serve.components import file_field
from llamo.serve.events import EVERYTHING, key_of, said
from llamo.serve.service import Service, Words
from llamo.serve.visitors import OpenClip


class Endpoints:
    """Named endpoints; each client has a session, and in it the clips that it opened.

    Args:
        service: Does the work.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self) -> None:
        """Add them to the page that is being built; nothing of them is seen on it."""
        with gr.Column(visible=False):
            file = file_field(label="file")
            fps = gr.Number(None, label="fps")
            unit, up = gr.Textbox(None, label="unit"), gr.Textbox(None, label="up")
            index = gr.Number(None, label="index", precision=0)
            person = gr.Number(None, label="person", precision=0)
            name = gr.Textbox(label="name")
            other = gr.Checkbox(False, label="other")
            question = gr.Textbox(label="question")
            exercise = gr.Textbox(EVERYTHING, label="exercise")
            facts = gr.JSON(label="facts")
            text, answer = gr.Textbox(label="text"), gr.JSON(label="answer")
            page, picture = gr.File(label="report"), gr.File(label="view")
            words = [fps, unit, up, index, person, other]
            for fn, inputs, outputs, kind in (
                (self.open_clip, [file, *words], [facts], "open"),
                (self.open_example, [name, other], [facts], "open"),
                (self.ask, [question], [text, answer], "ask"),
                (self.measure, [exercise], [facts], "ask"),
                (self.count, [], [facts], "ask"),
                (self.compare, [exercise], [facts], "ask"),
                (self.report, [], [page], "ask"),
                (self.view, [], [picture], "ask"),
                (self.close, [], [facts], "ask"),
            ):
                about = " ".join((fn.__doc__ or "").split())
                gr.Button().click(
                    fn, inputs, outputs, api_name=fn.__name__, api_description=about,
                    concurrency_id=kind, trigger_mode="multiple",
                )  # fmt: skip

    def open_clip(
        self,
        request: gr.Request,
        file: Path | None,
        fps: float | None = None,
        unit: str | None = None,
        up: str | None = None,
        index: int | None = None,
        person: int | None = None,
        other: bool = False,
    ) -> dict[str, Any]:
        """Open a video or a motion file in this session; `other` makes it the second clip of
        `compare`. fps, unit (m, cm, mm, in), up (y, z, x), index (clip in a file of many) and
        person (in a video, from the left) tell what the file does not. Returns name, duration_s,
        fps, frames, skeleton, notes and unseen."""
        with _one_line():
            if file is None:
                raise LlamoError("a file is needed; pass it by handle_file(path).")
            words = Words(fps, unit or None, up or None, index, person)
            return _facts(
                self._service.open_upload(key_of(request), file, words, other=bool(other))
            )

    def open_example(self, request: gr.Request, name: str, other: bool = False) -> dict[str, Any]:
        """Open a clip that needs no file: squats, wave_left, swing or routine. Returns as
        open_clip."""
        with _one_line():
            return _facts(self._service.open_example(key_of(request), name, other=bool(other)))

    def ask(self, request: gr.Request, question: str) -> Iterator[tuple[str, Any]]:
        """Ask about the open clip. Streams (the text so far, null); the last is (the text, the
        answer as JSON: answer, confidence, abstained, reason, viewpoints, measurements, model,
        timing_ms)."""
        with _one_line():
            for one in self._service.ask(key_of(request), question):
                yield one.text, one.answer.to_dict() if one.answer is not None else None

    def measure(self, request: gr.Request, exercise: str = EVERYTHING) -> dict[str, Any]:
        """Measure the open clip by an exercise (squat, lunge, golf_swing ...), or "everything".
        Returns performances and findings, each with name, value, unit, uncertainty, start_s, end_s
        and what is good."""
        with _one_line():
            wanted = None if exercise in (EVERYTHING, "", None) else exercise
            return self._service.measure(key_of(request), wanted)[1].to_dict()

    def count(self, request: gr.Request) -> dict[str, Any]:
        """Count the repetitions in the open clip: count, and start_s, turn_s, end_s of each."""
        with _one_line():
            return self._service.count(key_of(request)).to_dict()

    def compare(self, request: gr.Request, exercise: str = EVERYTHING) -> dict[str, Any]:
        """Compare the open clip with the second one (open_clip with other=True): phases with their
        times, and differences by angle and phase."""
        with _one_line():
            wanted = None if exercise in (EVERYTHING, "", None) else exercise
            return self._service.compare(key_of(request), wanted)[2].to_dict()

    def report(self, request: gr.Request) -> str:
        """A report on the open clip and what was asked: one HTML page, as a file."""
        with _one_line():
            return str(self._service.report(key_of(request)))

    def view(self, request: gr.Request) -> str:
        """A picture (PNG) of what the last answer looked at, as a file."""
        with _one_line():
            return str(self._service.view(key_of(request)))

    def close(self, request: gr.Request) -> dict[str, Any]:
        """Close this session's clips and delete what was sent; it is done anyway when the client
        goes away."""
        with _one_line():
            self._service.visitors.end(key_of(request))
            return {"closed": True}


class _one_line:
    """Every fault becomes one line for the caller, without a traceback of ours."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception):
            raise gr.Error(said(error), print_exception=False) from None


def _facts(clip: OpenClip) -> dict[str, Any]:
    motion = clip.session.motion
    return {
        "name": clip.name,
        "duration_s": round(motion.duration_s, 3),
        "fps": round(motion.fps, 3),
        "frames": len(motion),
        "skeleton": motion.skeleton.name,
        "notes": list(clip.session.notes),
        "unseen": list(clip.session.unseen),
    }
