"""What a weights folder says about itself, read without loading the model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from llamo.errors import ModelError

LICENCE_FILE = "LICENSE-WEIGHTS"
CARD_FILE = "README.md"


def shipped_weights() -> Path:
    """Folder of llamo-tiny inside the installed package.

    Raises:
        ModelError: This installation does not carry it.
    """
    from importlib.resources import files

    folder = Path(str(files("llamo"))) / "weights" / "llamo-tiny"
    if not (folder / "config.json").is_file():
        raise ModelError(
            "this installation carries no weights of llamo-tiny; install it from the repository, "
            "or name a weights folder: --model PATH (in Python from_pretrained(PATH))."
        )
    return folder


def weights_folder(path: str | Path | None) -> Path:
    """The folder that ``path`` names, the shipped one for None.

    Raises:
        ModelError: There is no such folder, or it holds no model.
    """
    if path is None:
        return shipped_weights()
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ModelError(f"{path} is no folder; expected a folder of weights with config.json.")
    if not (folder / "config.json").is_file():
        raise ModelError(f"{path} holds no config.json; expected a folder of LLaMo weights.")
    return folder


def describe_model(path: str | Path | None = None) -> dict[str, Any]:
    """Name, parameters by part, licence, training data and results of a weights folder.

    Args:
        path: Weights folder, None for llamo-tiny.

    Raises:
        ModelError: As ``weights_folder``, or weights that cannot be read.
    """
    folder = weights_folder(path)
    config = _read_json(folder / "config.json")
    if config.get("model_type") != "llamo":
        raise ModelError(
            f"{folder} holds a model of type {config.get('model_type')!r}; expected 'llamo'."
        )
    files = sorted(folder.glob("*.safetensors"))
    parts = _parameters(files)
    trainable = sum(count for part, count in parts.items() if part not in FROZEN_PARTS)
    facts: dict[str, Any] = {
        "model": folder.name,
        "folder": str(folder),
        "size_mb": round(sum(one.stat().st_size for one in files) / 1e6, 1),
        "parameters": sum(parts.values()),
        "trainable": trainable,
        "frozen": sum(parts.values()) - trainable,
        "parts": parts,
        "language_model": config.get("language_model")
        or config.get("text_config", {}).get("model_type"),
        "licence": _licence(folder / LICENCE_FILE),
    }
    card = folder / CARD_FILE
    if card.is_file():
        text = card.read_text(encoding="utf-8")
        for name, heading in (("data", "data|training data"), ("results", "results")):
            section = _section(text, heading)
            if section:
                facts[name] = section
    return facts


FROZEN_PARTS = ("motion_encoder", "video_encoder")
"""The parts that training leaves as they are."""


def _parameters(files: list[Path]) -> dict[str, int]:
    from safetensors import SafetensorError, safe_open

    parts: dict[str, int] = {}
    for path in files:
        try:
            with safe_open(path, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 - not a mapping
                    part = name.removeprefix("model.").split(".")[0]
                    size = 1
                    for length in tensors.get_slice(name).get_shape():
                        size *= length
                    parts[part] = parts.get(part, 0) + size
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path} cannot be read: {error}.") from None
    return dict(sorted(parts.items()))


def _licence(path: Path) -> str:
    if not path.is_file():
        return "not stated"
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return next((line for line in lines if line), "not stated")


def _section(card: str, heading: str) -> str | None:
    """Text below a heading of a Markdown file, up to the next heading of its rank or above."""
    found = re.search(rf"(?im)^(#+)\s*(?:{heading})\b.*$", card)
    if found is None:
        return None
    rest = card[found.end() :]
    end = re.search(rf"(?m)^#{{1,{len(found[1])}}}\s", rest)
    return rest[: end.start() if end else None].strip() or None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}.") from None
    if not isinstance(values, dict):
        raise ModelError(f"{path} is no JSON object.")
    return values
