"""How often the repetition counter, the side and the travel direction are right.

    python benchmarks/count_repetitions.py --data DIR [--each 2] [--only main,sides]

Counting is measured on sequences whose length tells nothing about the count: single repetitions of
one person and movement, all done correctly or all not, joined with random tempo (0.6-1.6), idle
padding and blends to one total length (`joined`). Nothing is trained; thresholds were chosen on
subjects 1-5 of UI-PRMD, so subjects 6-7 are the honest figure. Clips that neither start nor end
near the movement's rest pose (7 %, mostly incorrect shoulder rotations) are cut badly: joined, they
show another number of repetitions than were joined. They are left out of all sets but `cut badly`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from llamo.kinematics import count_repetitions, measure
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
    parts = [at_tempo(clip, rng.uniform(0.6, 1.6), fps) for clip in clips]
    used = sum(map(len, parts)) / fps
    spare = 0.25 * used if total_s is None else total_s - used
    if spare < 0.05 * used:
        shrink = 0.9 * total_s / used
        parts = [resampled(part, max(4, int(len(part) * shrink))) for part in parts]
        spare = total_s - sum(map(len, parts)) / fps
    shares = rng.dirichlet(np.full(len(parts) + 1, 0.6)) * spare
    without = rng.random(len(shares)) < 0.2
    without[rng.integers(len(shares))] = False
    shares[without] = 0
    shares *= spare / shares.sum()
    whole = idle(parts[0][0], shares[0], fps, rng)
    for part, seconds in zip(parts, shares[1:], strict=True):
        if len(whole):
            part = placed_after(part, whole[-1])
            blend = min(round(0.3 * fps), len(part))
            fade = np.linspace(1, 0, blend)[:, None, None]
            part[:blend] += fade * (whole[-1] - part[0])
        whole = np.concatenate([whole, part, idle(part[-1], seconds, fps, rng)])
    return whole.astype(np.float32)


# Movements that look alike: neither is "another action" beside the other.
LOOK_ALIKE = (
    {"deep squat", "sit to stand", "side lunge", "inline lunge"},
    {"hurdle step", "standing active straight leg raise"},
    {"standing shoulder abduction", "standing shoulder scaption"},
)

# UTD-MHAD actions that are one movement from rest to rest; the others repeat something inside.
ONCE = (
    "swipe", "throw", "cross arms", "basketball", "draw", "bowling", "baseball", "tennis", "push",
    "catch", "lunge", "squat",
)  # fmt: skip


def cut_well(clips: list[np.ndarray]) -> list[bool]:
    """Which clips of one person and movement start and end near their common rest pose."""
    away = [clip - clip[:, :1] for clip in clips]
    rest = np.median(np.concatenate([[clip[0], clip[-1]] for clip in away]), axis=0)
    good = []
    for clip in away:
        far = np.linalg.norm(clip - rest, axis=(1, 2))
        good.append(bool(max(far[0], far[-1]) < 0.35 * np.percentile(far, 95)))
    return good


def ui_prmd(data: Path) -> tuple[dict, dict]:
    """Clips by (subject, movement, correct): all of them, and those that are cut well."""
    everything = defaultdict(list)
    for labels, clip in read_pack(data / "motion" / "ui_prmd"):
        key = labels["subject"], labels["movement"], labels["correct"]
        everything[key].append(clip)
    well = {
        key: [clip for clip, good in zip(clips, cut_well(clips), strict=True) if good]
        for key, clips in everything.items()
    }
    return everything, {key: clips for key, clips in well.items() if len(clips) >= 3}


def drawn(clips: list[np.ndarray], count: int, rng: np.random.Generator) -> list[np.ndarray]:
    return [clips[index] for index in rng.integers(0, len(clips), count)]


def counting_sets(
    data: Path, rng: np.random.Generator, each: int, only: set[str]
) -> Iterator[tuple[str, str, str, int, Motion]]:
    """Set, person, movement, true count and the motion."""

    def wanted(name: str) -> bool:
        return not only or name in only

    everything, well = ui_prmd(data)
    for (subject, movement, correct), clips in well.items():
        who = f"subject {subject}"
        for count in rng.choice(np.arange(2, 11), min(9, 3 * each), replace=False):
            if not wanted("main"):
                break
            joints = joined(drawn(clips, count, rng), rng, 30.0)
            yield "main", who, movement, int(count), Motion(joints, FPS)
        count = int(rng.integers(2, 11))
        if wanted("mirrored"):
            joints = joined(drawn(clips, count, rng), rng, 30.0)
            yield "mirrored", who, movement, count, Motion(joints, FPS).mirror()
        if wanted("noise"):
            joints = joined(drawn(clips, count, rng), rng, 30.0)
            noisy = joints + rng.normal(0, 0.015, joints.shape)
            spikes = rng.random(joints.shape[:2]) < 0.005
            noisy[spikes] += rng.normal(0, 0.3, (int(spikes.sum()), 3))
            yield "noise 1.5 cm + spikes", who, movement, count, Motion(noisy, FPS)
        for fps in (10, 30, 60):
            if wanted("fps") and rng.random() < 0.34:
                joints = joined(drawn(clips, count, rng), rng, 30.0, fps)
                yield f"{fps} fps", who, movement, count, Motion(joints, fps)
        if wanted("badly"):
            joints = joined(drawn(everything[subject, movement, correct], count, rng), rng, 30.0)
            yield "cut badly, too", who, movement, count, Motion(joints, FPS)
        if wanted("mixed"):
            both = clips + well.get((subject, movement, not correct), [])
            joints = joined(drawn(both, count, rng), rng, 30.0)
            yield "correct and not mixed", who, movement, count, Motion(joints, FPS)
        if wanted("one"):
            yield "one", who, movement, 1, Motion(joined(drawn(clips, 1, rng), rng, 15.0), FPS)
        if wanted("zero"):
            yield "zero", who, movement, 0, Motion(idle(clips[0][0], 10.0, FPS, rng), FPS)
        if wanted("many"):
            count = int(rng.integers(11, 21))
            joints = joined(drawn(clips, count, rng), rng, 60.0)
            yield "11-20", who, movement, count, Motion(joints, FPS)
        if wanted("others"):
            others = [
                key for key in well
                if key[0] == subject and key[1] != movement
                and not any({movement, key[1]} <= alike for alike in LOOK_ALIKE)
            ]  # fmt: skip
            first, last = rng.choice(len(others), 2, replace=False)
            count = int(rng.integers(2, 9))
            parts = [
                drawn(well[others[first]], 1, rng)[0], *drawn(clips, count, rng),
                drawn(well[others[last]], 1, rng)[0],
            ]  # fmt: skip
            yield (
                "other actions around",
                who,
                movement,
                count,
                Motion(joined(parts, rng, 30.0), FPS),
            )
    if wanted("utd"):
        by = defaultdict(list)
        for labels, clip in read_pack(data / "motion" / "utd_mhad"):
            if any(word in labels["action"] for word in ONCE):
                by[labels["subject"], labels["action"]].append(clip)
        for (subject, action), clips in by.items():
            count = int(rng.integers(2, 11))
            joints = joined(drawn(clips, count, rng), rng, 30.0)
            yield "utd_mhad (Kinect)", f"utd {subject}", f"utd {action}", count, Motion(joints, FPS)
    if wanted("hdm05"):
        for labels, clip in read_pack(data / "motion" / "hdm05"):
            if "Steps" not in labels["label"]:
                yield (
                    "hdm05 clips",
                    f"hdm05 {labels['actor']}",
                    labels["label"],
                    1,
                    Motion(clip, FPS),
                )


def rates(wrong: list[int]) -> str:
    """Exact, within one, mean absolute error and mean error of counts."""
    off = np.array(wrong)
    return (
        f"n {len(off):5d}   exact {(off == 0).mean():.3f}   within one {(abs(off) <= 1).mean():.3f}"
        f"   MAE {abs(off).mean():.2f}   bias {off.mean():+.2f}"
    )


def side_checks(data: Path) -> Iterator[tuple[str, bool]]:
    """Does the arm that moves more, the direction of travel and the turn agree with the label?"""
    named = {"left": lambda share: share > 0.5, "right": lambda share: share < 0.5}
    for pack in ("bandai", "hdm05", "utd_mhad"):
        for labels, clip in read_pack(data / "motion" / pack):
            label = labels.get("label") or labels["action"]
            side, limb = _labelled_side(pack, label)
            moves = pack == "bandai" and label.startswith("walk-")
            if side is None and not moves:
                continue
            found = {m.name: m.value for m in measure(Motion(clip, FPS))}
            if moves:
                value = {
                    "walk-back": -found["forward_travel"], "walk-left": found["left_travel"],
                    "walk-right": -found["left_travel"], "walk-turn-left": found["turn_left"],
                    "walk-turn-right": -found["turn_left"],
                }[label]  # fmt: skip
                yield f"{pack} {label}", value > 0
            elif side is not None:
                share = found.get(f"left_{limb}_share", 0.5)
                yield f"{pack} {label} ({limb})", named[side](share)


def _labelled_side(pack: str, label: str) -> tuple[str | None, str]:
    if pack == "bandai" and ("raise" in label or "wave" in label):
        return next((side for side in ("left", "right") if side in label), None), "arm"
    if pack == "hdm05":
        return {
            "depositFloorR": ("right", "arm"), "grabHighR": ("right", "arm"),
            "kickLFront1Reps": ("left", "leg"),
        }.get(label, (None, ""))  # fmt: skip
    if pack == "utd_mhad" and ("right hand" in label or label.startswith("right arm")):
        return "right", "arm"
    return None, ""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with motion/*.npz")
    parser.add_argument("--each", type=int, default=1, help="more sequences a person, 1 to 3")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only",
        default="",
        help="of main,mirrored,noise,fps,badly,mixed,one,zero,many,others,utd,hdm05,sides",
    )
    args = parser.parse_args()
    only = set(filter(None, args.only.split(",")))
    rng = np.random.default_rng(args.seed)
    by_set, details = defaultdict(list), defaultdict(list)
    sure: list[tuple[float, bool]] = []
    took = []
    for name, who, movement, count, motion in counting_sets(args.data, rng, args.each, only):
        started = time.process_time()
        found = count_repetitions(motion)
        took.append(time.process_time() - started)
        wrong = found.count - count
        if who.startswith("subject"):
            part = "people 1-5" if int(who.split()[1]) <= 5 else "people 6-7"
            by_set[f"{name}, {part}"].append(wrong)
        else:
            by_set[name].append(wrong)
        if name == "main":
            sure.append((found.confidence, wrong == 0))
            for key in (f"movement: {movement}", f"person: {who}", f"count: {count:2d}"):
                details[key].append(wrong)
    for table in (by_set, details):
        for key in sorted(table):
            print(f"{key:62} {rates(table[key])}")
        print()
    if took:
        print(f"a count takes {1000 * np.median(took):.1f} ms of CPU (median)")
    if sure:
        confidence, right = np.array(sure).T
        for low, high in ((0, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
            inside = (confidence >= low) & (confidence < high)
            if inside.any():
                print(f"confidence {low:.2f}-{high:.2f}: right {right[inside].mean():.3f}"
                      f" (n {inside.sum()}, said {confidence[inside].mean():.2f})")  # fmt: skip
    if not only or "sides" in only:
        sides = defaultdict(list)
        for key, right in side_checks(args.data):
            sides[key].append(right)
        for key in sorted(sides):
            print(f"{key:62} n {len(sides[key]):5d}   right {np.mean(sides[key]):.3f}")
        total = [right for rights in sides.values() for right in rights]
        print(f"{'all sides and directions':62} n {len(total):5d}   right {np.mean(total):.3f}")


if __name__ == "__main__":
    main()
