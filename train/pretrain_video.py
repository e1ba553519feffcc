"""The video stage: pretrain a small backbone to tell what a frame shows, on scenes of our own.

Supervised by what is known of every scene: colours, things in the hands, the camera's side, how
many people, and where the joints are, since whose hand is whose is seen by the body alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from llamo.data.clips import LabelledClip
from llamo.encoders.video import VideoEncoder
from llamo.errors import ModelError
from llamo.train.concepts import equally_loud
from llamo.train.loop import Loop, StageData
from llamo.train.recipe import VideoStage
from llamo.train.scene_frames import TARGETS, FrameBatch, SceneFrames, spoken

_WEIGHTS = dict(zip(TARGETS, (1.0, 1.0, 1.5, 1.5, 1.0, 1.0, 1.0), strict=True))
"""Of the losses: which hand holds what is the hardest to see."""

_JOINT_WEIGHT = 12.0
_JOINT_SLACK = 0.03  # of the square's side: nearer is as good
_TESTED = 480  # held-out frames
_STANDARDISING = 480  # frames whose logits tell how far they spread


class FrameHeads(nn.Module):
    """A classifier a target, which become the encoder's concepts; and the joints' places."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.ModuleList(nn.Linear(width, len(some)) for some in TARGETS.values())
        self.joints = nn.Linear(width, 44)

    def forward(self, features: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """(N, H_v) -> logits (N, classes) for each of ``TARGETS``, joints (N, 22, 2)."""
        logits = [head(features) for head in self.linear]
        return logits, self.joints(features).view(-1, 22, 2)


def pretrain_video(
    clips: Sequence[LabelledClip],
    held_out: Sequence[LabelledClip],
    stage: VideoStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> VideoEncoder:
    """Train the encoder; resume where an earlier run stopped.

    Args:
        clips: Whose motions are filmed to train on.
        held_out: People to report accuracy on, before backdrops of their own; may be empty.
        stage: Sizes and steps.
        out: Folder of the checkpoint, the curve and, at the end, the encoder.

    Returns:
        The encoder, frozen.
    """
    torch.manual_seed(seed)
    encoder = VideoEncoder(**stage.model).to(device)
    settings = encoder.settings
    frames = SceneFrames(clips, settings.views, settings.side)
    heads = FrameHeads(encoder.width).to(device)
    if stage.start is not None:
        go_on_from(VideoEncoder.from_pretrained(stage.start), encoder, heads)
    tested = None
    if held_out:
        drawer = SceneFrames(held_out, settings.views, settings.side, held_out=True)
        tested = drawer.batch(_TESTED, np.random.default_rng([seed, 1]))

    def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        squares, targets, joints = batch
        logits, places = heads(encoder(squares))
        return frame_loss(logits, targets, stage.label_smoothing) + _JOINT_WEIGHT * joint_loss(
            places, joints
        )

    def validate() -> dict[str, float]:
        return frame_accuracy(encoder, heads, tested) if tested is not None else {}

    loop = Loop(
        {"encoder": encoder, "heads": heads},
        out,
        steps=stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay,
        title="video encoder",
        validate_every=max(1, stage.steps // 8),
    )
    batches = StageData(lambda rng, _: frames.batch(stage.batch_size, rng).arrays(), seed, device)
    loop.run(batches, loss, validate)
    some = frames.batch(_STANDARDISING, np.random.default_rng([seed, 2]))
    encoder = with_concepts(encoder.to("cpu"), heads.to("cpu"), some)
    encoder.save_pretrained(out / "encoder")
    return VideoEncoder.from_pretrained(out / "encoder")


@torch.no_grad()
def go_on_from(known: VideoEncoder, encoder: VideoEncoder, heads: FrameHeads) -> None:
    """Give an encoder with more views what one with fewer has learnt, in place.

    Args:
        known: Pretrained, with its concepts.
        encoder: New, with the same backbone and width, and all of ``known``'s views.
        heads: New, of ``encoder``; they begin with what is known of the old views, and with
            nothing of the new ones. The joints' places are learnt anew.

    Raises:
        ModelError: The two do not fit.
    """
    views = list(encoder.settings.views)
    same = ("backbone", "side", "width")
    if (
        known.concepts is None
        or set(known.settings.views) - set(views)
        or any(getattr(known.settings, name) != getattr(encoder.settings, name) for name in same)
    ):
        raise ModelError(
            "a video encoder goes on from one with concepts, of the same backbone, side and width, "
            f"whose views are among its own; got {known.config}."
        )
    learnt = {n: v for n, v in known.state_dict().items() if not n.startswith("concept")}
    encoder.load_state_dict(learnt, strict=False)
    scale = known.concept_scale
    weight = known.concepts.weight * scale[:, None]
    bias = known.concepts.bias * scale + known.concept_mean
    first = 0
    for head in heads.linear:
        assert isinstance(head, nn.Linear)
        rows = slice(first, first + head.out_features)
        first += head.out_features
        head.weight.zero_()
        for old, view in enumerate(known.settings.views):
            new = views.index(view)
            width = known.view_width
            head.weight[:, new * width : (new + 1) * width] = weight[
                rows, old * width : (old + 1) * width
            ]
        head.bias.copy_(bias[rows])


def frame_loss(
    logits: list[torch.Tensor], targets: torch.Tensor, label_smoothing: float
) -> torch.Tensor:
    """Weighted cross-entropy of what is known.

    Args:
        logits: Of each of ``TARGETS``, (N, classes).
        targets: (N, targets), -1 for unknown.
        label_smoothing: Of every target.
    """
    total = logits[0].new_zeros(())
    for place, (name, scores) in enumerate(zip(TARGETS, logits, strict=True)):
        known = targets[:, place] >= 0
        if known.any():
            total = total + _WEIGHTS[name] * functional.cross_entropy(
                scores[known], targets[known, place], label_smoothing=label_smoothing
            )
    return total


def joint_loss(places: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
    """How far joints (N, 22, 2) are from where they are seen, in sides of the square."""
    known = torch.isfinite(joints)
    if not known.any():
        return places.sum() * 0
    return functional.smooth_l1_loss(places[known], joints[known], beta=_JOINT_SLACK)


@torch.no_grad()
def with_concepts(encoder: VideoEncoder, heads: FrameHeads, some: FrameBatch) -> VideoEncoder:
    """The same encoder, frozen, with the heads' logits beside its features.

    Args:
        encoder: Pretrained, without concepts.
        heads: Its classifiers.
        some: Frames to standardise the logits by.
    """
    encoder.eval()
    linear = [head for head in heads.linear if isinstance(head, nn.Linear)]
    features = torch.cat([
        encoder(torch.from_numpy(some.squares[first : first + 16]))
        for first in range(0, len(some.squares), 16)
    ])  # fmt: skip
    logits = torch.cat([head(features) for head in linear], dim=1)
    sizes = [head.out_features for head in linear]
    mean, scale = equally_loud(logits, sizes)
    grown = VideoEncoder(
        **{
            **encoder.config,
            "concepts": sum(sizes),
            "concept_words": [
                [spoken(target, answer) for answer in answers]
                for target, answers in TARGETS.items()
            ],
            "concept_sizes": sizes,
        }
    )
    grown.load_state_dict(encoder.state_dict(), strict=False)
    assert grown.concepts is not None
    grown.concepts.weight.copy_(torch.cat([head.weight for head in linear]) / scale[:, None])
    grown.concepts.bias.copy_((torch.cat([head.bias for head in linear]) - mean) / scale)
    grown.concept_mean.copy_(mean)
    grown.concept_scale.copy_(scale)
    return grown.requires_grad_(False).eval()


@torch.no_grad()
def frame_accuracy(
    encoder: VideoEncoder, heads: FrameHeads, tested: FrameBatch
) -> dict[str, float]:
    """Accuracy of each target on single frames, and the joints' mean error in sides."""
    encoder.eval()
    heads.eval()
    device = encoder.colour_mean.device
    told, places = [], []
    for first in range(0, len(tested.squares), 16):
        squares = torch.from_numpy(tested.squares[first : first + 16]).to(device)
        logits, joints = heads(encoder(squares))
        told.append(torch.stack([one.argmax(1) for one in logits], 1).cpu().numpy())
        places.append(joints.cpu().numpy())
    encoder.train()
    heads.train()
    right = np.concatenate(told) == tested.targets
    known = tested.targets >= 0
    scores = {
        name: float(right[known[:, place], place].mean())
        for place, name in enumerate(TARGETS)
        if known[:, place].any()
    }
    error = np.linalg.norm(np.concatenate(places) - tested.joints, axis=-1)
    return {**scores, "joint error": float(np.nanmean(error))}
