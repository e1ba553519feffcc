"""What training never shows: questions with fillers lost, replaced or added; other measurements.

A model from scratch knows no English beyond its questions, and takes an unknown word for anything.
Here it learns that most unknown words say nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from llamo.train.question_pool import PoolQuestion

FILLERS = frozenset(
    "a an the is are was were be been being do does did has have had can could would will he "
    "she it they him her them his its their this that these person man woman girl guy subject "
    "figure human actor athlete someone body skeleton patient trainee client friend student "
    "dancer avatar fellow clip motion recording sequence video please tell me us say you know "
    "want like to i see seen shown show perform performs performing performed carry carrying "
    "make makes making made carries out use uses using used in of at just thanks answer quick "
    "question here hi looking based watch considering and".split()
)
"""Words without which a question asks the same."""

_STEMS = (
    "act action after arm back before between both clap correct count direct during exercise "
    "fault first foot forward hand jump kick last leg left lift long motion move part punch raise "
    "rep right run second side sit squat stand step swing throw time turn walk wave way wrong"
).split()
_STEM_SHARE = 0.4
_ONSETS = "b br c ch cl d dr f fl g gr h j k l m n p pl qu r s sh sl st t tr v w z".split()
_VOWELS = "a e i o u ai ea oo ou".split()
_ENDS = ["", "n", "r", "l", "t", "nd", "sh", "ng", "ed", "er", "ing", "s"]


def scuffed(question: str, rng: np.random.Generator, rate: float = 0.15) -> str:
    """The question with about ``rate`` of its fillers lost or made up, and now and then one more.

    Acts, sides, relations, numbers and whatever else a question turns on stay as they are.
    """
    words: list[str] = []
    for word in question.split():
        if rng.random() < rate / 4:
            words.append(made_up_word(rng))
        if re.sub(r"[^a-z]", "", word.lower()) not in FILLERS or rng.random() >= rate:
            words.append(word)
        elif rng.random() < 0.6:
            words.append(made_up_word(rng) + word[len(word.rstrip("?.,:")) :])
    return " ".join(words)


def made_up_word(rng: np.random.Generator) -> str:
    """One to three syllables that no tokenizer knows as a word: ``tround``, ``sluper``.

    Some follow upon a word that does mean something: a "participant" is not a part, but begins with
    its token.
    """
    syllables = [
        str(rng.choice(_ONSETS)) + str(rng.choice(_VOWELS)) for _ in range(int(rng.integers(1, 4)))
    ]
    stem = str(rng.choice(_STEMS)) if rng.random() < _STEM_SHARE else ""
    return stem + "".join(syllables) + str(rng.choice(_ENDS))


def otherwise(one: PoolQuestion, rng: np.random.Generator) -> PoolQuestion:
    """The same question, had something else been measured: in the kinematic text and the answer."""
    return rejudged(one, rng) if one.kind == "correct" else renumbered(one, rng)


_VERDICT = re.compile(r"\bform (wrong|correct) \d+ %")
_OPPOSITE = {"correct": "incorrect", "incorrect": "correct", "yes": "no", "no": "yes"}


def can_be_read(one: PoolQuestion) -> bool:
    """Whether the kinematic text tells the answer: of a verdict, whether it tells the right one."""
    if one.kind != "correct":
        return True
    told = _VERDICT.search(one.facts)
    return told is not None and told.group(1) in one.scene.split()


def rejudged(one: PoolQuestion, rng: np.random.Generator) -> PoolQuestion:
    """The same question with another verdict, every other time the opposite one.

    Beside the motion of people whose repetitions the encoder knows by heart, this alone teaches to
    believe what is measured. Where the text gives no right verdict, nothing changes.
    """
    told = _VERDICT.search(one.facts)
    if told is None or not can_be_read(one) or one.answer not in _OPPOSITE:
        return one
    verdict, answer = told.group(1), one.answer
    if rng.random() < 0.5:
        verdict = "wrong" if verdict == "correct" else "correct"
        answer = _OPPOSITE[answer]
    reading = f"form {verdict} {int(rng.integers(50, 100))} %"
    return replace(one, facts=_VERDICT.sub(reading, one.facts), answer=answer)


def renumbered(one: PoolQuestion, rng: np.random.Generator) -> PoolQuestion:
    """The same question with another number, in the kinematic text and in the answer.

    Where the answer's number stands in the text more than once, or nowhere, nothing changes.
    """
    number = re.search(r"\d+(\.\d+)?", one.answer)
    if number is None:
        return one
    old = number.group()
    pattern = r"\breps \d+" if one.kind == "count" else rf"(?<![\d.]){re.escape(old)}(?![\d.])"
    if len(re.findall(pattern, one.facts)) != 1:
        return one
    if one.kind == "count":
        new = str(rng.integers(1, 13))
        facts = re.sub(pattern, f"reps {new}", one.facts)
        # Where repetitions of all lengths stand beside the count, none is taken for it.
        facts = re.sub(r"\beach \d+\.\d", f"each {12 * rng.random():.1f}", facts)
    else:
        new = f"{30 * rng.random():.1f}" if "." in old else str(rng.integers(10 ** len(old)))
        facts = re.sub(pattern, new, one.facts)
    answer = one.answer[: number.start()] + new + one.answer[number.end() :]
    return replace(one, facts=facts, answer=answer)
