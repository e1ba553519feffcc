"""Questions about sequences: answers lie where the segments say, or it is said why not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from made_clips import POSE, five_clips, made_clip

from llamo.data.ask_measure import ask_measurements, format_measure
from llamo.data.augment import hide_limb
from llamo.data.clips import LabelledClip
from llamo.data.library import ClipLibrary, cut_off, from_rest_to_rest
from llamo.data.question import CANT_TELL, REASONS, Question
from llamo.data.questions import ASKERS, ask_about
from llamo.data.splice import Sequence, repeat, splice
from llamo.kinematics.measurement import Measurement
from llamo.motion import Motion
from llamo.skeleton import SMPL22


@pytest.fixture
def clips() -> list[LabelledClip]:
    return five_clips()


def ask(sequence: Sequence, kind: str, tries: int = 60, held_out: bool = False) -> list[Question]:
    return [
        question
        for seed in range(tries)
        for question in ask_about(sequence, np.random.default_rng(seed), held_out, [kind])
    ]


def test_equal_generators_ask_equal_questions(clips: list[LabelledClip]) -> None:
    sequence = splice(clips, np.random.default_rng(1))
    first, second = (ask_about(sequence, np.random.default_rng(2)) for _ in range(2))
    assert first == second and first


def test_the_side_of_a_wave_is_known_and_of_a_clap_is_not(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    wave, clap = splice(clips[:1], rng), splice(clips[3:4], rng)
    assert {q.answer.split()[0] for q in ask(wave, "side")} == {"left"}
    answers = {(q.wording_id.split(".")[0], q.abstains) for q in ask(clap, "side")}
    assert {name for name, abstains in answers if not abstains} == {"side_or_both"}
    assert {name for name, abstains in answers if abstains} == {"side", "left_right"}


def test_order_answers_lie_where_the_segments_say(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips, rng)
    asked = [q for q in ask(sequence, "order", 300) if q.type == "order_action"]
    seen: Counter[str] = Counter()
    for question in asked:
        if question.abstains:
            assert question.answer.startswith(CANT_TELL)
            continue
        assert question.span_s is not None
        at = next(s for s in sequence.segments if s.span_s == question.span_s)
        assert question.answer in (at.action, at.exercise)
        if len(question.anchors) == 1:
            seen["before" if question.span_s < question.anchors[0] else "after"] += 1
            gap = abs(sequence.segments.index(at) - next(
                i for i, s in enumerate(sequence.segments) if s.span_s == question.anchors[0]
            ))  # fmt: skip
            assert gap == 1
    assert seen["before"] > 10 and seen["after"] > 10


def test_nothing_comes_before_the_first_act_or_a_repeated_one(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice([clips[0], clips[2], clips[0]], rng)
    reasons = Counter(q.reason for q in ask(sequence, "order", 200) if q.abstains)
    assert reasons["twice"] > 5 and set(reasons) <= {"twice", "absent"}


def test_yes_and_no_come_in_pairs_of_the_same_words(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = replace(splice(clips[:1], rng), plausible=("wave", "kick", "walk", "bow"))
    pairs = ask(sequence, "yes_no")
    assert Counter(q.answer for q in pairs)["yes"] == Counter(q.answer for q in pairs)["no"]
    for yes, no in zip(pairs[::2], pairs[1::2], strict=True):
        assert (yes.answer, no.answer) == ("yes", "no")
        assert yes.wording_id == no.wording_id


def test_counts_are_digits(clips: list[LabelledClip], rng: np.random.Generator) -> None:
    sequence = repeat([clips[1]], 7, rng)
    assert {q.answer for q in ask(sequence, "count")} == {"7"}
    assert ask(sequence, "count")[0].accept == ("seven",)


def test_correctness_can_be_asked_both_ways(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    answers = {
        (q.wording_id.split(".")[0], q.answer) for q in ask(splice([clips[1]], rng), "correct", 90)
    }
    assert answers == {("correct", "yes"), ("mistake", "no"), ("correct_or_not", "correct")}


def test_hidden_legs_settle_no_question_about_legs(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    squat = hide_limb(splice([clips[1]], rng), "legs", rng)
    asked = ask(squat, "correct")
    assert asked and all(q.reason == "legs" for q in asked)
    assert not ask(squat, "action")


def test_a_cut_off_act_has_no_known_length(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = cut_off(splice(clips[:2], rng, idle_share=1.0), rng)
    cut = next(s for s in sequence.segments if s.cut)
    asked = [q for q in ask(sequence, "time", 200) if q.anchors == (cut.span_s,)]
    assert any(q.reason == "cut" for q in asked)
    assert all(q.abstains for q in asked if q.type == "time_duration")


def test_a_clip_cut_in_the_middle_of_its_movement_is_not_joined_into_a_count() -> None:
    """A wrist goes 30 cm forward and back; one clip ends where the wrist is furthest."""
    wrist = SMPL22.index("left_wrist")

    def reach(frames: int) -> LabelledClip:
        joints = np.repeat(POSE[None], 40, axis=0).copy()
        joints[:, wrist, 2] += 0.3 * np.sin(np.linspace(0, np.pi, 40))
        return replace(made_clip("push"), motion=Motion(joints[:frames], 20.0))

    assert from_rest_to_rest([reach(40), reach(20), reach(40)]) == [True, False, True]


def test_reasons_are_said_in_one_family(clips: list[LabelledClip]) -> None:
    library = ClipLibrary(clips, {"made": 1.0})
    rng = np.random.default_rng(3)
    said = {q.answer for _ in range(80) for q in ask_about(library.draw(rng), rng) if q.abstains}
    assert said <= {f"{CANT_TELL}: {reason}." for reason in REASONS.values()}


def test_every_question_is_finished_text(clips: list[LabelledClip]) -> None:
    library = ClipLibrary(clips, {"made": 1.0})
    rng = np.random.default_rng(4)
    for number in range(150):
        for question in ask_about(library.draw(rng), rng, held_out=bool(number % 2)):
            assert not re.search(r"[{}\[\]|~*]|  ", question.question), question.question
            assert question.held_out == bool(number % 2)
            assert question.axis in ("body", "seq", "dir", "rea", "hall")


def test_unknown_kinds_are_a_mistake_of_the_caller(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    with pytest.raises(KeyError):
        ask_about(splice(clips[:1], rng), rng, kinds=["weather"])
    assert "order" in ASKERS


def test_measurements_are_said_as_the_text_says_them(rng: np.random.Generator) -> None:
    assert format_measure(63.4, "deg") == "63 degrees"
    assert format_measure(1.2, "m") == "120 cm"
    knee = Measurement("left_knee_flexion_max", 63.4, "deg", 3.0, 1.0, 1.0)
    question = ask_measurements([knee], rng)[0]
    assert question.answer == "63 degrees" and "60 degrees" in question.accept
    assert "left knee" in question.question.lower() and question.measure == knee.name
