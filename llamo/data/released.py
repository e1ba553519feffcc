"""Released data sets, read as released, as questions about clips.

Each reader takes the folder as it was unpacked. Motions stay where they are; what their files do
not tell (frame rate, axis) is written into each sample.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from llamo.clip import VIDEO_SUFFIXES
from llamo.data.babelqa import read_babelqa
from llamo.data.captions import Captioned, read_captions
from llamo.data.own import MOTION_SUFFIXES, OwnSample
from llamo.data.question_forms import question_files, read_questions
from llamo.data.repcount import RepCountFile, read_repcount
from llamo.data.tables import read_text, refuse
from llamo.data.up_axis import decide_up
from llamo.errors import InvalidData, UnreadableFile

_SPLIT_FILES = {"train": "train", "val": "val", "test": "test"}

_DESCRIBE = (
    "Describe what the person does.",
    "What is the person doing?",
    "What happens in this motion?",
    "Describe the motion.",
    "Tell me what can be seen.",
)
"""Asked in turn, so that no wording is tied to an answer."""

_COUNT = (
    "How many times is it done?",
    "How many repetitions does the person do?",
    "Count the repetitions.",
)
_EXERCISE = ("Which exercise is it?", "What exercise does the person do?")


def read_released(
    kind: str, folder: str | Path, questions: str | Path | None = None
) -> list[OwnSample]:
    """Read a released data set.

    Args:
        kind: A key of ``READERS``.
        folder: As unpacked; of ``movid`` and ``repcount`` the folder of the clips.
        questions: File or folder of the questions of ``movid`` and ``repcount``.

    Returns:
        Samples with the split that the release gives them; clips that are not there are left out.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: A file does not follow its format, or no clip is there.
    """
    if kind not in READERS:
        raise InvalidData(f"data set {kind!r} is not known; expected {', '.join(READERS)}.")
    root = Path(folder)
    if not root.is_dir():
        raise UnreadableFile(f"{root} is no folder; name the unpacked data set.")
    samples = list(READERS[kind](root, None if questions is None else Path(questions)))
    if not samples:
        raise InvalidData(f"{root} holds no clip of {kind} with a question.")
    return samples


def read_humanml3d(folder: Path, _: Path | None = None) -> Iterator[OwnSample]:
    """HumanML3D: ``texts/``, ``new_joints/`` or ``new_joint_vecs/``, ``train.txt`` and so on.

    20 fps, y up. A caption with times (``#2.0#4.5``) is about that part of the clip; one with
    ``#0.0#0.0`` about all of it. ``M000012`` is ``000012`` in a mirror and stays in its split.
    """
    yield from _captioned(folder, 20.0, ("new_joints", "new_joint_vecs"))


def read_kit(folder: Path, _: Path | None = None) -> Iterator[OwnSample]:
    """KIT-ML in the form of HumanML3D's authors: 21 joints at 12.5 fps."""
    yield from _captioned(folder, 12.5, ("new_joints",))


def _captioned(folder: Path, fps: float, motions: tuple[str, ...]) -> Iterator[OwnSample]:
    listed = [split for split in _SPLIT_FILES if (folder / f"{split}.txt").is_file()]
    if not listed:
        raise UnreadableFile(f"{folder} holds no train.txt, val.txt or test.txt.")
    number = 0
    for split in listed:
        held = read_captions(folder, split)
        for one in [*held.motions, *held.only_parts]:
            path = next(
                (p for p in (folder / m / f"{one.name}.npy" for m in motions) if p.is_file()), None
            )
            if path is None:
                continue
            for caption, cut_s in _captions_of(one):
                yield OwnSample(
                    motion=path,
                    question=_DESCRIBE[number % len(_DESCRIBE)],
                    answer=caption,
                    split=split,
                    source=re.sub(r"^M(?=\d)", "", one.name),
                    type="caption",
                    cut_s=cut_s,
                    fps=fps,
                    up="y",
                    where=f"texts/{one.name}.txt",
                )
                number += 1


def _captions_of(one: Captioned) -> Iterator[tuple[str, tuple[float, float] | None]]:
    for caption in one.captions:
        yield caption, None
    for caption, start_s, end_s in one.parts:
        if end_s > start_s:  # some released times are turned around
            yield caption, (start_s, end_s)


def read_babel_qa_folder(folder: Path, _: Path | None = None) -> Iterator[OwnSample]:
    """BABEL-QA: ``questions.json``, ``split_question_ids.json``, ``motion_sequences/``.

    30 fps; which axis is up is decided once for the data set. Where ``motion_concepts.json`` tells
    one segment that holds the answer, its seconds are the question's span.
    """
    questions = {one.id: one for one in read_babelqa(folder / "questions.json")}
    splits = _json(folder / "split_question_ids.json")
    concepts = folder / "motion_concepts.json"
    segments = _json(concepts) if concepts.is_file() else {}
    of_split = {
        str(one).zfill(6): split for split, ids in splits.items() for one in ids
    }  # fmt: skip
    refuse(
        "split_question_ids.json",
        [f"{key} is no question" for key in of_split if key not in questions],
    )
    paths = {
        one.babel_id: folder / "motion_sequences" / one.babel_id / "joints.npy"
        for one in questions.values()
        if re.fullmatch(r"\w[\w.-]*", one.babel_id)
    }
    there = {key: path for key, path in paths.items() if path.is_file()}
    if not there:
        return
    up = decide_up(list(there.values()))["axis"]
    for key, one in questions.items():
        if one.babel_id not in there:
            continue
        span = _told_by(segments.get(one.babel_id, ()), one.query, one.answer)
        yield OwnSample(
            motion=there[one.babel_id],
            question=one.question,
            answer=one.answer,
            split=of_split.get(key),
            spans_s=() if span is None or one.relation != "no_relation" else (span,),
            source=one.babel_id,
            type=one.query,
            fps=30.0,
            up=up,
            where=f"questions.json question {key}",
        )


def _told_by(segments: object, query: str, answer: str) -> tuple[float, float] | None:
    """Seconds of the one segment that carries the answer; None for none or several."""
    found = []
    for one in segments if isinstance(segments, list) else ():
        try:
            if answer in one["attributes"].get(query, ()):
                found.append((float(one["start_f"]) / 30, float(one["end_f"]) / 30))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidData(
                "motion_concepts.json: each segment needs start_f, end_f and attributes."
            ) from None
    return found[0] if len(found) == 1 and found[0][0] < found[0][1] else None


def read_movid(folder: Path, questions: Path | None) -> Iterator[OwnSample]:
    """MoVid, in any form that its question files have; motions are found by the clip's name.

    HumanML3D's ``new_joints`` are 20 fps, as are the ``.npy`` files that MoVid's motion part names.
    """
    source = folder if questions is None else questions
    clips = _clips_of(folder)
    for file in question_files(source):
        split = next((one for one in _SPLIT_FILES if one in file.stem.lower()), None)
        for one in read_questions(file):
            path = clips.get(Path(one.clip).stem)
            if path is None:
                continue
            yield OwnSample(
                motion=path,
                question=one.question,
                answer=one.answer,
                split=split,
                source=re.sub(r"^M(?=\d{6}$)", "", Path(one.clip).stem),
                fps=20.0 if path.suffix == ".npy" else None,
                where=f"{file.name} question {one.id}",
            )


def read_repcount_clips(folder: Path, questions: Path | None) -> Iterator[OwnSample]:
    """RepCount: annotation tables (``train.csv``, ``valid.csv``, ``test.csv``) and its videos.

    Videos whose motion was estimated before are read from ``NAME.npz`` beside them, or wherever the
    folder has one.
    """
    tables = _tables(folder if questions is None else questions)
    clips = _clips_of(folder)
    for split, table in tables:
        held: RepCountFile = read_repcount(table)
        for number, one in enumerate(held.clips):
            path = clips.get(Path(one.name).stem)
            if path is None or one.name in held.other_than_pairs:
                continue
            rate = one.fps
            spans = tuple((a / rate, b / rate) for a, b in one.cycles) if rate else ()
            asked = (
                (_COUNT[number % len(_COUNT)], str(one.count), "number"),
                (_EXERCISE[number % len(_EXERCISE)], one.exercise.replace("_", " "), "exercise"),
            )
            for question, answer, kind in asked:
                yield OwnSample(
                    motion=path,
                    question=question,
                    answer=answer,
                    split=split,
                    spans_s=spans,
                    type=kind,
                    where=f"{table.name}: {one.name}",
                )


def _tables(path: Path) -> list[tuple[str | None, Path]]:
    files = [path] if path.is_file() else sorted(path.glob("*.csv"))
    named = []
    for file in files:
        stem = file.stem.lower()
        if stem.startswith("new_"):  # the open-set split, which deals RepCount-A's test videos out
            continue
        split = "val" if "val" in stem else next((s for s in _SPLIT_FILES if s in stem), None)
        named.append((split, file))
    if not named:
        raise UnreadableFile(f"{path} holds no train.csv, valid.csv or test.csv.")
    return named


def _clips_of(folder: Path) -> dict[str, Path]:
    """Clips anywhere in a folder by their stem; a motion before a video."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if suffix in MOTION_SUFFIXES and suffix != ".json":
            found[path.stem] = path
        elif suffix in VIDEO_SUFFIXES:
            found.setdefault(path.stem, path)
    return found


def _json(path: Path) -> dict:
    try:
        held = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"{path.name} is not JSON: {' '.join(str(error).split())}.") from None
    if not isinstance(held, dict):
        raise InvalidData(f"{path.name} must be a JSON object {{...}}.")
    return held


READERS: dict[str, Callable[[Path, Path | None], Iterator[OwnSample]]] = {
    "humanml3d": read_humanml3d,
    "kit-ml": read_kit,
    "babel-qa": read_babel_qa_folder,
    "movid": read_movid,
    "repcount": read_repcount_clips,
}
"""Readers by the name of their data set."""
