"""Left and right through the camera: one-sided acts of people never trained on, seen all round.

    python benchmarks/camera_sides.py --cache DIR [--data DIR --clips 24] [--ask]

Each act is drawn in clothes of its own, half of them mirrored, seen from 0, 45, 90, 135 and 180
degrees, and estimated. The side is told by the measured share of the left limb in the movement;
with `--ask` llamo-tiny is asked for it as well. A clip counts as answered where left and right can
be told and one limb moves clearly more. A third is filmed a second time, flipped: these must
give the other side. With `--data` clips that are not in the cache are filmed first.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from llamo.data.clips import LabelledClip, load_clips, mirror_clip, split, swap_sides
from llamo.data.sides import LIMB_OF_ACTION, active_side
from llamo.kinematics import measure
from llamo.kinematics.summary import SIDE_FROM
from llamo.train.filmed_motion import Filmed, Shot, film, read_filmed

ANGLES_DEG = (0, 45, 90, 135, 180)
ACTS = ("wave", "punch", "kick", "raise a hand", "throw", "raise a leg", "draw circle", "catch")
LONGEST_S, RATE_HZ = 3.0, 12.0

Told = Callable[[Filmed], str | None]
"""The side that is told, None where none is."""


def shots(data: Path, clips: int, seed: int = 0) -> Iterator[Shot]:
    """Each of the acts in turn, by another person each time, from every angle."""
    rng = np.random.default_rng(seed)
    for number, clip in enumerate(_chosen(data, clips, rng)):
        clip = mirror_clip(clip) if number % 2 else clip
        motion = clip.motion.trim(0, min(LONGEST_S, clip.motion.duration_s))
        limb = LIMB_OF_ACTION[clip.says or ""]
        if active_side(motion.joints, limb) != clip.side:
            continue  # the recording itself does not show it
        motion = motion.resample(RATE_HZ)
        facts = {"act": clip.says, "limb": limb, "pack": clip.pack, "held_out": True}
        for angle in ANGLES_DEG:
            turn_deg = angle * (1 if rng.random() < 0.5 else -1)
            name = f"side {clip.pack} {clip.name} {clip.says} {clip.side} {angle}"
            known = {**facts, "angle": angle, "side": clip.side, "flipped": False}
            yield Shot(name, motion, turn_deg, 1000 + number, known)
            if number % 3 == 0:
                known = known | {"side": swap_sides(clip.side), "flipped": True}
                yield Shot(name, motion, turn_deg, 1000 + number, known, flipped=True)


def _chosen(data: Path, count: int, rng: np.random.Generator) -> Iterator[LabelledClip]:
    by_act: dict[str, list[LabelledClip]] = defaultdict(list)
    for clip in split(load_clips(data))[1]:
        if clip.side in ("left", "right") and clip.says in ACTS:
            by_act[clip.says].append(clip)
    orders = {act: rng.permutation(len(by_act[act])).tolist() for act in ACTS if by_act[act]}
    given = 0
    while given < count and any(orders.values()):
        for act, order in orders.items():
            if order and given < count:
                given += 1
                yield by_act[act][order.pop()]


def by_measuring(filmed: Filmed) -> str | None:
    """The side that does most of the limbs' movement, as it is measured on the estimate."""
    estimate = filmed.estimate()
    if estimate is None or not estimate.sides_told:
        return None
    name = "left_arm_share" if filmed.facts["limb"] == "hand" else "left_leg_share"
    share = next((m.value for m in measure(estimate.motion) if m.name == name), 0.5)
    return "left" if share >= SIDE_FROM else "right" if share <= 1 - SIDE_FROM else None


def by_asking() -> Told:
    """What llamo-tiny answers."""
    from llamo import Assistant

    assistant = Assistant.from_pretrained()

    def ask(filmed: Filmed) -> str | None:
        estimate = filmed.estimate()
        if estimate is None or not estimate.sides_told:
            return None
        limb = filmed.facts["limb"]
        answer = assistant.open(estimate.motion).ask(f"Which {limb} does the person use?")
        sides = [side for side in ("left", "right") if side in answer.answer.split()]
        return sides[0] if len(sides) == 1 and not answer.abstained else None

    return ask


def table(clips: Sequence[Filmed], tell: Told) -> list[str]:
    """A line an angle, one of all, and one of the flipped clips."""
    told: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    for clip in clips:
        row = tell(clip), clip.facts["side"]
        rows = ["flipped"] if clip.facts["flipped"] else [f"{clip.facts['angle']}°", "all"]
        for name in rows:
            told[name].append(row)
    lines = ["| seen from | clips | answered | right of the answered |", "|---|---|---|---|"]
    for name in (*(f"{angle}°" for angle in ANGLES_DEG), "all", "flipped"):
        answered = [said == side for said, side in told[name] if said is not None]
        count = len(told[name])
        lines.append(
            f"| {name} | {count} | {len(answered) / max(count, 1):.0%} | "
            f"{np.mean(answered) if answered else np.nan:.0%} |"
        )
    return lines


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder of what was filmed")
    parser.add_argument("--data", type=Path, help="folder with motion/*.npz, to film more")
    parser.add_argument("--clips", type=int, default=24, help="acts, each filmed from five angles")
    parser.add_argument("--ask", action="store_true", help="ask llamo-tiny, too")
    given = parser.parse_args()
    if given.data is not None:
        for _ in film(shots(given.data, given.clips), given.cache):
            pass
    clips = [read_filmed(path) for path in sorted(given.cache.glob("side_*.npz"))]
    print("\n".join(["measured", "", *table(clips, by_measuring)]))
    if given.ask:
        print("\n".join(["", "asked", "", *table(clips, by_asking())]))


if __name__ == "__main__":
    main()
