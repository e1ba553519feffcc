"""The lifter: what it reads of a picture, where a detector puts its points, and what it gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from seen_figures import LEVEL, see
from small_recipes import TINY as TINY_RECIPE

from llamo.data.figures import make_figure
from llamo.encoders.estimator.lifting import body_of
from llamo.encoders.lifter import Lifter
from llamo.encoders.lifter_input import POINTS, TWINS, Seen, body_size, from_hips
from llamo.errors import InvalidData
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22
from llamo.train.filmed_motion import Filmed
from llamo.train.landmark_places import PARTS, Sight, directions, fit_places, points_on
from llamo.train.landmark_views import (
    FRAMES,
    View,
    drawn_from_film,
    drawn_from_recording,
    mirrored,
    sight_of,
    view_of,
)
from llamo.train.pretrain_lifter import collate, errors_mm, lifting_loss
from llamo.train.stages import run

TINY = {"width": 32, "conv_layers": 1, "attention_layers": 1, "heads": 2, "window": 5}


@pytest.fixture
def body_m() -> np.ndarray:
    """(T, 22, 3) a figure from a camera 4 m away: x right, y down, z away."""
    joints = make_figure("wave", side="left").joints.astype(float)
    return joints * [1, -1, -1] + [0.2, 1.0, 4.0]


@pytest.fixture
def places() -> dict[str, np.ndarray]:
    """Made up."""
    figure = make_figure("squat", repetitions=3).joints[:2].astype(float)
    rng = np.random.default_rng(0)
    by_part = {name.rpartition("_")[2]: len(directions(figure, name)[1]) for name in POINTS}
    return {part: 0.05 * rng.standard_normal(by_part[part]) for part in PARTS}


def seen_of(body_m: np.ndarray, places: dict[str, np.ndarray], fps: float = 20.0) -> Seen:
    points = points_on(body_m, places)
    image = points[..., :2] / points[..., 2:]
    return Seen(from_hips(image), np.ones(image.shape[:2]), fps, span=0.3)


def test_a_body_is_as_large_wherever_it_stands_and_however_it_is_turned(body_m: np.ndarray):
    size = body_size(body_m, SMPL22.joints)
    assert 0.9 < size < 1.7  # metres of trunk and leg
    turn = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    assert body_size(body_m @ turn + 3, SMPL22.joints) == pytest.approx(size)
    assert body_size(2 * body_m, SMPL22.joints) == pytest.approx(2 * size)


def test_a_picture_is_read_from_the_hips_in_sizes_of_the_body(body_m: np.ndarray, places):
    points = points_on(body_m, places)
    image = points[..., :2] / points[..., 2:]
    moved = from_hips(500 * image + 70)
    np.testing.assert_allclose(moved, from_hips(image), atol=1e-9)
    left, right = POINTS.index("left_hip"), POINTS.index("right_hip")
    np.testing.assert_allclose(moved[:, left] + moved[:, right], 0, atol=1e-9)


def test_where_a_detector_puts_its_points_is_found_again(places):
    """From lines of sight alone, a tenth of them nonsense."""
    rng = np.random.default_rng(1)
    bodies = [
        make_figure(act, heading=heading).joints.astype(float) * [1, -1, -1] + [0.2, 1.0, 4.0]
        for act in ("squat", "wave", "kick", "jump")
        for heading in np.radians([0, 90, 200])
    ]
    sights = []
    for body in bodies:
        points = points_on(body, places)
        rays = points[..., :2] / points[..., 2:]
        wrong = rng.random(rays.shape[:2]) < 0.1
        rays[wrong] += 0.1 * rng.standard_normal((wrong.sum(), 2))
        sights.append(Sight(body, rays, np.ones(rays.shape[:2])))
    found = fit_places(sights)
    for body in bodies:
        away_m = np.linalg.norm(points_on(body, found) - points_on(body, places), axis=-1)
        assert away_m.mean() < 0.01


def test_a_mirrored_view_is_that_of_the_mirrored_body(body_m: np.ndarray, places):
    twins = np.array(SMPL22.mirror)
    other = body_m[:, twins] * [-1, 1, 1]
    size = body_size(body_m, SMPL22.joints)
    view = View(seen_of(body_m, places), (body_m - body_m[:, :1]) / size)
    wanted = View(seen_of(other, places), (other - other[:, :1]) / size)
    got = mirrored(view)
    np.testing.assert_allclose(got.body, wanted.body, atol=1e-6)
    np.testing.assert_allclose(got.seen.image, wanted.seen.image, atol=1e-6)
    assert (TWINS[TWINS] == np.arange(len(POINTS))).all()


def test_views_are_drawn_anew_and_show_what_is_to_be_found(places):
    motion = make_figure("squat", repetitions=3)
    rng = np.random.default_rng(3)
    one, other = (drawn_from_recording(motion, places, rng) for _ in range(2))
    assert one.seen.fps != other.seen.fps
    for view in (one, other, drawn_from_film(one, rng)):
        assert len(view.body) == len(view.seen.image) <= FRAMES
        assert np.isfinite(view.seen.channels()).all()
        known = view.seen.visibility[:, POINTS.index("left_knee")] > 0.9
        hips = (
            view.body[:, SMPL22.index("left_hip")] + view.body[:, SMPL22.index("right_hip")]
        ) / 2
        knee = (view.body[:, SMPL22.index("left_knee")] - hips)[known, :2]
        seen = view.seen.image[known, POINTS.index("left_knee")]
        assert known.sum() == 0 or np.abs(knee - seen).mean() < 0.12  # perspective and jitter


def test_a_batch_is_padded_and_padding_is_not_learnt(places):
    motion, rng = make_figure("squat", repetitions=3), np.random.default_rng(4)
    views = [drawn_from_recording(motion, places, rng) for _ in range(3)]
    short = View(views[0].seen.part(slice(9), views[0].seen.fps), views[0].body[:9])
    channels, body, mask = collate([short, *views[1:]])
    assert mask[0].sum() == 9
    torch.manual_seed(0)
    lifter = Lifter(**TINY)
    padded = lifter(channels, mask)
    alone = lifter(channels[:1, :9], mask[:1, :9])
    torch.testing.assert_close(padded[:1, :9], alone, atol=1e-5, rtol=1e-4)
    loss = lifting_loss(padded, body, mask)
    body[0, 9:] = 100.0
    torch.testing.assert_close(lifting_loss(padded, body, mask), loss)
    assert set(errors_mm(lifter, views)) == {"all points, mm", "without feet, mm"}


def test_a_long_clip_is_lifted_as_in_one_piece(body_m: np.ndarray, places):
    torch.manual_seed(0)
    lifter = Lifter(**TINY).eval()
    many = np.concatenate([body_m] * (1 + 450 // len(body_m)))
    seen = seen_of(many, places)
    pieces = lifter.lift(seen)
    assert len(many) > lifter.chunk
    lifter.chunk = len(many)
    np.testing.assert_allclose(pieces, lifter.lift(seen), atol=1e-4)


def test_a_mirrored_clip_is_lifted_to_the_mirrored_body(body_m: np.ndarray, places):
    torch.manual_seed(0)
    lifter = Lifter(**TINY).eval()
    seen = seen_of(body_m, places)
    there = lifter.lift(seen)[:, np.array(SMPL22.mirror)] * [-1, 1, 1]
    np.testing.assert_allclose(lifter.lift(seen.mirrored()), there, atol=1e-6)


def test_a_fast_clip_is_read_in_turns(body_m: np.ndarray, places):
    torch.manual_seed(0)
    lifter = Lifter(**TINY).eval()
    fast = seen_of(body_m, places, fps=60.0)
    body = body_of(fast, lifter)
    every_other = body_of(fast.part(slice(0, None, 2), 30.0), lifter)
    np.testing.assert_allclose(body[::2], every_other, atol=1e-6)
    assert np.abs(body[:, 0]).max() == 0  # from the pelvis


def test_a_lifter_is_saved_and_read_again(tmp_path: Path, body_m: np.ndarray, places):
    torch.manual_seed(0)
    lifter = Lifter(**TINY).eval()
    lifter.save_pretrained(tmp_path)
    seen = seen_of(body_m, places)
    np.testing.assert_allclose(
        Lifter.from_pretrained(tmp_path).lift(seen), lifter.lift(seen), atol=5e-3
    )


# The stage.

LIFT = """lift:
  model: {width: 32, conv_layers: 1, attention_layers: 1, heads: 2, window: 5}
  films: 2
  tested: 1
  steps: 60
  batch_size: 4
  workers: 0
"""


@pytest.fixture
def seen_films(monkeypatch: pytest.MonkeyPatch) -> list[Filmed]:
    """Films as a perfect detector would have seen them, in place of any that would be made."""
    films = []
    for act, turn_deg in (("wave", 30.0), ("squat", 200.0)):
        motion = make_figure(act).resample(15.0)
        landmarks = see(motion, turn_deg)
        turn = rotation_about_y(np.radians(turn_deg))
        turned = Motion((motion.joints @ turn.T).astype(np.float32), 15.0)
        films.append(Filmed(turned, landmarks, {}, LEVEL))
    monkeypatch.setattr("llamo.train.pretrain_lifter.films_of", lambda *_, **__: films)
    monkeypatch.setattr("llamo.train.stages.check_installed", lambda: None)
    return films


def test_the_stage_makes_a_lifter_that_has_learnt(tmp_path: Path, seen_films: list[Filmed]):
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(TINY_RECIPE + LIFT)
    made = run(recipe, tmp_path, tmp_path / "run", stage="lift")
    assert made == tmp_path / "run" / "lift" / "lifter"
    views = [view for film in seen_films if (view := view_of(film)) is not None]
    torch.manual_seed(0)
    before, after = (
        errors_mm(one, views) for one in (Lifter(**TINY), Lifter.from_pretrained(made))
    )
    assert after["all points, mm"] < 0.8 * before["all points, mm"]
    curve = (made.parent / "curve.jsonl").read_text()
    assert run(recipe, tmp_path, tmp_path / "run", stage="lift") == made  # it is there already
    assert (made.parent / "curve.jsonl").read_text() == curve


def test_films_of_nobody_are_told_of(tmp_path: Path, seen_films: list[Filmed]):
    seen_films[:] = [replace(one, camera=None) for one in seen_films]
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(TINY_RECIPE + LIFT)
    with pytest.raises(InvalidData, match="none of 2 films"):
        run(recipe, tmp_path, tmp_path / "run", stage="lift")


def test_films_whose_camera_is_not_known_are_left_out(seen_films: list[Filmed]):
    assert view_of(replace(seen_films[0], camera=None)) is None
    assert sight_of(replace(seen_films[0], camera=None)) is None
    sight = sight_of(seen_films[0])
    assert sight is not None
    shoulder, joint = POINTS.index("left_shoulder"), SMPL22.index("left_shoulder")
    along = sight.body_m[:, joint, :2] / sight.body_m[:, joint, 2:]
    np.testing.assert_allclose(sight.rays[:, shoulder], along, atol=0.01)
