"""Session: one clip, opened once and asked many questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from llamo.acts import Acts
from llamo.answer import Answer, cannot_tell
from llamo.answerable import checked_question
from llamo.clip import Clip, Footage, read_clip
from llamo.describing import Description, Happening, happenings_of, sentence
from llamo.explaining import WHICH_EXERCISE
from llamo.finding import Found, find, hidden_limbs
from llamo.follow_up import Before, Unresolved, resolve
from llamo.kinematics import (
    Comparison,
    Count,
    Exercise,
    Measured,
    Measurement,
    asks_form,
    compare_motions,
    find_repetitions,
    measure_motion,
    read_exercise,
)
from llamo.motion import Motion
from llamo.technique import (
    FormReader,
    Technique,
    heard_wrong,
    judge_technique,
    named_exercise,
)

if TYPE_CHECKING:
    from llamo.assistant import Assistant
    from llamo.batch import Turn
    from llamo.cross_talker import EncodedClip
    from llamo.streaming import Stream

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
        self._exercise: str | None = None  # what the model calls it, "" for none of the known

    def __repr__(self) -> str:
        return f"Session({self.motion!r}, {self.assistant.name})"

    def ask(self, question: str) -> Answer:
        """Answer one question by itself.

        Raises:
            InvalidQuestion: Empty, or too long.
        """
        return self.assistant.answer_batch([(self, question)])[0]

    def stream(self, question: str, chat: bool = False) -> Stream:
        """Answer one question in pieces of text as they come.

        Joined, they are the answer of ``ask``, which ``.answer`` of the stream gives after the
        last; ``Stream`` tells what is held back until it is sure.

        Args:
            question: In words.
            chat: As the next turn of the conversation, as of ``chat``; it is remembered when it
                has ended.

        Raises:
            InvalidQuestion: Empty, or too long.
        """
        if not chat:
            return self.assistant.stream(self, question)
        from llamo.streaming import Stream, whole

        understood = self._understood(question)
        if isinstance(understood, Answer):
            return Stream(whole(understood))
        stream = self.assistant.stream(self, understood, recent(self.history))
        stream.ended = lambda answer: self.history.append((understood, answer.answer))
        return stream

    def chat(self, question: str) -> Answer:
        """Answer the next turn of a conversation.

        A question that leans on the turn before ("and the other hand?", "and after that?", "how
        many of those?") is put into words of its own, which ``answer.question`` tells; where that
        cannot be done, the answer says so, and the turn is not remembered.

        A model that was trained on conversations reads the last turns as text (``use_history`` of
        the processor; llamo-tiny does not); the question alone chooses the moments.

        Raises:
            InvalidQuestion: Empty, or too long; the conversation stays as it was.
        """
        understood = self._understood(question)
        if isinstance(understood, Answer):
            return understood
        turns = recent(self.history)
        answer = self.assistant.answer_batch([(self, understood)], histories=[turns])[0]
        self.history.append((understood, answer.answer))
        return answer

    async def ask_async(self, question: str) -> Answer:
        """``ask`` in a thread, so that an event loop goes on; raises as it does."""
        return await asyncio.to_thread(self.ask, question)

    async def chat_async(self, question: str) -> Answer:
        """``chat`` in a thread, so that an event loop goes on; one turn at a time."""
        return await asyncio.to_thread(self.chat, question)

    def _understood(self, question: str) -> str | Answer:
        """The question in words of its own, or an answer that says why there are none."""
        question = checked_question(question)
        try:
            return resolve(question, Before(*self.history[-1]) if self.history else None)
        except Unresolved as why:
            return self.assistant.declined(question, str(why), self.open_ms)

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

    def report(
        self,
        path: str | Path,
        questions: Sequence[str | Answer] = (),
        exercise: str | Path | Exercise | None = None,
        title: str | None = None,
    ) -> list[Answer]:
        """Write a page for the athlete: moments, numbers, strengths, what to work on, answers.

        One ``.html`` that needs nothing beside itself. What is good and what to work on comes from
        what an exercise measures; without one the page measures and does not judge.

        Args:
            path: ``.html``; replaced if it is an earlier report, and refused if another file.
            questions: Asked for the page; an answer that was given already is taken as it is.
            exercise: Name of a shipped one, path of one's own ``.yaml``, or one that was read.
            title: Of the page.

        Returns:
            The answers to the questions.

        Raises:
            InvalidQuestion: A question is empty, or too long.
            UnreadableFile: Another ending, a place that cannot be written to or holds another
                file, no such exercise, or a video that cannot be read again.
            InvalidMotion: A joint set without the limbs of a figure.
            MissingDependency: A package of the extra ``view`` is not installed.
        """
        from llamo.report.handout.content import Content
        from llamo.report.handout.page import check_report, write_report

        check_report(Path(path))
        if exercise is not None and not isinstance(exercise, Exercise):
            exercise = read_exercise(exercise)
        asked = [(self, one) for one in questions if isinstance(one, str)]
        given = iter(self.assistant.answer_batch(asked))
        answers = [one if isinstance(one, Answer) else next(given) for one in questions]
        content = Content(
            title=title or (exercise.title if exercise else "Movement report"),
            motion=self.motion,
            exercise=exercise,
            answers=answers,
            unseen=self.unseen,
            remarks=self.notes,
            happenings=self._happenings(),
            footage=self.footage,
            model=self.assistant.name,
            sides_told=self.sides_told,
        )
        write_report(Path(path), content)
        return answers

    def reset(self) -> None:
        """Forget the conversation; the clip stays open."""
        self.history.clear()

    def find(self, question: str) -> Found:
        """When something happens: ``"when does the person wave?"`` -> spans in seconds.

        From what the motion encoder recognises, with edges where the body starts and stops to
        move. A side ("with the left hand"), an order ("the second time") and "before" or "after"
        another act are heeded.

        Returns:
            Spans in time order, each with a score in 0-1; none, with a reason, where the act is
            not found or the question names none that the model knows.

        Raises:
            InvalidQuestion: Empty, or too long.
        """
        question = checked_question(question)
        reason = self.assistant.reason_not_to_try(self, question)
        if reason is not None:
            return Found(question, (), reason)
        return find(question, self.acts, self.unseen)

    def describe(self) -> Description:
        """What happens, in order: each act with its span, its side and how often.

        A model whose encoder has no words for acts is asked, and its answer is the text.
        """
        duration_s = self.motion.duration_s
        reason = self.assistant.reason_not_to_try(self, "What happens?")
        if reason is None and self.acts is None:
            answer = self.ask("Describe what the person does.")
            return Description(answer.answer, (), duration_s, answer.reason)
        happenings = () if reason is not None else self._happenings()
        if happenings:
            return Description(sentence(happenings), happenings, duration_s)
        if reason is None and self.acts is not None and not self.acts.moves:
            reason = "the person does not move"
        reason = reason or "I recognise none of the movements that I know"
        return Description(cannot_tell(reason), (), duration_s, reason)

    def _happenings(self) -> tuple[Happening, ...]:
        spans = [] if self.acts is None else self.acts.all_spans()
        seen = [one for one in spans if hidden_limbs(one.act, self.unseen) is None]
        return happenings_of(seen, self.motion)

    @cached_property
    def acts(self) -> Acts | None:
        """What the encoder recognises, None where it has no words for it.

        Without sides where the person's left and right are in doubt.
        """
        acts = Acts.of(self.assistant.model, self.encoded, self.motion)
        return acts if acts is None or self.sides_told else acts.without_sides()

    def measure(
        self, names: Sequence[str] | None = None, exercise: str | Path | Exercise | None = None
    ) -> Measured:
        """Measure the clip as ``measure_motion`` does; no model is asked.

        Nothing of one side where left and right are in doubt in the clip.
        """
        measured = measure_motion(self.motion, exercise=exercise)
        measured = measured if self.sides_told else measured.without_sides()
        return measured if names is None else measured.only(names)

    def count(self) -> Count:
        """Count what the clip repeats: start, turn and end of each repetition."""
        count = find_repetitions(self.motion)
        return count if self.sides_told else count.without_sides()

    def compare(
        self, other: Session | Clip, exercise: str | Path | Exercise | None = None
    ) -> Comparison:
        """How this clip differs from another, phase by phase, as ``compare_motions`` tells.

        Nothing of one side where left and right are in doubt in one of them.
        """
        beside = other if isinstance(other, Session) else read_clip(other)
        found = compare_motions(self.motion, beside.motion, exercise)
        return found if self.sides_told and beside.sides_told else found.without_sides()

    def measured_for(self, question: str) -> list[Measurement]:
        """What was measured on the clip; where a question asks how well, how probably it was wrong.

        Args:
            question: In words; the comparison with correct repetitions is made once an exercise.
        """
        if not asks_form(question) or not self.measurements:
            return list(self.measurements)
        return [*self.measurements, *self._form.of(named_exercise(question))]

    @cached_property
    def _form(self) -> FormReader:
        encoder, heard = self.assistant.model.motion_encoder, 0.0
        named = self.assistant.model.config.concept_names is not None
        if encoder is not None and named and self.encoded is not None:
            odds = self.encoded.log_odds[0].double().cpu().numpy()
            heard = heard_wrong(odds, encoder.settings.concept_words)
        return FormReader(self.motion, heard, self.sides_told)

    def technique(
        self, exercise: str | None = None, own: Session | Motion | None = None
    ) -> Technique | None:
        """Whether an exercise was done correctly, and which joint differs by how many degrees.

        Args:
            exercise: One of ``llamo.technique.reference_names``; None asks the model which it is.
            own: Correct repetitions of the same person, to compare with instead of other people's.

        Returns:
            ``unsure`` where a fault names a side and left and right are in doubt in a clip; None
            where no exercise is named and the model names none that there is a reference of.

        Raises:
            InvalidData: No reference of the exercise that was named.
        """
        if exercise is None:
            if self._exercise is None:
                self._exercise = named_exercise(self.ask(WHICH_EXERCISE).answer) or ""
            exercise = self._exercise
        if not exercise:
            return None
        sides_told = self.sides_told
        if isinstance(own, Session):
            sides_told, own = sides_told and own.sides_told, own.motion
        found = judge_technique(self.motion, exercise, own)
        return found if sides_told else found.sides_untold()


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
