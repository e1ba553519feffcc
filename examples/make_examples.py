"""Make the examples again: python examples/make_examples.py [FOLDER]

Each is a figure that moves by rule (llamo.data.figures), so that it may be shared freely. One of
them is drawn as a person and filmed (extra `video`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from llamo import Motion
from llamo.data.drawn_people import Camera, Look, draw
from llamo.data.figures import Act, perform
from llamo.video.writing import write_video

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


FILMED = "squats"
VIDEO_HZ, TURN_DEG = 15.0, 30.0
"""Frames a second of the film, and how far the figure looks past the camera."""


def film(motion: Motion, path: Path) -> None:
    """A red shirt, blue trousers and a phone at rest, three and a half metres away."""
    slower = motion.resample(VIDEO_HZ)
    frames = draw(slower, Camera(distance_m=3.6, size=(288, 384), focal=1.3), TURN_DEG, Look())
    write_video(path, frames, np.arange(len(slower)) / VIDEO_HZ)


def main(folder: Path) -> None:
    """Write one ``.npz`` an example, joints (T, 22, 3) in metres, y up; and the film."""
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
        if name == FILMED:
            film(motion, folder / f"{name}.mp4")
        doings = ", ".join(f"{s.act.action} {s.start_s:.1f}-{s.end_s:.1f} s" for s in spans)
        print(f"{name}.npz  {motion.duration_s:.1f} s: {doings}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
