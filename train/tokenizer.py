"""A small tokenizer for a language model from scratch: words of motion, digits one by one."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from llamo.processing import MOTION_TOKEN

PAD, END = "<pad>", "<end>"


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE on lower-case text.

    Numbers are read digit by digit, so that any number can be copied; case is dropped, so that a
    shouted question is the same question. Every byte has a token: no text is out of vocabulary.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace("’", "'"),
            normalizers.Strip(), normalizers.Prepend(" "),
        ]
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" ?[0-9]| ?[a-z]+| ?[^\s0-9a-z]+|\s+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END, MOTION_TOKEN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[MOTION_TOKEN],
        clean_up_tokenization_spaces=False,
    )
