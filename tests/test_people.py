"""Several people in one video: counted, told apart, one followed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from processes import children

from llamo.clip import read_clip
from llamo.data.drawn_people import Camera, draw
from llamo.data.figures import make_figure
from llamo.encoders.estimator import MediaPipePose
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.people import MOST, landmarks_of, look_around, part, without
from llamo.errors import InvalidMotion, NothingToEstimate
from llamo.motion import Motion
from llamo.skeleton import MEDIAPIPE33
from llamo.video import Video

RATE_HZ = 8.0
HEIGHTS_M = {"nose": 1.6, "eye": 1.65, "ear": 1.65, "mouth": 1.55, "shoulder": 1.4, "elbow": 1.1,
             "wrist": 0.9, "pinky": 0.85, "index": 0.85, "thumb": 0.87, "hip": 0.9, "knee": 0.5,
             "ankle": 0.1, "heel": 0.05, "foot": 0.02}  # fmt: skip


def standing(x: float, frames: int = 10, visible: float = 0.9, scale: float = 60) -> Landmarks:
    """Somebody who stands still in a picture of 400 x 200, ``x`` pixels from its left."""
    world = np.zeros((frames, 33, 3))
    for place, name in enumerate(MEDIAPIPE33.joints):
        part_name = name.removeprefix("left_").removeprefix("right_").split("_")[0]
        side = {"l": 0.2, "r": -0.2}[name[0]] if name.startswith(("left", "right")) else 0.0
        world[:, place] = (side, 0.9 - HEIGHTS_M[part_name], 0)
    image = world[..., :2] * scale + np.array([x, 120])
    times_s = np.arange(frames) / RATE_HZ
    return Landmarks(image, world, np.full((frames, 33), visible), times_s, (400, 200))


def nobody(frames: int) -> Landmarks:
    none = np.full((frames, 33, 3), np.nan)
    return Landmarks(
        none[..., :2], none, np.zeros((frames, 33)), np.arange(frames) / RATE_HZ, (400, 200)
    )


def blank(frames: int = 10) -> Video:
    """A picture whose columns are numbered."""
    pictures = np.zeros((frames, 200, 400, 3), np.uint8)
    pictures[:] = (np.arange(400) % 250)[None, None, :, None]
    return Video(pictures, np.arange(frames) / RATE_HZ, np.arange(frames), (400, 200))


class Eyes:
    """Finds the given people, one after the other, in any video."""

    def __init__(self, *people: float, **how: float) -> None:
        self.people, self.how = list(people), how

    def __call__(self, video: Video) -> Landmarks:
        if not self.people:
            return nobody(len(video))
        return standing(self.people.pop(0), len(video), **self.how)


@pytest.mark.parametrize("others", [(), (100,), (100, 350), (100, 150, 300)])
def test_people_are_counted_from_left_to_right(others: tuple[float, ...]) -> None:
    crowd = look_around(blank(), standing(220), Eyes(*others))
    assert crowd.people == 1 + len(others)
    np.testing.assert_allclose(crowd.middles[:, 0], sorted((220, *others)), atol=1)
    assert crowd.nearest(standing(221)) == sorted((220, *others)).index(220)
    assert crowd.nearest(standing(390)) is None


def test_shadows_and_people_far_behind_do_not_count() -> None:
    assert look_around(blank(), standing(200), Eyes(100, visible=0.4)).people == 1
    assert look_around(blank(), standing(200), Eyes(100, scale=20)).people == 1
    assert look_around(blank(), nobody(10), Eyes()).people == 1
    endless = Eyes(*[100.0] * 50)
    assert look_around(blank(), standing(200), endless).people <= MOST + 1


def test_one_of_them_is_found_by_painting_over_the_others() -> None:
    crowd = look_around(blank(), standing(100), Eyes(200, 300))
    for person, x in enumerate((100, 200, 300), start=1):
        found = landmarks_of(crowd, person, blank(), standing(100), Eyes(200, 300))
        assert found.middle("hip")[0, 0] == pytest.approx(x)
    with pytest.raises(NothingToEstimate, match="from 1 to 3"):
        landmarks_of(crowd, 4, blank(), standing(100), Eyes())
    with pytest.raises(NothingToEstimate, match="cannot be told"):
        landmarks_of(crowd, 3, blank(), standing(100), Eyes(200))


def test_painting_over_changes_the_body_and_nothing_else() -> None:
    video = blank()
    frames = without(video, standing(200)).frames
    changed = (frames != video.frames).any((0, 1, 3))
    assert not changed[:150].any() and not changed[250:].any()
    assert np.abs(frames.astype(int) - video.frames).max() <= 1  # a ramp is its own neighbour
    assert (without(video, nobody(10)).frames == video.frames).all()
    outside = standing(-500)
    assert without(video, outside).frames.shape == video.frames.shape
    assert part(video, np.array([3, 7])).times_s.tolist() == [0, 4 / RATE_HZ]


def test_a_person_is_chosen_in_videos_only() -> None:
    with pytest.raises(InvalidMotion, match="FILE#INDEX"):
        read_clip(Motion(np.zeros((5, 22, 3)), 30), person=1)
    with pytest.raises(InvalidMotion, match="FILE#INDEX"):
        read_clip("clip.npz", person=2)


@pytest.fixture(scope="module")
def two() -> Video:
    """Two drawn people: the left one raises the right hand, the other one stands."""
    for package in ("mediapipe", "cv2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (extra: video)")
    raising = make_figure("raise", side="right", idle_s=(0.3, 0.3)).resample(RATE_HZ).trim(0, 2)
    still = Motion(np.repeat(raising.joints[:1], len(raising), axis=0), RATE_HZ)
    camera = Camera(size=(300, 400))
    frames = np.concatenate([draw(raising, camera), draw(still, camera)], axis=2)
    count = len(frames)
    return Video(frames, np.arange(count) / RATE_HZ, np.arange(count), (600, 400))


def test_two_drawn_people(two: Video) -> None:
    raised = []
    for person in (1, 2):
        with MediaPipePose(person) as estimator:
            estimate = estimator.estimate(two)
        assert f"number {person} from the left" in estimate.notes[0]
        assert estimate.notes[0].startswith("2 people")
        assert estimate.people == 2
        height = estimate.motion.joints[:, :, 1]
        raised.append(np.ptp(height[:, INDEX["right_wrist"]]) > 0.4)
        assert estimate.landmarks.found.mean() > 0.8
    assert raised == [True, False]
    assert not children()
