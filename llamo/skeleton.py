"""Joint sets: names, parents, mirror pairs, and the maps between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llamo.errors import InvalidMotion


@dataclass(frozen=True)
class Skeleton:
    """A named joint set.

    Args:
        name: How files and users call it (``smpl22``).
        joints: Joint names; sides are the person's own, written ``left_`` / ``right_``.
        parents: Index of each joint's parent, -1 for a root.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.joints) != len(self.parents):
            raise InvalidMotion(
                f"skeleton {self.name!r} names {len(self.joints)} joints but has "
                f"{len(self.parents)} parents; give one parent a joint (-1 for the root)."
            )

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint by name."""
        return self.joints.index(joint)

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """For each joint the index of its twin on the other side (itself on the mid-line)."""
        return tuple(
            self.joints.index(twin) if (twin := other_side(joint)) in self.joints else index
            for index, joint in enumerate(self.joints)
        )

    @cached_property
    def tree_order(self) -> tuple[int, ...]:
        """All joints, every parent before its children, each chain to its end before the next.

        Raises:
            InvalidMotion: The parents form a loop or point outside the joint set.
        """
        children: list[list[int]] = [[] for _ in self.joints]
        for child, parent in enumerate(self.parents):
            if 0 <= parent < len(self):
                children[parent].append(child)
        stack = [joint for joint, parent in enumerate(self.parents) if parent == -1][::-1]
        order: list[int] = []
        while stack:
            order.append(stack.pop())
            stack += children[order[-1]][::-1]
        if len(order) != len(self):
            raise InvalidMotion(
                f"skeleton {self.name!r} is no tree: some joints hang on no root; "
                "each parent must be a joint's index, -1 for a root."
            )
        return tuple(order)

    @cached_property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) pairs."""
        return tuple((p, c) for c, p in enumerate(self.parents) if p >= 0)


def other_side(joint: str) -> str:
    """``left_knee`` -> ``right_knee`` and back; a mid-line name stays."""
    if joint.startswith("left_"):
        return "right_" + joint[5:]
    if joint.startswith("right_"):
        return "left_" + joint[6:]
    return joint


SMPL22 = Skeleton(
    "smpl22",
    (
        "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
        "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck",
        "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
        "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    ),
    (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19),
)  # fmt: skip

SMPL24 = Skeleton(
    "smpl24",
    (*SMPL22.joints, "left_hand", "right_hand"),
    (*SMPL22.parents, 20, 21),
)

COCO17 = Skeleton(
    "coco17",
    (
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder",
        "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
        "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    ),
    (-1, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14),
)  # fmt: skip

# OpenPose BODY_25, https://github.com/CMU-Perceptual-Computing-Lab/openpose (doc/02_output.md)
BODY25 = Skeleton(
    "body25",
    (
        "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
        "left_elbow", "left_wrist", "pelvis", "right_hip", "right_knee", "right_ankle",
        "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
        "left_foot", "left_small_toe", "left_heel", "right_foot", "right_small_toe", "right_heel",
    ),
    (1, 8, 1, 2, 3, 1, 5, 6, -1, 8, 9, 10, 8, 12, 13, 0, 0, 15, 16, 14, 19, 14, 11, 22, 11),
)  # fmt: skip

# MediaPipe Pose landmarks, in the order of its documentation; "left" is the person's own.
MEDIAPIPE33 = Skeleton(
    "mediapipe33",
    (
        "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
        "right_eye_outer", "left_ear", "right_ear", "left_mouth", "right_mouth",
        "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
        "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb",
        "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
        "right_ankle", "left_heel", "right_heel", "left_foot", "right_foot",
    ),
    (
        -1, 0, 1, 2, 0, 4, 5, 3, 6, 0, 0, 0, 0, 11, 12, 13, 14, 15, 16, 15, 16, 15, 16,
        11, 12, 23, 24, 25, 26, 27, 28, 27, 28,
    ),
)  # fmt: skip

# KIT-ML's joints of the Master Motor Map: root, BP, BT, BLN, BUN, LS, LE, LW, RS, RE, RW, LH, LK,
# LA, LMrot, LF, RH, RK, RA, RMrot, RF, in the order and words of
# https://github.com/Mathux/TEMOS (temos/info/joints.py). Not among SKELETONS: 21 joints without a
# name may be a hand's.
MMM21 = Skeleton(
    "mmm21",
    (
        "pelvis", "spine1", "spine3", "neck", "head", "left_shoulder", "left_elbow", "left_wrist",
        "right_shoulder", "right_elbow", "right_wrist", "left_hip", "left_knee", "left_ankle",
        "left_heel", "left_foot", "right_hip", "right_knee", "right_ankle", "right_heel",
        "right_foot",
    ),
    (-1, 0, 1, 2, 3, 3, 5, 6, 3, 8, 9, 0, 11, 12, 13, 14, 0, 16, 17, 18, 19),
)  # fmt: skip

SKELETONS: dict[str, Skeleton] = {
    skeleton.name: skeleton for skeleton in (SMPL22, SMPL24, COCO17, BODY25, MEDIAPIPE33)
}
SKELETONS["humanml3d22"] = SMPL22  # HumanML3D's joints are SMPL's first 22, under another name


def skeleton_named(name: str) -> Skeleton:
    """Look a joint set up by name.

    Raises:
        InvalidMotion: The name is unknown.
    """
    try:
        return SKELETONS[name]
    except KeyError:
        raise InvalidMotion(
            f"skeleton {name!r} is not known; expected one of {', '.join(sorted(SKELETONS))}."
        ) from None


# A joint that a set lacks, as a weighted sum of joints that many sets have. Tried in order, until
# one recipe's joints are all there: measured joints first, interpolation along the trunk last.
_RECIPES: dict[str, tuple[dict[str, float], ...]] = {
    "pelvis": ({"left_hip": 0.5, "right_hip": 0.5},),
    "neck": ({"left_shoulder": 0.5, "right_shoulder": 0.5},),
    "spine1": ({"pelvis": 0.75, "neck": 0.25},),
    "spine2": ({"pelvis": 0.5, "neck": 0.5},),
    "spine3": ({"pelvis": 0.3, "neck": 0.7},),
    "left_collar": ({"neck": 0.6, "left_shoulder": 0.4},),
    "right_collar": ({"neck": 0.6, "right_shoulder": 0.4},),
    "head": ({"left_ear": 0.5, "right_ear": 0.5}, {"nose": 1.0}, {"neck": 1.25, "pelvis": -0.25}),
    "left_foot": ({"left_toe": 1.0}, {"left_ankle": 1.0}),
    "right_foot": ({"right_toe": 1.0}, {"right_ankle": 1.0}),
    "nose": ({"head": 1.0},),
    "left_hand": ({"left_index": 0.5, "left_pinky": 0.5}, {"left_wrist": 1.0}),
    "right_hand": ({"right_index": 0.5, "right_pinky": 0.5}, {"right_wrist": 1.0}),
    "left_ear": ({"head": 1.0},),
    "right_ear": ({"head": 1.0},),
    "left_eye": ({"head": 1.0},),
    "right_eye": ({"head": 1.0},),
}


def _weights(joint: str, source: Skeleton, seen: frozenset[str] = frozenset()) -> np.ndarray | None:
    row = np.zeros(len(source), np.float32)
    if joint in source.joints:
        row[source.index(joint)] = 1.0
        return row
    for recipe in _RECIPES.get(joint, ()):
        if seen & recipe.keys():
            continue
        parts = {name: _weights(name, source, seen | {joint}) for name in recipe}
        if all(part is not None for part in parts.values()):
            for name, share in recipe.items():
                row += share * parts[name]  # type: ignore[operator]
            return row
    return None


def conversion(source: Skeleton, target: Skeleton) -> np.ndarray:
    """Weights that turn one joint set into another.

    Returns:
        (J_target, J_source); ``target = weights @ source``. Rows sum to one, so the map commutes
        with moving and turning the body.

    Raises:
        InvalidMotion: A joint of the target cannot be made from the source.
    """
    rows = {joint: _weights(joint, source) for joint in target.joints}
    missing = [joint for joint, row in rows.items() if row is None]
    if missing:
        raise InvalidMotion(
            f"skeleton {source.name!r} cannot become {target.name!r}: nothing to make "
            f"{', '.join(missing[:5])} from. Its joints are {', '.join(source.joints[:12])} ..."
        )
    return np.stack([row for row in rows.values() if row is not None])
