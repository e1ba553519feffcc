"""Counting repetitions through the camera: joined repetitions drawn, filmed, estimated, counted.

    python benchmarks/count_filmed.py --data DIR --cache DIR [--clips 40] [--no-filming]
    python benchmarks/count_filmed.py --data DIR --drawn-errors [--each 1]

The sequences are those of `count_repetitions` (single repetitions of one person, joined with random
tempo and pauses to one length whatever their number), filmed from any side at 10 frames a second.
With `--drawn-errors` the estimate is `as_estimated` of the recording, so that all of them can be
counted without a picture.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from count_repetitions import FPS, counting_sets, drawn, joined, rates, ui_prmd

from llamo.data.estimated import as_estimated
from llamo.kinematics import count_repetitions
from llamo.motion import Motion
from llamo.train.filmed_motion import Shot, film

RATE_HZ = 10.0
PEOPLE = ("people 1-5", "people 6-7")


def shots(data: Path, clips: int, seed: int = 0) -> Iterator[Shot]:
    """Counts 2-10 and movements in turn, held-out people first and last alike."""
    rng = np.random.default_rng(seed)
    well = ui_prmd(data)[1]
    held_out = [key for key in well if key[0] > 5]
    order = [held_out[int(place)] for place in rng.permutation(len(held_out))]
    for number in range(clips):
        subject, movement, correct = order[number % len(order)]
        count = 2 + number % 9
        joints = joined(drawn(well[subject, movement, correct], count, rng), rng, 25.0)
        motion = Motion(joints, FPS).resample(RATE_HZ)
        facts = {"count": count, "movement": movement, "held_out": True}
        name = f"count {subject} {movement} {correct} {count}"
        yield Shot(name, motion, float(rng.uniform(-180, 180)), 3000 + number, facts)


def filmed_counts(data: Path, cache: Path, clips: int, filming: bool) -> dict[str, list[int]]:
    """By what the counts are off."""
    off: dict[str, list[int]] = defaultdict(list)
    for filmed in film(shots(data, clips), cache, filming):
        true = filmed.facts["count"]
        off["the same, recorded"].append(count_repetitions(filmed.motion).count - true)
        estimate = filmed.estimate()
        if estimate is None:
            off["refused"].append(-true)
            continue
        off["filmed and estimated, 2-10"].append(count_repetitions(estimate.motion).count - true)
    return off


def drawn_counts(data: Path, each: int, seed: int = 0) -> dict[str, list[int]]:
    """By what the counts are off on recordings with drawn errors."""
    rng = np.random.default_rng(seed)
    off: dict[str, list[int]] = defaultdict(list)
    for name, who, _, true, motion in counting_sets(data, rng, each, {"main", "many", "one"}):
        told = count_repetitions(as_estimated(motion, rng)).count
        off[f"{name}, {PEOPLE[int(who.split()[1]) > 5]}"].append(told - true)
    return off


def main() -> None:
    """Print a line a set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with motion/*.npz")
    parser.add_argument("--cache", type=Path, help="folder of what was filmed")
    parser.add_argument("--clips", type=int, default=40, help="sequences to film")
    parser.add_argument("--no-filming", action="store_true", help="only what was filmed before")
    parser.add_argument("--drawn-errors", action="store_true", help="film nothing, draw the errors")
    parser.add_argument("--each", type=int, default=1, help="more sequences a person, 1 to 3")
    given = parser.parse_args()
    if given.drawn_errors:
        off = drawn_counts(given.data, given.each)
    elif given.cache is None:
        parser.error("give --cache, or --drawn-errors")
    else:
        off = filmed_counts(given.data, given.cache, given.clips, not given.no_filming)
    for name, wrong in sorted(off.items()):
        print(f"{name:40} {rates(wrong)}")


if __name__ == "__main__":
    main()
