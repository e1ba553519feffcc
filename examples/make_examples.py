"""Make the example motions again: python examples/make_examples.py [FOLDER]

Each is a figure that moves by rule (llamo.data.figures), so that it may be shared freely.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from llamo.data.figures import Act, perform

EXAMPLES: dict[str, list[Act]] = {
    "squats": [Act("squat", repetitions=5)],
    "wave_left": [Act("wave", "left", repetitions=4)],
    "turn": [Act("turn", "left")],
    "swing": [Act("swing a golf club", "right")],
    "routine": [
        Act("wave", "right", repetitions=3),
        Act("squat", repetitions=3),
        Act("kick", "left"),
    ],
}
"""What the figure does in each file, one act after the other."""


def main(folder: Path) -> None:
    """Write one ``.npz`` an example: joints (T, 22, 3) in metres, y up."""
    for seed, (name, acts) in enumerate(EXAMPLES.items()):
        motion, spans = perform(acts, rng=np.random.default_rng(seed), fps=30.0)
        np.savez_compressed(
            folder / f"{name}.npz",
            # Tenths of a millimetre: as exact as needed, and half the size.
            joints=np.round(motion.joints, 4).astype(np.float32),
            fps=np.float64(motion.fps),
            skeleton=np.array("smpl22"),
            schema=np.int64(1),
        )
        doings = ", ".join(f"{s.act.action} {s.start_s:.1f}-{s.end_s:.1f} s" for s in spans)
        print(f"{name}.npz  {motion.duration_s:.1f} s: {doings}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
