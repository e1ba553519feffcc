"""``llamo train`` and ``llamo merge``: from a recipe to weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from llamo.cli_options import Json
from llamo.errors import InvalidData


def train(
    recipe: Annotated[
        Path, typer.Argument(help="Recipe: a .yaml, or own-data or another that ships.")
    ],
    data: Annotated[
        str | None, typer.Option(help="Folder with training data or shards, or file of questions.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the run.")] = None,
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda ...; llamo-tiny's kind: cpu; around an LLM: found."),
    ] = None,
    stage: Annotated[str | None, typer.Option(help="Stop after this stage.")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only tell parameters, memory and tokens.")
    ] = False,
    devices: Annotated[int, typer.Option(min=1, help="Devices to plan for.")] = 1,
    as_json: Json = False,
) -> None:
    """Train a model by a recipe; stopped and started again, it goes on where it was."""
    from llamo.train.llm.recipe import is_llm_recipe

    around_llm = is_llm_recipe(recipe)
    if plan:
        if not around_llm:
            raise InvalidData(
                f"{recipe} trains a small model from nothing; there is no plan to tell."
            )
        from llamo.train.llm.plan import plan_training

        planned = plan_training(recipe, devices=devices)
        typer.echo(json.dumps(planned.to_dict()) if as_json else str(planned))
    elif around_llm:
        from llamo.train.llm.run import tune

        typer.echo(tune(recipe, data, out, device=device, stage=stage))
    else:
        if data is None:
            raise InvalidData("this recipe needs the folder with its training data: --data DIR.")
        from llamo.train import run

        typer.echo(run(recipe, data, out, device=device, stage=stage))


def merge(
    model: Annotated[Path, typer.Argument(help="Weights folder with adapters.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    dtype: Annotated[str, typer.Option(help="bfloat16, float16 or float32.")] = "bfloat16",
) -> None:
    """Add a model's adapters to its language model, for a folder that needs no other."""
    from llamo.train.llm.export import merge as merge_adapters

    typer.echo(merge_adapters(model, out, dtype))
