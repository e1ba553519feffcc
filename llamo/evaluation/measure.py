"""What a benchmark measures on the outputs of a model: the part that differs from task to task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from llamo.evaluation.items import Item
from llamo.evaluation.predictions import Output


@dataclass(frozen=True)
class Control:
    """What came out without the motion, or with a wrong one.

    Args:
        outputs: By position; positions that the control cannot ask are missing.
        fit: What a guess was fitted on (``self``, ``train``), None where nothing is fitted.
    """

    outputs: Mapping[int, Output]
    fit: str | None = None


class Measure(Protocol):
    """Turns outputs into figures."""

    @property
    def protocol(self) -> str:
        """The name under which the figures stand; two protocols never share a column."""

    def marks(self, item: Item, output: Output) -> Mapping[str, Any]:
        """What a line of ``predictions.jsonl`` says about an output beside its text."""

    def report(
        self,
        items: Sequence[Item],
        outputs: Mapping[int, Output],
        controls: Mapping[str, Control],
        *,
        seed: int,
    ) -> dict[str, Any]:
        """The figures of ``report.json``."""

    def text(self, report: Mapping[str, Any], anchors: str) -> str:
        """``report.md``, made from ``report.json`` alone; ``anchors`` stand at its end."""
