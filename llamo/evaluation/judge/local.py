"""A judge from a folder of weights: any causal language model of transformers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from llamo.errors import JudgeError
from llamo.evaluation.judge.judges import Reply
from llamo.evaluation.judge.rubric import Case, Rubric

MAX_REPLY_TOKENS = 96


class LocalJudge:
    """Replies greedily, in batches; loaded at the first case that is not in the cache.

    Args:
        folder: Weights, configuration and tokenizer, as ``save_pretrained`` writes them.
        device: Of torch; CUDA where it is, by default.
        at_once: Cases in a batch.
    """

    free = False

    def __init__(self, folder: str | Path, device: str | None = None, at_once: int = 8) -> None:
        self.folder = Path(folder)
        self.device = device
        self.at_once = at_once
        if not (self.folder / "config.json").is_file():
            raise JudgeError(f"{folder} is no folder of weights: it has no config.json.")

    @cached_property
    def id(self) -> str:
        """Name of the folder, and the beginning of the SHA-256 of what is in it."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.iterdir()):
            if path.suffix in (".json", ".safetensors", ".model", ".jinja"):
                digest.update(path.name.encode())
                with path.open("rb") as held:
                    digest.update(hashlib.file_digest(held, "sha256").digest())
        return f"{self.folder.resolve().name}@{digest.hexdigest()[:8]}"

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from llamo.loading import choose_device

        try:
            tokenizer = AutoTokenizer.from_pretrained(self.folder, padding_side="left")
            model: Any = AutoModelForCausalLM.from_pretrained(self.folder, dtype="auto")
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            said = " ".join(str(error).split())[:200]
            raise JudgeError(f"{self.folder} cannot be loaded: {said}") from None
        if tokenizer.pad_token_id is None:
            if tokenizer.eos_token is None:
                raise JudgeError(f"{self.folder}: its tokenizer has no padding and no end.")
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer, model.to(choose_device(self.device)).eval()

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        """One reply for each case.

        Raises:
            JudgeError: The weights cannot be loaded.
        """
        import torch

        tokenizer, model = self._loaded
        prompts = [_prompt(tokenizer, rubric.ask(case)) for case in cases]
        # a chat template writes its own special tokens
        inputs = tokenizer(
            prompts, return_tensors="pt", padding=True, return_token_type_ids=False,
            add_special_tokens=tokenizer.chat_template is None,
        ).to(model.device)  # fmt: skip
        with torch.inference_mode():
            written = model.generate(
                **inputs, max_new_tokens=MAX_REPLY_TOKENS, do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )  # fmt: skip
        read = inputs["attention_mask"].sum(1).tolist()
        fresh = written[:, inputs["input_ids"].shape[1] :]
        texts = tokenizer.batch_decode(fresh, skip_special_tokens=True)
        lengths = (fresh != tokenizer.pad_token_id).sum(1).tolist()
        return [
            Reply(text, None, count, length)
            for text, count, length in zip(texts, read, lengths, strict=True)
        ]


def _prompt(tokenizer: Any, messages: list[dict[str, str]]) -> str:
    if tokenizer.chat_template is not None:
        return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return "\n\n".join(message["content"] for message in messages) + "\n\nReply: "
