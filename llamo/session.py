"""Session: one clip, opened once and asked many questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamo.answer import Answer
from llamo.answerable import checked_question
from llamo.clip import Clip, Footage, read_clip
from llamo.kinematics import (
    Comparison,
    Count,
    Exercise,
    Measured,
    Measurement,
    compare_motions,
    find_repetitions,
    measure_motion,
)
from llamo.motion import Motion

if TYPE_CHECKING:
    from llamo.assistant import Assistant
    from llamo.batch import Turn
    from llamo.cross_talker import EncodedClip

HISTORY_TURNS, HISTORY_CHARACTERS = 4, 2_000
"""What a conversation keeps in the prompt; older turns are forgotten."""


class Session:
    """One clip, opened: read, measured and encoded once.

    Made by ``Assistant.open``.

    Args:
        assistant: Who answers.
        motion: The clip as given.
        encoded: Its features, None for a clip too short to encode.
        measurements: Everything measured on it.
        unseen: Parts of the body that are never visible.
        open_ms: Milliseconds that opening took.
        notes: What is to be said about a motion that was estimated from a video.
        sides_told: Whether the person's left and right are known.
        footage: The video that the motion was estimated from, None for any other clip.
    """

    def __init__(
        self,
        assistant: Assistant,
        motion: Motion,
        encoded: EncodedClip | None,
        measurements: Sequence[Measurement],
        unseen: Sequence[str],
        open_ms: float,
        notes: Sequence[str] = (),
        sides_told: bool = True,
        footage: Footage | None = None,
    ) -> None:
        self.assistant = assistant
        self.motion = motion
        self.encoded = encoded
        self.measurements = tuple(measurements)
        self.unseen = tuple(unseen)
        self.open_ms = open_ms
        self.notes = tuple(notes)
        self.sides_told = sides_told
        self.footage = footage
        self.history: list[Turn] = []

    def __repr__(self) -> str:
        return f"Session({self.motion!r}, {self.assistant.name})"

    def ask(self, question: str) -> Answer:
        """Answer one question by itself.

        Raises:
            InvalidQuestion: Empty, or too long.
        """
        return self.assistant.answer_batch([(self, question)])[0]

    def chat(self, question: str) -> Answer:
        """Answer the next turn of a conversation.

        A model that was trained on conversations reads the last turns as text (``use_history`` of
        the processor; llamo-tiny does not); the question alone chooses the moments.

        Raises:
            InvalidQuestion: Empty, or too long; the conversation stays as it was.
        """
        turns = recent(self.history)
        answer = self.assistant.answer_batch([(self, question)], histories=[turns])[0]
        self.history.append((checked_question(question), answer.answer))
        return answer

    def save_view(
        self,
        answer: Answer,
        path: str | Path,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Write what an answer looked at, for people to check.

        Args:
            answer: One of this session's.
            path: ``.png``: the viewpoints, over a timeline of all scores; ``.mp4``: the whole clip.
            progress: Told (frames done, frames in all) of an ``.mp4``.

        Raises:
            UnreadableFile: Another ending, a place that cannot be written to or holds another
                file, or a video that cannot be read again.
            InvalidMotion: An ``.mp4`` of a very long clip.
            MissingDependency: A package of the extra ``view`` is not installed.
        """
        from llamo.report.view import save_view

        save_view(answer, self.motion, Path(path), self.footage, progress)

    def reset(self) -> None:
        """Forget the conversation; the clip stays open."""
        self.history.clear()

    def measure(
        self, names: Sequence[str] | None = None, exercise: str | Path | Exercise | None = None
    ) -> Measured:
        """Measure the clip as ``measure_motion`` does; no model is asked."""
        return measure_motion(self.motion, names, exercise)

    def count(self) -> Count:
        """Count what the clip repeats: start, turn and end of each repetition."""
        return find_repetitions(self.motion)

    def compare(
        self, other: Session | Clip, exercise: str | Path | Exercise | None = None
    ) -> Comparison:
        """How this clip differs from another, phase by phase, as ``compare_motions`` tells."""
        motion = other.motion if isinstance(other, Session) else read_clip(other).motion
        return compare_motions(self.motion, motion, exercise)


def recent(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The last turns that fit into the prompt, oldest first."""
    kept: list[Turn] = []
    room = HISTORY_CHARACTERS
    for question, answer in reversed(history[-HISTORY_TURNS:]):
        room -= len(question) + len(answer)
        if room < 0:
            break
        kept.append((question, answer))
    return tuple(reversed(kept))
