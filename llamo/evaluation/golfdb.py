"""``llamo eval golfdb``: when the eight events of a golf swing happen, by predictions made
elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from llamo.errors import InvalidData
from llamo.evaluation import metrics
from llamo.evaluation.benchmark import Benchmark, RunOptions, run_benchmark
from llamo.evaluation.golfdb_data import EVENTS, Swing, read_golfdb
from llamo.evaluation.items import Clip, Item
from llamo.evaluation.measure import Control
from llamo.evaluation.predictions import Output
from llamo.evaluation.published import GOLFDB, published
from llamo.evaluation.run_folder import sha256
from llamo.evaluation.tables import head, sections, share, table, with_interval

_NOTE = "Means over four splits, each predicted by a model trained on the other three."


@dataclass(frozen=True)
class EventMeasure:
    """PCE: the share of events that are found within a swing's tolerance.

    Args:
        swings: By id.
    """

    swings: Mapping[str, Swing]
    protocol: str = "pce"

    def marks(self, item: Item, output: Output) -> dict[str, Any]:
        frames = read_frames(output.text)
        found = self._found(item, output)
        return {"frames": frames, "pce": float(found.mean()), "correct": bool(found.all())}

    def _found(self, item: Item, output: Output) -> np.ndarray:
        """(8,) whether each event is within the tolerance."""
        swing, frames = self.swings[item.id], read_frames(output.text)
        if frames is None:
            return np.zeros(len(EVENTS), bool)
        return np.abs(np.subtract(frames, swing.frames)) <= swing.tolerance

    def report(
        self,
        items: Sequence[Item],
        outputs: Mapping[int, Output],
        controls: Mapping[str, Control],
        *,
        seed: int,
    ) -> dict[str, Any]:
        clips = [item.clip for item in items]
        found = np.array([self._found(item, outputs[i]) for i, item in enumerate(items)])  # (N, 8)
        groups = list(dict.fromkeys(group for item in items for group in item.groups))
        by_group = {}
        for group in groups:
            inside = [i for i, item in enumerate(items) if group in item.groups]
            by_group[group] = metrics.average(
                found[inside].mean(1), [clips[i] for i in inside], seed=seed
            )
        given = {}
        for name, control in controls.items():
            other = np.array(
                [self._found(item, control.outputs[i]) for i, item in enumerate(items)]
            )
            given[name] = {
                "pce": metrics.average(other.mean(1), clips, seed=seed),
                "gain": metrics.average((found.mean(1) - other.mean(1)), clips, seed=seed),
                "fit": control.fit,
            }
        return {
            "videos": len(set(clips)),
            "without_events": sum(read_frames(one.text) is None for one in outputs.values()),
            "overall": {"pce": metrics.average(found.mean(1), clips, seed=seed)},
            "by_event": {
                event: metrics.average(found[:, i], clips, seed=seed)
                for i, event in enumerate(EVENTS)
            },
            "by_group": by_group,
            "controls": given,
        }

    def text(self, report: Mapping[str, Any], anchors: str) -> str:
        return sections(_head(report), _table(report), _controls(report), anchors)


def read_frames(text: str) -> list[int] | None:
    """The eight frames in a text, None where it holds not just eight numbers."""
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
    return [round(float(one)) for one in numbers] if len(numbers) == len(EVENTS) else None


def evaluate_golfdb(
    annotations: str | Path,
    out_dir: str | Path,
    *,
    split: str | None = None,
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """Score predicted frames; lines hold ``id`` and, as ``text``, eight frames in order.

    Frames count from the clip's start, as in the released evaluation.

    Args:
        annotations: CSV or JSON made of GolfDB's table.
        out_dir: Folder for ``report.json``, ``report.md`` and ``predictions.jsonl``.
        split: Score this one alone.
        options: As for ``run_benchmark``; ``predictions`` are needed.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: A file does not follow the format, or no predictions.
    """
    if options.get("predictions") is None:
        raise InvalidData("golfdb scores frames that were predicted elsewhere; give predictions.")
    held = read_golfdb(annotations)
    swings = [one for one in held if split in (None, one.split)]
    if not swings:
        raise InvalidData(f"split {split!r} has no swings.")
    benchmark = Benchmark(
        name="golfdb" if split is None else f"golfdb split {split}",
        items=[_item(one) for one in swings],
        data_sha256=sha256([Path(annotations)]),
        measure=EventMeasure({one.id: one for one in swings}),
        elsewhere={one.id for one in held},
        blind={"mean_timing": lambda items: mean_timing(swings[: len(items)])},
        anchors=published(GOLFDB, note=_NOTE),
    )
    return run_benchmark(benchmark, out_dir, None, **options)


def mean_timing(swings: Sequence[Swing]) -> Control:
    """Events where they lie on average, as shares of the clip, in the swings of other videos."""
    shares = np.array([np.divide(one.frames, max(one.length, 1)) for one in swings])  # (N, 8)
    outputs = {}
    for i, one in enumerate(swings):
        others = np.array([other.video != one.video for other in swings])
        guess = shares[others].mean(0) * one.length if others.any() else np.zeros(len(EVENTS))
        outputs[i] = Output(" ".join(str(round(frame)) for frame in guess))
    return Control(outputs, "self")


def _item(one: Swing) -> Item:
    speed = {True: ("slow motion",), False: ("real time",), None: ()}[one.slow]
    split = () if one.split is None else (f"split {one.split}",)
    frames = " ".join(map(str, one.frames))
    return Item(
        where=f"swing {one.id}",
        id=one.id,
        clip=Clip(one.video),
        question=f"At which frames are {', '.join(EVENTS)}?",
        answer=frames,
        type="events",
        groups=(*speed, *split),
        fields={"id": one.id, "clip": one.video, "answer": frames, "tolerance": one.tolerance},
    )


def _head(report: Mapping[str, Any]) -> str:
    n = report["overall"]["pce"]["n"]
    facts = [
        f"protocol `{report['protocol']}`: events within max(round((impact - address) / 30), 1) "
        "frames",
        f"{n} swings of {report['videos']} videos",
        f"without eight frames: {report['without_events']} of {n}; all their events are wrong",
    ]
    return head(report, facts)


def _table(report: Mapping[str, Any]) -> str:
    rows = [["", "n", "PCE"]]
    known = {"all": report["overall"]["pce"], **report["by_event"], **report["by_group"]}
    rows += [[name, str(one["n"]), with_interval(one)] for name, one in known.items()]
    splits = [one["mean"] for name, one in report["by_group"].items() if name.startswith("split ")]
    if len(splits) > 1:
        rows.append(["mean of splits", "", share(float(np.mean(splits)))])
    return "## Events\n\n" + table(rows)


def _controls(report: Mapping[str, Any]) -> str:
    if not report["controls"]:
        return ""
    rows = [["control", "PCE", "model minus control"]]
    for name, one in report["controls"].items():
        rows.append([name, with_interval(one["pce"]), with_interval(one["gain"])])
    return "## Controls\n\n" + table(rows)
