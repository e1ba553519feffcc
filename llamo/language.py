"""The causal language model: any of transformers', by name, path or as an object."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from llamo.config import LlamoConfig
from llamo.errors import MissingDependency, ModelError
from llamo.outputs import Prompt
from llamo.row_lora import adapting


def load_language_model(
    name: str,
    *,
    quantization: str | None = None,
    attn_implementation: str | None = None,
    dtype: torch.dtype | str = "auto",
) -> PreTrainedModel:
    """Load a pretrained causal LM.

    Args:
        name: Name on the model hub, or a folder.
        quantization: "4bit" (nf4) or "8bit" through bitsandbytes, or None.
        attn_implementation: As transformers has it; default: flash-attn where installed, else sdpa.
        dtype: Of the weights; "auto" takes the checkpoint's.

    Raises:
        MissingDependency: Quantization without bitsandbytes.
        ModelError: No such model.
    """
    options: dict[str, Any] = {"dtype": dtype}
    options["attn_implementation"] = attn_implementation or best_attention()
    if quantization is not None:
        options["quantization_config"] = _quantization(quantization)
    try:
        return AutoModelForCausalLM.from_pretrained(name, **options)
    except OSError as error:
        raise ModelError(
            f"no language model {name!r}: expected a folder with config.json and weights, or a "
            f"name on the hub ({str(error).splitlines()[0]})"
        ) from error


def loaded(
    language_model: str | PreTrainedModel | None,
    config: Mapping[str, Any],
    attn_implementation: str | None,
    dtype: torch.dtype | str,
) -> PreTrainedModel | None:
    """A language model that is given as it is, or loaded where it is named.

    Raises:
        ModelError: No such model, or a quantised one without adapters.
    """
    if isinstance(language_model, str):
        language_model = load_language_model(
            language_model,
            quantization=config.get("quantization"),
            attn_implementation=attn_implementation,
            dtype=dtype,
        )
    if config.get("quantization") and not config.get("lora"):
        raise ModelError("quantised weights cannot be trained; give lora={...} as well.")
    return language_model


def own_weights(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What a checkpoint beside a named language model holds: of that model, the adapters alone."""
    return {
        name: value
        for name, value in state.items()
        if not name.startswith("language_model.") or is_adapter(name)
    }


def load_beside_named_language_model(
    cls: Callable[..., Any], folder: Path, config: LlamoConfig
) -> Any:
    """Build a ``cls`` from a checkpoint of adapters: the LM comes from where the config says."""
    from safetensors.torch import load_file

    assert config.language_model is not None
    language_model = load_language_model(config.language_model, quantization=config.quantization)
    model = cls(config, language_model=language_model)
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelError(f"{folder} holds no .safetensors weights.")
    state = {name: value for file in files for name, value in load_file(file).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [n for n in missing if not n.startswith("language_model.") or is_adapter(n)]
    unneeded = "|".join(model._keys_to_ignore_on_load_unexpected or ["(?!)"])
    unexpected = [n for n in unexpected if not re.match(unneeded, n)]
    if missing or unexpected:
        raise ModelError(f"{folder} does not fit the code: {(missing + list(unexpected))[:3]} ...")
    return model.eval()


def language_logits(
    model: PreTrainedModel, prompt: Prompt, rows: torch.Tensor | None = None, passes: int = 1
) -> torch.Tensor:
    """Logits of every token (B, N, V), or where ``rows`` (B, N - 1) is True, (rows, V).

    The vocabulary's projection costs as much as the LM in small models; answers are short.

    Args:
        model: The LM.
        prompt: What it reads.
        rows: Where logits are wanted.
        passes: How many the prompts are read in, those of like length together, so that less
            padding is read; for ``rows`` alone.
    """
    if rows is not None and passes > 1:
        return _by_length(model, prompt, rows, passes)
    head = model.get_output_embeddings()
    hook = None
    if rows is not None:
        hook = head.register_forward_pre_hook(lambda _, args: (args[0][:, :-1][rows],))
    try:
        with adapting(prompt.seeing):
            return model(
                inputs_embeds=prompt.embeddings,
                attention_mask=prompt.mask,
                position_ids=prompt.position_ids,
                use_cache=False,
            ).logits
    finally:
        if hook is not None:
            hook.remove()


def _by_length(
    model: PreTrainedModel, prompt: Prompt, rows: torch.Tensor, passes: int
) -> torch.Tensor:
    number = torch.zeros_like(rows, dtype=torch.long)
    number[rows] = torch.arange(int(rows.sum()), device=rows.device)
    logits, numbers = [], []
    for some in prompt.mask.sum(1).argsort().chunk(passes):
        read = prompt.mask[some].any(0).nonzero().squeeze(1)
        seeing = None if prompt.seeing is None else prompt.seeing[some]
        part = Prompt(
            prompt.embeddings[some][:, read], prompt.mask[some][:, read], None, None, seeing
        )
        wanted = rows[some][:, read[:-1]]
        logits.append(language_logits(model, part, wanted))
        numbers.append(number[some][:, read[:-1]][wanted])
    return torch.cat(logits)[torch.cat(numbers).argsort()]


def best_attention() -> str:
    """ "flash_attention_2" on a CUDA machine with flash-attn, else "sdpa"."""
    if torch.cuda.is_available() and importlib.util.find_spec("flash_attn") is not None:
        return "flash_attention_2"
    return "sdpa"


def add_lora(model: PreTrainedModel, lora: dict[str, Any]) -> None:
    """Freeze ``model`` and put low-rank adapters (Hu et al. 2021) into it, in place.

    Args:
        lora: Keyword arguments of ``peft.LoraConfig``; all linear layers unless
            ``target_modules`` says otherwise.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise MissingDependency("LoRA needs peft: pip install 'llamo[train]'.") from error

    model.requires_grad_(False)
    try:
        config = LoraConfig(**{"target_modules": "all-linear", **lora})
        inject_adapter_in_model(config, model)
    except (TypeError, ValueError) as error:
        raise ModelError(f"lora={lora} cannot be: {str(error).splitlines()[0]}") from None


def merge_lora(model: nn.Module) -> None:
    """Add the adapters' part to the weights they sit on, and take the adapters out, in place."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = [(n, m) for n, m in model.named_modules() if isinstance(m, BaseTunerLayer)]
    for name, layer in adapted:
        layer.merge(safe_merge=True)
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.get_base_layer())


def is_adapter(name: str) -> bool:
    """Whether a parameter belongs to an adapter, by its name."""
    return "lora_" in name


def _quantization(kind: str) -> Any:
    if importlib.util.find_spec("bitsandbytes") is None:
        raise MissingDependency("4/8-bit weights need bitsandbytes: pip install 'llamo[quant]'.")
    from transformers import BitsAndBytesConfig

    if kind == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
