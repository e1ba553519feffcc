"""The whole flow on tiny random models: what must hold whatever was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from small_models import (
    EOS,
    LANGUAGE_WIDTH,
    MOTION_ID,
    MOTION_WIDTH,
    PAD,
    rows,
    small_batch,
    small_model,
    text_config,
)  # fmt: skip
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

from llamo.config import LlamoConfig
from llamo.decoding import answer_greedy
from llamo.encoders.motion import MotionEncoder
from llamo.errors import ModelError
from llamo.model import LlamoForConditionalGeneration

KINDS = ["llama", "qwen2"]


def question_of(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The batch without answers: prompts of 17 tokens."""
    prompt = {name: value for name, value in batch.items() if name != "labels"}
    for name in ("input_ids", "attention_mask"):
        prompt[name] = prompt[name][:, :17]
    return prompt


# Decisions


@pytest.mark.parametrize("kind", KINDS)
def test_every_trainable_parameter_gets_a_gradient(kind: str) -> None:
    model = small_model(kind).train()
    batch = small_batch((30, 9, 0), (12, 0, 6))  # both, motion only, video only
    targets = torch.zeros(3, 30, dtype=torch.bool)
    targets[0, 5:9] = True
    model(**batch, viewpoint_targets=targets).loss.backward()
    missing = [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not parameter.grad.any())
    ]
    assert not missing


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_answers_nearly_the_same(dtype: torch.dtype) -> None:
    model, batch = small_model(), small_batch((30, 9, 0), (12, 0, 6))
    forced = torch.tensor([[1, 5, 8, -1], [0, 3, -1, -1], [0, 2, 4, 5]])
    whole = model(**batch, forced_viewpoints=forced).logits
    half = model.to(dtype)(**batch, forced_viewpoints=forced).logits
    assert half.dtype == dtype
    torch.testing.assert_close(half.float(), whole, atol=0.05, rtol=0.1)


def test_selection_learns_from_the_answer_alone() -> None:
    """Decision 1: hard top-K still gives W_Q, W_K and the radius regressor a gradient."""
    model = small_model().train()
    model(**small_batch((30, 20))).loss.backward()
    for weight in (
        model.cross_talker.select.query.weight,
        model.cross_talker.select.key.weight,
        model.cross_talker.aggregate.receptive_field.radius.weight,
    ):
        assert weight.grad is not None
        assert weight.grad.abs().max() > 0


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


# Loss


@pytest.mark.parametrize("training", [False, True])
def test_loss_is_equation_11_by_hand(training: bool) -> None:
    batch = small_batch()
    batch["labels"][1, 17] = -100  # answers of three and of two tokens
    model = small_model(selection_noise=0.0)
    log_p = model(**batch).logits.log_softmax(-1)
    total = [
        sum(
            -log_p[b, t - 1, batch["labels"][b, t]] for t in range(20) if batch["labels"][b, t] >= 0
        )
        for b in range(2)
    ]
    model.train(training)
    torch.testing.assert_close(model(**batch).loss, (total[0] + total[1]) / 5)
    model.config.loss_reduction = "sample_sum"
    torch.testing.assert_close(model(**batch).loss, (total[0] + total[1]) / 2)


def test_loss_adds_the_selections_supervision() -> None:
    model, batch = small_model(selection_weight=0.5), small_batch()
    targets = torch.zeros(2, 14, dtype=torch.bool)
    targets[0, 3:6] = True
    output = model(**batch, viewpoint_targets=targets)
    torch.testing.assert_close(output.loss, output.answer_loss + 0.5 * output.selection_loss)
    model.config.selection_weight = 0.0
    torch.testing.assert_close(
        model(**batch, viewpoint_targets=targets).loss, output.answer_loss, rtol=0, atol=0
    )


def test_looking_alone_is_the_selections_part_of_the_loss() -> None:
    model, batch = small_model(), small_batch()
    targets = torch.zeros(2, 14, dtype=torch.bool)
    targets[0, 3:6] = True
    whole = model(**batch, viewpoint_targets=targets).selection_loss
    labels, mask = batch.pop("labels"), batch.pop("attention_mask")
    alone = model.looking_loss(viewpoint_targets=targets, **batch)
    torch.testing.assert_close(alone, whole)
    alone.backward()
    assert all(p.grad is None for p in model.language_model.model.layers.parameters())
    assert model.cross_talker.select.query.weight.grad.abs().sum() > 0
    assert labels.shape == mask.shape


def test_language_alone_is_a_prompt_without_motion() -> None:
    model, batch = small_model(use_motion_tokens=False), small_batch()
    batch["attention_mask"][batch["input_ids"] == model.config.motion_token_id] = 0
    alone = model.language_loss(batch["input_ids"], batch["attention_mask"], batch["labels"])
    torch.testing.assert_close(alone, model(**batch).loss)


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


def encoder() -> MotionEncoder:
    torch.manual_seed(0)
    return MotionEncoder(width=MOTION_WIDTH, conv_layers=1, attention_layers=1, heads=2)


def model_with_encoder(**changes: Any) -> LlamoForConditionalGeneration:
    config = {"width": 16, "heads": 2, "num_viewpoints": 4, "motion_token_id": MOTION_ID, **changes}
    language_model = AutoModelForCausalLM.from_config(text_config())
    return LlamoForConditionalGeneration.from_parts(encoder(), language_model, **config)


def raw_batch(model: LlamoForConditionalGeneration) -> dict[str, torch.Tensor]:
    batch = small_batch()
    channels = model.motion_encoder.settings.channels
    for name in ("motion_features", "motion_mask", "motion_time_s"):
        batch.pop(name)
    batch["motion_inputs"] = torch.randn(2, 28, channels)
    batch["motion_inputs_mask"] = torch.arange(28) < torch.tensor([[28], [18]])
    return batch


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


# Conventions of transformers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tied", [True, False])
def test_save_and_reload_is_identical(tmp_path: Path, kind: str, tied: bool) -> None:
    model = small_model(kind, text_config=text_config(kind, tie_word_embeddings=tied))
    batch = small_batch((14, 9), (6, 4))
    model.save_pretrained(tmp_path)
    assert list(tmp_path.glob("*.safetensors"))
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path)
    assert again(**batch).logits.equal(model(**batch).logits)
    assert again.config.text_config.model_type == kind
    head, embeddings = again.get_output_embeddings().weight, again.get_input_embeddings().weight
    assert (head is embeddings) == tied


def test_reload_keeps_encoder_and_switches(tmp_path: Path) -> None:
    model = model_with_encoder(use_receptive_field=False, selection="uniform").eval()
    batch = raw_batch(model)
    model.save_pretrained(tmp_path)
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path)
    assert again.config.selection == "uniform"
    assert again(**batch).logits.equal(model(**batch).logits)


def test_a_pretrained_language_model_keeps_its_weights(tmp_path: Path) -> None:
    torch.manual_seed(1)
    language_model = AutoModelForCausalLM.from_config(text_config())
    language_model.save_pretrained(tmp_path)
    model = LlamoForConditionalGeneration.from_parts(
        None, str(tmp_path), motion_width=MOTION_WIDTH, width=16, heads=2,
        motion_token_id=MOTION_ID,
    )  # fmt: skip
    for name, value in language_model.state_dict().items():
        assert model.language_model.state_dict()[name].equal(value), name


def test_lora_trains_adapters_and_reloads(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    AutoModelForCausalLM.from_config(text_config()).save_pretrained(tmp_path / "base")
    model = LlamoForConditionalGeneration.from_parts(
        None, str(tmp_path / "base"), lora={"r": 2, "lora_alpha": 4, "init_lora_weights": False},
        motion_width=MOTION_WIDTH, width=16, heads=2, num_viewpoints=4, motion_token_id=MOTION_ID,
    )  # fmt: skip
    trained = [n for n, p in model.language_model.named_parameters() if p.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    batch = small_batch()
    model.train()(**batch).loss.backward()
    model.eval().save_pretrained(tmp_path / "tuned")
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path / "tuned")
    assert again(**batch).logits.equal(model(**batch).logits)
    kept = load_file(tmp_path / "tuned" / "model.safetensors")
    assert all("lora_" in name for name in kept if name.startswith("language_model."))


def test_lora_in_a_language_model_of_ones_own_reloads(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    model = model_with_encoder(lora={"r": 2, "init_lora_weights": False}).eval()
    batch = raw_batch(model)
    model.save_pretrained(tmp_path)
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path)
    assert again(**batch).logits.equal(model(**batch).logits)


@pytest.mark.parametrize("bits", ["4bit", "8bit"])
def test_quantised_language_model_trains_adapters(tmp_path: Path, bits: str) -> None:
    pytest.importorskip("bitsandbytes")
    pytest.importorskip("peft")
    sizes = {"hidden_size": 64, "intermediate_size": 128}
    AutoModelForCausalLM.from_config(text_config(**sizes)).save_pretrained(tmp_path / "base")
    model = LlamoForConditionalGeneration.from_parts(
        None, str(tmp_path / "base"), lora={"r": 2}, quantization=bits,
        motion_width=MOTION_WIDTH, width=16, heads=2, num_viewpoints=4, motion_token_id=MOTION_ID,
    )  # fmt: skip
    model.train()(**small_batch()).loss.backward()
    grads = [p.grad for n, p in model.language_model.named_parameters() if "lora_B" in n]
    assert grads
    assert all(grad is not None and grad.isfinite().all() for grad in grads)
    model.eval().save_pretrained(tmp_path / "tuned")
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path / "tuned")
    torch.testing.assert_close(
        again(**small_batch()).logits, model(**small_batch()).logits, atol=1e-2, rtol=1e-2
    )


def test_quantised_weights_want_adapters() -> None:
    with pytest.raises(ModelError, match="lora"):
        LlamoForConditionalGeneration.from_parts(
            None, AutoModelForCausalLM.from_config(text_config()), quantization="4bit"
        )


def test_unknown_language_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        LlamoForConditionalGeneration.from_parts(None, str(tmp_path / "nowhere"))


def test_trainer_trains_it(tmp_path: Path) -> None:
    model = small_model()
    before = model.cross_talker.select.query.weight.clone()
    batch = small_batch((14, 9, 12, 8))
    data = [{name: value[i] for name, value in batch.items()} for i in range(4)]
    arguments = TrainingArguments(
        str(tmp_path), max_steps=2, per_device_train_batch_size=2, report_to=[], use_cpu=True,
        remove_unused_columns=False, logging_steps=1, save_strategy="no", disable_tqdm=True,
        learning_rate=1e-2, gradient_checkpointing=True,
    )  # fmt: skip
    result = Trainer(model, arguments, train_dataset=data).train()
    assert 0 < result.training_loss < 20
    assert not model.cross_talker.select.query.weight.equal(before)


def test_gradient_checkpointing_changes_no_gradient() -> None:
    batch, grads = small_batch(), []
    for checkpointing in (False, True):
        model = small_model(selection_noise=0.0).train()
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            assert model.is_gradient_checkpointing
        model(**batch).loss.backward()
        grads.append(model.get_input_embeddings().weight.grad)
    torch.testing.assert_close(*grads)


@pytest.mark.parametrize("kind", KINDS)
def test_generation_with_the_cache_is_generation_without(kind: str) -> None:
    model = small_model(kind)
    prompt = question_of(small_batch((14, 2)))
    fast = model.generate(**prompt, max_new_tokens=5, do_sample=False, eos_token_id=None)
    for step in range(5):
        best = model(**prompt).logits[:, -1].argmax(-1)
        assert best.equal(fast[:, step])
        one = torch.ones(2, 1, dtype=torch.long)
        prompt["input_ids"] = torch.cat([prompt["input_ids"], best[:, None]], dim=1)
        prompt["attention_mask"] = torch.cat([prompt["attention_mask"], one], dim=1)


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_loop_is_generate(kind: str) -> None:
    model = small_model(kind)
    prompt = question_of(small_batch((14, 2)))
    expected = model.generate(**prompt, max_new_tokens=6, do_sample=False, eos_token_id=None)
    answer = answer_greedy(model, **prompt, eos_token_id=[], max_new_tokens=6)
    assert answer.tokens.equal(expected)
    log_p = model(**prompt).logits[:, -1].log_softmax(-1)
    torch.testing.assert_close(answer.log_probs[:, 0], log_p.max(-1).values)
    torch.testing.assert_close(answer.confidence, answer.log_probs.sum(1).exp())


def test_generation_stops_at_the_end_token() -> None:
    model = small_model()
    prompt = question_of(small_batch((14, 9)))
    free = model.generate(**prompt, max_new_tokens=8, do_sample=False, eos_token_id=None)
    end = int(free[0, 2])
    stop = int((free[0] == end).nonzero()[0])
    one = rows(prompt, [0])
    tokens = model.generate(**one, max_new_tokens=8, do_sample=False, eos_token_id=end)
    assert tokens[0].tolist() == free[0, : stop + 1].tolist()
    answer = answer_greedy(model, **prompt, eos_token_id=end, pad_token_id=PAD, max_new_tokens=8)
    assert answer.tokens[0, : stop + 1].tolist() == tokens[0].tolist()
    assert (answer.tokens[0, stop + 1 :] == PAD).all()
    assert (answer.log_probs[0, stop + 1 :] == 0).all()
    longest = len(answer.tokens[1])  # who goes on alone says what it says alone
    alone = answer_greedy(
        model, **rows(prompt, [1]), eos_token_id=end, pad_token_id=PAD, max_new_tokens=longest
    ).tokens[0]
    assert answer.tokens[1, : len(alone)].tolist() == alone.tolist()


def test_left_padding_changes_no_answer() -> None:
    model = small_model()
    prompt = question_of(small_batch((14, 9)))
    plain = model.generate(**prompt, max_new_tokens=4, do_sample=False, eos_token_id=None)
    padding = torch.full((2, 3), PAD)
    padded = {
        **prompt,
        "input_ids": torch.cat([padding, prompt["input_ids"]], dim=1),
        "attention_mask": torch.cat([torch.zeros_like(padding), prompt["attention_mask"]], dim=1),
        "question_positions": prompt["question_positions"] + 3,
    }
    assert model.generate(
        **padded, max_new_tokens=4, do_sample=False, eos_token_id=None
    ).equal(plain)  # fmt: skip
    assert answer_greedy(model, **padded, eos_token_id=[], max_new_tokens=4).tokens.equal(plain)


def test_generation_beams_samples_and_streams() -> None:
    model = small_model()
    prompt = question_of(small_batch((14,)))
    options = {"max_new_tokens": 4, "eos_token_id": None}
    beams = model.generate(**prompt, num_beams=3, num_return_sequences=2, **options)
    assert beams.shape == (2, 4)
    torch.manual_seed(0)
    sampled = model.generate(**prompt, do_sample=True, top_p=0.9, **options)
    assert sampled.shape == (1, 4)

    class Listener:
        def __init__(self) -> None:
            self.heard: list[int] = []
            self.ended = False

        def put(self, value: torch.Tensor) -> None:
            self.heard += value.flatten().tolist()

        def end(self) -> None:
            self.ended = True

    listener = Listener()
    tokens = model.generate(**prompt, do_sample=False, streamer=listener, **options)
    assert listener.heard == tokens[0].tolist()
    assert listener.ended


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
