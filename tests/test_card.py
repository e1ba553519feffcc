"""Trained weights say what their data allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamo.data.clips import PACKS
from llamo.errors import InvalidData
from llamo.model_info import CARD_FILE, LICENCE_FILE
from llamo.train.card import strictest, write_card, write_licence
from llamo.train.recipe import Recipe, read_recipe


def recipe(*packs: str) -> Recipe:
    return Recipe(name="mine", packs=packs)


@pytest.mark.parametrize(
    ("packs", "terms"),
    [
        ((), "free"),
        (("cmu",), "free"),
        (("cmu", "hdm05"), "share-alike"),
        (("hdm05", "bandai"), "non-commercial"),
        (("bandai", "utd_mhad", "cmu"), "research"),
    ],
)
def test_the_strictest_pack_decides(packs: tuple[str, ...], terms: str):
    assert strictest(recipe(*packs)) == terms


def test_every_pack_has_terms_and_a_credit_in_the_licence(tmp_path: Path):
    text = write_licence(tmp_path, recipe(*PACKS)).read_text()
    assert "non-commercial" in text.splitlines()[0]
    for credit in ("UTD-MHAD", "MSR Action3D", "HDM05", "UI-PRMD", "Bandai", "CoachMe", "CMU"):
        assert credit in text


def test_a_free_recipe_does_not_forbid_commerce(repository: Path, tmp_path: Path):
    opened = read_recipe(repository / "train" / "recipes" / "llamo-tiny-open.yaml")
    text = write_licence(tmp_path, opened).read_text()
    assert "non-commercial" not in text
    assert "UTD-MHAD" not in text
    assert "share" in text.splitlines()[0]


def test_a_pack_of_unknown_terms_is_told(tmp_path: Path):
    with pytest.raises(InvalidData, match="mystery"):
        write_licence(tmp_path, recipe("mystery"))


def test_a_card_names_data_licence_and_results_and_is_not_overwritten(tmp_path: Path):
    card = write_card(tmp_path, recipe("hdm05"), {"action": 0.912}).read_text()
    assert "license: cc-by-sa-4.0" in card
    assert "hdm05, figures that move by rule" in card
    assert "| action | 0.912 |" in card
    assert LICENCE_FILE in card
    assert "held-out people" in card
    (tmp_path / CARD_FILE).write_text("mine")
    write_card(tmp_path, recipe("hdm05"), {})
    assert (tmp_path / CARD_FILE).read_text() == "mine"


def test_a_card_speaks_of_held_out_people_only_where_they_were_asked(tmp_path: Path):
    card = write_card(tmp_path, Recipe(name="mine", packs=("cmu",), hold_out=False), {})
    assert "of held-out people" not in card.read_text()
    assert "None were measured." in card.read_text()
