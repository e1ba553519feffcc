"""Looking up frames, and where they lie beside what was found."""

from __future__ import annotations

import pytest
import torch

from llamo.cross_talker.lookup import (
    SPAN_NOTES,
    FrameLookup,
    displacement_code,
    pointed_at,
    span_notes,
)


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


def test_how_well_the_best_frame_fits_is_told() -> None:
    """Attention over one frame is 1 whatever it shows; only the strength tells it apart."""
    torch.manual_seed(0)
    lookup = FrameLookup(4, 4, 4, heads=1, tells_strength=True)
    query, frame = torch.randn(1, 1, 4), torch.randn(1, 1, 4)
    seen = torch.ones(1, 1, 1, dtype=torch.bool)
    with torch.no_grad():
        lookup.value.zero_()
        lookup.strength.weight.copy_(torch.tensor([[1.0, 0]] * 4))
        found, attention = lookup(query, frame, seen)
        opposite, _ = lookup(query, -frame, seen)
        nothing, _ = lookup(query, frame, ~seen)
    assert attention.item() == 1
    torch.testing.assert_close(found - lookup.out.bias, lookup.out.bias - opposite)
    assert (found - opposite).abs().min() > 0.01
    assert (nothing == 0).all()


def test_a_span_tells_where_in_the_clip_it_lies_and_whether_it_is_full() -> None:
    seconds = torch.arange(100.0)[None] / 10
    attention = torch.zeros(1, 3, 120)
    attention[0, 0, :20] = 1 / 20  # opens the clip
    attention[0, 1, 80:100] = 1 / 20  # ends it
    attention[0, 2, [*range(10, 20), *range(80, 90)]] = 1 / 20  # occurs twice
    padded = torch.nn.functional.pad(seconds, (0, 20))
    mask = torch.arange(120)[None] < 100
    notes = span_notes(attention, mask, padded, pointed_at(attention, padded))[0]
    assert notes.shape == (3, SPAN_NOTES)
    start, end, (length, held) = notes[:, :3], notes[:, 3:6], notes[:, 6:].expm1().T
    assert (start[0] > 0.5).all()
    assert (end[1] > 0.5).all()
    assert start[1, 0] < 0.01
    assert end[0, 0] < 0.01
    torch.testing.assert_close(held, torch.full((3,), 2.0), atol=0.1, rtol=0)
    assert length[2] > 3 * held[2]
    assert length[0] < 1.5 * held[0]
    alone = attention[..., :100]
    same = span_notes(alone, mask[:, :100], seconds, pointed_at(alone, seconds))[0]
    torch.testing.assert_close(notes, same)  # padding says nothing
