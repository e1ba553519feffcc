"""What labels, questions and answers tell: dirty names, contradictions, leaks, wrong sides."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from llamo.data.check_report import Finding, concerning
from llamo.data.sides import active_side
from llamo.motion import Motion
from llamo.skeleton import SMPL22

_LIMBS = {
    "hand": "hand", "arm": "hand", "wrist": "hand", "elbow": "hand", "fist": "hand",
    "foot": "leg", "leg": "leg", "knee": "leg", "ankle": "leg",
}  # fmt: skip
_WORDS = re.compile(rf"\b(left|right)[ _-]?({'|'.join(_LIMBS)})s?\b", re.IGNORECASE)
_LETTER = re.compile(r"(?<=[a-z])([LR])(?=[A-Z0-9]|$)")  # kickLFront, grabHighR
_LETTER_LIMBS = (("kick", "leg"), ("grab", "hand"), ("deposit", "hand"), ("throw", "hand"))
_ALIKE = 0.85  # of difflib's ratio
_RARE = 5  # a spelling this many times rarer than one like it is a slip
_MANY_LABELS = 400  # more are sentences
_ALWAYS = 0.8


@dataclass(frozen=True)
class Asked:
    """A question as a file has it.

    Args:
        where: Line or id.
        clip: What it is about, as named there.
        question, answer: As written; a caption has no question.
        split: Where the file says.
        kind: Answers of one kind compete.
        person: Who moves, where the file says.
    """

    where: str
    clip: str
    question: str
    answer: str
    split: str | None = None
    kind: str = ""
    person: str | None = None


@dataclass(frozen=True)
class SideSeen:
    """A clip whose label names one side of one limb, and the side that moves (None: neither)."""

    name: str
    label: str
    said: str
    seen: str | None


def said_side(label: str) -> tuple[str, str] | None:
    """``right hand wave`` -> ``("right", "hand")``; None where no one side of a limb is named."""
    named = {(side.lower(), _LIMBS[limb.lower()]) for side, limb in _WORDS.findall(label)}
    if not named:
        letters = set(_LETTER.findall(label))
        limb = next((limb for word, limb in _LETTER_LIMBS if word in label.lower()), None)
        if len(letters) == 1 and limb is not None:
            named = {("left" if letters == {"L"} else "right", limb)}
    return named.pop() if len(named) == 1 else None


def see_side(name: str, label: str, motion: Motion) -> SideSeen | None:
    """Hold a label's side against the limb that moves; None where it names none."""
    said = said_side(label)
    if said is None:
        return None
    side, limb = said
    return SideSeen(name, label, side, active_side(motion.to_skeleton(SMPL22).joints, limb))


def judge_sides(seen: Sequence[SideSeen]) -> list[Finding]:
    """Labels whose side the joints deny; most of a data set: its sides are exchanged."""
    clear = [one for one in seen if one.seen is not None]
    wrong = [f"{one.name} ({one.label})" for one in clear if one.seen != one.said]
    if len(clear) >= 5 and 2 * len(wrong) > len(clear):
        says = "the other side moves than the label names: left and right are exchanged"
        return concerning("sides", "error", says, wrong, len(clear))
    found = concerning(
        "sides", "warning", "the other side moves much more than the one that the label names",
        wrong, len(clear),
    )  # fmt: skip
    if clear and not wrong:
        says = "the side that a label names is the one that moves, wherever one clearly does"
        found.append(Finding("sides", "note", says, len(clear), len(seen)))
    return found


def judge_labels(labels: Sequence[str], what: str = "labels") -> list[Finding]:
    """Names that are one name written in several ways."""
    counts = Counter(label for label in labels if label)
    if not 1 < len(counts) <= _MANY_LABELS:
        return []
    forms: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        forms[re.sub(r"[\W_]+|s\b", "", label.lower())].append(label)
    found: list[Finding] = []
    for spellings in forms.values():
        if len(spellings) > 1:
            total = sum(counts[one] for one in spellings)
            shown = " = ".join(f"{one!r}" for one in sorted(spellings, key=lambda x: -counts[x]))
            found.append(Finding("labels", "warning", f"{what} that are one: {shown}", total))
    names = sorted(forms, key=lambda form: -sum(counts[one] for one in forms[form]))
    for at, common in enumerate(names):
        for rare in names[at + 1 :]:
            if _slip(common, rare, forms, counts):
                first, second = forms[common][0], forms[rare][0]
                says = f"{what} that may be one: {first!r} and, rarely, {second!r}"
                found.append(Finding("labels", "note", says, counts[second]))
    odd = [label for label in counts if label != label.strip() or "  " in label]
    return found + concerning(
        "labels", "warning", f"{what} with stray blanks", [repr(one) for one in odd], len(counts)
    )


def _slip(common: str, rare: str, forms: dict[str, list[str]], counts: Counter) -> bool:
    often = sum(counts[one] for one in forms[common])
    seldom = sum(counts[one] for one in forms[rare])
    if len(rare) < 5 or often < _RARE * seldom or re.findall(r"\d", common + rare):
        return False
    if {"left", "right"} & set(re.findall("left|right", common + rare)):
        return False
    matcher = SequenceMatcher(None, common, rare)
    return matcher.quick_ratio() > _ALIKE and matcher.ratio() > _ALIKE


def judge_questions(asked: Sequence[Asked]) -> list[Finding]:
    """Contradictory and repeated questions, clips over splits, kinds with one answer."""
    n = len(asked)
    by_question: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    splits: dict[str, set[str]] = defaultdict(set)
    people: dict[str, set[str]] = defaultdict(set)
    for one in asked:
        if one.question:
            by_question[(one.clip, _plain(one.question))].append(one)
        if one.split:
            splits[one.clip].add(one.split)
            if one.person:
                people[one.person].add(one.split)
    contrary, twice = [], []
    for same in by_question.values():
        answers = {_plain(one.answer) for one in same}
        if len(answers) > 1:
            contrary += [f"{one.where}: {one.answer}" for one in same]
        elif len(same) > 1:
            twice += [one.where for one in same[1:]]
    found = concerning(
        "golds", "error", "one question about one clip has different answers", contrary, n
    )
    found += concerning(
        "duplicates", "note", "the same question about the same clip, once more", twice, n
    )
    over = [clip for clip, held in splits.items() if len(held) > 1]
    says = "a clip is asked about in several splits: what is learnt of it leaks"
    found += concerning("splits", "warning", says, over, len(splits))
    shared = [person for person, held in people.items() if len(held) > 1]
    says = "a person stands in several splits: a score there is no score on new people"
    found += concerning("splits", "warning", says, shared, len(people))
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for one in asked:
        if one.question:
            kinds[one.kind][_plain(one.answer)] += 1
    for kind, told in kinds.items():
        answer, often = told.most_common(1)[0]
        total = told.total()
        if total >= 20 and often > _ALWAYS * total:
            says = f"{answer!r} answers {often / total:.0%} of {kind or 'the questions'}, blindly"
            found.append(Finding("golds", "warning", says, often, total))
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()
