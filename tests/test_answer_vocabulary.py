"""What an answer in free words says: normalised, matched to the vocabulary, and scored."""

from __future__ import annotations

import pytest

from llamo.evaluation.verbs import infinitive
from llamo.evaluation.vocab import Vocabulary, normalise, score, stands_in_order

INFINITIVES = """
sits sit | sitting sit | sat sit | ran run | running run | waving wave | waves wave | waved wave
taken take | took take | taking take | clapping clap | clapped clap | raising raise | crosses cross
rolling roll | bowling bowl | threw throw | catches catch | pushes push | boxing box | boxes box
jogging jog | squatting squat | kneeling kneel | knelt kneel | lunges lunge | lunging lunge
circling circle | juggling juggle | rotated rotate | saluting salute | swinging swing | swung swing
hopping hop | moving move | used use | skating skate | dancing dance | stretching stretch
swiping swipe | drawing draw | knocked knock | carries carry | carried carry | stopping stop
passing pass | adding add | squeezing squeeze | buzzes buzz | lying lie | lies lie | opening open
leaving leave | changing change | shrugging shrug | nodding nod | sways sway | is be | does do
writing write | stood stand | exercising exercise | balances balance | bent bend | hands hand
""".replace("|", "\n").strip()  # fmt: skip


@pytest.mark.parametrize("pair", INFINITIVES.split("\n"))
def test_inflected_verbs_become_infinitives(pair: str) -> None:
    inflected, expected = pair.split()
    assert infinitive(inflected) == expected
    assert infinitive(expected) == expected


NO_VERBS = "left right something thing king yes this across during speed need bed red"


@pytest.mark.parametrize("word", NO_VERBS.split())
def test_words_that_only_look_inflected_stay(word: str) -> None:
    assert infinitive(word) == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The person is waving, twice!", "person be wave 2"),
        ("An apple a day", "apple day"),
        ("twenty-one", "21"),
        ("two hundred and five times", "205 time"),
        ("a hundred", "100"),
        ("one two three", "1 2 3"),
        ("twenty fifteen", "20 15"),
        ("2.50 m", "2.5 m"),
        ("10.", "10"),
        ("1,000", "1000"),
        ("2-10", "2 10"),
        ("-5 deg", "-5 deg"),
        ("90°", "90"),
        ("take/pick something up", "take pick something up"),
        ("can't", "cant"),
        ("  ", ""),
        ("…!?", ""),
    ],
)
def test_text_is_normalised(text: str, words: str) -> None:
    assert " ".join(normalise(text)) == words


def test_words_stand_in_order_but_need_not_be_neighbours() -> None:
    assert stands_in_order(("pick", "up"), ("pick", "box", "up"))
    assert not stands_in_order(("pick", "up"), ("up", "pick"))
    assert not stands_in_order(("hop", "hop"), ("hop",))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("wave", "wave"),
        ("She waves.", "wave"),
        ("She waves both of her hands", "wave both hands"),
        ("They jump, then wave both hands", "wave both hands"),  # longest in words
        ("They wave and jump", None),  # two of one word
        ("both hands wave", "wave"),  # the longer entry's words are out of order
        ("clapping", None),
        ("", None),
        ("not correct", "not correct"),
        ("No, it is not correct", "not correct"),
        ("It is correct", "correct"),
        ("incorrect", None),
        ("10", "10"),
        ("ten times", "10"),
        ("one", "1"),
        ("1 or 10", None),
        ("100", None),
        ("take or pick something up", "take/pick something up"),
        ("He takes something, picks it up", None),
    ],
)
def test_text_is_matched_to_the_longest_entry(text: str, entry: str | None) -> None:
    answers = ["wave", "wave both hands", "jump", "correct", "not correct", "1", "10"]
    assert Vocabulary([*answers, "take/pick something up"]).match(text) == entry


def test_entries_that_normalise_alike_are_one() -> None:
    vocabulary = Vocabulary(["walk", "walking", "the walk"])
    assert len(vocabulary) == 1
    assert vocabulary.match("walks slowly") == "walk"


def scored(text: str, answer: str | None, *accept: str, abstained: bool = False) -> tuple:
    one = score(text, abstained, answer, accept, Vocabulary(["walk", "run", "left hand"]))
    return one.prediction, one.correct, one.exact


def test_answer_and_accepted_answers_are_right() -> None:
    assert scored("walk", "walk") == ("walk", True, True)
    assert scored("The person walks.", "walk") == ("walk", True, False)
    assert scored("run", "walk") == ("run", False, False)
    assert scored("run", "walk", "run") == ("run", True, True)
    assert scored("strolls", "walk", "stroll") == ("stroll", True, False)
    assert scored("strolls", "run") == (None, False, False)
    assert scored("walk or run", "walk", "run") == (None, False, False)


def test_abstention_is_right_only_where_nothing_can_be_told() -> None:
    assert scored("I can't tell", None, abstained=True) == (None, True, True)
    assert scored("walk", None) == ("walk", False, False)
    assert scored("I can't tell: they walk", "walk", abstained=True) == (None, False, False)
