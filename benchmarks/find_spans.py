"""How well ``Session.find`` finds an act in time, where each act's place is known to the frame.

    python benchmarks/find_spans.py [--model DIR] [--clips 48] [--seed 97000] [--data DIR]

Figures: each clip is one body drawn by its seed that does two to four acts, in an order, tempo and
facing drawn too, with rests between. People (``--data``, the folder of the motion packs): two to
four recordings of people that training never saw, spliced. For every act it asks "When does the
person ...?", and once for an act that is not there. Told is the mean overlap (intersection over
union) of the best span with the act, beside that of a blind guess, the whole clip. The thresholds
of ``llamo.acts`` were chosen on figures of seed 41000, and on nothing else.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from llamo import Assistant, Motion
from llamo.data.clips import HELD_OUT, LabelledClip, load_clips
from llamo.data.figure_actions import ACTIONS
from llamo.data.figures import Act, perform
from llamo.data.naming import say_act
from llamo.data.splice import splice

SAID = {
    "bow": "bow", "clap": "clap", "jump": "jump", "kick": "kick", "lunge": "lunge",
    "punch": "punch", "raise": "raise a hand", "sit down": "sit down", "squat": "squat",
    "swing a bat": "swing a baseball bat", "swing a golf club": "swing a golf club",
    "walk": "walk", "wave": "wave",
}  # fmt: skip
"""Acts of the figures that llamo-tiny was taught, and how a question calls them."""

REPEATED = {"wave": (2, 4), "walk": (4, 8), "clap": (2, 5), "squat": (1, 3), "jump": (1, 3),
            "punch": (1, 3)}  # fmt: skip


PACKS = ("utd_mhad", "msr_action3d", "hdm05")

SHORTEST_S = 0.8


class Clip(NamedTuple):
    """A motion, what happens when in it, and an act that does not, as questions call them."""

    motion: Motion
    played: list[tuple[str, float, float]]
    absent: str


def play(seed: int, number: int) -> Clip:
    """A figure."""
    rng = np.random.default_rng([seed, number])
    names = rng.choice(sorted(SAID), size=int(rng.integers(2, 5)), replace=False).tolist()
    acts = []
    for name in names:
        sides, (low, high) = ACTIONS[name].sides, REPEATED.get(name, (1, 1))
        side = str(rng.choice(sides)) if sides else None
        acts.append(Act(name, side, int(rng.integers(low, high + 1))))
    idle_s = (float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.3, 1.5)))
    motion, spans = perform(
        acts, rng=rng, idle_s=idle_s, pause_s=float(rng.uniform(0.3, 1.0)),
        heading=float(rng.uniform(0, 360)),
    )  # fmt: skip
    absent = str(rng.choice([name for name in sorted(SAID) if name not in names]))
    played = [(SAID[one.act.action], one.start_s, one.end_s) for one in spans]
    return Clip(motion, played, SAID[absent])


def people(data: Path) -> list[LabelledClip]:
    """Recordings of people that training never saw."""
    return [
        clip
        for clip in load_clips(data, PACKS)
        if clip.person in HELD_OUT[clip.pack]
        and clip.action
        and clip.motion.duration_s > SHORTEST_S
    ]


def join(recordings: list[LabelledClip], seed: int, number: int) -> Clip:
    """Some recordings of one pack, spliced."""
    rng = np.random.default_rng([seed, number])
    pack = str(rng.choice(PACKS))
    pool = [clip for clip in recordings if clip.pack == pack]
    drawn = dict.fromkeys(rng.permutation([str(clip.action) for clip in pool]).tolist())
    names = list(drawn)[: int(rng.integers(2, 5))]
    chosen = []
    for name in names:
        same = [clip for clip in pool if clip.action == name]
        chosen.append(same[int(rng.integers(len(same)))])
    others = sorted({str(clip.action) for clip in recordings} - set(names))
    sequence = splice(chosen, rng)
    played = [(say_act(str(one.action), "inf"), *one.span_s) for one in sequence.segments]
    return Clip(sequence.motion, played, say_act(str(rng.choice(others)), "inf"))


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
    parser.add_argument("--data", type=Path, help="motion packs: people in place of figures")
    options = parser.parse_args()
    if options.data is None:
        clips = [play(options.seed, number) for number in range(options.clips)]
    else:
        recordings = people(options.data)
        clips = [join(recordings, options.seed, number) for number in range(options.clips)]
    assistant = Assistant.from_pretrained(options.model)
    sessions = assistant.open_many([clip.motion for clip in clips])
    found, blind, missed, strays, invented = [], [], 0, 0, 0
    for session, clip in zip(sessions, clips, strict=True):
        for act, start_s, end_s in clip.played:
            told = session.find(f"When does the person {act}?")
            each = [overlap((one.start_s, one.end_s), (start_s, end_s)) for one in told.spans]
            found.append(max(each, default=0.0))
            blind.append(overlap((0.0, clip.motion.duration_s), (start_s, end_s)))
            missed += told.abstained
            strays += sum(value < 0.1 for value in each)
        invented += not session.find(f"When does the person {clip.absent}?").abstained
    print(f"acts asked for      {len(found)}")
    print(f"mean overlap        {np.mean(found):.3f}   (whole clip: {np.mean(blind):.3f})")
    print(f"overlap >= 0.5      {np.mean(np.array(found) >= 0.5):.2f}")
    print(f"not found           {missed}")
    print(f"spans of nothing    {strays}")
    print(f"absent, yet found   {invented} of {len(clips)}")


if __name__ == "__main__":
    main()
