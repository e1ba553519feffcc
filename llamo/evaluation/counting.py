"""Protocol ``count``: the one number in an answer against a count of repetitions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, sqrt
from typing import Any

import numpy as np

from llamo.errors import InvalidData
from llamo.evaluation import metrics
from llamo.evaluation.items import Item
from llamo.evaluation.measure import Control
from llamo.evaluation.predictions import Output
from llamo.evaluation.tables import head, sections, share, table, with_interval
from llamo.evaluation.vocab import normalise

PROTOCOL = "count"
FIGURES = ("obo", "mae", "obz", "rmse", "mae_poserac")
"""In the order of the paper's table 4; the last is MAE over g + 1e-9, as PoseRAC has it."""

CLASS_CHOICES = ("known class", "predicted class", "oracle")
"""How one count is taken from a system that counts for every class: the clip's own class, the
class it predicts, or whichever comes nearest to the answer, which no system can know."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def read_count(text: str) -> float | None:
    """The one number in a text, None if there is none or there are several."""
    numbers = {word for word in normalise(text) if _NUMBER.fullmatch(word)}
    return float(numbers.pop()) if len(numbers) == 1 else None


def counted(output: Output) -> int | None:
    """The count that an output gives, rounded; None for an abstention."""
    value = None if output.abstained else read_count(output.text)
    return None if value is None else floor(value + 0.5)


@dataclass(frozen=True)
class CountMeasure:
    """OBO, MAE, OBZ and RMSE, by exercise and over all.

    Args:
        columns: Exercises, in order.
    """

    columns: Sequence[str]
    protocol: str = PROTOCOL

    def marks(self, item: Item, output: Output) -> dict[str, Any]:
        count, right = counted(output), int(item.answer or 0)
        off = abs((count or 0) - right)
        given = count is not None
        return {
            "count": count,
            "off": off,
            "correct": given and off == 0,
            "within_one": given and off <= 1,
        }

    def report(
        self,
        items: Sequence[Item],
        outputs: Mapping[int, Output],
        controls: Mapping[str, Control],
        *,
        seed: int,
    ) -> dict[str, Any]:
        counts = {i: counted(outputs[i]) for i in range(len(items))}
        by_type = {}
        for column in self.columns:
            inside = [i for i in counts if column in items[i].groups]
            by_type[column] = count_figures(items, {i: counts[i] for i in inside}, seed)
        found: dict[str, Any] = {
            "motions": len({item.clip for item in items}),
            "overall": count_figures(items, counts, seed),
            "macro": _macro(by_type),
            "by_type": by_type,
            "controls": {
                name: _control(items, counts, control, seed) for name, control in controls.items()
            },
        }
        choices = _class_choices(items, outputs)
        if choices:
            found["class_choice"] = {
                name: count_figures(items, chosen, seed) for name, chosen in choices.items()
            }
        return found

    def text(self, report: Mapping[str, Any], anchors: str) -> str:
        return sections(_head(report), _table(report), _controls(report), _choices(report), anchors)


def count_figures(
    items: Sequence[Item], counts: Mapping[int, int | None], seed: int = 0
) -> dict[str, Any]:
    """``obo``, ``obz``, ``mae``, ``mae_poserac``, ``rmse``, each an average with its interval.

    Args:
        items: All items; ``answer`` is the count.
        counts: What was counted, by position; None is wrong for OBO and OBZ and counts as 0.
        seed: Of the intervals.
    """
    clips = [items[i].clip for i in counts]
    given = np.array([count is not None for count in counts.values()], bool)
    guess = np.array([count or 0 for count in counts.values()], float)
    truth = np.array([int(items[i].answer or 0) for i in counts], float)
    off = np.abs(guess - truth)
    values = {
        "obo": (off <= 1) & given,
        "obz": (off == 0) & given,
        "mae": off / (truth + 0.1),  # TransRAC, ESCounts
        "mae_poserac": off / (truth + 1e-9),
        "rmse": off**2,
    }
    figures: dict[str, Any] = {
        name: metrics.average(one, clips, seed=seed) for name, one in values.items()
    }
    rmse = figures["rmse"]
    figures["rmse"] = {
        "mean": _root(rmse["mean"]), "n": rmse["n"], "ci95": [_root(end) for end in rmse["ci95"]],
    }  # fmt: skip
    return {"n": len(counts), "without_count": int((~given).sum()), **figures}


def _root(value: float | None) -> float | None:
    return None if value is None else sqrt(value)


def _macro(by_type: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """Mean over the exercises, each counting alike."""
    there = [one for one in by_type.values() if one["n"]]
    return {
        name: float(np.mean([one[name]["mean"] for one in there])) if there else None
        for name in FIGURES
    }


def _control(
    items: Sequence[Item], counts: Mapping[int, int | None], control: Control, seed: int
) -> dict[str, Any]:
    """A control's figures; ``gain`` is the model's OBO minus the control's, clip by clip."""
    guessed = {i: counted(one) for i, one in control.outputs.items()}
    close = [
        float(_close(items[i], counts[i])) - float(_close(items[i], guess))
        for i, guess in guessed.items()
    ]
    gain = metrics.average(close, [items[i].clip for i in guessed], seed=seed)
    figures = {**count_figures(items, guessed, seed), "gain": gain}
    return figures if control.fit is None else {**figures, "fit": control.fit}


def _close(item: Item, count: int | None) -> bool:
    return count is not None and abs(count - int(item.answer or 0)) <= 1


def _class_choices(
    items: Sequence[Item], outputs: Mapping[int, Output]
) -> dict[str, dict[int, int | None]]:
    """For predictions that hold ``counts`` by class, and maybe the predicted ``class``."""
    held = [outputs[i].more.get("counts") for i in range(len(items))]
    if not any(held):
        return {}
    chosen: dict[str, dict[int, int | None]] = {name: {} for name in CLASS_CHOICES}
    for i, (item, counts) in enumerate(zip(items, held, strict=True)):
        if not isinstance(counts, dict) or not all(
            isinstance(one, int | float) and one >= 0 for one in counts.values()
        ):
            raise InvalidData(f"id {item.id}: counts must be {{class: count}}, got {counts!r}.")
        rounded = {name: floor(one + 0.5) for name, one in counts.items()}
        right = int(item.answer or 0)
        chosen["known class"][i] = rounded.get(item.groups[0])
        chosen["predicted class"][i] = rounded.get(str(outputs[i].more.get("class")))
        chosen["oracle"][i] = min(rounded.values(), key=lambda one: abs(one - right), default=None)
    if not any("class" in outputs[i].more for i in range(len(items))):
        del chosen["predicted class"]
    return chosen


def _head(report: Mapping[str, Any]) -> str:
    facts = [f"protocol `{report['protocol']}`; {report['overall']['n']} clips"]
    return head(report, [*facts, *report.get("about", ())])


_HEADS = ("OBO", "MAE", "OBZ", "RMSE", "MAE (g+1e-9)")


def _cells(figures: Mapping[str, Any]) -> list[str]:
    return [with_interval(figures[name]) for name in FIGURES]


def _table(report: Mapping[str, Any]) -> str:
    rows = [["", "n", *_HEADS, "no count"]]
    for name, one in {"all": report["overall"], **report["by_type"]}.items():
        rows.append([name, str(one["n"]), *_cells(one), str(one["without_count"])])
    rows.append(["macro", "", *(share(report["macro"][name]) for name in FIGURES), ""])
    return "## Counting\n\n" + table(rows)


def _controls(report: Mapping[str, Any]) -> str:
    if not report["controls"]:
        return ""
    rows = [["control", "n", *_HEADS, "OBO: model minus control", "fit"]]
    for name, one in report["controls"].items():
        rows.append(
            [name, str(one["n"]), *_cells(one), with_interval(one["gain"]), one.get("fit", "")]
        )
    return "## Controls\n\n" + table(rows)


def _choices(report: Mapping[str, Any]) -> str:
    if "class_choice" not in report:
        return ""
    rows = [["count of the", "n", *_HEADS]]
    rows += [[name, str(one["n"]), *_cells(one)] for name, one in report["class_choice"].items()]
    note = "`oracle` looks at the answer; published figures of PoseRAC are of this kind."
    return f"## One count of many classes\n\n{note}\n\n" + table(rows)
