"""Section 3.2, equations 1-8, by hand where a hand can follow."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from llamo.cross_talker import CrossTalker, EncodedClip
from llamo.cross_talker.aggregate import ContextAggregator, in_window
from llamo.cross_talker.lookup import FrameLookup
from llamo.cross_talker.select import (
    Selection,
    ViewpointSelector,
    selection_loss,
    top_frames,
    uniform_frames,
)


def one_hot_clip(count: int = 6) -> EncodedClip:
    """Frame j is the j-th unit vector; no time code, 1 Hz."""
    frames = torch.eye(count)[None]
    mask = torch.ones(1, count, dtype=torch.bool)
    time_s = torch.arange(count)[None].float()
    return EncodedClip(frames, mask, time_s, torch.zeros(1, count, 0), ~mask, width=count)


def identity_selector(count: int = 6, k: int = 2, pooling: str = "max") -> ViewpointSelector:
    """W_Q = W_K = 1."""
    selector = ViewpointSelector(count, count, k, word_pooling=pooling).eval()
    for weight in (selector.query.weight, selector.key.weight):
        nn.init.eye_(weight)
    return selector


def nothing_found(words: torch.Tensor, clip: EncodedClip) -> torch.Tensor:
    """Codes of no span at all."""
    return torch.zeros(*words.shape[:2], 0, clip.mask.shape[1])


def select(selector: ViewpointSelector, words: torch.Tensor, clip: EncodedClip) -> Selection:
    mask = torch.ones(words.shape[:2], dtype=torch.bool)
    return selector(words, mask, nothing_found(words, clip), clip)


def selected(frames: list[int], count: int, gate: float = 1.0) -> Selection:
    index = torch.tensor([frames])
    scores = torch.full((1, count), 1 / count)
    ones = torch.full(index.shape, gate)
    return Selection(index, torch.ones_like(index).bool(), scores, scores.log(), ones, scores)


def talker(**changes: object) -> CrossTalker:
    torch.manual_seed(0)
    return CrossTalker(16, 32, k=4, heads=2, segment_size=3, **changes).eval()  # type: ignore[arg-type]


def clip_of(talk: CrossTalker, lengths: tuple[int, ...], seed: int = 0) -> EncodedClip:
    torch.manual_seed(seed)
    longest = max(lengths)
    features = torch.randn(len(lengths), longest, 16)
    mask = torch.arange(longest) < torch.tensor(lengths)[:, None]
    time_s = (torch.arange(longest) / 10).repeat(len(lengths), 1)
    return talk.remember(features * mask[..., None], mask, time_s)


# Equations 1 and 2


def test_frame_that_matches_the_question_is_selected() -> None:
    words = 10 * torch.eye(6)[None, [4, 1]]  # one word for frame 4, one for frame 1
    chosen = select(identity_selector(), words, one_hot_clip())
    assert chosen.frames.tolist() == [[1, 4]]  # in time order


def test_scores_are_the_maximum_of_the_softmax_over_words() -> None:
    words = torch.tensor([[[3.0, 0, 0], [0, 1.0, 0]]])
    chosen = select(identity_selector(3), words, one_hot_clip(3))
    root = math.sqrt(3)
    first = torch.softmax(torch.tensor([3 / root, 0, 0]), 0)
    second = torch.softmax(torch.tensor([0, 1 / root, 0]), 0)
    torch.testing.assert_close(chosen.scores[0], torch.maximum(first, second))


def test_words_vote_for_frames() -> None:
    """Nobody's vote weighs more at first; then the second word has three votes of four."""
    words = torch.tensor([[[3.0, 0, 0], [0, 1.0, 0]]])
    selector = identity_selector(3, pooling="vote")
    root = math.sqrt(3)
    first = torch.softmax(torch.tensor([3 / root, 0, 0]), 0)
    second = torch.softmax(torch.tensor([0, 1 / root, 0]), 0)
    even = select(selector, words, one_hot_clip(3)).scores[0]
    torch.testing.assert_close(even, (first + second) / 2)
    with torch.no_grad():
        selector.vote.weight.copy_(torch.tensor([[0.0, math.log(3), 0.0]]))
    chosen = select(selector, words, one_hot_clip(3))
    torch.testing.assert_close(chosen.scores[0], (first + 3 * second) / 4)


@pytest.mark.parametrize("pooling", ["vote", "max"])
def test_padded_words_ask_nothing(pooling: str) -> None:
    words = 10 * torch.eye(6)[None, [4, 1]]
    mask = torch.tensor([[True, False]])
    clip = one_hot_clip()
    selector = identity_selector(k=1, pooling=pooling)
    chosen = selector(words, mask, nothing_found(words, clip), clip)
    assert chosen.frames.tolist() == [[4]]


def test_padding_is_never_selected() -> None:
    mask = torch.tensor([[True, True, True, False, False], [True] * 5])
    ranking = torch.tensor([[0.1, 0.2, 0.3, 9.0, 9.0], [0.1, 0.5, 0.2, 0.9, 0.3]])
    frames, valid = top_frames(ranking, mask, 4)
    assert frames[0][valid[0]].tolist() == [0, 1, 2]
    assert frames[1].tolist() == [1, 2, 3, 4]
    assert valid.sum(1).tolist() == [3, 4]


def test_a_short_clip_keeps_all_its_frames() -> None:
    chosen = select(identity_selector(k=16), 10 * torch.eye(6)[None, [4]], one_hot_clip())
    assert chosen.frames.tolist() == [list(range(6))]
    assert chosen.valid.all()


def test_uniform_frames_are_spread_over_the_real_ones() -> None:
    mask = torch.arange(12) < torch.tensor([12, 8, 2])[:, None]
    frames, valid = uniform_frames(mask, 4)
    assert frames[0].tolist() == [1, 4, 7, 10]
    assert frames[1].tolist() == [1, 3, 5, 7]
    assert frames[2][valid[2]].tolist() == [0, 1]


def test_forced_frames_are_taken() -> None:
    selector = identity_selector()
    words, clip = 10 * torch.eye(6)[None, [4, 1]].repeat(2, 1, 1), one_hot_clip()
    clip = clip.take(torch.tensor([0, 0]))
    mask, beside = torch.ones(2, 2, dtype=torch.bool), nothing_found(words, clip)
    forced = torch.tensor([[5, 0, -1], [-1, -1, -1]])
    chosen = selector(words, mask, beside, clip, forced=forced)
    assert chosen.frames[0, chosen.valid[0]].tolist() == [0, 5]
    assert chosen.frames[1, chosen.valid[1]].tolist() == [1, 4]  # it chose for itself
    assert chosen.gate.tolist() == [[1, 1, 1]] * 2
    assert chosen.shares[0].tolist() == [0.5, 0, 0, 0, 0, 0.5]  # whatever their scores
    assert chosen.shares[1, [1, 4]].sum() > 0.6


def test_frames_far_less_relevant_than_the_best_are_no_viewpoints() -> None:
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
    ranking = torch.tensor([[-1.0, -4.0, -2.5, -3.5, -9.0], [-1.0, -1.0, 5.0, 5.0, 5.0]])
    frames, valid = top_frames(ranking, mask, 4, margin=2.0)
    assert frames[0][valid[0]].tolist() == [0, 2]
    assert frames[1][valid[1]].tolist() == [0, 1]  # padding is never the best


def test_what_is_looked_at_is_the_score_or_the_frames_that_were_not_chosen_by_it() -> None:
    words, clip = 3 * torch.eye(6)[None, [4, 1]], one_hot_clip()
    selector = identity_selector(pooling="vote")
    chosen = select(selector, words, clip)
    torch.testing.assert_close(chosen.shares, chosen.scores)
    torch.testing.assert_close(chosen.shares.sum(1), torch.ones(1))
    selector.selection = "uniform"
    assert select(selector, words, clip).shares[0].tolist() == [0, 0.5, 0, 0, 0.5, 0]


def scored(scores: torch.Tensor, named: torch.Tensor | None = None) -> Selection:
    nowhere = torch.zeros(len(scores), 0, dtype=torch.long)
    return Selection(
        nowhere, nowhere.bool(), scores, scores.log(), nowhere.float(), scores, named
    )  # fmt: skip


def test_selection_loss_is_the_missed_share() -> None:
    scores = torch.tensor([[0.5, 0.25, 0.25], [0.9, 0.05, 0.05]])
    targets = torch.tensor([[True, True, False], [False, False, False]])
    loss = selection_loss(scored(scores), targets)
    torch.testing.assert_close(loss, -torch.log(torch.tensor(0.75)))
    assert selection_loss(scored(scores), targets[1:].repeat(2, 1)) == 0


def test_selection_loss_adds_what_the_words_missed_of_what_they_name() -> None:
    scores = torch.tensor([[0.5, 0.25, 0.25]])
    named = torch.tensor([[0.1, 0.1, 0.8]])
    targets, anchors = torch.tensor([[True, False, False]]), torch.tensor([[False, False, True]])
    loss = selection_loss(scored(scores, named), targets, anchors)
    # one frame alone is named: to miss it and to look unevenly are the same
    torch.testing.assert_close(
        loss, -torch.log(torch.tensor(0.5)) - 1.5 * torch.log(torch.tensor(0.8))
    )


def test_words_are_to_look_at_all_of_what_the_question_names() -> None:
    scores = torch.full((1, 3), 1 / 3)
    nothing, both = torch.zeros(1, 3, dtype=torch.bool), torch.tensor([[True, True, False]])
    even = selection_loss(scored(scores, torch.tensor([[0.5, 0.5, 0.0]])), nothing, both)
    uneven = selection_loss(scored(scores, torch.tensor([[0.9, 0.1, 0.0]])), nothing, both)
    torch.testing.assert_close(even, torch.tensor(0.0), atol=1e-5, rtol=0)
    assert uneven > 0.2


def test_words_look_first_on_average() -> None:
    talk = talker()
    clip = clip_of(talk, (14, 9))
    question, mask = torch.randn(2, 5, 32), torch.ones(2, 5, dtype=torch.bool)
    mask[1, 3:] = False
    named = talk(question, mask, clip).selection.named
    torch.testing.assert_close(named.sum(1), torch.ones(2))
    assert named[1, 9:].eq(0).all()
    alone = talk(question[1:, :3], mask[1:, :3], clip.take(torch.tensor([1]))).selection.named
    torch.testing.assert_close(named[1:], alone)


def test_supervision_teaches_the_selection() -> None:
    """Two frames of six hold the answer; the scores find them."""
    talk = talker(selection_noise=0.0)
    clip = clip_of(talk, (12,))
    question, mask = torch.randn(1, 5, 32), torch.ones(1, 5, dtype=torch.bool)
    targets = torch.zeros(1, 12, dtype=torch.bool)
    targets[:, 7:11] = True
    optimizer = torch.optim.Adam(talk.parameters(), lr=1e-2)
    for _ in range(40):
        optimizer.zero_grad()
        selection_loss(talk(question, mask, clip).selection, targets).backward()
        optimizer.step()
    assert talk(question, mask, clip).selection.frames.tolist() == [[7, 8, 9, 10]]


# Equations 3 to 7


def test_window_holds_the_frames_within_reach() -> None:
    clip = one_hot_clip(11)  # 0-10 s
    inside = in_window(clip, torch.tensor([[5, 0]]), torch.tensor([[0.2, 0.0]]))
    assert inside[0, 0].round().tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]
    assert inside[0, 1].round().tolist() == [1] + [0] * 10  # itself, always


def test_reach_learns_through_the_soft_edge() -> None:
    reach = torch.tensor([[0.2]], requires_grad=True)
    in_window(one_hot_clip(11), torch.tensor([[5]]), reach).sum().backward()
    assert reach.grad is not None
    assert reach.grad.item() > 0


def test_frames_outside_the_window_are_not_attended_to() -> None:
    torch.manual_seed(0)
    lookup = FrameLookup(6, 6, 6, heads=1)
    memory, queries = torch.randn(1, 5, 6), torch.randn(1, 1, 6)
    visible = torch.ones(1, 1, 5, dtype=torch.bool)
    inside = torch.tensor([[[0.0, 1, 1, 0, 0]]])
    _, attention = lookup(queries, memory, visible, membership=inside)
    assert (attention[0, 0, [0, 3, 4]] == 0).all()
    torch.testing.assert_close(attention.sum(), torch.tensor(1.0))
    _, alone = lookup(queries, memory[:, 1:3], visible[..., :2])
    torch.testing.assert_close(attention[..., 1:3], alone)


def test_segments_are_averages_without_padding() -> None:
    aggregate = ContextAggregator(2, 2, heads=1, segment_size=2)
    memory = torch.tensor([[[1.0, 0], [3, 0], [5, 2], [0, 0], [0, 0]]])
    mask = torch.tensor([[True, True, True, False, False]])
    clip = EncodedClip(
        memory, mask, torch.arange(5)[None].float(), torch.zeros(1, 5, 0), ~mask, width=2
    )
    segments, real = aggregate.segments(clip)
    assert segments[0].tolist() == [[2, 0], [5, 2], [0, 0]]
    assert real[0].tolist() == [True, True, False]


def test_viewpoints_hold_local_and_global_context() -> None:
    torch.manual_seed(0)
    aggregate = ContextAggregator(6, 6, heads=2, segment_size=2)
    viewpoints, reach = aggregate(one_hot_clip(), selected([1, 4], 6))
    assert viewpoints.shape == (1, 2, 12)
    assert ((reach > 0) & (reach < 1)).all()


def test_receptive_field_asks_the_unselected_frames() -> None:
    torch.manual_seed(0)
    aggregate = ContextAggregator(6, 6, heads=2)
    seen = {}
    hook = lambda _, args: seen.update(visible=args[2])  # noqa: E731
    assert aggregate.receptive_field is not None
    aggregate.receptive_field.lookup.register_forward_pre_hook(hook)
    aggregate(one_hot_clip(), selected([1, 4], 6))
    assert seen["visible"].tolist() == [[[True, False, True, True, False, True]]]


def test_nothing_breaks_when_every_frame_is_selected() -> None:
    torch.manual_seed(0)
    aggregate = ContextAggregator(6, 6, heads=2)
    viewpoints, reach = aggregate(one_hot_clip(), selected(list(range(6)), 6))
    (viewpoints.sum() + reach.sum()).backward()
    assert viewpoints.isfinite().all()
    assert all(p.grad.isfinite().all() for p in aggregate.parameters() if p.grad is not None)


# The whole


def test_batch_is_as_good_as_alone() -> None:
    talk = talker()
    clip = clip_of(talk, (14, 9, 3))
    question, mask = torch.randn(3, 5, 32), torch.ones(3, 5, dtype=torch.bool)
    mask[1, 3:] = False
    together = talk(question, mask, clip)
    for row, length in enumerate((14, 9, 3)):
        words = int(mask[row].sum())
        alone = talk(
            question[row : row + 1, :words], mask[row : row + 1, :words],
            EncodedClip(clip.memory[row : row + 1, :length], clip.mask[row : row + 1, :length],
                        clip.time_s[row : row + 1, :length], clip.log_odds[row : row + 1, :length],
                        clip.seen[row : row + 1, :length], 16),
        )  # fmt: skip
        count = min(4, length)
        valid = together.selection.valid[row]
        assert valid.sum() == count
        assert together.selection.frames[row, :count].equal(alone.selection.frames[0])
        torch.testing.assert_close(
            together.motion[row, :count], alone.motion[0], atol=1e-5, rtol=1e-4
        )
        assert together.text is not None
        assert alone.text is not None
        torch.testing.assert_close(
            together.text[row, :words], alone.text[0], atol=1e-5, rtol=1e-4
        )  # fmt: skip
        torch.testing.assert_close(
            together.selection.scores[row, :length], alone.selection.scores[0]
        )
        assert together.selection.scores[row, length:].abs().sum() == 0


def test_two_questions_of_one_clip_look_at_different_frames() -> None:
    talk = talker()
    for parameter in talk.select.parameters():
        nn.init.normal_(parameter, std=1.0)
    clip = clip_of(talk, (60,)).take(torch.tensor([0, 0]))
    question, mask = torch.randn(2, 5, 32), torch.ones(2, 5, dtype=torch.bool)
    frames = talk(question, mask, clip).selection.frames
    assert set(frames[0].tolist()) != set(frames[1].tolist())


def test_time_stays_part_of_a_viewpoint() -> None:
    """The same posture early and late gives different tokens."""
    talk = talker(selection="all")
    features = torch.randn(1, 1, 16).repeat(1, 9, 1)
    mask = torch.ones(1, 9, dtype=torch.bool)
    clip = talk.remember(features, mask, torch.arange(9)[None] / 10)
    motion = talk(torch.randn(1, 5, 32), torch.ones(1, 5, dtype=torch.bool), clip).motion
    distance = (motion[0, 0] - motion[0, 1:]).norm(dim=-1)
    assert (distance > 1e-3).all()


def test_a_clip_without_frames_gives_no_nan() -> None:
    talk = talker()
    clip = clip_of(talk, (4, 0))
    result = talk(torch.randn(2, 5, 32), torch.ones(2, 5, dtype=torch.bool), clip)
    assert result.motion.isfinite().all()
    assert not result.selection.valid[1].any()


def test_stacked_clips_are_the_clips() -> None:
    talk = talker()
    long, short = clip_of(talk, (9,)), clip_of(talk, (5,), seed=1)
    both = EncodedClip.stack([long, short])
    assert both.mask.sum(1).tolist() == [9, 5]
    assert both.take(torch.tensor([1])).memory[:, :5].equal(short.memory)


@pytest.mark.parametrize(
    "changes",
    [{}, {"selection": "uniform"}, {"selection": "all"}, {"use_receptive_field": False},
     {"use_fusion": False}],
)  # fmt: skip
def test_every_switch_works(changes: dict) -> None:
    talk = talker(**changes)
    clip = clip_of(talk, (9, 5))
    result = talk(torch.randn(2, 5, 32), torch.ones(2, 5, dtype=torch.bool), clip)
    count = 9 if changes.get("selection") == "all" else 4
    assert result.motion.shape == (2, count, 32)
    assert (result.text is None) == ("use_fusion" in changes)
