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


class SeenWords(nn.Module):
    """Log-odds of what the video encoder was taught -> one token for each of its questions.

    Paper: what the video shows reaches the LM through the motion features alone, which query it.
    Here: beside that, each of the video encoder's questions (which shirt? what in the left hand?)
    has a token of its own, the names of its answers, weighted by their probabilities.
    Because: shirt, trousers and ball may all be red. A sum of the three says "red" three times, and
    to tell whose it is takes far longer to learn than to find the token that is about the shirt.

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

    def forward(self, log_odds: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
        """(B, V) log-odds and names (V, D) -> tokens (B, questions Q, D)."""
        questions = zip(
            log_odds.split(self.sizes, dim=-1), names.split(self.sizes), self.sharpness,
            strict=True,
        )  # fmt: skip
        said = [(odds * sharp).softmax(-1) @ name for odds, name, sharp in questions]
        return torch.stack(said, dim=1) + self.about


def embed_names(
    questions: Sequence[Sequence[Sequence[int]]], embeddings: nn.Module
) -> torch.Tensor:
    """Mean embedding (V, D) of the tokens of each name.

    Args:
        questions: Token ids of each of V names, by the question of pretraining that they answer.
        embeddings: The LM's, ids (V, N) -> (V, N, D).
    """
    names = [name for answers in questions for name in answers]
    weight = next(embeddings.parameters())
    longest = max(map(len, names))
    ids = torch.tensor([[*one, *[0] * (longest - len(one))] for one in names])
    real = torch.tensor([[1.0] * len(one) + [0.0] * (longest - len(one)) for one in names])
    share = (real / real.sum(1, keepdim=True).clamp(min=1)).to(weight)
    return (embeddings(ids.to(weight.device)) * share[..., None]).sum(1)
