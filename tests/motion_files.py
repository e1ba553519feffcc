"""Motion files made on the spot for the tests of readers: one figure, written in every format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from llamo.body import TEMPLATE_JOINTS, TEMPLATE_OFFSETS, forward_kinematics
from llamo.motion import Motion
from llamo.rotations import matrix_from_axis_angle
from llamo.skeleton import MEDIAPIPE33, SMPL22, Skeleton, conversion

Z_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
"""y-up to z-up: (x, y, z) -> (x, -z, y)."""


def axis_angles(frames: int = 12) -> np.ndarray:
    """(T, 22, 3) a figure that lifts its left arm, bends its right knee and turns a little."""
    poses = np.zeros((frames, 22, 3))
    phase = np.linspace(0, 1, frames)
    poses[:, SMPL22.index("left_shoulder"), 2] = phase
    poses[:, SMPL22.index("right_knee"), 0] = 0.8 * phase
    poses[:, 0, 1] = 0.3 * phase
    return poses


def figure(frames: int = 12, fps: float = 30.0) -> Motion:
    """The figure walking along +x at 1.2 m/s, rotations included."""
    rotations = matrix_from_axis_angle(axis_angles(frames))
    root = np.tile(TEMPLATE_JOINTS[0], (frames, 1))
    root[:, 0] += 1.2 * np.arange(frames) / fps
    joints = forward_kinematics(rotations, root)
    return Motion(joints.astype(np.float32), fps, rotations=rotations.astype(np.float32))


def write_pack(stem: Path, clips: list[np.ndarray]) -> Path:
    """A pack of clips (T, 22, 3), each labelled with its number."""
    joints = np.concatenate(clips)
    length = np.array([len(clip) for clip in clips])
    np.savez(
        stem.with_suffix(".npz"),
        root=joints[:, 0].astype(np.float32),
        rel=(joints - joints[:, :1]).astype(np.float16),
        start=np.cumsum(length) - length,
        length=length,
    )
    lines = [json.dumps({"index": i, "action": f"act {i}"}) for i in range(len(clips))]
    stem.with_suffix(".jsonl").write_text("\n".join(lines) + "\n")
    return stem.with_suffix(".npz")


def write_amass(path: Path, frames: int = 12, **extra: object) -> Path:
    """The figure as AMASS has it: SMPL-H poses, z-up, 120 Hz."""
    poses = np.zeros((frames, 52, 3))
    poses[:, :22] = axis_angles(frames)
    poses[:, 0] = (np.pi / 2, 0, 0)  # SMPL stands along y, AMASS along z
    trans = np.tile([0.0, 0.0, 0.95], (frames, 1))
    arrays = {"poses": poses.reshape(frames, 156), "trans": trans, "betas": np.zeros(10)}
    arrays |= {"mocap_framerate": np.array(120.0), "gender": np.array("neutral")} | extra
    np.savez(path, **arrays)
    return path


PLUG_IN_GAIT = {
    "LFHD": ("head", (0.07, 0.05, 0.08)), "RFHD": ("head", (-0.07, 0.05, 0.08)),
    "LBHD": ("head", (0.07, 0.05, -0.08)), "RBHD": ("head", (-0.07, 0.05, -0.08)),
    "C7": ("neck", (0, 0, -0.05)), "CLAV": ("neck", (0, -0.05, 0.07)),
    **{
        f"{s}{name}": (f"{side}_{joint}", (0.0, 0.0, 0.0))
        for s, side in (("L", "left"), ("R", "right"))
        for name, joint in (
            ("HJC", "hip"), ("KNE", "knee"), ("ANK", "ankle"), ("TOE", "foot"), ("SHO", "shoulder"),
            ("ELB", "elbow"), ("WRA", "wrist"), ("WRB", "wrist"),
        )
    },
}  # fmt: skip
"""Marker -> the joint it sits at, and by how much beside it in metres."""


def markers(motion: Motion) -> tuple[list[str], np.ndarray]:
    """Plug-in Gait markers of a motion: names, (T, M, 3) millimetres, z-up."""
    places = [
        motion.joints[:, SMPL22.index(joint)] + np.array(beside)
        for joint, beside in PLUG_IN_GAIT.values()
    ]
    return list(PLUG_IN_GAIT), 1000 * np.stack(places, axis=1) @ Z_UP.T


def write_trc(path: Path, motion: Motion) -> Path:
    """A TRC with an empty cell group (a marker out of sight) in its last frame."""
    names, places = markers(motion)
    head = [
        "PathFileType\t4\t(X/Y/Z)\tfile.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame"
        "\tOrigNumFrames",
        f"{motion.fps:g}\t{motion.fps:g}\t{len(motion)}\t{len(names)}\tmm\t{motion.fps:g}\t1"
        f"\t{len(motion)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(names) + 1)),
        "",
    ]
    for frame, row in enumerate(places):
        cells = [f"{value:.5f}" for value in row.reshape(-1)]
        if frame == len(places) - 1:
            cells[names.index("LKNE") * 3 : names.index("LKNE") * 3 + 3] = ["", "", ""]
        head.append(f"{frame + 1}\t{frame / motion.fps:.5f}\t" + "\t".join(cells))
    path.write_text("\n".join(head) + "\n")
    return path


def write_c3d(path: Path, motion: Motion) -> Path:
    """A C3D of real numbers, Intel order, by hand: header, POINT parameters, points."""
    names, places = markers(motion)
    frames, count = places.shape[:2]

    def parameter(title: str, group: int, kind: int, shape: tuple[int, ...], data: bytes) -> bytes:
        body = bytes([kind & 255, len(shape), *shape]) + data + b"\0"
        step = (2 + len(body)).to_bytes(2, "little")
        return bytes([len(title), group]) + title.encode() + step + body

    labels = "".join(name.ljust(4) for name in names).encode()
    section = b"\1\x50\2\x54" + bytes([5, 256 - 1]) + b"POINT" + b"\3\0\0"
    section += parameter("LABELS", 1, -1, (4, count), labels)
    section += parameter("UNITS", 1, -1, (2,), b"mm")
    section += b"\0\0"
    blocks = -(-len(section) // 512)
    section = (section[:2] + bytes([blocks]) + section[3:]).ljust(512 * blocks, b"\0")
    header = bytearray(512)
    header[:2] = b"\2\x50"
    header[2:10] = np.array([count, 0, 1, frames], "<u2").tobytes()
    header[12:16] = np.array([-1], "<f4").tobytes()
    header[16:18] = np.array([2 + blocks], "<u2").tobytes()
    header[20:24] = np.array([motion.fps], "<f4").tobytes()
    points = np.zeros((frames, count, 4), "<f4")
    points[..., :3] = places
    points[-1, names.index("LKNE")] = (0, 0, 0, -1)
    path.write_bytes(bytes(header) + section + points.tobytes())
    return path


def landmarks(motion: Motion) -> np.ndarray:
    """(T, 33, 3) MediaPipe world landmarks of the figure: metres, y-down."""
    stand_in = {"mouth": "head", "eye": "head", "ear": "head", "nose": "head"}
    stand_in |= {"pinky": "wrist", "index": "wrist", "thumb": "wrist", "heel": "ankle"}
    rows = []
    for name in MEDIAPIPE33.joints:
        part = next((part for part in stand_in if part in name), None)
        side = name.split("_")[0]
        if part is not None:
            name = stand_in[part] if stand_in[part] == "head" else f"{side}_{stand_in[part]}"
        rows.append(motion.joints[:, SMPL22.index(name)])
    points = np.stack(rows, axis=1) - motion.joints[:, :1]
    return points * np.array([1, -1, -1])


def in_joint_set(motion: Motion, skeleton: Skeleton) -> np.ndarray:
    """(T, J, 3) the landmarks in another joint set; small toes lie on the big ones."""
    toes = ("left_small_toe", "right_small_toe")
    feet = [MEDIAPIPE33.index(name) for name in ("left_foot", "right_foot")]
    source = Skeleton("toes", (*MEDIAPIPE33.joints, *toes), (*MEDIAPIPE33.parents, *feet))
    points = landmarks(motion)
    points = np.concatenate([points, points[:, feet]], axis=1)
    return np.einsum("st,ftc->fsc", conversion(source, skeleton), points)


def write_landmarks(path: Path, motion: Motion) -> Path:
    """A JSON of MediaPipe world landmarks at the motion's rate."""
    frames = [
        {
            "pose_world_landmarks": [
                {"x": x, "y": y, "z": z, "visibility": 0.9} for x, y, z in frame.tolist()
            ]
        }
        for frame in landmarks(motion)
    ]
    path.write_text(json.dumps({"fps": motion.fps, "frames": frames}))
    return path


def write_rig(path: Path, rig: dict[str, str], unit_m: float = 0.01, z_up: bool = False) -> Path:
    """A BVH of the template standing, then with its left arm raised, in a rig's own names.

    Args:
        path: Where to.
        rig: SMPL joint -> the rig's name; SMPL joints without a name are left out.
        unit_m: Metres of one unit.
        z_up: Write it along z.
    """
    turn = Z_UP if z_up else np.eye(3)
    kept = [joint for joint in SMPL22.joints if joint in rig]

    def parent(joint: str) -> str | None:
        up = SMPL22.parents[SMPL22.index(joint)]
        while up >= 0 and SMPL22.joints[up] not in rig:
            up = SMPL22.parents[up]
        return SMPL22.joints[up] if up >= 0 else None

    def block(joint: str, depth: int) -> list[str]:
        above = parent(joint)
        start = TEMPLATE_JOINTS[SMPL22.index(above)] if above else TEMPLATE_JOINTS[0]
        offset = turn @ (TEMPLATE_JOINTS[SMPL22.index(joint)] - start) / unit_m
        order.append(joint)
        tab = "  " * depth
        channels = "3 Zrotation Yrotation Xrotation"
        if above is None:
            channels = "6 Xposition Yposition Zposition Zrotation Yrotation Xrotation"
        lines = [
            f"{tab}{'JOINT' if above else 'ROOT'} {rig[joint]}",
            tab + "{",
            f"{tab}  OFFSET {offset[0]:.6f} {offset[1]:.6f} {offset[2]:.6f}",
            f"{tab}  CHANNELS {channels}",
        ]
        children = [child for child in kept if parent(child) == joint]
        for child in children:
            lines += block(child, depth + 1)
        if not children:
            lines += [tab + "  End Site", tab + "  {", tab + "    OFFSET 0 0 0", tab + "  }"]
        return [*lines, tab + "}"]

    order: list[str] = []
    lines = ["HIERARCHY", *block("pelvis", 0), "MOTION", "Frames: 2", "Frame Time: 0.0083333"]
    root = turn @ TEMPLATE_JOINTS[0] / unit_m
    for raised in (0, 90):  # degrees about the axis that faces forward
        row = [f"{value:.6f}" for value in root]
        for joint in order:
            lift = raised if joint == "left_shoulder" else 0
            row += ["0", f"{-lift}", "0"] if z_up else [f"{lift}", "0", "0"]
        lines.append(" ".join(row))
    path.write_text("\n".join(lines) + "\n")
    return path


def raised_arm() -> np.ndarray:
    """(2, 22, 3) what ``write_rig`` shows, in metres y-up."""
    poses = np.zeros((2, 22, 3))
    poses[1, SMPL22.index("left_shoulder"), 2] = np.pi / 2
    root = np.tile(TEMPLATE_JOINTS[0], (2, 1))
    return forward_kinematics(matrix_from_axis_angle(poses), root, TEMPLATE_OFFSETS)


def rig_names(style: str) -> dict[str, str]:
    """SMPL joint -> name in a rig's style."""
    trunk = {
        "cmu": ("Hips", "LowerBack", "Spine", "Spine1", "Neck", "Head"),
        "mixamo": (
            "mixamorig:Hips", "mixamorig:Spine", "mixamorig:Spine1", "mixamorig:Spine2",
            "mixamorig:Neck", "mixamorig:Head",
        ),
        "xsens": ("Hips", "Chest", "Chest2", "Chest4", "Neck", "Head"),
        "hdm05": ("root", "lowerback", "upperback", "thorax", "lowerneck", "head"),
        "bandai": ("Hips", "Spine", "Spine2", "Chest", "Neck", "Head"),
        "biped": ("Bip01 Pelvis", "Bip01 Spine", "Bip01 Spine1", "Bip01 Spine2", "Bip01 Neck",
                  "Bip01 Head"),
        "daz": ("hip", "abdomen", "abdomen2", "chest", "neck", "head"),
    }[style]  # fmt: skip
    limbs = {
        "cmu": "{S}UpLeg {S}Leg {S}Foot {S}ToeBase {S}Shoulder {S}Arm {S}ForeArm {S}Hand",
        "mixamo": "mixamorig:{S}UpLeg mixamorig:{S}Leg mixamorig:{S}Foot mixamorig:{S}ToeBase "
        "mixamorig:{S}Shoulder mixamorig:{S}Arm mixamorig:{S}ForeArm mixamorig:{S}Hand",
        "xsens": "{S}Hip {S}Knee {S}Ankle {S}Toe {S}Collar {S}Shoulder {S}Elbow {S}Wrist",
        "hdm05": "{s}femur {s}tibia {s}foot {s}toes {s}clavicle {s}humerus {s}radius {s}wrist",
        "bandai": "UpperLeg_{L} LowerLeg_{L} Foot_{L} Toes_{L} Shoulder_{L} UpperArm_{L} "
        "LowerArm_{L} Hand_{L}",
        "biped": "Bip01_{L}_Thigh Bip01_{L}_Calf Bip01_{L}_Foot Bip01_{L}_Toe0 "
        "Bip01_{L}_Clavicle Bip01_{L}_UpperArm Bip01_{L}_Forearm Bip01_{L}_Hand",
        "daz": "{s}Thigh {s}Shin {s}Foot {s}Toe {s}Collar {s}Shldr {s}ForeArm {s}Hand",
    }[style].split()
    names = dict(zip(("pelvis", "spine1", "spine2", "spine3", "neck", "head"), trunk, strict=True))
    parts = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
    for side, letter in (("left", "l"), ("right", "r")):
        for part, name in zip(parts, limbs, strict=True):
            names[f"{side}_{part}"] = name.format(S=side.title(), s=letter, L=letter.upper())
    return names


def error_m(read: np.ndarray, true: np.ndarray) -> float:
    """Largest distance of a joint."""
    return float(np.linalg.norm(read - true, axis=-1).max())
