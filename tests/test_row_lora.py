"""Adapters that only questions about a video pass through, and what they are shown of it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from small_models import EOS, KINDS, rows, small_batch, small_model
from torch import nn

from llamo.cross_talker.words import SeenWords, asking_loss, spell_names
from llamo.decoding import answer_greedy
from llamo.heard import shown
from llamo.model import LlamoForConditionalGeneration
from llamo.outputs import Prompt
from llamo.row_lora import RowLora, adapting


def trained(model: nn.Module) -> nn.Module:
    """As if the adapters had learnt something."""
    torch.manual_seed(3)
    for name, parameter in model.named_parameters():
        if "lora_up" in name:
            nn.init.normal_(parameter, std=0.3)
    return model


def test_only_the_rows_that_see_pass_through() -> None:
    layer = trained(RowLora(nn.Linear(4, 5), rank=2))
    hidden = torch.randn(3, 2, 4)
    plain = layer.layer(hidden)
    assert layer(hidden).equal(plain)
    with adapting(torch.tensor([False, True, False])):
        out = layer(hidden)
    assert out[[0, 2]].equal(plain[[0, 2]])
    added = layer.lora_up(layer.lora_down(hidden[1]))
    torch.testing.assert_close(out[1], plain[1] + added)
    assert layer(hidden).equal(plain)  # nothing stays on


def test_every_beam_of_a_row_is_as_the_row() -> None:
    layer = trained(RowLora(nn.Linear(4, 4), rank=2))
    hidden = torch.randn(2, 1, 4)
    with adapting(torch.tensor([True, False])):
        once, twice = layer(hidden), layer(hidden.repeat_interleave(2, dim=0))
    torch.testing.assert_close(twice, once.repeat_interleave(2, dim=0))


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_asks_a_motion_alone_gets_what_he_got_without_adapters(kind: str) -> None:
    plain = small_model(kind)
    adapted = small_model(kind, video_rank=4)
    known = {name.replace(".layer.", "."): value for name, value in adapted.state_dict().items()}
    plain.load_state_dict({name: known[name] for name in plain.state_dict()})
    trained(adapted)
    batch = small_batch((14, 14, 0), (6, 0, 8))
    one, other = plain(**batch).logits, adapted(**batch).logits
    torch.testing.assert_close(one[1], other[1], atol=1e-6, rtol=1e-5)
    assert not torch.allclose(one[0], other[0], atol=1e-3)
    assert not torch.allclose(one[2], other[2], atol=1e-3)
    head = adapted.language_model.get_output_embeddings()
    assert not isinstance(head, RowLora)


def test_adapters_are_saved_and_read(tmp_path: Path) -> None:
    model = trained(small_model(video_rank=4))
    model.save_pretrained(tmp_path)
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path)
    batch = small_batch((14, 9), (6, 0))
    torch.testing.assert_close(again(**batch).logits, model(**batch).logits)


def test_what_is_seen_has_a_token_each_and_what_is_asked_is_spelled_out() -> None:
    torch.manual_seed(0)
    words = SeenWords([2, 2], 3, scale=0.1)
    names = torch.zeros(4, 2, 3)  # two tokens each, but the first name, which has one
    names[0, 0], names[1] = torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0])
    names[2], names[3] = torch.tensor([0.0, 0, 1]), torch.tensor([0.0, 0, 5])
    with torch.no_grad():
        words.asked.weight.zero_()
        words.asked.bias.copy_(torch.tensor([60.0, 0.0, 0.0]))  # the first question alone
    odds, question = torch.tensor([[30.0, 0.0, 0.0, 0.0]]), torch.randn(1, 4, 3)
    seen = words(odds, names, question, torch.ones(1, 4, dtype=torch.bool))
    each, spelled = seen.tokens[0].split(2)
    torch.testing.assert_close(each, torch.tensor([[0.5, 0, 0], [0, 0, 3]]) + words.about)
    assert not words.about[0].allclose(words.about[1])  # told apart from the beginning
    torch.testing.assert_close(spelled, torch.tensor([[1.0, 0, 0], [0, 0, 0]]) + words.spelled)
    torch.testing.assert_close(seen.likely, torch.tensor([[1.0, 0, 0.5, 0.5]]))
    assert seen.log_shares.exp()[0].tolist() == pytest.approx([1, 0, 0])
    assert seen.wanted.tolist() == [True]
    with torch.no_grad():
        words.asked.bias.copy_(torch.tensor([0.0, 0.0, 60.0]))  # nothing that is seen
    silent = words(odds, names, question, torch.ones(1, 4, dtype=torch.bool))
    assert silent.wanted.tolist() == [False]
    torch.testing.assert_close(silent.tokens[0, 2:], words.spelled.expand(2, 3))


def test_padding_of_a_question_asks_for_nothing() -> None:
    torch.manual_seed(0)
    words, names = SeenWords([2, 3], 4, scale=0.1), torch.randn(5, 2, 4)
    odds, question = torch.randn(1, 5), torch.randn(1, 6, 4)
    mask = torch.tensor([[True, True, True, False, False, False]])
    padded, alone = (
        words(odds, names, question, mask), words(odds, names, question[:, :3], mask[:, :3]),
    )  # fmt: skip
    torch.testing.assert_close(padded.tokens, alone.tokens)


def test_names_are_spelled_with_their_own_tokens() -> None:
    table = nn.Embedding.from_pretrained(torch.eye(4))
    names = spell_names([[[1]], [[2, 3]]], table)
    wanted = torch.stack([torch.eye(4)[[1, 0]], torch.eye(4)[[2, 3]]])
    wanted[0, 1] = 0
    torch.testing.assert_close(names, wanted)


def test_what_is_asked_is_learnt_where_it_is_known() -> None:
    log_shares = torch.tensor([[0.8, 0.2], [0.5, 0.5], [0.1, 0.9]]).log()
    targets = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]])
    known = asking_loss(log_shares, targets)
    assert float(known) == pytest.approx(-(math.log(0.8) + math.log(0.5)) / 2)
    assert float(asking_loss(log_shares, torch.zeros(3, 2))) == 0


def test_what_is_seen_stands_before_the_motion_and_is_read_by_those_who_see() -> None:
    embeddings = torch.arange(8.0).view(2, 4, 1)  # 0..3 and 4..7
    mask = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 1]])
    prompt = Prompt(embeddings, mask, None, None, torch.tensor([True, False]))
    before = torch.tensor([[False, False, True, True], [False, False, False, True]])
    shown = prompt.shown(torch.tensor([[[70.0], [71.0]], [[80.0], [81.0]]]), before)
    assert shown.embeddings[0, :, 0].tolist() == [0, 1, 70, 71, 2, 3]
    assert shown.embeddings[1, :, 0].tolist() == [4, 5, 6, 80, 81, 7]
    assert shown.mask.tolist() == [[1, 1, 1, 1, 1, 1], [0, 1, 1, 0, 0, 1]]
    assert shown.position_ids[1].tolist() == [0, 0, 1, 1, 1, 2]


def seeing_model() -> LlamoForConditionalGeneration:
    """Told what it sees by the features themselves: six concepts of two questions."""
    from llamo.encoders.motion import MotionEncoder
    from llamo.encoders.video import VideoEncoder

    torch.manual_seed(0)
    video = VideoEncoder(
        backbone="test_resnet", side=32, width=2, views=["whole", "person"], concepts=6,
        concept_words=[["red", "blue"], ["cup", "ball", "bag", "book"]], concept_sizes=[2, 4],
    )  # fmt: skip
    motion = MotionEncoder(width=12, conv_layers=1, attention_layers=1, heads=2)
    names = [[[1], [2]], [[3], [4], [5], [6]]]
    config = small_model(
        video_config=video.config, motion_config=motion.config, seen_names=names, video_rank=4
    ).config
    model = LlamoForConditionalGeneration(config, motion_encoder=motion, video_encoder=video)
    return trained(model).eval()  # type: ignore[return-value]


def test_batches_of_motion_and_video_answer_as_each_alone() -> None:
    pytest.importorskip("timm")
    model = seeing_model()
    batch = small_batch((14, 14, 9), (6, 0, 8))
    together = model(**batch)
    for row in range(3):
        alone = model(**rows(batch, [row]))
        torch.testing.assert_close(
            together.logits[row, 12:], alone.logits[0, 12:], atol=1e-5, rtol=1e-4
        )
    losses = [model(**rows(batch, [row])).loss for row in range(3)]
    torch.testing.assert_close(together.loss, sum(losses) / 3)
    scored = model(**batch, answers_only=True)
    assert scored.answer_losses.shape == (3,)
    changed = {**batch, "video_features": batch["video_features"].clone()}
    changed["video_features"][..., -6:] = torch.tensor([9.0, -9, 9, -9, -9, -9])
    other = model(**changed).logits
    assert not torch.allclose(other[0, 12:], together.logits[0, 12:], atol=1e-3)
    torch.testing.assert_close(other[1], together.logits[1])  # has no video


def test_what_is_asked_of_the_motion_passes_through_nothing_that_sees() -> None:
    pytest.importorskip("timm")
    model = seeing_model()
    batch = small_batch((14, 14), (6, 6))
    adapted = model(**batch).logits
    with torch.no_grad():
        model.cross_talker.seen.asked.weight.zero_()
        model.cross_talker.seen.asked.bias.copy_(torch.tensor([0.0, 0.0, 60.0]))
    assert model.prompt(**{k: v for k, v in batch.items() if k != "labels"}).seeing is None
    plain = model(**batch).logits
    assert not torch.allclose(plain, adapted, atol=1e-3)
    for name, parameter in model.named_parameters():
        if "lora_up" in name or "seen.about" in name:
            nn.init.zeros_(parameter)
    torch.testing.assert_close(model(**batch).logits, plain)
    targets = torch.tensor([[0.0, 0, 1], [1, 0, 0]])
    wrong = model(**batch, seen_targets=targets).loss - model(**batch).loss
    assert float(wrong.detach()) == pytest.approx(30, abs=1)  # half of 0 and 60


def test_the_short_loop_says_of_videos_what_generate_says() -> None:
    pytest.importorskip("timm")
    model = seeing_model()
    batch = small_batch((14, 14, 9), (6, 0, 8))
    for name in ("input_ids", "attention_mask"):
        batch[name] = batch[name][:, :17]
    del batch["labels"]
    ends = {"eos_token_id": EOS, "pad_token_id": EOS, "max_new_tokens": 6}
    greedy = answer_greedy(model, **batch, **ends).tokens
    whole = model.generate(**batch, do_sample=False, **ends)
    assert greedy.equal(whole[:, : greedy.shape[1]])
    beams = model.generate(**batch, do_sample=False, num_beams=2, **ends)
    assert len(beams) == 3


def test_an_answer_is_as_sure_as_what_was_seen_of_it() -> None:
    pytest.importorskip("timm")
    model = seeing_model()
    batch = small_batch((14, 14), (6, 0))
    del batch["labels"]
    batch["video_features"][..., -6:] = torch.tensor([9.0, -9, 3, 3, -9, -9])
    with torch.no_grad():
        model.cross_talker.seen.asked.weight.zero_()
        model.cross_talker.seen.asked.bias.zero_()  # both questions alike, and none
    prompt = model.prompt(**batch)
    red, _ = shown(model, prompt, ["Red", "red"])
    assert red == pytest.approx(1 / 3, abs=0.01)
    cup, nobody = shown(model, prompt, ["cup", "cup"])
    assert cup == pytest.approx(1 / 6, abs=0.02)
    assert nobody is None  # has no video
    assert shown(model, prompt, ["wave", "5"]) == [None, None]
    motion = model.prompt(**rows(batch, [1]))
    assert shown(model, motion, ["red"]) == [None]
