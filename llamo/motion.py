"""Motion: joints over time in metres, y-up. Everything that enters llamo is checked here, once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from llamo.errors import InvalidMotion
from llamo.skeleton import SMPL22, Skeleton, conversion, skeleton_named

MAX_FRAMES = 500_000
"""Longer motions are refused: over 2 hours at 60 Hz, and more memory than a question is worth."""

MAX_EXTENT_M = 1_000.0
"""Coordinates beyond this are no human motion in metres, but another unit or rubbish."""


_UNSEEN, _UNSURE_SHARE = 0.01, 0.05
"""A confidence so near to 0 or 1 is one of them; so many that are neither come of an estimator."""


@dataclass(frozen=True, eq=False)
class Motion:
    """One person's joints over time.

    Args:
        joints: (T, J, 3) metres, y up, right-handed; left and right are the person's own.
        fps: Frames a second.
        skeleton: A joint set or its name.
        confidence: (T, J) in 0-1, None where everything was measured. 0 means "not seen".
        rotations: (T, J, 3, 3) each joint's rotation relative to its parent, None if unknown.
        time_s: (T,) rising seconds from the clip's start, None for a steady clock.

    Raises:
        InvalidMotion: Wrong shapes, no frames, NaN or infinite joints with confidence above 0,
            a frame rate that is not positive, more than ``MAX_FRAMES`` frames.
    """

    joints: np.ndarray
    fps: float
    skeleton: Skeleton = SMPL22
    confidence: np.ndarray | None = None
    rotations: np.ndarray | None = None
    time_s: np.ndarray | None = None

    def __post_init__(self) -> None:
        skeleton = self.skeleton
        if isinstance(skeleton, str):
            skeleton = skeleton_named(skeleton)
        joints = _numeric("joints", self.joints)
        _check_joints(joints, skeleton)
        frames, count = joints.shape[:2]
        try:
            fps = float(self.fps)
        except (TypeError, ValueError):
            fps = float("nan")
        if not (np.isfinite(fps) and 0 < fps <= 10_000):
            raise InvalidMotion(
                f"fps must be a positive number of frames a second, got {self.fps!r}."
            )
        confidence = self.confidence
        if confidence is not None:
            confidence = _numeric("confidence", confidence)
            _check_shape("confidence", confidence, (frames, count))
            if not np.isfinite(confidence).all() or confidence.min() < 0 or confidence.max() > 1:
                raise InvalidMotion("confidence must lie in 0-1; clip it or leave it out.")
        joints, confidence = _hide_missing(joints, confidence)
        if np.abs(joints).max() > MAX_EXTENT_M:
            raise InvalidMotion(
                f"joints reach {np.abs(joints).max():.0f} m from the origin, which is no human "
                "motion in metres; say which unit the file uses (for example unit='mm')."
            )
        rotations = self.rotations
        if rotations is not None:
            rotations = _numeric("rotations", rotations)
            _check_shape("rotations", rotations, (frames, count, 3, 3))
            if not np.isfinite(rotations).all():
                raise InvalidMotion("rotations hold NaN or infinite values.")
        time_s = self.time_s
        if time_s is not None:
            time_s = _numeric("time_s", time_s).astype(np.float64)
            _check_shape("time_s", time_s, (frames,))
            if not np.isfinite(time_s).all() or (np.diff(time_s) <= 0).any():
                raise InvalidMotion("time_s must rise from frame to frame, in seconds.")
        for name, value in (
            ("joints", joints), ("fps", fps), ("skeleton", skeleton),
            ("confidence", confidence), ("rotations", rotations), ("time_s", time_s),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.joints)

    def __repr__(self) -> str:
        return (
            f"Motion({len(self)} frames, {len(self.skeleton)} joints ({self.skeleton.name}), "
            f"{self.fps:g} fps, {self.duration_s:.2f} s)"
        )

    @property
    def times_s(self) -> np.ndarray:
        """(T,) seconds of each frame since the clip's start."""
        if self.time_s is not None:
            return self.time_s - self.time_s[0]
        return np.arange(len(self)) / self.fps

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the end of the last."""
        return float(self.times_s[-1] + 1 / self.fps)

    @property
    def estimated(self) -> bool:
        """Whether it was estimated from pictures: some joints are neither surely seen nor unseen.

        Recordings know their joints or lack them; an estimator is more or less sure of each.
        """
        if self.confidence is None:
            return False
        unsure = (self.confidence > _UNSEEN) & (self.confidence < 1 - _UNSEEN)
        return bool(unsure.mean() > _UNSURE_SHARE)

    def frame_at(self, time_s: float) -> int:
        """Index of the frame nearest to a time."""
        return int(np.abs(self.times_s - time_s).argmin())

    def trim(self, start_s: float, end_s: float) -> Motion:
        """The frames with ``start_s <= time < end_s``; times then count from the new start."""
        times = self.times_s
        keep = (times >= start_s - 1e-9) & (times < end_s - 1e-9)
        if not keep.any():
            raise InvalidMotion(
                f"no frame lies in {start_s:g}-{end_s:g} s; the clip lasts {self.duration_s:.2f} s."
            )
        return replace(
            self,
            joints=self.joints[keep],
            confidence=None if self.confidence is None else self.confidence[keep],
            rotations=None if self.rotations is None else self.rotations[keep],
            time_s=None if self.time_s is None else self.time_s[keep],
        )

    def bridge_gaps(self, seen_s: float = 0.0) -> Motion:
        """Unseen joints (confidence 0) on a straight line between the frames that see them.

        A joint that is never seen stays where it is.

        Args:
            seen_s: Gaps of at most this many seconds count as seen afterwards, as surely as their
                less sure end; longer ones keep their confidence of 0.
        """
        if self.confidence is None or self.confidence.all():
            return self
        joints, confidence, times = self.joints.copy(), self.confidence.copy(), self.times_s
        seen = confidence > 0
        for joint in np.flatnonzero(seen.any(0) & ~seen.all(0)):
            have, gap = seen[:, joint], ~seen[:, joint]
            for axis in range(3):
                joints[gap, joint, axis] = np.interp(
                    times[gap], times[have], joints[have, joint, axis]
                )
            known = np.flatnonzero(have)
            for end in np.flatnonzero(np.diff(known) > 1):
                before, after = known[end], known[end + 1]
                if times[after] - times[before] <= seen_s:
                    ends = confidence[[before, after], joint]
                    confidence[before + 1 : after, joint] = ends.min()
        return replace(self, joints=joints, confidence=confidence)

    def resample(self, fps: float) -> Motion:
        """On a steady clock of ``fps``, joints interpolated linearly, rotations by slerp."""
        if fps == self.fps and self.time_s is None:
            return self
        old = self.times_s
        last = np.floor(old[-1] * fps + 1e-6)
        if last >= MAX_FRAMES:  # before memory is taken: a wrong clock asks for any amount
            raise InvalidMotion(
                f"the motion lasts {self.duration_s:.4g} s, more than {MAX_FRAMES} frames at "
                f"{fps:g} fps; check its frame rate and times, or trim it first."
            )
        new = np.arange(int(last) + 1) / fps
        rotations = self.rotations
        if rotations is not None:
            rotations = _slerp(old, rotations, new)
        return replace(
            self,
            joints=interpolate(old, self.joints, new),
            fps=fps,
            confidence=None
            if self.confidence is None
            else interpolate(old, self.confidence, new).clip(0, 1),
            rotations=rotations,
            time_s=None,
        )

    def mirror(self) -> Motion:
        """As seen in a mirror: x turns to -x, and left and right change places."""
        twins = list(self.skeleton.mirror)
        flip = np.array([-1.0, 1.0, 1.0], np.float32)
        rotations = self.rotations
        if rotations is not None:
            rotations = rotations[:, twins] * np.outer(flip, flip)
        return replace(
            self,
            joints=self.joints[:, twins] * flip,
            confidence=None if self.confidence is None else self.confidence[:, twins],
            rotations=rotations,
        )

    def to_skeleton(self, skeleton: Skeleton | str) -> Motion:
        """In another joint set; a joint made of several is as sure as its least sure part."""
        target = skeleton_named(skeleton) if isinstance(skeleton, str) else skeleton
        if target == self.skeleton:
            return self
        weights = conversion(self.skeleton, target)
        confidence = self.confidence
        if confidence is not None:
            confidence = np.stack([confidence[:, row != 0].min(1) for row in weights], axis=1)
        rotations = self.rotations
        if rotations is not None and set(target.joints) <= set(self.skeleton.joints):
            rotations = rotations[:, [self.skeleton.index(name) for name in target.joints]]
        else:
            rotations = None
        joints = np.einsum("ts,fsc->ftc", weights, self.joints)
        return replace(
            self, joints=joints, skeleton=target, confidence=confidence, rotations=rotations
        )

    def headings(self) -> np.ndarray:
        """(T,) direction the body faces, radians about y, 0 = +z, positive towards +x.

        Facing is the cross product of right-to-left, over hips and shoulders, with up.

        Raises:
            InvalidMotion: The skeleton has no hips or no shoulders.
        """
        index = self.skeleton.index
        if missing := _HIPS_AND_SHOULDERS - set(self.skeleton.joints):
            raise InvalidMotion(
                f"which way the body faces is told by hips and shoulders; {self.skeleton.name} has "
                f"no {', '.join(sorted(missing))}."
            )
        across = (
            self.joints[:, index("left_hip")] - self.joints[:, index("right_hip")]
            + self.joints[:, index("left_shoulder")] - self.joints[:, index("right_shoulder")]
        )  # fmt: skip
        forward_x, forward_z = -across[:, 2], across[:, 0]  # across x up
        return np.arctan2(forward_x, forward_z)

    def face_forward(self) -> Motion:
        """Turned and moved so that the first frame stands over the origin and faces +z."""
        pelvis = self.to_skeleton(SMPL22).joints[0, 0]
        turn = rotation_about_y(-self.headings()[0])
        joints = (self.joints - pelvis * np.array([1, 0, 1], np.float32)) @ turn.T
        rotations = self.rotations
        if rotations is not None:
            roots = [i for i, parent in enumerate(self.skeleton.parents) if parent < 0]
            rotations = rotations.copy()
            rotations[:, roots] = turn @ rotations[:, roots]
        return replace(self, joints=joints, rotations=rotations)


def rotation_about_y(angle_rad: float) -> np.ndarray:
    """(3, 3) matrix that turns +z towards +x by ``angle_rad``."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)


def _numeric(name: str, value: object) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise InvalidMotion(f"{name} must be numbers, got an array of {array.dtype}.")
    return array.astype(np.float32, copy=False)


def _check_shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise InvalidMotion(f"{name} must have shape {shape} to fit the joints, got {array.shape}.")


def _check_joints(joints: np.ndarray, skeleton: Skeleton) -> None:
    if joints.ndim != 3 or joints.shape[-1] != 3:
        raise InvalidMotion(
            f"joints must be (frames, joints, 3) in metres, got {joints.shape}. "
            "For SMPL-X parameters use Motion files of AMASS form."
        )
    if joints.shape[1] != len(skeleton):
        raise InvalidMotion(
            f"skeleton {skeleton.name!r} has {len(skeleton)} joints, got {joints.shape[1]}; "
            "name the joint set of the data."
        )
    if not len(joints):
        raise InvalidMotion("the motion has no frames.")
    if len(joints) > MAX_FRAMES:
        raise InvalidMotion(
            f"the motion has {len(joints)} frames, more than {MAX_FRAMES}; trim or thin it first."
        )


def _hide_missing(
    joints: np.ndarray, confidence: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """NaN joints are allowed where the confidence is 0 (trackers write them so)."""
    broken = ~np.isfinite(joints).all(-1)  # (T, J)
    if not broken.any():
        return joints, confidence
    if confidence is None or (confidence[broken] > 0).any():
        raise InvalidMotion(
            f"{int(broken.sum())} joint positions are NaN or infinite; fill the gaps, or give "
            "these joints confidence 0."
        )
    return np.where(broken[..., None], 0, joints).astype(np.float32), confidence


def interpolate(old: np.ndarray, values: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Values (T, ...) of rising times ``old`` (T,), linearly at the times ``new`` (N,)."""
    if len(old) == 1:
        return np.repeat(values, len(new), axis=0)
    after = np.clip(np.searchsorted(old, new, side="right"), 1, len(old) - 1)
    share = ((new - old[after - 1]) / (old[after] - old[after - 1])).clip(0, 1)
    share = share.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)
    return values[after - 1] * (1 - share) + values[after] * share


_HIPS_AND_SHOULDERS = {"left_hip", "right_hip", "left_shoulder", "right_shoulder"}


def _slerp(old: np.ndarray, rotations: np.ndarray, new: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation, Slerp

    if len(old) == 1:
        return np.repeat(rotations, len(new), axis=0)
    new = new.clip(old[0], old[-1])
    per_joint = [
        Slerp(old, Rotation.from_matrix(rotations[:, joint]))(new).as_matrix()
        for joint in range(rotations.shape[1])
    ]
    return np.stack(per_joint, axis=1).astype(np.float32)
