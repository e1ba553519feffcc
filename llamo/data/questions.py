"""Every question that a sequence can be asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from llamo.data import ask_content, ask_count, ask_order, ask_yes_no
from llamo.data.question import Question, Scene
from llamo.data.splice import Sequence

ASKERS: dict[str, Callable[[Scene], Iterator[Question]]] = {
    "action": ask_content.ask_action,
    "side": ask_content.ask_side,
    "false_side": ask_content.ask_false_side,
    "body_part": ask_content.ask_body_part,
    "direction": ask_content.ask_direction,
    "correct": ask_content.ask_correct,
    "mirror": ask_content.ask_mirror,
    "unseen": ask_content.ask_unseen,
    "order": ask_order.ask_order,
    "beside": ask_order.ask_beside,
    "while": ask_order.ask_while,
    "which_first": ask_order.ask_which_first,
    "time": ask_order.ask_times,
    "yes_no": ask_yes_no.ask_yes_no,
    "yes_no_side": ask_yes_no.ask_yes_no_side,
    "yes_no_direction": ask_yes_no.ask_yes_no_direction,
    "yes_no_order": ask_yes_no.ask_yes_no_order,
    "leg_doubt": ask_yes_no.ask_leg_doubt,
    "count": ask_count.ask_count,
    "faster": ask_count.ask_faster,
    "describe": ask_count.ask_describe,
}
"""What can be asked for by name; each yields nothing where its question makes no sense."""

RARE = {
    "unseen": 0.15, "false_side": 0.2, "describe": 0.5, "mirror": 0.5, "leg_doubt": 0.5,
    "beside": 0.0,
}  # fmt: skip
"""Share of the sequences that these are asked about."""


def ask_about(
    sequence: Sequence,
    rng: np.random.Generator,
    held_out: bool = False,
    kinds: Iterable[str] | None = None,
) -> list[Question]:
    """Ask a sequence what its labels and joints can answer, and what they cannot.

    Args:
        sequence: From ``splice``, ``repeat`` or ``ClipLibrary``.
        rng: Source of every choice; equal generators ask equal questions.
        held_out: Word them in ways that training never uses.
        kinds: Keys of ``ASKERS``, each asked once where it makes sense; None asks all, the rare
            ones rarely.

    Returns:
        Questions in a fixed order of kinds; empty where nothing can be asked.
    """
    if not sequence.segments:
        return []
    r = random.Random(int(rng.integers(2**63)))
    scene = Scene(sequence, r, held_out)
    questions: list[Question] = []
    for kind in ASKERS if kinds is None else kinds:
        if kinds is None and r.random() > RARE.get(kind, 1.0):
            continue
        questions += ASKERS[kind](scene)
    return questions
