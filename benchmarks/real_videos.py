"""Every clip of a folder of real videos: what is asked, what is answered, and what is true.

    python benchmarks/real_videos.py --videos DIR [--out docs/real-videos.md]

DIR holds the clips and an `index.json` that says of each what it shows and which facts hold; the
questions follow from the kinds of facts. An answer is right, wrong, or "can't tell"; a wrong one
with a confidence of 0.5 or more counts as confident. A clip of which it is known that no whole
person is in it must be refused. Nothing is trained or tuned on these clips.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from llamo import Answer, Assistant, LlamoError
from llamo.data.phrases import inflect

CONFIDENT = 0.5
RIGHT, WRONG, OPEN = "right", "wrong", "can't tell"

_STOP = frozenset({"a", "an", "the", "to", "up", "and", "of", "both", "does", "person", "out"})
_NUMBERS = {word: str(n) for n, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve".split())}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One question about a clip, and the fact that answers it."""

    question: str
    fact: str
    kind: str


@dataclass(frozen=True)
class Told:
    """What came of it."""

    clip: str
    question: str
    answer: str
    fact: str
    verdict: str
    confidence: float | None = None

    @property
    def confident(self) -> bool:
        """Whether it is wrong and sounds sure."""
        return self.verdict == WRONG and (self.confidence or 0) >= CONFIDENT


def questions(facts: dict[str, Any]) -> Iterator[Asked]:
    """What the facts of a clip can answer."""
    action = facts.get("action")
    if action:
        yield Asked("What does the person do?", action, "words")
    if action and "reps" in facts:
        name = action if action.endswith("s") else f"{action}s"
        yield Asked(f"How many {name} does the person do?", str(facts["reps"]), "number")
    if "times_sat" in facts:
        question = "How many times does the person sit down?"
        yield Asked(question, str(facts["times_sat"]), "number")
    order = facts.get("order", [])
    if order:
        yield Asked("What does the person do first?", order[0], "words")
        yield Asked("What does the person do last?", order[-1], "words")
    for before, after in pairwise(order):
        if order.count(before) == 1:
            yield Asked(f"What does the person do after {_ing(before)}?", after, "words")
    if "direction" in facts:
        question = "In which direction does the person go in the picture?"
        yield Asked(question, facts["direction"], "direction")
    if "people" in facts:
        yield Asked("How many people are there?", str(facts["people"]), "number")
    if "fault" in facts or "form" in facts:
        yield Asked("Is it done correctly?", "no" if "fault" in facts else "yes", "word")
    for name, value in facts.items():
        if name.endswith("_colour"):
            thing = name.removesuffix("_colour")
            yield Asked(f"What colour is the {thing}?", value, "word")


def _ing(act: str) -> str:
    """``walking`` of ``walk``; what begins with no verb is held."""
    first = act.split()[0]
    return f"holding the {act}" if first in ("arms", "hands", "legs") else inflect(f"*{act}", "ing")


def verdict(answer: Answer, asked: Asked) -> str:
    """Right, wrong, or declined."""
    if answer.abstained:
        return OPEN
    said, fact = _words(answer.answer), _words(asked.fact)
    if asked.kind == "number":
        numbers = [word for word in said if word.isdigit()]
        return RIGHT if numbers == [asked.fact] else WRONG
    if asked.kind == "direction":  # "right to left" ends at the left
        return RIGHT if fact[-1] in said and fact[0] not in said[-1:] else WRONG
    if asked.kind == "word":
        return RIGHT if fact[0] in said else WRONG
    return RIGHT if {_stem(word) for word in fact} & {_stem(word) for word in said} else WRONG


def _words(text: str) -> list[str]:
    words = re.findall(r"[a-z]+|\d+", text.lower())
    return [_NUMBERS.get(word, word) for word in words if word not in _STOP]


def _stem(word: str) -> str:
    return re.sub(r"(?<=[a-z]{3})(ping|ing|s|ed|ting)$", "", word)


def about(assistant: Assistant, clip: Path, facts: dict[str, Any]) -> Iterator[Told]:
    """All questions about one clip."""
    try:
        session = assistant.open(clip)
    except LlamoError as error:
        expected = facts.get("full_body") is False
        fact = "no whole person is seen" if expected else "a person is seen"
        yield Told(clip.name, "(opened)", f"refused: {error}", fact, RIGHT if expected else WRONG)
        return
    if facts.get("full_body") is False:
        yield Told(clip.name, "(opened)", "taken", "no whole person is seen", WRONG, 1.0)
    notes = "; ".join(session.notes)
    if notes:
        yield Told(clip.name, "(notes)", notes, "", "")
    for asked in questions(facts):
        answer = session.ask(asked.question)
        yield Told(
            clip.name, asked.question, answer.answer, asked.fact, verdict(answer, asked),
            answer.confidence,
        )  # fmt: skip


def page(rows: list[Told], shows: dict[str, str], model: str) -> str:
    """The table as a page of the documentation."""
    judged = Counter(row.verdict for row in rows if row.verdict)
    sure = sum(row.confident for row in rows)
    lines = [
        "# Real videos",
        "",
        "Made by `python benchmarks/real_videos.py --videos DIR`; the clips are for testing only: "
        "nothing is trained or tuned on them.",
        "",
        f'{model}: {judged[RIGHT]} right, {judged[WRONG]} wrong, {judged[OPEN]} "can\'t tell". '
        f"Confident wrong answers (confidence {CONFIDENT:g} or more): {sure}.",
        "",
        "| clip | question | answer | confidence | fact | |",
        "|---|---|---|---|---|---|",
    ]
    before = None
    for row in rows:
        if row.clip != before:
            lines.append(f"| **{row.clip}** | *{_cell(shows[row.clip])}* | | | | |")
            before = row.clip
        sure_text = "" if row.confidence is None else f"{row.confidence:.2f}"
        mark = f"**{row.verdict}, sure of it**" if row.confident else row.verdict
        cells = ("", row.question, row.answer, sure_text, row.fact, mark)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def main() -> None:
    """Ask, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=Path, required=True, help="folder with index.json")
    parser.add_argument("--out", type=Path, default=Path("docs/real-videos.md"))
    parser.add_argument("--model", help="weights folder; llamo-tiny by default")
    given = parser.parse_args()
    index = json.loads((given.videos / "index.json").read_text(encoding="utf-8"))
    assistant = Assistant.from_pretrained(given.model)
    rows: list[Told] = []
    for clip in index:
        for told in about(assistant, given.videos / clip["file"], clip["facts"]):
            rows.append(told)
            print(told.clip, "|", told.question, "|", told.answer, "|", told.verdict, flush=True)
    shows = {clip["file"]: clip["shows"] for clip in index}
    given.out.write_text(page(rows, shows, assistant.name), encoding="utf-8")


if __name__ == "__main__":
    main()
