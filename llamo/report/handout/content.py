"""What a report tells, gathered before it is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from llamo.answer import Answer
from llamo.describing import Happening
from llamo.errors import InvalidData
from llamo.kinematics import Count, Exercise, Measured, find_repetitions, measure_motion
from llamo.kinematics.signals import Signals
from llamo.kinematics.technique import Finding, verdict_of
from llamo.motion import Motion
from llamo.report.handout.wording import name_in_words

if TYPE_CHECKING:
    from llamo.clip import Footage

COUNT_UNSURE = 0.7
"""A count of less confidence is said to be unsure."""

NOT_SEEN_SHARE = 0.02
"""Frames without anybody in sight are mentioned from this share on."""

EXERCISE_OF_ACT = {
    "squat": "squat", "lunge": "lunge", "punch": "jab", "box": "jab", "jump": "jump",
    "walk": "walk", "swing a golf club": "golf_swing", "swing a baseball bat": "baseball_swing",
    "curl arms": "curl", "raise an arm": "arm_raise", "raise a hand": "arm_raise",
    "sit to stand": "sit_to_stand",
}  # fmt: skip
"""Which shipped exercise judges an act."""


@dataclass(frozen=True)
class Content:
    """What a report tells.

    Args:
        title: Of the page.
        motion: The clip.
        exercise: What was asked for, None without one.
        answers: To the questions that were asked for the report.
        unseen: Parts of the body that are never visible.
        remarks: What is to be said about how the motion was come by.
        happenings: The acts that were recognised, in time order.
        footage: The clip's video, None for any other clip.
        model: Who answered.
        sides_told: Whether the person's left and right are known.
    """

    title: str
    motion: Motion
    exercise: Exercise | None = None
    answers: Sequence[Answer] = ()
    unseen: Sequence[str] = ()
    remarks: Sequence[str] = ()
    happenings: Sequence[Happening] = ()
    footage: Footage | None = None
    model: str = ""
    sides_told: bool = True

    @cached_property
    def signals(self) -> Signals:
        """The clip's courses."""
        return Signals.of(self.motion)

    @cached_property
    def everything(self) -> Measured:
        """All that is measured without an exercise."""
        return measure_motion(self.motion)

    @property
    def sides(self) -> tuple[str, str]:
        """What the two sides of the body are called."""
        return ("left side", "right side") if self.sides_told else ("one side", "other side")

    @cached_property
    def count(self) -> Count:
        """What the clip repeats."""
        return find_repetitions(self.motion, self.signals)

    @property
    def judged(self) -> Measured | None:
        """What the exercise measures, None without one."""
        return self._judged[0]

    @cached_property
    def _judged(self) -> tuple[Measured | None, str]:
        """And why it measures nothing, where the joints that it needs are not seen."""
        if self.exercise is None:
            return None, ""
        try:
            judged = measure_motion(self.motion, exercise=self.exercise)
            return judged if self.sides_told else judged.without_sides(), ""
        except InvalidData as unseen:  # the page says so, and tells the rest
            return Measured(self.exercise.name, (), (), {}), str(unseen)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The exercise's."""
        return () if self.judged is None else self.judged.findings

    @property
    def strengths(self) -> tuple[Finding, ...]:
        """What surely is good: not only the value, but all that its uncertainty leaves open."""
        return tuple(one for one in self.findings if _surely_good(one))

    @property
    def to_work_on(self) -> tuple[Finding, ...]:
        """What surely lies outside of what is good."""
        return () if self.judged is None else self.judged.to_work_on

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """What lies too near to the end of what is good."""
        sorted_out = (*self.strengths, *self.to_work_on)
        return tuple(one for one in self.findings if one.verdict and one not in sorted_out)

    @property
    def spans(self) -> tuple[tuple[float, float, float], ...]:
        """Start, a moment in the middle and end of each performance or repetition, seconds."""
        if self.judged is not None:
            return tuple(
                (one.start_s, list(one.events_s.values())[len(one.events_s) // 2], one.end_s)
                for one in self.judged.performances
            )
        return tuple((one.start_s, one.turn_s, one.end_s) for one in self.count.repetitions)

    @property
    def could_be_judged(self) -> list[str]:
        """Names of shipped exercises whose act was recognised."""
        shown = [EXERCISE_OF_ACT.get(one.span.act) for one in self.happenings]
        return list(dict.fromkeys(name for name in shown if name is not None))

    def notes(self) -> list[str]:
        """What could not be seen or told."""
        notes = [*self.remarks, *filter(None, [self._judged[1]])]
        if self.unseen:
            parts = " and ".join(self.unseen)
            notes.append(f"Not visible in this clip: {parts}. Nothing is told about that.")
        confidence = self.motion.confidence
        if confidence is not None:
            away = float((confidence <= 0).all(1).mean())
            if away >= NOT_SEEN_SHARE:
                notes.append(f"Nobody was seen in {away:.0%} of the frames.")
        if self.exercise is not None:
            notes += self._about_exercise(self.exercise)
        elif self.count.count and self.count.confidence < COUNT_UNSURE:
            notes.append(f"The count is unsure (confidence {self.count.confidence:.2f}).")
        for name, share in self.everything.beyond_anatomy.items():
            notes.append(
                f"{name_in_words(name)} came out beyond what a body can do in {share:.1%} of the "
                "frames and is not told there."
            )
        notes += [f"Not answered: “{one.question}” ({one.reason})."
                  for one in self.answers if one.abstained]  # fmt: skip
        return notes

    def _about_exercise(self, exercise: Exercise) -> list[str]:
        if self.judged is None or not self.judged.performances:
            return [f"No {exercise.title.lower()} was found in this clip, so none is judged."]
        measured = {one.measurement.name for one in self.findings}
        missing = [name_in_words(one.name).lower() for one in exercise.takes
                   if one.name not in measured]  # fmt: skip
        return [f"Could not be measured here: {', '.join(missing)}."] if missing else []


def _surely_good(finding: Finding) -> bool:
    one = finding.measurement
    ends = (replace(one, value=one.value + sign * one.uncertainty) for sign in (-1, 1))
    return all(verdict_of(end, finding.good) == "good" for end in ends)
