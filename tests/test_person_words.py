"""Words for the person: what a small model has never met is said as "person"."""

from __future__ import annotations

import pytest
import torch
from small_models import byte_tokenizer

from llamo import LlamoProcessor
from llamo.data.grammar import PEOPLE
from llamo.person_words import say_person


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("What does the participant do?", "What does the person do?"),
        ("Which hand does an individual's friend use?", "Which hand does a person's friend use?"),
        ("WHAT IS THE PARTICIPANT DOING?", "WHAT IS THE PERSON DOING?"),
        ("Does my grandmother squat?", "Does my person squat?"),
        ("Is the tennis player serving?", "Is the tennis player serving?"),
        ("Is he a player-coach?", "Is he a player-coach?"),
        ("Which body part moves?", "Which body part moves?"),
    ],
)
def test_who_it_is_does_not_change_what_is_asked(asked, said):
    assert say_person(asked) == said


def test_the_people_of_training_stay_as_they_are():
    assert [one.subject for one in PEOPLE if say_person(one.subject) != one.subject] == []


def test_it_is_a_choice_of_the_processor_and_is_saved(tmp_path):
    asked = "What does the participant do?"
    plain, usual = (
        LlamoProcessor(byte_tokenizer(), plain_people=True),
        LlamoProcessor(byte_tokenizer()),
    )
    wanted = usual("What does the person do?")["input_ids"]
    assert torch.equal(plain(asked)["input_ids"], wanted)
    assert not torch.equal(usual(asked)["input_ids"], wanted)
    plain.save_pretrained(tmp_path)
    assert LlamoProcessor.from_pretrained(tmp_path).plain_people


def test_the_shipped_weights_choose_it():
    from llamo import Assistant

    assert Assistant.from_pretrained().processor.plain_people
