"""How a repetition goes as a whole: random kernels, and what is learnt from what they find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exercise_clips import SINE, clip_of, column, poses_of

from llamo.technique import FormReader, reference_names
from llamo.technique.courses import PHASES, mirrored, whole_clip
from llamo.technique.judge import oriented
from llamo.technique.kernels import COUNT, LENGTH, random_kernels
from llamo.technique.learn_manner import learn_manner, ridge_logistic
from llamo.technique.pose_angles import ANGLES, pose_angles
from llamo.technique.reference import read_reference, write_references


def test_kernels_are_the_same_each_time_and_blind_to_where_an_angle_lies():
    kernels, again = random_kernels(3), random_kernels(3)
    assert (kernels.taps == again.taps).all() and (kernels.seen == again.seen).all()
    assert not (kernels.taps == random_kernels(4).taps).all()
    courses = np.random.default_rng(0).normal(size=(2, PHASES, len(ANGLES)))
    aside = courses + np.arange(len(ANGLES))
    assert kernels.run(aside) == pytest.approx(kernels.run(courses), abs=0.2)  # half precision
    still = np.repeat(courses[:, :1], PHASES, axis=1)
    assert np.abs(kernels.run(still)).max() < 0.2


def test_a_kernel_is_a_convolution_of_a_course_that_stands_still_beyond_its_ends():
    kernels = random_kernels()
    courses = np.random.default_rng(0).normal(size=(2, PHASES, len(ANGLES)))
    found = kernels.run(courses)
    assert found.shape == (2, PHASES, COUNT)
    for number in (0, 7, 500, COUNT - 1):
        dilation, seen = kernels.dilation[number], kernels.seen[number]
        for phase in (0, 20, PHASES - 1):
            places = phase + (np.arange(LENGTH) - LENGTH // 2) * dilation
            window = courses[:, places.clip(0, PHASES - 1)][:, :, seen]
            wanted = (window * kernels.taps[number].astype(float)).sum((1, 2))
            assert found[:, phase, number] == pytest.approx(wanted, abs=1e-4)


def test_weights_are_those_that_the_penalty_allows():
    values = np.random.default_rng(0).normal(size=(60, 200))
    wrong = values[:, 5] > 0
    weights, bias = ridge_logistic(values, wrong, 100.0)
    loss = np.array([
        np.logaddexp(0, -np.where(wrong, 1, -1) * (values @ w + b)).sum() + 50 * (w @ w)
        for w, b in ((weights, bias), (1.01 * weights, bias), (weights, bias + 0.01))
    ])  # fmt: skip
    assert (loss[1:] > loss[0]).all()
    assert int(np.abs(weights).argmax()) == 5


def wobbling(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Five people who lift an arm, some of them the left one; what is wrong is a trembling."""
    arm, angles, people, correct = column("right_shoulder_elevation"), [], [], []
    tremble = np.sin(np.linspace(0, 14 * np.pi, PHASES)) * SINE
    for person in range(5):
        style = rng.normal(0, 5, len(ANGLES))
        for take in range(12):
            course = np.tile(style, (PHASES, 1)) + rng.normal(0, 2, len(ANGLES)) * SINE[:, None]
            course[:, arm] += 20 + 100 * SINE
            if take % 2:
                course[:, arm] += 8 * tremble * rng.choice([-1, 1])
            angles.append(mirrored(course) if person == 3 else course)
            people.append(person)
            correct.append(take % 2 == 0)
    return np.array(angles), np.array(people), np.array(correct)


def test_it_hears_a_trembling_of_people_it_has_not_met():
    angles, people, correct = wobbling(np.random.default_rng(0))
    manner = learn_manner(random_kernels(), angles, people, correct, two_sided=False)
    others, who, steady = wobbling(np.random.default_rng(1))
    lifted = np.where((who == 3)[:, None, None], mirrored(others), others)
    odds = manner.log_odds(lifted)
    assert ((odds > 0) == ~steady).mean() > 0.9
    unsure = learn_manner(
        random_kernels(), angles, people, correct, two_sided=False, calibrated=False
    )
    assert np.corrcoef(unsure.log_odds(lifted), odds)[0, 1] == pytest.approx(1)


def test_both_sides_are_alike_in_what_both_do_together():
    angles, people, correct = wobbling(np.random.default_rng(0))
    manner = learn_manner(random_kernels(), angles, people, correct, two_sided=True)
    odds = manner.log_odds(angles)
    assert ((odds > 0) == ~correct).mean() > 0.9
    assert ((manner.log_odds(mirrored(angles)) > 0) == (odds > 0)).mean() > 0.9


def test_what_is_not_seen_is_not_told():
    angles = read_reference("side lunge").mean[None].repeat(2, axis=0)
    angles[1, 5, column("left_knee_flexion")] = np.nan
    odds = read_reference("side lunge").manner.log_odds(angles)
    assert np.isfinite(odds[0]) and np.isnan(odds[1])


@pytest.mark.parametrize("exercise", reference_names())
def test_another_body_that_does_it_as_usual_does_it_right(exercise):
    reference = read_reference(exercise)
    angles = pose_angles(poses_of(reference.mean))[None]
    assert reference.manner.log_odds(angles)[0] < 0


def test_a_mirrored_clip_gets_the_same_verdict():
    motion = clip_of(read_reference("side lunge").mean)
    (one,), (other,) = (FormReader(clip).of("side lunge") for clip in (motion, motion.mirror()))
    assert one.value == pytest.approx(other.value, abs=1e-3)


def test_references_are_written_and_read_with_their_manner_or_without(tmp_path):
    known = {name: read_reference(name) for name in ("deep squat", "side lunge")}
    write_references(known, tmp_path / "with.safetensors")
    write_references(
        {name: replace(one, manner=None) for name, one in known.items()},
        tmp_path / "without.safetensors",
    )
    for name, one in known.items():
        read = read_reference(name, tmp_path / "with.safetensors")
        angles = one.mean[None] + 3
        assert read.manner.log_odds(angles) == pytest.approx(one.manner.log_odds(angles))
        assert read_reference(name, tmp_path / "without.safetensors").manner is None


def test_real_people_that_it_has_not_met(data_dir):
    from llamo.data.clips import load_clips, split

    right = []
    for clip in split(load_clips(data_dir, ["ui_prmd"]))[1][::8]:
        reference = read_reference(clip.exercise)
        angles, _ = oriented(whole_clip(clip.motion).angles, reference)
        right.append((reference.manner.log_odds(angles)[0] > 0) != clip.correct)
    assert len(right) == 50
    assert np.mean(right) > 0.78
