"""What each part brings: the same short training with one part left out at a time.

    python benchmarks/ablations.py --run RUN [--steps 900] [--only full,no-text]

RUN is the folder of a training (``llamo train``), whose encoder and questions every variant shares.
Each is scored on the run's validation questions: people and wordings that training never saw.
Stopped and started again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from llamo.encoders.motion import MotionEncoder
from llamo.train.batches import BatchDrawer
from llamo.train.instruct import instruct, new_model, validation_accuracy
from llamo.train.question_pool import QuestionPool
from llamo.train.recipe import InstructStage

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "all-frames": {"selection": "all"},  # no Cross Talker to choose: the LM reads every frame
    "uniform-frames": {"selection": "uniform"},
    "no-text": {"text": False},
    "no-motion-tokens": {"use_motion_tokens": False},
    "question-only": {"use_motion_tokens": False, "text": False},
}


def train_variant(
    name: str, run: Path, stage: InstructStage, pools: dict[str, QuestionPool]
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
    instruct(model, processor, drawer, None, stage, run / "ablations" / name)
    return validation_accuracy(model, processor, pools["validation"])


def main() -> None:
    """Train what is missing; print a table of accuracy by kind of question."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True)
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
        path = args.run / "ablations" / f"{name}-{args.steps}.json"
        if not path.exists():
            found = train_variant(name, args.run, stage, pools)
            path.write_text(json.dumps(found, indent=2) + "\n")
        results[name] = json.loads(path.read_text())
    kinds = sorted({kind for found in results.values() for kind in found})
    print("| kind | " + " | ".join(results) + " |")
    print("|---|" + "---|" * len(results))
    for kind in kinds:
        print(f"| {kind} | " + " | ".join(f"{r.get(kind, 0):.2f}" for r in results.values()) + " |")


if __name__ == "__main__":
    main()
