"""References: what correct repetitions of an exercise have in common, read from one small file.

The file holds means, variances and weights over several people and is made by
``llamo data references``; no course of one person is in it. Its licence stands beside it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from llamo.errors import InvalidData, UnreadableFile
from llamo.technique.courses import PHASES
from llamo.technique.kernels import Kernels, Manner
from llamo.technique.pose_angles import ANGLES
from llamo.technique.standard import FEATURES, Standard

SHIPPED = Path(__file__).parent / "references" / "ui_prmd.safetensors"

_ARRAYS = ("centre", "scale", "weights", "usual", "covariance")
_NUMBERS = ("bias", "slope")
_FACTS = ("two_sided", "people", "repetitions", "source")
_KERNELS = ("taps", "seen", "dilation")
_SHARED = "kernels"
_MANNER = ("centre", "scale", "levels", "weights")


@dataclass(frozen=True, eq=False)
class Reference:
    """One exercise.

    Args:
        mean: (P, A) degrees, the mean course over the people who did it right.
        others: To compare a person with other people.
        own: To compare a person with the same person's own correct repetitions.
        two_sided: Both sides do the same together; else the right side acts.
        people, repetitions: How many correct ones it rests on.
        source: Whose repetitions they were.
        manner: To tell by how a repetition goes as a whole, without reasons; None for angles alone.
    """

    mean: np.ndarray
    others: Standard
    own: Standard
    two_sided: bool
    people: int
    repetitions: int
    source: str
    manner: Manner | None = None


def reference_names(path: Path = SHIPPED) -> tuple[str, ...]:
    """Exercises that there is a reference of."""
    return tuple(sorted(_load(path)))


def read_reference(exercise: str, path: Path = SHIPPED) -> Reference:
    """The reference of an exercise.

    Args:
        exercise: Its name; case, articles and underscores do not matter.
        path: File of references.

    Raises:
        InvalidData: There is none; the message names those that there are.
        UnreadableFile: The file is missing or damaged.
    """
    found = named_exercise(exercise, path, whole=True)
    if found is None:
        raise InvalidData(
            f"there is no reference of correct repetitions of {exercise!r}; there is one of: "
            f"{', '.join(reference_names(path))}."
        )
    return _load(path)[found]


def named_exercise(text: str, path: Path = SHIPPED, whole: bool = False) -> str | None:
    """The exercise with a reference that a text names, None where it names none.

    Args:
        text: A question or an answer.
        path: File of references.
        whole: The text must be the name and nothing else.
    """
    words = _words(text)
    for name in sorted(_load(path), key=len, reverse=True):
        if words == _words(name) or (not whole and f" {_words(name)} " in f" {words} "):
            return name
    return None


def _words(text: str) -> str:
    plain = re.sub(r"[^a-z]+", " ", text.lower())
    return " ".join(word for word in plain.split() if word not in ("a", "an", "the"))


def write_references(references: dict[str, Reference], path: Path) -> None:
    """Write references, in single precision (courses in half)."""
    from safetensors.numpy import save_file

    arrays: dict[str, np.ndarray] = {}
    facts = {}
    for name, one in references.items():
        arrays[f"{name}/mean"] = one.mean.astype(np.float16)
        numbers = {fact: getattr(one, fact) for fact in _FACTS}
        for kind in ("others", "own"):
            standard = getattr(one, kind)
            for part in _ARRAYS:
                arrays[f"{name}/{kind}/{part}"] = getattr(standard, part).astype(np.float32)
            numbers.update({f"{kind}/{part}": getattr(standard, part) for part in _NUMBERS})
        if one.manner is not None:
            numbers["manner/bias"] = one.manner.bias
            for part in _MANNER:
                arrays[f"{name}/manner/{part}"] = getattr(one.manner, part).astype(np.float32)
            for part in _KERNELS:  # the same for all
                arrays[f"{_SHARED}/{part}"] = getattr(one.manner.kernels, part)
        facts[name] = json.dumps(numbers)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(arrays, path, metadata=facts)


@lru_cache(maxsize=4)
def _load(path: Path) -> dict[str, Reference]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            facts = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        kernels = None
        if f"{_SHARED}/{_KERNELS[0]}" in arrays:
            kernels = Kernels(*(arrays[f"{_SHARED}/{part}"] for part in _KERNELS))
        return {
            name: _reference(name, json.loads(text), arrays, kernels)
            for name, text in facts.items()
        }
    except FileNotFoundError:
        raise UnreadableFile(f"references {path.name} are missing.") from None
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UnreadableFile(f"references {path.name} cannot be read ({error}).") from None


def _reference(
    name: str, facts: dict[str, Any], arrays: dict[str, np.ndarray], kernels: Kernels | None
) -> Reference:
    others, own = (_standard(name, kind, facts, arrays) for kind in ("others", "own"))
    mean = arrays[f"{name}/mean"].astype(np.float64)
    manner = None if kernels is None else _manner(name, facts, arrays, kernels)
    width = len(ANGLES)
    if mean.shape != (PHASES, width) or any(
        one.covariance.shape != (width, width) or one.weights.shape != (width * len(FEATURES),)
        for one in (others, own)
    ):
        raise ValueError(f"the arrays of {name!r} do not fit {PHASES} phases of {width} angles")
    return Reference(mean, others, own, **{fact: facts[fact] for fact in _FACTS}, manner=manner)


def _manner(
    name: str, facts: dict[str, Any], arrays: dict[str, np.ndarray], kernels: Kernels
) -> Manner:
    parts: dict[str, Any] = {part: arrays[f"{name}/manner/{part}"] for part in _MANNER}
    manner = Manner(kernels, **parts, bias=float(facts["manner/bias"]))
    if manner.centre.shape != (len(ANGLES),) or len(manner.weights) != 2 * len(kernels.dilation):
        raise ValueError(f"the manner of {name!r} does not fit its kernels")
    return manner


def _standard(
    name: str, kind: str, facts: dict[str, Any], arrays: dict[str, np.ndarray]
) -> Standard:
    parts: dict[str, Any] = {
        part: arrays[f"{name}/{kind}/{part}"].astype(np.float64) for part in _ARRAYS
    }
    parts |= {part: float(facts[f"{kind}/{part}"]) for part in _NUMBERS}
    return Standard(**parts)
