"""Angles, events, repetitions, smoothness: against closed forms, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from closed_form import (
    J,
    hump,
    jump,
    onset_s,
    pendulum_swing,
    posed,
    squats,
    swing_onsets_s,
    turn,
    walk,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from llamo.kinematics import find_repetitions, measure_motion
from llamo.kinematics.axial import axial_courses
from llamo.kinematics.course import read_course
from llamo.kinematics.jumps import jumps
from llamo.kinematics.signals import Signals
from llamo.kinematics.smoothness import spectral_arc_length
from llamo.kinematics.steps import strides
from llamo.kinematics.swing import swings
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import other_side

RATES = [15.0, 20.0, 25.0, 30.0, 60.0, 100.0, 120.0]


def still(turns, frames=20, rotations=False):
    joints, matrices = posed(frames, {name: turn_by(*parts) for name, parts in turns.items()})
    return Signals.of(Motion(joints, 30.0, rotations=matrices if rotations else None))


def turn_by(*parts, frames=20):
    """One rotation after another, each (axis, degrees), the last one first about the bone."""
    matrix = np.broadcast_to(np.eye(3), (frames, 3, 3))
    for axis, degrees in parts:
        matrix = matrix @ turn(axis, np.full(frames, float(degrees)))
    return matrix


def held(signals, name):
    return float(signals[name].values[len(signals.course) // 2])


@pytest.mark.parametrize("flexion", [-20, 0, 45, 90, 120])
@pytest.mark.parametrize("abduction", [-15, 0, 30])
def test_hip_angles_are_those_of_the_isb_sequence(flexion, abduction):
    """Flexion about the pelvis' Z, then ab-/adduction, then any axial rotation: z is forward here,
    x to the left, so that flexion is -x, and abduction of the left leg is +z."""
    left = (("x", -flexion), ("z", abduction), ("y", 25))
    right = (("x", -flexion), ("z", -abduction), ("y", -25))
    signals = still({"left_hip": left, "right_hip": right}, rotations=True)
    for side in ("left", "right"):
        assert held(signals, f"{side}_hip_flexion") == pytest.approx(flexion, abs=0.1)
        assert held(signals, f"{side}_hip_abduction") == pytest.approx(abduction, abs=0.1)
        # +y turns the left foot outwards
        assert held(signals, f"{side}_hip_internal_rotation") == pytest.approx(-25, abs=0.1)


def test_without_rotations_no_axial_rotation_is_told():
    assert axial_courses(still({}).course) == {}
    assert "left_hip_internal_rotation" not in still({})


def test_rotations_from_another_rest_pose_tell_nothing():
    joints, rotations = posed(20, {})
    quarter = turn("y", np.full(20, 90.0))
    sideways = Motion(joints, 30.0, rotations=quarter[:, None] @ rotations @ quarter[:, None])
    assert axial_courses(read_course(sideways)) == {}


@pytest.mark.parametrize(("elevation", "plane"), [(90, 0), (90, 90), (60, 45), (120, -30)])
def test_shoulder_elevation_and_its_plane(elevation, plane):
    """From the T-pose: the plane turns about y, forwards; then the arm sinks or rises in it."""
    left = (("y", -plane), ("z", elevation - 90))
    right = (("y", plane), ("z", 90 - elevation))
    signals = still({"left_shoulder": left, "right_shoulder": right})
    for side in ("left", "right"):
        assert held(signals, f"{side}_shoulder_elevation") == pytest.approx(elevation, abs=0.1)
        assert held(signals, f"{side}_shoulder_plane") == pytest.approx(plane, abs=0.2)


def test_trunk_leans_to_the_front_and_to_the_left():
    assert held(still({"pelvis": (("x", 25),)}), "trunk_forward_lean") == pytest.approx(25, abs=0.1)
    assert held(still({"pelvis": (("z", -15),)}), "trunk_left_lean") == pytest.approx(15, abs=0.1)
    assert held(still({"pelvis": (("z", -15),)}), "trunk_lean") == pytest.approx(15, abs=0.1)


def test_knees_that_fall_inwards_have_valgus():
    knee = {"left_hip": (("z", -10),), "left_knee": (("z", 20),)}
    assert held(still(knee), "left_knee_valgus_projected") == pytest.approx(20, abs=0.2)
    assert held(still(knee), "right_knee_valgus_projected") == pytest.approx(0, abs=0.2)


def test_shoulders_turned_further_left_than_hips():
    turned = still({"spine2": (("y", 35),)})
    assert held(turned, "hip_shoulder_separation_projected") == pytest.approx(35, abs=0.2)


def test_a_body_that_turns_twice_round_never_jumps():
    angle = np.linspace(0, 720, 240)
    joints, _ = posed(
        240, {"pelvis": turn("y", angle), "left_hip": turn("x", -60 * hump(angle, 0, 720))}
    )
    signals = Signals.of(Motion(joints, 60.0))
    values = signals["pelvis_turn_left"].values
    assert values[-1] == pytest.approx(720, abs=0.5)
    for one in signals.angles.values():
        assert np.nanmax(np.abs(np.diff(one.values))) < 10, one.name


def test_a_leg_straight_up_to_the_side_has_no_flexion():
    high = still({"left_hip": (("z", 84),)})
    assert "left_hip_flexion" not in high
    assert held(high, "left_hip_abduction") == pytest.approx(84, abs=0.3)


@pytest.mark.parametrize("fps", RATES)
def test_squats_of_a_known_depth_at_known_times(fps):
    motion = squats(fps, depth_deg=100, lasts_s=2.0, rest_s=1.0, count=3, lean_deg=30)
    measured = measure_motion(motion, exercise="squat")
    assert len(measured.performances) == 3
    for i, one in enumerate(measured.performances):
        begins = 1.0 + 3.0 * i
        expected = {"start": begins + onset_s(2.0), "deepest": begins + 1.0,
                    "end": begins + 2.0 - onset_s(2.0)}  # fmt: skip
        for event, time_s in expected.items():
            assert one.events_s[event] == pytest.approx(time_s, abs=1 / fps), event
    found = {one.measurement.name: one.measurement for one in measured.findings}
    assert found["depth"].value == pytest.approx(100, abs=1)
    assert found["hip_flexion"].value == pytest.approx(90, abs=1)
    assert found["trunk_lean"].value == pytest.approx(30, abs=1)
    assert found["knee_asymmetry"].value == pytest.approx(0, abs=1)
    assert found["lowering_time"].value == pytest.approx(1 - onset_s(2.0), abs=1 / fps)


@pytest.mark.parametrize("fps", RATES)
def test_the_free_count_finds_the_same_moments(fps):
    counted = find_repetitions(squats(fps))
    assert counted.count == 3
    for i, one in enumerate(counted.repetitions):
        assert one.turn_s == pytest.approx(2.0 + 3.0 * i, abs=1 / fps)
        assert one.start_s == pytest.approx(1.0 + 3.0 * i + onset_s(2.0), abs=1 / fps)
        assert one.end_s == pytest.approx(3.0 + 3.0 * i - onset_s(2.0), abs=1 / fps)


@pytest.mark.parametrize("fps", RATES)
def test_a_jump_leaves_the_ground_and_lands_when_it_does(fps):
    motion, flight_s = jump(fps)
    (found,) = jumps(Signals.of(motion))
    assert found.toe_off_s == pytest.approx(1.0, abs=1 / fps)
    assert found.landing_s == pytest.approx(1.0 + flight_s, abs=1 / fps)
    assert found.top_s == pytest.approx(1.0 + flight_s / 2, abs=1 / fps)
    height = 2.4**2 / (2 * 9.81)
    assert found.rise_m == pytest.approx(height, abs=0.03)
    assert found.height_m == pytest.approx(height, abs=9.81 * flight_s / 4 * 1.5 / fps + 0.01)


def test_standing_on_tiptoe_or_pulling_the_feet_up_is_no_jump():
    assert jumps(Signals.of(squats())) == ()


@pytest.mark.parametrize("fps", RATES)
def test_strides_of_known_time_and_length(fps):
    found = strides(Signals.of(walk(fps)))
    assert {one.side for one in found} == {"left", "right"}
    for one in found:
        contact = 1.1 * round(one.contact_s / 1.1) if one.side == "left" else (
            0.55 + 1.1 * round((one.contact_s - 0.55) / 1.1))  # fmt: skip
        assert one.contact_s == pytest.approx(contact, abs=1 / fps)
        assert one.toe_off_s - one.contact_s == pytest.approx(0.55, abs=1 / fps)
        assert one.time_s == pytest.approx(1.1, abs=1 / fps)
        assert one.length_m == pytest.approx(1.32, abs=0.03)
        assert one.step_length_m == pytest.approx(0.6, abs=0.01)


def test_a_squat_makes_no_strides():
    assert strides(Signals.of(squats())) == ()


@pytest.mark.parametrize("fps", RATES)
def test_a_pendulum_swing_has_its_top_and_impact(fps):
    (found,) = swings(Signals.of(pendulum_swing(fps)))
    onset, rest = swing_onsets_s()
    assert found.start_s == pytest.approx(1.0 + onset, abs=1 / fps)
    assert found.top_s == pytest.approx(1.9, abs=1 / fps)
    assert found.impact_s == pytest.approx(2.2, abs=1 / fps)
    assert found.finish_s == pytest.approx(2.5 - rest, abs=1 / fps)
    assert found.lead == "left"
    (mirrored,) = swings(Signals.of(pendulum_swing(fps).mirror()))
    assert mirrored.lead == "right"


def test_a_stuttering_reach_is_less_smooth_than_a_plain_one():
    """The plain one, x = 10 t^3 - 15 t^4 + 6 t^5, has the least jerk there is."""
    share = np.arange(61) / 60
    plain = 30 * share**2 * (1 - share) ** 2
    stuttering = plain * (1 + 0.5 * np.sin(12 * np.pi * share))
    assert spectral_arc_length(plain) == pytest.approx(-1.4, abs=0.1)
    assert spectral_arc_length(stuttering) < spectral_arc_length(plain) - 0.1
    assert spectral_arc_length(10 * plain) == pytest.approx(spectral_arc_length(plain))
    assert np.isnan(spectral_arc_length(np.zeros(30)))


@settings(max_examples=10, deadline=None)
@given(
    yaw=st.floats(-np.pi, np.pi),
    place=st.tuples(*[st.floats(-5, 5)] * 3),
    fps=st.sampled_from(RATES),
    depth=st.floats(50, 120),
    lasts_s=st.floats(1.2, 3.0),
)
def test_turning_moving_mirroring_and_resampling_change_nothing(yaw, place, fps, depth, lasts_s):
    plain = squats(120.0, depth, lasts_s, count=2)
    expected = told(plain)
    turned = plain.joints @ rotation_about_y(yaw).T + np.array(place, np.float32)
    for name, value in told(Motion(turned, 120.0)).items():
        assert value == pytest.approx(expected[name], abs=0.05), name
    for name, value in told(squats(fps, depth, lasts_s, count=2)).items():
        assert value == pytest.approx(expected[name], abs=1), name
    for name, value in told(plain.resample(fps)).items():
        assert value == pytest.approx(expected[name], abs=1), name
    for name, value in told(plain.mirror()).items():
        other = expected[other_side(name)]
        signed = name.startswith(("trunk_left", "pelvis_turn", "shoulder_turn", "hip_shoulder"))
        swapped = name.replace("_most", "_least") if signed else other_side(name)
        assert value == pytest.approx(-expected[swapped] if signed else other, abs=0.05), name


def told(motion):
    """Every largest angle, and every smallest of those that have a sign."""
    return {
        one.name: one.value
        for one in measure_motion(motion).measurements
        if one.unit == "deg" and one.name.endswith(("_most", "_least"))
        and not (one.name.endswith("_least") and one.name.startswith(("left_", "right_")))
    }  # fmt: skip


def test_one_jumping_frame_moves_no_angle():
    motion = squats(30.0)
    joints = motion.joints.copy()
    joints[45, J["left_ankle"]] += [0.4, 0, 0.3]
    spiked = measure_motion(Motion(joints, 30.0), exercise="squat")
    assert spiked.findings[0].measurement.value == pytest.approx(100, abs=1)


def test_uncertainty_grows_with_doubt_and_with_jitter():
    motion = squats(30.0)
    depth = {}
    noisy = motion.joints + np.random.default_rng(0).normal(0, 0.01, motion.joints.shape)
    for name, joints, sure in (
        ("clean", motion.joints, 1.0), ("unsure", motion.joints, 0.4), ("noisy", noisy, 1.0),
    ):  # fmt: skip
        clip = Motion(joints, 30.0, confidence=np.full(joints.shape[:2], sure))
        depth[name] = measure_motion(clip, exercise="squat").findings[0].measurement
    assert depth["clean"].uncertainty < depth["noisy"].uncertainty < 10
    assert depth["clean"].uncertainty < depth["unsure"].uncertainty
    assert abs(depth["noisy"].value - 100) < 3 * depth["noisy"].uncertainty


def test_a_slow_camera_knows_times_less_well():
    slow, fast = (
        measure_motion(squats(fps), exercise="squat").performances[0] for fps in (15, 120)
    )
    assert slow.uncertainty_s == pytest.approx(8 * fast.uncertainty_s)


def test_what_is_not_seen_is_not_measured():
    motion = squats(30.0)
    confidence = np.ones(motion.joints.shape[:2])
    confidence[:, [J["left_ankle"], J["left_foot"]]] = 0
    measured = measure_motion(Motion(motion.joints, 30.0, confidence=confidence))
    names = {one.name for one in measured.measurements}
    assert "right_knee_flexion_most" in names
    assert not {name for name in names if name.startswith("left_knee_flexion")}
    assert all(np.isfinite([one.value, one.uncertainty]).all() for one in measured.measurements)


def test_an_angle_that_no_body_reaches_is_not_told():
    joints, _ = posed(90, {"left_knee": turn("x", np.where(np.arange(90) < 30, 178.0, 40.0))})
    measured = measure_motion(Motion(joints, 30.0))
    assert measured.beyond_anatomy["left_knee_flexion"] == pytest.approx(1 / 3, abs=0.03)
    found = {one.name: one.value for one in measured.measurements}
    assert found["left_knee_flexion_most"] < 170


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 8])
def test_a_few_frames_are_measured_without_complaint(frames):
    joints, _ = posed(frames, {})
    measured = measure_motion(Motion(joints, 20.0))
    assert all(np.isfinite(one.value) for one in measured.measurements)
    for exercise in ("squat", "jab", "golf_swing", "jump", "walk"):
        assert measure_motion(Motion(joints, 20.0), exercise=exercise).performances == ()
