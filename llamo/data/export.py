"""A question file of people and wordings that training never saw, as ``llamo eval qa`` reads it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from llamo.data.clips import LabelledClip, load_clips, mirror_clip, split, swap_sides
from llamo.data.export_babelqa import Wordings, ask_in_babel_words, babel_wordings
from llamo.data.export_pairs import unsettled_pairs
from llamo.data.library import ClipLibrary
from llamo.data.question import Question, Scene
from llamo.data.questions import ask_about
from llamo.data.splice import Sequence, mirror_sequence, splice
from llamo.errors import InvalidData
from llamo.formats import write_motion
from llamo.motion import Motion

ACTION_PACKS = ("utd_mhad", "msr_action3d", "hdm05", "ui_prmd", "bandai")
MOST_CLIPS = 400
MOST_MADE = 300
"""Questions of a type, unless told otherwise: about recorded clips, about made sequences."""

RELATIONS = ("before", "after", "between", "first", "last")


@dataclass(frozen=True)
class Row:
    """One line of the question file, before its motion has a file."""

    question: Question
    sequence: Sequence
    type: str
    pair: str | None = None
    relation: str | None = None


def export_eval_set(
    data_dir: str | Path,
    out_dir: str | Path,
    *,
    people: str = "held_out",
    held_out_wordings: bool = True,
    seed: int = 0,
    per_type: int | None = None,
    types: tuple[str, ...] | None = None,
    packs: Iterable[str] | None = None,
    babelqa: str | Path | None = None,
) -> Path:
    """Write ``motions/*.npz`` and ``questions.jsonl``.

    Types: ``action_<pack>``, ``side``, ``side_mirrored`` (the same questions on mirrored clips),
    ``correct`` (balanced), ``count`` (2-10 evenly, length independent of the count), ``order``
    (4-6 segments of like length), ``yes_no`` (pairs on one clip), ``cant_tell`` (the same words on
    a motion that settles them and on one that does not).

    Args:
        data_dir: Folder of the packs.
        out_dir: Folder to write; created.
        people: ``held_out`` (see ``clips.HELD_OUT``), ``train`` or ``all``.
        held_out_wordings: Word questions as training never does.
        seed: Of every choice.
        per_type: Most questions of a type; None takes ``MOST_CLIPS`` and ``MOST_MADE``.
        types: Only these.
        packs: Only people of these.
        babelqa: BABEL-QA's question file: adds the types ``babel_action``, ``babel_direction`` and
            ``babel_body_part``, asked in its words about our sequences.

    Returns:
        The path of ``questions.jsonl``. Lines carry ``id motion fps question answer type accept
        pack person axis kind span_s anchors wording_id relation pair reason``.

    Raises:
        InvalidData: ``people``, ``types`` or ``packs`` are unknown, or the data is missing; or
            these packs have nobody of that kind.
    """
    train, held = split(load_clips(data_dir, packs))
    pools = {"held_out": held, "train": train, "all": [*train, *held]}
    if people not in pools:
        raise InvalidData(f"people must be one of {', '.join(pools)}, got {people!r}.")
    if not pools[people]:
        raise InvalidData(f"these packs hold nobody who is {people}; name others, or none for all.")
    library = ClipLibrary(pools[people])
    makers = _makers()
    if babelqa is not None:
        makers["babel"] = _in_babel_words(babel_wordings(babelqa))
    unknown = set(types or ()) - set(makers)
    if unknown:
        raise InvalidData(f"unknown types {sorted(unknown)}; expected some of {', '.join(makers)}.")
    rows: list[Row] = []
    for number, (name, maker) in enumerate(makers.items()):
        if types is None or name in types:
            rng = np.random.default_rng([seed, number])
            rows += maker(library, rng, held_out_wordings, per_type)
    return _write(rows, Path(out_dir))


Maker = Callable[[ClipLibrary, np.random.Generator, bool, int | None], list[Row]]


def _makers() -> dict[str, Maker]:
    makers: dict[str, Maker] = {f"action_{pack}": _action_of(pack) for pack in ACTION_PACKS}
    return makers | {
        "side": _sides,
        "correct": _correct,
        "count": _counts,
        "order": _orders,
        "yes_no": _yes_no,
        "cant_tell": _cant_tell,
    }


def _plain(clip: LabelledClip, rng: np.random.Generator) -> Sequence:
    """The clip as recorded."""
    whole = splice([clip], rng, tempo=(1.0, 1.0), idle_share=0.0)
    segments = (replace(whole.segments[0], start_s=0.0, end_s=clip.motion.duration_s),)
    return replace(whole, motion=clip.motion, segments=segments)


def _shuffled(library: ClipLibrary, rng: np.random.Generator) -> list[LabelledClip]:
    return [library.clips[int(i)] for i in rng.permutation(len(library.clips))]


def _action_of(pack: str) -> Maker:
    def make(
        library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
    ) -> list[Row]:
        rows: list[Row] = []
        wanted = "exercise" if pack == "ui_prmd" else "action"
        for clip in _shuffled(library, rng):
            if clip.pack != pack or len(rows) == (per_type or MOST_CLIPS):
                continue
            sequence = _plain(clip, rng)
            for question in ask_about(sequence, rng, held, ["action"]):
                if question.kind == wanted:
                    rows.append(Row(question, sequence, f"action_{pack}"))
        return rows

    return make


def _sides(
    library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
) -> list[Row]:
    rows: list[Row] = []
    most = per_type or MOST_CLIPS
    for number, clip in enumerate(_shuffled(library, rng)):
        if len(rows) >= 2 * most:
            break
        if clip.side not in ("left", "right"):
            continue
        sequence = _plain(mirror_clip(clip) if rng.random() < 0.5 else clip, rng)
        for question in ask_about(sequence, rng, held, ["side"]):
            if question.abstains:
                continue
            pair = f"side-{number}"
            mirrored = replace(
                question,
                answer=swap_sides(question.answer) or "",
                accept=tuple(swap_sides(text) or "" for text in question.accept),
            )
            rows.append(Row(question, sequence, "side", pair))
            rows.append(Row(mirrored, mirror_sequence(sequence), "side_mirrored", pair))
    return rows


def _correct(
    library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
) -> list[Row]:
    by_answer: dict[bool, list[Row]] = {True: [], False: []}
    half = (per_type or MOST_CLIPS) // 2
    for clip in _shuffled(library, rng):
        if clip.correct is None or len(by_answer[clip.correct]) >= half:
            continue
        sequence = _plain(clip, rng)
        for question in ask_about(sequence, rng, held, ["correct"]):
            by_answer[clip.correct].append(Row(question, sequence, "correct"))
    fewer = min(map(len, by_answer.values()))
    return [row for rows in by_answer.values() for row in rows[:fewer]]


def _counts(
    library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
) -> list[Row]:
    if not library.countable:
        return []
    rows: list[Row] = []
    for number in range(per_type or MOST_MADE):
        sequence = library.draw_repeat(rng, 2 + number % 9)
        rows += [Row(q, sequence, "count") for q in ask_about(sequence, rng, held, ["count"])]
    return rows


def _orders(
    library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
) -> list[Row]:
    rows: list[Row] = []
    counts = dict.fromkeys(RELATIONS, 0)
    most = per_type or MOST_MADE
    for _ in range(40 * most):
        if len(rows) >= most:
            break
        sequence = library.draw_splice(rng, int(rng.integers(4, 7)), like_length=True, doubles=0.0)
        if len(sequence.segments) < 4:
            continue
        for question in ask_about(sequence, rng, held, ["order"]):
            relation = relation_of(question)
            if question.abstains or relation not in counts or question.type != "order_action":
                continue
            if counts[relation] > min(counts.values()) + 2:
                continue
            counts[relation] += 1
            rows.append(Row(question, sequence, "order", relation=relation))
    return rows


def _in_babel_words(wordings: Wordings) -> Maker:
    def make(
        library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
    ) -> list[Row]:
        rows: dict[str, list[Row]] = {"action": [], "direction": [], "body_part": []}
        most = per_type or MOST_MADE
        for _ in range(2 * most):
            sequence = library.draw_splice(rng, int(rng.integers(3, 6)), doubles=0.0)
            scene = Scene(sequence, random.Random(int(rng.integers(2**63))), held)
            asked = list(ask_in_babel_words(scene, wordings, rng))
            for question in asked[:: max(1, len(asked) // 2)]:
                of_kind = rows[question.type.removeprefix("babel_")]
                if len(of_kind) < most:
                    of_kind.append(Row(question, sequence, question.type))
        return [row for of_kind in rows.values() for row in of_kind]

    return make


def relation_of(question: Question) -> str | None:
    """``before``, ``first``, ...: which relation the wording of an order question uses."""
    tail = question.wording_id.rpartition("+")[2].rpartition(".")
    word = (tail[0] or tail[2]).rstrip("0123456789")
    return word if word in (*RELATIONS, "nth", "while") else None


def _yes_no(
    library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
) -> list[Row]:
    rows: list[Row] = []
    kinds = ("yes_no", "yes_no", "yes_no_side", "yes_no_direction", "yes_no_order")
    number = 0
    for _ in range(40 * (per_type or MOST_MADE)):
        if len(rows) >= (per_type or MOST_MADE):
            break
        kind = kinds[number % len(kinds)]
        several = kind == "yes_no_order" or rng.random() < 0.3
        sequence = (
            library.draw_splice(rng, int(rng.integers(2, 5)))
            if several
            else _plain(library.draw_clip(rng), rng)
        )
        if not several:
            sequence = replace(sequence, plausible=library.plausible[sequence.packs[0]])
        pair = ask_about(sequence, rng, held, [kind])
        if len(pair) == 2 and not any(question.abstains for question in pair):
            rows += [Row(question, sequence, "yes_no", f"yes_no-{number}") for question in pair]
            number += 1
        elif kind == "yes_no_direction":
            number += rng.random() < 0.1  # few clips have a direction
    return rows


def _cant_tell(
    library: ClipLibrary, rng: np.random.Generator, held: bool, per_type: int | None
) -> list[Row]:
    rows: list[Row] = []
    pairs = unsettled_pairs(library, rng, held, (per_type or MOST_MADE) // 2)
    for number, (settled, first, unsettled, second) in enumerate(pairs):
        name = f"cant_tell-{number}"
        rows.append(Row(settled, first, "cant_tell", name))
        rows.append(Row(unsettled, second, "cant_tell", name))
    return rows


def _write(rows: list[Row], folder: Path) -> Path:
    (folder / "motions").mkdir(parents=True, exist_ok=True)
    files: dict[int, str] = {}
    counts: dict[str, int] = {}
    lines = []
    for row in rows:
        name = f"{row.type}-{counts.setdefault(row.type, 0):04d}"
        counts[row.type] += 1
        motion = row.sequence.motion
        if id(motion) not in files:
            files[id(motion)] = f"motions/{name}.npz"
            write_motion(motion, folder / files[id(motion)])
        lines.append(json.dumps(_line(row, name, files[id(motion)], motion)))
    path = folder / "questions.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def _line(row: Row, name: str, file: str, motion: Motion) -> dict:
    pack, person = row.sequence.person
    question = row.question.to_dict()
    kept = ("question", "answer", "accept", "axis", "kind", "span_s", "anchors", "wording_id",
            "reason")  # fmt: skip
    return {
        "id": name,
        "motion": file,
        "fps": motion.fps,
        "type": row.type,
        **{key: question[key] for key in kept},
        "pack": pack,
        "person": f"{pack}/{person}",
        "relation": row.relation,
        "pair": row.pair,
    }


def rows_of(path: str | Path) -> Iterator[dict]:
    """The lines of a question file."""
    with Path(path).open() as lines:
        for line in lines:
            yield json.loads(line)
