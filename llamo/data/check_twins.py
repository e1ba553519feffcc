"""Clips that are one: copies, near copies and mirror images, over splits and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamo.data.check_report import Finding, concerning
from llamo.motion import Motion, interpolate, rotation_about_y
from llamo.skeleton import SMPL22

COPY_M, NEAR_M = 0.003, 0.01
"""Clips whose joints differ by less (root mean square) are copies, or nearly; careful repetitions
of a slow exercise are nearly copies, too."""

_MOMENTS = 16
_LENGTH_OFF = 0.02  # copies are of one length, but for a frame or so
_BLOCK = 512


@dataclass(frozen=True)
class ClipPrint:
    """A clip, small enough to be held against all others.

    Args:
        name: Of the clip.
        poses: Joints about the pelvis at 16 even moments, turned to face one way, (1056,).
        travel: The pelvis's path at those moments, from its start, turned with it, (48,).
        seconds: Length.
        person, split: Where known.
    """

    name: str
    poses: np.ndarray
    travel: np.ndarray
    seconds: float
    person: str | None = None
    split: str | None = None


def take_print(
    name: str, motion: Motion, person: str | None = None, split: str | None = None
) -> ClipPrint:
    """The print of a clip; place, heading and frame rate leave no trace in it."""
    motion = motion.to_skeleton(SMPL22)
    joints = motion.joints
    turn = rotation_about_y(-float(motion.headings()[0]))
    old = np.linspace(0, 1, len(joints))
    joints = interpolate(old, joints, np.linspace(0, 1, _MOMENTS)) @ turn.T
    path = joints[:, 0] - joints[0, 0]
    poses = joints - joints[:, :1]
    return ClipPrint(
        name, poses.astype(np.float32).ravel(), path.astype(np.float32).ravel(),
        motion.duration_s, person, split,
    )  # fmt: skip


def judge_twins(prints: Sequence[ClipPrint]) -> list[Finding]:
    """Copies and mirror images among the clips of a data set."""
    n = len(prints)
    copies = find_twins(prints)
    near = [pair for pair in find_twins(prints, NEAR_M) if pair not in copies]
    mirrored = find_twins(prints, mirrored=True)
    over, over_near, over_mirror = (
        [pair for pair in pairs if _differ(prints, pair, "split")]
        for pairs in (copies, near, mirrored)
    )
    people = [pair for pair in copies if _differ(prints, pair, "person")]
    found: list[Finding] = []
    for says, gravity, pairs in (
        ("a clip of one split is a copy of one of another", "error", over),
        ("a clip of one split is the mirror image of one of another", "error", over_mirror),
        ("one recording stands under two people", "error", people),
        (f"a clip of one split differs by less than {100 * NEAR_M:g} cm from one of another",
         "warning", over_near),
        ("clips that are copies of one another", "warning",
         [pair for pair in copies if pair not in over and pair not in people]),
        (f"clips that differ by less than {100 * NEAR_M:g} cm: keep them in one split", "note",
         [pair for pair in near if pair not in over_near]),
        ("clips that are mirror images of one another: keep them in one split", "note",
         [pair for pair in mirrored if pair not in over_mirror]),
    ):  # fmt: skip
        found += concerning("duplicates", gravity, says, _names(prints, pairs), n)
    return found


def find_twins(
    prints: Sequence[ClipPrint], near_m: float = COPY_M, mirrored: bool = False
) -> list[tuple[int, int]]:
    """Pairs of clips that differ by less than ``near_m``, as they are or one in a mirror.

    A clip that hardly changes in a mirror (a squat) is no one's mirror image by that.
    """
    if len(prints) < 2:
        return []
    poses = np.stack([one.poses for one in prints])  # (N, 1056)
    travel = np.stack([one.travel for one in prints])
    seconds = np.array([one.seconds for one in prints])
    other_poses, other_travel = poses, travel
    if mirrored:
        other_poses, other_travel = _mirror(poses, travel)
    norms, other_norms = (poses**2).sum(1), (other_poses**2).sum(1)
    far = near_m**2 * _MOMENTS * len(SMPL22)  # of squared distances, summed
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(prints), _BLOCK):
        rows = slice(start, start + _BLOCK)
        squared = norms[rows, None] + other_norms - 2 * poses[rows] @ other_poses.T
        # Squares of large numbers lose the small difference: look again where it may be small.
        for i, j in np.argwhere(squared < far + 1e-3 * (norms[rows, None] + other_norms)):
            first, second = start + int(i), int(j)
            if first >= second:
                continue
            if abs(seconds[first] - seconds[second]) > _LENGTH_OFF * seconds[first] + 0.05:
                continue
            apart = ((poses[first] - other_poses[second]) ** 2).sum()
            way = np.abs(travel[first] - other_travel[second]).max()
            plain = mirrored and ((poses[first] - poses[second]) ** 2).sum() < 4 * far
            if apart < far and way < 0.05 and not plain:
                pairs.append((first, second))
    return pairs


def _mirror(poses: np.ndarray, travel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flip = np.array([-1, 1, 1], np.float32)
    shape = (len(poses), _MOMENTS, len(SMPL22), 3)
    turned = poses.reshape(shape)[:, :, list(SMPL22.mirror)] * flip
    path = travel.reshape(len(poses), _MOMENTS, 3) * flip
    return turned.reshape(len(poses), -1), path.reshape(len(poses), -1)


def _differ(prints: Sequence[ClipPrint], pair: tuple[int, int], what: str) -> bool:
    first, second = (getattr(prints[one], what) for one in pair)
    return first is not None and second is not None and first != second


def _names(prints: Sequence[ClipPrint], pairs: Sequence[tuple[int, int]]) -> list[str]:
    return [f"{prints[first].name} = {prints[second].name}" for first, second in pairs]
