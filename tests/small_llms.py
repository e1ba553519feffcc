"""Small random language models saved as users would have them, and two questions to learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from small_models import byte_tokenizer, text_config
from transformers import AutoModelForCausalLM

from llamo import write_motion
from llamo.data.figures import Act, perform
from llamo.encoders.motion import MotionEncoder

TEMPLATE = "{question}{motion}{measured}:"


def save_llm(folder: Path, kind: str = "qwen2", **changes: Any) -> Path:
    """A causal LM of two layers with a tokenizer of bytes."""
    torch.manual_seed(1)
    # an LM that has learnt nothing is as unsure as its weights are small
    sizes = {"initializer_range": 0.2, "tie_word_embeddings": False, **changes}
    model = AutoModelForCausalLM.from_config(text_config(kind, **sizes))
    model.lm_head.weight.data *= 3
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def save_encoder(folder: Path) -> Path:
    """A random motion encoder."""
    torch.manual_seed(2)
    MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).save_pretrained(folder)
    return folder


def save_questions(folder: Path, count: int = 2, **columns: Any) -> Path:
    """Questions about figures: the first waves with the left hand, the second squats, and so on."""
    acts = [Act("wave", "left", 2), Act("squat", repetitions=2), Act("kick", "right"), Act("bow")]
    answers = ["L", "S", "K", "B"]
    lines = []
    for number in range(count):
        act = number % len(acts)
        motion, _ = perform([acts[act]], rng=np.random.default_rng(number), idle_s=(0.2, 0.2))
        write_motion(motion, folder / f"clip-{number}.npz")
        row = {"motion": f"clip-{number}.npz", "question": "What?", "answer": answers[act]}
        row |= {"spans_s": [[0.0, 1.0]]} if number % 2 else {}
        lines.append(json.dumps(row | {n: v[number] for n, v in columns.items()}))
    path = folder / "questions.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def write_recipe(folder: Path, **changes: Any) -> Path:
    """A recipe that learns two questions by heart; ``changes`` replace whole sections."""
    if not (folder / "lm").exists():
        save_llm(folder / "lm")
    if not (folder / "encoder").exists():
        save_encoder(folder / "encoder")
    stage = {
        "steps": 50, "batch_size": 2, "per_device_batch_size": 2, "learning_rate": 1e-2,
        "warm_up": 0.0, "schedule": "constant", "check_every": 25,
    }  # fmt: skip
    recipe: dict[str, Any] = {
        "name": "small",
        "language_model": {
            "name": str(folder / "lm"), "template": TEMPLATE,
            "lora": {"r": 4, "lora_alpha": 8, "lora_dropout": 0.0},
        },
        "encoder": str(folder / "encoder"),
        "model": {"width": 16, "heads": 2, "num_viewpoints": 4, "selection_noise": 0.0},
        "data": {
            "validation_share": 0.0, "kinematic_text": False, "text_dropout": 0.0, "workers": 0,
        },
        "align": stage, "instruct": stage,
        "precision": "fp32", "gradient_checkpointing": False, "report_to": [],
    }  # fmt: skip
    for name, change in changes.items():
        merge = isinstance(change, dict)
        recipe[name] = {**recipe[name], **change} if merge else change
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


NONE: dict[str, Any] = {"steps": 0}
"""A stage that is left out."""


def curve(folder: Path, name: str = "loss") -> list[float]:
    """One quantity of a stage, in the order of the steps."""
    lines = (json.loads(line) for line in (folder / "curve.jsonl").open())
    return [line[name] for line in lines if name in line]


def accuracy(folder: Path) -> float:
    """Of the best checkpoint of a stage."""
    return json.loads((folder / "done.json").read_text())["accuracy"]


def few(steps: int = 4, **changes: Any) -> dict[str, Any]:
    """A short stage."""
    return {"steps": steps, "check_every": steps, "learning_rate": 1e-3, **changes}
