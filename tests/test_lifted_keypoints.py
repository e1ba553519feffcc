"""COCO's keypoints, as they come, to the body in space that they are of."""

from __future__ import annotations

import numpy as np
import pytest
from seen_figures import Fixed, keypoints_of, moving, see

from llamo.data.figures import make_figure
from llamo.encoders.estimator import PoseEstimator, facing
from llamo.encoders.estimator.coco import landmarks_of_keypoints
from llamo.encoders.estimator.follow import pixels_per_metre
from llamo.encoders.estimator.landmarks import INDEX
from llamo.encoders.lifter_input import FEET, POINTS, Seen
from llamo.errors import NothingToEstimate
from llamo.skeleton import SMPL22


def test_keypoints_are_lifted_to_the_body_that_they_are_of() -> None:
    figure = make_figure("squat", repetitions=3).face_forward()
    seen = see(figure, turn_deg=40)
    points = keypoints_of(seen)
    landmarks = landmarks_of_keypoints(points, np.ones(points.shape[:2]), seen.times_s, seen.size)
    hidden = [name for name in POINTS if name.endswith(("heel", "foot"))]
    assert not landmarks.visibility[:, [INDEX[name] for name in hidden]].any()
    estimate = PoseEstimator(Fixed(landmarks)).estimate(moving(len(seen), seen.size))
    heights = estimate.motion.to_skeleton(SMPL22).joints[:, 0, 1]
    true = figure.joints[: len(heights), 0, 1]
    assert np.corrcoef(heights, true)[0, 1] > 0.98
    assert np.ptp(heights) == pytest.approx(np.ptp(true), rel=0.25)


def test_feet_that_coco_lacks_are_hidden_from_the_lifter(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Seen] = []

    def body_of(seen: Seen, lifter: object) -> np.ndarray:
        shown.append(seen)
        return np.zeros((len(seen.image), 22, 3))

    monkeypatch.setattr("llamo.encoders.estimator.coco.body_of", body_of)
    seen = see(make_figure("squat"))
    points = keypoints_of(seen)
    landmarks_of_keypoints(points, np.ones(points.shape[:2]), seen.times_s, seen.size)
    (one,) = shown
    assert not one.image[:, FEET].any() and not one.visibility[:, FEET].any()
    assert one.image[:, ~FEET].any((0, 2)).all() and one.visibility[:, ~FEET].all()


def test_frames_without_keypoints_show_nobody() -> None:
    seen = see(make_figure("squat", repetitions=2))
    points = keypoints_of(seen)
    points[5:12] = np.nan
    landmarks = landmarks_of_keypoints(points, np.ones(points.shape[:2]), seen.times_s, seen.size)
    assert not landmarks.found[5:12].any() and landmarks.found[12:].all()
    nobody = np.full_like(points, np.nan)
    nothing = landmarks_of_keypoints(nobody, np.zeros(points.shape[:2]), seen.times_s, seen.size)
    with pytest.raises(NothingToEstimate, match="no person"):
        PoseEstimator(Fixed(nothing)).estimate(moving(len(seen), seen.size))


@pytest.mark.parametrize("rate_hz", [10.0, 30.0, 120.0, 240.0])
@pytest.mark.parametrize("count", [1, 2])
def test_who_is_hardly_ever_seen_is_refused_and_no_more(rate_hz: float, count: int) -> None:
    seen = see(make_figure("squat"))
    points = np.full_like(keypoints_of(seen), np.nan)
    points[:count] = keypoints_of(seen)[:count]
    times_s = np.arange(len(points)) / rate_hz
    landmarks = landmarks_of_keypoints(points, np.ones(points.shape[:2]), times_s, seen.size)
    assert np.isfinite(landmarks.world[:count]).all()
    with pytest.raises(NothingToEstimate):
        PoseEstimator(Fixed(landmarks)).estimate(moving(len(seen), seen.size))


def test_whoever_comes_after_a_cut_has_a_body_of_their_own() -> None:
    """Half as large in the picture, as somebody behind is: as large in space."""
    seen = see(make_figure("squat", repetitions=2))
    points, middle = keypoints_of(seen), len(seen) // 2
    points[middle:] = points[middle:] * 0.5
    landmarks = landmarks_of_keypoints(points, np.ones(points.shape[:2]), seen.times_s, seen.size)
    scale = pixels_per_metre(landmarks)
    assert np.median(scale[middle:]) == pytest.approx(0.5 * np.median(scale[:middle]), rel=0.15)


def test_no_feet_tell_nothing_of_left_and_right() -> None:
    seen = see(make_figure("squat"))
    points = keypoints_of(seen)
    landmarks = landmarks_of_keypoints(points, np.ones(points.shape[:2]), seen.times_s, seen.size)
    ahead, scale = np.ones(len(seen)), pixels_per_metre(seen)
    assert facing._toes(seen, ahead, scale).any()
    assert not facing._toes(landmarks, ahead, scale).any()


def test_standing_ankles_do_not_drift() -> None:
    seen = see(make_figure("squat", repetitions=3))
    grown = np.linspace(1, 1.1, len(seen))[:, None, None]  # as if coming nearly half a metre nearer
    points = (keypoints_of(seen) - 360) * grown + 360
    landmarks = landmarks_of_keypoints(points, np.ones(points.shape[:2]), seen.times_s, seen.size)
    motion = PoseEstimator(Fixed(landmarks)).estimate(moving(len(seen), seen.size)).motion
    for side in ("left", "right"):
        ankle = motion.joints[:, motion.skeleton.index(f"{side}_ankle")]
        assert np.ptp(ankle[:, 2]) < 0.15
