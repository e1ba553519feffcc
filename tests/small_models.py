"""Random models and batches small enough for a test, of the classes users will take."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from llamo.config import LlamoConfig
from llamo.encoders.motion import MotionEncoder
from llamo.model import LlamoForConditionalGeneration

KINDS = ["llama", "qwen2"]
MOTION_WIDTH, VIDEO_WIDTH, WIDTH, LANGUAGE_WIDTH = 12, 10, 16, 32
BOS, EOS, PAD, MOTION_ID = 256, 257, 258, 259


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate(alphabet)}
    special = {"<s>": BOS, "</s>": EOS, "<pad>": PAD}
    tokenizer = Tokenizer(models.BPE(vocab={**vocabulary, **special}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


def text_config(kind: str = "llama", **changes: Any) -> PretrainedConfig:
    """Two layers of Llama or Qwen2."""
    sizes = {
        "vocab_size": 260, "hidden_size": LANGUAGE_WIDTH, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "bos_token_id": BOS, "eos_token_id": EOS, "pad_token_id": PAD,
        "max_position_embeddings": 512, "tie_word_embeddings": True,
    }  # fmt: skip
    return {"llama": LlamaConfig, "qwen2": Qwen2Config}[kind](**{**sizes, **changes})


def small_model(kind: str = "llama", **changes: Any) -> LlamoForConditionalGeneration:
    """A LLaMo fed with features, both streams, four viewpoints."""
    torch.manual_seed(0)
    sizes = {
        "text_config": text_config(kind), "motion_width": MOTION_WIDTH,
        "video_width": VIDEO_WIDTH, "width": WIDTH, "heads": 2, "num_viewpoints": 4,
        "segment_size": 3, "motion_token_id": MOTION_ID,
    }  # fmt: skip
    return LlamoForConditionalGeneration(LlamoConfig(**{**sizes, **changes})).eval()


def small_batch(
    frames: tuple[int, ...] = (14, 9), video_frames: tuple[int, ...] | None = None, seed: int = 0
) -> dict[str, torch.Tensor]:
    """One question a clip, five question tokens, four viewpoints, an answer of three tokens.

    Args:
        frames: Motion frames of each clip; 0 for none.
        video_frames: Video frames of each, at 4 Hz; None for a batch without video.
    """
    torch.manual_seed(seed)
    size = len(frames)
    ids = torch.randint(0, 250, (size, 20))
    ids[:, 8:12] = MOTION_ID
    labels = torch.full_like(ids, -100)
    labels[:, 17:] = ids[:, 17:]
    length = max(frames)
    batch = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "labels": labels,
        "question_positions": torch.arange(2, 7).repeat(size, 1),
        "question_mask": torch.ones(size, 5, dtype=torch.bool),
        "motion_features": torch.randn(size, length, MOTION_WIDTH),
        "motion_mask": torch.arange(length) < torch.tensor(frames)[:, None],
        "motion_time_s": (torch.arange(length) / 10).repeat(size, 1),
    }
    if video_frames is not None:
        length = max(video_frames)
        batch["video_features"] = torch.randn(size, length, VIDEO_WIDTH)
        batch["video_mask"] = torch.arange(length) < torch.tensor(video_frames)[:, None]
        batch["video_time_s"] = (torch.arange(length) / 4).repeat(size, 1)
    return batch


def rows(batch: dict[str, torch.Tensor], index: slice | list[int]) -> dict[str, torch.Tensor]:
    """Some of a batch's questions."""
    return {name: value[index] for name, value in batch.items()}


def encoder() -> MotionEncoder:
    """A random motion encoder."""
    torch.manual_seed(0)
    return MotionEncoder(width=MOTION_WIDTH, conv_layers=1, attention_layers=1, heads=2)


def model_with_encoder(**changes: Any) -> LlamoForConditionalGeneration:
    """A LLaMo with a frozen motion encoder inside, fed with its inputs."""
    config = {"width": 16, "heads": 2, "num_viewpoints": 4, "motion_token_id": MOTION_ID, **changes}
    language_model = AutoModelForCausalLM.from_config(text_config())
    return LlamoForConditionalGeneration.from_parts(encoder(), language_model, **config)


def raw_batch(model: LlamoForConditionalGeneration) -> dict[str, torch.Tensor]:
    """``small_batch`` with inputs of the motion encoder in place of features."""
    batch = small_batch()
    channels = model.motion_encoder.settings.channels
    for name in ("motion_features", "motion_mask", "motion_time_s"):
        batch.pop(name)
    batch["motion_inputs"] = torch.randn(2, 28, channels)
    batch["motion_inputs_mask"] = torch.arange(28) < torch.tensor([[28], [18]])
    return batch
