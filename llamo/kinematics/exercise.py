"""Exercises as data: what to measure, what is good, who says so. Read from YAML and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from llamo.errors import InvalidData, UnreadableFile
from llamo.kinematics.performances import KINDS
from llamo.kinematics.takes import Take, check_course, events_and_phases, fields_of, parse_take

SHIPPED = Path(__file__).resolve().parent.parent / "exercises"

MAX_BYTES = 200_000
"""A longer file is no exercise."""

_KEYS = {"title", "kind", "signal", "at_least", "words", "measure"}


@dataclass(frozen=True)
class Exercise:
    """What to measure in an exercise.

    Args:
        name: How users call it.
        title: For people.
        kind: One of ``KINDS``.
        signal: The course that rises and falls once a repetition, "" for other kinds.
        at_least: By how much it does so at least, in its unit; m/s of the hands in a swing.
        words: The exercise's own names for events and phases.
        takes: What to measure.
    """

    name: str
    title: str
    kind: str
    signal: str
    at_least: float
    words: Mapping[str, str]
    takes: tuple[Take, ...]


def exercise_names() -> tuple[str, ...]:
    """Exercises that ship with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def read_exercise(name: str | Path) -> Exercise:
    """An exercise by name, or from a YAML file of one's own.

    Raises:
        UnreadableFile: No such exercise or file.
        InvalidData: The file does not follow the format; says where and what is expected.
    """
    path = Path(name)
    if path.suffix.lower() not in (".yaml", ".yml"):
        if str(name) not in exercise_names():
            raise UnreadableFile(
                f"no exercise is called {str(name)!r}; there are {', '.join(exercise_names())}, "
                "or give the path of a .yaml file of your own."
            )
        path = SHIPPED / f"{name}.yaml"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidData(f"{path.name} is too large for an exercise.")
        with path.open(encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror or error}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidData(f"{path.name} is no YAML: {' '.join(str(error).split())}") from None
    return parse_exercise(path.stem, content)


def parse_exercise(name: str, content: Any) -> Exercise:
    """Check what a file holds.

    Raises:
        InvalidData: Says where the fault is and what is expected there.
    """
    fields = fields_of(name, content, _KEYS, ("kind", "measure"))
    kind = fields["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidData(f"{name}: kind must be one of {', '.join(KINDS)}, got {kind!r}.")
    signal = fields.get("signal", "")
    if kind == "repetition":
        if not isinstance(signal, str) or not signal:
            raise InvalidData(
                f"{name}: signal must name the course that rises and falls once a repetition, "
                "such as knee_flexion."
            )
        check_course(f"{name}: signal", signal, kind)
    elif signal:
        raise InvalidData(f"{name}: only kind repetition has a signal; leave it out.")
    at_least = fields.get("at_least", 2.0 if kind == "swing" else 20.0)
    if isinstance(at_least, bool) or not isinstance(at_least, (int, float)) or not at_least > 0:
        raise InvalidData(f"{name}: at_least must be a number above 0, got {at_least!r}.")
    words = _words(name, fields.get("words", {}), kind)
    measure = fields["measure"]
    if not isinstance(measure, dict) or not measure:
        raise InvalidData(f"{name}: measure must hold at least one measurement by name.")
    takes = tuple(
        parse_take(f"{name}: {key}", key, one, kind, words) for key, one in measure.items()
    )
    title = fields.get("title", name.replace("_", " "))
    if not isinstance(title, str):
        raise InvalidData(f"{name}: title must be text, got {title!r}.")
    return Exercise(name, title, kind, signal, float(at_least), words, takes)


def _words(name: str, words: Any, kind: str) -> dict[str, str]:
    known = events_and_phases(kind)
    if not isinstance(words, dict) or not all(
        key in known and isinstance(word, str) and re.fullmatch(r"\w+", word)
        for key, word in words.items()
    ):
        raise InvalidData(
            f"{name}: words must give names of your own, of letters and _, to some of "
            f"{', '.join(known)}."
        )
    renamed = [words.get(one, one) for one in known]
    if len(set(renamed)) < len(renamed):
        raise InvalidData(f"{name}: words give one name to two things.")
    return dict(words)
