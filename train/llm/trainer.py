"""transformers' Trainer with our batches, a loss over all devices, our metric and checkpoints."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments

from llamo.errors import InvalidData, MissingDependency
from llamo.model import LlamoForConditionalGeneration
from llamo.train.llm.build import BETWEEN
from llamo.train.llm.callbacks import WEIGHTS, Checks
from llamo.train.llm.examples import Collator, ExampleSet
from llamo.train.llm.mixture import MicroBatches, accumulation
from llamo.train.llm.parallel import PATIENCE_S, parallel_arguments
from llamo.train.llm.recipe import LlmRecipe, Stage


class LlamoTrainer(Trainer):
    """Trains one stage.

    Args:
        model: With what is trained chosen.
        args: From :func:`training_arguments`.
        plan: Samples of every step, (steps, batch_size), from ``plan_batches``.
        train_set, validation_set: Examples.
        collator: Makes batches of them.
        stage: Rates and intervals.
    """

    def __init__(
        self,
        model: LlamoForConditionalGeneration,
        args: TrainingArguments,
        plan: np.ndarray,
        train_set: ExampleSet,
        validation_set: ExampleSet,
        collator: Collator,
        stage: Stage,
    ) -> None:
        self.plan, self.stage = plan, stage
        learnt = {name for name, one in model.named_parameters() if one.requires_grad}
        self._kept = [n for n in model.state_dict() if n in learnt or n.startswith(BETWEEN)]
        super().__init__(
            model=model,
            args=args,
            data_collator=collator,
            train_dataset=train_set,
            eval_dataset=validation_set,
            callbacks=[Checks(stage.check_every)],
        )
        # The Trainer then counts the answer tokens of a step over micro-batches and devices.
        self.model_accepts_loss_kwargs = True

    def get_train_dataloader(self) -> DataLoader:
        """Micro-batches in the order of the plan, this process's share."""
        return self._loader(
            self.train_dataset,
            batch_sampler=MicroBatches(self.plan, self.args.per_device_train_batch_size),
        )

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader:
        """The validation's questions in their order."""
        return self._loader(
            self.eval_dataset if eval_dataset is None else eval_dataset,
            batch_size=self.args.per_device_eval_batch_size,
        )

    def _loader(self, examples: Any, **how: Any) -> DataLoader:
        workers = self.args.dataloader_num_workers
        loader = DataLoader(
            examples,
            collate_fn=self.data_collator,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=self.args.dataloader_pin_memory,
            **how,
        )
        return self.accelerator.prepare(loader)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Two rates, for the language model and for what is new, and no decay of vectors."""
        if self.optimizer is not None:
            return self.optimizer
        learner: Any = self.model if model is None else model
        groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in learner.named_parameters():
            if parameter.requires_grad:
                kind = ("language_model." in name, parameter.ndim > 1)
                groups.setdefault(kind, []).append(parameter)
        rates = {False: self.stage.learning_rate, True: self.stage.learning_rate}
        if self.stage.language_learning_rate is not None:
            rates[True] = self.stage.language_learning_rate
        make, options = self.get_optimizer_cls_and_kwargs(self.args, learner)
        self.optimizer = make(
            [
                {
                    "params": params,
                    "lr": rates[is_language],
                    "weight_decay": self.stage.weight_decay if is_matrix else 0.0,
                }
                for (is_language, is_matrix), params in groups.items()
            ],
            **options,
        )
        return self.optimizer

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The loss of this micro-batch as its share of the whole step's.

        Gradients are summed over micro-batches and averaged over devices; weighted like this the
        sum is what one device would have with all samples at once, however they are shared out.
        """
        outputs = model(**inputs)
        pieces = self.current_gradient_accumulation_steps
        loss = outputs.answer_loss / pieces
        if num_items_in_batch is not None and self._config.loss_reduction == "token_mean":
            tokens = (inputs["labels"][:, 1:] != -100).sum()
            share = tokens * self.accelerator.num_processes / num_items_in_batch
            loss = outputs.answer_loss * share
        if outputs.selection_loss is not None:
            # a mean over the rows whose moment is known: weigh it with how many those are
            known = inputs["viewpoint_targets"].any(1).float().mean()
            weight = self._config.selection_weight * known / pieces
            loss = loss + weight * outputs.selection_loss
        return (loss, outputs) if return_outputs else loss

    @torch.no_grad()
    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Share of the answers that greedy decoding gives word by word, and the loss a token."""
        started = time.monotonic()
        model = self.model_wrapped
        model.eval()
        gathered: list[torch.Tensor] = []
        for batch in self.get_eval_dataloader(eval_dataset):
            batch = self._prepare_inputs(batch)
            tokens = (batch["labels"][:, 1:] != -100).sum(1)
            with self.compute_loss_context_manager(), self.accelerator.autocast():
                found = model(**batch, answers_only=True)
            rows = torch.stack(
                [found.answer_losses.float(), tokens.float(), found.answers_right.float()], dim=1
            )
            gathered.append(self.accelerator.gather_for_metrics(rows).cpu())
        model.train()
        losses, tokens, right = torch.cat(gathered).sum(0).tolist()
        count = sum(map(len, gathered))
        metrics = {
            f"{metric_key_prefix}_accuracy": right / count,
            f"{metric_key_prefix}_loss": losses / tokens,
            f"{metric_key_prefix}_questions": count,
            f"{metric_key_prefix}_seconds": round(time.monotonic() - started, 2),
        }
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save(
        self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None
    ) -> None:
        """Write what the stage trains; a checkpoint of adapters on 7B is some hundred MB."""
        if not self.args.should_save:
            return
        folder = Path(output_dir or str(self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        learner: Any = self.model
        state = learner.state_dict() if state_dict is None else state_dict
        trained = {name: state[name].detach().contiguous().cpu() for name in self._kept}
        save_file(trained, folder / WEIGHTS, metadata={"format": "pt"})

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        """Frozen weights are missing from a checkpoint by design; nothing else may be."""
        missing = set(load_result.missing_keys) & set(self._kept)
        if missing or load_result.unexpected_keys:
            raise InvalidData(
                f"{self.args.output_dir} holds checkpoints of another model; "
                "give another --out, or delete it."
            )

    @property
    def _config(self) -> Any:
        return self.accelerator.unwrap_model(self.model).config


def training_arguments(
    recipe: LlmRecipe,
    stage: Stage,
    out: Path,
    *,
    steps: int,
    device: str,
    seed: int,
) -> TrainingArguments:
    """What the Trainer needs to know, from what the recipe says.

    Args:
        recipe, stage: Settings.
        out: Folder of the stage.
        steps: Optimiser steps.
        device: "cpu", "cuda", ...
        seed: Of dropout and noise.

    Raises:
        InvalidData: A step's samples cannot be shared out among the processes.
        MissingDependency: A logger that is not installed.
    """
    for logger in recipe.report_to:
        _check_logger(logger)
    devices = int(os.environ.get("WORLD_SIZE", "1"))
    micro, accumulated = accumulation(stage.batch_size, stage.per_device_batch_size, devices)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(out / "tensorboard")
    parallel = parallel_arguments(recipe, devices)
    arguments = TrainingArguments(
        output_dir=str(out),
        max_steps=steps,
        per_device_train_batch_size=micro,
        per_device_eval_batch_size=micro,
        gradient_accumulation_steps=accumulated,
        learning_rate=stage.learning_rate,
        lr_scheduler_type=stage.schedule,
        warmup_steps=round(stage.warm_up * steps),
        max_grad_norm=stage.max_grad_norm,
        bf16=recipe.precision == "bf16",
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and devices > 1 else None,
        ddp_find_unused_parameters=False,
        ddp_timeout=PATIENCE_S,
        # the mean since the last line: a checkpoint between two lines would break it
        logging_steps=1 if steps <= 100 else math.gcd(10, stage.check_every),
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=stage.check_every,
        save_strategy="steps",
        save_steps=stage.check_every,
        save_total_limit=2,
        metric_for_best_model="accuracy",
        greater_is_better=True,
        dataloader_num_workers=recipe.data.workers,
        dataloader_pin_memory=device != "cpu",
        report_to=list(recipe.report_to) or "none",
        run_name=f"{recipe.name}-{out.name}",
        remove_unused_columns=False,
        disable_tqdm=False,
        seed=seed,
        **parallel,
    )
    if arguments.n_gpu > 1:  # one process, several GPUs: torch's DataParallel would cut our batches
        arguments._n_gpu = 1
    return arguments


def checkpoint_activations(model: LlamoForConditionalGeneration) -> None:
    """Compute the LM's activations anew in the backward pass instead of keeping them."""
    enable = getattr(model, "activation_checkpointing_enable", None)
    (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})


def _check_logger(name: str) -> None:
    try:
        __import__(name)
    except ImportError:
        how = "pip install 'llamo[train]'" if name == "tensorboard" else f"pip install {name}"
        raise MissingDependency(f"report_to {name} needs {name}: {how}.") from None
