"""References of technique: what ships, how one is learnt, and people it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_clips import SINE, column

from llamo.technique import reference_names
from llamo.technique.courses import PHASES, likeness, mirrored, whole_clip
from llamo.technique.judge import oriented
from llamo.technique.learn import group_lasso, learn_reference, one_way
from llamo.technique.pose_angles import ANGLES
from llamo.technique.reference import SHIPPED, read_reference
from llamo.technique.standard import FEATURES, Standard, features, joint_groups, movement, weigh


def test_the_references_are_small_statistics_of_several_people():
    assert len(reference_names()) == 10
    assert SHIPPED.stat().st_size < 400_000
    assert (SHIPPED.parent / "LICENSE.md").is_file()
    for name in reference_names():
        reference = read_reference(name)
        assert reference.people >= 4
        assert reference.mean.shape == (PHASES, len(ANGLES))
        for one in (reference.others, reference.own):
            assert np.isfinite(one.weights).all()
            assert (np.linalg.eigvalsh(one.covariance) > 0).all()


@pytest.mark.parametrize("exercise", reference_names())
def test_the_mean_of_correct_people_is_correct(exercise):
    reference = read_reference(exercise)
    assert likeness(reference.mean, reference.mean) == pytest.approx(1)
    evidence = weigh(reference.others, joint_groups(reference.two_sided), reference.mean[None])
    assert not evidence.not_correct[0]
    assert evidence.probability[0] < 0.5


def test_the_penalty_keeps_what_tells_and_drops_what_does_not():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 6))
    wrong = values[:, 2] + values[:, 3] > 0
    weights, bias = group_lasso(
        values, wrong, [np.arange(2), np.arange(2, 4), np.arange(4, 6)], 0.1
    )
    assert (weights[[0, 1, 4, 5]] == 0).all()
    assert (weights[[2, 3]] > 0.3).all()
    assert abs(bias) < 0.3


def made_people(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Five people who lift the right arm, with styles of their own; wrong is 25 deg less high."""
    mean = np.zeros((PHASES, len(ANGLES)))
    mean[:, column("right_shoulder_elevation")] = 20 + 100 * SINE
    angles, people, correct = [], [], []
    for person in range(5):
        style = rng.normal(0, 3, len(ANGLES))
        for take in range(12):
            right = take % 2 == 0
            lifted = mean + style + rng.normal(0, 1, len(ANGLES)) * SINE[:, None]
            lifted[:, column("right_shoulder_elevation")] -= 0 if right else 25 * SINE
            angles.append(mirrored(lifted) if person == 3 else lifted)
            people.append(person)
            correct.append(right)
    return np.array(angles), np.array(people), np.array(correct)


def test_a_reference_learns_the_fault_from_people_of_either_side():
    angles, people, correct = made_people(np.random.default_rng(0))
    reference = learn_reference(angles, people, correct, two_sided=False, source="made up")
    weights = np.abs(reference.others.weights).reshape(len(ANGLES), len(FEATURES)).sum(1)
    assert ANGLES[int(weights.argmax())] == "right_shoulder_elevation"
    turned = one_way(angles, correct)
    rise = np.ptp(turned, axis=1)
    assert (rise[:, column("right_shoulder_elevation")] > 60).all()
    found = weigh(reference.others, joint_groups(False), turned)
    assert (found.not_correct == ~correct).mean() > 0.95
    assert (np.array(found.joints)[found.named][~correct] == "right_shoulder").mean() > 0.95
    assert reference.others.slope > 0.5
    with pytest.raises(ValueError, match="3 are needed"):
        learn_reference(angles[:24], people[:24], correct[:24], two_sided=False, source="")


def test_movement_is_the_height_of_what_rises_and_falls():
    course = np.zeros((1, PHASES, len(ANGLES)))
    course[0, :, 4] = 30 + 17 * np.sin(np.pi * (np.arange(PHASES) + 0.5) / PHASES) ** 2
    assert movement(course)[0, 4] == pytest.approx(17, abs=0.2)
    assert features(course)[0].reshape(-1, 4)[4] == pytest.approx([30.2, 16.8, 0, 16.5], abs=0.5)


def test_unusual_is_judged_beside_what_the_other_angles_let_one_expect():
    width = len(ANGLES)
    covariance = np.eye(width) * 25.0
    left, right = column("left_knee_flexion"), column("right_knee_flexion")
    covariance[left, right] = covariance[right, left] = 24.0
    blank = np.zeros(width * len(FEATURES))
    standard = Standard(blank, blank + 1, blank, -1.0, np.zeros(width), covariance, 1.0)
    together, alone = np.zeros((2, width))
    together[[left, right]] = 8
    alone[left] = 8
    told = standard.unusual(np.stack([together, alone]))
    assert told[0].max() < 1
    assert told[1, left] > 8


def test_real_people_that_the_references_have_not_seen(data_dir):
    from llamo.data.clips import load_clips, split

    right = []
    for clip in split(load_clips(data_dir, ["ui_prmd"]))[1][::8]:
        reference = read_reference(clip.exercise)
        angles, _ = oriented(whole_clip(clip.motion).angles, reference)
        found = weigh(reference.others, joint_groups(reference.two_sided), angles)
        right.append(found.not_correct[0] != clip.correct)
    assert len(right) == 50
    assert np.mean(right) > 0.7
