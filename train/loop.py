"""The loop that every stage shares: optimise, checkpoint, resume, validate, write the curve."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Full, Queue
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import nn

from llamo.train.arithmetic import fast_arithmetic

CHECKPOINT_EVERY_S = 120.0
_WARM_UP = 0.03


class StageData:
    """The batches of a stage, each from the seed and its own step.

    A batch depends on its step alone, so a resumed run sees what the unbroken one would have.

    Args:
        make: Draws one batch (arrays or tensors) from a generator, for a step.
        seed: Of all batches.
        device: Where batches go.
        beside: Make them in a thread of their own; not worth it where they are made by torch, whose
            threads would then get into each other's way.
    """

    def __init__(
        self,
        make: Callable[[np.random.Generator, int], Any],
        seed: int,
        device: str = "cpu",
        beside: bool = True,
    ) -> None:
        self._make, self._seed, self._device, self._beside = make, seed, device, beside

    def from_step(self, step: int) -> BatchStream | BatchesInTurn:
        """Batches ``step``, ``step + 1``, ..."""
        return (BatchStream if self._beside else BatchesInTurn)(self._at, step)

    def _at(self, step: int) -> Any:
        return _to_tensors(
            self._make(np.random.default_rng([self._seed, step]), step), self._device
        )


class BatchesInTurn:
    """Each batch made when it is asked for."""

    def __init__(self, make: Callable[[int], Any], step: int) -> None:
        self._make, self._step = make, step

    def next(self) -> Any:
        """The next batch."""
        self._step += 1
        return self._make(self._step - 1)

    def close(self) -> None:
        """Nothing to stop."""


class BatchStream:
    """A thread that stays two batches ahead."""

    def __init__(self, make: Callable[[int], Any], step: int) -> None:
        self._queue: Queue[Any] = Queue(maxsize=2)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._fill, args=(make, step), daemon=True)
        self._thread.start()

    def _fill(self, make: Callable[[int], Any], step: int) -> None:
        while not self._stop.is_set():
            try:
                batch = make(step)
            except BaseException as error:  # handed to the training, which raises it
                batch = error
            step += 1
            while not self._stop.is_set():
                with suppress(Full):
                    self._queue.put(batch, timeout=0.5)
                    break

    def next(self) -> Any:
        """The next batch; raises what making it raised."""
        batch = self._queue.get()
        if isinstance(batch, BaseException):
            raise batch
        return batch

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join()


class Loop:
    """Trains named modules to a number of steps, whatever happens in between.

    Args:
        modules: What is trained and checkpointed; frozen parameters stay out of both.
        out: Folder for ``checkpoint.pt``, ``curve.jsonl`` and ``done``.
        steps: Optimiser steps.
        learning_rate: Peak of the schedule: warm-up, then a cosine down to 2 %.
        weight_decay: Of matrices; biases and norms have none.
        title: Shown beside the progress bar.
        validate_every: Steps between validations; None validates at the half and at the end.
    """

    def __init__(
        self,
        modules: dict[str, nn.Module],
        out: Path,
        *,
        steps: int,
        learning_rate: float,
        weight_decay: float,
        title: str,
        validate_every: int | None = None,
    ) -> None:
        self.modules, self.out, self.steps, self.title = modules, out, steps, title
        self.validate_every = validate_every or max(1, steps // 2)
        out.mkdir(parents=True, exist_ok=True)
        self._parameters = [
            parameter
            for module in modules.values()
            for parameter in module.parameters()
            if parameter.requires_grad
        ]
        groups = [
            {"params": [p for p in self._parameters if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in self._parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), fused=True)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate)
        self.step = 0
        self._resume()

    def run(
        self,
        data: StageData,
        loss: Callable[[Any], torch.Tensor],
        validate: Callable[[], dict[str, float]],
    ) -> None:
        """Train to the last step; Ctrl-C leaves a checkpoint that the next run goes on from."""
        if self.step >= self.steps:
            return
        for module in self.modules.values():
            module.train()
        device = self._parameters[0].device
        stream = data.from_step(self.step)
        saved_at, recent, started, first = time.monotonic(), [], time.monotonic(), self.step
        try:
            with self._progress() as progress:
                task = progress.add_task(self.title, total=self.steps, completed=self.step, note="")
                while self.step < self.steps:
                    batch = stream.next()
                    with fast_arithmetic(device):
                        wrong = loss(batch)
                    recent.append(self._optimise(wrong))
                    self.step += 1
                    note = f"loss {np.mean(recent[-50:]):.3f}"
                    progress.update(task, completed=self.step, note=note)
                    if self.step % 50 == 0 or self.step == self.steps:
                        speed = (time.monotonic() - started) / (self.step - first)
                        self._log({"loss": float(np.mean(recent[-50:])), "step_s": speed})
                    if self.step % self.validate_every == 0 or self.step == self.steps:
                        self._log(validate())
                    if time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
                        self.save()
                        saved_at = time.monotonic()
        finally:
            stream.close()
            self.save()

    def _optimise(self, loss: torch.Tensor) -> float:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _rate(self, step: int) -> float:
        done = step / self.steps
        if done < _WARM_UP:
            return (step + 1) / (_WARM_UP * self.steps + 1)
        return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(1.0, done))))

    def _log(self, values: dict[str, float]) -> None:
        if values:
            with open(self.out / "curve.jsonl", "a") as curve:
                curve.write(json.dumps({"step": self.step, **_rounded(values)}) + "\n")

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )  # fmt: skip

    def save(self) -> None:
        """Write the checkpoint in one move, so that a kill never leaves half of one."""
        state = {
            "step": self.step,
            "modules": {name: _trained(module) for name, module in self.modules.items()},
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "torch_rng": torch.get_rng_state(),
        }
        temporary = self.out / "checkpoint.tmp"
        torch.save(state, temporary)
        os.replace(temporary, self.out / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        for name, module in self.modules.items():
            module.load_state_dict(state["modules"][name], strict=False)
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["torch_rng"])
        self.step = state["step"]


def _trained(module: nn.Module) -> dict[str, torch.Tensor]:
    """State without frozen parameters; buffers stay."""
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def _to_tensors(batch: Any, device: str) -> Any:
    if isinstance(batch, tuple):
        return tuple(_to_tensors(one, device) for one in batch)
    if isinstance(batch, dict):
        return {name: _to_tensors(one, device) for name, one in batch.items()}
    if isinstance(batch, np.ndarray):
        return torch.from_numpy(batch).to(device)
    return batch.to(device) if isinstance(batch, torch.Tensor) else batch
