"""Is the selection guided by the text? Where a model looks for before / after / first / last.

    python benchmarks/guidance.py --data DIR [--model PATH] [--sequences 150] [--out FILE.json]

Sequences of four to six acts of like length, of people that training never saw, asked in wordings
that it never used (``llamo.evaluation.guidance``).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from llamo import Assistant
from llamo.data.clips import load_clips, split
from llamo.data.library import ClipLibrary
from llamo.data.splice import Sequence
from llamo.evaluation.guidance import measure_guidance, opposite_questions

PACKS = ("utd_mhad", "msr_action3d", "hdm05", "ui_prmd", "bandai")


def sequences(data: Path, count: int, seed: int) -> list[Sequence]:
    """Held-out people, four to six acts of like length, none of them twice."""
    library = ClipLibrary(split(load_clips(data, PACKS))[1])
    rng = np.random.default_rng(seed)
    return [
        library.draw_splice(rng, int(rng.integers(4, 7)), like_length=True, doubles=0.0)
        for _ in range(count)
    ]


def main() -> None:
    """Print the figures, and write them where ``--out`` says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--sequences", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    pairs = opposite_questions(sequences(args.data, args.sequences, args.seed), seed=args.seed)
    report = measure_guidance(Assistant.from_pretrained(args.model), pairs, seed=args.seed)
    text = json.dumps({"pairs": len(pairs), **report}, indent=2)
    if args.out:
        args.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
