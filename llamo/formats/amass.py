"""AMASS and other SMPL, SMPL-H and SMPL-X parameter files (``.npz``).

Format: https://amass.is.tue.mpg.de and https://github.com/nghorbani/amass. Pose is axis-angle,
of which the first 22 joints are the body in all three models. AMASS is z-up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo import body
from llamo.errors import UnreadableFile
from llamo.formats.arrays import Archive
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.rotations import matrix_from_axis_angle

_ROOT = ("root_orient", "global_orient")
_BODY = ("pose_body", "body_pose")
_TRANS = ("trans", "transl")
_RATE = ("mocap_framerate", "mocap_frame_rate", "fps")


def is_smpl(archive: Archive) -> bool:
    """Whether an archive holds SMPL pose parameters."""
    return "poses" in archive or all(_named(archive, names) for names in (_ROOT, _BODY))


def read_smpl(archive: Archive, wishes: Wishes) -> Recording:
    """Read SMPL parameters as joints and rotations.

    With ``wishes.body_model`` the joints are that model's for this person's betas, exactly;
    without one, the template body's in the same pose. The pelvis of the template stands where
    ``trans`` says, which SMPL itself sets some 0.2 m off, the same way in every frame.

    Raises:
        UnreadableFile: Arrays are missing or of another form.
        MissingDependency: A body model is given and smplx is not installed.
    """
    name = archive.path.name
    poses = _poses(archive)  # (T, 66)
    trans = _translation(archive, len(poses))
    if not (np.isfinite(poses).all() and np.isfinite(trans).all()):
        raise UnreadableFile(f"{name} holds NaN or infinite poses; cut the broken frames out.")
    rotations = matrix_from_axis_angle(poses.reshape(-1, 22, 3))
    if wishes.body_model is None:
        joints = body.forward_kinematics(rotations, trans)
        note = "Joints are a template body's; give --body-model for this person's."
    else:
        betas = archive.load("betas") if "betas" in archive else np.zeros(0)
        if betas.dtype.kind not in "fiu" or betas.size > 400:
            raise UnreadableFile(f"'betas' in {name} must be a short list of numbers.")
        betas = betas[0] if betas.ndim == 2 else betas
        joints = body.smplx_joints(poses, betas, trans, wishes.body_model)
        note = f"Joints are exact for the body model {Path(wishes.body_model).name}."
    rate_key = _named(archive, _RATE)
    amass = rate_key is not None and rate_key != "fps"
    return Recording(
        format="AMASS npz" if amass else "SMPL npz",
        joints=joints,
        fps=None if rate_key is None else archive.number(rate_key),
        fps_from=f"{rate_key} in the file",
        up="z" if amass else None,
        up_from="the format (AMASS is z-up)",
        unit="m",
        rotations=rotations.astype(np.float32),
        notes=[note],
    )


def _named(archive: Archive, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in archive), None)


def _translation(archive: Archive, frames: int) -> np.ndarray:
    key = _named(archive, _TRANS)
    if key is None:
        return np.zeros((frames, 3))
    trans = archive.numbers(key, ndim=2).astype(np.float64)
    if trans.shape != (frames, 3):
        raise UnreadableFile(
            f"{key!r} in {archive.path.name} must be ({frames}, 3) to fit the poses, got "
            f"{trans.shape}."
        )
    return trans


def _poses(archive: Archive) -> np.ndarray:
    """(T, 66) axis-angle of the 22 body joints."""
    name = archive.path.name
    if "poses" not in archive:
        root, limbs = (_flat(archive, names, width) for names, width in ((_ROOT, 3), (_BODY, 63)))
        if len(root) != len(limbs):
            raise UnreadableFile(
                f"{name} has {len(root)} root orientations and {len(limbs)} body poses; "
                "they must be one each a frame."
            )
        return np.concatenate([root, limbs], axis=1)
    return _flat(archive, ("poses",), 66)


def _flat(archive: Archive, names: tuple[str, ...], width: int) -> np.ndarray:
    """(T, width): an array's first numbers of each frame, stored (T, N) or (T, N / 3, 3)."""
    key = _named(archive, names)
    assert key is not None
    shape = archive.header(key).shape
    joints = len(shape) == 3 and shape[2] == 3
    numbers = shape[1] * 3 if joints else shape[1] if len(shape) == 2 else 0
    if numbers % 3 or not width <= numbers <= 1000:
        raise UnreadableFile(
            f"{key!r} in {archive.path.name} must be (frames, {width} or more) axis-angle numbers "
            f"(SMPL 72, SMPL-H 156, SMPL-X 165), got {shape}."
        )
    check_frames(shape[0], archive.path.name)
    values = archive.numbers(key, ndim=len(shape)).reshape(shape[0], -1)
    return values[:, :width].astype(np.float64)
