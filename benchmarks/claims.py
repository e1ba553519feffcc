"""The paper's claims on equal terms: same data, same steps, same unseen people, one part changed.

    python benchmarks/claims.py --run RUN [--rows llamo,motiongpt] [--docs docs]

RUN is the folder of a training (``llamo train``), whose encoder and questions every row shares.
They share a language model, too, which has learnt to read from words alone, as the paper's has: one
that must learn to speak first spends all of so short a training on that, whatever it is shown. Each
row is then trained for the same number of steps and scored on the run's validation questions:
people and wordings that training never saw. Stopped and started again, it goes on where it was;
several may run side by side, on rows of their own. The table and the plot show the rows that are
there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from claims_page import SHIPPED, merged, page, plot, table
from claims_pool import Pools, TellingDrawer
from transformers import AutoModelForCausalLM

from llamo.decoding import answer_greedy
from llamo.encoders.motion import MotionEncoder
from llamo.loading import load_model
from llamo.model import LlamoForConditionalGeneration
from llamo.model_info import weights_folder
from llamo.processing import LlamoProcessor
from llamo.train.align import align
from llamo.train.batches import BatchDrawer, collate
from llamo.train.instruct import ask_pool, instruct, tune
from llamo.train.new_model import new_model
from llamo.train.question_pool import QuestionPool
from llamo.train.recipe import AlignStage, InstructStage

PLAIN = {
    "selection": "all", "use_enhancer": False, "use_fusion": False,
    "use_receptive_field": False, "concept_names": None,
}  # fmt: skip
"""A linear translator: every frame is a token of the LM."""

_READING = (0.5, 0.2, 0.3)
"""How often the language model reads scenes, made-up measurements and measured ones."""


@dataclass(frozen=True)
class Row:
    """One system.

    Args:
        title: In the table.
        model: What its ``LlamoConfig`` changes.
        text: Whether it reads the kinematic text.
        motion: "native"; "vq" or "lfq": quantised and restored; "tokens": words of a vocabulary.
        seeds: How often it is trained.
    """

    title: str
    model: dict[str, Any] = field(default_factory=dict)
    text: bool = True
    motion: str = "native"
    seeds: int = 1


ROWS = {
    "llamo": Row("LLaMo", seeds=2),
    "motionllm": Row("all frames through a linear translator (MotionLLM's way)", PLAIN, seeds=2),
    "motiongpt": Row("motion as 512 words of the vocabulary (MotionGPT's way)", PLAIN,
                     motion="tokens", seeds=2),
    "measurements": Row("kinematic text alone", {"use_motion_tokens": False}, seeds=2),
    "question": Row("question alone", {"use_motion_tokens": False}, text=False, seeds=2),
    "no-text": Row("LLaMo without kinematic text", text=False),
    "all-frames": Row("LLaMo without selection: all frames", {"selection": "all"}),
    "uniform": Row("LLaMo without selection: uniform frames", {"selection": "uniform"}),
    "no-enhancer": Row("LLaMo without enhancer", {"use_enhancer": False}),
    "no-field": Row("LLaMo without receptive field", {"use_receptive_field": False}),
    "no-fusion": Row("LLaMo without fusion", {"use_fusion": False}),
    "no-words": Row("LLaMo without the encoder's words", {"concept_names": None}),
    "vq": Row("LLaMo on VQ motion, 512 codes", motion="vq"),
    "lfq": Row("LLaMo on 2D-LFQ motion, 8 x 14 bits", motion="lfq"),
    "k4": Row("LLaMo, K = 4", {"num_viewpoints": 4}),
    "k8": Row("LLaMo, K = 8", {"num_viewpoints": 8}),
    "k32": Row("LLaMo, K = 32", {"num_viewpoints": 32}),
    "k64": Row("LLaMo, K = 64", {"num_viewpoints": 64}),
}  # fmt: skip

_BUDGET = {"questions_per_clip": 2, "question_noise": 0.2, "text_dropout": 0.2}
"""What differs from the run's own recipe, so that much is seen in few minutes."""


def taught_to_read(run: Path, steps: int, stage: InstructStage, pools: Pools) -> Path:
    """The folder of the language model that every row begins with, made where it is missing.

    It is asked about scenes and measurements in words, and has never met a motion.
    """
    out = run / "claims" / f"language-{steps}"
    if not (out / "language" / "config.json").exists():
        training, _ = pools.seen("native")
        torch.manual_seed(0)
        model, processor = new_model(encoder_of(run), training, stage)
        drawer = BatchDrawer(training, processor, stage)
        telling = TellingDrawer(training, processor, 2 * stage.clips_per_step)

        def draw(rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
            what = rng.choice(["scene", "number", "text"], p=_READING)
            if what == "text":
                return telling.draw(rng)
            return drawer.reading(rng) if what == "scene" else drawer.copying(rng, motion=False)

        tune(model, processor, draw, None, replace(stage, steps=steps), out, title="reading")
        model.language_model.save_pretrained(out / "language")
    return out / "language"


def encoder_of(run: Path) -> MotionEncoder:
    """The run's motion encoder, frozen."""
    return MotionEncoder.from_pretrained(run / "encoder" / "encoder").requires_grad_(False)


def train_row(
    row: Row, seed: int, run: Path, out: Path, align_steps: int, stage: InstructStage,
    pools: Pools, language: Path,
) -> dict[str, Any]:  # fmt: skip
    """Train a row, its language model from the one in the folder ``language``, and score it."""
    training, validation = pools.seen(row.motion)
    stage = replace(stage, model={**stage.model, **row.model})
    if row.motion == "tokens":
        width = training.clips[0].features.shape[1]
        stage = replace(stage, model={**stage.model, "motion_width": width})
    torch.manual_seed(seed)
    model, processor = new_model(encoder_of(run), training, stage)
    known = AutoModelForCausalLM.from_pretrained(language, dtype=torch.float32)
    model.language_model.load_state_dict(known.state_dict())
    processor.use_kinematic_text = row.text
    drawer = pools.drawer(row.motion, training, processor, stage)
    if align_steps:
        align(model, drawer, AlignStage(steps=align_steps), out / "align", seed=seed)
    instruct(model, processor, drawer, None, stage, out / "instruct", seed=seed)
    outcomes = [asdict(one) for one in ask_pool(model, processor, validation)]
    tokens, milliseconds = cost(model.eval(), processor, validation)
    return {
        "outcomes": outcomes,
        "tokens": tokens,
        "milliseconds": milliseconds,
        "minutes": minutes(out),
    }


def ask_shipped(pools: Pools) -> dict[str, Any]:
    """What the weights that ship answer to the same questions; trained for hours, on more kinds."""
    model, processor = load_model(weights_folder(None))
    _, validation = pools.seen("native")
    outcomes = [asdict(one) for one in ask_pool(model, processor, validation)]
    tokens, milliseconds = cost(model.eval(), processor, validation)
    return {"outcomes": outcomes, "tokens": tokens, "milliseconds": milliseconds}


def minutes(out: Path) -> float:
    """Of training: steps times seconds a step, however often it was stopped in between."""
    spent_s = 0.0
    for curve in out.glob("*/curve.jsonl"):
        rows = [json.loads(line) for line in curve.read_text().splitlines()]
        last = [row for row in rows if "step_s" in row][-1]
        spent_s += last["step"] * last["step_s"]
    return spent_s / 60


def cost(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, pool: QuestionPool
) -> tuple[float, float]:
    """Median tokens to the LM, and milliseconds, of a question about an open clip of some 10 s."""
    tokens, times = [], []
    near = np.argsort(np.abs(pool.lengths / pool.rate_hz - 10.0))[:30]
    for clip in (pool.clips[index] for index in near):
        features = [torch.from_numpy(clip.features).float()]
        batch = collate(processor, features, [clip.questions[0]], [0], rate_hz=pool.rate_hz,
                        train=False)  # fmt: skip
        known = {name: batch.pop(name) for name in list(batch) if name.startswith("motion_")}
        if model.config.use_motion_tokens:
            with torch.inference_mode():
                batch["enhanced_features"] = model.encode_clip(**known)
        started = time.perf_counter()
        end, pad = processor.tokenizer.eos_token_id, processor.tokenizer.pad_token_id
        found = answer_greedy(model, **batch, eos_token_id=end, pad_token_id=pad)
        times.append(1000 * (time.perf_counter() - started))
        tokens.append(float(found.prompt.mask.sum()))
    return statistics.median(tokens), statistics.median(times)


def kept(out: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result in a folder, made where it is missing."""
    path = out / "result.json"
    if not path.exists():
        out.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(make()) + "\n")
        os.replace(temporary, path)  # what is there is whole
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def main() -> None:
    """Train what is missing; write table and plot of what is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--reading", type=int, default=2500, help="Steps of the language model.")
    parser.add_argument("--align", type=int, default=80)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--clips", type=int, default=12, help="Clips a step.")
    parser.add_argument("--rows", default=",".join(ROWS), help="to train; '' trains none")
    parser.add_argument("--docs", type=Path, help="Folder to write results.md and its plot to.")
    args = parser.parse_args()
    known = InstructStage(**json.loads((args.run / "recipe.json").read_text())["instruct"])
    stage = replace(known, steps=args.steps, clips_per_step=args.clips, **_BUDGET)
    folder = args.run / "claims" / f"{args.reading}-{args.align}-{args.steps}-{args.clips}"
    wanted = [name for name in args.rows.split(",") if name]
    pools = Pools(args.run)
    language = taught_to_read(args.run, args.reading, stage, pools)
    for seed in range(max((ROWS[name].seeds for name in wanted), default=0)):
        for name in (name for name in wanted if seed < ROWS[name].seeds):
            out = folder / f"{name}-{seed}"
            kept(out, partial(train_row, ROWS[name], seed, args.run, out, args.align, stage, pools,
                              language))  # fmt: skip
    results = {
        name: [json.loads(path.read_text()) for path in sorted(folder.glob(f"{name}-*/result.json"))
               if path.parent.name.rpartition("-")[0] == name]
        for name in ROWS
    }  # fmt: skip
    rows = {name: merged(ROWS[name].title, found) for name, found in results.items() if found}
    if args.docs:
        found = kept(folder / SHIPPED, partial(ask_shipped, pools))
        rows[SHIPPED] = merged("llamo-tiny as it ships, trained longer", [found])
    print(table(rows))
    if args.docs:
        args.docs.mkdir(parents=True, exist_ok=True)
        (args.docs / "results.md").write_text(page(rows))
        plot(rows, args.docs / "images" / "claims.png")


if __name__ == "__main__":
    main()
