"""Words of questions: verbs and nouns inflect, and held-out wordings stay apart."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from llamo.data import wordings
from llamo.data.ask import word
from llamo.data.clips import swap_sides
from llamo.data.grammar import HELD_PEOPLE, PEOPLE, Wording, compile_pattern
from llamo.data.phrases import (
    countable,
    gerund,
    inflect,
    known_actions,
    may_be_same,
    past,
    phrase_for,
    plural,
    third_person,
)

QUERIES = {
    name: value for name, value in vars(wordings).items() if isinstance(value, wordings.Query)
}


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("wave", ("waves", "waving", "waved")),
        ("catch", ("catches", "catching", "caught")),
        ("lie", ("lies", "lying", "lay")),
        ("swing", ("swings", "swinging", "swung")),
        ("squat", ("squats", "squatting", "squatted")),
        ("carry", ("carries", "carrying", "carried")),
        ("throw", ("throws", "throwing", "threw")),
    ],
)
def test_verbs_inflect(verb: str, forms: tuple[str, str, str]) -> None:
    assert (third_person(verb), gerund(verb), past(verb)) == forms


def test_a_phrase_of_two_verbs_inflects_both() -> None:
    assert (
        inflect("*pick something up and *throw it", "ing") == "picking something up and throwing it"
    )


def test_plurals_change_the_head_noun() -> None:
    assert plural("punch") == "punches"
    assert plural("drawing of a circle") == "drawings of a circle"
    assert countable("tennis swing") and not countable("waving")


def test_every_action_of_the_table_has_surfaces() -> None:
    for name in known_actions():
        phrase = phrase_for(name)
        assert phrase.verbs and phrase.nouns
        assert all("*" in verb for verb in (*phrase.verbs, *phrase.held_verbs))


def test_related_actions_are_never_set_apart() -> None:
    assert may_be_same("wave", "raise a hand")
    assert not may_be_same("wave", "kick")


def test_choices_slots_and_agreement() -> None:
    for seed in range(40):
        wording = Wording(random.Random(seed), X=phrase_for("wave"))
        text = wording.render("[what|which act] {do} {S} do before {P} {X.p}")
        assert "{" not in text and "[" not in text
        if wording.person.plural:
            assert " does " not in text
    assert len(compile_pattern("a [b|c [d|~e]] {S}")) == 4


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_has_wordings_enough_and_two_held_out(name: str) -> None:
    query = QUERIES[name]
    patterns = (*query.direct, *query.embedded, *query.nominal)
    held = [pattern for pattern in patterns if pattern.startswith("~")]
    assert len(held) >= 2
    assert len(patterns) - len(held) >= 6


def test_held_out_wordings_never_occur_in_training() -> None:
    for name, query in QUERIES.items():
        options: dict[str, Any] = {
            "X": phrase_for("wave"), "Y": phrase_for("kick"), "limb": "hand", "limbs": "hands",
            "side": "left", "part": "left knee", "G": "shirt", "gis": "is", "C": "red",
            "CG": "a red shirt", "L": "left", "N": "ball", "A": "a ball",
        }  # fmt: skip
        ids = {
            held: {
                word(name, query, random.Random(seed), held, **options)[1].split("/")[0]
                for seed in range(60)
            }
            for held in (False, True)
        }
        assert not ids[False] & ids[True], name


def test_no_held_out_pattern_says_what_a_training_pattern_says() -> None:
    families = {name: [*q.direct, *q.embedded, *q.nominal] for name, q in QUERIES.items()}
    for name, table in (("WHEN", wordings.WHEN), ("WHOLE", wordings.ORDER_WHOLE)):
        families |= {f"{name} {relation}": list(patterns) for relation, patterns in table.items()}
    for name, patterns in families.items():
        said = {
            held: {text for p in patterns if p.startswith("~") == held for text in unfolded(p)}
            for held in (False, True)
        }
        assert said[True], name
        assert not said[False] & said[True], name


def unfolded(pattern: str) -> set[str]:
    """Every text of a pattern's choices, slots left as they are."""
    choice = re.search(r"\[([^\[\]]*)\]", pattern)
    if choice is None:
        return {" ".join(pattern.replace("~", "").split())}
    before, after = pattern[: choice.start()], pattern[choice.end() :]
    return {
        text for option in choice.group(1).split("|") for text in unfolded(before + option + after)
    }


def test_held_people_are_new() -> None:
    assert not {p.subject for p in HELD_PEOPLE} - {"they"} & {p.subject for p in PEOPLE}


def test_sides_swap_in_text() -> None:
    assert swap_sides("Right hand, then left foot") == "Left hand, then right foot"
