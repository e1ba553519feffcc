"""What tells two models of the same name apart."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch

from llamo.model import LlamoForConditionalGeneration


def fingerprint(model: LlamoForConditionalGeneration, settings: Any) -> str:
    """SHA-256 of a model's config and weights, and of what else makes its answers."""
    about = ({**model.config.to_dict(), "_name_or_path": None}, settings)
    digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode())
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
