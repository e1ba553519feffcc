"""``llamo data check``: what is wrong with a folder of data, before anything is trained on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llamo.clip import is_video
from llamo.data.check_motion import MotionFacts, judge_motions, look_at
from llamo.data.check_repcount import check_repcount, is_repcount
from llamo.data.check_report import DataReport, Finding, concerning
from llamo.data.check_table import check_table
from llamo.data.check_text import (
    Asked,
    SideSeen,
    judge_labels,
    judge_questions,
    judge_sides,
    see_side,
)
from llamo.data.check_twins import ClipPrint, judge_twins, take_print
from llamo.data.leaks import find_leaks
from llamo.data.own import MOTION_SUFFIXES, OwnSample, read_own
from llamo.data.released import read_released
from llamo.data.tables import TABLE_SUFFIXES, read_table
from llamo.errors import InvalidData, LlamoError, UnreadableFile
from llamo.formats import read_motion
from llamo.formats.packs import PACK_FPS, read_pack
from llamo.motion import Motion

Told = Callable[[int, int], object]

_LABEL_KEYS = ("movement", "label", "action", "motion_type", "body_part")
_PERSON_KEYS = ("subject", "actor", "person")


@dataclass
class _Watch:
    """Gathers what clips tell, one after the other, and keeps no clip."""

    facts: list[MotionFacts] = field(default_factory=list)
    prints: list[ClipPrint] = field(default_factory=list)
    sides: list[SideSeen] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def see(
        self,
        name: str,
        motion: Motion,
        labels: Iterable[str] = (),
        person: str | None = None,
        split: str | None = None,
    ) -> None:
        try:
            self.facts.append(look_at(name, motion))
            self.prints.append(take_print(name, motion, person, split))
            for label in labels:
                seen = see_side(name, label, motion)
                self.sides += [] if seen is None else [seen]
        except LlamoError as error:
            self.unread.append(f"{name}: {error}")

    def judge(self) -> list[Finding]:
        n = len(self.facts) + len(self.unread)
        return [
            *concerning("motion", "error", "cannot be read as a motion", self.unread, n),
            *judge_motions(self.facts),
            *judge_sides(self.sides),
            *judge_twins(self.prints),
            *judge_labels(self.labels),
        ]


def check_folder(path: str | Path, progress: Told | None = None) -> Iterator[DataReport]:
    """Check a folder (or one file) of motions, questions, or both; reports as they are ready.

    Packs, a folder of ``llamo data import`` or of one's own, HumanML3D, KIT-ML, BABEL-QA and
    RepCount are known by their files; whatever else is a motion or a table is looked at alone.

    Args:
        path: The folder; its folders ``motion/`` and ``text/`` are looked into, too.
        progress: Told (clips done, clips in all) of each data set.

    Yields:
        A report for each data set.

    Raises:
        UnreadableFile: There is no such folder.
        InvalidData: It holds nothing to check.
    """
    root = Path(path)
    if not root.exists():
        raise UnreadableFile(f"{root} does not exist; name a folder of data.")
    told = progress or (lambda done, total: None)
    folders = [root, root / "motion", root / "text"]
    if root.is_file():
        files = [[root, *_beside(root)]]
    else:
        whole = _whole(root, told)
        if whole is not None:
            yield whole
            return
        files = [sorted(f for f in one.iterdir() if f.is_file()) for one in folders if one.is_dir()]
    count = 0
    for paths in files:
        for report in _files(paths, told):
            count += 1
            yield report
    if not count:
        raise InvalidData(f"{root} holds no motion, pack or table of questions to check.")


def _beside(path: Path) -> list[Path]:
    """The other half of a pack."""
    other = path.with_suffix({".npz": ".jsonl", ".jsonl": ".npz"}.get(path.suffix, ".none"))
    return [other] if other.is_file() else []


def _whole(root: Path, told: Told) -> DataReport | None:
    """A data set that is a folder, None for a folder of single files."""
    form = None
    if (root / "texts").is_dir() and (root / "new_joints").is_dir():
        form = "kit-ml" if _joints(root / "new_joints") == 21 else "humanml3d"
    elif (root / "questions.json").is_file() and (root / "split_question_ids.json").is_file():
        form = "babel-qa"
    if form is not None:
        return check_samples(root.name, form, read_released(form, root), told)
    tables = [one for one in root.iterdir() if one.suffix.lower() in TABLE_SUFFIXES]
    packs = any(one.with_suffix(".npz").is_file() for one in tables)
    if packs or not tables or any(one.suffix == ".csv" and is_repcount(one) for one in tables):
        return None
    try:
        samples = read_own(root)
    except InvalidData as error:
        named = any(_has_columns(one) for one in tables)
        if not named:
            return None
        finding = Finding("labels", "error", f"the table cannot be read: {error}")
        return DataReport(root.name, "own", findings=[finding])
    return check_samples(root.name, "own", samples, told)


def check_samples(
    name: str, form: str, samples: list[OwnSample], told: Told = lambda done, total: None
) -> DataReport:
    """Check questions about clips: the clips, the questions, and what the two say of each other."""
    watch = _Watch()
    clips: dict[str, list[OwnSample]] = {}
    for one in samples:
        clips.setdefault(str(one.motion), []).append(one)
    seconds: dict[str, float] = {}
    videos = 0
    for done, (clip, asked) in enumerate(clips.items()):
        told(done, len(clips))
        first = asked[0]
        if is_video(first.motion):
            videos += 1
            continue
        try:
            motion = read_motion(first.motion, **first.settings)
        except LlamoError as error:
            watch.unread.append(f"{first.motion.name}: {error}")
            continue
        seconds[clip] = motion.duration_s
        labels = [one.answer for one in asked if one.cut_s is None]
        watch.see(first.motion.name, motion, labels, first.person, first.split)
    told(len(clips), len(clips))
    watch.labels = [one.answer for one in samples if one.type != "caption"]
    report = DataReport(name, form, len(clips), len(samples), watch.judge())
    report.findings += judge_questions([
        Asked(one.where, one.motion.name, "" if one.type == "caption" else one.question,
              one.answer, one.split, one.type or "", one.person)
        for one in samples
    ])  # fmt: skip
    leaks = find_leaks(samples)
    report.findings += concerning("splits", "error", "splits leak", leaks, len(samples))
    late = [
        one.where
        for one in samples
        for _, end_s in (*one.spans_s, *([one.cut_s] if one.cut_s else ()))
        if end_s > seconds.get(str(one.motion), float("inf")) + 0.1
    ]
    says = "a time lies after the clip's end: wrong seconds, or a wrong frame rate"
    report.findings += concerning("spans", "error", says, late, len(samples))
    if videos:
        says = "videos are not looked into; import them first (llamo data import)"
        report.findings.append(Finding("motion", "note", says, videos, len(clips)))
    return report.sort()


def _files(paths: list[Path], told: Told) -> Iterator[DataReport]:
    tables = [one for one in paths if one.suffix.lower() in TABLE_SUFFIXES]
    packs = [one for one in paths if one.suffix == ".npz" and one.with_suffix(".jsonl") in tables]
    for pack in packs:
        yield _pack(pack, told)
    counted = [one for one in tables if one.suffix == ".csv" and is_repcount(one)]
    yield from check_repcount(counted) if counted else ()
    for table in tables:
        if table not in counted and table.with_suffix(".npz") not in packs:
            report = check_table(table)
            if report is not None:
                yield report
    motions = [
        one
        for one in paths
        if one.suffix.lower() in MOTION_SUFFIXES and one not in packs and one.suffix != ".json"
    ]
    if motions:
        yield _motions(motions, told)


def _pack(path: Path, told: Told) -> DataReport:
    watch = _Watch()
    rows = list(read_pack(path))
    for done, (labels, joints) in enumerate(rows):
        told(done, len(rows))
        label = _first(labels, _LABEL_KEYS) or ""
        person = _first(labels, _PERSON_KEYS)
        name = str(labels.get("name") or labels.get("video_name") or f"#{done}")
        watch.labels.append(label)
        watch.see(name, Motion(joints, PACK_FPS), [label], person)
    told(len(rows), len(rows))
    return DataReport(path.stem, "pack", len(rows), findings=watch.judge()).sort()


def _first(labels: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """The first that is filled in; 0 is a name as good as another."""
    return next((str(labels[key]) for key in keys if labels.get(key) not in (None, "")), None)


def _motions(paths: list[Path], told: Told) -> DataReport:
    watch = _Watch()
    for done, path in enumerate(paths):
        told(done, len(paths))
        try:
            watch.see(path.name, read_motion(path))
        except LlamoError as error:
            watch.unread.append(str(error))
    told(len(paths), len(paths))
    return DataReport(paths[0].parent.name, "motions", len(paths), findings=watch.judge()).sort()


def _has_columns(path: Path) -> bool:
    try:
        columns = set(read_table(path)[0].cells)
    except LlamoError:
        return False
    return {"question", "answer"} <= columns and bool({"clip", "motion"} & columns)


def _joints(folder: Path) -> int | None:
    import numpy as np

    for path in sorted(folder.glob("*.npy"))[:1]:
        try:
            return int(np.load(path, mmap_mode="r", allow_pickle=False).shape[1])
        except (OSError, ValueError, IndexError, EOFError):
            return None
    return None


def to_json(reports: Iterable[DataReport]) -> str:
    """The reports as one JSON list."""
    return json.dumps([one.to_dict() for one in reports], ensure_ascii=False, indent=2)
