"""What a motion itself tells: its axis, unit, clock, facing, sides, and how clean it is.

Nothing is taken from labels here. Clips alone may mislead (people lie, hop and walk backwards), so
that most findings are about a whole data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamo.data.check_report import Finding, concerning
from llamo.errors import InvalidMotion
from llamo.formats.evidence import body_height, find_up, toes_forward
from llamo.motion import Motion
from llamo.skeleton import SMPL22

GRAVITY = 9.81  # m/s^2
WALK_RATIO = 0.39
"""Step length over step rate, m s: 0.0065 m/(steps/min), much the same at every natural speed of
walking (Sekiya and Nagasaki 1998, Gait & Posture 8, 225-227)."""

_CLOCK_OFF = 1.35  # a clock that seems wrong by this factor is told
_LEAST_WITNESSES = 5  # flights or walks
_FAST = 20.0  # m/s: no joint of a person's moves faster, but for a jump of the tracker
_LIMB_BONES = [(4, 1), (5, 2), (7, 4), (8, 5), (18, 16), (19, 17), (20, 18), (21, 19)]
_HEIGHT_M = (1.2, 2.2)
_FEET = [SMPL22.index(name) for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")]


@dataclass(frozen=True)
class MotionFacts:
    """What one clip tells; None where it does not.

    Args:
        name: Of the clip.
        seconds: Its length.
        up: The axis along which it stands.
        height_m: Stature.
        toes_forward: Share of frames with the toes before the ankles.
        flight: Downward acceleration in the air, m/s^2, of each flight.
        walk_ratio: Of a walk.
        walks: ``forwards``, ``backwards`` or ``sideways``.
        repeated: Share of frames equal to the one before, rests left aside.
        between: Share of every other frame that lies on the line between its neighbours.
        fastest: m/s, of any joint against the pelvis.
        bone_swing: Largest spread of a limb bone's length over its median (90 % range).
        moves: Whether any joint moves.
    """

    name: str
    seconds: float
    up: str | None
    height_m: float | None
    toes_forward: float | None
    flight: tuple[float, ...]
    walk_ratio: float | None
    walks: str | None
    repeated: float
    between: float
    fastest: float
    bone_swing: float
    moves: bool


def look_at(name: str, motion: Motion) -> MotionFacts:
    """Facts of one clip.

    Raises:
        InvalidMotion: The joints are no whole body.
    """
    motion = motion.to_skeleton(SMPL22)
    joints, fps = motion.joints.astype(np.float64), motion.fps
    steps = np.diff(joints, axis=0)  # (T - 1, 22, 3)
    still = np.abs(steps).max((1, 2)) < 1e-7 if len(steps) else np.zeros(0, bool)
    relative = np.diff(joints - joints[:, :1], axis=0)
    speed = np.linalg.norm(relative, axis=-1) * fps
    walk_ratio, walks = _walk(joints, fps)
    return MotionFacts(
        name=name,
        seconds=motion.duration_s,
        up=find_up(motion.joints, SMPL22, confidence=motion.confidence).axis,
        height_m=body_height(motion.joints, SMPL22, motion.confidence),
        toes_forward=toes_forward(motion.joints, SMPL22, motion.confidence),
        flight=tuple(_flights(joints, fps)),
        walk_ratio=walk_ratio,
        walks=walks,
        repeated=_repeated(still),
        between=_between(joints),
        fastest=float(speed.max()) if speed.size else 0.0,
        bone_swing=_bone_swing(joints),
        moves=bool(len(still) and not still.all()),
    )


def judge_motions(facts: Sequence[MotionFacts]) -> list[Finding]:
    """Findings about the clips of one data set."""
    n = len(facts)
    found: list[Finding] = []
    for axis in ("z", "x", "-y", "-z", "-x"):
        names = [one.name for one in facts if one.up == axis]
        if 2 * len(names) > n:
            found += concerning("up", "error", f"stands along {axis}, not along y", names, n)
        else:
            says = f"lies along {axis}, or has another axis up than the rest"
            found += concerning("up", "note", says, names, n)
    low, high = _HEIGHT_M
    sizes = {one.name: one.height_m for one in facts if one.height_m is not None}
    odd = [name for name, height in sizes.items() if not low <= height <= high]
    if odd:
        usual = float(np.median([sizes[name] for name in odd]))
        says = f"a stature outside {low}-{high} m (median of these {usual:.3g}): another unit?"
        found += concerning("units", "error" if 2 * len(odd) > n else "warning", says, odd, n)
    found += _sides(facts)
    found += _clock(facts)
    backwards = [one.name for one in facts if one.walks == "backwards"]
    walks = sum(one.walks is not None for one in facts)
    if walks >= _LEAST_WITNESSES and 2 * len(backwards) > walks:
        says = "most who walk, walk backwards: facing, or left and right, is turned round"
        found += concerning("facing", "error", says, backwards, walks)
    for says, gravity, names in (
        ("does not move", "warning", [one.name for one in facts if not one.moves]),
        ("shorter than 0.3 s", "warning", [one.name for one in facts if one.seconds < 0.3]),
        (f"a joint jumps (faster than {_FAST:g} m/s against the pelvis)", "warning",
         [one.name for one in facts if one.fastest > _FAST]),
        ("a limb's length swings by more than 15 %", "note",
         [one.name for one in facts if one.bone_swing > 0.15]),
    ):  # fmt: skip
        found += concerning("motion", gravity, says, names, n)
    return found


def _sides(facts: Sequence[MotionFacts]) -> list[Finding]:
    told = [one for one in facts if one.toes_forward is not None]
    turned = [one.name for one in told if (one.toes_forward or 0) < 0.2]
    if 2 * len(turned) > len(told):
        says = "toes point behind: left and right are exchanged, or the coordinates are mirrored"
        return concerning("sides", "error", says, turned, len(told))
    says = "toes point behind in most frames: sides exchanged in these clips, or a lost foot"
    return concerning("sides", "warning", says, turned, len(told))


def _clock(facts: Sequence[MotionFacts]) -> list[Finding]:
    n = len(facts)
    found: list[Finding] = []
    flights = [one for facts_of in facts for one in facts_of.flight]
    ratios = [one.walk_ratio for one in facts if one.walk_ratio is not None]
    # A clock f times too fast makes accelerations f^2 times too large, steps f times as many.
    for witness, count, factor in (
        ("who jumps falls", len(flights), float(np.sqrt(np.median(flights or [1]) / GRAVITY))),
        ("who walks steps", len(ratios), WALK_RATIO / float(np.median(ratios or [1]))),
    ):
        if count >= _LEAST_WITNESSES and not 1 / _CLOCK_OFF < factor < _CLOCK_OFF:
            says = (
                f"{witness} {factor:.2f} times as fast as people do: the frame rate may be "
                f"{1 / factor:.2f} times what is stated"
            )
            found.append(Finding("fps", "warning", says, count))
    doubled = [one.name for one in facts if one.repeated > 0.2 and one.moves]
    says = "one frame in five or more repeats the one before: brought up from a lower frame rate"
    found += concerning("fps", "warning", says, doubled, n)
    between = [one.name for one in facts if one.between > 0.9 and one.moves]
    says = "every other frame lies between its neighbours: half of the frames are interpolated"
    return found + concerning("fps", "warning", says, between, n)


def _flights(joints: np.ndarray, fps: float) -> list[float]:
    """Downward acceleration of the pelvis while both feet are in the air, m/s^2."""
    lowest = joints[:, _FEET, 1].min(1)
    floor = np.percentile(lowest, 5)
    airborne = np.concatenate([[False], lowest > floor + 0.10, [False]])
    edges = np.flatnonzero(np.diff(airborne.astype(int)))
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        frames = slice(start, end)
        height = joints[frames, 0, 1]
        seconds = (end - start) / fps
        if end - start < 5 or not 0.1 < seconds < 1.2 or np.ptp(height) < 0.05:
            continue
        time_s = np.arange(end - start) / fps
        curve = np.polyfit(time_s, height, 2)
        rest = height - np.polyval(curve, time_s)
        top = -curve[1] / (2 * curve[0]) if curve[0] else -1
        if rest.std() < 0.1 * height.std() and curve[0] < 0 and 0 < top < time_s[-1]:
            found.append(float(-2 * curve[0]))
    return found


def _walk(joints: np.ndarray, fps: float) -> tuple[float | None, str | None]:
    """The walk ratio, and which way a walk goes; None for what is no steady walk."""
    seconds = len(joints) / fps
    path = joints[:, 0, [0, 2]]
    travel = path[-1] - path[0]
    distance = float(np.linalg.norm(travel))
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())
    if len(joints) < 20 or distance < 1.0 or distance < 0.8 * length:
        return None, None
    try:
        headings = Motion(joints.astype(np.float32), fps).headings()
    except InvalidMotion:
        return None, None
    before = np.array([np.sin(headings).mean(), np.cos(headings).mean()])
    cosine = float(before @ travel / (np.linalg.norm(before) * distance + 1e-9))
    way = "forwards" if cosine > 0.7 else "backwards" if cosine < -0.7 else "sideways"
    legs = (joints[:, 7] - joints[:, 8])[:, [0, 2]] @ (travel / distance)  # ankle before ankle
    if way != "forwards" or np.ptp(legs) < 0.4:
        return None, way
    crossings = np.flatnonzero(np.diff(legs >= 0))
    if len(crossings) < 3:
        return None, way
    steps_s = (len(crossings) - 1) * fps / float(crossings[-1] - crossings[0])
    walked = np.linalg.norm(path[crossings[-1]] - path[crossings[0]])
    step_m = float(walked) / (len(crossings) - 1)
    airborne = joints[:, _FEET, 1].min(1)
    if step_m > 1.0 or np.ptp(airborne) > 0.15 or seconds < 1:  # a run, or a hop
        return None, way
    return step_m / steps_s, way


def _repeated(still: np.ndarray) -> float:
    """Share of frames in runs of up to three repeats between frames that move, (T - 1,) -> 0-1."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(int)))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs <= 3].sum() / len(still)) if len(still) else 0.0


def _between(joints: np.ndarray) -> float:
    """Share of every other frame on the line between its neighbours, of the better half."""
    if len(joints) < 12:
        return 0.0
    off = np.abs(joints[1:-1] - (joints[:-2] + joints[2:]) / 2).max((1, 2))
    moved = np.abs(joints[2:] - joints[:-2]).max((1, 2)) > 2e-3
    shares = []
    for first in (0, 1):
        moving = moved[first::2]
        shares.append(float((off[first::2][moving] < 2e-4).mean()) if moving.sum() >= 5 else 0.0)
    low, high = sorted(shares)
    return high if low < 0.5 else 0.0  # where all frames do, it is a slow, straight move


def _bone_swing(joints: np.ndarray) -> float:
    spreads = []
    for child, parent in _LIMB_BONES:
        length = np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
        low, middle, high = np.percentile(length, [5, 50, 95])
        spreads.append((high - low) / middle if middle > 0 else 0.0)
    return float(max(spreads))
