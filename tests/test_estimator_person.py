"""One person: followed past jumps, cuts and pans, and refused where too little is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from seen_figures import NO_CUTS, estimated, see

from llamo.data.figures import make_figure
from llamo.encoders.estimator.cuts import find_cuts, is_still
from llamo.encoders.estimator.follow import follow
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.panning import background_path, camera_moves
from llamo.errors import InvalidMotion, NothingToEstimate

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
