"""Left and right in what a detector gives: kept, put right, or told to be in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from seen_figures import JITTER, LEVEL, centred, estimated, mirrored, see, taken_for_a_chest

from llamo.data.figures import make_figure
from llamo.encoders.estimator.facing import headings
from llamo.encoders.estimator.follow import pixels_per_metre
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.sides import settle_sides


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
