"""Training takes bfloat16 where the machine multiplies in it, and stays what it was."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from llamo.train import arithmetic
from llamo.train.arithmetic import fast_arithmetic, multiplies_bfloat16

CPU = torch.device("cpu")


def trained(fast: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[torch.Tensor, torch.Tensor]:
    """What attention and a layer give, and the layer's gradient."""
    monkeypatch.setattr(arithmetic, "multiplies_bfloat16", lambda device: fast)
    torch.manual_seed(0)
    layer = torch.nn.Linear(16, 16)
    inputs = torch.randn(2, 4, 5, 16)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    with fast_arithmetic(CPU):
        heads = layer(inputs)
        result = functional.scaled_dot_product_attention(heads, heads, heads, attn_mask=mask)
    result.float().square().sum().backward()
    assert layer.weight.dtype == layer.weight.grad.dtype == torch.float32
    return result.detach(), layer.weight.grad


def test_bfloat16_is_near_float32(monkeypatch: pytest.MonkeyPatch):
    plain, fast = (trained(fast, monkeypatch) for fast in (False, True))
    assert (plain[0].dtype, fast[0].dtype) == (torch.float32, torch.bfloat16)
    for one, other in zip(plain, fast, strict=True):
        torch.testing.assert_close(other.float(), one, atol=0.03 * float(one.abs().max()), rtol=0)


@pytest.mark.parametrize(
    ("known", "fast"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_f": True}, False)],
)
def test_the_processor_is_asked(monkeypatch: pytest.MonkeyPatch, known: dict, fast: bool):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert multiplies_bfloat16(CPU) is fast


def test_a_torch_that_cannot_tell_stays_with_float32(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not multiplies_bfloat16(CPU)
    with fast_arithmetic(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
