"""``.npy`` files: HumanML3D's 263 features a frame, or joint positions.

The file has no names, so its shape must settle what it is: (T, 263) HumanML3D ``new_joint_vecs``;
(T, 22, 3) or (T, 66) ``new_joints``; (T, 21, 3) ``new_joints`` of KIT-ML; (T, 24, 3) SMPL;
(T, 33, 3), (T, 33, 4), (T, 99) or (T, 132) MediaPipe world landmarks, with visibility as the fourth
number.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo.errors import InvalidMotion, UnreadableFile
from llamo.formats.arrays import load_npy, read_header
from llamo.formats.evidence import toes_forward
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.skeleton import MEDIAPIPE33, MMM21, SMPL22, SMPL24, Skeleton, conversion

_HUMANML3D_FPS = 20.0
_SHAPES: dict[tuple[int, ...], tuple[Skeleton, int]] = {
    (22, 3): (SMPL22, 3),
    (66,): (SMPL22, 3),
    (21, 3): (MMM21, 3),
    (24, 3): (SMPL24, 3),
    (33, 3): (MEDIAPIPE33, 3),
    (99,): (MEDIAPIPE33, 3),
    (33, 4): (MEDIAPIPE33, 4),
    (132,): (MEDIAPIPE33, 4),
}


def read_npy(path: Path, wishes: Wishes) -> Recording:
    """Read features or joints from an ``.npy``.

    Raises:
        UnreadableFile: Damaged, a pickle, or not numbers.
        InvalidMotion: A shape that is no motion known here.
    """
    with path.open("rb") as stream:
        header = read_header(stream, path.name)
    if header.dtype.kind not in "fiu":
        raise UnreadableFile(f"{path.name} must hold numbers, got {header.dtype}.")
    frame = header.shape[1:]
    if frame != (263,) and frame not in _SHAPES:
        raise InvalidMotion(
            f"{path.name} has shape {header.shape}; expected (frames, 22, 3), (frames, 24, 3), "
            "(frames, 33, 3), KIT-ML's (frames, 21, 3) or (frames, 263). Other joint sets need "
            "their names: save an .npz with joints, fps, skeleton, or joint_names and parents."
        )
    check_frames(header.shape[0], path.name)
    values = load_npy(path)
    if frame == (263,):
        return _features(values, path)
    skeleton, width = _SHAPES[frame]
    values = values.reshape(len(values), len(skeleton), width)
    recording = Recording(
        format=f"{skeleton.name} joints .npy",
        joints=values[..., :3],
        skeleton=skeleton,
        fps=None,
    )
    if width == 4:
        recording.confidence = np.clip(np.nan_to_num(values[..., 3]), 0, 1).astype(np.float32)
    if skeleton is MMM21:
        return _kit(recording)
    if skeleton is MEDIAPIPE33:
        recording.notes.append(
            "Landmarks must be world landmarks (metres); image landmarks have no true depth."
        )
    return recording


def _kit(recording: Recording) -> Recording:
    """KIT-ML's joints as SMPL-22; a body whose toes point behind it is turned back first.

    The data set went from a z-up world to a y-up one in several repositories, not always by a turn,
    so that a mirror image may have come out. Its names of left and right come from the capture;
    the toes tell what was done.
    """
    recording.notes.append("21 joints a frame are taken for KIT-ML's.")
    share = toes_forward(recording.joints, MMM21)
    if share is not None and share < 0.5:
        recording.joints = recording.joints * np.array([-1, 1, 1], recording.joints.dtype)
        recording.notes.append("It was a mirror image (toes behind the ankles) and was turned.")
    weights = conversion(MMM21, SMPL22)
    recording.joints = np.einsum("ts,fsc->ftc", weights, recording.joints)
    recording.skeleton = SMPL22
    recording.up, recording.up_from, recording.rig_units = "y", "the format", ("mmm",)
    return recording


def _features(features: np.ndarray, path: Path) -> Recording:
    from llamo.encoders.features import joints_from_humanml3d_263

    if not np.isfinite(features).all():
        raise InvalidMotion(f"{path.name} holds NaN or infinite features; cut those frames out.")
    return Recording(
        format="HumanML3D 263 features .npy",
        joints=joints_from_humanml3d_263(features.astype(np.float32)),
        fps=_HUMANML3D_FPS,
        fps_from="the format (HumanML3D is 20 fps)",
        up="y",
        unit="m",
    )
