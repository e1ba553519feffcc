"""A folder belongs to what it was begun with: nothing else goes on from its checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData


def claim(path: Path, wanted: dict[str, Any], message: str) -> None:
    """Write down what a folder is begun with, or see that it is the same.

    Args:
        path: JSON file that tells it.
        wanted: What JSON can hold.
        message: Of the error, where something else stands there.

    Raises:
        InvalidData: It was begun with something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = json.loads(json.dumps(wanted))
    if path.exists() and json.loads(path.read_text()) != wanted:
        raise InvalidData(message)
    path.write_text(json.dumps(wanted, indent=2) + "\n")


def claim_recipe(folder: Path, wanted: dict[str, Any]) -> None:
    """One folder, one recipe."""
    message = f"{folder} was begun with another recipe; give another --out, or delete it."
    claim(folder / "recipe.json", wanted, message)
