"""The Cross Talker (section 3.2): a question and a clip -> a few tokens for the LM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from llamo.attention import TimeCode
from llamo.cross_talker.aggregate import ContextAggregator, in_window
from llamo.cross_talker.clip import EncodedClip
from llamo.cross_talker.fuse import BidirectionalFusion
from llamo.cross_talker.read import QuestionReader
from llamo.cross_talker.select import Selection, ViewpointSelector
from llamo.cross_talker.words import ConceptWords, Seen, SeenWords

__all__ = ["CrossTalk", "CrossTalker", "EncodedClip", "Selection"]


@dataclass(frozen=True)
class CrossTalk:
    """What the LM receives, and how it came about.

    Args:
        text: Update of the question's embeddings, (B, L, D); None without fusion.
        motion: Motion tokens F_M(K), (B, K, D).
        selection: The viewpoints and every frame's score.
        reach: r_k, the receptive field of each viewpoint as a share of the clip, (B, K).
        seen: What the video shows where the question looks; None where nothing is seen.
    """

    text: torch.Tensor | None
    motion: torch.Tensor
    selection: Selection
    reach: torch.Tensor
    seen: Seen | None = None


class CrossTalker(nn.Module):
    """Read, select, aggregate, fuse, and say what the encoder recognises.

    Args:
        width: H.
        language_width: D.
        k: Viewpoint frames.
        heads: Attention heads.
        reader_layers: Rounds in which the question is read against the clip.
        segment_size: S_n.
        selection: "text", "uniform" or "all".
        selection_noise: Gumbel noise on the scores in training.
        word_pooling: "vote" or "max".
        margin: How far below the best one's log score a viewpoint's may be; None: any.
        use_receptive_field, use_fusion: Switches of the parts.
        scale: Root mean square of the LM's embeddings.
        dropout: In training.
        concept_sizes: Concepts with names of each question of the motion encoder's pretraining;
            none: its features speak for themselves.
        seen_sizes: Likewise, of the video encoder's.
    """

    def __init__(
        self,
        width: int,
        language_width: int,
        k: int = 16,
        heads: int = 4,
        reader_layers: int = 2,
        segment_size: int = 10,
        selection: str = "text",
        selection_noise: float = 0.0,
        word_pooling: str = "vote",
        margin: float | None = None,
        use_receptive_field: bool = True,
        use_fusion: bool = True,
        scale: float = 0.02,
        dropout: float = 0.0,
        concept_sizes: Sequence[int] = (),
        seen_sizes: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.width = width
        self.time_code = TimeCode()
        memory = width + self.time_code.width
        self.read = QuestionReader(language_width, memory, width, reader_layers, heads, dropout)
        self.select = ViewpointSelector(
            width, memory, k, selection, selection_noise, word_pooling,
            spans=reader_layers, margin=margin,
        )  # fmt: skip
        self.aggregate = ContextAggregator(
            width, memory, heads, segment_size, use_receptive_field
        )  # fmt: skip
        self.fuse = BidirectionalFusion(
            width, self.time_code.width, language_width, heads, scale, use_fusion, dropout
        )
        self.heard = self.said = self.gathered = None
        if concept_sizes:
            self.heard = ConceptWords(concept_sizes, width)
            self.said = ConceptWords(concept_sizes, language_width)
            self.gathered = ConceptWords(concept_sizes, language_width)
        self.seen = SeenWords(seen_sizes, language_width, scale) if seen_sizes else None

    def remember(
        self,
        features: torch.Tensor,
        mask: torch.Tensor,
        time_s: torch.Tensor,
        log_odds: torch.Tensor | None = None,
        names: torch.Tensor | None = None,
        seen: torch.Tensor | None = None,
    ) -> EncodedClip:
        """What every question about the clip reads.

        Args:
            features: F̃_M, (B, T, H).
            mask: True on real frames, (B, T).
            time_s: Seconds of each frame, (B, T).
            log_odds: Of the encoders' concepts at each frame, (B, T, V + V'), motion's first.
            names: Embedding of each of motion's concepts' names, (V, D).
            seen: True on frames around which there is a video, (B, T).
        """
        if log_odds is None:
            log_odds = features.new_zeros(*features.shape[:2], 0)
        if seen is None:
            seen = torch.zeros_like(mask)
        if self.heard is not None and names is not None:
            # In the words' own space: a question finds a frame that carries its words.
            heard = self.heard(log_odds[..., : len(names)], self.read.embed(names))  # (B, T, H)
            features = features + heard * mask[..., None]
        code = self.time_code(time_s, mask).to(features.dtype) * mask[..., None]
        memory = torch.cat([features, code], dim=-1)
        return EncodedClip(memory, mask, time_s, log_odds, seen, self.width)

    def forward(
        self,
        question: torch.Tensor,
        question_mask: torch.Tensor,
        clip: EncodedClip,
        forced: torch.Tensor | None = None,
        names: torch.Tensor | None = None,
        seen_names: torch.Tensor | None = None,
    ) -> CrossTalk:
        """(B, L, D) LM embeddings of the question and the clip of each -> tokens for the LM."""
        text, chosen = self.look(question, question_mask, clip, forced)  # (B, L, H)
        motion, reach = self.aggregate(clip, chosen)  # (B, K, 2H), (B, K)
        rows = chosen.frames[..., None].expand(-1, -1, self.time_code.width)
        code = clip.memory[..., self.width :].gather(1, rows)  # (B, K, P)
        update, tokens = self.fuse(text, question_mask, motion, chosen.valid, code)
        if self.said is not None and self.gathered is not None and names is not None:
            # An act is judged by its course, not by a frame: mean log-odds over the window W_k.
            inside = in_window(clip, chosen.frames, reach)  # (B, K, T)
            inside = inside / inside.sum(-1, keepdim=True).clamp(min=1)
            heard = clip.log_odds[..., : len(names)]
            said = self.said(inside @ heard, names)  # (B, K, D)
            tokens = tokens + said * chosen.gate[..., None]
            # And over all that the question looks at, each frame by its share.
            course = (chosen.shares[:, None] @ heard).squeeze(1)  # (B, V)
            tokens = tokens + self.gathered(course, names)[:, None]
        seen = None
        if self.seen is not None and seen_names is not None and clip.log_odds.shape[-1]:
            shown = clip.log_odds[..., -len(seen_names) :]
            odds = (chosen.shares[:, None] @ shown).squeeze(1)  # (B, V')
            seen = self.seen(odds, seen_names, question, question_mask)
        return CrossTalk(update, tokens, chosen, reach, seen)

    def look(
        self,
        question: torch.Tensor,
        question_mask: torch.Tensor,
        clip: EncodedClip,
        forced: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, Selection]:
        """The question as read against the clip, F_T (B, L, H), and the frames it chooses."""
        text, beside, named = self.read(question, question_mask, clip)
        chosen = self.select(text, question_mask, beside, clip, forced)
        return text, replace(chosen, named=named)
