"""What is written beside the Trainer's own checkpoints: the curve, and which ones are whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

WEIGHTS = "model.safetensors"
"""Of a checkpoint: what its stage trains, nothing that is frozen."""

WHOLE = "whole"
"""File that is written into a checkpoint last."""


class Checks(TrainerCallback):
    """Validate and save every so many steps, and at the end; keep the curve as JSON lines.

    The curve is the Trainer's own history, which its checkpoints hold: after a kill it is written
    anew from the checkpoint on, so that no step stands in it twice.

    Args:
        every: Steps.
    """

    def __init__(self, every: int) -> None:
        self.every = every

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Ask for a validation and a checkpoint."""
        due = state.global_step % self.every == 0 or state.global_step >= state.max_steps
        control.should_evaluate = control.should_save = due

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Write ``curve.jsonl``."""
        if state.is_world_process_zero:
            lines = (json.dumps(one) + "\n" for one in state.log_history)
            Path(str(args.output_dir), "curve.jsonl").write_text("".join(lines))

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Mark a checkpoint as whole."""
        if state.is_world_process_zero:
            Path(str(args.output_dir), f"checkpoint-{state.global_step}", WHOLE).touch()


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; None for a fresh start."""
    whole = [one.parent for one in folder.glob(f"checkpoint-*/{WHOLE}")]
    return max(whole, key=_step, default=None)


def remove_broken_checkpoints(folder: Path) -> None:
    """Delete what a kill has left half written."""
    for one in folder.glob("checkpoint-*"):
        if not (one / WHOLE).exists():
            shutil.rmtree(one)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
