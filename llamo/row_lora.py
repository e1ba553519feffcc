"""Low-rank adapters that some rows of a batch pass through and others do not.

Paper: one language model reads videos and motions alike.
Here: what it learns in order to read videos stands beside its weights, and only questions for what
a video shows go through it (after the modality adapters of Phi-4-Multimodal, arXiv 2503.01743).
Because: a finished model of motion learns to see without forgetting: what is asked of the motion,
with a video or without, is read by the weights that it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import nn
from transformers import PreTrainedModel

_ROWS: ContextVar[torch.Tensor | None] = ContextVar("_ROWS", default=None)


@contextmanager
def adapting(rows: torch.Tensor | None) -> Iterator[None]:
    """Inside, ``rows`` (B,) bool of a batch pass through the adapters; None: no row does."""
    token = _ROWS.set(rows)
    try:
        yield
    finally:
        _ROWS.reset(token)


class RowLora(nn.Module):
    """A linear layer with a low-rank addition (Hu et al. 2021) for the rows in ``adapting``.

    Args:
        layer: What it stands for.
        rank: Of the addition, which begins at zero.
    """

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer
        self.lora_down = nn.Linear(layer.in_features, rank, bias=False)
        self.lora_up = nn.Linear(rank, layer.out_features, bias=False)
        nn.init.zeros_(self.lora_up.weight)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, N, in) -> (B, N, out); B may be a multiple of the rows, as in beam search."""
        out = self.layer(hidden)
        rows = _ROWS.get()
        if rows is None:
            return out
        passes = rows.repeat_interleave(len(hidden) // len(rows))[:, None, None]
        added = self.lora_up(self.lora_down(hidden.to(self.lora_down.weight.dtype)))
        return out + (added * passes).to(out.dtype)


def add_row_lora(model: PreTrainedModel, rank: int) -> None:
    """Put adapters around every linear layer but the vocabulary's, in place."""
    head = model.get_output_embeddings()
    for parent in list(model.modules()):
        if isinstance(parent, RowLora):
            continue
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and child is not head:
                setattr(parent, name, RowLora(child, rank))
