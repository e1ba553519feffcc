"""How often the repetition counter is right, on sequences whose length tells nothing.

    python benchmarks/count_repetitions.py --data DIR

Nothing is trained. Single repetitions of one person and movement are joined with random tempo, idle
padding and blends, all to the same total length; see ``joined``. Thresholds were chosen on subjects
1-5 of UI-PRMD; subjects 6 and 7 are the honest figure.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from llamo.kinematics import count_repetitions
from llamo.motion import Motion, rotation_about_y

FPS = 20.0


def read_pack(stem: Path) -> Iterator[tuple[dict, np.ndarray]]:
    """Labels and joints (T, 22, 3) of each clip of a pack."""
    arrays = np.load(f"{stem}.npz")
    joints = arrays["rel"].astype(np.float32) + arrays["root"][:, None]
    with open(f"{stem}.jsonl", encoding="utf-8") as lines:
        for line, first, count in zip(lines, arrays["start"], arrays["length"], strict=True):
            yield json.loads(line), joints[first : first + count]


def placed_after(clip: np.ndarray, last: np.ndarray) -> np.ndarray:
    """A clip turned and moved on the ground to go on from the pose ``last`` (22, 3)."""
    turn = Motion(last[None], FPS).headings()[0] - Motion(clip[:1], FPS).headings()[0]
    clip = (clip - clip[0, 0] * [1, 0, 1]) @ rotation_about_y(turn).T
    return clip + last[0] * [1, 0, 1]


def at_tempo(clip: np.ndarray, tempo: float, fps: float) -> np.ndarray:
    """A 20 fps clip played ``tempo`` times as fast, sampled at ``fps``."""
    count = max(4, round(len(clip) / FPS / tempo * fps))
    return resampled(clip, count)


def resampled(clip: np.ndarray, count: int) -> np.ndarray:
    at = np.linspace(0, len(clip) - 1, count)
    low = np.minimum(at.astype(int), len(clip) - 2)
    share = (at - low)[:, None, None]
    return clip[low] * (1 - share) + clip[low + 1] * share


def idle(pose: np.ndarray, seconds: float, fps: float, rng: np.random.Generator) -> np.ndarray:
    """A held pose that sways a little: (T, 22, 3)."""
    count = max(0, round(seconds * fps))
    knots = rng.normal(0, 0.006, (max(2, int(seconds) + 2), 22, 3))
    knots[0] = 0
    return pose + resampled(knots, count) if count > 1 else np.repeat(pose[None], count, 0)


def joined(
    clips: list[np.ndarray], rng: np.random.Generator, total_s: float | None, fps: float = FPS
) -> np.ndarray:
    """Clips end to end, tempo 0.6-1.6 each, idle before, between and after, 0.3 s blends.

    With ``total_s`` the idle time fills up to exactly this length (all tempos rise together where
    the clips alone would be longer), so that the length tells nothing about the number of clips.
    """
    parts = [
        at_tempo(clip, tempo, fps) for clip, tempo in zip(clips, rng.uniform(0.6, 1.6, len(clips)))
    ]
    used = sum(map(len, parts)) / fps
    spare = 0.25 * used if total_s is None else total_s - used
    if spare < 0.05 * used:
        shrink = 0.9 * total_s / used
        parts = [resampled(part, max(4, int(len(part) * shrink))) for part in parts]
        spare = total_s - sum(map(len, parts)) / fps
    shares = rng.dirichlet(np.full(len(parts) + 1, 0.6)) * spare
    shares[rng.random(len(shares)) < 0.2] = 0
    if shares.sum() > 0:
        shares *= spare / shares.sum()
    whole = idle(parts[0][0], shares[0], fps, rng)
    for part, seconds in zip(parts, shares[1:]):
        if len(whole):
            part = placed_after(part, whole[-1])
            blend = min(round(0.3 * fps), len(part))
            fade = np.linspace(1, 0, blend)[:, None, None]
            part[:blend] += fade * (whole[-1] - part[0])
        whole = np.concatenate([whole, part, idle(part[-1], seconds, fps, rng)])
    return whole.astype(np.float32)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with motion/*.npz")
    parser.add_argument("--each", type=int, default=1, help="sequences per person, movement, count")
    args = parser.parse_args()
    table = defaultdict(list)
    by = defaultdict(list)
    for labels, clip in read_pack(args.data / "motion" / "ui_prmd"):
        by[labels["subject"], labels["movement"]].append(clip)
    rng = np.random.default_rng(0)
    for (subject, movement), clips in by.items():
        for count in range(2, 11):
            for _ in range(args.each):
                chosen = [clips[i] for i in rng.integers(0, len(clips), count)]
                joints = joined(chosen, rng, 25.0)
                started = time.perf_counter()
                found = count_repetitions(Motion(joints, FPS))
                took = time.perf_counter() - started
                wrong = found.count - count
                people = "people 1-5" if subject < 6 else "people 6-7"
                for key in (people, f"subject {subject}", movement, f"count {count:2d}"):
                    table[key].append(wrong)
                table["ms"].append(1000 * took)
    print("ms", np.mean(table.pop("ms")))
    for key in sorted(table):
        wrong = np.array(table[key])
        print(
            f"{key:45} n {len(wrong):4d} exact {(wrong == 0).mean():.3f} within one {(abs(wrong) <= 1).mean():.3f} mae {abs(wrong).mean():.2f} bias {wrong.mean():+.2f}"
        )


if __name__ == "__main__":
    main()
