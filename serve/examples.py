"""Clips to try without one's own: figures that move by rule, so that no file is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llamo.errors import UnreadableFile

if TYPE_CHECKING:
    from llamo.data.figures import Act
    from llamo.motion import Motion


class Example(NamedTuple):
    """A clip to try.

    Args:
        title: What a button says.
        questions: Worth asking.
        seed: Of the figure's body, posture and tempo.
        acts: Action, side and repetitions, one after the other.
    """

    title: str
    questions: tuple[str, ...]
    seed: int
    acts: tuple[tuple[str, str | None, int], ...]


EXAMPLES = {
    "squats": Example(
        "Squats",
        ("How many squats does the person do?", "How far does the left knee bend?"),
        0,
        (("squat", None, 5),),
    ),
    "wave_left": Example(
        "A wave",
        ("Which hand does the person use?", "What does the person do?"),
        1,
        (("wave", "left", 4),),
    ),
    "swing": Example(
        "A golf swing",
        ("What does the person do?", "Is the person right-handed?"),
        3,
        (("swing a golf club", "right", 1),),
    ),
    "routine": Example(
        "A routine",
        ("What does the person do after waving?", "What does the person do last?"),
        4,
        (("wave", "right", 3), ("squat", None, 3), ("kick", "left", 1)),
    ),
}
"""By name; the same motions as the files of that name in ``examples/``."""


def example_motion(name: str) -> Motion:
    """A clip to try, made anew.

    Raises:
        UnreadableFile: No such example.
    """
    if name not in EXAMPLES:
        raise UnreadableFile(f"no example {name[:40]!r}; there are {', '.join(EXAMPLES)}.")
    import numpy as np

    from llamo.data.figures import Act, perform

    example = EXAMPLES[name]
    acts: list[Act] = [Act(*act) for act in example.acts]
    motion, _ = perform(acts, rng=np.random.default_rng(example.seed), fps=30.0)
    return motion
