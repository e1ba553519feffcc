"""Clips and sequences made of them: sides, mirrors, bones, seams, and what is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_clips import POSE, five_clips, made_clip

from llamo.data.augment import LIMBS, augment, hide_limb
from llamo.data.body_fit import bone_lengths, fit_bones
from llamo.data.clips import LabelledClip, mirror_clip
from llamo.data.sides import active_side
from llamo.data.splice import mirror_sequence, repeat, splice
from llamo.errors import InvalidData


@pytest.fixture
def clips() -> list[LabelledClip]:
    return five_clips()


def test_active_side_is_the_limb_that_moves() -> None:
    assert active_side(made_clip("wave", side="left").motion.joints, "hand") == "left"
    assert active_side(made_clip("wave", side="both").motion.joints, "hand") is None


def test_mirroring_twice_gives_the_clip_back() -> None:
    clip = made_clip("wave", side="left", direction="left")
    mirrored = mirror_clip(clip)
    assert (mirrored.side, mirrored.body_part, mirrored.direction) == (
        "right",
        "right hand",
        "right",
    )
    assert active_side(mirrored.motion.joints, "hand") == "right"
    back = mirror_clip(mirrored)
    assert back.side == "left" and np.allclose(back.motion.joints, clip.motion.joints)


def test_fitted_bones_have_the_wanted_length_and_stay_on_the_floor() -> None:
    joints = np.repeat(POSE[None], 5, axis=0)
    wanted = bone_lengths(joints) * 1.2
    fitted = fit_bones(joints, wanted)
    assert np.allclose(bone_lengths(fitted), wanted, atol=1e-5)
    assert np.isclose(fitted[..., 1].min(), joints[..., 1].min(), atol=1e-5)


def test_segments_of_a_splice_hold_their_clips(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips, rng)
    assert [s.says for s in sequence.segments] == ["wave", "squat", "walk", "clap", "catch"]
    for before, after in zip(sequence.segments, sequence.segments[1:], strict=False):
        assert after.start_s - before.end_s >= 0.25
    assert sequence.segments[-1].end_s <= sequence.duration_s + 1e-6
    wave = sequence.motion.trim(*sequence.segments[0].span_s)
    assert active_side(wave.joints, "hand") == "left"


def test_a_splice_is_smooth_and_keeps_floor_and_heading(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    turned = replace(clips[2], motion=clips[2].motion.mirror())
    sequence = splice([clips[0], turned, clips[2]], rng, tempo=(1.0, 1.0))
    speed = np.linalg.norm(np.diff(sequence.motion.joints[:, 0], axis=0), axis=-1) * 20
    assert speed.max() < 1.2  # the walk's 1 m/s, no jump at a seam
    assert np.allclose(sequence.motion.headings(), 0, atol=0.05)
    assert sequence.motion.joints[..., 1].min() > -0.01


def test_like_length_segments(clips: list[LabelledClip], rng: np.random.Generator) -> None:
    sequence = splice(clips, rng, segment_s=2.0)
    durations = [s.duration_s for s in sequence.segments]
    assert max(durations) / min(durations) < 1.35


@pytest.mark.parametrize("k", [1, 2, 6, 10])
def test_repetitions_do_not_change_the_length(
    k: int, clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = repeat([clips[1]], k, rng, total_s=25.0)
    assert len(sequence.segments) == k
    assert sequence.duration_s == pytest.approx(25.0, abs=0.05)


def test_mirrored_sequence_mirrors_words_and_joints(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips[:1], rng)
    mirrored = mirror_sequence(sequence)
    assert mirrored.segments[0].side == "right"
    assert active_side(mirrored.motion.joints, "hand") == "right"


def test_augmentation_keeps_times_and_sides(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips, rng)
    varied = augment(sequence, rng)
    assert varied.segments == sequence.segments and len(varied.motion) == len(sequence.motion)
    wave = varied.motion.trim(*varied.segments[0].span_s)
    assert active_side(wave.joints, "hand") == "left"


@pytest.mark.parametrize("limb", sorted(LIMBS))
def test_hidden_limbs_have_no_confidence(
    limb: str, clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    hidden = hide_limb(splice(clips[:1], rng), limb, rng)
    assert hidden.motion.confidence is not None
    assert (hidden.motion.confidence == 0).all(0).nonzero()[0].tolist() == sorted(LIMBS[limb])


def test_splicing_nothing_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(InvalidData, match="at least one clip"):
        splice([], rng)
