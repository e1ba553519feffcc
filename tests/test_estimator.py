"""Motion from landmarks: geometry by hand, then what goes wrong in videos, on known figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from seen_figures import LEVEL, landmarks_3d, mirrored, see, taken_for_a_chest

from llamo.data.drawn_people import Camera
from llamo.data.figures import make_figure
from llamo.encoders.estimator.bones import on_one_skeleton
from llamo.encoders.estimator.camera import Camera as Pinhole
from llamo.encoders.estimator.camera import locate
from llamo.encoders.estimator.cuts import find_cuts, is_still
from llamo.encoders.estimator.estimate import Estimate
from llamo.encoders.estimator.facing import headings
from llamo.encoders.estimator.follow import follow, pixels_per_metre
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.panning import background_path, camera_moves
from llamo.encoders.estimator.pose import estimate_landmarks
from llamo.encoders.estimator.sides import settle_sides
from llamo.encoders.estimator.smoothing import smooth
from llamo.errors import InvalidMotion, NothingToEstimate
from llamo.motion import Motion
from llamo.skeleton import MEDIAPIPE33

NO_CUTS = np.zeros(0, int)
JITTER = (0.006, 0.012)
"""Metres across and along the line of sight, as measured on real videos."""


def estimated(landmarks: Landmarks, fps: float = 30.0, cuts: np.ndarray = NO_CUTS) -> Estimate:
    return estimate_landmarks(landmarks, cuts, fps)


def centred(motion: Motion) -> Motion:
    """Turned and moved so that it walks through the origin."""
    return motion.face_forward()


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


# One person.


def test_a_jump_to_somebody_else_and_back_is_left_out() -> None:
    landmarks = see(make_figure("squat", repetitions=3))
    jumped = (landmarks.times_s > 2) & (landmarks.times_s < 3)
    image = landmarks.image.copy()
    image[jumped] += np.array([250.0, 0])
    followed = follow(replace(landmarks, image=image), NO_CUTS)
    np.testing.assert_array_equal(followed.frames, ~jumped)
    assert "2.0-3.0 s" in followed.notes[0]


def test_after_a_cut_the_longer_shot_counts() -> None:
    landmarks = see(make_figure("squat", repetitions=3))
    cut = len(landmarks) // 3
    moved = landmarks.image.copy()
    moved[:cut] = moved[:cut] * 0.5
    estimate = estimated(replace(landmarks, image=moved), cuts=np.array([cut]))
    assert not estimate.landmarks.found[:cut].any() and estimate.landmarks.found[cut:].all()
    assert "is cut at" in estimate.notes[0]


def test_close_ups_in_other_shots_do_not_matter() -> None:
    landmarks = see(make_figure("squat", repetitions=3))
    cut = len(landmarks) * 2 // 3
    close = np.arange(len(landmarks)) < cut
    near = hidden(landmarks, "knee", "ankle", "heel", "foot")
    landmarks = replace(
        landmarks,
        image=np.where(close[:, None, None], landmarks.image * 3, landmarks.image),
        visibility=np.where(close[:, None], near.visibility, landmarks.visibility),
    )
    np.testing.assert_array_equal(
        estimated(landmarks, cuts=np.array([cut])).landmarks.found, ~close
    )


def test_a_change_of_light_is_no_cut() -> None:
    landmarks = see(make_figure("squat", repetitions=3))
    followed = follow(landmarks, np.array([len(landmarks) // 2]))
    assert followed.frames.all() and not followed.notes


def test_cuts_are_found_in_the_pixels_and_flashes_and_pans_are_none() -> None:
    rng = np.random.default_rng(5)
    scene = rng.integers(0, 255, (60, 260, 3), dtype=np.uint8)
    frames = np.stack([scene[:, step : step + 80] for step in range(0, 120, 2)])  # a pan
    assert not len(find_cuts(frames))
    frames[20] = 255  # a flash
    assert not len(find_cuts(frames))
    frames[40:] = frames[40:] // 4
    np.testing.assert_array_equal(find_cuts(frames), [40])


@pytest.mark.parametrize(("right", "down"), [(0, 0), (2, 0), (1, 1), (-3, 0)])
def test_the_background_tells_how_the_camera_moves(right: int, down: int) -> None:
    rng = np.random.default_rng(12)
    scene = gaussian_filter(rng.normal(size=(400, 600)), 1.5) * 300 + 128
    frames = []
    for step in range(30):
        top, left = 150 - down * step, 200 - right * step
        picture = scene[top : top + 96, left : left + 160].copy()
        picture[30:90, 40 + step : 60 + step] = 250  # somebody walks through
        frames.append(np.repeat(picture.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2))
    path = background_path(np.stack(frames))
    expected = np.arange(30)[:, None] * np.array([right, down])
    assert np.abs(path - expected).max() <= 2
    assert camera_moves(np.stack(frames)) == (right != 0)


def test_a_still_picture_is_told_from_one_that_moves() -> None:
    rng = np.random.default_rng(6)
    frames = np.repeat(rng.integers(0, 255, (1, 90, 120, 3)), 10, axis=0)
    noisy = (frames + rng.integers(-2, 3, frames.shape)).clip(0, 255).astype(np.uint8)
    assert is_still(noisy)
    noisy[5, 40:50, 60:66] = 255
    assert not is_still(noisy)


# Refusals.


def hidden(landmarks: Landmarks, *parts: str) -> Landmarks:
    visibility = landmarks.visibility.copy()
    for name, place in INDEX.items():
        if name.endswith(parts):
            visibility[:, place] = 0.1
    return replace(landmarks, visibility=visibility)


def refusal(landmarks: Landmarks) -> str:
    with pytest.raises(NothingToEstimate) as caught:
        estimated(landmarks)
    message = str(caught.value)
    assert message.isprintable() and message.startswith("expected")
    return message


def test_nobody_is_refused() -> None:
    landmarks = see(make_figure("squat"))
    assert "no person is seen" in refusal(landmarks.of(np.zeros(len(landmarks), bool)))


def test_half_a_person_is_refused_by_what_is_missing() -> None:
    landmarks = see(make_figure("wave"))
    assert "the legs cannot be seen" in refusal(hidden(landmarks, "knee", "ankle"))
    below = landmarks.image.copy()
    below[:, INDEX["left_knee"] :] += np.array([0, 600.0])
    assert "the legs cannot be seen" in refusal(replace(landmarks, image=below))
    message = refusal(hidden(landmarks, "hip", "knee", "ankle"))
    assert "the trunk and legs cannot be seen" in message


def test_one_hidden_side_is_no_reason_to_refuse() -> None:
    landmarks = hidden(
        see(make_figure("squat"), turn_deg=90), "left_knee", "left_ankle", "left_wrist"
    )
    estimate = estimated(landmarks)
    assert "the left arm is hidden most of the time" in estimate.notes
    assert "the left leg is hidden most of the time" in estimate.notes


def test_a_glimpse_is_refused() -> None:
    landmarks = see(make_figure("squat"))
    assert "person" in refusal(landmarks.of(landmarks.times_s < 0.3))


def test_shapes_that_do_not_fit_are_told() -> None:
    with pytest.raises(InvalidMotion, match="must be"):
        Landmarks(
            np.zeros((3, 33, 3)), np.zeros((3, 33, 3)), np.zeros((3, 33)), np.arange(3.0), (9, 9)
        )


# Left and right.


def is_right(landmarks: Landmarks, true: Landmarks) -> np.ndarray:
    """(T,) whether a body is nearer to the true one than to the one with sides exchanged."""
    given = np.linalg.norm(landmarks.world - true.world, axis=-1).mean(1)
    other = true.turned_round(np.ones(len(true), bool))
    return given <= np.linalg.norm(landmarks.world - other.world, axis=-1).mean(1)


@pytest.mark.parametrize("turn_deg", [0, 45, 90, 135, 180, 225, 315])
@pytest.mark.parametrize("action", ["wave", "kick", "walk"])
def test_sides_that_are_right_stay(turn_deg: int, action: str) -> None:
    figure = centred(make_figure(action))
    landmarks = see(
        figure,
        turn_deg,
        replace(LEVEL, distance_m=6.0),
        noise_m=JITTER,
        rng=np.random.default_rng(7),
    )
    sides = settle_sides(landmarks)
    assert is_right(sides.landmarks, landmarks).mean() > 0.97
    assert not any("exchanged" in note for note in sides.notes)


@pytest.mark.parametrize("turn_deg", [135, 160, 180, 225])
@pytest.mark.parametrize("action", ["wave", "kick", "squat"])
def test_backs_taken_for_chests_now_and_then_are_put_right(turn_deg: int, action: str) -> None:
    figure = centred(make_figure(action, repetitions=2))
    true = see(figure, turn_deg, noise_m=JITTER, rng=np.random.default_rng(8))
    swapped = (np.sin(true.times_s * 2.5) > 0.2) | (np.sin(true.times_s * 9) > 0.9)
    assert 0.3 < swapped.mean() < 0.7
    sides = settle_sides(taken_for_a_chest(true, swapped))
    assert is_right(sides.landmarks, true).mean() > 0.95
    assert any("exchanged" in note for note in sides.notes)


def test_a_back_taken_for_a_chest_throughout_is_put_right_or_doubted() -> None:
    true = see(make_figure("wave", side="right"), 180, noise_m=JITTER, rng=np.random.default_rng(9))
    sides = settle_sides(taken_for_a_chest(true, np.ones(len(true), bool)))
    right = is_right(sides.landmarks, true)
    assert (right | ~sides.sure).mean() > 0.95
    assert right.mean() > 0.95


def test_who_walks_away_shows_the_back() -> None:
    """No face to go by: the eyes are where they would be on a face that looks at the camera."""
    figure = centred(make_figure("walk", repetitions=8))
    true = see(figure, 180, replace(LEVEL, distance_m=4.0))
    swapped = true.turned_round(np.ones(len(true), bool))
    sides = settle_sides(swapped)
    assert is_right(sides.landmarks, true).mean() > 0.9


def test_a_turn_is_followed_round() -> None:
    figure = centred(make_figure("turn", repetitions=4))
    true = see(figure, noise_m=JITTER, rng=np.random.default_rng(10))
    back = np.cos(headings(true.world)) < -0.3
    assert 0.2 < back.mean() < 0.6
    sides = settle_sides(taken_for_a_chest(true, back))
    assert is_right(sides.landmarks, true).mean() > 0.9


def test_doubtful_sides_lower_the_confidence_of_sided_joints_only() -> None:
    """Eyes neither wide nor narrow, toes neither low nor high: nothing tells."""
    true = see(make_figure("squat", repetitions=2), 40)
    image = true.image.copy()
    metre = pixels_per_metre(true) * np.cos(headings(true.world))  # seen from 40 degrees
    image[:, INDEX["left_eye"]] = image[:, INDEX["right_eye"]]
    image[:, INDEX["left_eye"], 0] += 0.7 * 0.062 * metre
    for side in ("left", "right"):
        image[:, INDEX[f"{side}_foot"], 1] = image[:, INDEX[f"{side}_heel"], 1] + 0.055 * metre
    estimate = estimated(replace(true, image=image))
    assert not estimate.sides_sure.any()
    assert any("in doubt" in note for note in estimate.notes)
    confidence = estimate.motion.confidence
    assert confidence is not None
    assert confidence[:, INDEX["left_wrist"]].max() <= 0.5
    assert confidence[:, INDEX["nose"]].min() > 0.9


@pytest.mark.parametrize("turn_deg", [0, 135])
def test_a_flipped_video_gives_the_mirrored_motion(turn_deg: int) -> None:
    true = see(
        centred(make_figure("kick", side="left")),
        turn_deg,
        noise_m=JITTER,
        rng=np.random.default_rng(11),
    )
    motion, flipped = (estimated(one).motion for one in (true, mirrored(true)))
    np.testing.assert_allclose(flipped.joints, motion.mirror().joints, atol=2e-3)
