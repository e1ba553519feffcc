"""Language-guided frame selection (eq. 1-2).

Paper: a frame's score is the maximum of the words' attention to it (eq. 2).
Here: each word has a vote, and the score is the words' attention weighted by their votes; the
maximum is kept as an option. Because: "before the wave" must not keep the wave, which the word
itself finds; among the same scores the mean put .55 of the viewpoints into the answer's segment,
the maximum .49, and through a maximum one word of each frame learns at a time.

Paper: the K frames of the highest scores are kept.
Here: up to K, none of which is less relevant than the best by more than a margin. Because: an act
that lasts a second has ten frames, and the other viewpoints would show its neighbours; the same
weights answered .58 of the questions of order with 16 frames always, and .69 with a margin.

And: the choice is as hard in the forward pass, but a kept frame is multiplied by
``1 + (g - g.detach())``, where g is half the log of its score; in training Gumbel noise may shuffle
the scores.
Because: top-K has no gradient, so W_Q and W_K would never learn (decision 1). The factor is 1, so
frames that are forced from outside enter exactly as chosen ones do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from llamo.cross_talker.clip import EncodedClip
from llamo.cross_talker.lookup import DISPLACEMENTS


@dataclass(frozen=True)
class Selection:
    """The viewpoint frames of each question.

    Args:
        frames: Indices in time order, surplus ones at the end, (B, K).
        valid: False on surplus viewpoints of clips shorter than K, (B, K).
        scores: s, relevance of each frame in [0, 1], 0 on padding, (B, T).
        log_scores: log s, the lowest float on padding, (B, T).
        gate: 1, with the gradient of the scores, (B, K).
        shares: What each frame weighs in the whole of what is looked at, (B, T): the scores, or
            equal shares of the viewpoints where those are not chosen by their scores.
        named: Where the words looked first, before they chose: share of each frame, (B, T).
    """

    frames: torch.Tensor
    valid: torch.Tensor
    scores: torch.Tensor
    log_scores: torch.Tensor
    gate: torch.Tensor
    shares: torch.Tensor
    named: torch.Tensor | None = None


class ViewpointSelector(nn.Module):
    """Scores every frame by the question, and keeps the K highest.

    Args:
        width: H, channels of the question.
        memory_width: Channels of :attr:`EncodedClip.memory`; so keys carry time.
        k: Viewpoint frames to keep; a shorter clip keeps all its frames.
        selection: "text" by score, "uniform" evenly spaced, "all" every frame.
        noise: Scale of the Gumbel noise on log s in training.
        word_pooling: "vote", or "max" over the words as eq. 2 has it.
        spans: Spans of time that each word found beforehand.
        margin: A viewpoint's log score is at most this much below the best; None keeps K always.
    """

    def __init__(
        self,
        width: int,
        memory_width: int,
        k: int,
        selection: str = "text",
        noise: float = 0.0,
        word_pooling: str = "vote",
        spans: int = 0,
        margin: float | None = None,
    ) -> None:
        super().__init__()
        self.k, self.selection, self.noise, self.margin = k, selection, noise, margin
        self.query = nn.Linear(width, width, bias=False)  # W_Q
        self.key = nn.Linear(memory_width, width, bias=False)  # W_K
        self.displacement = nn.Linear(width, spans * DISPLACEMENTS) if spans else None
        self.vote = None
        if word_pooling == "vote":
            self.vote = nn.Linear(width, 1, bias=False)
            nn.init.zeros_(self.vote.weight)  # all words alike at first

    def forward(
        self,
        question: torch.Tensor,
        question_mask: torch.Tensor,
        beside: torch.Tensor,
        clip: EncodedClip,
        forced: torch.Tensor | None = None,
    ) -> Selection:
        """Select.

        Args:
            question: F_T, (B, L, H).
            question_mask: True on real tokens, (B, L).
            beside: Code of each frame's place beside the spans of each token, (B, L, spans R, T).
            clip: The clip of each question.
            forced: Frames to take whatever their scores, (B, K), -1 on surplus; a row of nothing
                but -1 selects for itself.
        """
        attention = self.attend(question, question_mask, beside, clip)  # log A, (B, L, T)
        lowest = torch.finfo(attention.dtype).min
        if self.vote is None:
            log_scores = attention.amax(1)  # eq. 2
        else:
            votes = self.vote(question).masked_fill(~question_mask[..., None], lowest)  # (B, L, 1)
            log_scores = (attention + votes.log_softmax(1)).logsumexp(1)
        log_scores = log_scores.clamp(min=lowest).masked_fill(~clip.mask, lowest)
        frames, valid = self.choose(log_scores.detach(), clip.mask)
        scores = log_scores.exp() * clip.mask
        shares = scores
        if self.selection != "text":
            shares = even_shares(frames, valid, clip.mask, scores.dtype)
        if forced is not None:
            frames, valid, taken = overruled(frames, valid, forced, clip.mask.shape[1])
            even = even_shares(frames, valid, clip.mask, scores.dtype)
            shares = torch.where(taken, even, shares)
        gate = torch.ones_like(frames, dtype=log_scores.dtype)
        if self.selection == "text" and frames.shape[1]:
            half = log_scores.gather(1, frames).masked_fill(~valid, 0) / 2
            gate = gate + (half - half.detach())
        return Selection(frames, valid, scores, log_scores, gate, shares)

    def choose(
        self, ranking: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Frames of each row by their log scores (B, T), and which are real, both (B, K)."""
        if self.selection == "all":
            return every_frame(mask)
        if self.selection == "uniform":
            return uniform_frames(mask, self.k)
        if self.training and self.noise:
            uniform = torch.rand_like(ranking).clamp(1e-6, 1 - 1e-6)
            ranking = ranking - self.noise * torch.log(-torch.log(uniform))
        return top_frames(ranking, mask, self.k, self.margin)

    def attend(
        self,
        question: torch.Tensor,
        question_mask: torch.Tensor,
        beside: torch.Tensor,
        clip: EncodedClip,
    ) -> torch.Tensor:
        """Log of eq. 1's softmax over the frames, (B, L, T); the lowest float on padding."""
        folded = self.query(question) @ self.key.weight  # (B, L, M), W_K on the words' side
        logits = folded @ clip.memory.transpose(1, 2) * self.query.out_features**-0.5  # (B, L, T)
        if self.displacement is not None:
            logits = logits + (self.displacement(question)[:, :, None] @ beside).squeeze(2)
        lowest = torch.finfo(logits.dtype).min
        attention = logits.masked_fill(~clip.mask[:, None], lowest).log_softmax(-1)  # log A
        return attention.masked_fill(~question_mask[..., None], lowest)


def top_frames(
    ranking: torch.Tensor, mask: torch.Tensor, k: int, margin: float | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The k highest real frames in time order: indices and which are real, both (B, min(k, T)).

    With a ``margin`` those alone that are at most this much below the highest.
    """
    k = min(k, mask.shape[1])
    values, chosen = ranking.masked_fill(~mask, -math.inf).topk(k, dim=1)
    valid = mask.gather(1, chosen)
    if margin is not None:
        valid = valid & (values >= values[:, :1] - margin)
    return in_time_order(chosen, valid, mask.shape[1])


def uniform_frames(mask: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Frames at the centres of k equal parts of each clip, (B, min(k, T)); padding at the end."""
    k = min(k, mask.shape[1])
    count = mask.sum(1, keepdim=True)  # (B, 1)
    place = torch.arange(k, device=mask.device).expand(len(mask), -1)
    spread = ((place + 0.5) * count / max(k, 1)).long()
    frames = torch.where(count >= k, spread, place)
    return in_time_order(frames, place < count, mask.shape[1])


def every_frame(mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """All frames, (B, T)."""
    return torch.arange(mask.shape[1], device=mask.device).expand_as(mask), mask


def overruled(
    frames: torch.Tensor, valid: torch.Tensor, forced: torch.Tensor, length: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rows of ``forced`` (B, F) with any frame take over: frames, which are real, which rows."""
    chosen = frames.masked_fill(~valid, -1)
    missing = forced.shape[1] - chosen.shape[1]
    chosen = torch.nn.functional.pad(chosen, (0, max(missing, 0)), value=-1)
    forced = torch.nn.functional.pad(forced, (0, max(-missing, 0)), value=-1)
    taken = (forced >= 0).any(1, keepdim=True)  # (B, 1)
    chosen = torch.where(taken, forced, chosen)
    return *in_time_order(chosen, chosen >= 0, length), taken


def even_shares(
    frames: torch.Tensor, valid: torch.Tensor, mask: torch.Tensor, dtype: torch.dtype
) -> torch.Tensor:
    """Equal shares of the real ones among ``frames`` (B, K), 0 elsewhere, (B, T)."""
    count = valid.sum(1, keepdim=True).clamp(min=1)
    nothing = torch.zeros(mask.shape, dtype=dtype, device=mask.device)
    return nothing.scatter_add(1, frames, (valid / count).to(dtype))


def in_time_order(
    frames: torch.Tensor, valid: torch.Tensor, length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sort (B, K) indices by time, surplus ones last and pointing at a frame that exists."""
    frames = frames.masked_fill(~valid, length).sort(dim=1).values
    return frames.clamp(max=max(length - 1, 0)), frames < length


EVENNESS = 0.5
"""Weight of looking at all of what is named, beside looking at nothing else."""


def selection_loss(
    chosen: Selection, targets: torch.Tensor, anchors: torch.Tensor | None = None
) -> torch.Tensor:
    """-log of the share of the scores that lies on the frames that hold the answer.

    Args:
        chosen: The selection, scores (B, T).
        targets: True on those frames, (B, T). A row without any is not supervised.
        anchors: True on the frames that the question names, (B, T): there the words are to look
            first, from the first frame to the last. Because: "before the wave" is found from where
            the wave begins, which nothing else shows.

    Returns:
        Mean over supervised rows, 0 without any; the losses added.
    """
    loss = _missed(chosen.log_scores, targets)
    if anchors is None or chosen.named is None:
        return loss
    missed = _missed(chosen.named.clamp(min=1e-6).log(), anchors)
    return loss + missed + EVENNESS * _uneven(chosen.named, anchors)


def _uneven(shares: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Divergence of equal shares on the targets alone from these shares, (B, T)."""
    targets = torch.nn.functional.pad(targets, (0, shares.shape[1] - targets.shape[1]))
    count = targets.sum(1)
    logs = shares.clamp(min=1e-6).log().masked_fill(~targets, 0)
    divergence = -logs.sum(1) / count.clamp(min=1) - count.clamp(min=1).log()
    return divergence.sum() / (count > 0).sum().clamp(min=1)


def _missed(log_scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    targets = torch.nn.functional.pad(targets, (0, log_scores.shape[1] - targets.shape[1]))
    supervised = targets.any(1)
    lowest = torch.finfo(log_scores.dtype).min
    inside = log_scores.masked_fill(~targets, lowest).logsumexp(1)
    missed = (log_scores.logsumexp(1) - inside).masked_fill(~supervised, 0)
    return missed.sum() / supervised.sum().clamp(min=1)
