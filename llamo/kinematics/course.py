"""A motion made ready for exact measuring: gaps, spikes and jitter gone, on one steady clock.

``posture.py`` thins a clip to 20 Hz and smooths it for counting and for the text a model reads.
Here nothing slower than a blow is rounded off: an angle's peak survives to a fraction of a degree,
whatever the frame rate was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.motion import Motion
from llamo.skeleton import SMPL22

JOINT = {name: index for index, name in enumerate(SMPL22.joints)}

RATE_HZ = 60.0
"""The clock of every course, so that nothing measured hangs on the frame rate of the file."""

CUTOFF_HZ = 8.0
"""Low-pass of the joints: people's limbs move below it (Winter, Biomechanics and Motor Control of
Human Movement, ch. 3: 6 Hz for gait; somewhat more here, for blows and swings)."""

BRIDGED_S = 0.2
"""A joint that is hidden for no longer is taken to move on a straight line meanwhile."""

SPIKE_M, FASTEST_TURN_M_S2 = 0.05, 200.0
"""A single frame is a spike if it stands off its neighbours' middle by more than the first, and by
more than a joint under the second (a golfer's hands reach about that) could."""

CENTRE_M = 0.005
"""Joint centres of the best systems are no surer than this."""

UNSURE_M = 0.05
"""A joint of confidence 0 would be about this far off, one standard deviation: the usual error of
estimates from one camera."""


@dataclass(frozen=True, eq=False)
class Course:
    """Joints on a clock of ``RATE_HZ``.

    Args:
        times_s: (T,) seconds since the clip's start.
        joints: (T, 22, 3) metres, y up, smoothed; unseen ones are NaN.
        sigma_m: (T, 22) metres, one standard deviation: from confidence and from jitter.
        rotations: (T, 22, 3, 3) each relative to its parent, None where the file has none.
        frame_s: Seconds of one frame of the clip as given.
    """

    times_s: np.ndarray
    joints: np.ndarray
    sigma_m: np.ndarray
    rotations: np.ndarray | None
    frame_s: float

    def __len__(self) -> int:
        return len(self.times_s)

    def at(self, joint: str) -> np.ndarray:
        """(T, 3) metres; NaN where the joint is not seen."""
        return self.joints[:, JOINT[joint]]

    def middle(self, part: str) -> np.ndarray:
        """(T, 3) metres: half way between the left and the right of a joint."""
        return (self.at(f"left_{part}") + self.at(f"right_{part}")) / 2


def read_course(motion: Motion) -> Course:
    """Clean a motion and put it on the clock of ``RATE_HZ``."""
    motion = motion.bridge_gaps(BRIDGED_S)
    if motion.time_s is not None:
        motion = motion.resample(motion.fps)
    motion = motion.to_skeleton(SMPL22)
    fps, frames = motion.fps, len(motion)
    raw = _without_spikes(motion.joints.astype(np.float64), fps)
    clean = _low_pass(raw, fps)
    count = int(np.floor((frames - 1) / fps * RATE_HZ + 1e-6)) + 1
    times = np.arange(count) / RATE_HZ
    nearest = np.round(times * fps).astype(int).clip(0, frames - 1)  # (T,)
    joints = _spline(clean, fps, times)
    sigma = np.broadcast_to(np.hypot(CENTRE_M, _jitter(raw, clean, fps)), (count, len(SMPL22)))
    if motion.confidence is not None:
        confidence = motion.confidence[nearest].astype(np.float64)  # (T, 22)
        sigma = np.hypot(sigma, (1 - confidence) * UNSURE_M)
        joints = np.where(confidence[..., None] > 0, joints, np.nan)
    rotations = None if motion.rotations is None else motion.rotations[nearest].astype(np.float64)
    return Course(times, joints, sigma, rotations, 1 / fps)


def _without_spikes(joints: np.ndarray, fps: float) -> np.ndarray:
    """Frames that jump away and back, put between their neighbours. (T, J, 3)"""
    if len(joints) < 3:
        return joints
    middle = (joints[:-2] + joints[2:]) / 2
    off = np.zeros(joints.shape[:2])
    off[1:-1] = np.linalg.norm(joints[1:-1] - middle, axis=-1)
    # The neighbours of a spike stand off by half as much, and are right.
    beside = np.maximum(np.roll(off, 1, axis=0), np.roll(off, -1, axis=0))
    spike = (off > max(SPIKE_M, 0.5 * FASTEST_TURN_M_S2 / fps**2)) & (off > beside)
    joints = joints.copy()
    joints[1:-1][spike[1:-1]] = middle[spike[1:-1]]
    return joints


def _low_pass(joints: np.ndarray, fps: float) -> np.ndarray:
    """Butterworth of order 2, forth and back, which leaves no lag."""
    from scipy.signal import butter, sosfiltfilt  # half a second to load

    cutoff = min(CUTOFF_HZ, 0.4 * fps)
    if len(joints) < 4:
        return joints
    sections = butter(2, cutoff, fs=fps, output="sos")
    return sosfiltfilt(sections, joints, axis=0, padlen=min(len(joints) - 1, round(fps)))


def _jitter(raw: np.ndarray, clean: np.ndarray, fps: float) -> np.ndarray:
    """(22,) metres of jitter that the low-pass leaves: as dense as what it removed."""
    passed = min(CUTOFF_HZ, 0.4 * fps) / (fps / 2)
    removed = 1.48 * np.median(np.abs(raw - clean), axis=0).mean(-1)
    return removed * np.sqrt(passed / (1 - passed))


def _spline(values: np.ndarray, fps: float, times_s: np.ndarray) -> np.ndarray:
    if len(values) < 4:
        frames = np.round(times_s * fps).astype(int).clip(0, len(values) - 1)
        return values[frames]
    from scipy.interpolate import CubicSpline

    return CubicSpline(np.arange(len(values)) / fps, values, axis=0)(times_s)
