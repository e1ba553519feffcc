"""Bytes of a training step: traced on tensors without content, so that 7B is planned in seconds.

A forward pass on torch's ``meta`` device computes shapes alone. What autograd would keep for the
backward pass is asked for with ``saved_tensors_hooks``; one and two decoder layers are traced, and
the difference is what each further layer adds.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AttentionInterface

from llamo.config import LlamoConfig
from llamo.language import is_adapter
from llamo.model import LlamoForConditionalGeneration
from llamo.train.llm.build import choose_trained

TRACED_FRAMES = 256
"""Longer clips are traced at this length and scaled: attention beyond is windowed, so linear."""

_ATTENTION = "llamo_planned"


@dataclass(frozen=True)
class Load:
    """What one device works on at once.

    Args:
        rows: B, samples of a micro-batch.
        tokens: N, of each, prompt and answer.
        answer_tokens: Of each, those that are learnt.
        frames: T, motion frames of each clip.
        question_tokens: L, of each.
    """

    rows: int
    tokens: int
    answer_tokens: int
    frames: int
    question_tokens: int = 32


@dataclass(frozen=True)
class Parameters:
    """Parameters of a stage, and the bytes they take on one device that holds all.

    Args:
        trainable, frozen: How many.
        by_part: How many, by part: ``enhancer``, ``cross_talker``, ``adapters`` ...
        weight_bytes: Of all weights.
        trainable_bytes: Of those that are trained: as much again for gradients.
        largest_layer_bytes: Of one decoder layer, in the precision it is computed in.
        outer_bytes: Of the LM's embeddings and head, in that precision.
    """

    trainable: int
    frozen: int
    by_part: dict[str, int]
    weight_bytes: int
    trainable_bytes: int
    largest_layer_bytes: int
    outer_bytes: int


def meta_model(config: LlamoConfig, layers: int | None = None) -> LlamoForConditionalGeneration:
    """A model of shapes alone, with adapters where the config has them.

    Args:
        config: Every size.
        layers: Decoder layers; None: the config's.
    """
    config = copy.deepcopy(config)
    config.quantization = None
    text = config.text_config
    if layers is not None:
        text.num_hidden_layers = layers
        if getattr(text, "layer_types", None):
            text.layer_types = text.layer_types[:layers]
    AttentionInterface.register(_ATTENTION, _planned_attention)
    text._attn_implementation = config._attn_implementation = _ATTENTION
    with torch.device("meta"):
        return LlamoForConditionalGeneration(config)


def count_parameters(
    model: LlamoForConditionalGeneration, stage: str, *, half: bool, quantization: str | None
) -> Parameters:
    """Count a stage's parameters and the bytes of its weights.

    Args:
        model: From :func:`meta_model`; what it trains is chosen anew.
        stage: "align" or "instruct".
        half: Whether frozen weights of the LM are held in 16 bit.
        quantization: "4bit", "8bit" or None, of the LM's linear layers but its head.
    """
    choose_trained(model, stage)
    head: Any = model.get_output_embeddings().weight
    entrance: Any = model.get_input_embeddings().weight
    linear = {
        module.weight
        for module in model.language_model.modules()
        if isinstance(module, torch.nn.Linear) and module.weight is not head
    }
    counts = {"trainable": 0, "frozen": 0}
    parts: dict[str, int] = {}
    weights = trained = 0.0
    for name, parameter in model.named_parameters():
        size, part = parameter.numel(), name.split(".")[0]
        part = "adapters" if is_adapter(name) else part
        parts[part] = parts.get(part, 0) + size
        counts["trainable" if parameter.requires_grad else "frozen"] += size
        width = 4.0
        if name.startswith("language_model.") and not parameter.requires_grad:
            width = 2.0 if half else 4.0
            if quantization is not None and parameter in linear and not is_adapter(name):
                # nf4: a scale of 4 bytes for 64 weights; int8: one a row
                width = 0.5 + 4 / 64 if quantization == "4bit" else 1 + 4 / parameter.shape[1]
        weights += width * size
        trained += width * size if parameter.requires_grad else 0
    stacks = (m for m in model.language_model.modules() if isinstance(m, torch.nn.ModuleList))
    first = list(next(stacks, torch.nn.ModuleList()))[:1]  # decoder layer
    layer = sum(one.numel() for module in first for one in module.parameters())
    outer = {id(one): one.numel() for one in (head, entrance)}
    computed = 2 if half else 4
    return Parameters(
        counts["trainable"], counts["frozen"], parts, round(weights), round(trained),
        layer * computed, sum(outer.values()) * computed,
    )  # fmt: skip


def activation_bytes(
    config: LlamoConfig, stage: str, load: Load, *, half: bool, checkpointing: bool
) -> int:
    """Most bytes that one micro-batch holds beside weights, gradients and optimiser states.

    Args:
        config: Every size.
        stage: "align" or "instruct".
        load: The micro-batch.
        half: Whether the LM is computed in 16 bit.
        checkpointing: Whether each decoder layer's activations are computed twice.
    """
    text = config.text_config
    width = 2 if half else 4
    one, two = (_kept_bytes(config, stage, load, layers, half) for layers in (1, 2))
    layer, layers = two - one, text.num_hidden_layers
    logits = load.rows * load.answer_tokens * text.vocab_size
    around = one - layer - 4 * logits  # what is kept outside the layers, but for the log-softmax
    stream = load.rows * load.tokens * text.hidden_size * width
    kept = around + layers * (stream if checkpointing else layer)
    # the vocabulary: log-softmax, its gradient and the logits' at once, in single precision
    speaking = 12 * logits
    # a layer: what was dropped, and the gradients of its gate, its up-projection and their product
    inner = load.rows * load.tokens * getattr(text, "intermediate_size", 4 * text.hidden_size)
    thinking = (layer if checkpointing else 0) + 3 * inner * width
    return round(kept + max(speaking, thinking))


def _kept_bytes(config: LlamoConfig, stage: str, load: Load, layers: int, half: bool) -> float:
    """What autograd keeps of a forward pass with so many decoder layers."""
    model = meta_model(_silent(config), layers)
    choose_trained(model, stage)
    if half:
        model.language_model.to(torch.bfloat16)  # type: ignore[arg-type]
    model.train()
    frames = min(load.frames, TRACED_FRAMES)
    with torch.device("meta"):
        prompt: dict[str, Any] = {
            "input_ids": torch.zeros(load.rows, load.tokens, dtype=torch.long),
            "attention_mask": torch.ones(load.rows, load.tokens, dtype=torch.long),
            "question_positions": torch.zeros(load.rows, load.question_tokens, dtype=torch.long),
            "question_mask": torch.ones(load.rows, load.question_tokens, dtype=torch.bool),
            "motion_features": torch.zeros(load.rows, frames, config.motion_width),
        }
        targets = torch.zeros(load.rows * load.answer_tokens, dtype=torch.long)
    known = {one.untyped_storage()._cdata for one in (*model.parameters(), *model.buffers())}
    with _kept(known) as between:
        said = model.prompt(**prompt)
    with _kept(known) as beyond:
        logits = model.language_model(
            inputs_embeds=said.embeddings.to(torch.bfloat16 if half else torch.float32),
            attention_mask=said.mask,
            position_ids=said.position_ids,
            use_cache=False,
            logits_to_keep=load.answer_tokens,
        ).logits
        functional.cross_entropy(logits.flatten(0, 1).float(), targets)
    return sum(between.values()) * load.frames / max(frames, 1) + sum(beyond.values())


def _silent(config: LlamoConfig) -> LlamoConfig:
    """Without the words of concepts, whose number a meta tensor cannot tell; they weigh little."""
    config = copy.deepcopy(config)
    config.concept_names = config.seen_names = None
    return config


@contextmanager
def _kept(known: set[int]) -> Iterator[dict[int, int]]:
    """Bytes of each storage that autograd keeps inside, but for those ``known``."""
    storages: list[Any] = []  # held, so that no address comes twice
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in known:
            storages.append(storage)
            kept[storage._cdata] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield kept


class _FlashLike(torch.autograd.Function):
    """Keeps what a fused attention kernel keeps: its inputs, its output, a sum a row, the mask."""

    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any) -> Any:
        batch, heads, length, _ = query.shape
        out = torch.empty_like(query)
        sums = query.new_empty((batch, heads, length), dtype=torch.float32)
        mask = query.new_empty((batch, 1, length, length))
        ctx.save_for_backward(query, key, value, out, sums, mask)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Never asked for: nothing is learnt on shapes."""
        raise NotImplementedError


def _planned_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Shapes of transformers' sdpa path, which repeats keys and values of shared heads."""
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = (one.repeat_interleave(groups, dim=1) for one in (key, value))
    return _FlashLike.apply(query, key, value).transpose(1, 2).contiguous(), None


class LiveTensors(TorchDispatchMode):
    """Counts the bytes of all tensors that come to be inside, and the most there were at once.

    On a CPU, where torch keeps no such account, this is the measured memory of a training step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: dict[int, weakref.ref[Any]] = {}

    def hold(self, tensor: torch.Tensor) -> None:
        """Count a tensor, until it is gone."""
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._alive or tensor.device.type == "meta":
            return
        size = storage.nbytes()

        def gone(_: Any) -> None:
            self.now -= size
            self._alive.pop(key, None)

        self._alive[key] = weakref.ref(storage, gone)
        self.now += size
        self.peak = max(self.peak, self.now)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.hold(leaf)
        return result
