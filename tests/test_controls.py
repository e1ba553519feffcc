"""Controls: what the question alone, a still clip or another clip would get."""

from __future__ import annotations

import numpy as np

from llamo.evaluation.controls import majority, mean_pose, question_only, shuffled
from llamo.evaluation.items import Clip, Item
from llamo.motion import Motion


def item(number: int, question: str, answer: str | None, kind: str = "action") -> Item:
    clip = Clip(f"{number}.npz")
    return Item(f"line {number}", str(number), clip, question, answer, kind, groups=(kind,))


def test_majority_is_the_most_frequent_answer_of_its_type() -> None:
    items = [
        item(0, "?", "walk"), item(1, "?", "walks"), item(2, "?", "run"),
        item(3, "?", None, "side"), item(4, "?", None, "side"), item(5, "?", "left", "side"),
    ]  # fmt: skip
    assert majority(items) == ["walk", "walk", "walk", None, None, None]


def test_question_only_finds_a_leak_and_finds_none_where_there_is_none(
    rng: np.random.Generator,
) -> None:
    leaky = [
        item(i, f"Which hand does person {i} use to {act}?", answer)
        for i in range(40)
        for act, answer in [("wave", "left"), ("throw", "right")]
    ]
    guesses, fit = question_only(leaky)
    assert fit == "self"
    assert np.mean([guess == one.answer for guess, one in zip(guesses, leaky, strict=True)]) == 1
    fair = [item(i, "Which hand?", str(rng.choice(["left", "right"]))) for i in range(200)]
    guesses, _ = question_only(fair)
    assert np.mean([guess == one.answer for guess, one in zip(guesses, fair, strict=True)]) < 0.6


def test_question_only_never_sees_another_question_on_the_same_clip() -> None:
    same = [
        Item("", str(i), Clip(f"{i // 2}.npz"), f"clip number {i // 2}", f"answer {i // 2}", "x")
        for i in range(20)
    ]
    guesses, _ = question_only(same)
    assert not any(guess == one.answer for guess, one in zip(guesses, same, strict=True))


def test_question_only_fits_on_training_questions_where_given() -> None:
    train = [item(0, "up?", "yes"), item(1, "down?", "no")] * 5
    guesses, fit = question_only([item(7, "up?", "no"), item(8, "down?", "no")], train)
    assert (guesses, fit) == (["yes", "no"], "train")


def test_mean_pose_keeps_length_and_weighs_by_confidence() -> None:
    joints = np.zeros((3, 22, 3), np.float32)
    joints[:, :, 1] = np.array([0, 1, 5])[:, None]
    still = mean_pose(Motion(joints, 20))
    assert len(still) == 3
    assert still.fps == 20
    assert np.allclose(still.joints[:, :, 1], 2)
    confidence = np.ones((3, 22), np.float32)
    confidence[2] = 0  # the frame at height 5 was not seen
    still = mean_pose(Motion(joints, 20, confidence=confidence))
    assert np.allclose(still.joints[:, :, 1], 0.5)
    assert np.allclose(still.confidence, 2 / 3)


def test_shuffled_shows_another_clip_of_the_type_with_another_answer() -> None:
    items = [item(i, "?", answer) for i, answer in enumerate(["walk", "walks", "run", None])]
    items += [item(9, "?", "left", "side")]
    partners = shuffled(items, seed=3)
    assert set(partners) == {0, 1, 2, 3}  # "side" has one answer only
    assert all(
        partner.type == items[i].type and partner.key != items[i].key
        for i, partner in partners.items()
    )
    assert partners == shuffled(items, seed=3)
