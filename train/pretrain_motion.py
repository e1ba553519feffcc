"""Stage 1: pretrain the motion encoder to tell, at every frame, what is done, with which side, how.

Supervised on joined clips: lightly at every frame, so that the features say *when* as well as
*what*, and fully on the mean over each clip, since no single frame of an idle start can tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from llamo.data.clips import LabelledClip
from llamo.data.estimated import as_estimated
from llamo.encoders.joint_features import mirror_features
from llamo.encoders.motion import MotionEncoder
from llamo.train.concepts import equally_loud
from llamo.train.feature_splices import (
    TARGETS,
    Classes,
    Example,
    FeatureSplicer,
    find_classes,
    make_examples,
    sequence_frames,
)
from llamo.train.loop import Loop, StageData
from llamo.train.recipe import EncoderStage

_WEIGHTS = dict(zip(TARGETS, (1.0, 1.0, 0.5, 0.5, 0.7), strict=True))
"""Of the losses: what is done counts most."""

_FRAME_SHARE = 0.3
"""Weight of the loss at single frames beside the one over whole clips."""

_STANDARDISING = 1000
"""Clips whose logits tell how far they spread."""

_SHORTEST = 4
"""A clip of fewer features says too little to be judged as a whole."""


class Heads(nn.Module):
    """One linear classifier a target; they become the encoder's concepts."""

    def __init__(self, width: int, classes: Classes) -> None:
        super().__init__()
        self.linear = nn.ModuleList(nn.Linear(width, size) for size in classes.sizes())

    def forward(self, features: torch.Tensor) -> list[torch.Tensor]:
        """(B, T, H) -> logits (B, T, classes) for each of ``TARGETS``."""
        return [head(features) for head in self.linear]


def pretrain_motion(
    clips: list[LabelledClip],
    held_out: list[LabelledClip],
    stage: EncoderStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> MotionEncoder:
    """Train the encoder; resume where an earlier run stopped.

    Args:
        clips: To train on.
        held_out: People to report accuracy on; may be empty.
        stage: Sizes and steps.
        out: Folder of the checkpoint, the curve and, at the end, the encoder.

    Returns:
        The encoder, frozen.
    """
    torch.manual_seed(seed)
    classes = find_classes(clips)
    examples = make_examples(clips + estimated_copies(clips, stage.estimated, seed), classes)
    validation = make_examples(held_out, classes)
    splicer = FeatureSplicer(
        examples, sequence_frames(stage.seconds), stage.single_share, stage.noise
    )
    encoder = MotionEncoder(**stage.model).to(device)
    _standardise(encoder, examples)
    heads = Heads(encoder.width, classes).to(device)

    def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        features, targets, segments, mask = batch
        encoded, _ = encoder(features, mask)
        every = slice(None, None, encoder.stride)
        return pretraining_loss(
            heads(encoded), targets[:, every], segments[:, every], stage.label_smoothing
        )

    def validate() -> dict[str, float]:
        return clip_accuracy(encoder, heads, validation, classes) if validation else {}

    loop = Loop(
        {"encoder": encoder, "heads": heads},
        out,
        steps=stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay,
        title="motion encoder",
    )
    batches = StageData(lambda rng, _: splicer.batch(stage.batch_size, rng), seed, device)
    loop.run(batches, loss, validate)
    encoder = with_concepts(encoder.to("cpu"), heads.to("cpu"), examples, classes.words())
    encoder.save_pretrained(out / "encoder")
    return encoder


def estimated_copies(clips: Sequence[LabelledClip], copies: int, seed: int) -> list[LabelledClip]:
    """Each clip as the estimator of videos would give it, ``copies`` times, seen from any side."""
    return [
        replace(clip, motion=as_estimated(clip.motion, np.random.default_rng([seed, 9, copy, i])))
        for copy in range(copies)
        for i, clip in enumerate(clips)
    ]


@torch.no_grad()
def with_concepts(
    encoder: MotionEncoder,
    heads: Heads,
    examples: list[Example],
    words: Sequence[Sequence[str]],
) -> MotionEncoder:
    """The same encoder, frozen, with the heads' logits beside its features.

    Because: what a head reads from a faint direction of the features a language model from scratch
    does not find among hundreds of channels.

    Args:
        encoder: Pretrained, without concepts.
        heads: Its classifiers.
        examples: To standardise the logits by.
        words: What the classes of each head are called; empty for a head without words.
    """
    encoder.eval()
    linear = [head for head in heads.linear if isinstance(head, nn.Linear)]
    weight = torch.cat([head.weight for head in linear])
    bias = torch.cat([head.bias for head in linear])
    logits = []
    for example in examples[:: max(1, len(examples) // _STANDARDISING)]:
        inputs = torch.from_numpy(example.features)[None]
        features, _ = encoder(inputs, torch.ones(inputs.shape[:2], dtype=torch.bool))
        logits.append(features[0] @ weight.T + bias)
    sizes = [head.out_features for head in linear]
    mean, scale = equally_loud(torch.cat(logits), sizes)
    concepts = {"concepts": len(weight), "concept_words": words, "concept_sizes": sizes}
    grown = MotionEncoder(**{**encoder.config, **concepts})
    grown.load_state_dict(encoder.state_dict(), strict=False)
    assert grown.concepts is not None
    grown.concepts.weight.copy_(weight / scale[:, None])
    grown.concepts.bias.copy_((bias - mean) / scale)
    grown.concept_mean.copy_(mean)
    grown.concept_scale.copy_(scale)
    return grown.requires_grad_(False).eval()


def pretraining_loss(
    logits: list[torch.Tensor],
    targets: torch.Tensor,
    segments: torch.Tensor,
    label_smoothing: float,
) -> torch.Tensor:
    """Weighted cross-entropy at frames, and over the mean logits of each clip.

    Args:
        logits: Of each target, (B, T, classes).
        targets: Classes, -1 for unknown, (B, T, 5).
        segments: Which clip each frame is of, -1 for none, (B, T).
        label_smoothing: Of every target.
    """
    count = int(segments.max()) + 1
    member = functional.one_hot(segments.clamp(min=0), count) * (segments >= 0)[..., None]
    size = member.sum(1)  # (B, S)
    share = member / size.clamp(min=1)[:, None]  # (B, T, S)
    total = logits[0].new_zeros(())
    for position, (name, one) in enumerate(zip(TARGETS, logits, strict=True)):
        at_frames = targets[..., position]  # (B, T)
        of_clips = at_frames[..., None].masked_fill(member == 0, -1).amax(1)  # (B, S)
        means = torch.einsum("btc,bts->bsc", one, share)
        for weight, scores, wanted, known in (
            (_FRAME_SHARE, one, at_frames, at_frames >= 0),
            (1.0, means, of_clips, (of_clips >= 0) & (size >= _SHORTEST)),
        ):
            if known.any():
                total = total + weight * _WEIGHTS[name] * functional.cross_entropy(
                    scores[known], wanted[known], label_smoothing=label_smoothing
                )
    return total


@torch.no_grad()
def clip_accuracy(
    encoder: MotionEncoder, heads: Heads, examples: list[Example], classes: Classes
) -> dict[str, float]:
    """Accuracy on whole clips (mean logits over frames), as they are and mirrored.

    A label is chosen among its pack's; ``left or right`` leaves two-handed acts out.
    """
    device = encoder.mean.device
    encoder.eval()
    heads.eval()
    right: dict[str, list[bool]] = defaultdict(list)
    of_pack = {
        example.pack: [
            i for i, label in enumerate(classes.labels) if label.startswith(example.pack + ":")
        ]
        for example in examples
    }
    examples = [twin for example in examples for twin in (example, example.mirrored())]
    for first in range(0, len(examples), 64):
        some = examples[first : first + 64]
        inputs = [torch.from_numpy(example.features) for example in some]
        padded = nn.utils.rnn.pad_sequence(inputs, batch_first=True).to(device)
        lengths = torch.tensor([len(one) for one in inputs])
        mask = (torch.arange(padded.shape[1]) < lengths[:, None]).to(device)
        encoded, mask = encoder(padded, mask)
        weight = mask / mask.sum(1, keepdim=True)
        means = [torch.einsum("btc,bt->bc", one, weight).cpu() for one in heads(encoded)]
        for row, example in enumerate(some):
            phrase, label, side, direction, correct = example.targets
            among = of_pack[example.pack]
            if label >= 0:
                best = among[int(means[1][row, among].argmax())]
                right[f"{example.pack} label"].append(best == label)
            if phrase >= 0:
                right[f"{example.pack} phrase"].append(int(means[0][row].argmax()) == phrase)
            if side in (0, 1):
                right["left or right"].append(int(means[2][row, :2].argmax()) == side)
            if side >= 0:
                right["side"].append(int(means[2][row].argmax()) == side)
            if direction >= 0:
                right["direction"].append(int(means[3][row].argmax()) == direction)
            if correct >= 0:
                right["correct"].append(int(means[4][row].argmax()) == correct)
    encoder.train()
    heads.train()
    return {name: float(np.mean(values)) for name, values in sorted(right.items())}


def _standardise(encoder: MotionEncoder, examples: list[Example]) -> None:
    """Fit the encoder's input scaling to the training clips and their mirror twins."""
    both = [e.features for e in examples] + [mirror_features(e.features) for e in examples]
    stacked = np.concatenate(both)
    encoder.mean.copy_(torch.from_numpy(stacked.mean(0)))
    encoder.scale.copy_(torch.from_numpy(stacked.std(0) + 1e-2))
