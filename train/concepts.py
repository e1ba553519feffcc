"""How loud an encoder's concepts speak: what its pretraining's classifiers say, as channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def equally_loud(logits: torch.Tensor, sizes: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """What to subtract from logits and divide them by, so that all classifiers are as loud.

    All logits of a classifier together get as much variance as those of any other: two channels
    that say correct or not are as loud as a hundred that name the act.

    Args:
        logits: Of some frames, (N, V).
        sizes: Classes of each classifier; they add up to V.

    Returns:
        Mean and scale, (V,) each.
    """
    spread, mean = torch.std_mean(logits, 0)
    counts = torch.tensor(list(sizes))
    loud = (len(mean) / (len(counts) * counts)).sqrt().repeat_interleave(counts)
    return mean, spread.clamp(min=1e-3) / loud
