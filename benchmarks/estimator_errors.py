"""Measure how the estimator errs, and check the model of its errors on people never measured.

    python benchmarks/estimator_errors.py --cache DIR [--data DIR --clips 150] [--write]

Recordings are drawn, filmed and estimated; with `--data` more are filmed first. What is
measured on people that training may see goes, with `--write`, into `llamo/data/estimated.json`;
the table compares the estimates of held-out people with `as_estimated` of their recordings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from error_fit import Pair, measure, pair

from llamo.data import estimated
from llamo.data.clips import load_clips, split
from llamo.data.estimated import Errors, as_estimated, limbs_m
from llamo.data.library import ClipLibrary
from llamo.motion import Motion
from llamo.skeleton import SMPL22
from llamo.train.filmed_motion import Shot, film, read_filmed

LONGEST_S = 3.0
TARGET = Path(estimated.__file__).with_name("estimated.json")


def shots(data: Path, clips: int, held_out: bool, seed: int = 3) -> Iterator[Shot]:
    """Clips drawn evenly over packs, people and acts, seen from any side."""
    rng = np.random.default_rng(seed)
    library = ClipLibrary(split(load_clips(data))[held_out])
    for number in range(clips):
        clip = library.draw_clip(rng)
        start = rng.uniform(0, max(0.0, clip.motion.duration_s - LONGEST_S))
        motion = clip.motion.trim(start, start + LONGEST_S)
        turn_deg = float(rng.uniform(-180, 180))
        facts = {"pack": clip.pack, "person": str(clip.person), "act": clip.says}
        facts["held_out"] = held_out
        yield Shot(f"pair {held_out} {number}", motion, turn_deg, 5000 + number, facts)


def told_pairs(cache: Path) -> tuple[list[Pair], list[Pair], dict[str, int]]:
    """Pairs of people that training may see, of held-out people, and how many there are of what."""
    pairs: dict[bool, list[Pair]] = {False: [], True: []}
    counts = {"clips": 0, "refused": 0, "sides": 0}
    for path in sorted(cache.glob("*.npz")):
        filmed = read_filmed(path)
        found, why = pair(filmed)
        counts["clips"] += 1
        if found is None:
            counts[why] += 1
        else:
            pairs[bool(filmed.facts.get("held_out", True))].append(found)
    return pairs[False], pairs[True], counts


def generated(pairs: Sequence[Pair], errors: Errors, seed: int = 0) -> list[Pair]:
    """The same recordings, with errors drawn instead of the true ones."""
    rng = np.random.default_rng(seed)
    made = []
    for one in pairs:
        motion = as_estimated(Motion(one.true.astype(np.float32), one.fps), rng, 0.0, errors)
        assert motion.confidence is not None
        made.append(Pair(one.true, motion.joints.astype(float), motion.confidence, one.fps))
    return made


def joints_of(*parts: str) -> list[int]:
    """Both sides of them."""
    return [SMPL22.index(f"{side}_{part}") for part in parts for side in ("left", "right")]


def depth(pairs: Sequence[Pair], part: str) -> float:
    """Estimated over true distance from the pelvis along the line of sight."""
    bodies = [one.bodies for one in pairs]
    true = np.concatenate([body[:, joints_of(part), 2].ravel() for body, _ in bodies])
    seen = np.concatenate([body[:, joints_of(part), 2].ravel() for _, body in bodies])
    return float((true * seen).sum() / (true**2).sum())


def error_mm(pairs: Sequence[Pair], parts: tuple[str, ...], axes: tuple[int, ...]) -> float:
    """Root mean square of a coordinate, from the middle of the hips."""
    told = []
    for one in pairs:
        true, seen = (body - body[:, joints_of("hip")].mean(1, keepdims=True)
                      for body in one.bodies)  # fmt: skip
        told.append(((seen - true)[:, joints_of(*parts)][..., axes] ** 2).mean())
    return float(1000 * np.sqrt(np.mean(told)))


def jerkiness(pairs: Sequence[Pair], part: str, true: bool = False) -> float:
    """Median acceleration, m/s²."""
    told = []
    for one in pairs:
        body = one.bodies[0 if true else 1][:, joints_of(part)]
        told.append(np.linalg.norm(np.diff(body, 2, axis=0), axis=-1).ravel() * one.fps**2)
    return float(np.median(np.concatenate(told)))


def fastest(pairs: Sequence[Pair], part: str) -> float:
    """Median, over clips that move, of the fast (95 %) speeds over the true ones."""
    told = []
    for one in pairs:
        true, seen = (
            np.percentile(np.linalg.norm(np.diff(body[:, joints_of(part)], axis=0), axis=-1), 95)
            for body in one.bodies
        )
        if true * one.fps > 0.8:
            told.append(seen / true)
    return float(np.median(told))


def later(pairs: Sequence[Pair], after_s: float) -> float:
    """Correlation of the limbs' errors, less their mean over the clip, with those after a time."""
    both, alone = 0.0, 0.0
    for one in pairs:
        true, seen = one.bodies
        error = (seen - true)[:, joints_of("elbow", "wrist", "knee", "ankle")]
        error = error - error.mean(0)
        step = max(1, round(after_s * one.fps))
        both += float((error[step:] * error[:-step]).mean())
        alone += float((error**2).mean())
    return both / alone


def wander_mm(pairs: Sequence[Pair], axis: int) -> float:
    """Standard deviation through a clip of the pelvis' error, of people who stay."""
    told = []
    for one in pairs:
        way = one.true[:, 0, axis] * one.size
        if np.ptp(one.true[:, 0, [0, 2]], axis=0).max() < 0.3:
            told.append((one.seen[:, 0, axis] - way).var())
    return float(1000 * np.sqrt(np.mean(told)))


def angle_deg(pairs: Sequence[Pair], chain: tuple[str, str, str]) -> float:
    """Mean error of the angle at the middle joint."""
    told = []
    for one in pairs:
        ways = [_angles(joints, chain) for joints in (one.true, one.seen)]
        told.append(np.abs(ways[0] - ways[1]).mean())
    return float(np.mean(told))


def _angles(joints: np.ndarray, chain: tuple[str, str, str]) -> np.ndarray:
    a, b, c = (joints[:, joints_of(part)] for part in chain)
    near, on = a - b, c - b
    lengths = np.linalg.norm(near, axis=-1) * np.linalg.norm(on, axis=-1)
    return np.degrees(np.arccos(((near * on).sum(-1) / np.maximum(lengths, 1e-9)).clip(-1, 1)))


def hidden(pairs: Sequence[Pair], part: str) -> float:
    """Share of frames in which a joint is not seen."""
    return float(np.mean([(one.confidence[:, joints_of(part)] == 0).mean() for one in pairs]))


def varying_bones(pairs: Sequence[Pair]) -> float:
    """Per cent by which limbs change their length within a clip."""
    told = []
    for one in pairs:
        for a, b in (("elbow", "wrist"), ("knee", "ankle")):
            bone = np.linalg.norm(one.seen[:, joints_of(a)] - one.seen[:, joints_of(b)], axis=-1)
            told.append(100 * (bone.std(0) / bone.mean(0)).mean())
    return float(np.mean(told))


ROWS: dict[str, Callable[[Sequence[Pair]], float]] = {
    "size, all limbs together, m": lambda pairs: float(
        np.mean([limbs_m(one.seen) for one in pairs])
    ),
    "bones change their length by, %": varying_bones,
    **{f"depth of {p}s, estimated / true": partial(depth, part=p)
       for p in ("wrist", "ankle", "knee", "shoulder")},
    **{f"error of {p}s {how}, mm": partial(error_mm, parts=(p,), axes=axes)
       for p in ("wrist", "elbow", "ankle", "knee", "shoulder")
       for how, axes in (("across", (0, 1)), ("in depth", (2,)))},
    "error of elbow angles, degrees": partial(angle_deg, chain=("shoulder", "elbow", "wrist")),
    "error of knee angles, degrees": partial(angle_deg, chain=("hip", "knee", "ankle")),
    "acceleration of wrists, m/s²": partial(jerkiness, part="wrist"),
    "acceleration of ankles, m/s²": partial(jerkiness, part="ankle"),
    "fast wrists, estimated / true": partial(fastest, part="wrist"),
    "errors 0.1 s later, correlation": partial(later, after_s=0.1),
    "errors 0.4 s later, correlation": partial(later, after_s=0.4),
    "place of who stays, across, mm": partial(wander_mm, axis=0),
    "place of who stays, in depth, mm": partial(wander_mm, axis=2),
    "wrists not seen, share": partial(hidden, part="wrist"),
    "ankles not seen, share": partial(hidden, part="ankle"),
}  # fmt: skip


def compared(pairs: Sequence[Pair], errors: Errors) -> dict[str, tuple[float, float]]:
    """Each row of estimates, and of what the model of the errors makes of the recordings."""
    made = generated(pairs, errors)
    return {name: (told(pairs), told(made)) for name, told in ROWS.items()}


def main() -> None:
    """Print the table; with ``--write`` also write the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder of what was filmed")
    parser.add_argument("--data", type=Path, help="folder with motion/*.npz, to film more")
    parser.add_argument("--clips", type=int, default=150, help="to film of training people")
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name}")
    given = parser.parse_args()
    if given.data is not None:
        for held_out, clips in ((False, given.clips), (True, given.clips // 3)):
            for _ in film(shots(given.data, clips, held_out), given.cache):
                pass
    known, unknown, counts = told_pairs(given.cache)
    print(f"{counts}; measured on {len(known)} clips, checked on {len(unknown)}")
    errors = measure(known)
    rows = compared(unknown, errors)
    print("| held-out people | estimated | drawn |\n|---|---|---|")
    for name, (real, made) in rows.items():
        digits = 0 if "mm" in name else 2
        print(f"| {name} | {real:.{digits}f} | {made:.{digits}f} |")
    if given.write:
        told = {
            "measured_on": {
                "clips": len(known),
                "frames": sum(len(one.true) for one in known),
                **counts,
            },
            "errors": errors.numbers(),
            "held_out": {
                name: [round(real, 4), round(made, 4)] for name, (real, made) in rows.items()
            },
        }
        TARGET.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
