"""What the model gives back, and what it hands to its language model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch.nn import functional
from transformers.utils import ModelOutput

from llamo.cross_talker import CrossTalk, EncodedClip


@dataclass
class LlamoOutput(ModelOutput):
    """What a forward pass gives.

    Args:
        loss: ``answer_loss + selection_weight * selection_loss``.
        logits: (B, N, vocabulary), each answer token's at its place in ``input_ids``; None in
            training, where only answers are scored.
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
        seeing: Questions that ask for what the video of their clip shows, (B,); of a model whose
            video encoder has no words, all about a clip with a video. None where there is none.
    """

    embeddings: torch.Tensor
    mask: torch.Tensor
    talk: CrossTalk | None
    clip: EncodedClip | None
    seeing: torch.Tensor | None = None

    def shown(self, tokens: torch.Tensor, before: torch.Tensor) -> Prompt:
        """The same prompt with further tokens, read by the rows that are ``seeing``.

        Args:
            tokens: (B, Q, D).
            before: Where a token stands before which they are to be read, (B, N); the first counts.
        """
        count, length = tokens.shape[1], self.embeddings.shape[1]
        at = before.long().argmax(1, keepdim=True)  # (B, 1)
        place = torch.arange(length + count, device=at.device)  # (N + Q,)
        new = (place >= at) & (place < at + count)  # (B, N + Q)
        old = torch.where(place >= at + count, place - count, place).clamp(max=length - 1)
        given = (place - at).clamp(0, count - 1)
        width = (-1, -1, tokens.shape[-1])
        embeddings = torch.where(
            new[..., None],
            tokens.to(self.embeddings.dtype).gather(1, given[..., None].expand(width)),
            self.embeddings.gather(1, old[..., None].expand(width)),
        )
        assert self.seeing is not None
        mask = torch.where(new, self.seeing[:, None].to(self.mask), self.mask.gather(1, old))
        return replace(self, embeddings=embeddings, mask=mask)

    @property
    def position_ids(self) -> torch.Tensor:
        """Positions that skip what is not read, (B, N)."""
        return (self.mask.cumsum(1) - 1).clamp(min=0)


def with_motion(
    embeddings: torch.Tensor,
    mask: torch.Tensor,
    is_motion: torch.Tensor,
    talk: CrossTalk,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Motion tokens in place of the ``<motion>`` ones; those too many are not read.

    Args:
        embeddings, mask: Of the prompt, (B, N, D) and (B, N).
        is_motion: Where ``<motion>`` stands, (B, N).
        talk: With F_M(K), (B, K, D); K may be 0.
    """
    tokens, valid = talk.motion, talk.selection.valid
    if not tokens.shape[1]:
        return embeddings, mask * ~is_motion
    place = (is_motion.long().cumsum(1) - 1).clamp(min=0)  # which viewpoint stands here
    surplus = place >= tokens.shape[1]
    place = place.clamp(max=tokens.shape[1] - 1)
    placed = tokens.to(embeddings.dtype).gather(1, place[..., None].expand_as(embeddings))
    embeddings = torch.where(is_motion[..., None], placed, embeddings)
    return embeddings, mask * ~(is_motion & (surplus | ~valid.gather(1, place)))


def score_answers(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How well each answer is known.

    An answer whose every token is the likeliest after those before it is, to the token, what greedy
    decoding gives: one pass tells as much as writing it would.

    Args:
        logits: Before each answer token, row by row, (answer tokens, V).
        labels: The answers' tokens, -100 elsewhere, (B, N).

    Returns:
        The loss summed over each answer's tokens, and whether greedy decoding gives it, both (B,).
    """
    targets = labels[:, 1:]
    is_answer = targets != -100  # (B, N - 1)
    rows = is_answer.nonzero()[:, 0]
    losses = functional.cross_entropy(logits.float(), targets[is_answer], reduction="none")
    wrong = (logits.argmax(-1) != targets[is_answer]).to(losses)
    nothing = losses.new_zeros(len(labels))
    return nothing.index_add(0, rows, losses), nothing.index_add(0, rows, wrong) == 0


PROMPT_INPUTS = (
    "question_positions", "question_mask", "enhanced_features", "clip_index", "forced_viewpoints",
    "motion_inputs", "motion_inputs_mask", "motion_features", "motion_mask", "motion_time_s",
    "video_features", "video_mask", "video_time_s",
)  # fmt: skip
"""Inputs that are ours, not the LM's."""
