"""The motion encoder learns to tell of films what it tells of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_recipes import TINY

from llamo import Assistant
from llamo.encoders.joint_features import CHANNELS, joint_features
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, MissingDependency
from llamo.train import filmed_motion
from llamo.train.adapt_motion import (
    PairDrawer,
    adapt_motion,
    adaptation_loss,
    apart,
    other_pairs,
)
from llamo.train.figure_clips import figure_clips
from llamo.train.film_pairs import Pair, filmed_pairs, films_of, library_of, shot_of
from llamo.train.recipe import AdaptStage
from llamo.train.stages import run

SIZES = {"width": 32, "conv_layers": 1, "attention_layers": 1, "heads": 2}
WORDS = {"concepts": 4, "concept_words": [["wave", "kick"], []], "concept_sizes": [2, 2]}


@pytest.fixture(scope="module")
def clips():
    return figure_clips(seed=0, count=1)


@pytest.fixture
def encoder() -> MotionEncoder:
    torch.manual_seed(0)
    return MotionEncoder(**SIZES, **WORDS).eval()


def noisy(features: np.ndarray, rng: np.random.Generator) -> Pair:
    """As an estimator with a constant error would see it."""
    off = rng.normal(0, 0.3, CHANNELS).astype(np.float32)
    return Pair(features + off, features)


def test_each_film_hangs_on_its_number_alone(clips):
    library = library_of(clips)
    one, again, other = (shot_of(library, number, seed=1) for number in (3, 3, 4))
    np.testing.assert_array_equal(one.motion.joints, again.motion.joints)
    assert (one.turn_deg, one.seed) == (again.turn_deg, again.seed)
    assert one.turn_deg != other.turn_deg
    assert shot_of(library, 3, seed=2).turn_deg != one.turn_deg


def test_people_are_filmed_rather_than_figures(clips):
    person = [clip for clip in clips if clip.says][:1]
    mixed = [*clips, *(type(one)(**{**vars(one), "pack": "utd_mhad"}) for one in person)]
    assert {clip.pack for clip in library_of(mixed).clips} == {"utd_mhad"}
    assert {clip.pack for clip in library_of(clips).clips} == {"figures"}


def test_what_is_like_its_recording_costs_nothing(encoder, clips):
    features = joint_features(clips[0].motion)
    drawer = PairDrawer({"recorded": [Pair(features, features)]}, seconds=2.0)
    seen, recorded, mask = drawer.batch(3, np.random.default_rng(0))
    assert seen.shape == recorded.shape == (3, min(40, len(features)), CHANNELS)
    spread = torch.ones(encoder.width)
    with torch.no_grad():
        same = adaptation_loss(encoder, encoder, spread, seen, recorded, mask)
        other = adaptation_loss(encoder, encoder, spread, seen + 1, recorded, mask)
    assert float(same) == pytest.approx(0, abs=1e-6)
    assert float(other) > 0.01


def test_pieces_of_both_are_of_the_same_moments():
    ramp = np.repeat(np.arange(200, dtype=np.float32)[:, None], CHANNELS, axis=1)
    drawer = PairDrawer({"filmed": [Pair(ramp, ramp + 1000)]}, seconds=2.0)
    seen, recorded, mask = drawer.batch(16, np.random.default_rng(0))
    heights = slice(132, 133)  # the same in a mirror
    assert mask.all()
    torch.testing.assert_close(seen[..., heights] + 1000, recorded[..., heights])
    assert (seen[:, 0, 132] % 2 == 0).all()  # where the encoder looks


def test_errors_are_drawn_beside_recordings(clips):
    drawn, recorded = other_pairs(clips, 12, seed=3)
    assert len(recorded) == 12
    assert 2 <= len(drawn) < 12
    for pair in recorded:
        np.testing.assert_array_equal(pair.seen, pair.recorded)
    assert all(np.abs(pair.seen - pair.recorded).max() > 0.05 for pair in drawn)


def test_films_come_nearer_and_recordings_stay(encoder, clips, tmp_path: Path, monkeypatch):
    rng = np.random.default_rng(0)
    features = [joint_features(clip.motion) for clip in clips]
    pairs = [noisy(one, rng) for one in features]
    monkeypatch.setattr("llamo.train.adapt_motion.films_of", lambda *_, **__: [])
    monkeypatch.setattr("llamo.train.adapt_motion.filmed_pairs", lambda films: pairs)
    stage = AdaptStage(films=1, recordings=4, steps=150, batch_size=8, seconds=3.0,
                       learning_rate=3e-3, workers=0)  # fmt: skip
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    adapted = adapt_motion(encoder, clips, clips, stage, tmp_path)
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    same = [Pair(one, one) for one in features]
    assert apart(adapted, encoder, pairs) < 0.3 * apart(encoder, encoder, pairs)
    assert apart(adapted, encoder, same) < 0.3 * apart(encoder, encoder, pairs)
    torch.testing.assert_close(adapted.concepts.weight, encoder.concepts.weight)
    assert not any(part.requires_grad for part in adapted.parameters())
    again = adapt_motion(encoder, clips, clips, stage, tmp_path)  # it is there already
    assert apart(again, adapted, same) < 1e-6


def test_a_folder_begun_otherwise_is_refused(encoder, clips, tmp_path: Path):
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(InvalidData, match="begun with other settings"):
        adapt_motion(encoder, clips, [], AdaptStage(), tmp_path)


def test_a_figure_on_film(clips, tmp_path: Path, monkeypatch):
    pytest.importorskip("mediapipe")
    raising = [clip for clip in clips if clip.says and clip.motion.duration_s < 4][:1]
    (pair,) = filmed_pairs(films_of(raising, 1, tmp_path, seed=0, workers=0))
    assert pair.seen.shape == pair.recorded.shape
    assert 0.02 < np.abs(pair.seen - pair.recorded)[:, :66].mean() < 0.5
    monkeypatch.setattr(filmed_motion, "draw", lambda *_, **__: pytest.fail("drawn again"))
    (kept,) = filmed_pairs(films_of(raising, 1, tmp_path, seed=0, workers=0))
    np.testing.assert_array_equal(kept.seen, pair.seen)


def test_films_without_a_detector_are_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(TINY + "adapt: {films: 3}\n")
    with pytest.raises(MissingDependency, match="llamo\\[video\\]"):
        run(recipe, tmp_path, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_recipe_with_films_ships_the_adapted_encoder(tmp_path: Path, monkeypatch):
    pytest.importorskip("mediapipe")
    rng = np.random.default_rng(0)
    features = [joint_features(clip.motion) for clip in figure_clips(seed=0, count=1)]
    monkeypatch.setattr(
        "llamo.train.adapt_motion.filmed_pairs",
        lambda *_, **__: [noisy(one, rng) for one in features],
    )
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(TINY)
    first = run(recipe, tmp_path, tmp_path / "run", stage="instruct")
    assert first.name == "instruct"
    recipe.write_text(TINY + "adapt: {films: 3, recordings: 4, steps: 2, workers: 0}\n")
    weights = run(recipe, tmp_path, tmp_path / "run")  # goes on with the same folder
    shipped = Assistant.from_pretrained(weights, device="cpu").model.motion_encoder
    adapted = MotionEncoder.from_pretrained(tmp_path / "run" / "adapt" / "encoder")
    pretrained = MotionEncoder.from_pretrained(tmp_path / "run" / "encoder" / "encoder")
    one = Pair(features[0], features[0])
    assert apart(shipped, adapted, [one]) < 1e-4  # half precision on disk
    assert apart(shipped, pretrained, [one]) > 1e-4
    recipe.write_text(TINY)
    with pytest.raises(InvalidData, match="no stage adapt"):
        run(recipe, tmp_path, tmp_path / "run", stage="adapt")
