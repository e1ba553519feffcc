"""Protocol ``vocab`` as a measure: the figures that ``report.json`` holds for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamo.evaluation import metrics
from llamo.evaluation.items import Item
from llamo.evaluation.measure import Control
from llamo.evaluation.predictions import Output
from llamo.evaluation.report_text import report_text
from llamo.evaluation.scorer import Scorer
from llamo.evaluation.vocab import normalise

PROTOCOL = "vocab"


@dataclass(frozen=True)
class VocabMeasure:
    """Right or wrong under ``vocab``, beside ``exact``, calibration, abstention and counting.

    Args:
        scorer: Knows the answers of each type.
        columns: Groups of ``by_type``, in order.
        aggregate: ``micro``: every question counts alike; ``nspose``: every batch of four does.
    """

    scorer: Scorer
    columns: Sequence[str]
    aggregate: str = "micro"
    protocol: str = PROTOCOL

    def marks(self, item: Item, output: Output) -> dict[str, Any]:
        scored = self.scorer(item, output)
        return {"prediction": scored.prediction, "correct": scored.correct}

    def report(
        self,
        items: Sequence[Item],
        outputs: Mapping[int, Output],
        controls: Mapping[str, Control],
        *,
        seed: int,
    ) -> dict[str, Any]:
        return build_report(
            items, outputs, self.scorer, controls,
            columns=self.columns, aggregate=self.aggregate, seed=seed,
        )  # fmt: skip

    def text(self, report: Mapping[str, Any], anchors: str) -> str:
        return report_text(report, anchors)


def build_report(
    items: Sequence[Item],
    outputs: Mapping[int, Output],
    scorer: Scorer,
    controls: Mapping[str, Control],
    *,
    columns: Sequence[str],
    aggregate: str = "micro",
    seed: int = 0,
) -> dict[str, Any]:
    """All figures of a run.

    Args:
        items: What was asked, (N,).
        outputs: What came out, for every position.
        scorer: Scores outputs.
        controls: What came out of each control.
        columns: Groups of ``by_type``, in order.
        aggregate: ``micro``: every question counts alike; ``nspose``: every batch of four does.
        seed: Of the intervals.
    """
    table = _Table(items, columns, aggregate, seed)
    scores = {i: scorer(item, outputs[i]) for i, item in enumerate(items)}
    correct = {i: one.correct for i, one in scores.items()}
    exact = {i: one.exact for i, one in scores.items()}
    by_type = {}
    for column in columns:
        by_type[column] = table.figure(correct, column)
        by_type[column]["exact"] = table.figure(exact, column)
    report: dict[str, Any] = {
        "aggregate": aggregate,
        "motions": len({item.clip for item in items}),
        "overall": table.figure(correct),
        "macro": metrics.macro(
            list(correct.values()), [item.type for item in items], table.clusters, seed=seed
        ),
        "exact": table.figure(exact),
        "by_type": by_type,
        "controls": {
            name: _control(table, scorer, correct, control) for name, control in controls.items()
        },
        "calibration": _calibration(outputs, correct),
        "abstention": _abstention(table, outputs),
    }
    people = _people(items, correct, columns)
    if people is not None:
        report["by_person"] = people
    counts = _counting(items, outputs, table, seed)
    if counts:
        report["counting"] = counts
    return report


class _Table:
    """Figures over all questions or one column, in one way of averaging."""

    def __init__(
        self, items: Sequence[Item], columns: Sequence[str], aggregate: str, seed: int
    ) -> None:
        self.items, self.aggregate, self.seed = items, aggregate, seed
        self.clusters = [item.clip for item in items]
        self.member = {
            column: np.array([column in item.groups for item in items], bool) for column in columns
        }

    def figure(
        self, values: Mapping[int, bool | float], column: str | None = None
    ) -> metrics.Figure:
        """Over the positions in ``values`` that are in the column."""
        inside = np.zeros(len(self.items), bool)
        inside[list(values)] = True
        if column is not None:
            inside &= self.member[column]
        positions = np.flatnonzero(inside).tolist()
        weights = metrics.category_weights(inside) if self.aggregate == "nspose" else None
        return metrics.figure(
            np.array([values[i] for i in positions]), [self.clusters[i] for i in positions],
            weights=weights, seed=self.seed,
        )  # fmt: skip


def _control(
    table: _Table, scorer: Scorer, correct: Mapping[int, bool], control: Control
) -> dict[str, Any]:
    """A control's figures; ``gain`` is how far the model lies above it, question by question."""
    right = {i: scorer(table.items[i], one).correct for i, one in control.outputs.items()}
    gain = table.figure({i: float(correct[i]) - float(one) for i, one in right.items()})
    figures: dict[str, Any] = {
        **table.figure(right),
        "gain": {"points": gain["accuracy"], "ci95": gain["ci95"]},
        "by_type": {column: table.figure(right, column) for column in table.member},
    }
    if control.fit is not None:
        figures["fit"] = control.fit
    return figures


def _calibration(
    outputs: Mapping[int, Output], correct: Mapping[int, bool]
) -> dict[str, Any] | None:
    known = [i for i, one in outputs.items() if one.confidence is not None]
    if not known:
        return None
    sure = np.array([outputs[i].confidence for i in known], float)
    right = np.array([correct[i] for i in known], bool)
    kept = np.array([not outputs[i].abstained for i in known], bool)
    return {
        "ece": metrics.expected_calibration_error(sure, right),
        "ece_answered": metrics.expected_calibration_error(sure[kept], right[kept]),
        "bins": metrics.ECE_BINS,
        "n": len(known),
        "mean_confidence": float(sure.mean()),
        "risk_coverage": metrics.risk_coverage(sure, right),
    }


def _abstention(table: _Table, outputs: Mapping[int, Output]) -> dict[str, Any]:
    """How often the answer says that it cannot tell: where it should, and where it should not."""
    abstained = {i: one.abstained for i, one in outputs.items()}
    return {
        name: table.figure(
            {i: one for i, one in abstained.items() if (table.items[i].answer is None) == hopeless}
        )
        for name, hopeless in (("cannot_be_settled", True), ("can_be_settled", False))
    }


def _people(
    items: Sequence[Item], correct: Mapping[int, bool], columns: Sequence[str]
) -> dict[str, Any] | None:
    def over(positions: Sequence[int]) -> dict[str, Any] | None:
        return metrics.spread([correct[i] for i in positions], [items[i].person for i in positions])

    overall = over(range(len(items)))
    if overall is None:
        return None
    by_type = {
        column: over([i for i, item in enumerate(items) if column in item.groups])
        for column in columns
    }
    return {"overall": overall, "by_type": by_type}


def _counting(
    items: Sequence[Item], outputs: Mapping[int, Output], table: _Table, seed: int
) -> dict[str, Any]:
    """For each type whose answers are all whole numbers: how far off the counts are."""
    found = {}
    for kind in dict.fromkeys(item.type for item in items):
        positions = [i for i, item in enumerate(items) if item.type == kind and item.key]
        truth = [_whole(items[i].answer or "") for i in positions]
        if not truth or None in truth:
            continue
        guess = [None if outputs[i].abstained else _whole(outputs[i].text) for i in positions]
        close = [
            one is not None and right is not None and abs(one - right) <= 1
            for one, right in zip(guess, truth, strict=True)
        ]
        found[kind] = {
            **metrics.counting(guess, [float(one or 0) for one in truth]),
            "within_one": metrics.figure(close, [table.clusters[i] for i in positions], seed=seed),
        }
    return found


def _whole(text: str) -> int | None:
    """The one whole number in a text, None if there is none or there are several."""
    numbers = {word for word in normalise(text) if word.isascii() and word.isdigit()}
    return int(numbers.pop()) if len(numbers) == 1 else None
