"""``llamo data import``: clips read or estimated once, and their questions dealt into splits.

The folder holds ``motions/NAME.npz``; ``train.jsonl``, ``val.jsonl`` and ``test.jsonl`` in the form
of ``llamo eval qa``; ``clips.jsonl``, what became of each clip; and ``import.json``.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llamo.clip import is_video, read_clip
from llamo.data.leaks import find_leaks, source_of, split_samples
from llamo.data.own import SPLITS, OwnSample
from llamo.data.question import CANT_TELL
from llamo.errors import InvalidData, LlamoError, MissingDependency, UnreadableFile
from llamo.formats import read_motion, write_motion

MOTIONS, CLIP_LOG, REPORT = "motions", "clips.jsonl", "import.json"

_NUMBER = re.compile(r"\d+(\.\d+)?")
_YES_NO = ("yes", "no")
_ARTICLES = re.compile(r"\b(a|an|the)\b|[\W_]", re.IGNORECASE)


@dataclass
class Imported:
    """What an import made.

    Args:
        folder: Where it is.
        clips: Clips that became motions.
        questions: Questions of each split.
        dropped: Clips that did not, with the reason.
        notes: What to know about the others.
        published: The splits are those of a released data set, whatever they leak.
    """

    folder: Path
    clips: int = 0
    questions: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    published: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "folder": str(self.folder)}


def import_samples(
    samples: Sequence[OwnSample],
    out: str | Path,
    *,
    shares: Mapping[str, float] | None = None,
    seed: int = 0,
    published: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Imported:
    """Turn samples into a folder to train and evaluate on; stopped and called again, it goes on.

    Args:
        samples: From ``read_own`` or ``read_released``.
        out: Folder to make.
        shares, seed: As of ``split_samples``.
        published: The splits of a released data set are kept as they are; where they leak, a note
            says so, and questions of no split are left out.
        progress: Told (clips done, clips in all).

    Raises:
        InvalidData: No clip can be read, splits leak, or an answer that cannot be scored.
        MissingDependency: Videos, without the extra ``video``.
        UnreadableFile: The folder cannot be written to.
    """
    folder = Path(out)
    for one in samples:
        if not _ARTICLES.sub("", one.answer):
            raise InvalidData(
                f"{one.where}: the answer {one.answer!r} is nothing but articles and signs, which "
                "scoring passes over; write it out, such as 'grade A'."
            )
    as_published = published and any(one.split is not None for one in samples)
    if not as_published:
        split_samples(samples, shares, seed)  # what it would refuse, before hours of estimating
    try:
        (folder / MOTIONS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableFile(f"cannot write {folder}: {error.strerror or error}.") from None
    shop = _MotionShop(folder)
    result = Imported(folder)
    parts: dict[_Part, OwnSample] = {}
    for one in samples:
        parts.setdefault(_part(one), one)
    made: dict[_Part, str] = {}
    for done, (part, one) in enumerate(parts.items()):
        if progress is not None:
            progress(done, len(parts))
        entry = shop.make(one)
        name = one.motion.name
        if entry["motion"] is None:
            result.dropped[name] = entry["problem"]
        else:
            made[part] = entry["motion"]
            result.notes += [f"{name}: {note}" for note in entry["notes"]]
    if progress is not None:
        progress(len(parts), len(parts))
    if not made:
        problems = "; ".join(f"{name}: {why}" for name, why in [*result.dropped.items()][:3])
        raise InvalidData(f"none of the clips can be read: {problems}")
    kept = [one for one in samples if _part(one) in made]
    if as_published:
        result.published = True
        result.notes += [f"the published splits leak: {leak}" for leak in find_leaks(kept)[:3]]
        kept = [one for one in kept if one.split is not None]
    else:
        kept = split_samples(kept, shares, seed)
    _write_questions(folder, kept, made)
    result.clips = len(made)
    result.questions = {name: sum(one.split == name for one in kept) for name in SPLITS}
    result.notes += _warnings(kept)
    (folder / REPORT).write_text(json.dumps(result.to_dict(), indent=2) + "\n")
    return result


def has_published_splits(folder: str | Path) -> bool:
    """Whether an imported folder keeps the splits of a released data set."""
    try:
        return bool(json.loads((Path(folder) / REPORT).read_text()).get("published"))
    except (OSError, ValueError, AttributeError):
        return False


def type_of(sample: OwnSample) -> str:
    """Answers of one type compete when scored: as written, else by the answer's form."""
    if sample.type is not None:
        return sample.type
    answer = sample.answer.strip().lower().rstrip(".")
    if answer in _YES_NO:
        return "yes_no"
    return "number" if _NUMBER.fullmatch(answer) else "words"


_Part = tuple[str, tuple[float, float] | None]


def _part(sample: OwnSample) -> _Part:
    return str(sample.motion), sample.cut_s


class _MotionShop:
    """Motions of a folder; what was made or refused before is not tried again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / CLIP_LOG
        self._known: dict[str, dict[str, Any]] = {}
        if self._log.exists():
            for line in self._log.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self._known[json.dumps(entry["key"])] = entry
                except (ValueError, KeyError, TypeError):  # a line cut short by a kill
                    continue
        self._names = {one["motion"] for one in self._known.values() if one["motion"]}

    def make(self, sample: OwnSample) -> dict[str, Any]:
        """The log's entry of a sample's clip: ``motion`` or ``problem``, and ``notes``."""
        status = sample.file.stat()
        key = json.dumps([
            str(sample.motion.absolute()), status.st_size, status.st_mtime_ns, sample.cut_s,
            sample.settings,
        ])  # fmt: skip
        known = self._known.get(key)
        if known is not None and (
            known["motion"] is None or (self._folder / known["motion"]).is_file()
        ):
            return known
        entry: dict[str, Any] = {"key": json.loads(key), "motion": None, "problem": None}
        try:
            motion, entry["notes"] = _read(sample)
            name = self._free_name(sample)
            part = self._folder / f"{name}.part.npz"
            write_motion(motion, part)
            os.replace(part, self._folder / name)
            entry["motion"] = name
        except MissingDependency:
            raise
        except LlamoError as error:
            entry["problem"], entry["notes"] = str(error), []
        self._known[key] = entry
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        return entry

    def _free_name(self, sample: OwnSample) -> str:
        stem = re.sub(r"[^\w-]+", "-", sample.motion.name.removesuffix(sample.file.suffix))
        number, name = 1, f"{MOTIONS}/{stem}.npz"
        while name in self._names:
            number += 1
            name = f"{MOTIONS}/{stem}-{number}.npz"
        self._names.add(name)
        return name


def _read(sample: OwnSample) -> tuple[Any, list[str]]:
    if is_video(sample.motion):
        opened = read_clip(sample.motion, **sample.settings)
        motion, notes = opened.motion, list(opened.notes)
    else:
        motion, notes = read_motion(sample.motion, **sample.settings), []
    if sample.cut_s is not None:
        motion = motion.trim(*sample.cut_s)
    return motion, notes


def _write_questions(folder: Path, samples: Sequence[OwnSample], made: Mapping[_Part, str]) -> None:
    lines: dict[str, list[str]] = {name: [] for name in SPLITS}
    sources = _short_sources(samples)
    for number, one in enumerate(samples):
        row: dict[str, Any] = {
            "id": f"q{number:05d}",
            "motion": made[_part(one)],
            "question": one.question,
            "answer": None if one.abstains else one.answer,
            "type": type_of(one),
            "source": sources[source_of(one)],
        }
        if one.abstains and one.answer.rstrip(".") != CANT_TELL:
            row["says"] = one.answer
        if one.person is not None:
            row["person"] = one.person
        if one.spans_s:
            row["spans_s"] = one.spans_s
        lines[one.split or "train"].append(json.dumps(row, ensure_ascii=False) + "\n")
    for name, rows in lines.items():
        path = folder / f"{name}.jsonl"
        if rows:
            path.write_text("".join(rows), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)


def _short_sources(samples: Sequence[OwnSample]) -> dict[str, str]:
    """Recordings by a name without the folders that all of them share."""
    names = list(dict.fromkeys(map(source_of, samples)))
    paths = [name for name in names if os.path.isabs(name)]
    shared = os.path.commonpath([os.path.dirname(one) for one in paths]) if paths else ""
    return {name: os.path.relpath(name, shared) if name in paths else name for name in names}


def _warnings(samples: Sequence[OwnSample]) -> list[str]:
    """What makes a small data set hard to learn from, or to trust."""
    notes = []
    taught = {one.answer.lower() for one in samples if one.split == "train"}
    unseen = sorted({one.answer for one in samples if one.split == "test"} - {
        one.answer for one in samples if one.answer.lower() in taught
    })  # fmt: skip
    if unseen:
        shown = ", ".join(repr(one) for one in unseen[:4])
        notes.append(f"train never gives {len(unseen)} of test's answers: {shown}")
    counts = Counter(one.answer.lower() for one in samples if one.split == "train")
    if len(counts) == 1:
        notes.append(f"every answer in train is {next(iter(counts))!r}: nothing to tell apart")
    if len({source_of(one) for one in samples if one.split == "test"}) < 5:
        notes.append("test holds fewer than five recordings: its accuracy says little")
    if all(one.person is None for one in samples):
        notes.append("nobody is named (column person): one person may be in train and in test")
    return notes
