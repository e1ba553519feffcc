"""``llamo data``: look at data, bring it in, find what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from llamo.cli_options import Json, Model
from llamo.errors import ModelError
from llamo.terminal import progress, show_notes

data = typer.Typer(no_args_is_help=True, help="Look at data, bring it in, check it.")

TrainingData = Annotated[Path, typer.Option("--data", help="Folder with the training data.")]


@data.command("import")
def data_import(
    clips: Annotated[Path, typer.Argument(help="Folder of videos or motions.")],
    questions: Annotated[
        Path | None,
        typer.Argument(help="CSV or JSON lines of clip, question, answer; by default in CLIPS."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to make.")] = Path("mydata"),
    released: Annotated[
        str | None,
        typer.Option(help="CLIPS is a released data set: humanml3d, kit-ml, babel-qa, movid ..."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 0,
    as_json: Json = False,
) -> None:
    """Make clips and questions of one's own ready for train and eval, in splits that do not leak.

    Videos are estimated once; stopped and started again, it goes on where it was.
    """
    from llamo.data.importing import import_samples
    from llamo.data.own import read_own

    if released is not None:
        from llamo.data.released import read_released

        samples = read_released(released, clips, questions)
    else:
        samples = read_own(clips if questions is None else questions, clips)
    with progress("reading clips") as told:
        result = import_samples(
            samples, out, seed=seed, published=released is not None, progress=told
        )
    if as_json:
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
        return
    show_notes(f"left out {name}: {why}" for name, why in result.dropped.items())
    show_notes(result.notes)
    counts = ", ".join(f"{count} {name}" for name, count in result.questions.items())
    typer.echo(f"{result.clips} clips, questions: {counts}")
    typer.echo(f"next: llamo train own-data --data {out} --out runs/mine", err=True)


@data.command("preview")
def data_preview(
    data: TrainingData,
    count: Annotated[int, typer.Option("-n", min=1, help="Questions to show.")] = 20,
    seed: Annotated[int, typer.Option(help="Which questions.")] = 0,
) -> None:
    """Show generated training questions with their answers."""
    from llamo.data.preview import preview

    preview(data, count, seed=seed)


@data.command("export")
def data_export(
    data: TrainingData,
    out: Annotated[Path, typer.Option(help="Folder for questions.jsonl and motions/.")],
    people: Annotated[str, typer.Option(help="held_out, train or all.")] = "held_out",
    limit: Annotated[int | None, typer.Option(help="Most questions of a type.")] = None,
    babelqa: Annotated[
        Path | None, typer.Option(help="BABEL-QA's questions: ask in its words, too.")
    ] = None,
    pack: Annotated[
        list[str] | None, typer.Option(help="Only people of this pack; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of every choice.")] = 0,
) -> None:
    """Write a question file about people, in wordings, that training never saw, for eval qa."""
    from llamo.data.export import export_eval_set

    path = export_eval_set(
        data, out, people=people, per_type=limit, seed=seed, babelqa=babelqa, packs=pack or None
    )
    typer.echo(str(path))


@data.command("lmms-task")
def data_lmms_task(
    questions: Annotated[Path, typer.Argument(help="A question file, as eval qa takes it.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the task.")],
    name: Annotated[str, typer.Option(help="Of the task.")] = "llamo_questions",
) -> None:
    """Write a question file as a task of lmms-eval, for LLaMo and other models there."""
    from llamo.evaluation.lmms_task import write_task

    typer.echo(str(write_task(questions, out, name)))


@data.command("check")
def data_check(
    folder: Annotated[Path, typer.Argument(help="Folder of data: packs, clips, questions, ...")],
    as_json: Json = False,
) -> None:
    """Find what is wrong: frame rate, unit, axis, sides, copies over splits, labels, answers."""
    from llamo.data.check import check_folder, to_json

    with progress("checking") as told:
        reports = check_folder(folder, told)
        if as_json:
            typer.echo(to_json(reports))
            return
        for report in reports:
            typer.echo("\n".join(report.lines()))


@data.command("filter-repcount")
def data_filter_repcount(
    table: Annotated[Path, typer.Argument(help="RepCount's annotations, such as train.csv.")],
    videos: Annotated[Path, typer.Option(help="Folder of its videos.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Table to write.")],
    motions: Annotated[
        Path | None, typer.Option(help="Folder to keep the estimated motions in.")
    ] = None,
    least_whole: Annotated[
        float, typer.Option(min=0, max=1, help="Share of frames that show the whole person.")
    ] = 0.9,
    longest_gap_s: Annotated[
        float, typer.Option(min=0, help="Seconds for which they may be out of sight.")
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Keep the clips that show a whole person throughout; tell what was dropped and why.

    Stopped and started again, it goes on where it was.
    """
    from llamo.data.filter_repcount import filter_repcount

    with progress("estimating") as told:
        result = filter_repcount(
            table, videos, out, motions=motions, least_whole=least_whole,
            longest_gap_s=longest_gap_s, progress=told,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
        return
    total = len(result.kept) + len(result.dropped)
    typer.echo(f"kept {len(result.kept)} of {total}: {out}")
    for reason, count in result.reasons.items():
        typer.echo(f"dropped {count}: {reason}")
    typer.echo(f"each with its reason: {out}.dropped.csv", err=True)


@data.command("shard")
def data_shard(
    imported: Annotated[Path, typer.Argument(help="Folder of llamo data import.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for train/ and val/.")],
    model: Model = None,
    clips_per_shard: Annotated[int, typer.Option(min=1, help="Clips of a tar file.")] = 128,
    copies: Annotated[int, typer.Option(min=0, help="Varied copies beside each clip.")] = 0,
    mirror: Annotated[bool, typer.Option(help="Every other copy in a mirror.")] = True,
    seed: Annotated[int, typer.Option(help="Of order and copies.")] = 0,
) -> None:
    """Encode clips once, into tar files that a training streams from a disk or an address.

    Stopped and started again, it goes on where it was.
    """
    from llamo.data.own import read_own
    from llamo.loading import load_model
    from llamo.model_info import weights_folder
    from llamo.train.shards import write_shards

    encoder = load_model(weights_folder(model))[0].motion_encoder
    if encoder is None:
        raise ModelError("these weights have no motion encoder to read clips with.")
    samples = read_own(imported)
    with progress("encoding") as told:
        for split in ("train", "val"):
            some = [one for one in samples if one.split == split]
            if some:
                index = write_shards(
                    some, encoder, out / split, clips_per_shard=clips_per_shard,
                    copies=copies if split == "train" else 0, mirror=mirror, seed=seed,
                    progress=told,
                )  # fmt: skip
                typer.echo(str(index))


@data.command("references")
def data_references(
    data: TrainingData,
    out: Annotated[Path, typer.Option(help="File to write, .safetensors.")],
) -> None:
    """Learn what correct exercises have in common: statistics over people, for technique."""
    from llamo.data.references import make_references

    made = make_references(data, out)
    for name, one in made.items():
        typer.echo(f"{name}: {one.people} people, {one.repetitions} correct repetitions")
    typer.echo(f"{out}", err=True)
