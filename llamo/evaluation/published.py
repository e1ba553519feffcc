"""Published tables as data, so that what can be recomputed from their parts is.

Tables 1-4 are those of LLaMo (*Human Motion Instruction Tuning*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llamo.evaluation.tables import table

Row = tuple[float | None, ...]


@dataclass(frozen=True)
class PublishedTable:
    """A table as printed.

    Args:
        title: Where it stands and under which protocol it was measured.
        columns: Heads of its columns.
        rows: Values by system; None where nothing is printed.
        digits: Decimals.
    """

    title: str
    columns: Sequence[str]
    rows: Mapping[str, Row]
    digits: int = 3

    def text(self) -> str:
        """The table in Markdown."""
        cells = [
            [name, *("-" if value is None else f"{value:.{self.digits}f}" for value in row)]
            for name, row in self.rows.items()
        ]
        return f"### {self.title}\n\n" + table([["", *self.columns], *cells])


def published(*tables: PublishedTable, note: str = "") -> str:
    """Published tables under one heading, each apart from ours."""
    parts = ["## Published figures", note, *(one.text() for one in tables)]
    return "\n\n".join(part for part in parts if part)


REPCOUNT = PublishedTable(
    "LLaMo, table 4: the authors' Mo-RepCount subset, which is unpublished",
    ("OBO", "MAE", "OBZ", "RMSE"),
    {
        "ESCounts": (0.397, 0.291, 0.198, 5.58),
        "PoseRAC": (0.382, 0.312, 0.204, 5.95),
        "TransRAC": (0.276, 0.444, 0.105, 8.56),
        "RepNet": (0.009, None, None, None),
        "LLaMo": (0.389, 0.324, 0.222, 6.15),
    },
)

AXES = ("body", "seq", "dir", "rea", "hall")
"""MoVid-Bench: body-part awareness, sequentiality, direction, reasoning, hallucination."""

MOVID_MOTION_COUNTS = (205, 171, 140, 148, 36)
MOVID_VIDEO_COUNTS = (167, 216, 43, 185, 39)
"""Questions of each axis, as MotionLLM states them."""

_ACC_AND_SCORE = tuple(f"{axis} {kind}" for axis in (*AXES, "all") for kind in ("acc", "score"))

MOVID_MOTION = PublishedTable(
    "LLaMo, table 1, MoVid-Bench-Motion: judged by a GPT-3.5 that is no longer served",
    _ACC_AND_SCORE,
    {
        "GT": (100, 5) * 6,
        "GPT-3.5": (24.51, 2.04, 30.41, 2.25, 27.14, 2.19, 39.19, 2.64, 58.33, 3.22, 31.33, 2.31),
        "MotionGPT": (31.22, 3.98, 42.69, 3.16, 44.29, 3.50, 35.81, 3.06, 16.66, 2.25, 36.86, 3.11),
        "MotionLLM": (50.49, 3.55, 36.84, 3.14, 58.57, 3.76, 52.70, 3.58, 55.56, 3.39, 49.50, 3.49),
        "LLaMo": (59.30, 4.01, 44.01, 3.12, 60.91, 3.99, 58.21, 3.64, 61.17, 3.53, 55.32, 3.67),
    },
    digits=2,
)

MOVID_VIDEO = PublishedTable(
    "LLaMo, table 1, MoVid-Bench-Video: judged by a GPT-3.5 that is no longer served",
    _ACC_AND_SCORE,
    {
        "GT": (100, 5) * 6,
        "GPT-3.5": (2.40, 1.23, 1.39, 1.00, 4.65, 1.09, 5.41, 1.65, 0.00, 0.94, 3.03, 1.26),
        "Video-LLaVA": (
            33.53, 2.76, 25.46, 2.72, 41.86, 2.84, 52.97, 3.28, 58.83, 1.89, 42.53, 2.70,
        ),
        "MotionLLM": (34.13, 2.93, 32.87, 2.92, 44.18, 3.14, 63.20, 3.55, 70.59, 2.30, 49.00, 2.97),
        "LLaMo": (33.83, 2.85, 36.01, 3.11, 45.50, 3.32, 67.59, 3.73, 72.81, 2.25, 52.33, 3.10),
    },
    digits=2,
)  # fmt: skip


def micro_and_macro(row: Row, counts: Sequence[int]) -> tuple[float, float]:
    """Accuracy over all questions and mean over axes, from a row's five accuracies."""
    shares = [value for value in row[0 : 2 * len(counts) : 2] if value is not None]
    weighted = sum(share * count for share, count in zip(shares, counts, strict=True))
    return weighted / sum(counts), sum(shares) / len(shares)


def recomputed(source: PublishedTable, counts: Sequence[int]) -> PublishedTable:
    """The accuracy "all" of MoVid-Bench as printed, beside what its five parts give."""
    rows = {
        name: (row[-2], *micro_and_macro(row, counts))
        for name, row in source.rows.items()
        if name != "GT"
    }
    return PublishedTable(
        f'"All" of this table, as printed and from its parts (n {", ".join(map(str, counts))})',
        ("printed", "micro", "macro"), rows, digits=2,
    )  # fmt: skip
