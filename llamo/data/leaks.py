"""Splits that cannot leak: a person, a recording, its cuts and mirror images stand in one split."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from llamo.data.own import SPLITS, OwnSample
from llamo.errors import InvalidData

SHARES: Mapping[str, float] = {"train": 0.7, "val": 0.1, "test": 0.2}
"""Parts of the questions, as far as whole groups allow."""

_TWIN = re.compile(r"[-_ ](mirror|mirrored|flip|flipped)$|^M(?=\d{6}$)", re.IGNORECASE)
_CUT = re.compile(r"[-_ ](cut|part|seg|segment)[-_ ]?\d+$", re.IGNORECASE)


class Splittable(Protocol):
    """What tells which questions belong together, see ``OwnSample``."""

    @property
    def motion(self) -> Path: ...
    @property
    def file(self) -> Path: ...
    @property
    def source(self) -> str | None: ...
    @property
    def person(self) -> str | None: ...
    @property
    def split(self) -> str | None: ...
    @property
    def where(self) -> str: ...


def split_samples(
    samples: Sequence[OwnSample],
    shares: Mapping[str, float] | None = None,
    seed: int = 0,
) -> list[OwnSample]:
    """Give each sample a split; what belongs together stays together.

    A split that is written already holds for all that belongs to it. The rest is dealt by lot, so
    that what val and test ask has been answered in train wherever that can be.

    Args:
        samples: With and without a split.
        shares: Part of the questions of each split; default ``SHARES``.
        seed: Of the lot.

    Returns:
        The samples, in order, each with its split.

    Raises:
        InvalidData: Written splits that leak, or everything belongs together.
    """
    shares = SHARES if shares is None else shares
    if set(shares) - set(SPLITS) or min(shares.values(), default=0) < 0 or not shares.get("train"):
        raise InvalidData(f"shares must be parts of {', '.join(SPLITS)}, some of train.")
    groups = group_samples(samples)
    leaks = find_leaks(samples, groups)
    if leaks:
        raise InvalidData(f"the splits leak: {'; '.join(leaks[:5])}.")
    written: dict[int, str] = {}
    for sample, group in zip(samples, groups, strict=True):
        if sample.split is not None:
            written[group] = sample.split
    if len(set(groups)) < 2:
        raise InvalidData(
            "all clips belong together (one person, or one recording), so nothing is left to test "
            "on; add other people, or leave the column person out to test on other clips of theirs."
        )
    dealt = written | _deal(samples, groups, written, shares, np.random.default_rng(seed))
    if not {"train", "test"} <= set(dealt.values()):
        raise InvalidData(
            f"every clip is written into {' and '.join(sorted(set(dealt.values())))}; training "
            "and testing need some of both: leave the column split empty for some."
        )
    return [replace(one, split=dealt[group]) for one, group in zip(samples, groups, strict=True)]


def group_samples(samples: Sequence[Splittable]) -> list[int]:
    """The group of each sample: equal where they share a person, a recording or a file's content.

    Groups are numbered in the order of their first sample.
    """
    parent = list(range(len(samples)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    first: dict[tuple[str, str], int] = {}
    contents = _contents(samples)
    for i, sample in enumerate(samples):
        for tie in _ties(sample, contents):
            parent[root(i)] = root(first.setdefault(tie, i))
    roots = [root(i) for i in range(len(samples))]
    numbers = {one: number for number, one in enumerate(dict.fromkeys(roots))}
    return [numbers[one] for one in roots]


def find_leaks(samples: Sequence[Splittable], groups: Sequence[int] | None = None) -> list[str]:
    """What ties samples of different written splits together, a clause for each group."""
    groups = group_samples(samples) if groups is None else groups
    contents = _contents(samples)
    by_group: dict[int, list[Splittable]] = defaultdict(list)
    for sample, group in zip(samples, groups, strict=True):
        if sample.split is not None:
            by_group[group].append(sample)
    return [
        _tell(members, contents)
        for members in by_group.values()
        if len({one.split for one in members}) > 1
    ]


def source_of(sample: Splittable) -> str:
    """The recording of a sample: as written, else its file without marks of cuts and mirrors.

    ``swing_cut2.npz``, ``swing_mirrored.npz`` and ``swing.npz`` are one recording; so are
    HumanML3D's ``000012`` and ``M000012``, and the clips ``#0``, ``#1`` ... of one file.
    """
    if sample.source is not None:
        return sample.source
    file = sample.file
    stem, before = file.stem, ""
    while stem != before:
        before, stem = stem, _CUT.sub("", _TWIN.sub("", stem))
    return str(file.parent / stem)


def _ties(sample: Splittable, contents: Mapping[Path, str]) -> list[tuple[str, str]]:
    ties = [("the recording", source_of(sample))]
    if str(sample.motion) == str(sample.file) and sample.file in contents:
        ties.append(("equal files", contents[sample.file]))
    if sample.person is not None:
        ties.append(("the person", sample.person))
    return ties


def _contents(samples: Sequence[Splittable]) -> dict[Path, str]:
    """A digest of each file that has the same size as another."""
    by_size: dict[int, list[Path]] = defaultdict(list)
    for file in dict.fromkeys(one.file for one in samples):
        if file.is_file():
            by_size[file.stat().st_size].append(file)
    digests = {}
    for files in by_size.values():
        if len(files) > 1:
            for file in files:
                with file.open("rb") as stream:
                    digests[file] = hashlib.file_digest(stream, "sha256").hexdigest()
    return digests


def _tell(members: Sequence[Splittable], contents: Mapping[Path, str]) -> str:
    """The tie that a group's splits share, with two of its lines."""
    seen: dict[tuple[str, str], Splittable] = {}
    for one in members:
        for tie in _ties(one, contents):
            other = seen.setdefault(tie, one)
            if other.split != one.split:
                kind, name = tie
                what = kind if kind == "equal files" else f"{kind} {Path(name).name!r}"
                return f"{what} in {other.split} ({other.where}) and {one.split} ({one.where})"
    first, last = members[0], next(one for one in members if one.split != members[0].split)
    return f"{first.where} ({first.split}) and {last.where} ({last.split}) belong together"


def _deal(
    samples: Sequence[OwnSample],
    groups: Sequence[int],
    written: Mapping[int, str],
    shares: Mapping[str, float],
    rng: np.random.Generator,
) -> dict[int, str]:
    """A split for each group that has none."""
    sizes = Counter(groups)
    answers: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for sample, group in zip(samples, groups, strict=True):
        answers[group].add((sample.question.lower(), sample.answer.lower()))
    free = [int(one) for one in rng.permutation([one for one in sizes if one not in written])]
    dealt = dict(written)
    total = sum(shares.values())
    for split in ("test", "val"):
        if not shares.get(split):
            continue
        wanted = shares[split] / total * len(samples)
        have = sum(sizes[one] for one, where in dealt.items() if where == split)
        told = Counter(one for group in [*free, *_of("train", dealt)] for one in answers[group])
        new = {one for group in _of(split, dealt) for one in answers[group]}
        enough = 1 if split == "test" else 2  # groups that training keeps at the least
        while have < wanted and len(free) > enough:
            room = [one for one in free if not have or have + sizes[one] <= 1.5 * wanted]
            if not room:
                break

            def worth(group: int, told: Counter = told, new: set = new) -> tuple[int, int]:
                lost = sum(told[one] == 1 for one in answers[group])
                return (-lost, len(answers[group] - new))

            pick = max(room, key=worth)
            free.remove(pick)
            dealt[pick] = split
            have += sizes[pick]
            told.subtract(answers[pick])
            new |= answers[pick]
    return dealt | dict.fromkeys(free, "train")


def _of(split: str, dealt: Mapping[int, str]) -> list[int]:
    return [group for group, where in dealt.items() if where == split]
