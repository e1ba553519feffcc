"""The motion encoder's input and the encoder itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llamo.data.figures import make_figure
from llamo.encoders.joint_features import (
    CHANNELS,
    JOINTS,
    RATE_HZ,
    joint_features,
    mirror_features,
)
from llamo.encoders.motion import MotionEncoder
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22

HEIGHT, YAW_RATE = 6 * JOINTS, 6 * JOINTS + 1


@pytest.fixture(scope="module")
def wave() -> Motion:
    return make_figure("wave", side="left", repetitions=4, rng=np.random.default_rng(0), fps=40.0)


@pytest.fixture(scope="module")
def encoder() -> MotionEncoder:
    torch.manual_seed(0)
    return MotionEncoder(width=32, conv_layers=2, attention_layers=2, heads=2, window_s=1.0).eval()


def standing(frames: int = 60) -> np.ndarray:
    pose = make_figure("squat", fps=RATE_HZ).joints[0]
    return np.repeat(pose[None], frames, axis=0)


def test_walking_at_one_metre_a_second_shows_in_the_pelvis_velocity():
    joints = standing()
    joints[..., 2] += np.arange(len(joints))[:, None] / RATE_HZ  # 1 m/s along +z, which it faces
    features = joint_features(Motion(joints, RATE_HZ))
    still = joint_features(Motion(standing(), RATE_HZ))
    travel = features[20:40, 3 * JOINTS : 3 * JOINTS + 3].mean(0)
    size = travel[2]
    assert 0.8 < size < 1.25  # metres over the body's size, which is about 1
    np.testing.assert_allclose(travel[:2], 0, atol=1e-3)
    np.testing.assert_allclose(features[20:40, : 3 * JOINTS], still[20:40, : 3 * JOINTS], atol=1e-4)


def test_turning_left_is_a_positive_yaw_rate():
    steps = [standing(1)[0] @ rotation_about_y(0.05 * t).T for t in range(60)]
    features = joint_features(Motion(np.stack(steps), RATE_HZ))
    assert features[30, YAW_RATE] == pytest.approx(0.05 * RATE_HZ, rel=0.05)
    left = SMPL22.index("left_wrist")
    assert features[30, 3 * left] > 0.1  # the left hand stays on +x of the body's own heading


def test_heading_and_place_do_not_matter(wave: Motion):
    moved = wave.joints @ rotation_about_y(2.0).T + np.array([3.0, 0, -5.0], np.float32)
    features = joint_features(Motion(moved, wave.fps))
    # The median that drops single-frame jumps works axis by axis, so velocities differ slightly.
    np.testing.assert_allclose(features, joint_features(wave), atol=0.05)


def test_body_size_does_not_matter(wave: Motion):
    small = joint_features(Motion(wave.joints * 0.6, wave.fps))
    np.testing.assert_allclose(small, joint_features(wave), atol=2e-3)


@pytest.mark.parametrize("fps", [20.0, 24.0, 30.0, 60.0])
def test_frame_rate_hardly_matters(wave: Motion, fps: float):
    features = joint_features(wave.resample(fps))
    reference = joint_features(wave)
    count = min(len(features), len(reference))
    assert abs(len(features) - len(reference)) <= 1
    difference = np.abs(features[:count] - reference[:count])
    assert difference[:, : 3 * JOINTS].mean() < 0.01


def test_mirrored_motion_gives_mirrored_features(wave: Motion):
    mirrored = joint_features(wave.mirror())
    np.testing.assert_allclose(mirrored, mirror_features(joint_features(wave)), atol=1e-4)
    assert np.abs(mirrored - joint_features(wave)).max() > 0.1


def test_mirroring_twice_changes_nothing():
    features = np.random.default_rng(0).normal(size=(5, CHANNELS)).astype(np.float32)
    np.testing.assert_array_equal(mirror_features(mirror_features(features)), features)


def test_a_joint_that_is_not_seen_is_zero_and_says_so(wave: Motion):
    wrist = SMPL22.index("left_wrist")
    confidence = np.ones(wave.joints.shape[:2], np.float32)
    confidence[:, wrist] = 0
    joints = wave.joints.copy()
    joints[:, wrist] = 77.0
    features = joint_features(Motion(joints, wave.fps, confidence=confidence))
    assert not features[:, 3 * wrist : 3 * wrist + 3].any()
    assert not features[:, 6 * JOINTS + 2 + wrist].any()
    others = [j for j in range(JOINTS) if j != wrist]
    np.testing.assert_allclose(
        features[:, : 3 * JOINTS].reshape(-1, JOINTS, 3)[:, others],
        joint_features(wave)[:, : 3 * JOINTS].reshape(-1, JOINTS, 3)[:, others],
        atol=0.02,  # the body's size now rests on the other bones
    )


def with_gap(motion: Motion, joint: int, frames: slice) -> Motion:
    """A tracker that loses a joint for some frames, and writes NaN."""
    joints, confidence = motion.joints.copy(), np.ones(motion.joints.shape[:2], np.float32)
    joints[frames, joint], confidence[frames, joint] = np.nan, 0
    return Motion(joints, motion.fps, confidence=confidence)


@pytest.mark.parametrize("name", ["pelvis", "left_hip", "head"])
def test_a_joint_that_drops_out_for_some_frames_changes_little(wave: Motion, name: str):
    gap = joint_features(with_gap(wave, SMPL22.index(name), slice(20, 30)))
    np.testing.assert_allclose(gap, joint_features(wave), atol=0.05)


def test_a_joint_that_is_lost_for_long_leaves_no_jump_where_it_is_seen(wave: Motion):
    wrist = SMPL22.index("left_wrist")
    features = joint_features(with_gap(wave, wrist, slice(20, 60)))
    seen = features[:, 6 * JOINTS + 2 + wrist] > 0
    speed = features[:, 3 * JOINTS : 6 * JOINTS].reshape(-1, JOINTS, 3)[:, wrist]
    usual = joint_features(wave)[:, 3 * JOINTS : 6 * JOINTS].reshape(-1, JOINTS, 3)[:, wrist]
    assert 0 < seen.sum() < len(seen)
    assert np.abs(speed[seen]).max() < 1.2 * np.abs(usual).max()


def test_gaps_are_bridged_in_a_straight_line():
    joints = np.zeros((6, 22, 3), np.float32)
    joints[:, 3, 0] = np.arange(6)
    bridged = with_gap(Motion(joints, 10), 3, slice(2, 4)).bridge_gaps()
    np.testing.assert_allclose(bridged.joints, joints, atol=1e-6)
    assert bridged.confidence[:, 3].tolist() == [1, 1, 0, 0, 1, 1]
    lost = with_gap(Motion(joints, 10), 3, slice(2, 4))
    assert lost.bridge_gaps(seen_s=0.2).confidence[:, 3].tolist() == [1, 1, 0, 0, 1, 1]
    assert lost.bridge_gaps(seen_s=0.31).confidence.all()
    assert with_gap(Motion(joints, 10), 3, slice(0, 6)).bridge_gaps(1.0).joints[:, 3].any() == 0


def test_one_frame_is_enough_to_be_encoded(encoder: MotionEncoder):
    features, time_s = encoder.encode(Motion(standing(1), 30.0))
    assert features.shape == (1, 32)
    assert time_s.tolist() == [0.0]
    assert torch.isfinite(features).all()


def test_features_carry_their_time(encoder: MotionEncoder, wave: Motion):
    features, time_s = encoder.encode(wave)
    assert len(features) == len(time_s)
    assert encoder.rate_hz == 10
    assert time_s[-1] == pytest.approx(wave.duration_s, abs=0.15)


def test_padding_changes_nothing(encoder: MotionEncoder, wave: Motion):
    short = wave.trim(0, 1.0)
    together, mask, _ = encoder.encode_batch([wave, short])
    alone, _ = encoder.encode(short)
    assert mask[1].sum() == len(alone)
    torch.testing.assert_close(together[1, : len(alone)], alone, atol=1e-5, rtol=1e-4)
    assert not together[1, len(alone) :].any()


def test_a_long_clip_is_encoded_in_pieces_without_a_trace(encoder: MotionEncoder):
    inputs = torch.randn(1, 900, CHANNELS, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(1, 900, dtype=torch.bool)
    with torch.no_grad():
        whole, _ = encoder(inputs, mask)
        encoder.chunk = 50
        pieces, _ = encoder(inputs, mask)
        del encoder.chunk
    torch.testing.assert_close(pieces, whole, atol=1e-5, rtol=1e-4)


def test_saved_and_loaded_encoders_agree(encoder: MotionEncoder, wave: Motion, tmp_path):
    encoder.save_pretrained(tmp_path)
    loaded = MotionEncoder.from_pretrained(tmp_path)
    torch.testing.assert_close(loaded.encode(wave)[0], encoder.encode(wave)[0])
