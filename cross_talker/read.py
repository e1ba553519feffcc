"""Reading the question against the clip, before any frame is chosen.

Paper: the question's embeddings F_T query the frames directly (eq. 1).
Here: two rounds of self-attention among the words and a look at the frames come first; after a
look each word holds the span of time it found, weighs frames by their place beside it, and knows
how well its best frame fits, how near the span is to either end of the clip, and how full it is.
Because: embeddings of single words cannot tell "before the wave" from "after the wave". The word
must first find the wave, from its beginning to its end, and then what lies beside it; and whether
there is a wave at all, only one, and anything before it.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from llamo.attention import FeedForward, TimeAttention, windows_in_time
from llamo.cross_talker.clip import EncodedClip
from llamo.cross_talker.lookup import (
    SPAN_NOTES,
    FrameLookup,
    displacement_code,
    pointed_at,
    span_notes,
)


class QuestionReader(nn.Module):
    """LM embeddings of the question -> F_T, at the width of the motion.

    Args:
        language_width: D, the width of the LM's embeddings.
        memory_width: Channels of :attr:`EncodedClip.memory`.
        width: H.
        layers: Rounds of reading.
        heads: Attention heads.
        dropout: In training.
    """

    def __init__(
        self,
        language_width: int,
        memory_width: int,
        width: int,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.LayerNorm(language_width), nn.Linear(language_width, width))
        self.rounds = nn.ModuleList(
            ReadingRound(width, memory_width, heads, dropout, spans=index)
            for index in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(
        self, question: torch.Tensor, question_mask: torch.Tensor, clip: EncodedClip
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Read.

        Args:
            question: LM embeddings of the last question's tokens, (B, L, D). Never the answer.
            question_mask: True on real tokens, (B, L).
            clip: The clip of each question.

        Returns:
            F_T (B, L, H), zero on padding; the code of each frame's place beside what each token
            found in each round, (B, L, rounds R, T); and where the words look first, a share of
            each frame averaged over them, (B, T).
        """
        words = self.embed(question)  # (B, L, H)
        beside = words.new_zeros(*words.shape[:2], 0, clip.mask.shape[1])
        first = torch.zeros_like(clip.mask, dtype=words.dtype)
        for index, reading in enumerate(self.rounds):
            assert isinstance(reading, ReadingRound)
            words, attention = reading(words, question_mask, clip, beside)
            spans_s = pointed_at(attention, clip.since_s)
            notes = span_notes(attention, clip.mask, clip.since_s, spans_s)
            words = words + reading.notes(notes.to(words.dtype))
            found = displacement_code(clip.since_s, spans_s)
            beside = torch.cat([beside, found.to(beside.dtype)], dim=2)
            if index == 0:
                share = question_mask / question_mask.sum(1, keepdim=True).clamp(min=1)
                first = (attention * share[..., None]).sum(1)
        return self.norm(words) * question_mask[..., None], beside, first


class ReadingRound(nn.Module):
    """Words look at each other, then at the frames, then think; each residual."""

    def __init__(
        self, width: int, memory_width: int, heads: int, dropout: float, spans: int
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.among_words = TimeAttention(width, heads, shortest_s=4, longest_s=512)  # in tokens
        self.at_frames = FrameLookup(width, memory_width, width, heads, spans, tells_strength=True)
        self.notes = nn.Linear(SPAN_NOTES, width)
        nn.init.zeros_(self.notes.weight)
        self.feed_forward = FeedForward(width, dropout=dropout)

    def forward(
        self,
        words: torch.Tensor,
        question_mask: torch.Tensor,
        clip: EncodedClip,
        beside: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, L, H) -> (B, L, H) and each word's attention to the frames, (B, L, T)."""
        place = torch.arange(words.shape[1], device=words.device).expand(len(words), -1).float()
        windows = windows_in_time(place, place, question_mask, question_mask, math.inf)
        normed = self.norm(words)
        words = words + self.among_words(normed, normed, place, place, windows)
        found, attention = self.at_frames(words, clip.memory, clip.mask[:, None], beside)
        words = words + found
        return words + self.feed_forward(words), attention
