"""Turn a pickled result of your own into an .npz that llamo reads:

    python examples/pkl_to_npz.py wham_output.pkl person.npz

A pickle runs whatever its maker wrote into it as soon as it is opened. llamo itself never opens
one; run this on files that you, or a program of yours, have made. Reads pickle and joblib files of
WHAM, VIBE and the like ({person: {pose, trans, ...}}), of 4D-Humans and PHALP ({frame: {tid, smpl,
...}}), and any nested dictionaries with such keys.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from llamo.formats.recovered import KEYS


def main(source: Path, target: Path) -> None:
    """Write the arrays whose names llamo knows."""
    result = load(source)
    arrays = dict(tracked(result) if is_tracked(result) else known(result))
    if not arrays:
        raise SystemExit(f"error: {source} holds none of {', '.join(sorted(KEYS))}.")
    np.savez_compressed(target, **arrays)
    print(f"{target}  {', '.join(f'{name} {a.shape}' for name, a in arrays.items())}")


def load(path: Path) -> Any:
    """What a pickle or joblib file holds; runs whatever is in it."""
    try:
        joblib = importlib.import_module("joblib")  # most of these programs save with it
    except ImportError:
        with path.open("rb") as stream:
            return pickle.load(stream)
    return joblib.load(path)


def is_tracked(result: Any) -> bool:
    """Whether this is what PHALP saves: for each frame the people in it."""
    frames = list(result.values()) if isinstance(result, Mapping) else []
    return bool(frames) and all(isinstance(f, Mapping) and "tid" in f for f in frames)


def tracked(result: Mapping[Any, Mapping[str, Any]]) -> Iterator[tuple[str, np.ndarray]]:
    """PHALP's frames of people as people of frames."""
    people: dict[Any, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
    for place, frame in enumerate(result.values()):
        waited = frame.get("tracked_time", [0] * len(frame["tid"]))
        for person, smpl, since in zip(frame["tid"], frame["smpl"], waited, strict=False):
            if since == 0:  # otherwise the person is not seen, and the pose is an old one
                people[person]["frame_ids"].append(np.asarray(frame.get("time", place)))
                for key in ("global_orient", "body_pose", "betas"):
                    people[person][key].append(to_array(smpl[key]))
    for person, lists in people.items():
        for key, values in lists.items():
            yield f"{person}/{key}", np.stack(values)


def known(value: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Arrays below nested dictionaries whose last key is known, by their keys joined."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from known(inner, f"{name}/{key}".lstrip("/"))
    elif name.rpartition("/")[2] in KEYS:
        array = to_array(value)
        if array.dtype.kind in "fiu":
            yield name, array


def to_array(value: Any) -> np.ndarray:
    """A NumPy array of a tensor, an array, or a list."""
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
