"""A random LLaMo of two layers, saved and loaded through the same code as the shipped one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo.motion import Motion
from llamo.skeleton import SMPL22

WORDS = """which hand foot waves what does the person do how many times before after left right
squat five yes no happens is it raised knees bend and then i can t tell ' : , . ? | reps arm leg
lasts s not seen legs question motion answer 0 1 2 3 4 5 6 7 8 9""".split()


def standing_joints() -> np.ndarray:
    """(22, 3) metres: someone who stands, arms hanging, facing +z."""
    from llamo.body import TEMPLATE_JOINTS

    return np.asarray(TEMPLATE_JOINTS, np.float32)


def waving_motion(seconds: float = 4.0, fps: float = 30.0) -> Motion:
    """Someone who stands and swings the left wrist at 1 Hz, 20 cm to each side."""
    frames = round(seconds * fps)
    joints = np.repeat(standing_joints()[None], frames, axis=0)
    wrist = SMPL22.index("left_wrist")
    joints[:, wrist, 0] += 0.2 * np.sin(2 * np.pi * np.arange(frames) / fps)
    return Motion(joints, fps=fps)


def save_tiny_model(folder: Path) -> Path:
    """Write a random model with a tokenizer of whole words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from llamo.encoders.motion import MotionEncoder
    from llamo.model import LlamoForConditionalGeneration
    from llamo.processing import LlamoProcessor

    torch.manual_seed(0)
    special = ["<pad>", "<s>", "</s>", "<unk>", "<motion>"]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*special, *WORDS]))}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        unk_token="<unk>", additional_special_tokens=["<motion>"],
    )  # fmt: skip
    processor = LlamoProcessor(tokenizer, num_viewpoints=4)
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, eos_token_id=2, bos_token_id=1,
        pad_token_id=0, tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamoForConditionalGeneration.from_parts(
        encoder, LlamaForCausalLM(text), width=32, heads=2, num_viewpoints=4,
        motion_token_id=processor.motion_token_id,
    )  # fmt: skip
    model.eval().save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
