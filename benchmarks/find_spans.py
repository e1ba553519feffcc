"""How well ``Session.find`` finds an act in time, on figures whose acts are known to the frame.

    python benchmarks/find_spans.py [--model DIR] [--clips 48] [--seed 97000]

Each clip is one body drawn by its seed that does two to four acts, in an order, tempo and facing
drawn too, with rests between. For every act it asks "When does the person ...?", and once for an
act that is not there. Told is the mean overlap (intersection over union) of the best span with the
act, beside that of a blind guess, the whole clip. The thresholds of ``llamo.acts`` were chosen on
seed 41000.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from llamo import Assistant, Motion
from llamo.data.figure_actions import ACTIONS
from llamo.data.figures import Act, ActSpan, perform

SAID = {
    "bow": "bow", "clap": "clap", "jump": "jump", "kick": "kick", "lunge": "lunge",
    "punch": "punch", "raise": "raise a hand", "sit down": "sit down", "squat": "squat",
    "swing a bat": "swing a baseball bat", "swing a golf club": "swing a golf club",
    "walk": "walk", "wave": "wave",
}  # fmt: skip
"""Acts of the figures that llamo-tiny was taught, and how a question calls them."""

REPEATED = {"wave": (2, 4), "walk": (4, 8), "clap": (2, 5), "squat": (1, 3), "jump": (1, 3),
            "punch": (1, 3)}  # fmt: skip


def play(seed: int, number: int) -> tuple[Motion, list[ActSpan], str]:
    """A clip, when each act happens, and an act that does not."""
    rng = np.random.default_rng([seed, number])
    names = rng.choice(sorted(SAID), size=int(rng.integers(2, 5)), replace=False).tolist()
    acts = []
    for name in names:
        sides, (low, high) = ACTIONS[name].sides, REPEATED.get(name, (1, 1))
        side = str(rng.choice(sides)) if sides else None
        acts.append(Act(name, side, int(rng.integers(low, high + 1))))
    idle_s = (float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.3, 1.5)))
    motion, played = perform(
        acts, rng=rng, idle_s=idle_s, pause_s=float(rng.uniform(0.3, 1.0)),
        heading=float(rng.uniform(0, 360)),
    )  # fmt: skip
    absent = str(rng.choice([name for name in sorted(SAID) if name not in names]))
    return motion, played, absent


def overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Intersection over union of two spans."""
    common = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    return common / (max(one[1], other[1]) - min(one[0], other[0])) if common else 0.0


def main() -> None:
    """Play, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="weights folder; llamo-tiny by default")
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--seed", type=int, default=97_000)
    options = parser.parse_args()
    clips = [play(options.seed, number) for number in range(options.clips)]
    sessions = Assistant.from_pretrained(options.model).open_many([clip[0] for clip in clips])
    found, blind, missed, strays, invented = [], [], 0, 0, 0
    for session, (motion, played, absent) in zip(sessions, clips, strict=True):
        for one in played:
            wanted = (one.start_s, one.end_s)
            told = session.find(f"When does the person {SAID[one.act.action]}?")
            each = [overlap((span.start_s, span.end_s), wanted) for span in told.spans]
            found.append(max(each, default=0.0))
            blind.append(overlap((0.0, motion.duration_s), wanted))
            missed += told.abstained
            strays += sum(value < 0.1 for value in each)
        invented += not session.find(f"When does the person {SAID[absent]}?").abstained
    print(f"acts asked for      {len(found)}")
    print(f"mean overlap        {np.mean(found):.3f}   (whole clip: {np.mean(blind):.3f})")
    print(f"overlap >= 0.5      {np.mean(np.array(found) >= 0.5):.2f}")
    print(f"not found           {missed}")
    print(f"spans of nothing    {strays}")
    print(f"absent, yet found   {invented} of {len(clips)}")


if __name__ == "__main__":
    main()
