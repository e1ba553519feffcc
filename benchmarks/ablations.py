"""What each part brings: the same short training with one part left out at a time.

    python benchmarks/ablations.py --run RUN [--align 200] [--steps 900] [--only full,no-text]

RUN is the folder of a training (``llamo train``), whose encoder and questions every variant shares.
Each is scored on the run's validation questions: people and wordings that training never saw.
Stopped and started again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from llamo.encoders.motion import MotionEncoder
from llamo.train.align import align
from llamo.train.batches import BatchDrawer
from llamo.train.instruct import instruct, validation_accuracy
from llamo.train.new_model import new_model
from llamo.train.question_pool import QuestionPool
from llamo.train.recipe import AlignStage, InstructStage

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "all-frames": {"selection": "all"},  # no Cross Talker to choose: the LM reads every frame
    "uniform-frames": {"selection": "uniform"},
    "no-text": {"text": False},
    "no-motion-tokens": {"use_motion_tokens": False},
    "question-only": {"use_motion_tokens": False, "text": False},
}


def train_variant(
    name: str,
    run: Path,
    out: Path,
    align_steps: int,
    stage: InstructStage,
    pools: dict[str, QuestionPool],
) -> dict[str, float]:
    """Train one variant from nothing and score it."""
    changes = dict(VARIANTS[name])
    with_text = changes.pop("text", True)
    stage = replace(stage, model={**stage.model, **changes})
    encoder = MotionEncoder.from_pretrained(run / "encoder" / "encoder").requires_grad_(False)
    torch.manual_seed(0)
    model, processor = new_model(encoder, pools["train"], stage)
    processor.use_kinematic_text = with_text
    drawer = BatchDrawer(pools["train"], processor, stage)
    if align_steps:
        align(model, drawer, AlignStage(steps=align_steps), out / "align")
    instruct(model, processor, drawer, None, stage, out / "instruct")
    return validation_accuracy(model, processor, pools["validation"])


def main() -> None:
    """Train what is missing; print a table of accuracy by kind of question."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--align", type=int, default=200)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--only", default=",".join(VARIANTS))
    args = parser.parse_args()
    known = InstructStage(**json.loads((args.run / "recipe.json").read_text())["instruct"])
    stage = replace(known, steps=args.steps)
    pools = {
        "train": QuestionPool(args.run / "pool"),
        "validation": QuestionPool(args.run / "validation"),
    }
    results = {}
    for name in args.only.split(","):
        out = args.run / "ablations" / f"{name}-{args.align}-{args.steps}"
        path = out / "validation.json"
        if not path.exists():
            found = train_variant(name, args.run, out, args.align, stage, pools)
            path.write_text(json.dumps(found, indent=2) + "\n")
        results[name] = json.loads(path.read_text())
    asked = Counter(one.kind for clip in pools["validation"].clips for one in clip.questions)
    print("| kind | n | " + " | ".join(results) + " |")
    print("|---|---|" + "---|" * len(results))
    for kind in sorted({kind for found in results.values() for kind in found}):
        row = (f"{found[kind]:.2f}" if kind in found else "-" for found in results.values())
        print(f"| {kind} | {asked[kind] or '-'} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
