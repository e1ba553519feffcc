"""Which way drawn people go across the picture, as told of the film, against where they were drawn.

    python benchmarks/ways_across.py --data DIR --cache DIR [--sequences 240]

Films and cache are those of ``calibrate.py``: people whom training never saw, from any side. What
is true is the same rule, applied to where the hips were drawn.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from unseen_people import shots, unseen_people

from llamo.encoders.estimator.landmarks import INDEX
from llamo.skeleton import SMPL22
from llamo.train.filmed_motion import Filmed, film
from llamo.way_across import way_across

HIPS = [SMPL22.joints.index(f"{side}_hip") for side in ("left", "right")]


def drawn(one: Filmed) -> str:
    """The way of the hips as drawn: pixels a metre are those at which the detector saw them."""
    seen = one.landmarks
    times_s = np.arange(len(one.motion)) / one.motion.fps
    frames = np.abs(times_s[None] - seen.times_s[:, None]).argmin(1)
    true = one.motion.joints[frames][:, HIPS, 0].mean(1)
    told = seen.middle("hip")[:, 0]
    found = seen.found
    image = np.full_like(seen.image, np.nan)
    if np.ptp(true[found]) < 0.05:
        scale, at = 0.0, 0.0
    else:
        scale, at = np.polyfit(true[found], told[found], 1)
        scale = abs(scale)  # a film seen the wrong way round would otherwise agree with itself
    for side in ("left", "right"):
        image[found, INDEX[f"{side}_hip"], 0] = (scale * true + at)[found]
    image[found, 0] = 0.0
    return way_across(replace(seen, image=image))[0]


def main() -> None:
    """Compare and show."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--sequences", type=int, default=240)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    cases = unseen_people(args.data, args.sequences, args.seed)
    found: Counter[tuple[str, str]] = Counter()
    for one in film(shots(cases, args.seed), args.cache):
        if one.landmarks.found.sum() > 1:
            found[way_across(one.landmarks)[0], drawn(one)] += 1
    for (told, true), count in sorted(found.items()):
        print(f"told {told!r}, drawn {true!r}: {count}")


if __name__ == "__main__":
    main()
