"""Motion as tokens of a codebook: what is kept of it, and in how many tokens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from llamo.train.motion_tokens import restored_pool, token_pool, train_motion_tokenizer
from llamo.train.question_pool import QuestionPool


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
