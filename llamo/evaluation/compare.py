"""``llamo eval compare``: whether two runs on the same questions differ, question by question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from llamo.errors import InvalidData
from llamo.evaluation import metrics
from llamo.evaluation.items import read_text, refuse
from llamo.evaluation.predictions import read_records, shown_ids

CLIP_FIELDS = ("motion", "clip", "video", "video_name", "babel_id", "name")
"""Fields of a line that name its clip, the first that all lines hold; questions on one clip are
no independent draws."""

SIGN_FLIPS = 10_000
_PART = 500
_LEVEL = 0.05


@dataclass(frozen=True)
class _Run:
    path: Path
    lines: dict[str, dict[str, Any]]
    report: dict[str, Any]


def compare_runs(
    a: str | Path, b: str | Path, *, by: str = "correct", seed: int = 0
) -> dict[str, Any]:
    """Paired comparison of two runs.

    Args:
        a: Folder of a run, or a ``predictions.jsonl`` that ``llamo eval`` wrote.
        b: The other run, on the same questions.
        by: Field to compare: true or false (``correct``), or a number (``score``).
        seed: Of the bootstrap and of the sign flips.

    Returns:
        ``n`` questions on ``motions`` clips (``clustered_by`` the field that names them);
        ``a`` and ``b``: mean of ``by``; ``difference`` a - b with ``ci95``, a bootstrap over clips;
        ``p``: of random signs for each clip's differences, two-sided; ``mcnemar``, where ``by`` is
        true or false: questions right in one run alone, and the exact two-sided p, which takes
        questions for independent; ``left_out``: questions without a value in either run.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: The runs are not on the same questions or by the same protocol, or their lines
            do not hold ``by``.
    """
    first, second = _read_run(Path(a)), _read_run(Path(b))
    _check_same(first, second)
    shared = list(first.lines)
    values = np.array(
        [[_value(run, key, by) for key in shared] for run in (first, second)], float
    )  # (2, N)
    known = np.isfinite(values).all(0)
    if not known.any():
        raise InvalidData(f"no question has a value of {by!r} in both runs.")
    keys = [key for key, there in zip(shared, known, strict=True) if there]
    name, clips = _clips([first.lines[key] for key in keys], keys)
    left, right = values[:, known]
    gap = metrics.figure(left - right, clips, seed=seed)
    return {
        "by": by,
        "n": len(keys),
        "left_out": int((~known).sum()),
        "motions": len(set(clips)),
        "clustered_by": name,
        "a": _side(first, left, clips, seed),
        "b": _side(second, right, clips, seed),
        "difference": gap["accuracy"],
        "ci95": gap["ci95"],
        "p": _sign_flips(left - right, clips, seed),
        "mcnemar": _mcnemar(left, right),
    }


def comparison_text(found: dict[str, Any]) -> str:
    """The comparison in a few lines."""
    sides = [
        f"{name.upper()}  {found[name]['mean']:.3f} [{found[name]['ci95'][0]:.3f}, "
        f"{found[name]['ci95'][1]:.3f}]  {found[name]['model']}"
        for name in ("a", "b")
    ]
    low, high = found["ci95"]
    lines = [
        f"{found['by']} on {found['n']} questions, {found['motions']} clips "
        f"(by {found['clustered_by']})",
        *sides,
        f"A - B  {found['difference']:+.3f} [{low:+.3f}, {high:+.3f}], 95 %, bootstrap over clips",
        f"random signs over clips: p = {found['p']:.2g}",
    ]
    if found["mcnemar"] is not None:
        test = found["mcnemar"]
        lines.append(
            f"McNemar, exact, questions taken for independent: right in A alone "
            f"{test['only_a']}, in B alone {test['only_b']}, p = {test['p']:.2g}"
        )
    if found["left_out"]:
        lines.append(f"{found['left_out']} questions have no {found['by']} in a run: left out")
    return "\n".join([*lines, _verdict(found)])


def _verdict(found: dict[str, Any]) -> str:
    """Both the interval and the test have to agree: on few clips either alone is too bold."""
    low, high = found["ci95"]
    if found["p"] >= _LEVEL or low <= 0 <= high:
        return "No difference is shown."
    return f"{'A' if found['difference'] > 0 else 'B'} is higher."


def _read_run(path: Path) -> _Run:
    path = path / "predictions.jsonl" if path.is_dir() else path
    lines: dict[str, dict[str, Any]] = {}
    problems = []
    for number, record in read_records(path):
        if not isinstance(record, dict) or "id" not in record:
            problems.append(f"line {number}: expected an object with id")
        elif str(record["id"]) in lines:
            problems.append(f"line {number}: id {record['id']!r} stands twice")
        else:
            lines[str(record["id"])] = record
    refuse(str(path), problems)
    if not lines:
        raise InvalidData(f"{path} holds no predictions.")
    beside = path.with_name("report.json")
    report: Any = None
    if beside.is_file():
        try:
            report = json.loads(read_text(beside))
        except (ValueError, RecursionError):
            raise InvalidData(f"{beside} is not JSON; run that evaluation again.") from None
    return _Run(path, lines, report if isinstance(report, dict) else {})


def _check_same(first: _Run, second: _Run) -> None:
    for name in ("benchmark", "protocol", "data_sha256"):
        one, other = first.report.get(name), second.report.get(name)
        if one is not None and other is not None and one != other:
            raise InvalidData(
                f"the runs differ in {name} ({one} and {other}); compare runs on the same data "
                "by the same protocol."
            )
    for run, other in ((first, second), (second, first)):
        alone = [key for key in run.lines if key not in other.lines]
        if alone:
            raise InvalidData(
                f"{run.path} holds {len(alone)} questions that {other.path} does not (ids "
                f"{shown_ids(alone)}); compare runs on the same questions."
            )
    changed = [
        key
        for key, line in first.lines.items()
        if any(line.get(name) != second.lines[key].get(name) for name in ("question", "answer"))
    ]
    if changed:
        raise InvalidData(f"ids {shown_ids(changed)} are other questions in the other run.")


def _value(run: _Run, key: str, by: str) -> float:
    """NaN where the line says null: nothing was decided."""
    line = run.lines[key]
    if by not in line:
        raise InvalidData(
            f"{run.path}: id {key} has no {by!r}; score the file first, with llamo eval TASK "
            "--predictions FILE, and compare what that writes."
        )
    if line[by] is None:
        return float("nan")
    if not isinstance(line[by], int | float):
        raise InvalidData(f"{run.path}: id {key}: {by} must be a number, got {line[by]!r}.")
    return float(line[by])


def _clips(lines: Sequence[dict[str, Any]], keys: Sequence[str]) -> tuple[str, list[str]]:
    for name in CLIP_FIELDS:
        if all(line.get(name) is not None for line in lines):
            return name, [str(line[name]) for line in lines]
    return "id", list(keys)


def _side(run: _Run, values: np.ndarray, clips: Sequence[str], seed: int) -> dict[str, Any]:
    one = metrics.figure(values, clips, seed=seed)
    model = run.report.get("model", run.path.name)
    return {"path": str(run.path), "model": model, "mean": one["accuracy"], "ci95": one["ci95"]}


def _sign_flips(gaps: np.ndarray, clips: Sequence[str], seed: int) -> float:
    """Two-sided p of the sum, where each clip's differences may as well have the other sign."""
    numbers: dict[str, int] = {}
    owner = [numbers.setdefault(clip, len(numbers)) for clip in clips]
    sums = np.bincount(owner, weights=gaps)
    rng = np.random.default_rng(seed)
    reached = 0
    for _ in range(SIGN_FLIPS // _PART):
        signs = rng.integers(0, 2, (_PART, len(sums))) * 2 - 1
        # the margin keeps sums that are equal but for rounding on the same side
        reached += int((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9).sum())
    return (1 + reached) / (1 + SIGN_FLIPS)


def _mcnemar(left: np.ndarray, right: np.ndarray) -> dict[str, Any] | None:
    """Exact test on the questions that one run alone has right (McNemar 1947)."""
    if not np.isin([left, right], (0, 1)).all():
        return None
    only_a, only_b = int((left > right).sum()), int((left < right).sum())
    p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return {"only_a": only_a, "only_b": only_b, "p": float(p)}
