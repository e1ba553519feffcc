"""The page, the table and the plot of ``claims.py``."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from claims_pool import KINDS

from llamo.evaluation.metrics import figure

OWN, SHIPPED = "llamo", "shipped"
"""Rows with a place of their own: the system itself, and what was trained for longer."""

CAPTION = "Accuracy of each system over all kinds, with its interval, and the tokens it costs"

WHY_KEPT = {
    "no-text": (
        "In minutes the text is one more thing to learn, and takes from acts what it gives to "
        "counts. Trained to the end it is worth .15 of all questions, .88 of counts and .45 of "
        "verdicts (`docs/experiments.md`, What each part brings): it stays."
    ),
    "measurements": "Numbers are read best where nothing else stands beside them.",
}
"""Why the shipped design keeps what a row without it does better in minutes."""

WRITTEN_BY = "<!-- Written by: python benchmarks/claims.py --run RUN --docs docs -->"

ABOUT = """# Results: the paper's claims on equal terms

Every row is trained on the same questions about the same people, with the same frozen motion
encoder, from one language model that has read scenes and measurements in words and never met a
motion, for the same number of steps: at most ten minutes on two cores. Then it is asked about
people and in wordings that training never saw. One part is changed a row.

Questions are of few kinds and prompts short, so that ten minutes teach anything
(`benchmarks/claims_pool.py`); what hours of the whole curriculum reach stands below the line. n of
each kind is in brackets; intervals are by bootstrap over clips; `tokens` are those that the
language model reads of a question about a clip of ten seconds, `ms` the time to its answer, `min`
the minutes of training, on a machine that had other work beside. The blind guess is "question
alone". RUN of the table below holds the shipped weights' encoder, 8,000 sequences to train on and
240 to ask about.

    llamo train train/recipes/llamo-tiny.yaml --data DIR   # until its alignment begins
    python benchmarks/claims.py --run RUN --docs docs      # goes on where it was"""


def merged(title: str, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracies over all seeds of a row, with intervals clustered by clip."""
    outcomes = [one for result in results for one in result["outcomes"]]
    outcomes = [one for one in outcomes if one["kind"] != "describe"]
    kinds = {"all": outcomes}
    for one in outcomes:
        kinds.setdefault(one["kind"], []).append(one)
    figures = {
        kind: figure([one["right"] for one in some], [one["clip"] for one in some])
        for kind, some in kinds.items()
    }
    seeds = [
        float(np.mean([one["right"] for one in result["outcomes"] if one["kind"] != "describe"]))
        for result in results
    ]
    middle = {name: statistics.mean(result[name] for result in results)
              for name in ("tokens", "milliseconds", "minutes") if name in results[0]}  # fmt: skip
    return {"title": title, "figures": figures, "seeds": seeds, **middle}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Markdown: a line a row, and below a line what was trained for longer."""
    first = next(iter(rows.values()))["figures"]
    kinds = [kind for kind in KINDS if kind in first]
    seeds = len(next(iter(rows.values()))["seeds"])
    counts = [f"{kind} ({first[kind]['n'] // seeds})" for kind in kinds]
    lines = [
        "| system | all kinds [95 %] | seeds | " + " | ".join(counts) + " | tokens | ms | min |",
        "|---|---|---|" + "---|" * (len(kinds) + 3),
    ]
    for name, row in rows.items():
        found = row["figures"]
        low, high = found["all"]["ci95"]
        if name == SHIPPED:
            lines.append("|" + " --- |" * (len(kinds) + 6))
        cells = [
            row["title"],
            f"{found['all']['accuracy']:.3f} [{low:.2f}, {high:.2f}]",
            ", ".join(f"{one:.3f}" for one in row["seeds"]),
            *(f"{found[kind]['accuracy']:.2f}" if kind in found else "-" for kind in kinds),
            f"{row['tokens']:.0f}",
            f"{row['milliseconds']:.0f}",
            f"{row['minutes']:.0f}" if "minutes" in row else "hours",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def in_words(rows: dict[str, dict[str, Any]]) -> str:
    """Which rows are above LLaMo's, in all or in a kind."""
    if OWN not in rows:
        return ""
    own = {kind: one["accuracy"] for kind, one in rows[OWN]["figures"].items()}
    lines = []
    for name, row in rows.items():
        above = [
            f"{kind} ({one['accuracy']:.2f}, LLaMo {own[kind]:.2f})"
            for kind, one in row["figures"].items()
            if name not in (OWN, SHIPPED) and kind in own and one["accuracy"] > own[kind]
        ]
        if above:
            reason = f". {WHY_KEPT[name]}" if name in WHY_KEPT else ""
            lines.append(f"- {row['title']}: {', '.join(above)}{reason}")
    return "\n".join(["Above LLaMo's row:", "", *lines]) if lines else "No row is above LLaMo's."


def page(rows: dict[str, dict[str, Any]]) -> str:
    """The page of the documentation."""
    plot_of_it = f"![{CAPTION}](images/claims.png)"
    return "\n\n".join([WRITTEN_BY, ABOUT, table(rows), plot_of_it, in_words(rows)]) + "\n"


def plot(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """Accuracy over all kinds against tokens to the LM."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(rows)[::-1]
    drawing, axes = pyplot.subplots(figsize=(8, 0.42 * len(names) + 1.2), layout="constrained")
    for place, name in enumerate(names):
        found = rows[name]["figures"]["all"]
        low, high = found["ci95"]
        colour = "#d1495b" if name == OWN else "#33658a"
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot(found["accuracy"], place, "o", color=colour)
        axes.annotate(f"{rows[name]['tokens']:.0f} tokens", (1.02, place), ha="left", va="center",
                      fontsize=8, color="#666666")  # fmt: skip
    axes.set_yticks(range(len(names)), [rows[name]["title"] for name in names], fontsize=8)
    if SHIPPED in names:
        axes.axhline(names.index(SHIPPED) + 0.5, color="#999999", linewidth=0.8)
    axes.set_xlim(0, 1.22)
    axes.set_xticks(np.arange(0, 1.01, 0.2))
    axes.set_xlabel("accuracy over all kinds, 95 % interval")
    axes.grid(axis="x", color="#dddddd")
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.savefig(path, dpi=150)
