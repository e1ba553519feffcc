"""From landmarks to metres: places, floor, bones, smoothing and a steady clock, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from seen_figures import JITTER, LEVEL, centred, estimated, landmarks_3d, see

from llamo.data.drawn_people import Camera
from llamo.data.figures import make_figure
from llamo.encoders.estimator.bones import on_one_skeleton
from llamo.encoders.estimator.camera import Camera as Pinhole
from llamo.encoders.estimator.camera import locate
from llamo.encoders.estimator.follow import pixels_per_metre
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.smoothing import smooth
from llamo.motion import Motion
from llamo.skeleton import MEDIAPIPE33


def hips(motion: Motion) -> np.ndarray:
    return (motion.joints[:, INDEX["left_hip"]] + motion.joints[:, INDEX["right_hip"]]) / 2


# Geometry.


def test_a_point_on_the_axis_is_as_far_as_its_size_tells() -> None:
    camera = Pinhole(focal=500.0, centre=(100.0, 100.0))
    body = np.array([[[0.0, -1.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.0]]])
    image = np.array([[[100.0, -25.0], [100.0, 225.0], [162.5, 100.0]]])  # 2 m on 250 px: 4 m away
    np.testing.assert_allclose(
        locate(camera.rays(image), body, np.ones((1, 3))), [[0, 0, 4]], atol=1e-6
    )


def test_pixels_per_metre_do_not_depend_on_the_pose() -> None:
    scale = pixels_per_metre(see(make_figure("squat", repetitions=2)))
    assert scale == pytest.approx(0.85 * 720 / 4, rel=0.06)


def test_a_perfect_detector_gives_the_figure_back() -> None:
    figure = centred(make_figure("wave", side="left"))
    motion = estimated(see(figure)).motion
    assert motion.skeleton == MEDIAPIPE33
    true = landmarks_3d(figure)
    true = true - hips(Motion(true, 30, MEDIAPIPE33))[:1] * np.array([1, 0, 1])
    error_m = np.linalg.norm(motion.joints - true, axis=-1)[:, 11:]
    assert error_m.mean() < 0.03
    assert np.degrees(np.abs(motion.headings() - figure.headings())).max() < 5


@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 180.0])
def test_walking_covers_ground_in_the_direction_walked(turn_deg: float) -> None:
    figure = centred(make_figure("walk", repetitions=6))
    length_m = hips(Motion(landmarks_3d(figure), 30, MEDIAPIPE33))[-1, 2]
    camera = replace(LEVEL, distance_m=7.0)
    rng = np.random.default_rng(0)
    motion = estimated(see(figure, turn_deg, camera, noise_m=JITTER, rng=rng)).motion
    turn = np.radians(turn_deg)
    forward = np.array([np.sin(turn), 0, np.cos(turn)])
    moved = hips(motion)[-1] - hips(motion)[0]
    assert moved @ forward == pytest.approx(length_m, rel=0.1)
    assert np.linalg.norm(moved - (moved @ forward) * forward) < 0.15 * length_m


def test_standing_feet_do_not_drift() -> None:
    figure = centred(make_figure("squat", repetitions=5))
    landmarks = see(figure, noise_m=JITTER, rng=np.random.default_rng(1))
    # The body grows by a tenth in the picture: it would come nearly half a metre nearer.
    grown = np.linspace(1, 1.1, len(landmarks))[:, None, None]
    landmarks = replace(landmarks, image=(landmarks.image - 360) * grown + 360)
    motion = estimated(landmarks).motion
    for side in ("left", "right"):
        foot = motion.joints[
            :, [INDEX[f"{side}_{part}"] for part in ("ankle", "heel", "foot")]
        ].mean(1)
        assert np.ptp(foot[:, [0, 2]], axis=0).max() < 0.05
    assert np.ptp(hips(motion)[:, 1]) == pytest.approx(np.ptp(figure.joints[:, 0, 1]), rel=0.15)


def test_bones_keep_their_length() -> None:
    rng = np.random.default_rng(2)
    landmarks = see(make_figure("jumping jack", repetitions=2), noise_m=(0.02, 0.05), rng=rng)
    motion = estimated(landmarks).motion
    for start, end in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    ):
        lengths = [
            np.linalg.norm(
                motion.joints[:, INDEX[f"{side}_{start}"]]
                - motion.joints[:, INDEX[f"{side}_{end}"]],
                axis=-1,
            )
            for side in ("left", "right")
        ]
        assert np.ptp(lengths) < 1e-5


def test_bone_lengths_come_from_frames_in_which_the_bone_is_seen() -> None:
    world = see(make_figure("squat")).world.copy()
    visibility = np.full(world.shape[:2], 0.9)
    knee, ankle = INDEX["left_knee"], INDEX["left_ankle"]
    length_m = np.linalg.norm(world[0, ankle] - world[0, knee])
    half = len(world) * 2 // 3
    world[:half, ankle] = world[:half, knee] + 3 * (world[:half, ankle] - world[:half, knee])
    visibility[:half, ankle] = 0.1
    posed = on_one_skeleton(world, visibility)
    bones = np.linalg.norm(posed[:, ankle] - posed[:, knee], axis=-1)
    np.testing.assert_allclose(bones, length_m, rtol=0.02)


def test_a_tilted_camera_does_not_tilt_the_person() -> None:
    figure = centred(make_figure("squat", repetitions=2))
    camera = Camera(distance_m=3.5, height_m=2.2, aim_m=0.8, size=(720, 720), focal=0.85)
    motion = estimated(see(figure, camera=camera)).motion
    line = motion.to_skeleton("smpl22").joints
    upright = line[0, 12] - (line[0, 7] + line[0, 8]) / 2
    lean_deg = np.degrees(np.arccos(upright[1] / np.linalg.norm(upright)))
    assert lean_deg < 3  # the camera looks down by 22


def test_the_floor_is_at_zero() -> None:
    motion = estimated(see(make_figure("jump", repetitions=2))).motion
    lowest = motion.joints[..., 1].min(1)
    assert np.median(lowest) == pytest.approx(0, abs=0.03)
    assert lowest.max() > 0.05


# Smoothing.


def test_smoothing_takes_jitter_and_leaves_swings() -> None:
    rng = np.random.default_rng(3)
    figure = make_figure("swing a golf club", rng=rng)
    true = figure.joints - figure.joints[:, :1]
    noisy = true + rng.normal(size=true.shape) * 0.01
    calm = smooth(noisy, figure.fps)
    wrists = [20, 21]

    def speed(joints: np.ndarray) -> float:
        return float(np.linalg.norm(np.diff(joints[:, wrists], axis=0), axis=-1).max())

    assert speed(calm) > 0.85 * speed(true)
    assert np.abs(calm - true).mean() < 0.6 * np.abs(noisy - true).mean()
    ahead, behind = (np.abs(calm[2:-2] - true[2 + k : len(true) - 2 + k]).mean() for k in (1, -1))
    assert np.abs(calm - true).mean() < min(ahead, behind)  # neither early nor late


# Times and gaps.


def test_a_camera_that_halts_and_hurries_is_put_on_a_steady_clock() -> None:
    figure = make_figure("squat", repetitions=2, fps=60)
    landmarks = see(figure)
    rng = np.random.default_rng(4)
    kept = np.sort(rng.choice(len(landmarks), len(landmarks) // 2, replace=False))
    kept[0] = 0
    halting = Landmarks(
        landmarks.image[kept], landmarks.world[kept], landmarks.visibility[kept],
        landmarks.times_s[kept], landmarks.size,
    )  # fmt: skip
    motion = estimated(halting).motion
    assert motion.time_s is None and motion.fps == 30
    assert motion.duration_s == pytest.approx(figure.duration_s, abs=0.1)
    depth_m = hips(motion)[:, 1]
    true_m = np.interp(
        motion.times_s, figure.times_s, hips(Motion(landmarks_3d(figure), 60, MEDIAPIPE33))[:, 1]
    )
    assert np.corrcoef(depth_m, true_m)[0, 1] > 0.99


def test_frames_without_a_person_have_no_confidence() -> None:
    landmarks = see(make_figure("squat", repetitions=2))
    unseen = (landmarks.times_s > 1.0) & (landmarks.times_s < 1.4)
    estimate = estimated(landmarks.of(~unseen))
    confidence = estimate.motion.confidence
    assert confidence is not None
    assert (confidence[unseen] == 0).all()
    assert (confidence[~unseen][:, 11:] > 0.9).mean() > 0.99
    assert np.isfinite(estimate.motion.joints).all()
    assert not estimate.notes


def test_what_is_guessed_or_out_of_the_picture_has_no_confidence() -> None:
    landmarks = see(make_figure("squat"))
    visibility = landmarks.visibility.copy()
    visibility[:, INDEX["left_wrist"]] = 0.2
    image = landmarks.image.copy()
    image[:, INDEX["right_wrist"], 0] = -5.0
    confidence = estimated(replace(landmarks, visibility=visibility, image=image)).motion.confidence
    assert confidence is not None
    assert (confidence[:, [INDEX["left_wrist"], INDEX["right_wrist"]]] == 0).all()
