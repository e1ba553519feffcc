"""Training the model: equation 11 by hand, who gets a gradient, and transformers' Trainer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_models import KINDS, LANGUAGE_WIDTH, small_batch, small_model
from transformers import Trainer, TrainingArguments

from llamo.language import language_logits
from llamo.outputs import Prompt
from llamo.row_lora import add_row_lora


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


@pytest.mark.parametrize("padded", ["left", "right"])
def test_several_passes_read_what_one_reads(padded: str) -> None:
    """Sorted by length, without their padding, and told in the order that they came in."""
    model = small_model()
    torch.manual_seed(1)
    lengths = torch.tensor([12, 5, 9, 12, 7])
    place = torch.arange(12).expand(5, 12)
    mask = place < lengths[:, None] if padded == "right" else place >= 12 - lengths[:, None]
    mask[0, 3] = False  # a surplus <motion> token
    last = lengths[:, None] if padded == "right" else torch.tensor(12)
    rows = ((place >= last - 3) & (place < last - 1))[:, :-1]
    add_row_lora(model.language_model, 2)
    for name, parameter in model.language_model.named_parameters():
        if "lora_up" in name:
            torch.nn.init.normal_(parameter)
    seeing = torch.tensor([True, False, True, False, False])
    prompt = Prompt(torch.randn(5, 12, LANGUAGE_WIDTH), mask.long(), None, None, seeing)
    one, several = (
        language_logits(model.language_model, prompt, rows, passes) for passes in (1, 3)
    )
    assert len(one) == 10
    torch.testing.assert_close(several, one)


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
