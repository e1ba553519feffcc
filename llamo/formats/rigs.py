"""From a rig's own joints to SMPL-22: names of the common rigs, spines of any length, rotations.

Rigs known by name: CMU / MotionBuilder, Mixamo, Xsens, HDM05 and other ASF skeletons, Bandai-Namco,
Biped, Daz, Perception Neuron, VRM, SMPL's own. What they share is a side and a part; the tables
below list the parts in order of preference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from llamo.body import TEMPLATE_OFFSETS
from llamo.errors import InvalidMotion
from llamo.formats.evidence import rest_up, turn_to_y_up
from llamo.rotations import swing
from llamo.skeleton import SKELETONS, SMPL22, SMPL24, Skeleton, conversion

_LIMBS: dict[str, tuple[str, ...]] = {
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip"),
    "knee": ("knee", "lowleg", "lowerleg", "shin", "calf", "tibia", "leg"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toe", "toes", "toe0", "ball", "foot"),
    "shoulder": ("uparm", "upperarm", "arm", "shldr", "humerus", "shoulder"),
    "collar": ("collar", "collarbone", "clavicle", "shoulder"),
    "elbow": ("elbow", "forearm", "lowarm", "lowerarm", "radius"),
    "wrist": ("wrist", "hand"),
}
_TRUNK: dict[str, tuple[str, ...]] = {
    "pelvis": ("hips", "pelvis", "hip", "root"),
    "neck": ("neck", "lowerneck", "neck1"),
    "head": ("head",),
}
_NEEDED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_PARTS = {part for parts in (*_LIMBS.values(), *_TRUNK.values()) for part in parts}
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
_PREFIX = re.compile(
    r"^(mixamorig\d*[ _]?|bip\d*[ _]|character\d*[ _]|joint_|jnt_|[mf]_avg_)", re.IGNORECASE
)
_SPINE_SHARES = {"spine1": 0.25, "spine2": 0.5, "spine3": 0.7}  # as skeleton.conversion has them
_REST_LIMIT_DEG = 60.0


@dataclass
class Mapped:
    """A rig in a joint set that llamo knows, or its own where it is no whole human body."""

    joints: np.ndarray  # (T, J, 3)
    skeleton: Skeleton
    rest: np.ndarray  # (J, 3)
    rotations: np.ndarray | None = None  # (T, J, 3, 3)
    units: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def to_known(
    names: list[str],
    parents: list[int],
    rest: np.ndarray,
    joints: np.ndarray,
    world: np.ndarray,
) -> Mapped:
    """Bring a rig to a known joint set.

    Args:
        names: (J,) the rig's joint names; ends of chains are called ``..._end``.
        parents: (J,) -1 for a root.
        rest: (J, 3) rest pose.
        joints: (T, J, 3).
        world: (T, J, 3, 3) rotations relative to the rest pose, in the file's axes.
    """
    own = [j for j, name in enumerate(names) if not name.endswith("_end")]
    for skeleton in SKELETONS.values():
        if {names[j] for j in own} == set(skeleton.joints) and len(own) == len(skeleton):
            order = [names.index(name) for name in skeleton.joints]
            mapped = Mapped(joints[:, order], skeleton, rest[order])
            if skeleton in (SMPL22, SMPL24):
                mapped.rotations = _rotations(skeleton, world[:, order], rest[order])
            return mapped
    weights, source = _smpl_weights(names, parents, rest)
    if weights is None:
        return _unknown(names, parents, rest, joints, world)
    mapped = Mapped(np.einsum("sj,tjc->tsc", weights, joints), SMPL22, weights @ rest, notes=[])
    mapped.rotations = _rotations(SMPL22, world[:, source], mapped.rest)
    mapped.notes.append("Mapped from the rig's joint names onto SMPL-22.")
    if any(_side_and_part(name)[1] == "hipjoint" for name in names):
        mapped.units = ("cmu",)
    return mapped


def _side_and_part(name: str) -> tuple[str, str]:
    """``LeftUpLeg`` -> (left, upleg); ``UpperArm_L`` -> (left, upperarm); Hips -> ("", hips)."""
    name = _PREFIX.sub("", name.rsplit(":", 1)[-1])
    words = [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    if len(words) == 1 and words[0][1:] in _PARTS | {"hipjoint"} and words[0] not in _PARTS:
        words = [words[0][0], words[0][1:]]  # ASF's lfemur
    side = next((_SIDES[word] for word in words if word in _SIDES), "")
    return side, "".join(word for word in words if word not in _SIDES)


def _named(names: list[str]) -> dict[str, int]:
    """SMPL joint name -> index in the rig, for the joints that the names tell."""
    found: dict[tuple[str, str], int] = {}
    for index, name in enumerate(names):
        if not name.endswith("_end"):
            found.setdefault(_side_and_part(name), index)
    result = {}
    for joint, parts in _TRUNK.items():
        hit = next((found["", part] for part in parts if ("", part) in found), None)
        if hit is not None:
            result[joint] = hit
    for side in ("left", "right"):
        used: set[int] = set()
        for joint, parts in _LIMBS.items():
            hits = [found[side, part] for part in parts if (side, part) in found]
            hit = next((index for index in hits if index not in used), None)
            if hit is not None:
                used.add(hit)
                result[f"{side}_{joint}"] = hit
    return result


def _smpl_weights(
    names: list[str], parents: list[int], rest: np.ndarray
) -> tuple[np.ndarray | None, list[int]]:
    """(22, J) weights that make SMPL joints of the rig's, and for each the joint that turns it."""
    found = _named(names)
    if not all(f"{side}_{joint}" in found for side in ("left", "right") for joint in _NEEDED):
        return None, []
    if "pelvis" not in found:
        found["pelvis"] = _common_ancestor(parents, found["left_hip"], found["right_hip"])
    if "neck" not in found:
        found["neck"] = _common_ancestor(parents, found["left_shoulder"], found["right_shoulder"])
    for joint, above in (
        ("head", "neck"),
        ("left_foot", "left_ankle"),
        ("right_foot", "right_ankle"),
    ):
        ends = [i for i, p in enumerate(parents) if p == found[above] and names[i].endswith("_end")]
        if joint not in found and ends and np.ptp(rest[[found[above], ends[0]]], axis=0).any():
            found[joint] = ends[0]
    rows = {joint: np.eye(len(names))[index] for joint, index in found.items() if index >= 0}
    turned_by = {joint: index for joint, index in found.items() if index >= 0}
    if "neck" in rows and "pelvis" in rows:
        path = _spine(parents, found["pelvis"], found["neck"])
        for joint, share in _SPINE_SHARES.items():
            rows[joint], turned_by[joint] = _along(path, rest, share, len(names))
    known = Skeleton("rig", tuple(rows), (-1,) * len(rows))
    try:
        fill = conversion(known, SMPL22)  # collars, head or feet that the rig lacks
    except InvalidMotion:
        return None, []
    weights = fill @ np.stack(list(rows.values()))
    source: list[int] = []
    for joint, parent in zip(SMPL22.joints, SMPL22.parents, strict=True):
        source.append(turned_by.get(joint, source[parent] if parent >= 0 else 0))
    return weights, source


def _ancestors(parents: list[int], joint: int) -> list[int]:
    chain = [joint]
    while parents[chain[-1]] >= 0:
        chain.append(parents[chain[-1]])
    return chain


def _common_ancestor(parents: list[int], a: int, b: int) -> int:
    above = set(_ancestors(parents, a))
    return next((joint for joint in _ancestors(parents, b) if joint in above), -1)


def _spine(parents: list[int], pelvis: int, neck: int) -> list[int]:
    """Joints from the pelvis up to the neck."""
    above_pelvis = set(_ancestors(parents, pelvis))
    between = [joint for joint in _ancestors(parents, neck)[1:] if joint not in above_pelvis]
    return [pelvis, *reversed(between), neck]


def _along(path: list[int], rest: np.ndarray, share: float, count: int) -> tuple[np.ndarray, int]:
    """Weights of the point at a share of the path's length, and the joint that turns it."""
    lengths = np.linalg.norm(np.diff(rest[path], axis=0), axis=-1)
    if not lengths.sum() > 0:
        lengths = np.ones(len(path) - 1)
    ends = np.concatenate([[0], np.cumsum(lengths)]) / lengths.sum()
    after = min(int(np.searchsorted(ends, share, side="right")), len(path) - 1)
    part = (share - ends[after - 1]) / max(ends[after] - ends[after - 1], 1e-9)
    row = np.zeros(count)
    row[path[after - 1]] += 1 - part
    row[path[after]] += part
    return row, path[after - 1]


def _rotations(skeleton: Skeleton, world: np.ndarray, rest: np.ndarray) -> np.ndarray | None:
    """Rotations relative to SMPL's rest pose, None where the rig rests in a pose too far from it.

    A rig turns joint j by G from its own rest pose. With A the smallest turn from the template's
    bone to the rig's, G A turns the template's bone to where the rig's is.

    Args:
        skeleton: SMPL-22 or SMPL-24.
        world: (T, J, 3, 3) G in the file's axes.
        rest: (J, 3) in the file's axes.

    Returns:
        (T, J, 3, 3), each relative to its parent; the root's relative to the file's axes.
    """
    up = rest_up(rest, skeleton)
    if up is None:
        return None
    to_y = turn_to_y_up(up)
    rest = rest @ to_y.T
    across = rest[skeleton.index("left_hip")] - rest[skeleton.index("right_hip")]
    if across[0] < 0.7 * np.linalg.norm(across):
        return None  # it does not face +z
    template = np.zeros((len(skeleton), 3))
    template[: len(SMPL22)] = TEMPLATE_OFFSETS
    children = {p: [c for q, c in skeleton.bones if q == p and c < 22] for p, _ in skeleton.bones}
    align = np.tile(np.eye(3), (len(skeleton), 1, 1))
    for joint, parent in enumerate(skeleton.parents):
        below = children.get(joint, [])
        if len(below) == 1:
            bone = rest[below[0]] - rest[joint]
            if not bone.any():
                align[joint] = align[parent]
                continue
            align[joint] = swing(template[below[0]], bone)
            angle = np.degrees(np.arccos(np.clip((np.trace(align[joint]) - 1) / 2, -1, 1)))
            if angle > _REST_LIMIT_DEG:
                return None
        elif not below:
            align[joint] = align[parent]
    turned = world @ to_y.T @ align  # (T, J, 3, 3)
    local = turned.copy()
    for parent, child in skeleton.bones:
        local[:, child] = np.swapaxes(turned[:, parent], -1, -2) @ turned[:, child]
    return local.astype(np.float32)


def _unknown(
    names: list[str],
    parents: list[int],
    rest: np.ndarray,
    joints: np.ndarray,
    world: np.ndarray,
) -> Mapped:
    """The rig's own joint set; ends of no length are left out."""
    keep = [
        j
        for j, name in enumerate(names)
        if not (name.endswith("_end") and np.allclose(rest[j], rest[parents[j]]))
    ]
    place = {joint: index for index, joint in enumerate(keep)}
    titles: list[str] = []
    for joint in keep:
        twice = names[joint] in titles  # names repeat in careless exports
        titles.append(f"{names[joint]}_{joint}" if twice else names[joint])
    own_parents = tuple(place.get(parents[j], -1) for j in keep)
    local = world[:, keep].copy()
    for child, parent in enumerate(own_parents):
        if parent >= 0:
            local[:, child] = np.swapaxes(world[:, keep[parent]], -1, -2) @ world[:, keep[child]]
    return Mapped(
        joints[:, keep],
        Skeleton("bvh", tuple(titles), own_parents),
        rest[keep],
        local.astype(np.float32),
        notes=["The joint names are of no rig known here, so the file's own joints are kept."],
    )
