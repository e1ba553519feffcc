"""How fast training is: clips a second, model FLOP utilisation, waiting for data, memory.

    python benchmarks/training_speed.py [--shape small|7b] [--steps 12] [--device cuda]

A random language model of the shape learns questions about figures through LoRA, as ``llamo train``
does it. Beside it stand plain loops, on the same model and on its language model alone: batches
that lie ready, forward, backward, AdamW, nothing else. FLOPs are counted by torch in one step
without recomputation. The peak of a CPU is a large matrix product, measured; of a GPU, what its
maker states.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModelForCausalLM, TrainerCallback

from llamo import write_motion
from llamo.data.figures import Act, perform
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import LlamoProcessor
from llamo.train.llm.build import INSTRUCT, choose_trained, load_encoder
from llamo.train.llm.examples import Collator, ExampleSet
from llamo.train.llm.material import Material, read_material
from llamo.train.llm.memory import LiveTensors, Load
from llamo.train.llm.plan import stage_bytes
from llamo.train.llm.recipe import Data, LanguageModel, LlmRecipe, Stage
from llamo.train.llm.samples import LineSample
from llamo.train.llm.trainer import LlamoTrainer, checkpoint_activations, training_arguments
from llamo.train.tokenizer import train_tokenizer

SHAPES: dict[str, dict[str, Any]] = {
    "small": {
        "model_type": "qwen2", "hidden_size": 384, "intermediate_size": 1152,
        "num_hidden_layers": 6, "num_attention_heads": 6, "num_key_value_heads": 2,
        "vocab_size": 4096,
    },
    "7b": {
        "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944,
        "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
        "vocab_size": 152064,
    },
}  # fmt: skip
BETWEEN: dict[str, dict[str, int]] = {
    "small": {"width": 96, "heads": 4}, "7b": {"width": 512, "heads": 8, "enhancer_layers": 2},
}  # fmt: skip
"""Sizes of enhancer and Cross Talker beside each."""

PEAK_TFLOPS = {"H200": 989, "H100": 989, "A100": 312, "L40S": 362, "RTX 4090": 165}
"""Dense bf16, from the makers' data sheets."""

ACTS = [
    Act("wave", "left", 3),
    Act("squat", repetitions=3),
    Act("kick", "right"),
    Act("turn", "left"),
]
QUESTION = "What does the person do, and with which side of the body, from first to last?"
ANSWER = "The person waves with the left hand, then squats, kicks with the right foot and turns."
LORA = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.0}


class TimedTrainer(LlamoTrainer):
    """Also adds up the seconds it waits for batches, and notes when each step ends."""

    waited_s = 0.0
    ends: list[float]

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> Any:
        """As the Trainer's, with a clock."""
        started = _CLOCK[-1]()
        try:
            return super().get_batch_samples(*args, **kwargs)
        finally:
            if len(self.ends) > WARM_UP:
                self.waited_s += _CLOCK[-1]() - started


WARM_UP = 3
"""Steps that are not counted."""

_CLOCK: list[Callable[[], float]] = [time.perf_counter]


class Ends(TrainerCallback):
    """When each step ended, the device included."""

    def __init__(self, ends: list[float], settle: Callable[[], None]) -> None:
        self.ends, self.settle = ends, settle

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Note the time."""
        self.settle()
        self.ends.append(_CLOCK[-1]())


def language_model(shape: str, half: bool, device: str) -> Any:
    """A random causal LM of a shape, on its device."""
    config = AutoConfig.for_model(**SHAPES[shape])
    torch.manual_seed(0)
    with torch.device(device):
        return AutoModelForCausalLM.from_config(
            config, dtype=torch.bfloat16 if half else torch.float32
        )


def questions(folder: Path, clips: int) -> list[LineSample]:
    """Figures on disk, of 5 to 15 seconds, each with one question."""
    samples = []
    for number in range(clips):
        rng = np.random.default_rng(number)
        acts = list(islice(cycle(ACTS), 2 + number % 4))
        write_motion(perform(acts, rng=rng, idle_s=(0.3, 0.3))[0], folder / f"{number}.npz")
        samples.append(LineSample(folder / f"{number}.npz", QUESTION, ANSWER))
    return samples


def peak_tflops(device: str) -> float:
    """Of the device: stated for a known GPU, measured for all else."""
    if device == "cuda":
        name = torch.cuda.get_device_name()
        stated = next((value for key, value in PEAK_TFLOPS.items() if key in name), None)
        if stated is not None:
            return stated
    size = 4096 if device == "cuda" else 1024
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    matrix = torch.randn(size, size, dtype=dtype, device=device)
    times = []
    for _ in range(8):
        started = _CLOCK[-1]()
        (matrix @ matrix).sum().item()
        times.append(_CLOCK[-1]() - started)
    return 2 * size**3 / min(times) / 1e12


def plain_loop(model: Any, batches: list[dict[str, torch.Tensor]]) -> list[float]:
    """Seconds of each step of a loop that does nothing but train."""
    trained = [one for one in model.parameters() if one.requires_grad]
    optimizer, device = torch.optim.AdamW(trained, fused=True), trained[0].device
    half = any(one.dtype == torch.bfloat16 for one in model.parameters())
    seconds = []
    model.train()
    for batch in batches:
        started = _CLOCK[-1]()
        ready = {name: value.to(device) for name, value in batch.items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = model(**ready).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
        seconds.append(_CLOCK[-1]() - started)
    return seconds


def words_of(batches: list[dict[str, torch.Tensor]]) -> list[dict[str, torch.Tensor]]:
    """What a language model alone can read; any token stands for those of the motion."""
    names = ("input_ids", "attention_mask", "labels")
    return [{name: batch[name] for name in names} for batch in batches]


def measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train, count, compare."""
    half = given.device == "cuda"
    stage = Stage(
        steps=given.steps, batch_size=given.batch, per_device_batch_size=given.batch,
        check_every=10**6,
    )  # fmt: skip
    recipe = LlmRecipe(
        name="speed", language_model=LanguageModel("random", lora=LORA), instruct=stage,
        model=dict(BETWEEN[given.shape]),
        data=Data(workers=given.workers, validation_share=0.0, validation_limit=1),
        precision="bf16" if half else "fp32", gradient_checkpointing=given.checkpointing,
        report_to=(),
    )  # fmt: skip
    encoder = load_encoder(None)
    samples = questions(folder, given.clips)
    processor = LlamoProcessor(
        train_tokenizer([QUESTION, ANSWER, "reps 3 | each 1.5 s | lasts 10 s"], 512),
        use_history=False,
    )
    material = read_material(recipe, encoder, processor, folder, samples={"figures": samples})
    lm = language_model(given.shape, half, given.device)
    model = LlamoForConditionalGeneration.from_parts(
        encoder, lm, lora=LORA, motion_token_id=processor.motion_token_id, **recipe.model
    )
    config = model.config
    choose_trained(model, INSTRUCT)
    model.to(given.device)  # type: ignore[arg-type]
    collator = Collator(processor, encoder.rate_hz)
    flops = step_flops(model, collator, material, stage, given.device, half)
    if given.checkpointing:
        checkpoint_activations(model)
    times, waited, peak, load = run_trainer(model, recipe, stage, material, collator, folder, given)
    predicted = stage_bytes(recipe, config, INSTRUCT, load)[1]["total"]
    batches = [
        collator([ExampleSet(material.train, material.cache)[int(at)] for at in row])
        for row in material.plan(stage, 0)
    ]
    same = statistics.median(plain_loop(model, batches)[WARM_UP:])
    alone = statistics.median(plain_loop(model.language_model, words_of(batches))[WARM_UP:])
    step, tflops = statistics.median(times), peak_tflops(given.device)
    return {
        "device": torch.cuda.get_device_name() if half else "cpu",
        "threads": torch.get_num_threads(),
        "shape": given.shape,
        "clips_a_second": given.batch / step,
        "step_s": step,
        "plain_step_s": same,
        "against_plain": same / step,
        "language_model_alone_s": alone,
        "model_tflop_a_step": flops / 1e12,
        "peak_tflops": tflops,
        "utilisation": flops / 1e12 / step / tflops,
        "waiting_share": waited / sum(times),
        "memory_gb": peak / 1e9,
        "planned_gb": predicted / 1e9,
    }


def step_flops(
    model: Any, collator: Collator, material: Material, stage: Stage, device: str, half: bool
) -> float:
    """FLOPs of forward and backward of one step."""
    examples = ExampleSet(material.train, material.cache)
    batch = collator([examples[int(at)] for at in material.plan(stage, 0)[0]])
    batch = {name: value.to(device) for name, value in batch.items()}
    model.train()
    with (
        FlopCounterMode(display=False) as counter,
        torch.autocast(device, torch.bfloat16, enabled=half),
    ):
        model(**batch).loss.backward()
    model.zero_grad(set_to_none=True)
    return float(counter.get_total_flops())


def run_trainer(
    model: Any,
    recipe: LlmRecipe,
    stage: Stage,
    material: Material,
    collator: Collator,
    folder: Path,
    given: argparse.Namespace,
) -> tuple[list[float], float, int, Load]:
    """Seconds of each step and of waiting, most bytes at once, and what a micro-batch was."""
    cuda = given.device == "cuda"
    ends: list[float] = []
    TimedTrainer.ends = ends
    trainer = TimedTrainer(
        model,
        training_arguments(
            recipe, stage, folder / "run", steps=given.steps, device=given.device, seed=0
        ),
        material.plan(stage, 0),
        ExampleSet(material.train, material.cache),
        ExampleSet(material.validation, material.cache),
        collator,
        stage,
    )
    trainer.add_callback(Ends(ends, torch.cuda.synchronize if cuda else lambda: None))
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    peak = torch.cuda.max_memory_allocated() if cuda else counted_peak(trainer)
    rows = [[material.train[at].length for at in row] for row in trainer.plan]
    answer = len(collator.processor.tokenizer(ANSWER)["input_ids"]) + 1
    frames = max(len(material.cache.features(one.key)) for one in material.train)
    load = Load(stage.per_device_batch_size, max(map(max, rows)), answer, frames)
    times = np.diff(ends).tolist()
    return times[WARM_UP:], trainer.waited_s, peak, load


def counted_peak(trainer: LlamoTrainer) -> int:
    """Most bytes of tensors in one more step on a CPU."""
    examples = trainer.train_dataset
    assert isinstance(examples, ExampleSet)
    longest = max(trainer.plan, key=lambda row: examples.examples[row[-1]].length)
    batch = trainer.data_collator([examples[int(at)] for at in longest])  # type: ignore[arg-type]
    trainer.current_gradient_accumulation_steps = 1
    with LiveTensors() as live:
        for parameter in trainer.model.parameters():
            live.hold(parameter)
        for state in trainer.optimizer.state.values():
            for value in state.values():
                live.hold(value)
        trainer.training_step(trainer.model, batch, None)
    return live.peak


def show(figures: dict[str, Any]) -> None:
    """Print the figures."""
    print(f"{figures['shape']} on {figures['device']}, {figures['threads']} threads\n")
    print(f"clips a second            {figures['clips_a_second']:10.2f}")
    print(f"step                      {figures['step_s']:10.3f} s")
    print(
        f"plain loop's step         {figures['plain_step_s']:10.3f} s  (its speed reached: "
        f"{figures['against_plain']:.0%})"
    )
    print(f"language model alone      {figures['language_model_alone_s']:10.3f} s")
    print(f"model FLOPs a step        {figures['model_tflop_a_step']:10.3f} TFLOP")
    print(
        f"utilisation of the peak   {figures['utilisation']:10.1%}  of "
        f"{figures['peak_tflops']:.2f} TFLOP/s"
    )
    print(f"waiting for data          {figures['waiting_share']:10.1%}")
    print(
        f"memory                    {figures['memory_gb']:10.3f} GB (planned "
        f"{figures['planned_gb']:.3f})"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, help="also write the figures as JSON")
    parser.add_argument(
        "--busy", action="store_true",
        help="count this process's own seconds: on a CPU that others use, with --workers 0",
    )  # fmt: skip
    options = parser.parse_args()
    if options.busy:
        _CLOCK.append(time.process_time)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # workers are forked
    with tempfile.TemporaryDirectory() as made:
        result = measure(options, Path(made))
    show(result)
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")
