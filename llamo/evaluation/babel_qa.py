"""``llamo eval babel-qa``: BABEL-QA (HumanMotionQA) as released."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.benchmark import Benchmark, run_benchmark
from llamo.evaluation.items import Clip, Item, answer_text, read_text, refuse
from llamo.evaluation.published import BABEL_QA, BABEL_QA_OTHERS, published
from llamo.evaluation.report import PROTOCOL, VocabMeasure
from llamo.evaluation.run_folder import sha256
from llamo.evaluation.scorer import Scorer
from llamo.skeleton import SMPL22

if TYPE_CHECKING:
    from llamo.assistant import Assistant

COLUMNS = ("action", "direction", "body_part", "before", "after", "other", "no_relation")
_RELATIONS = {
    "no_relation": "no_relation",
    "before": "before",
    "after": "after",
    "in_between": "other",
}
_LOOKED_AT = 64
_CLEARLY_UP = 0.5

ANCHORS = published(
    BABEL_QA,
    BABEL_QA_OTHERS,
    note="Each under its own protocol; only `exact` may be held against the column `exact` above.",
)


@dataclass(frozen=True)
class BabelQA:
    """The data set.

    Args:
        items: Questions by split, each with its own clip; the clips' up axis is not set yet.
        concepts: Segments of each motion: ``{babel_id: [{"start_f", "end_f", "attributes"}]}``.
        files: The files that were read.
    """

    items: Mapping[str, Sequence[Item]]
    concepts: Mapping[str, Sequence[Mapping[str, Any]]]
    files: Sequence[Path]


def evaluate_babel_qa(
    data_dir: str | Path,
    split: str,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    fps: float = 30.0,
    up: str = "auto",
    aggregate: str = "micro",
    batch_size: int = 64,
    limit: int | None = None,
    controls: bool | Sequence[str] = True,
    protocol: str = PROTOCOL,
    predictions: str | Path | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int, int], object] | None = None,
    command: str | None = None,
    name: str = "babel-qa",
    anchors: str = ANCHORS,
) -> dict[str, Any]:
    """Evaluate on a split of BABEL-QA, or of a data set of the same form.

    Args:
        data_dir: Folder with ``questions.json``, ``split_question_ids.json`` and
            ``motion_sequences/<babel_id>/joints.npy``; with ``predictions`` the motions may be
            missing.
        split: ``train``, ``val`` or ``test``.
        out_dir: Folder for ``report.json``, ``report.md``, ``predictions.jsonl``, ``controls/``.
        assistant: Who answers; None when ``predictions`` are given.
        fps: Frames a second of the motions.
        up: ``y``, ``z``, or ``auto``: decided once for the data set, from where the heads are.
        aggregate: ``micro``, or ``nspose`` (means over batches of four, as its code reports).
        batch_size, limit, controls, protocol, predictions, seed, overwrite, progress, command: As
            for ``run_benchmark``.
        name: Of the data set.
        anchors: Published figures for ``report.md``.

    Returns:
        What ``report.json`` holds; ``up`` tells the axis and how it was decided, where a model was
        asked.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: The folder does not follow the format.
    """
    if aggregate not in ("micro", "nspose"):
        raise InvalidData(f"aggregate {aggregate!r} is not known; expected micro or nspose.")
    if up not in ("auto", "y", "z"):
        raise InvalidData(f"up {up!r} is not known; expected auto, y or z.")
    data = read_babel_qa(data_dir)
    items = data.items.get(split, ())
    if not items:
        raise InvalidData(f"split {split!r} has no questions; expected {', '.join(data.items)}.")
    facts: dict[str, Any] = {}
    if predictions is None:
        lost = sorted({item.clip.path for item in items if not item.clip.file.is_file()})
        refuse(
            str(data_dir), [f"{Path(path).parent.name}/joints.npy is not there" for path in lost]
        )
        decided = decide_up([item.clip for item in items]) if up == "auto" else {"axis": up}
        facts = {"up": {"decided": "auto" if up == "auto" else "given", **decided}, "fps": fps}
        items = [_with_clip(item, fps, decided["axis"]) for item in items]
    training = data.items.get("train") if split != "train" else None
    benchmark = Benchmark(
        name=f"{name} {split}",
        items=items,
        data_sha256=sha256(data.files),
        measure=VocabMeasure(Scorer(items), COLUMNS, aggregate),
        training=training or None,
        elsewhere={one.id for others in data.items.values() for one in others},
        facts=facts,
        anchors=anchors,
    )
    return run_benchmark(
        benchmark, out_dir, assistant,
        batch_size=batch_size, limit=limit, controls=controls, protocol=protocol,
        predictions=predictions, seed=seed, overwrite=overwrite, progress=progress,
        command=command,
    )  # fmt: skip


def read_babel_qa(data_dir: str | Path) -> BabelQA:
    """Read the questions, in the released form or as lists, and the splits.

    ``questions.json`` is a dict by question id, or a list of ``[question_id, question, [program],
    babel_id, answer]``; where a question does not name its ``query_type`` and ``relation_type``,
    its program tells them.

    Raises:
        UnreadableFile: ``questions.json`` or ``split_question_ids.json`` cannot be read.
        InvalidData: They do not follow the format.
    """
    folder = Path(data_dir)
    questions, splits = folder / "questions.json", folder / "split_question_ids.json"
    concepts = folder / "motion_concepts.json"
    records = _records(_json(questions), questions.name)
    items: dict[str, Item] = {}
    problems = []
    for key, record in records.items():
        try:
            items[key] = _item(key, record, folder)
        except InvalidData as error:
            problems.append(f"question {key}: {error}")
    refuse(questions.name, problems)
    held = _json(splits)
    if not isinstance(held, dict) or not all(isinstance(ids, list) for ids in held.values()):
        raise InvalidData(f"{splits.name} must be {{split: [question ids]}}.")
    by_split: dict[str, list[Item]] = {}
    for split, ids in held.items():
        keys = [_padded(one) for one in ids]
        refuse(splits.name, [f"{split}: {key} is no question" for key in keys if key not in items])
        by_split[split] = [items[key] for key in keys]
    files = [path for path in (questions, splits, concepts) if path.is_file()]
    known = _json(concepts) if concepts.is_file() else {}
    if not isinstance(known, dict):
        raise InvalidData(f"{concepts.name} must be {{babel_id: [segments]}}.")
    return BabelQA(by_split, known, files)


def decide_up(clips: Sequence[Clip]) -> dict[str, Any]:
    """The axis along which heads lie above pelvises, over up to 64 clips.

    People bend and crawl, so single clips may mislead; the mean over a data set does not.

    Returns:
        ``{"axis": "y" | "z", "pelvis_to_head": [x, y, z]}``: the mean unit vector, as in the files.

    Raises:
        InvalidData: No axis stands out, or heads hang below pelvises.
    """
    distinct = list(dict.fromkeys(clip.file for clip in clips))
    chosen = [
        distinct[i] for i in np.linspace(0, len(distinct) - 1, _LOOKED_AT).round().astype(int)
    ]
    directions = [_pelvis_to_head(path) for path in dict.fromkeys(chosen)]
    mean = np.mean(directions, axis=0)
    axis = int(np.abs(mean).argmax())
    if axis == 0 or mean[axis] < _CLEARLY_UP:
        raise InvalidData(
            f"the up axis is not clear: from pelvis to head is {np.round(mean, 2).tolist()} on "
            "average; say which it is (--up y or --up z)."
        )
    return {"axis": "xyz"[axis], "pelvis_to_head": np.round(mean, 4).tolist()}


def _pelvis_to_head(path: Path) -> np.ndarray:
    """(3,) mean direction in a file of joints (T, 22, 3), of length 1 at most."""
    try:
        joints = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableFile(f"{path} cannot be read: {' '.join(str(error).split())}.") from None
    if joints.ndim != 3 or joints.shape[1:] != (22, 3) or joints.dtype.kind not in "fiu":
        raise InvalidData(f"{path} must hold joints (frames, 22, 3), got {joints.shape}.")
    up = joints[:, SMPL22.index("head")] - joints[:, SMPL22.index("pelvis")]
    length = np.linalg.norm(up, axis=1, keepdims=True)
    units = np.divide(up, length, out=np.zeros(up.shape), where=np.isfinite(length) & (length > 0))
    return units.mean(0) if len(units) else np.zeros(3)


def _with_clip(item: Item, fps: float, up: str) -> Item:
    clip = Clip(item.clip.path, fps, up)
    return Item(**{**vars(item), "clip": clip})


def _json(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"{path} is not JSON: {' '.join(str(error).split())}.") from None


def _padded(key: object) -> str:
    """Question ids are six digits; some releases write them as numbers."""
    text = str(key)
    return text.zfill(6) if text.isdigit() else text


def _records(held: object, name: str) -> dict[str, dict[str, Any]]:
    if isinstance(held, dict):
        pairs = [(key, record) for key, record in held.items()]
    elif isinstance(held, list):
        pairs = [(_id_of(record), record) for record in held]
    else:
        raise InvalidData(f"{name} must be a dict by question id, or a list.")
    records: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for key, record in pairs:
        if isinstance(record, list) and len(record) == 5:
            names = ("question_id", "question", "program", "babel_id", "answer")
            record = dict(zip(names, record, strict=True))
        if key is None or not isinstance(record, dict):
            problems.append(
                f"entry {len(records) + len(problems)} is neither a dict nor [question_id, "
                "question, program, babel_id, answer]"
            )
        elif _padded(key) in records:
            problems.append(f"question {_padded(key)} stands twice")
        else:
            records[_padded(key)] = record
    refuse(name, problems)
    return records


def _id_of(record: object) -> object:
    if isinstance(record, list):
        return record[0] if len(record) == 5 else None
    return record.get("question_id") if isinstance(record, dict) else None


def _item(key: str, record: dict[str, Any], folder: Path) -> Item:
    missing = [name for name in ("question", "answer", "babel_id") if name not in record]
    if missing:
        raise InvalidData(f"{', '.join(missing)} missing")
    if not isinstance(record["question"], str) or not record["question"].strip():
        raise InvalidData("question must be a text that is not empty")
    babel_id = str(record["babel_id"])
    if not re.fullmatch(r"[\w.-]+", babel_id) or babel_id.startswith("."):
        raise InvalidData(f"babel_id {babel_id!r} is no folder name")
    program = str(record.get("program", ""))
    query = record.get("query_type") or _found(r"query_(?:action|direction|body_part)", program)
    relation = record.get("relation_type") or _relation(program)
    kind = str(query).removeprefix("query_")
    if kind not in COLUMNS[:3] or relation not in _RELATIONS:
        raise InvalidData(
            f"query_type {query!r} with relation_type {relation!r} is not known; expected "
            f"query_action, query_direction or query_body_part, with {', '.join(_RELATIONS)}"
        )
    return Item(
        where=f"questions.json: question {key}",
        id=key,
        clip=Clip(str(folder / "motion_sequences" / babel_id / "joints.npy")),
        question=record["question"],
        answer=answer_text("answer", record["answer"]),
        type=kind,
        groups=(kind, _RELATIONS[relation]),
        fields={"id": key, **record},
    )


def _found(pattern: str, program: str) -> str | None:
    match = re.search(pattern, program)
    return match.group() if match else None


def _relation(program: str) -> str:
    """The relation of a program: with two of them the asked segment lies in between."""
    relations = re.findall(r"relate\([^)]*\b(before|after)\)", program)
    if not relations:
        return "no_relation"
    return relations[0] if len(relations) == 1 else "in_between"
