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

BABEL_QA = PublishedTable(
    "LLaMo, table 2, BABEL-QA, exact match; its rows and two of others (2s-AGCN, a vote)",
    ("overall", "action", "direction", "body part", "before", "after", "other"),
    {
        "2s-AGCN": (0.355, None, None, None, None, None, None),
        "MotionCLIP-M": (0.430, 0.485, 0.361, 0.272, 0.372, 0.321, 0.404),
        "MotionCLIP-R": (0.420, 0.489, 0.310, 0.250, 0.398, 0.314, 0.387),
        "MotionLLM": (0.436, 0.517, 0.354, 0.154, 0.427, 0.368, 0.529),
        "LLaMo": (0.458, 0.525, 0.398, 0.224, 0.443, 0.392, 0.518),
        "a vote on the question alone (test split, ours)": (0.445, *[None] * 6),
    },
)

BABEL_QA_OTHERS = PublishedTable(
    "BABEL-QA, other protocols, each paper's own",
    ("overall",),
    {
        "NSPose (means of batches of four; classifies)": (0.578,),
        "IMoRe": (0.601,),
        "SMD (joint angles read as text), lowest printed": (0.667,),
        "SMD, highest printed": (0.733,),
        "HuMoCon": (0.711,),
        "FiGMo": (0.758,),
    },
)

HUMMAN_QA = PublishedTable(
    "HuMMan-QA, each paper's own protocol",
    ("overall",),
    {"IMoRe": (0.752,), "SMD (joint angles read as text)": (0.901,)},
)

HUMANML3D = PublishedTable(
    "HumanML3D, motion to text, each paper's own scripts",
    ("R@3", "BLEU-4", "CIDEr"),
    {
        "MotionGPT": (0.827, 12.5, 29.2),
        "MotionGPT3": (0.864, None, 40.6),
        "SMD (joint angles read as text)": (0.883, None, 53.2),
    },
)

GOLFDB = PublishedTable(
    "GolfDB, SwingNet", ("PCE",), {"lowest printed": (0.715,), "highest printed": (0.761,)}
)

SWING = PublishedTable(
    "LLaMo, table 3, profession-swing: judged by GPT-4; how Acc follows from Score is not told",
    ("reasonableness acc", "reasonableness score", "coherence acc", "coherence score",
     "pertinence acc", "pertinence score", "adaptability acc", "adaptability score",
     "all acc", "all score"),
    {
        "GT": (100, 5) * 5,
        "GPT-3.5": (4.51, 0.83, 4.20, 0.74, 3.65, 0.66, 1.71, 0.22, 3.42, 0.61),
        "MotionGPT": (10.53, 1.25, 15.42, 1.66, 12.64, 1.1, 14.79, 1.35, 14.35, 1.4),
        "MotionLLM": (12.33, 1.51, 19.20, 1.87, 17.98, 1.79, 10.20, 1.22, 16.53, 1.57),
        "LLaMo": (21.10, 2.11, 27.10, 2.71, 31.81, 3.12, 20.22, 1.98, 24.80, 2.48),
    },
    digits=2,
)  # fmt: skip

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
