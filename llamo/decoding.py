"""A short greedy loop for short answers, which also tells how sure each token was."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from llamo.model import LlamoForConditionalGeneration
from llamo.outputs import Prompt
from llamo.row_lora import adapting


@dataclass(frozen=True)
class GreedyAnswer:
    """Answers of a batch.

    Args:
        tokens: New tokens, the end token included, ``pad_token_id`` after it, (B, A).
        log_probs: Log-probability of each token, 0 after the end, (B, A).
        prompt: What the LM read, with the viewpoints and scores.
    """

    tokens: torch.Tensor
    log_probs: torch.Tensor
    prompt: Prompt

    @property
    def confidence(self) -> torch.Tensor:
        """Probability of the whole answer, (B,)."""
        return self.log_probs.sum(1).exp()


def answer_greedy(
    model: LlamoForConditionalGeneration, input_ids: torch.Tensor, *args: Any, **options: Any
) -> GreedyAnswer:
    """The whole answer; arguments as of ``answer_steps``."""
    return deque(answer_steps(model, input_ids, *args, **options), maxlen=1)[0]


@torch.inference_mode()
def answer_steps(
    model: LlamoForConditionalGeneration,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    *,
    eos_token_id: int | list[int],
    pad_token_id: int = 0,
    max_new_tokens: int = 48,
    not_first: torch.Tensor | None = None,
    **inputs: Any,
) -> Iterator[GreedyAnswer]:
    """Answer by the likeliest token each time, as ``generate(do_sample=False)`` would.

    Transformers' ``generate`` prepares for every way of decoding; on a small LM that costs more
    than the answer.

    Gives the answer after each token, A growing by one; the last is whole. Nothing outlives a
    generator that is closed before.

    Args:
        model: In evaluation mode.
        input_ids: Prompts padded on the left, (B, N).
        attention_mask: 1 on real tokens, (B, N).
        eos_token_id: Token or tokens that end an answer.
        pad_token_id: Fills up shorter answers.
        max_new_tokens: At most.
        not_first: (B,) the token that each answer must not begin with, None to allow all.
        **inputs: As of ``model.prompt`` and ``model.encode_clip``.
    """
    with in_its_precision(model):
        prompt = model.prompt(input_ids, attention_mask, **inputs)
    ends = torch.as_tensor(eos_token_id, device=input_ids.device).reshape(-1)
    mask, position, seeing = prompt.mask, prompt.mask.sum(1, keepdim=True), prompt.seeing
    with adapting(seeing), in_its_precision(model), last_token_alone(model.language_model):
        output = model.language_model(
            inputs_embeds=prompt.embeddings,
            attention_mask=mask,
            position_ids=prompt.position_ids,
            use_cache=True,
            logits_to_keep=1,
        )
    rows = torch.arange(len(input_ids), device=input_ids.device)  # still to be answered
    tokens = input_ids.new_full((len(rows), max_new_tokens), pad_token_id)
    log_probs = torch.zeros(tokens.shape, device=tokens.device)
    for step in range(max_new_tokens):
        logits = output.logits[:, -1].float()
        if step == 0 and not_first is not None:
            logits = logits.scatter(1, not_first[:, None], float("-inf"))
        best = logits.log_softmax(-1).max(-1)
        tokens[rows, step], log_probs[rows, step] = best.indices, best.values
        yield GreedyAnswer(tokens[:, : step + 1], log_probs[:, : step + 1], prompt)
        running = (~torch.isin(best.indices, ends)).nonzero()[:, 0]
        if step + 1 == max_new_tokens or not len(running):
            break
        cache = output.past_key_values
        if len(running) < len(rows):
            rows, mask, position = rows[running], mask[running], position[running]
            seeing = None if seeing is None else seeing[running]
            cache.batch_select_indices(running)
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        with adapting(seeing), in_its_precision(model):
            output = model.language_model(
                input_ids=tokens[rows, step][:, None],
                attention_mask=mask,
                position_ids=position + step,
                past_key_values=cache,
                use_cache=True,
            )


def in_its_precision(model: LlamoForConditionalGeneration) -> torch.autocast:
    """A context in which the Cross Talker's products are as coarse as the language model's."""
    dtype = model.language_model.dtype
    return torch.autocast(model.device.type, dtype, enabled=dtype != torch.float32)


@contextmanager
def last_token_alone(language_model: PreTrainedModel) -> Iterator[None]:
    """Inside, the last layer's feed-forward sees each row's last token: nobody reads the others'.

    That is a sixth of what a prompt costs a language model of four layers. The others get the last
    one's sum, so all logits but the last are meaningless.
    """
    layers = getattr(language_model.get_decoder(), "layers", None)
    feed_forward = None if not layers else getattr(layers[-1], "mlp", None)
    if feed_forward is None:  # of an architecture with other names
        yield
        return
    here = threading.get_ident()  # others may be using the model meanwhile

    def last(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (given[0][:, -1:],) if threading.get_ident() == here else given

    hook = feed_forward.register_forward_pre_hook(last)
    try:
        yield
    finally:
        hook.remove()
