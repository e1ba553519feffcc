"""Our own people asked in BABEL-QA's words, read from its file at run time.

The data set's motions are in AMASS, which may not be passed on; its wordings alone tell already
whether a model that learnt other wordings understands them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from llamo.data.ask_content import body_part_answer
from llamo.data.babelqa import read_babelqa
from llamo.data.question import Question, Scene, accept_for
from llamo.data.splice import Segment

_NAMED = re.compile(r"\b(before|after|while) they .+?(?= and (?:before|after) they |\?)")
_INSTRUMENT = {"body_part": "use their {}", "direction": "move {}", "action": "{}"}

Wordings = dict[tuple[str, tuple[str, ...]], tuple[str, ...]]
"""(``action``, (``before``, ``after``)) -> "What action does the person do before they {} ...?"."""


def babel_wordings(path: str | Path) -> Wordings:
    """The patterns of BABEL-QA's questions, by what they ask and what they relate it to.

    Raises:
        InvalidData: The file is missing or no BABEL-QA file.
    """
    found: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for one in read_babelqa(path):
        relations = tuple(match[1] for match in _NAMED.finditer(one.question))
        if relations:
            pattern = _NAMED.sub(lambda match: f"{match[1]} they {{}}", one.question)
            found[one.query, relations].add(pattern)
    return {key: tuple(sorted(patterns)) for key, patterns in sorted(found.items())}


def ask_in_babel_words(
    scene: Scene, wordings: Wordings, rng: np.random.Generator
) -> Iterator[Question]:
    """One question of each relation that the scene can settle: before, after, between, while."""
    if len(scene.segments) < 3 or not scene.clean_order or scene.one_act:
        return
    segments = scene.segments
    inner = [at for at in range(1, len(segments) - 1) if scene.unique(segments[at])]
    if not inner:
        return
    at = int(rng.choice(inner))
    options: list[tuple[tuple[str, ...], int, tuple[int, ...]]] = [
        (("before",), at - 1, (at,)),
        (("after",), at + 1, (at,)),
        (("while",), at, (at,)),
    ]
    if scene.unique(segments[at - 1]) and scene.unique(segments[at + 1]):
        options.append((("before", "after"), at, (at + 1, at - 1)))
    for relations, answer_at, named in options:
        answer = segments[answer_at]
        for query in ("action", "direction", "body_part"):
            text = _answer(answer, query)
            if text is None or (query, relations) not in wordings:
                continue
            names = [_name(scene, segments[i], query if i == answer_at else "") for i in named]
            if None in names:
                continue
            patterns = wordings[query, relations]
            pattern = patterns[int(rng.integers(len(patterns)))]
            yield Question(
                pattern.format(*names), text[0], "order", "seq", f"babel_{query}", answer.span_s,
                tuple(segments[i].span_s for i in named), text[1],
                "babelqa." + "_".join(relations), held_out=True,
            )  # fmt: skip


def _answer(segment: Segment, query: str) -> tuple[str, tuple[str, ...]] | None:
    if query == "action":
        return (segment.action, accept_for(segment)) if segment.action else None
    if query == "direction":
        return (segment.direction, ()) if segment.direction else None
    return body_part_answer(segment.body_part) if segment.body_part else None


def _name(scene: Scene, segment: Segment, asked: str) -> str | None:
    """How BABEL-QA names a segment: by its act; by another trait where the act is asked for."""
    if asked != "action":
        return segment.action
    for trait in ("direction", "body_part"):
        value = getattr(segment, trait)
        alone = sum(getattr(one, trait) == value for one in scene.segments) == 1
        if value and alone:
            return _INSTRUMENT[trait].format(value)
    return None
