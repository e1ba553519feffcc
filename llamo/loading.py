"""A folder of weights -> model and processor, or one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from llamo.errors import ModelError

if TYPE_CHECKING:
    import torch

    from llamo.model import LlamoForConditionalGeneration
    from llamo.processing import LlamoProcessor


DTYPES = ("float32", "bfloat16")
"""Of a language model."""


def load_model(
    folder: Path, dtype: str | None = None
) -> tuple[LlamoForConditionalGeneration, LlamoProcessor]:
    """Load a model with its processor, on the CPU.

    Args:
        folder: What ``save_pretrained`` wrote.
        dtype: Of the language model, one of ``DTYPES``; None: float32, or what a language model
            that the weights name is kept in.

    Raises:
        ModelError: Files are missing or broken, the weights do not fit the code, or no such dtype.
    """
    if dtype is not None and dtype not in DTYPES:
        raise ModelError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}.")
    import torch
    from safetensors import SafetensorError

    from llamo.encoders.video import asleep
    from llamo.model import LlamoForConditionalGeneration
    from llamo.processing import LlamoProcessor

    try:
        with _no_progress_bar(), asleep():
            processor = LlamoProcessor.from_pretrained(folder)
            loaded = LlamoForConditionalGeneration.from_pretrained(
                folder,
                output_loading_info=True,
                dtype=torch.float32,  # a CPU is slow in the half precision that files may have
            )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{folder} cannot be loaded as a LLaMo: {first}") from error
    model, loading = loaded if isinstance(loaded, tuple) else (loaded, {})
    unfit = sorted({*loading.get("missing_keys", ()), *loading.get("unexpected_keys", ())})
    if unfit:
        raise ModelError(f"{folder} does not fit the code: {len(unfit)} weights, {unfit[0]} ...")
    if model.video_encoder is not None:
        model.video_encoder.backbone_in = folder
    if dtype is not None:
        model.language_model.to(getattr(torch, dtype))
    return model, processor


def choose_device(name: str | None) -> torch.device:
    """The named device; for None CUDA where it is, else the CPU.

    Raises:
        ModelError: There is no such device.
    """
    import torch

    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"no device {name!r} here ({first}); try --device cpu.") from None
    return device


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Transformers draws one for every load; a second's work needs none."""
    from transformers.utils import logging

    drawn = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            logging.enable_progress_bar()
