"""Saved and read again: the same model with encoder, switches, adapters and quantised weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_models import (
    KINDS,
    MOTION_ID,
    MOTION_WIDTH,
    model_with_encoder,
    raw_batch,
    small_batch,
    small_model,
    text_config,
)
from transformers import AutoModelForCausalLM

from llamo.errors import ModelError
from llamo.model import LlamoForConditionalGeneration


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
