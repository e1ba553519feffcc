"""Pretraining the motion encoder: joined clips and their targets, the loss, words beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llamo.encoders.motion import MotionEncoder
from llamo.train.feature_splices import FeatureSplicer, change_tempo, find_classes, make_examples
from llamo.train.figure_clips import figure_clips
from llamo.train.pretrain_motion import Heads, pretraining_loss, with_concepts


@pytest.fixture(scope="module")
def clips():
    return figure_clips(seed=0, count=2)


def test_joined_clips_keep_their_targets(clips, rng: np.random.Generator):
    classes = find_classes(clips)
    splicer = FeatureSplicer(make_examples(clips, classes), 200, single_share=0.0, noise=0.0)
    features, targets, segments, mask = splicer.sequence(rng)
    assert features.shape[0] == len(targets) == len(segments) == len(mask) == 200
    assert segments.max() >= 1
    for segment in range(segments.max() + 1):
        phrases = targets[segments == segment, 0]
        assert len(set(phrases[phrases >= 0])) == 1
    assert (targets[~mask] == -1).all()


def test_a_mirrored_example_swaps_left_and_right(clips):
    examples = make_examples(clips, find_classes(clips))
    sided = next(example for example in examples if example.targets[2] == 0)
    assert sided.mirrored().targets[2] == 1
    assert sided.mirrored().mirrored().targets == sided.targets
    assert not np.allclose(sided.mirrored().features, sided.features)


def test_twice_the_tempo_is_half_the_time_and_twice_the_speed(clips):
    features = make_examples(clips, find_classes(clips))[0].features
    fast = change_tempo(features, 2.0)
    assert len(fast) == round(len(features) / 2)
    np.testing.assert_allclose(fast[0, 66:132], 2 * features[0, 66:132], rtol=1e-5)
    np.testing.assert_allclose(fast[0, :66], features[0, :66], rtol=1e-5)


def test_pretraining_loss_by_hand():
    """Two frames of one clip, two classes: at frames and over the clip's mean logits."""
    logits = torch.zeros(1, 4, 2)
    logits[0, :, 0] = 2.0
    targets = torch.full((1, 4, 5), -1)
    targets[..., 0] = 0
    segments = torch.zeros(1, 4, dtype=torch.long)
    one = float(torch.log(1 + torch.exp(torch.tensor(-2.0))))
    blank = torch.zeros(1, 4, 2)
    loss = pretraining_loss([logits, blank, blank, blank, blank], targets, segments, 0.0)
    assert float(loss) == pytest.approx(1.3 * one, rel=1e-5)


def test_concepts_are_the_heads_logits_beside_the_same_features_each_head_as_loud(clips):
    torch.manual_seed(0)
    classes = find_classes(clips)
    examples = make_examples(clips, classes)
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    heads = Heads(32, classes)
    grown = with_concepts(encoder, heads, examples, classes.words())
    assert grown.width == 32 + sum(classes.sizes())
    assert MotionEncoder(**grown.config).width == grown.width
    features = [grown.encode(clip.motion)[0] for clip in clips]
    plain, _ = encoder.encode(clips[0].motion)
    torch.testing.assert_close(features[0][:, :32], plain)
    logits = torch.cat(heads(plain), dim=-1)
    for channel in range(3):
        both = torch.stack([logits[:, channel], features[0][:, 32 + channel]])
        assert torch.corrcoef(both)[0, 1] > 0.999
    variance = torch.cat(features)[:, 32:].var(0)
    of_heads = torch.stack([part.sum() for part in variance.split(classes.sizes())])
    worded = [head for head, words in zip(heads(plain), classes.words(), strict=True) if words]
    torch.testing.assert_close(
        grown.log_odds(features[0]), torch.cat(worded, -1), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(of_heads / of_heads.mean(), torch.ones(5), atol=0.2, rtol=0)
