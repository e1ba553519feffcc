"""Looking up frames, and where they lie beside what was found."""

from __future__ import annotations

import pytest
import torch

from llamo.cross_talker.lookup import FrameLookup, displacement_code, pointed_at


def test_folding_the_projections_changes_nothing() -> None:
    torch.manual_seed(0)
    lookup = FrameLookup(8, 6, 8, heads=2)
    queries, memory = torch.randn(2, 3, 8), torch.randn(2, 5, 6)
    found, attention = lookup(queries, memory, torch.ones(2, 1, 5, dtype=torch.bool))
    query = lookup.query(lookup.norm(queries)).unflatten(-1, (2, 4))
    key = torch.einsum("btm,hdm->bthd", memory, lookup.key)
    value = torch.einsum("btm,hmd->bthd", memory, lookup.value)
    weights = torch.einsum("bqhd,bthd->bqht", query, key).div(2).softmax(-1)
    expected = lookup.out(torch.einsum("bqht,bthd->bqhd", weights, value).flatten(2))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(attention, weights.mean(2))


def test_displacement_tells_before_inside_and_after_a_span() -> None:
    seconds = torch.arange(7.0)[None]  # 0-6 s
    code = displacement_code(seconds, torch.tensor([[[2.0, 4.0]]]))[0, 0]  # (R, T)
    steps, inside, before, after = code[:3], code[3], code[4:7], code[7:]
    assert (steps[:, :2] < -0.1).all()
    assert (steps[:, 2:5] == 0).all()
    assert (steps[:, 5:] > 0.1).all()
    assert inside.tolist() == [0, 0, 1, 1, 1, 0, 0]
    assert (before[:, 1] > before[:, 0]).all()  # just before is nearer than long before
    assert (before[:, 2:] == 0).all()
    torch.testing.assert_close(after, before.flip(1))


def test_a_query_points_from_the_first_to_the_last_frame_it_attends_to() -> None:
    seconds = torch.arange(40.0)[None] / 10
    attention = torch.zeros(1, 2, 40)
    attention[0, 0, 10:20] = 0.09  # 1-2 s, and a tenth of it far away
    attention[0, 0, 39] = 0.1
    attention[0, 1, :30] = 1 / 30  # everywhere; the rest is padding
    (first, last), (start, end) = pointed_at(attention, seconds)[0].tolist()
    assert first == pytest.approx(1.0, abs=0.2)
    assert last == pytest.approx(2.0, abs=0.2)
    assert start == pytest.approx(0.0, abs=0.2)
    assert end == pytest.approx(3.0, abs=0.2)
