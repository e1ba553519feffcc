"""Motion as tokens of a codebook: what is kept of it, and in how many tokens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from llamo.processing import LlamoProcessor
from llamo.train import motion_tokens
from llamo.train.batches import BatchDrawer
from llamo.train.motion_tokens import (
    TokenDrawer,
    kept_tokenizer,
    restored_pool,
    token_pool,
    train_motion_tokenizer,
)
from llamo.train.new_model import TEMPLATE
from llamo.train.question_pool import QuestionPool
from llamo.train.recipe import InstructStage
from llamo.train.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> QuestionPool:
    """Twelve clips of 41 frames: ten channels that swing at rates of their own."""
    folder: Path = tmp_path_factory.mktemp("pool")
    rng = np.random.default_rng(0)
    time = np.arange(41)[:, None] / 10
    waves = [
        np.sin(2 * np.pi * (time * np.linspace(0.2, 1.0, 10) + rng.random(10))) * 3 + 1
        for _ in range(12)
    ]
    np.savez(folder / "chunk-000000.npz", features=np.concatenate(waves).astype(np.float16),
             lengths=[41] * 12)  # fmt: skip
    asked = [{"question": "What?", "answer": "wave", "facts": "", "looks_s": [[0, 1]],
              "names_s": [], "kind": "action", "scene": ""}]  # fmt: skip
    (folder / "chunk-000000.jsonl").write_text(12 * (json.dumps(asked) + "\n"))
    return QuestionPool(folder)


@pytest.mark.parametrize(("kind", "parts", "codes"), [("vq", 1, 512), ("lfq", 8, 2**14)])
def test_tokens_keep_most_of_the_motion(pool: QuestionPool, kind: str, parts: int, codes: int):
    tokenizer = train_motion_tokenizer(pool.clips, kind, steps=250, batch_size=16)
    known = pool.clips[0].features
    restored, ids = tokenizer.quantise(known)
    assert restored.shape == known.shape
    assert ids.shape == (21, parts)  # every second of 41 frames
    assert ids.min() >= 0
    assert ids.max() < codes
    lost = np.square(restored.astype(float) - known).mean()
    assert lost < 0.25 * known.astype(float).var()


def test_the_same_frames_are_the_same_tokens(pool: QuestionPool):
    tokenizer = train_motion_tokenizer(pool.clips, "vq", steps=5, batch_size=4)
    first, again = (tokenizer.quantise(pool.clips[3].features)[1] for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_a_pool_of_tokens_asks_the_same_at_half_the_rate(pool: QuestionPool):
    tokenizer = train_motion_tokenizer(pool.clips, "vq", steps=5, batch_size=4)
    tokens, restored = token_pool(pool, tokenizer), restored_pool(pool, tokenizer)
    assert (tokens.rate_hz, restored.rate_hz, pool.rate_hz) == (5.0, 10.0, 10.0)
    assert tokens.lengths.tolist() == [21] * 12
    assert restored.lengths.tolist() == [41] * 12
    assert tokens.clips[0].questions == pool.clips[0].questions
    assert (tokens.clips[0].features.sum(1) == 1).all()
    ids = tokenizer.quantise(pool.clips[0].features)[1][:, 0]
    np.testing.assert_array_equal(tokens.clips[0].features.argmax(1), ids)


def test_noise_changes_what_is_tokenised_as_it_does_any_features(pool: QuestionPool):
    tokenizer = train_motion_tokenizer(pool.clips, "vq", steps=40, batch_size=8)
    tokens = token_pool(pool, tokenizer)
    words = LlamoProcessor(train_tokenizer(pool.texts(), 300), num_viewpoints=0, template=TEMPLATE)

    def seen(noise: float, seed: int = 0, piece_s: float | None = None) -> np.ndarray:
        stage = InstructStage(feature_noise=noise, clip_noise=noise)
        drawer = TokenDrawer(tokens, pool, tokenizer, words, stage)
        return drawer.features_of(2, np.random.default_rng(seed), piece_s).numpy()

    np.testing.assert_array_equal(seen(0.0), tokens.clips[2].features)
    noisy = BatchDrawer(pool, words, InstructStage(feature_noise=0.5, clip_noise=0.5))
    heard = noisy.features_of(2, np.random.default_rng(1)).numpy()
    ids = tokenizer.quantise(heard)[1][:, 0]
    np.testing.assert_array_equal(seen(0.5, seed=1).argmax(1), ids)
    assert (ids != tokens.clips[2].features.argmax(1)).any()
    assert seen(0.5, piece_s=2.0).shape == (10, 512)  # of 20 frames


@pytest.mark.parametrize("kind", ["vq", "lfq"])
def test_a_tokenizer_is_trained_once_and_kept(
    pool: QuestionPool, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        motion_tokens, "train_motion_tokenizer",
        lambda clips, kind: train_motion_tokenizer(clips, kind, steps=3, batch_size=4),
    )  # fmt: skip
    trained = kept_tokenizer(pool.clips, kind, tmp_path / "claims" / f"{kind}.pt")
    monkeypatch.delattr(motion_tokens, "train_motion_tokenizer")
    again = kept_tokenizer(pool.clips, kind, tmp_path / "claims" / f"{kind}.pt")
    for one, other in zip(trained.quantise(pool.clips[1].features),
                          again.quantise(pool.clips[1].features), strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, other)
    assert ("powers" in again.state_dict()) == (kind == "lfq")
