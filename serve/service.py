"""What the page and the endpoints do: open, ask, measure, compare, report. No Gradio, no model."""

from __future__ import annotations

import logging
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamo.clip import is_video
from llamo.errors import InvalidData, InvalidMotion, LlamoError, UnreadableFile
from llamo.kinematics import exercise_names
from llamo.serve.examples import EXAMPLES, example_motion
from llamo.serve.filmstrip import Filmstrip
from llamo.serve.limits import Limits, TooMuch
from llamo.serve.uploads import BROWSER_PLAYS, plain_name, take
from llamo.serve.visitors import OpenClip, Visitor, Visitors

if TYPE_CHECKING:
    from llamo.answer import Answer
    from llamo.assistant import Assistant
    from llamo.kinematics import Comparison, Count, Measured
    from llamo.video import Video

_log = logging.getLogger("llamo.serve")

Progress = Callable[[int, int], object]
"""Told (frames done, frames in all)."""

_MOST_TURNS = 50
"""Of a conversation; the oldest are forgotten."""

_MOST_MADE = 4
"""Files to take home that one visitor has; the last ones stay, they may still be on their way."""


@dataclass(frozen=True)
class Words:
    """What a file may not tell of itself."""

    fps: float | None = None
    unit: str | None = None
    up: str | None = None
    index: int | None = None
    person: int | None = None


class Said(NamedTuple):
    """An answer as far as it has been given."""

    clip: OpenClip
    text: str
    answer: Answer | None


class Service:
    """One assistant, many visitors.

    Args:
        root: Folder for what visitors send; the caller takes it away at the end.
        limits: What each may take.
        load: Makes the assistant; called once, in the background, so that the page is there first.
    """

    def __init__(self, root: Path, limits: Limits, load: Callable[[], Assistant]) -> None:
        self.limits = limits
        self.visitors = Visitors(root, limits)
        self._assistant: Future[Assistant] = Future()
        self._estimating = threading.Semaphore(1)  # it takes all cores and much memory by itself
        self._reading = threading.Semaphore(2)  # a video's frames are hundreds of megabytes
        threading.Thread(target=self._load, args=(load,), name="llamo-load", daemon=True).start()

    def _load(self, load: Callable[[], Assistant]) -> None:
        try:
            self._assistant.set_result(load())
        except BaseException as error:  # whoever waits is told
            _log.error("the weights do not load: %s", error)
            self._assistant.set_exception(error)

    def assistant(self) -> Assistant:
        """Who answers; waits until it is loaded.

        Raises:
            ModelError: There are no such weights.
        """
        return self._assistant.result()

    def open_upload(
        self,
        key: str,
        upload: Path,
        words: Words | None = None,
        other: bool = False,
        progress: Progress | None = None,
    ) -> OpenClip:
        """Open what a visitor sent.

        Args:
            key: The visitor's session.
            upload: Where the server put the file.
            words: What the file may not tell.
            other: As the second clip, to compare with.
            progress: Told of the frames of a video.

        Raises:
            LlamoError: It cannot be opened; the message can be shown to the visitor.
        """
        visitor = self.visitors.sends(key, upload)
        name = plain_name(upload.name)
        folder: Path | None = None
        try:
            visitor.openings.spend()
            folder = visitor.new_folder()
            own = take(upload, folder)
            opened = self._open_video if is_video(own) else self._open_motion
            clip = opened(own, name, words or Words(), progress)
            clip.folder, clip.upload = folder, upload
            return self._keep(visitor, clip, other)
        except Exception as error:
            message = str(error)
            if folder is not None:
                message = without_places(message, folder, name)
                shutil.rmtree(folder, ignore_errors=True)
            self.visitors.forget_upload(visitor, upload)
            if isinstance(error, LlamoError):
                raise type(error)(message) from None
            raise

    def open_example(self, key: str, example: str, other: bool = False) -> OpenClip:
        """Open a clip that needs no file.

        Raises:
            UnreadableFile: No such example.
            TooMuch: Not now.
        """
        motion = example_motion(example)
        visitor = self.visitors.visitor(key)
        visitor.openings.spend()
        session = self.assistant().open(motion)
        strip = Filmstrip.of_motion(motion)
        return self._keep(visitor, OpenClip(EXAMPLES[example].title, session, strip), other)

    def _keep(self, visitor: Visitor, clip: OpenClip, other: bool) -> OpenClip:
        if visitor.gone:
            raise TooMuch("this visit has ended; load the page again.")
        before = visitor.other if other else visitor.clip
        if other:
            visitor.other = clip
        else:
            visitor.clip = clip
        if before is not None and before.folder is not None:
            shutil.rmtree(before.folder, ignore_errors=True)
        if before is not None and before.upload is not None:
            self.visitors.forget_upload(visitor, before.upload)
        return clip

    def _make(self, key: str, clip: OpenClip, name: str, write: Callable[[Path], object]) -> Path:
        """A file to take home, in a folder of its own; the oldest of several is deleted."""
        visitor = self.visitors.visitor(key)
        visitor.openings.spend()
        folder = visitor.new_folder()
        try:
            with nullcontext() if clip.session.footage is None else self._reading:
                write(folder / name)
            if visitor.gone:
                raise TooMuch("this visit has ended; load the page again.")
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            message = without_places(str(error), folder, clip.name)
            if clip.folder is not None:
                message = without_places(message, clip.folder, clip.name)
            if isinstance(error, LlamoError):
                raise type(error)(message) from None
            raise
        with visitor.making:
            visitor.made.append(folder)
            old = visitor.made[:-_MOST_MADE]
            del visitor.made[:-_MOST_MADE]
        for one in old:
            shutil.rmtree(one, ignore_errors=True)
        return folder / name

    def _open_motion(
        self, own: Path, name: str, words: Words, progress: Progress | None
    ) -> OpenClip:
        from llamo.formats import read_motion

        if words.person is not None:
            raise InvalidMotion("a person is chosen in a video; in a motion file choose a clip.")
        motion = read_motion(own, fps=words.fps, unit=words.unit, up=words.up, index=words.index)
        if motion.duration_s > self.limits.clip_s:
            raise InvalidMotion(
                f"expected a clip of at most {self.limits.clip_s:g} s, got "
                f"{motion.duration_s:.0f} s; cut it."
            )
        strip = Filmstrip.of_motion(motion)  # refuses joint sets without limbs before the work
        return OpenClip(name, self.assistant().open(motion), strip)

    def _open_video(
        self, own: Path, name: str, words: Words, progress: Progress | None
    ) -> OpenClip:
        from llamo.video import VideoLimits, read_video

        limits = VideoLimits(
            file_bytes=self.limits.upload_mb * 1_000_000, duration_s=self.limits.clip_s
        )
        assistant = self.assistant()
        with self._estimating:
            session = assistant.open(
                own, progress=progress, person=words.person, video_limits=limits
            )
            assert session.footage is not None
            video = read_video(own, limits=limits)
            strip = Filmstrip.of_footage(session.footage, video)
            if own.suffix not in BROWSER_PLAYS:
                return OpenClip(name, session, strip, playable_copy(own, video))
        return OpenClip(name, session, strip, own)

    def clip(self, key: str, other: bool = False, touch: bool = True) -> OpenClip:
        """The clip that a visitor has open.

        Args:
            key: The visitor's session.
            other: The second one, to compare with.
            touch: The visitor asks for it now, so has not left.

        Raises:
            UnreadableFile: None is.
        """
        visitor = self.visitors.find(key, touch)
        clip = None if visitor is None else visitor.other if other else visitor.clip
        if clip is None:
            raise UnreadableFile(
                "no second clip is open; open one to compare with."
                if other
                else "no clip is open; open a video, a motion file or an example first."
            )
        return clip

    def ask(self, key: str, question: str, clip: OpenClip | None = None) -> Iterator[Said]:
        """Answer about the open clip, piece by piece.

        Args:
            key: The visitor's session.
            question: In words.
            clip: Another than the one that is open now.

        Yields:
            The answer so far; the last one has the ``Answer``.

        Raises:
            LlamoError: It cannot be answered; the message can be shown to the visitor.
        """
        clip = clip or self.clip(key)
        self.visitors.visitor(key).questions.spend()
        text, turns = "", clip.turns
        # Closed also when the visitor goes away in mid-answer.
        with closing(clip.session.stream(question)) as stream:
            for piece in stream:
                text += piece
                yield Said(clip, text, None)
            answer = stream.answer
        if clip.turns is turns:  # the conversation was not cleared meanwhile
            turns.append((answer.question or question, answer))
            del turns[:-_MOST_TURNS]
        yield Said(clip, answer.answer, answer)

    def measure(self, key: str, exercise: str | None = None) -> tuple[OpenClip, Measured, Count]:
        """Measure the open clip: everything, or by an exercise that ships with the package.

        Raises:
            LlamoError: No clip, or no such exercise.
        """
        clip = self.clip(key)
        self._spend_measuring(key)
        return clip, clip.session.measure(exercise=_shipped(exercise)), clip.session.count()

    def count(self, key: str) -> Count:
        """Count what the open clip repeats.

        Raises:
            LlamoError: No clip is open.
        """
        clip = self.clip(key)
        self._spend_measuring(key)
        return clip.session.count()

    def _spend_measuring(self, key: str) -> None:
        visitor = self.visitors.find(key, touch=False)
        if visitor is not None:
            visitor.measurings.spend()

    def compare(
        self, key: str, exercise: str | None = None, touch: bool = True
    ) -> tuple[OpenClip, OpenClip, Comparison]:
        """The open clip beside the second one.

        Args:
            key: The visitor's session.
            exercise: One that ships with the package.
            touch: The visitor asks for it now, so has not left.

        Raises:
            LlamoError: A clip is missing, or the two have nothing to compare.
        """
        clip, other = self.clip(key, touch=touch), self.clip(key, other=True, touch=touch)
        self._spend_measuring(key)
        return clip, other, clip.session.compare(other.session, _shipped(exercise))

    def report(self, key: str) -> Path:
        """A page of its own about the open clip and what was asked, in the visitor's folder.

        Raises:
            LlamoError: No clip is open, or it cannot be written.
        """
        clip = self.clip(key)
        answers = tuple(dict(clip.turns).values())
        return self._make(
            key, clip, "llamo-report.html", lambda path: clip.session.report(path, answers)
        )

    def view(self, key: str) -> Path:
        """A picture of what the last answer looked at, in the visitor's folder.

        Raises:
            LlamoError: Nothing was asked yet, or it cannot be written.
        """
        clip = self.clip(key)
        if not clip.turns:
            raise InvalidData("nothing was asked yet; ask first.")
        answer = clip.turns[-1][1]
        return self._make(
            key, clip, "llamo-view.png", lambda path: clip.session.save_view(answer, path)
        )


def playable_copy(own: Path, video: Video) -> Path:
    """The frames as H.264 beside the original, which browsers do not play."""
    from llamo.video.writing import write_video

    copy = own.with_name("shown.mp4")
    write_video(copy, video.frames, video.times_s)
    return copy


def _shipped(exercise: str | None) -> str | None:
    """A name alone: a path would read files of the server."""
    if exercise is not None and exercise not in exercise_names():
        raise InvalidData(
            f"no exercise {exercise[:40]!r}; there are {', '.join(exercise_names())}."
        )
    return exercise


def without_places(message: str, folder: Path, name: str) -> str:
    """A message that calls the file what its owner calls it, and tells nothing of the server."""
    instead = {f"{folder}/": "", str(folder): ""}
    for path in folder.glob("clip.*"):
        instead |= {str(path): name, path.name: name}
    # In one pass, the longest first: the name may itself hold what is replaced.
    places = "|".join(re.escape(place) for place in sorted(instead, key=len, reverse=True))
    return re.sub(places, lambda found: instead[found[0]], message)
