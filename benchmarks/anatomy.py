"""In how many frames a joint angle comes out as no body can have it, pack by pack.

    python benchmarks/anatomy.py --data DIR [--each 60]

A frame is flagged if any angle lies beyond `llamo.kinematics.anatomy.LIMITS_DEG` by more than its
uncertainty; such angles are not told. The packs are files of motion/*.npz under the folder; of
each, evenly spaced sequences are taken (`--each 0` takes all). Besides: the largest jump between
two moments, 1/60 s apart (a course that wraps round would show hundreds of degrees), and the share
of the moments at which a hip's flexion is not told because the thigh is spread.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from count_repetitions import FPS, read_pack

from llamo.kinematics.anatomy import LIMITS_DEG, base_name
from llamo.kinematics.joint_angles import SPREAD_DEG
from llamo.kinematics.signals import Signals
from llamo.motion import Motion


def flags_of(clip: np.ndarray) -> tuple[np.ndarray, Counter[str], float, np.ndarray]:
    """Flagged frames (T,) and by angle, the largest jump in degrees, frames of spread thighs."""
    signals = Signals.of(Motion(clip, FPS))
    beyond = signals.beyond_anatomy
    by_angle: Counter[str] = Counter()
    for name, rows in beyond.items():
        by_angle[base_name(name)] += int(rows.sum())
    jumps = [
        float(np.nanmax(steps))
        for name, one in signals.angles.items()
        if base_name(name) in LIMITS_DEG and np.isfinite(steps := np.abs(np.diff(one.values))).any()
    ]
    spread = np.zeros(len(signals.course), bool)
    for side in ("left", "right"):
        spread |= np.abs(signals.angles[f"{side}_hip_abduction"].values) > SPREAD_DEG
    return np.any(list(beyond.values()), axis=0), by_angle, max(jumps, default=0.0), spread


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with motion/*.npz")
    parser.add_argument("--each", type=int, default=60, help="sequences of a pack, 0 for all")
    args = parser.parse_args()
    for path in sorted((args.data / "motion").glob("*.npz")):
        clips = [clip for _, clip in read_pack(path.with_suffix(""))]
        if args.each and len(clips) > args.each:
            clips = [clips[i] for i in np.linspace(0, len(clips) - 1, args.each).astype(int)]
        flagged = frames = untold = 0
        largest: list[float] = []
        angles: Counter[str] = Counter()
        for clip in clips:
            rows, by_angle, jump, spread = flags_of(clip)
            flagged, frames = flagged + int(rows.sum()), frames + len(rows)
            angles += by_angle
            untold += int(spread.sum())
            largest.append(jump)
        worst = ", ".join(f"{name} {100 * n / frames:.2f}" for name, n in angles.most_common(3))
        print(
            f"{path.stem:14} {len(clips):5d} clips {frames:7d} moments  "
            f"flagged {100 * flagged / frames:6.2f} %  jump {max(largest):5.0f} deg  "
            f"spread {100 * untold / frames:5.2f} %  {worst}"
        )


if __name__ == "__main__":
    main()
