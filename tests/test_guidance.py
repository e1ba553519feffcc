"""Whether the question guides the selection: shares by hand, and a model that looks as told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from fake_assistant import FakeAnswer, standing

from llamo.data.splice import Segment, Sequence
from llamo.errors import InvalidData
from llamo.evaluation.guidance import Asked, OppositeQuestions, measure_guidance, opposite_questions
from llamo.evaluation.selection import (
    Selection,
    common_share,
    jaccard,
    measure_overlap,
    measure_selection,
    random_common_share,
    share_inside,
    uniform_times,
)
from llamo.motion import Motion


def test_shares_and_overlaps_by_hand() -> None:
    assert share_inside([0.5, 1.0, 1.9, 2.0], (1.0, 2.0)) == 0.5
    assert share_inside([], (0, 1)) == 0
    assert uniform_times(8, 4).tolist() == [1, 3, 5, 7]
    assert common_share([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5
    assert jaccard([1, 2, 3, 4], [3, 4, 5, 6]) == pytest.approx(1 / 3)
    assert common_share([1, 2], [1, 2, 3, 4]) == 1
    assert random_common_share(90, 16) == pytest.approx(0.18, abs=0.01)


def test_selection_is_measured_against_another_question_and_uniform_frames() -> None:
    guided = Selection("a", (0, 2), 8, [0.5, 1, 1.5, 6], [5, 6, 7, 1], True, False)
    blind = Selection("b", (6, 8), 8, [1, 3, 5, 7], [1, 3, 5, 7], True, True)
    report = measure_selection([guided, blind])
    assert report["inside"]["accuracy"] == 0.5  # (3/4 + 1/4) / 2
    assert report["inside_other"]["accuracy"] == 0.25
    assert report["inside_uniform"]["accuracy"] == 0.25
    assert report["gain_over_other"]["accuracy"] == 0.25
    assert report["forced_loss"]["accuracy"] == 0.5
    assert report["inside"]["n"] == 2
    overlap = measure_overlap([([1, 2], [2, 3]), ([4], [5])], ["a", "b"])
    assert overlap["common"]["accuracy"] == 0.25
    assert overlap["jaccard"]["accuracy"] == pytest.approx(1 / 6)


@dataclass
class FakeView:
    time_s: float
    frame: int


@dataclass
class GuidedAnswer(FakeAnswer):
    viewpoints: tuple[FakeView, ...] = ()


class GuidedAssistant:
    """Looks at the halves of a clip that ``before`` and ``after`` name, and says what it sees."""

    def open(self, clip: Motion) -> Motion:
        return clip

    def answer_batch(
        self,
        pairs: list[tuple[Motion, str]],
        batch_size: int = 64,
        forced_viewpoints: list[list[float]] | None = None,
    ) -> list[GuidedAnswer]:
        answers = []
        for i, (_, question) in enumerate(pairs):
            times = [0.2, 0.4] if "before" in question else [0.8, 0.4]
            if forced_viewpoints is not None:
                times = forced_viewpoints[i]
            views = tuple(FakeView(time, round(time * 20)) for time in times)
            answers.append(GuidedAnswer("walk" if times[0] < 0.5 else "sit", 1, viewpoints=views))
        return answers


def test_guidance_of_a_model_that_looks_where_it_is_told() -> None:
    motion = Motion(standing(), 20)
    pair = OppositeQuestions(
        0, motion, Asked("before the jump?", "walk", (0, 0.5)),
        Asked("after the jump?", "sit", (0.5, 1)), "order",
    )  # fmt: skip
    report = measure_guidance(GuidedAssistant(), [pair])
    assert report["inside"]["accuracy"] == 0.75
    assert report["inside_other"]["accuracy"] == 0.25
    assert report["correct"]["accuracy"] == 1
    assert report["correct_forced"]["accuracy"] == 0
    assert report["overlap"]["common"]["accuracy"] == 0.5
    with pytest.raises(InvalidData, match="no sequence"):
        measure_guidance(GuidedAssistant(), [])


def test_opposite_questions_name_the_neighbours_of_an_act() -> None:
    names = ("walk", "jump", "sit", "wave")
    segments = tuple(Segment(i, i + 1, i, action=name) for i, name in enumerate(names))
    pairs = opposite_questions([Sequence(Motion(standing(80), 20), segments)])
    order, place = pairs
    spans = {name: segment.span_s for name, segment in zip(names, segments, strict=True)}
    assert (order.first.answer, order.second.answer) in {("walk", "sit"), ("jump", "wave")}
    assert order.first.span_s == spans[order.first.answer]
    assert order.first.question != order.second.question
    assert (place.first.answer, place.second.answer) == ("walk", "wave")
