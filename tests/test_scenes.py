"""Filmed scenes: geometry by hand, mirrors, what is seen, and questions that pixels answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from llamo.data.ask_pixels import FROM, ask_pixels
from llamo.data.clips import swap_sides
from llamo.data.figures import make_figure
from llamo.data.question import CANT_TELL
from llamo.data.scenes import (
    Facts,
    Staged,
    boxes_of,
    facts_of,
    film,
    mirror_facts,
    mirror_scene,
    stage,
)
from llamo.data.scenes.backdrop import BACKDROPS, HELD_OUT_BACKDROPS
from llamo.data.scenes.camera import Camera
from llamo.data.scenes.colours import NAMES, draw_colour
from llamo.data.scenes.facts import camera_sides
from llamo.data.scenes.things import KINDS, Thing
from llamo.train.scene_frames import TARGETS, spoken

TIMES_S = np.arange(4) / 2
CLOTHED = Facts("red", "blue", "trousers", "ball", "nothing", "green", None, "left", 2)


@pytest.fixture(scope="module")
def motion():
    return make_figure("wave", side="left", fps=20.0)


def scene_of(motion, seed: int = 0, **changes) -> Staged:
    return replace(stage(motion, np.random.default_rng(seed), size=(160, 144)), **changes)


def alone(motion, azimuth_deg: float, held=(None, None), seed: int = 3) -> Staged:
    """One person who faces +z, seen from somewhere round, whole, in plain light."""
    scene = scene_of(motion, seed, light=(1.0, 1.0, 1.0), noise=0.0, backdrop="plain")
    camera = Camera(azimuth_deg, 4.5, 1.2, 0.9, 1.6, (160, 160))
    person = replace(scene.people[0], held=held)
    return replace(scene, people=(person,), camera=camera)


# --- geometry ------------------------------------------------------------------------------------


def test_a_camera_projects_by_hand():
    """2 m before a camera of one picture height of focal length: 100 px are 2 m."""
    camera = Camera(0.0, 2.0, 1.0, 1.0, 1.0, (200, 100))
    pixels, depth = camera.project(np.array([[0, 1, 0], [0.5, 1, 0], [0, 1.5, 0], [0, 1, -2]]))
    np.testing.assert_allclose(pixels, [[100, 50], [125, 50], [100, 25], [100, 50]])
    np.testing.assert_allclose(depth, [2, 2, 2, 4])


def test_a_camera_at_the_side_sees_what_is_ahead_on_the_left_of_the_picture():
    """From +x, looking towards -x, +z lies to the left of the picture."""
    camera = Camera(90.0, 2.0, 1.0, 1.0, 1.0, (200, 100))
    pixels, _ = camera.project(np.array([[0.0, 1.0, 0.5]]))
    np.testing.assert_allclose(pixels, [[75, 50]])


@pytest.mark.parametrize(
    ("azimuth_deg", "side"),
    [(0, "front"), (90, "left"), (180, "back"), (270, "right"), (45, "between"), (-20, "front")],
)
def test_the_cameras_side_is_the_persons_own(motion, azimuth_deg: float, side: str):
    """Someone who faces +z has +x at the left hand."""
    assert set(camera_sides(alone(motion, azimuth_deg), np.zeros(1))) == {side}


def test_a_ball_is_where_the_hand_is_and_of_its_colour(motion):
    """From the front the left hand is on the right of the picture."""
    ball = Thing("ball", "green", (10.0, 250.0, 10.0), 1.0)
    empty = film(alone(motion, 0.0), TIMES_S[:1]).frames[0].astype(int)
    holding = film(alone(motion, 0.0, (ball, None)), TIMES_S[:1]).frames[0].astype(int)
    rows, columns = np.nonzero(np.abs(holding - empty).sum(2) > 60)
    assert len(columns) > 20
    assert columns.min() > 80  # right of the middle of 160 pixels
    red, green, blue = holding[rows, columns].mean(0)
    assert green > 2 * red and green > 2 * blue


# --- scenes --------------------------------------------------------------------------------------


def test_a_scene_depends_on_its_seed_alone(motion):
    first, again = (film(scene_of(motion, 5), TIMES_S) for _ in range(2))
    np.testing.assert_array_equal(first.frames, again.frames)
    assert (film(scene_of(motion, 6), TIMES_S).frames != first.frames).any()


@pytest.mark.parametrize("seed", range(12))
def test_a_mirrored_scene_is_the_flipped_film_with_mirrored_facts(motion, seed: int):
    scene = scene_of(motion, seed)
    twin = mirror_scene(scene)
    flipped = film(twin, TIMES_S).frames[:, :, ::-1].astype(int)
    assert np.abs(flipped - film(scene, TIMES_S).frames).mean() < 0.5
    assert facts_of(twin, TIMES_S) == mirror_facts(facts_of(scene, TIMES_S))
    back = film(mirror_scene(twin), TIMES_S).frames.astype(int)
    assert np.abs(back - film(scene, TIMES_S).frames).mean() < 0.1


def test_any_clock_films_and_a_motion_that_ends_stands_still(motion):
    scene = scene_of(motion)
    times_s = np.array([0.0, 0.013, 0.5, motion.duration_s + 5, motion.duration_s + 9])
    video = film(scene, times_s)
    assert len(video) == 5 and video.frames.shape[1:] == (144, 160, 3)
    still = np.abs(video.frames[-1].astype(int) - video.frames[-2])
    assert still.mean() < 12  # but for the sensor's noise


def test_what_is_behind_the_body_is_hidden(motion):
    """A cup before the chest of someone seen from behind cannot be told."""
    wrist, elbow = 20, 18
    joints = motion.joints.copy()
    joints[:, wrist] = joints[:, 9] + [0.0, -0.1, 0.3]
    joints[:, elbow] = joints[:, wrist] + [0.02, 0.0, 0.2]
    held = replace(motion, joints=joints, rotations=None)
    cup = Thing("cup", "white", (250.0, 250.0, 250.0), 1.0)
    scene = alone(held, 180.0, (cup, None))
    person = replace(scene.people[0], motion=replace(scene.people[0].motion, joints=joints))
    assert facts_of(replace(scene, people=(person,)), TIMES_S).left is None
    ahead = replace(scene, people=(person,), camera=replace(scene.camera, azimuth_deg=0.0))
    assert facts_of(ahead, TIMES_S).left == "cup"


def test_legs_out_of_the_picture_hide_the_trousers(motion):
    scene = alone(motion, 0.0)
    close = replace(scene, camera=replace(scene.camera, aim_m=1.5, height_m=1.5, distance_m=1.6))
    facts = facts_of(close, TIMES_S)
    assert facts.bottom is None and facts.top == scene.people[0].look.top


def test_boxes_hold_the_person(motion):
    scene = alone(motion, 0.0)
    body, left_hand, right_hand = boxes_of(scene, TIMES_S)[0]
    left, top, right, bottom = body
    assert 0 <= left < right <= 160 and 0 <= top < bottom <= 160
    assert bottom - top > 1.5 * (right - left)  # someone who stands
    # Seen from the front, the person's left is on the right of the picture.
    assert left_hand[[0, 2]].mean() > right_hand[[0, 2]].mean()
    for hand in (left_hand, right_hand):
        assert hand[2] - hand[0] == pytest.approx(hand[3] - hand[1])
        assert 0.2 < (hand[3] - hand[1]) / (bottom - top) < 0.5


def test_the_hands_boxes_change_places_in_the_mirror(motion):
    scene = alone(motion, 20.0)
    width = scene.camera.size[0]
    mirrored = boxes_of(mirror_scene(scene), TIMES_S)[..., [2, 1, 0, 3]] * [-1, 1, -1, 1]
    expected = boxes_of(scene, TIMES_S)[:, [0, 2, 1]]
    np.testing.assert_allclose(np.add(mirrored, [width, 0, width, 0]), expected, atol=1e-3)


def test_backdrops_of_tests_are_none_of_training(motion):
    assert not set(BACKDROPS) & set(HELD_OUT_BACKDROPS)
    drawn = {
        stage(motion, np.random.default_rng(seed), held_out=True).backdrop for seed in range(20)
    }
    assert drawn <= set(HELD_OUT_BACKDROPS)


def test_colours_of_different_names_are_far_apart(rng: np.random.Generator):
    drawn = {name: np.array([draw_colour(name, rng) for _ in range(40)]) for name in NAMES}
    for name, some in drawn.items():
        for other, others in drawn.items():
            if name < other:
                apart = np.linalg.norm(some[:, None] - others[None], axis=-1).min()
                assert apart > 12, (name, other)


# --- questions -----------------------------------------------------------------------------------


def asked(facts: Facts, seed: int = 0, held_out: bool = False):
    return ask_pixels(facts, np.random.default_rng(seed), held_out)


def answers(facts: Facts, type: str, count: int = 60) -> Counter:
    return Counter(
        one.answer for seed in range(count) for one in asked(facts, seed) if one.type == type
    )


def test_answers_are_the_facts():
    assert set(answers(CLOTHED, "held")) == {"a ball"}
    assert set(answers(CLOTHED, "people")) == {"2 people"}
    assert set(answers(CLOTHED, "camera_side")) == {FROM["left"]}
    assert set(answers(CLOTHED, "garment_colour")) == {"red", "blue"}
    assert set(answers(CLOTHED, "thing_colour")) == {"green"}
    assert set(answers(CLOTHED, "held_in")) == {"a ball", "nothing"}
    hands = answers(CLOTHED, "holding_hand")
    assert hands.most_common(1)[0][0] == "left hand"
    assert all(text == "left hand" or text.startswith(CANT_TELL) for text in hands)


def test_what_cannot_be_seen_is_not_told():
    hidden = replace(CLOTHED, top=None, left=None, right="nothing", left_colour=None)
    assert all(text.startswith(CANT_TELL) for text in answers(hidden, "held"))
    assert any(text.startswith(CANT_TELL) for text in answers(hidden, "garment_colour"))
    assert not answers(replace(CLOTHED, camera=None), "camera_side")
    assert not answers(hidden, "holding_yes_no")
    empty = replace(CLOTHED, left="nothing", left_colour=None)
    assert set(answers(empty, "held")) == {"nothing"}
    assert all(text.startswith(CANT_TELL) for text in answers(empty, "holding_hand"))


def test_mirrored_facts_give_mirrored_answers():
    for kind in ("holding_hand", "camera_side"):
        plain = [one for seed in range(30) for one in asked(CLOTHED, seed) if one.type == kind]
        twins = [
            one
            for seed in range(30)
            for one in asked(mirror_facts(CLOTHED), seed)
            if one.type == kind
        ]
        assert [one.question for one in plain] == [one.question for one in twins]
        assert [swap_sides(one.answer) for one in plain] == [one.answer for one in twins]
    assert mirror_facts(mirror_facts(CLOTHED)) == CLOTHED


def test_what_shows_an_answer_is_what_the_encoder_is_taught():
    """The answer is one that the encoder gives to a target that is said to show it."""
    kinds = set()
    for seed in range(60):
        for one in asked(CLOTHED, seed):
            assert one.shown_by and set(one.shown_by) <= set(TARGETS)
            if one.kind not in ("yes_no", "held_side") and not one.abstains:
                answers = {spoken(name, word) for name in one.shown_by for word in TARGETS[name]}
                assert one.answer in answers
                kinds.add(one.shown_by)
    assert kinds >= {("top",), ("bottom",), ("camera",), ("people",), ("thing's colour",)}
    twins = {one.shown_by for seed in range(60) for one in asked(mirror_facts(CLOTHED), seed)}
    assert twins == {one.shown_by for seed in range(60) for one in asked(CLOTHED, seed)}


def test_yes_and_no_are_asked_in_the_same_words():
    pairs = [one for seed in range(20) for one in asked(CLOTHED, seed) if one.kind == "yes_no"]
    assert len(pairs) % 2 == 0 and len(pairs) > 10
    for true, false in zip(pairs[::2], pairs[1::2], strict=True):
        assert (true.answer, false.answer) == ("yes", "no")
        assert true.wording_id == false.wording_id and true.question != false.question


def test_held_out_wordings_are_never_those_of_training():
    seen = {one.wording_id.split("+")[0] for seed in range(300) for one in asked(CLOTHED, seed)}
    held = {one.wording_id for seed in range(300) for one in asked(CLOTHED, seed, True)}
    assert len(seen) > 60 and len(held) > 20
    assert not {one.split("/")[0] for one in seen} & {one.split("/")[0] for one in held}


def test_answers_of_scenes_are_balanced(motion):
    found: dict[str, Counter] = {}
    for seed in range(150):
        scene = scene_of(motion, seed)
        for one in asked(facts_of(scene, TIMES_S[:2]), seed):
            found.setdefault(one.type, Counter())[one.answer] += 1
    assert found["holding_yes_no"]["yes"] == found["holding_yes_no"]["no"]
    hands = found["holding_hand"]
    assert 0.5 < hands["left hand"] / hands["right hand"] < 2
    assert set(FROM.values()) == set(found["camera_side"])
    assert max(found["camera_side"].values()) < 0.45 * found["camera_side"].total()
    assert max(found["people"].values()) < 0.6 * found["people"].total()
    assert max(found["garment_colour"].values()) < 0.25 * found["garment_colour"].total()
    assert {f"a {kind}" for kind in KINDS if kind != "umbrella"} <= set(found["held"])
