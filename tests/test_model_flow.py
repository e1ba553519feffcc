"""The whole flow on tiny random models: what must hold whatever was trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_models import (
    EOS,
    KINDS,
    LANGUAGE_WIDTH,
    model_with_encoder,
    raw_batch,
    rows,
    small_batch,
    small_model,
)

from llamo.config import LlamoConfig
from llamo.errors import ModelError

# Decisions


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_answers_nearly_the_same(dtype: torch.dtype) -> None:
    model, batch = small_model(), small_batch((30, 9, 0), (12, 0, 6))
    forced = torch.tensor([[1, 5, 8, -1], [0, 3, -1, -1], [0, 2, 4, 5]])
    whole = model(**batch, forced_viewpoints=forced).logits
    half = model.to(dtype)(**batch, forced_viewpoints=forced).logits
    assert half.dtype == dtype
    torch.testing.assert_close(half.float(), whole, atol=0.05, rtol=0.1)


def test_answer_does_not_leak_into_the_prefix() -> None:
    model, batch = small_model(), small_batch()
    other = {name: value.clone() for name, value in batch.items()}
    other["input_ids"][:, 17:] = (other["input_ids"][:, 17:] + 1) % 250
    other["labels"][:, 17:] = other["input_ids"][:, 17:]
    batch.pop("labels"), other.pop("labels")
    one, two = model.prompt(**batch), model.prompt(**other)
    assert one.embeddings[:, :17].equal(two.embeddings[:, :17])
    assert one.talk.selection.frames.equal(two.talk.selection.frames)
    assert not one.embeddings[:, 17:].equal(two.embeddings[:, 17:])


def test_the_last_question_alone_guides() -> None:
    model, batch = small_model(), small_batch()
    batch.pop("labels")
    history = {name: value.clone() for name, value in batch.items()}
    history["input_ids"][:, :2] = 77  # stands before the question's tokens
    one, two = model.prompt(**batch), model.prompt(**history)
    assert one.talk.motion.equal(two.talk.motion)
    assert one.talk.selection.scores.equal(two.talk.selection.scores)
    history["input_ids"][:, 3] = 78
    assert not model.prompt(**history).talk.selection.scores.equal(one.talk.selection.scores)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_answers_the_same_alone_or_in_a_batch(kind: str) -> None:
    model, batch = small_model(kind), small_batch((30, 9, 3))
    together = model(**batch)
    for row, length in enumerate((30, 9, 3)):
        single = rows(batch, [row])
        for name in ("motion_features", "motion_mask", "motion_time_s"):
            single[name] = single[name][:, :length]
        alone = model(**single)
        torch.testing.assert_close(
            together.logits[row, 12:], alone.logits[0, 12:], atol=1e-5, rtol=1e-4
        )
        count = min(4, length)
        assert together.viewpoints[row, :count].equal(alone.viewpoints[0])
        assert together.viewpoint_mask[row].sum() == count


@pytest.mark.parametrize("reduction", ["token_mean", "sample_sum"])
def test_motion_video_and_both_mix_in_one_batch(reduction: str) -> None:
    model = small_model(loss_reduction=reduction)
    batch = small_batch((14, 14, 0), (6, 0, 8))
    together = model(**batch).loss
    both = model(**rows(batch, [0])).loss
    motion = rows(batch, [1])
    motion = model(**{name: v for name, v in motion.items() if not name.startswith("video")}).loss
    video = rows(batch, [2])
    video = model(**{name: v for name, v in video.items() if not name.startswith("motion")}).loss
    torch.testing.assert_close(together, (both + motion + video) / 3)


def test_surplus_motion_tokens_are_not_read() -> None:
    """A clip of two frames gives two tokens: the rest of the placeholders change nothing."""
    model, batch = small_model(), small_batch((2,))
    batch.pop("labels")
    prompt = model.prompt(**batch)
    assert prompt.mask[0, 8:12].tolist() == [1, 1, 0, 0]
    assert prompt.position_ids[0, 12] == 10
    shorter = {name: value.clone() for name, value in batch.items()}
    for name in ("input_ids", "attention_mask"):
        shorter[name] = torch.cat([batch[name][:, :10], batch[name][:, 12:]], dim=1)
    torch.testing.assert_close(
        model(**batch).logits[:, 12:], model(**shorter).logits[:, 10:], atol=1e-5, rtol=1e-4
    )


def test_viewpoints_carry_seconds_of_the_clips_clock() -> None:
    model, batch = small_model(), small_batch((14, 9))
    batch["motion_time_s"] = batch["motion_time_s"] * 3 + 2
    output = model(**batch)
    expected = batch["motion_time_s"].gather(1, output.viewpoints)
    assert output.viewpoint_time_s.equal(expected)
    assert output.scores.min() >= 0
    assert output.scores.max() <= 1


def test_the_clock_moves_the_answer_not_the_frame_numbers() -> None:
    """The same frames at another rate are another motion."""
    model, batch = small_model(), small_batch((14, 9))
    slow = {**batch, "motion_time_s": batch["motion_time_s"] * 2}
    assert not torch.allclose(model(**batch).logits, model(**slow).logits, atol=1e-5)


# A clip is opened once


def test_an_open_clip_answers_as_a_new_one() -> None:
    model, batch = small_model(), small_batch((14, 9), (6, 4))
    streams = {n: v for n, v in batch.items() if n.startswith(("motion", "video"))}
    asked = {name: value for name, value in batch.items() if name not in streams}
    clips = model.encode_clip(**streams)
    assert model(**asked, enhanced_features=clips).logits.equal(model(**batch).logits)


def test_questions_may_share_a_clip() -> None:
    model, batch = small_model(), small_batch((14, 14, 14))
    index = torch.tensor([1, 0, 1])
    for name in ("motion_features", "motion_mask", "motion_time_s"):
        batch[name] = batch[name][:2]
    shared = model(**batch, clip_index=index)
    for name in ("motion_features", "motion_mask", "motion_time_s"):
        batch[name] = batch[name][index]
    assert shared.logits.equal(model(**batch).logits)


def test_forced_viewpoints_take_the_place_of_the_chosen() -> None:
    model, batch = small_model(), small_batch((14, 14))
    forced = torch.tensor([[0, 1, 2, 3], [10, 11, 12, -1]])
    output = model(**batch, forced_viewpoints=forced)
    assert output.viewpoints[output.viewpoint_mask].tolist() == [0, 1, 2, 3, 10, 11, 12]
    chosen = model(**batch)
    again = model(**batch, forced_viewpoints=chosen.viewpoints)
    torch.testing.assert_close(again.logits, chosen.logits)


# The frozen encoder


def test_frozen_encoders_do_not_change() -> None:
    model = model_with_encoder().train()
    before = {name: value.clone() for name, value in model.motion_encoder.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    model(**raw_batch(model)).loss.backward()
    optimizer.step()
    assert not model.motion_encoder.training
    assert all(parameter.grad is None for parameter in model.motion_encoder.parameters())
    after = model.motion_encoder.state_dict()
    assert all(value.equal(after[name]) for name, value in before.items())


def test_raw_motion_is_encoded_inside() -> None:
    model = model_with_encoder().eval()
    batch = raw_batch(model)
    features, mask = model.motion_encoder(batch["motion_inputs"], batch["motion_inputs_mask"])
    given = {name: value for name, value in batch.items() if not name.startswith("motion_inputs")}
    torch.testing.assert_close(
        model(**batch).logits,
        model(**given, motion_features=features, motion_mask=mask).logits,
    )


# Switches


def test_without_motion_tokens_the_motion_is_not_read() -> None:
    model = small_model(use_motion_tokens=False)
    one, two = small_batch(), small_batch()
    two["motion_features"] = torch.randn_like(two["motion_features"])
    assert model(**one).logits.equal(model(**two).logits)
    assert not hasattr(model, "cross_talker")


def test_motion_tokens_can_be_switched_off_afterwards() -> None:
    model = small_model()
    model.config.use_motion_tokens = False
    output = model(**small_batch())
    assert output.viewpoints is None
    assert output.logits.isfinite().all()


@pytest.mark.parametrize(
    "changes",
    [{"use_enhancer": False, "video_width": None}, {"use_fusion": False}, {"selection": "uniform"},
     {"use_receptive_field": False}, {"reader_layers": 1}],
)  # fmt: skip
def test_every_switch_trains(changes: dict) -> None:
    model = small_model(**changes).train()
    output = model(**small_batch((14, 9)))
    output.loss.backward()
    assert output.loss.isfinite()


def test_all_frames_enter_when_asked() -> None:
    model = small_model(selection="all")
    batch = small_batch((3, 2))
    batch.pop("labels")
    prompt = model.prompt(**batch)
    assert prompt.talk.motion.shape == (2, 3, LANGUAGE_WIDTH)
    assert prompt.mask[:, 8:12].tolist() == [[1, 1, 1, 0], [1, 1, 0, 0]]


def test_config_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ModelError, match="selection must be one of"):
        LlamoConfig(selection="random")
    with pytest.raises(ModelError, match="multiple of heads"):
        LlamoConfig(width=30, heads=4)


def test_config_survives_json(tmp_path: Path) -> None:
    config = small_model(num_viewpoints=7).config
    config.save_pretrained(tmp_path)
    again = LlamoConfig.from_pretrained(tmp_path)
    assert again.num_viewpoints == 7
    assert again.text_config.hidden_size == LANGUAGE_WIDTH
    assert again.text_config.eos_token_id == EOS
