"""What trained weights say about themselves: a licence that their data allows, and a card.

Weights inherit the terms of the recordings they were trained on. Written at every export, so that
nobody passes on weights without them; a card that somebody wrote since is not overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from llamo.errors import InvalidData
from llamo.model_info import CARD_FILE, LICENCE_FILE
from llamo.train.recipe import Recipe

if TYPE_CHECKING:
    from llamo.train.llm.recipe import LlmRecipe

_STRICTEST_FIRST = {
    "research": (
        "CC BY-NC 4.0, for research and non-commercial use only, with credits",
        "licensed under CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/legalcode)\n"
        "and for research and other non-commercial use alone: some of the data states no licence,\n"
        "or an academic one.",
        "cc-by-nc-4.0",
    ),
    "non-commercial": (
        "CC BY-NC 4.0, for non-commercial use only, with credits",
        "licensed under CC BY-NC 4.0: https://creativecommons.org/licenses/by-nc/4.0/legalcode",
        "cc-by-nc-4.0",
    ),
    "share-alike": (
        "CC BY-SA 4.0, with credits, shared alike",
        "licensed under CC BY-SA 4.0: https://creativecommons.org/licenses/by-sa/4.0/legalcode",
        "cc-by-sa-4.0",
    ),
    "free": (
        "CC BY 4.0, with credits",
        "licensed under CC BY 4.0: https://creativecommons.org/licenses/by/4.0/legalcode",
        "cc-by-4.0",
    ),
}


def write_licence(folder: Path, recipe: Recipe) -> Path:
    """The strictest terms among the recipe's packs, with their credits.

    Raises:
        InvalidData: A pack whose terms nobody has written down.
    """
    packs = _packs(recipe)
    title, terms, _ = _STRICTEST_FIRST[strictest(recipe)]
    head = f"Weights of {recipe.name}: {title}"
    credits = "".join(f"- {' '.join(pack['credit'].split())}\n" for pack in packs.values())
    text = f"{head}\n{'=' * len(head)}\n\nThe weights in this folder are {terms}\n"
    if packs:
        text += (
            "\nThey were trained on motion that others recorded. None of it is contained here, but "
            f"its terms\nbind what was learnt from it:\n\n{credits}"
        )
    path = folder / LICENCE_FILE
    path.write_text(text)
    return path


def write_card(folder: Path, recipe: Recipe, results: Mapping[str, float]) -> Path:
    """A model card: licence, data, validation results, limits; an existing one stays as it is."""
    path = folder / CARD_FILE
    if path.exists():
        return path
    data = ", ".join([*recipe.packs, *["figures that move by rule"] * recipe.figures])
    held = "are kept out of it" if recipe.hold_out else "were trained on too, nobody validates it"
    rows = "".join(f"| {name} | {value:.3f} |\n" for name, value in results.items())
    table = "None were measured.\n"
    if rows:
        table = (
            "On validation sequences of held-out people in wordings never trained on; exact "
            "answers, one seed, no\ncontrols. `llamo eval qa` measures with controls and "
            "intervals.\n\n"
            f"| validation | accuracy |\n|---|---|\n{rows}"
        )
    path.write_text(
        f"---\nlicense: {_STRICTEST_FIRST[strictest(recipe)][2]}\nlibrary_name: llamo\n---\n\n"
        f"# {recipe.name}\n\n"
        "A LLaMo (*Human Motion Instruction Tuning*) trained by `recipe.json` beside this card.\n\n"
        f"## Licence\n\nSee `{LICENCE_FILE}`: the weights inherit the terms of their data.\n\n"
        f"## Data\n\nTrained on {data}. The people of `llamo.data.clips.HELD_OUT` "
        f"{held}.\n\n"
        f"## Results\n\n{table}\n"
        "## Limits\n\nIt knows the acts and the wordings of its training alone. It is no medical "
        "device.\n"
    )
    return path


def write_llm_card(
    folder: Path, recipe: LlmRecipe, encoder: Path, data: str, results: Mapping[str, Any]
) -> Path:
    """A card of a training around an LM; an existing one stays as it is.

    Args:
        folder: Of the weights.
        recipe: Of the training.
        encoder: Folder of the frozen encoder's weights.
        data: What was trained on.
        results: ``accuracy``, and ``validated_on``: "validation" or "training".
    """
    path = folder / CARD_FILE
    if path.exists():
        return path
    name = recipe.language_model.name
    around = Path(name).name if Path(name).is_dir() else name
    stated = f"`{LICENCE_FILE}`" if (folder / LICENCE_FILE).is_file() else "not stated there"
    tuned = "LoRA adapters" if recipe.lora is not None else "all of the language model"
    table = "None were measured.\n"
    if results.get("accuracy") is not None:
        kept = results.get("validated_on") == "validation"
        asked = "questions kept for validation" if kept else "questions that were trained on"
        table = (
            f"Exact answers to {asked}, one seed, no controls.\n\n"
            f"| questions | accuracy |\n|---|---|\n| all | {results['accuracy']:.3f} |\n"
        )
    path.write_text(
        f"---\nlibrary_name: llamo\n---\n\n# {recipe.name}\n\n"
        f"A LLaMo (*Human Motion Instruction Tuning*) around `{around}`, trained by `recipe.json` "
        f"beside this card: enhancer, Cross\nTalker and {tuned}.\n\n"
        f"## Licence\n\nThe terms of `{around}`, of the encoder's weights `{encoder.name}` "
        f"({stated}), and of the data below; the\nstrictest hold.\n\n"
        f"## Data\n\nTrained on {data}.\n\n"
        f"## Results\n\n{table}\n"
        "## Limits\n\nIt is no medical device.\n",
        encoding="utf-8",
    )
    return path


def strictest(recipe: Recipe) -> str:
    """The strictest terms among the recipe's packs; "free" for none."""
    terms = {pack["terms"] for pack in _packs(recipe).values()}
    return next((name for name in _STRICTEST_FIRST if name in terms), "free")


def _packs(recipe: Recipe) -> dict[str, dict[str, str]]:
    known = yaml.safe_load((files("llamo.train") / "licences.yaml").read_text(encoding="utf-8"))
    for pack in recipe.packs:
        if pack not in known:
            raise InvalidData(f"the terms of pack {pack!r} are not written in train/licences.yaml.")
    return {pack: known[pack] for pack in recipe.packs}
