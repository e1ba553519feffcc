"""BVH: a tree of offsets and rotations (Meredith & Maddock, Motion Capture File Formats Explained).

``parse_bvh`` reads any BVH as it stands; ``read_bvh`` brings the rigs that people have (CMU,
Mixamo, Xsens, HDM05, Bandai-Namco, ...) to SMPL-22 and leaves others with their own joints.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from llamo.errors import InvalidMotion, UnreadableFile
from llamo.formats import rigs
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.formats.texts import read_text

_MAX_JOINTS = 1000
_MAX_POSES = 10_000_000
"""Frames times joints: posing takes about 0.1 kB for each, so at most 1 GB."""
_CHANNEL = re.compile(r"([XYZ])(position|rotation)", re.IGNORECASE)


@dataclass
class BvhTree:
    """A parsed BVH.

    Args:
        names: Joint names; an End Site is called after its parent with ``_end``.
        parents: Index of each joint's parent, -1 for a root.
        offsets: (J, 3) rest offset from the parent.
        channels: For each joint its channels in order, ``Xposition`` ... ``Zrotation``.
        frame_time_s: Seconds a frame, 0 where the file says none.
        values: (T, C) the channels' values, degrees for rotations.
    """

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, float, float]] = field(default_factory=list)
    channels: list[list[str]] = field(default_factory=list)
    frame_time_s: float = 0.0
    values: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def rest(self) -> np.ndarray:
        """(J, 3) joints with all rotations zero and the root at its offset."""
        joints = np.array(self.offsets, np.float64)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                joints[joint] += joints[parent]
        return joints

    def pose(self) -> tuple[np.ndarray, np.ndarray]:
        """Joint positions (T, J, 3) and world rotations (T, J, 3, 3), in the file's unit and axes.

        A position channel stands in place of the offset, as the common viewers read it.
        """
        frames, count = len(self.values), len(self.names)
        joints = np.empty((frames, count, 3))
        world = np.empty((frames, count, 3, 3))
        column = 0
        for joint, parent in enumerate(self.parents):
            names = self.channels[joint]
            block = self.values[:, column : column + len(names)]
            column += len(names)
            local, offset = _local(names, block, self.offsets[joint])
            if parent < 0:
                joints[:, joint], world[:, joint] = offset, local
            else:
                turned = world[:, parent] @ offset[..., None]
                joints[:, joint] = joints[:, parent] + turned[..., 0]
                world[:, joint] = world[:, parent] @ local
        return joints, world


def read_bvh(path: Path, wishes: Wishes) -> Recording:
    """Read a BVH.

    Raises:
        UnreadableFile: Not a BVH, or truncated.
        InvalidMotion: No frames, or more than a motion may have.
    """
    tree = parse_bvh(read_text(path), path.name)
    joints, world = tree.pose()
    fps = _rate(tree.frame_time_s) if tree.frame_time_s > 0 else None
    mapped = rigs.to_known(tree.names, tree.parents, tree.rest(), joints, world)
    recording = Recording(
        format="BVH",
        joints=mapped.joints,
        skeleton=mapped.skeleton,
        fps=fps,
        fps_from="Frame Time in the file",
        rest=mapped.rest,
        rotations=mapped.rotations,
        rig_units=mapped.units,
        notes=mapped.notes,
    )
    return recording


def _rate(frame_time_s: float) -> float:
    """Frames a second: a whole rate where the few digits that are printed may mean it (0.0333 is
    30 fps), and no other (0.0333667 is 29.97 fps)."""
    fps = 1 / frame_time_s
    whole = max(1, round(fps))
    digits = len(f"{frame_time_s:.9f}".rstrip("0").partition(".")[2])
    meant = abs(1 / whole - frame_time_s) < 10.0**-digits and abs(fps - whole) < 2e-3 * fps
    return float(whole) if meant else fps


def parse_bvh(text: str, name: str) -> BvhTree:
    """Parse a BVH file's text.

    Raises:
        UnreadableFile: It is none; the message names the line's content.
        InvalidMotion: No frames, or too many.
    """
    head, found, motion = text.partition("MOTION")
    if not re.match(r"\s*HIERARCHY\b", head.lstrip("\ufeff")):
        raise UnreadableFile(f"{name} is no BVH: it must begin with HIERARCHY, got {text[:20]!r}.")
    if not found:
        raise UnreadableFile(f"{name} is truncated: a BVH has a MOTION part, this one has none.")
    tree = BvhTree()
    _parse_hierarchy(head.split(), tree, name)
    _parse_motion(motion, tree, name)
    return tree


def _parse_hierarchy(words: list[str], tree: BvhTree, name: str) -> None:
    def broken(what: str) -> UnreadableFile:
        return UnreadableFile(f"{name}: the HIERARCHY is broken ({what}); export it again.")

    stack: list[int] = []
    current = -1
    position = words.index("HIERARCHY") + 1 if "HIERARCHY" in words else 1
    while position < len(words):
        word = words[position]
        if word in ("ROOT", "JOINT", "End"):
            if len(tree.names) >= _MAX_JOINTS:
                raise broken(f"more than {_MAX_JOINTS} joints")
            end = position + 1
            while end < len(words) and words[end] != "{":
                end += 1
            title = " ".join(words[position + 1 : end])
            parent = stack[-1] if stack else -1
            if (word == "ROOT") != (parent < 0) or end == len(words):
                raise broken(f"{word} {title[:30]} in the wrong place")
            tree.names.append(f"{tree.names[parent]}_end" if word == "End" else title)
            tree.parents.append(parent)
            tree.offsets.append((0.0, 0.0, 0.0))
            tree.channels.append([])
            current = len(tree.names) - 1
            position = end
        elif word == "{":
            if current < 0 or (stack and stack[-1] == current):
                raise broken("a bracket too many")
            stack.append(current)
            position += 1
        elif word == "}":
            if not stack:
                raise broken("a closing bracket too many")
            stack.pop()
            position += 1
        elif word == "OFFSET" and stack:
            try:
                offset = tuple(float(number) for number in words[position + 1 : position + 4])
            except ValueError:
                offset = ()
            if len(offset) != 3 or not np.isfinite(offset).all():
                raise broken(f"OFFSET of {tree.names[stack[-1]]} needs three numbers")
            tree.offsets[stack[-1]] = offset
            position += 4
        elif word == "CHANNELS" and stack:
            count = words[position + 1] if position + 1 < len(words) else ""
            if count not in tuple("0123456"):
                raise broken(f"CHANNELS of {tree.names[stack[-1]]}")
            names = words[position + 2 : position + 2 + int(count)]
            if len(names) != int(count) or not all(map(_CHANNEL.fullmatch, names)):
                raise broken(f"CHANNELS of {tree.names[stack[-1]]}")
            tree.channels[stack[-1]] = [c[0].upper() + c[1:].lower() for c in names]
            position += 2 + len(names)
        else:
            raise broken(f"{word[:30]!r} is not expected")
    if stack:
        raise broken("a closing bracket is missing")
    if not tree.names:
        raise broken("it has no ROOT")


def _parse_motion(text: str, tree: BvhTree, name: str) -> None:
    match = re.match(r"\s*Frames\s*:\s*(\S+)\s+Frame\s*Time\s*:\s*(\S+)", text, re.IGNORECASE)
    if match is None or not match[1].isdecimal() or len(match[1]) > 12:
        raise UnreadableFile(f"{name}: MOTION must begin with 'Frames: N' and 'Frame Time: S'.")
    frames = int(match[1])
    try:
        tree.frame_time_s = float(match[2])
    except ValueError:
        raise UnreadableFile(f"{name}: Frame Time must be seconds, got {match[2]!r}.") from None
    if not 0 <= tree.frame_time_s < 1e4:
        raise UnreadableFile(f"{name}: Frame Time must be seconds, got {match[2]!r}.")
    width = sum(map(len, tree.channels))
    check_frames(frames, name)
    values = _numbers(text[match.end() :], name)
    if not width or len(values) % width or abs(len(values) // width - frames) > 1:
        raise UnreadableFile(
            f"{name} says {frames} frames of {width} numbers, but {len(values)} numbers follow; "
            "it is truncated or damaged, export or copy it again."
        )
    if not len(values):
        raise InvalidMotion(f"{name} has no frames; a motion needs at least one.")
    if not np.isfinite(values).all():
        raise UnreadableFile(f"{name} holds NaN or infinite numbers; export it again.")
    tree.values = values.reshape(-1, width)
    if len(tree.values) * len(tree.names) > _MAX_POSES:
        raise InvalidMotion(
            f"{name} has {len(tree.values)} frames of {len(tree.names)} joints, more than "
            f"{_MAX_POSES:,} joint poses in all; cut it into shorter files."
        )


def _numbers(text: str, name: str) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.fromstring(text, np.float64, sep=" ") if text.strip() else np.zeros(0)
    except (ValueError, DeprecationWarning):
        raise UnreadableFile(
            f"{name}: the MOTION part holds something that is no number; export it again."
        ) from None


def _local(
    names: list[str], block: np.ndarray, rest: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (T, 3, 3) and offset (T, 3) of one joint from its channels."""
    from scipy.spatial.transform import Rotation

    offset = np.tile(np.array(rest, np.float64), (len(block), 1))
    order, angles = "", []
    for column, name in enumerate(names):
        if name.endswith("position"):
            offset[:, "XYZ".index(name[0])] = block[:, column]
        else:
            order += name[0]
            angles.append(block[:, column])
    turn = Rotation.identity(len(block))
    for axis, angle in zip(order, angles, strict=True):  # intrinsic, in the order listed
        turn = turn * Rotation.from_euler(axis, angle[:, None], degrees=True)
    return turn.as_matrix(), offset
