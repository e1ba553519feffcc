"""Kinematics: angles, travel, sides and repetitions that can be computed by hand."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from llamo.kinematics import (
    Measurement,
    count_repetitions,
    kinematic_text,
    measure,
    relevant,
    unseen_parts,
)
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22, other_side

J = {name: index for index, name in enumerate(SMPL22.joints)}

STANDING = {
    "pelvis": (0, 0.95, 0), "left_hip": (0.1, 0.9, 0), "right_hip": (-0.1, 0.9, 0),
    "spine1": (0, 1.05, 0), "left_knee": (0.1, 0.5, 0), "right_knee": (-0.1, 0.5, 0),
    "spine2": (0, 1.2, 0), "left_ankle": (0.1, 0.1, 0), "right_ankle": (-0.1, 0.1, 0),
    "spine3": (0, 1.3, 0), "left_foot": (0.1, 0, 0.1), "right_foot": (-0.1, 0, 0.1),
    "neck": (0, 1.5, 0), "left_collar": (0.08, 1.45, 0), "right_collar": (-0.08, 1.45, 0),
    "head": (0, 1.65, 0), "left_shoulder": (0.2, 1.45, 0), "right_shoulder": (-0.2, 1.45, 0),
    "left_elbow": (0.2, 1.15, 0), "right_elbow": (-0.2, 1.15, 0),
    "left_wrist": (0.2, 0.9, 0), "right_wrist": (-0.2, 0.9, 0),
}  # fmt: skip


def standing(frames: int) -> np.ndarray:
    """(T, 22, 3): upright, arms hanging, facing +z."""
    pose = np.array([STANDING[name] for name in SMPL22.joints])
    return np.repeat(pose[None], frames, axis=0)


def raise_arm(joints: np.ndarray, side: str, angle_rad: np.ndarray) -> np.ndarray:
    """Turn a straight arm sideways by (T,) radians: 0 hangs down, pi points up."""
    joints = joints.copy()
    out = 1.0 if side == "left" else -1.0
    shoulder = joints[:, J[f"{side}_shoulder"]]
    for part, length in (("elbow", 0.3), ("wrist", 0.55)):
        away = np.stack(
            [out * np.sin(angle_rad), -np.cos(angle_rad), np.zeros_like(angle_rad)], axis=-1
        )
        joints[:, J[f"{side}_{part}"]] = shoulder + length * away
    return joints


def values(motion: Motion) -> dict[str, float]:
    return {measurement.name: measurement.value for measurement in measure(motion)}


def test_a_sinusoid_that_repeats_seven_times():
    time_s = np.arange(280) / 20.0
    angle = 0.7 * (1 - np.cos(2 * np.pi * 7 * time_s / 14.0))
    found = count_repetitions(Motion(raise_arm(standing(280), "left", angle), 20.0))
    assert found.count == 7
    assert found.joint == "left_wrist"
    turns = [turn for _, turn, _ in found.spans_s]
    np.testing.assert_allclose(turns, 1.0 + 2.0 * np.arange(7), atol=0.1)


def test_a_clip_moved_at_one_metre_a_second():
    joints = standing(101)
    joints[..., 2] += np.arange(101)[:, None] / 20.0  # 5 s forward
    found = values(Motion(joints, 20.0))
    assert found["forward_travel"] == pytest.approx(5.0, abs=1e-3)
    assert found["left_travel"] == pytest.approx(0.0, abs=1e-3)
    assert found["travel_speed"] == pytest.approx(1.0, abs=1e-3)
    assert found["left_ankle_speed_max"] == pytest.approx(1.0, abs=1e-3)
    assert found["repetitions"] == 0


def test_a_known_knee_angle():
    joints = standing(30)
    for part, place in (("ankle", (0.1, 0.5, -0.4)), ("foot", (0.1, 0.4, -0.4))):
        joints[:, J[f"left_{part}"]] = place  # the shank points straight back
    found = values(Motion(joints, 20.0))
    assert found["left_knee_flexion_max"] == pytest.approx(90, abs=0.01)
    assert found["right_knee_flexion_max"] == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("seed", range(4))
def test_a_mirrored_motion_gives_mirrored_measurements(seed):
    rng = np.random.default_rng(seed)
    time_s = np.arange(200) / 20.0
    joints = raise_arm(standing(200), "left", 1 + np.sin(2 * time_s))
    joints = joints + np.cumsum(rng.normal(0, 0.01, (200, 1, 3)), axis=0)
    joints = np.einsum(
        "tij,tkj->tki", np.stack([rotation_about_y(a) for a in np.linspace(0, 2, 200)]), joints
    )
    joints = joints + rng.normal(0, 0.004, joints.shape)
    motion = Motion(joints, 20.0)
    plain, mirrored = values(motion), values(motion.mirror())
    for name, value in plain.items():
        if name.startswith("left_") and name.endswith("_share"):
            expected = {name: 1 - value}
        elif name in ("left_travel", "turn_left"):
            expected = {name: -value}
        else:
            expected = {other_side(name): value}
        for other, number in expected.items():
            assert mirrored[other] == pytest.approx(number, abs=1e-4), name


@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_repetitions_with_pauses_of_any_length(count):
    rng = np.random.default_rng(count)
    angle = [np.zeros(20)]
    for _ in range(count):
        frames = rng.integers(25, 70)
        angle.append(1.2 * (1 - np.cos(np.linspace(0, 2 * np.pi, frames))) / 2)
        angle.append(np.zeros(rng.integers(0, 60)))
    angle = np.concatenate(angle)
    joints = raise_arm(standing(len(angle)), "right", angle)
    joints = joints + rng.normal(0, 0.002, joints.shape)
    found = count_repetitions(Motion(joints, 20.0))
    assert found.count == count
    assert found.joint == "right_wrist"
    assert all(start < turn < end for start, turn, end in found.spans_s)


def test_a_body_at_rest_repeats_nothing():
    joints = standing(200) + np.random.default_rng(0).normal(0, 0.005, (200, 22, 3))
    assert count_repetitions(Motion(joints, 20.0)).count == 0


def test_arm_circles_without_a_rest():
    time_s = np.arange(200) / 20.0
    joints = standing(200)
    for side in ("left", "right"):
        for part, length in (("elbow", 0.3), ("wrist", 0.55)):
            turn = 2 * np.pi * 0.8 * time_s  # eight circles in ten seconds
            joints[:, J[f"{side}_{part}"], 1] = 1.45 - length * np.cos(turn)
            joints[:, J[f"{side}_{part}"], 2] = length * np.sin(turn)
    assert count_repetitions(Motion(joints, 20.0)).count in (7, 8)


def two_phases(pauses: list[int]) -> Motion:
    """An arm goes up, half way back, up once more and down; then it rests for some frames."""
    way = np.interp(np.arange(60), [0, 15, 27, 42, 59], [0, 1.4, 0.45, 1.2, 0])
    rests = [np.zeros(frames) for frames in pauses]
    angle = np.concatenate([np.zeros(20), *(part for rest in rests for part in (way, rest))])
    return Motion(raise_arm(standing(len(angle)), "left", angle), 20.0)


def test_two_phases_of_one_movement_are_one_repetition():
    assert count_repetitions(two_phases([15, 40, 9, 22, 30])).count == 5


def test_repetitions_without_a_rest_between_are_no_phases():
    """Three times half way back, then a rest, then twice: five repetitions, not two."""
    three = np.interp(np.arange(100), range(0, 106, 15), [0, 1.3, 0.45, 1.3, 0.45, 1.3, 0, 0])
    two = np.interp(np.arange(70), range(0, 76, 15), [0, 1.3, 0.45, 1.3, 0, 0])
    angle = np.concatenate([np.zeros(20), three, np.zeros(20), two, np.zeros(20)])
    found = count_repetitions(Motion(raise_arm(standing(len(angle)), "left", angle), 20.0))
    assert found.count == 5


@pytest.mark.parametrize(("start", "end"), [(20, 160), (0, 140)])
def test_half_a_repetition_at_either_end_is_not_counted(start, end):
    """Four raises of 2 s, cut where the arm is up: at 1 s into the first, or into the last."""
    raises = np.concatenate([1.2 * (1 - np.cos(np.linspace(0, 2 * np.pi, 40))) / 2] * 4)
    joints = raise_arm(standing(len(raises)), "right", raises)[start:end]
    whole = 4 - (start > 0) - (end < 160)
    assert count_repetitions(Motion(joints, 20.0)).count == whole


def with_right_arm_hidden(joints: np.ndarray) -> Motion:
    confidence = np.ones(joints.shape[:2], np.float32)
    confidence[:, [J["right_elbow"], J["right_wrist"]]] = 0
    return Motion(joints, 20.0, confidence=confidence)


def test_where_one_arm_is_hidden_the_other_tells_the_side():
    """A camera at the left: the right arm is behind the trunk, where a detector imagines it."""
    lift = 1.5 * (1 - np.cos(np.linspace(0, 2 * np.pi, 60))) / 2
    left = raise_arm(standing(60), "left", lift)
    both = raise_arm(left, "right", lift)  # imagined to move along
    for joints in (left, both):
        assert values(with_right_arm_hidden(joints))["left_arm_share"] == 1
    right = raise_arm(standing(60), "right", lift)  # seen to rest: it is the hidden one
    assert values(with_right_arm_hidden(right))["left_arm_share"] == 0
    noise = np.random.default_rng(0).normal(0, 0.3, (60, 2, 3))  # nobody's guess
    garbage = standing(60)
    garbage[:, [J["right_elbow"], J["right_wrist"]]] += noise
    assert "left_arm_share" not in values(with_right_arm_hidden(garbage))


def test_half_a_repetition_alone_is_one():
    up = 1.2 * (1 - np.cos(np.linspace(0, np.pi, 30))) / 2
    assert count_repetitions(Motion(raise_arm(standing(30), "right", up), 20.0)).count == 1


def test_waving_with_the_arm_up_counts_the_waves():
    up = np.concatenate([np.zeros(20), np.linspace(0, 2.0, 15)])
    waves = 2.0 + 0.3 * (1 - np.cos(np.linspace(0, 2 * np.pi * 6, 120)))
    angle = np.concatenate([up, waves, up[::-1]])
    found = count_repetitions(Motion(raise_arm(standing(len(angle)), "left", angle), 20.0))
    assert found.count == 6


def test_another_action_before_and_after_is_not_counted():
    lift = 1.2 * (1 - np.cos(np.linspace(0, 2 * np.pi, 40))) / 2
    left = np.concatenate([np.zeros(60), *[lift] * 4, np.zeros(60)])
    right = np.concatenate([np.zeros(10), lift, np.zeros(220 - 50 + 10), lift, np.zeros(10)])
    joints = raise_arm(raise_arm(standing(len(left)), "left", left), "right", right[: len(left)])
    found = count_repetitions(Motion(joints, 20.0))
    assert found.count == 4
    assert found.joint == "left_wrist"


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0, 120.0])
def test_the_count_does_not_hang_on_the_frame_rate(fps):
    time_s = np.arange(int(12 * fps)) / fps
    angle = 0.7 * (1 - np.cos(2 * np.pi * 6 * time_s / 12.0))
    found = count_repetitions(Motion(raise_arm(standing(len(time_s)), "left", angle), fps))
    assert found.count == 6


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_a_few_frames_are_measured_without_complaint(frames):
    found = values(Motion(standing(frames), 20.0))
    assert found["repetitions"] == 0
    assert all(np.isfinite(value) for value in found.values())


def test_a_quarter_turn_to_the_left_while_walking_in_an_arc():
    angle = np.linspace(0, np.pi / 2, 101)
    turns = np.stack([rotation_about_y(a) for a in angle])
    joints = np.einsum("tij,tkj->tki", turns, standing(101))
    joints[..., 0] += 2 * (1 - np.cos(angle))[:, None]  # radius 2 m
    joints[..., 2] += 2 * np.sin(angle)[:, None]
    found = values(Motion(joints, 20.0))
    assert found["turn_left"] == pytest.approx(90, abs=1)
    assert found["forward_travel"] == pytest.approx(np.pi, abs=0.03)
    assert found["left_travel"] == pytest.approx(0, abs=0.03)


def test_walking_sideways_is_travel_to_the_left():
    joints = standing(61)
    joints[..., 0] += np.linspace(0, 1.2, 61)[:, None]
    motion = Motion(joints, 20.0)
    assert values(motion)["left_travel"] == pytest.approx(1.2, abs=1e-3)
    assert "travel left 120" in kinematic_text(measure(motion))
    assert "travel right 120" in kinematic_text(measure(motion.mirror()))


def test_a_squat_lowers_the_pelvis_by_what_it_did():
    drop = 0.2 * (1 - np.cos(np.linspace(0, 2 * np.pi, 60)))
    joints = standing(60)
    upper = [
        i for i, name in enumerate(SMPL22.joints) if "ankle" not in name and "foot" not in name
    ]
    joints[:, upper, 1] -= drop[:, None]
    assert values(Motion(joints, 20.0))["pelvis_drop"] == pytest.approx(0.4, abs=0.01)


def test_the_arm_that_moves_is_the_one_that_acts():
    angle = 0.6 * (1 - np.cos(np.linspace(0, 6 * np.pi, 120)))
    motion = Motion(raise_arm(standing(120), "right", angle), 20.0)
    assert values(motion)["left_arm_share"] == pytest.approx(0, abs=0.02)
    assert "arm right" in kinematic_text(measure(motion))
    assert "arm left" in kinematic_text(measure(motion.mirror()))
    assert "left_leg_share" not in values(motion)  # no leg moves, so no leg acts


def test_one_jumping_frame_does_not_make_a_speed():
    joints = standing(100)
    joints[50, J["left_wrist"]] += 0.5
    assert values(Motion(joints, 20.0))["left_wrist_speed_max"] < 0.05


def test_parts_that_are_not_seen_are_left_out_and_named():
    hidden = [i for i, name in enumerate(SMPL22.joints) if "knee" in name or "ankle" in name]
    confidence = np.ones((50, 22))
    confidence[:, hidden] = 0
    motion = Motion(standing(50), 20.0, confidence=confidence)
    assert unseen_parts(motion) == ("legs",)
    names = values(motion)
    assert not any("knee" in name or "ankle" in name for name in names)
    assert "left_elbow_flexion_max" in names
    assert kinematic_text(measure(motion), unseen_parts(motion)).endswith("; not seen: legs")
    assert unseen_parts(Motion(standing(5), 20.0)) == ()


def test_an_upper_body_alone_is_measured_from_the_neck():
    below = ("pelvis", "hip", "knee", "ankle", "foot", "spine1")
    hidden = [i for i, name in enumerate(SMPL22.joints) if any(part in name for part in below)]
    confidence = np.ones((120, 22))
    confidence[:, hidden] = 0
    angle = 0.6 * (1 - np.cos(np.linspace(0, 6 * np.pi, 120)))
    joints = raise_arm(standing(120), "left", angle)
    joints[:, hidden] = np.nan
    motion = Motion(joints, 20.0, confidence=confidence)
    assert count_repetitions(motion).count == 3
    assert values(motion)["left_arm_share"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many times does the person squat?", "repetitions"),
        ("How deep is the knee bent?", "left_knee_flexion_max"),
        ("Which hand does he wave?", "left_arm_share"),
        ("In which direction does she walk?", "forward_travel"),
        ("How far does the body turn?", "turn_left"),
        ("How long does it last?", "duration"),
        ("How fast is the kick?", "right_ankle_speed_max"),
        ("Is the exercise done correctly?", "trunk_lean_max"),
        ("What is going on?", "left_arm_share"),
    ],
)
def test_the_question_chooses_what_is_read(question, expected):
    measurements = measure(Motion(raise_arm(standing(60), "left", np.linspace(0, 2, 60)), 20.0))
    chosen = relevant(measurements, question)
    assert expected in [measurement.name for measurement in chosen]
    assert 6 <= len(chosen) <= 10
    assert chosen == relevant(list(reversed(measurements)), question)
    sides = {m.name for m in chosen if m.name.startswith(("left_", "right_"))}
    paired = {m.name for m in measurements} & {other_side(name) for name in sides}
    assert paired <= sides  # both sides of a pair or neither


def test_the_text_is_short_and_says_numbers_as_measured():
    measurements = [
        Measurement("repetitions", 5.0, "count", 0.1, 0, 10),
        Measurement("left_arm_share", 0.12, "ratio", 0.05, 0, 10),
        Measurement("forward_travel", 1.2, "m", 0.01, 0, 10),
        Measurement("turn_left", -91.2, "deg", 2, 0, 10),
        Measurement("left_knee_flexion_max", 95.4, "deg", 1, 3, 3),
        Measurement("right_knee_flexion_max", 91.6, "deg", 1, 3, 3),
    ]
    assert kinematic_text(measurements, ("head",)) == (
        "reps 5 | arm right 12 % | travel forward 120 | turn right 91 | left knee most 95 | "
        "right knee most 92; not seen: head"
    )


def test_a_measurement_becomes_plain_json():
    plain = measure(Motion(standing(20), 20.0))[0].to_dict()
    assert plain["name"] == "duration"
    assert set(plain) == {"name", "value", "unit", "uncertainty", "start_s", "end_s"}
    assert json.loads(json.dumps(plain)) == plain


def test_every_measurement_has_a_unit_and_a_place_in_the_text():
    measurements = measure(Motion(raise_arm(standing(60), "left", np.linspace(0, 2, 60)), 20.0))
    assert {m.unit for m in measurements} <= {"deg", "s", "m", "m/s", "count", "ratio"}
    assert all(m.uncertainty >= 0 and m.start_s <= m.end_s for m in measurements)
    for measurement in measurements:
        assert kinematic_text([measurement]), measurement.name


def test_ten_minutes_are_measured_in_a_second_of_computing():
    angle = 0.7 * (1 - np.cos(2 * np.pi * np.arange(12_000) / 50))
    motion = Motion(raise_arm(standing(12_000), "left", angle), 20.0)
    started = time.process_time()
    found = values(motion)
    assert found["repetitions"] == 240
    assert time.process_time() - started < 2.0  # about 0.3 s on an idle machine
