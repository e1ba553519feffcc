"""Training on motion as a video's estimate would give it: copies for the encoder, a share asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llamo.data.clips import LabelledClip
from llamo.encoders.motion import MotionEncoder
from llamo.train import pretrain_motion
from llamo.train.figure_clips import figure_clips
from llamo.train.pretrain_motion import estimated_copies
from llamo.train.question_pool import make_pool
from llamo.train.recipe import EncoderStage, PoolStage
from llamo.train.sequence_maker import SequenceMaker


@pytest.fixture(scope="module")
def clips() -> list[LabelledClip]:
    return figure_clips(seed=0, count=1)[:6]


def test_copies_err_as_an_estimate_and_keep_their_labels(clips: list[LabelledClip]):
    copies = estimated_copies(clips, 2, seed=3)
    assert len(copies) == 2 * len(clips)
    for copy, clip in zip(copies, 2 * clips, strict=True):
        assert (copy.name, copy.says, copy.side, copy.direction, copy.person) == (
            clip.name, clip.says, clip.side, clip.direction, clip.person
        )  # fmt: skip
        assert len(copy.motion) == len(clip.motion)
        assert copy.motion.confidence is not None
        bones = [np.linalg.norm(one.motion.joints[:, 20] - one.motion.joints[:, 18], axis=-1).mean()
                 for one in (copy, clip)]  # fmt: skip
        assert bones[0] != pytest.approx(bones[1], rel=1e-3)
    first, second = copies[0].motion.joints, copies[len(clips)].motion.joints
    assert np.abs(first - second).max() > 0.05  # seen from another side
    again = estimated_copies(clips, 2, seed=3)
    np.testing.assert_array_equal(again[-1].motion.joints, copies[-1].motion.joints)
    other = estimated_copies(clips, 1, seed=4)
    assert np.abs(other[0].motion.joints - first).max() > 0.05
    assert estimated_copies(clips, 0, seed=3) == []


def test_the_encoder_sees_each_clip_and_its_copies(
    clips: list[LabelledClip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[list[LabelledClip]] = []
    make = pretrain_motion.make_examples
    monkeypatch.setattr(
        pretrain_motion, "make_examples", lambda some, of: seen.append(some) or make(some, of)
    )
    model = {"width": 16, "conv_layers": 1, "attention_layers": 1, "heads": 2}
    stage = EncoderStage(model=model, steps=1, batch_size=2, seconds=2.0, estimated=1)
    pretrain_motion.pretrain_motion(clips, [], stage, tmp_path)
    assert [one.name for one in seen[0]] == 2 * [one.name for one in clips]
    assert all(one is clip for one, clip in zip(seen[0], clips, strict=False))
    assert seen[1] == []  # nobody is validated on copies


def test_a_share_of_the_sequences_moves_as_estimated_and_is_labelled_as_before(
    clips: list[LabelledClip],
):
    shares = {"figures": 1.0}
    recorded = SequenceMaker(clips, shares, seed=1)
    half = SequenceMaker(clips, shares, seed=1, estimated=0.5)
    again = SequenceMaker(clips, shares, seed=1, estimated=0.5)
    moved = []
    for number in range(12):
        one, other = recorded.make(number).sequence, half.make(number).sequence
        assert other.segments == one.segments
        moved.append(not np.array_equal(one.motion.joints, other.motion.joints))
        made = again.make(number)
        np.testing.assert_array_equal(made.sequence.motion.joints, other.motion.joints)
        np.testing.assert_array_equal(made.recorded.motion.joints, one.motion.joints)  # filmed
    assert 2 <= sum(moved) <= 10


def test_the_pool_stage_tells_how_many(clips: list[LabelledClip], tmp_path: Path):
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    pools = [
        make_pool(clips, encoder, PoolStage(sequences=2, estimated=share, workers=0),
                  tmp_path / str(share))
        for share in (0.0, 1.0)
    ]  # fmt: skip
    for plain, estimated in zip(pools[0].clips, pools[1].clips, strict=True):
        assert plain.questions[0].scene == estimated.questions[0].scene
        assert np.abs(plain.features - estimated.features).max() > 0.01
