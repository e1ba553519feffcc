"""BABEL-QA's question text: the released files, and the lines that come without motion."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData

_QUERY = re.compile(r"query_(action|direction|body_part)")


@dataclass(frozen=True)
class BabelQuestion:
    """One question of BABEL-QA.

    Args:
        id: Six digits.
        question, answer: As released.
        babel_id: Which motion.
        program: Its steps, as released.
        query: ``action``, ``direction`` or ``body_part``.
        relation: ``no_relation``, ``before``, ``after`` or ``in_between``.
        split: ``train``, ``val``, ``test``, or "" where the file does not say.
        amass_path: The motion's file in AMASS, "" where the file does not say.
    """

    id: str
    question: str
    answer: str
    babel_id: str
    program: tuple[str, ...]
    query: str
    relation: str
    split: str = ""
    amass_path: str = ""


def read_babelqa(path: str | Path) -> list[BabelQuestion]:
    """Read ``questions.json`` (a dict by id, or a list of lists), or one object a line.

    Args:
        path: ``questions.json``, or a ``.jsonl`` with ``id, question, program, babel_id, answer``
            and perhaps ``split`` and ``amass_path``.

    Raises:
        InvalidData: The file is missing or follows none of these forms.
    """
    file = Path(path)
    try:
        text = file.read_text()
        if file.suffix == ".jsonl":
            records: Any = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            records = json.loads(text)
        if isinstance(records, dict):
            return [_question({"id": key, **record}) for key, record in records.items()]
        return [_question(one if isinstance(one, dict) else _fields(one)) for one in records]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidData(
            f"{file} is no BABEL-QA file ({type(error).__name__}: {error}); expected a dict by "
            "question id, a list of [id, question, program, babel_id, answer], or JSON lines."
        ) from None


def _fields(record: list) -> dict[str, Any]:
    names = ("id", "question", "program", "babel_id", "answer")
    return dict(zip(names, record, strict=True))


def _question(record: dict[str, Any]) -> BabelQuestion:
    program = tuple(map(str, record.get("program") or ()))
    steps = " ".join(program)
    found = _QUERY.search(str(record.get("query_type") or steps))
    if found is None:
        raise ValueError(f"question {record['id']} queries neither action, direction nor body part")
    return BabelQuestion(
        id=str(record["id"]).zfill(6),
        question=str(record["question"]),
        answer=str(record["answer"]),
        babel_id=str(record["babel_id"]),
        program=program,
        query=found[1],
        relation=str(record.get("relation_type") or relation_in(steps)),
        split=str(record.get("split") or ""),
        amass_path=str(record.get("amass_path") or ""),
    )


def relation_in(program: str) -> str:
    """What a program relates: ``relate([1], before)`` reads "before what step 1 found"."""
    related = re.findall(r"relate\([^)]*?\b(before|after)\b", program)
    if not related:
        return "no_relation"
    return related[0] if len(related) == 1 else "in_between"
