"""How a step is calculated: in bfloat16 where the machine multiplies in it, else in float32.

Weights, softmax, norms and losses stay float32 (torch's autocast), and so does all that is measured
in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel


@contextmanager
def fast_arithmetic(device: torch.device) -> Iterator[None]:
    """Forward passes inside, and their backward passes, take the machine's fastest way.

    On a processor attention is spelled out: torch's fused kernel for it goes backward in bfloat16
    four times slower than forward.
    """
    fast = multiplies_bfloat16(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=fast):
        if device.type == "cpu" and fast:
            with sdpa_kernel(SDPBackend.MATH):
                yield
        else:
            yield


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is in the hardware; where it is not, it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # 2.11 has none
    return any(known.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
