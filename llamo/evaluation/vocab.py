"""Protocol ``vocab``: generated text brought onto the answer vocabulary of its question type.

The rule: lower case, no articles or punctuation, number words as digits, verbs to the infinitive.
A text equal to an entry is that entry. Otherwise it is the longest entry (in words) whose words
stand in order in the text, not necessarily side by side. Two different longest entries, or none:
no prediction, which is scored wrong. Likelihoods are never consulted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from llamo.evaluation.verbs import infinitive

Words = tuple[str, ...]

_ARTICLES = frozenset(("a", "an", "the"))
_BELOW_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"

_UNITS = {word: value for value, word in enumerate(_BELOW_TWENTY.split())}
_TENS = {word: 10 * value for value, word in enumerate(_FROM_TWENTY.split(), start=2)}
_TIMES = {"once": "1", "twice": "2", "thrice": "3"}

_TOKEN = re.compile(r"\d+(?:st|nd|rd|th)\b|(?<![\w.])-?\d+(?:\.\d+)?|[^\W_]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@lru_cache(maxsize=65536)
def normalise(text: str) -> Words:
    """The words that count: ``"The person is Waving, twice!"`` -> ``person be wave 2``."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub("['\u2019]", "", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    words = [word for word in _TOKEN.findall(text) if word not in _ARTICLES]
    return tuple(infinitive(word) for word in _digits(words))


def _digits(words: list[str]) -> list[str]:
    """Number words as digits; ``twenty one`` and ``two hundred and five`` become one number."""
    out: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word in _UNITS or word in _TENS or word == "hundred":
            value, position = _read_number(words, position)
            out.append(str(value))
            continue
        if _NUMBER.fullmatch(word):
            word = f"{float(word):.12g}" if "." in word else str(int(word))
        out.append(_TIMES.get(word, word))
        position += 1
    return out


def _read_number(words: list[str], position: int) -> tuple[int, int]:
    """Value of the number below a thousand that starts here, and the position after it."""
    value, position = _below_hundred(words, position)
    if position == len(words) or words[position] != "hundred":
        return value or 0, position
    hundreds = 1 if value is None else value
    position += 1
    joined = words[position : position + 1] == ["and"]
    value, after = _below_hundred(words, position + joined)
    return 100 * hundreds + (value or 0), position if value is None else after


def _below_hundred(words: list[str], at: int) -> tuple[int | None, int]:
    word = words[at] if at < len(words) else ""
    if word in _TENS:
        unit = _UNITS.get(words[at + 1], 0) if at + 1 < len(words) else 0
        return (_TENS[word] + unit, at + 2) if 0 < unit < 10 else (_TENS[word], at + 1)
    return (_UNITS[word], at + 1) if word in _UNITS else (None, at)


def stands_in_order(entry: Words, text: Words) -> bool:
    """Whether the entry's words occur in the text in their order, gaps allowed."""
    rest = iter(text)
    return all(word in rest for word in entry)


class Vocabulary:
    """The answers that one question type can have, as they occur in the file.

    Args:
        answers: Answers as written; those that normalise alike are one entry, shown as first
            written.
    """

    def __init__(self, answers: Iterable[str]) -> None:
        self._written: dict[Words, str] = {}
        for answer in answers:
            self._written.setdefault(normalise(answer), answer)
        self._written.pop((), None)

    def __len__(self) -> int:
        return len(self._written)

    def match(self, text: str, also: Iterable[str] = ()) -> str | None:
        """The entry that a text means, as written in the file, or None.

        Args:
            text: As generated.
            also: Further entries for this question alone (what it also accepts).
        """
        written = dict(self._written)
        for answer in also:
            written.setdefault(normalise(answer), answer)
        written.pop((), None)
        words = normalise(text)
        if words in written:
            return written[words]
        found = [entry for entry in written if stands_in_order(entry, words)]
        length = max(map(len, found), default=0)
        longest = [entry for entry in found if len(entry) == length]
        return written[longest[0]] if len(longest) == 1 else None


@dataclass(frozen=True)
class Score:
    """``prediction``: the entry as scored, None for an abstention or no entry."""

    prediction: str | None
    correct: bool
    exact: bool


def score(
    text: str,
    abstained: bool,
    answer: str | None,
    accept: Iterable[str],
    vocabulary: Vocabulary,
) -> Score:
    """Score one answer under ``vocab`` and, beside it, under ``exact``.

    Args:
        text: As generated.
        abstained: Whether the answer says that the motion cannot settle the question.
        answer: What is right; None where nothing is, and only an abstention is right.
        accept: Further right answers.
        vocabulary: The answers of this question's type.
    """
    if abstained or answer is None:
        right = abstained and answer is None
        prediction = None if abstained else vocabulary.match(text)
        return Score(prediction, right, right)
    right_answers = (answer, *accept)
    prediction = vocabulary.match(text, also=right_answers)
    correct = prediction is not None and normalise(prediction) in map(normalise, right_answers)
    return Score(prediction, correct, text.strip() in right_answers)
