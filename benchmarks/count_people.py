"""How many people a film shows, as the estimator counts them, against how many were drawn.

    python benchmarks/count_people.py --data DIR [--films 60]

Sequences of people whom training never saw are filmed before backdrops that it never showed, alone
or with up to three others. A film counts where the facts of the scene tell how many are in view
(`facts_of`: nobody half out of the picture) and the estimator finds a person to follow.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from rich.progress import track

from llamo.data.clips import load_clips, split
from llamo.data.scenes import facts_of, film, stage
from llamo.encoders.estimator import MediaPipePose
from llamo.errors import NothingToEstimate

FPS, SECONDS, SIZE = 8.0, 3.0, (400, 480)


def counts(data: Path, films: int, seed: int) -> tuple[Counter[tuple[int, int]], int]:
    """How often so many were drawn and so many counted; how many films were refused."""
    clips = split([clip for clip in load_clips(data) if clip.pack not in ("cmu", "coachme")])[1]
    found: Counter[tuple[int, int]] = Counter()
    refused = 0
    with MediaPipePose() as estimator:
        for number in track(range(films), "films"):
            rng = np.random.default_rng([seed, number])
            motion, *others = (clips[int(rng.integers(len(clips)))].motion for _ in range(3))
            motion = motion.trim(0, SECONDS)
            scene = stage(motion, rng, others=others, held_out=True, size=SIZE)
            times_s = np.arange(0, motion.duration_s, 1 / FPS)
            people = facts_of(scene, times_s).people
            if people is None:
                continue
            try:
                counted = estimator.estimate(film(scene, times_s)).people
            except NothingToEstimate:
                refused += 1
                continue
            assert counted is not None
            found[people, counted] += 1
    return found, refused


def main() -> None:
    """Count and show."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--films", type=int, default=60)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    found, refused = counts(args.data, args.films, args.seed)
    told = sorted({counted for _, counted in found})
    print("| counted | " + " | ".join(f"{n} drawn" for n in range(1, 5)) + " | right |")
    print("|---" * 6 + "|")
    for counted in told:
        row = [found[people, counted] for people in range(1, 5)]
        right = found[counted, counted] / sum(row)
        print(f"| {counted} | " + " | ".join(map(str, row)) + f" | {right:.2f} |")
    print(f"{sum(found.values())} films counted, {refused} refused")


if __name__ == "__main__":
    main()
