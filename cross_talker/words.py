"""What the encoders recognise, said in the LM's own words.

Paper: motion reaches the LM through learned projections alone.
Here: beside them, each frame carries the words of what the encoder's pretraining told apart, as the
LM embeds them, each as loud as it is likely; the question finds them where it names them, and the
LM reads them from the motion tokens.
Because: a projection must learn for each act apart what the act is called, and a question's word
must learn for each act apart what it looks like. A shared space gives both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn


class ConceptWords(nn.Module):
    """Log-odds of the encoder's concepts -> a sum of their names' embeddings.

    Args:
        sizes: Number of concepts of each of pretraining's questions (which act? which side? ...).
        width: W, of the names.
    """

    def __init__(self, sizes: Sequence[int], width: int) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.sharpness = nn.Parameter(torch.ones(len(self.sizes)))
        # "left" is a side, and a direction: each question speaks with an accent of its own.
        self.accent = nn.Parameter(torch.zeros(len(self.sizes), width))

    def forward(self, log_odds: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
        """Speak.

        Args:
            log_odds: Of each concept, (..., V); a question all of whose concepts have 0 is one
                that nobody could look into, and says nothing.
            names: Embedding of each concept's name, (V, W).

        Returns:
            (..., W): the names of each question's answers, weighted by their probabilities.
        """
        sizes = torch.tensor(self.sizes, device=names.device)
        names = names * (1 + self.accent.repeat_interleave(sizes, dim=0))
        parts = zip(log_odds.split(self.sizes, dim=-1), self.sharpness, strict=True)
        likely = [
            (part * sharp).softmax(-1) * (part != 0).any(-1, keepdim=True) for part, sharp in parts
        ]
        return torch.cat(likely, dim=-1) @ names


@dataclass(frozen=True)
class Seen:
    """What the video shows, said to a question.

    Args:
        tokens: For the LM, (B, Q + P, D): what is seen of each of the video encoder's Q questions,
            then the answer to those that are asked, spelled out in P tokens.
        log_shares: Log of how much each of the Q is asked, and last, that none is, (B, Q + 1).
        likely: Probability of each answer to each of the Q, (B, V).
    """

    tokens: torch.Tensor
    log_shares: torch.Tensor
    likely: torch.Tensor

    @property
    def wanted(self) -> torch.Tensor:
        """Questions that ask for something seen, rather than for what the motion tells, (B,)."""
        return self.log_shares[:, -1].exp() < 0.5


class SeenWords(nn.Module):
    """Log-odds of what the video encoder was taught -> tokens that say what is seen.

    Paper: what the video shows reaches the LM through the motion features alone, which query it.
    Here: beside that, each of the video encoder's questions (which shirt? what in the left hand?)
    has a token of its own: the names of its answers, weighted by their probabilities. And as the
    question chooses frames, it chooses among these: what is asked for stands there spelled out.
    Because: shirt, trousers and ball may all be red. A sum of the three says "red" three times; to
    find out whose it is, and how it is spelled, takes an LM far longer than to read it.

    Args:
        sizes: Number of answers of each question.
        width: D.
        scale: Root mean square of the LM's embeddings.
    """

    def __init__(self, sizes: Sequence[int], width: int, scale: float) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.sharpness = nn.Parameter(torch.ones(len(self.sizes)))
        self.about = nn.Parameter(scale * torch.randn(len(self.sizes), width))
        self.spelled = nn.Parameter(0.3 * scale * torch.randn(width))
        self.read = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU())
        self.asked = nn.Linear(width, len(self.sizes) + 1)

    def forward(
        self,
        log_odds: torch.Tensor,
        names: torch.Tensor,
        question: torch.Tensor,
        question_mask: torch.Tensor,
    ) -> Seen:
        """Say what is seen.

        Args:
            log_odds: Where the question looks, (B, V).
            names: Embeddings of each answer's tokens, zero after the last, (V, P, D).
            question: LM embeddings of the question, (B, L, D).
            question_mask: True on real tokens, (B, L).
        """
        parts = zip(log_odds.split(self.sizes, dim=-1), self.sharpness, strict=True)
        likely = [(odds * sharp).softmax(-1) for odds, sharp in parts]
        said = torch.stack(
            [
                torch.einsum("bv,vpd->bpd", answers, name)
                for answers, name in zip(likely, names.split(self.sizes), strict=True)
            ],
            dim=1,
        )  # (B, Q, P, D)
        log_shares = self.log_shares(question, question_mask)
        answer = torch.einsum("bq,bqpd->bpd", log_shares[:, :-1].exp(), said) + self.spelled
        tokens = torch.cat([said.mean(2) + self.about, answer], dim=1)
        return Seen(tokens, log_shares, torch.cat(likely, dim=-1))

    def log_shares(self, question: torch.Tensor, question_mask: torch.Tensor) -> torch.Tensor:
        """As of :class:`Seen`, (B, Q + 1), from the question alone; arguments as of a call."""
        words = self.read(question) * question_mask[..., None]  # (B, L, D)
        count = question_mask.sum(1, keepdim=True).clamp(min=1)
        return self.asked(words.sum(1) / count.sqrt()).log_softmax(-1)


def asking_loss(log_shares: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of what is asked for with what shows the answer, both (B, Q + 1).

    Rows of ``targets`` add up to 1; one of zeros is not supervised. Mean over the others.
    """
    supervised = targets.any(1)
    return -(targets * log_shares).sum() / supervised.sum().clamp(min=1)


def spell_names(
    questions: Sequence[Sequence[Sequence[int]]], embeddings: nn.Module
) -> torch.Tensor:
    """Embeddings (V, P, D) of the tokens of each name, zero after its last; P of the longest.

    Args:
        questions, embeddings: As of :func:`embed_names`.
    """
    names = [name for answers in questions for name in answers]
    longest = max(map(len, names))
    weight = next(embeddings.parameters())
    ids = torch.tensor([[*one, *[0] * (longest - len(one))] for one in names])
    real = torch.tensor([[True] * len(one) + [False] * (longest - len(one)) for one in names])
    return embeddings(ids.to(weight.device)) * real[..., None].to(weight)


def embed_names(
    questions: Sequence[Sequence[Sequence[int]]], embeddings: nn.Module
) -> torch.Tensor:
    """Mean embedding (V, D) of the tokens of each name.

    Args:
        questions: Token ids of each of V names, by the question of pretraining that they answer.
        embeddings: The LM's, ids (V, N) -> (V, N, D).
    """
    spelled = spell_names(questions, embeddings)  # (V, N, D)
    counts = torch.tensor([len(name) for answers in questions for name in answers])
    return spelled.sum(1) / counts.clamp(min=1).to(spelled)[:, None]
