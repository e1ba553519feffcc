"""What the model gives back, and what it hands to its language model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput

from llamo.cross_talker import CrossTalk, EncodedClip


@dataclass
class LlamoOutput(ModelOutput):
    """What a forward pass gives.

    Args:
        loss: ``answer_loss + selection_weight * selection_loss``.
        logits: (B, N, vocabulary); None in training, where only answers are scored.
        answer_loss: Eq. 11, or its mean over tokens.
        selection_loss: -log of the scores' share on ``viewpoint_targets``; with ``anchor_targets``,
            the same of where the words looked first, added.
        viewpoints: Frame indices in time order, (B, K).
        viewpoint_mask: False on surplus viewpoints of short clips, (B, K).
        viewpoint_time_s: Seconds of each viewpoint on the clip's clock, (B, K).
        scores: Relevance of each frame in 0-1, (B, T).
        log_scores: Its log, with the gradient, (B, T).
        reach: r_k, (B, K).
        answer_losses: With ``answers_only``: loss of each answer, over its tokens, (B,).
        answers_right: With ``answers_only``: whether greedy decoding gives the answer, (B,).
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    answer_loss: torch.Tensor | None = None
    selection_loss: torch.Tensor | None = None
    viewpoints: torch.Tensor | None = None
    viewpoint_mask: torch.Tensor | None = None
    viewpoint_time_s: torch.Tensor | None = None
    scores: torch.Tensor | None = None
    log_scores: torch.Tensor | None = None
    reach: torch.Tensor | None = None
    answer_losses: torch.Tensor | None = None
    answers_right: torch.Tensor | None = None


@dataclass(frozen=True)
class Prompt:
    """What the LM reads in place of the prompt's tokens.

    Args:
        embeddings: (B, N, D), question and ``<motion>`` tokens replaced by F_fusion.
        mask: 1 on what is read, (B, N): padding and surplus ``<motion>`` tokens are not.
        talk: What the Cross Talker did; None without motion tokens.
        clip: The clip of each question; None without motion tokens.
    """

    embeddings: torch.Tensor
    mask: torch.Tensor
    talk: CrossTalk | None
    clip: EncodedClip | None

    @property
    def position_ids(self) -> torch.Tensor:
        """Positions that skip what is not read, (B, N)."""
        return (self.mask.cumsum(1) - 1).clamp(min=0)
