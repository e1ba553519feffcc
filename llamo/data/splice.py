"""Clips joined into one continuous motion, whose segments are known to the frame."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace

import numpy as np

from llamo.data.body_fit import bone_lengths, fit_bones
from llamo.data.clips import LabelledClip, swap_sides
from llamo.errors import InvalidData
from llamo.formats.packs import PACK_FPS
from llamo.motion import Motion

MAX_SEGMENT_S = 5.0
"""Longer clips (walks, mostly) are cut to a window of this length before they are spliced."""

_LEFT_HIP, _RIGHT_HIP, _LEFT_SHOULDER, _RIGHT_SHOULDER = 1, 2, 16, 17


@dataclass(frozen=True)
class Segment:
    """What happens between two moments of a sequence.

    Args:
        start_s, end_s: Exact bounds in the sequence.
        clip: Index into the clips that were spliced.
        cut: The clip's edge cuts the act off here.
        Others: As in ``LabelledClip``.
    """

    start_s: float
    end_s: float
    clip: int
    action: str | None = None
    exercise: str | None = None
    side: str | None = None
    limb: str | None = None
    direction: str | None = None
    body_part: str | None = None
    correct: bool | None = None
    side_named: bool = False
    cut: bool = False

    @property
    def says(self) -> str | None:
        """What happens, in the words of an answer."""
        return self.action or self.exercise

    @property
    def span_s(self) -> tuple[float, float]:
        """Bounds, seconds."""
        return (self.start_s, self.end_s)

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Sequence:
    """A motion and what happens in it.

    Args:
        motion: SMPL-22, 20 fps.
        segments: In time order.
        kind: ``single`` (one clip), ``splice`` or ``repeat`` (one movement several times).
        packs: Packs of the clips.
        person: Who moves, ``(pack, person)`` of the first clip.
        plausible: Acts that could have been here, repeated as often as clips of them are: what
            a question may falsely name.
        hidden: Limbs with confidence 0 throughout: ``legs``, ``arms``.
    """

    motion: Motion
    segments: tuple[Segment, ...]
    kind: str = "splice"
    packs: tuple[str, ...] = ()
    person: tuple[str, int | str] = ("", "")
    plausible: tuple[str, ...] = field(default=(), repr=False)
    hidden: frozenset[str] = frozenset()

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return self.motion.duration_s


def splice(
    clips: Seq[LabelledClip],
    rng: np.random.Generator,
    *,
    gap_s: tuple[float, float] = (0.3, 0.5),
    tempo: tuple[float, float] = (0.7, 1.4),
    idle_share: float = 0.3,
    idle_s: tuple[float, float] = (0.3, 1.5),
    segment_s: float | None = None,
) -> Sequence:
    """Join clips: each goes on where the last one stood, facing the way it faced.

    Args:
        clips: One to six clips (more work as well), in order.
        rng: Source of tempo, gaps and idling.
        gap_s: Range of the blend between two clips, seconds.
        tempo: Range of speed factors; 2 plays twice as fast.
        idle_share: Chance of standing still at each seam, and before and after everything.
        idle_s: Range of an idle pause, seconds.
        segment_s: Bring every segment near this length, seconds (within tempo 0.55-1.7), so that
            segments are alike in length.

    Returns:
        A sequence whose segments' bounds are exact; blends and pauses belong to none.

    Raises:
        InvalidData: No clips.
    """
    if not clips:
        raise InvalidData("splice needs at least one clip.")
    bodies = _bodies(clips, rng, tempo, segment_s)
    pauses = [
        _frames(rng.uniform(*idle_s)) if rng.random() < idle_share else 0
        for _ in range(len(clips) + 1)
    ]
    gaps = [_frames(rng.uniform(*gap_s)) for _ in clips[1:]]
    return _assemble(clips, bodies, pauses, gaps, rng, "single" if len(clips) == 1 else "splice")


def repeat(
    clips: Seq[LabelledClip],
    k: int,
    rng: np.random.Generator,
    total_s: float | None = None,
    *,
    tempo: tuple[float, float] = (0.75, 1.35),
) -> Sequence:
    """One movement ``k`` times in a sequence whose length does not depend on ``k``.

    Args:
        clips: Single repetitions of one movement, of one person; drawn without replacement
            while they last.
        k: Repetitions.
        rng: Source of order, tempo and pauses.
        total_s: Length of the sequence, seconds; None draws 22-32 s (for more than 10
            repetitions 38-60 s), whatever ``k``. Repetitions that do not fit are hastened.
        tempo: Range of speed factors before that.

    Raises:
        InvalidData: No clips, or ``k`` below 1.
    """
    if not clips or k < 1:
        raise InvalidData(f"repeat needs clips and k >= 1, got {len(clips)} clips and k = {k}.")
    if total_s is None:
        total_s = float(rng.uniform(22, 32) if k <= 10 else rng.uniform(38, 60))
    order: list[int] = []
    while len(order) < k:
        order += [int(i) for i in rng.permutation(len(clips))]
    chosen = [clips[i] for i in order[:k]]
    total = _frames(total_s)
    bodies = _bodies(chosen, rng, tempo, None)
    gaps = [_frames(rng.uniform(0.15, 0.4)) for _ in chosen[1:]]
    room = total - sum(gaps) - k  # a frame each for rounding
    used = sum(len(body) for body in bodies)
    if used > room:
        bodies = [_resample(body, max(4, int(len(body) * room / used))) for body in bodies]
        used = sum(len(body) for body in bodies)
    spare = max(0, total - sum(gaps) - used)
    shares = rng.gamma(0.7, size=k + 1)
    cuts = np.floor(np.cumsum(shares / shares.sum()) * spare).astype(int)
    cuts[-1] = spare
    pauses = [int(n) for n in np.diff(np.concatenate([[0], cuts]))]
    return _assemble(chosen, bodies, pauses, gaps, rng, "repeat")


def mirror_sequence(sequence: Sequence) -> Sequence:
    """The sequence in a mirror: left and right change places in motion and words."""
    return replace(
        sequence,
        motion=sequence.motion.mirror(),
        segments=tuple(
            replace(
                segment,
                side=swap_sides(segment.side),
                direction=swap_sides(segment.direction),
                body_part=swap_sides(segment.body_part),
            )
            for segment in sequence.segments
        ),
    )


def idle(pose: np.ndarray, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Standing still, as people do: the pose with a slow sway of some millimetres.

    Args:
        pose: (22, 3) metres.
        frames: Frames to fill.

    Returns:
        (frames, 22, 3); starts and ends on the pose, so that seams stay smooth.
    """
    time = np.arange(frames, dtype=np.float32) / PACK_FPS
    rates = rng.uniform(0.15, 0.6, size=(3, 1))
    phases = rng.uniform(0, 2 * np.pi, size=(3, 1))
    ease = np.minimum(1, np.minimum(time, time[::-1]) / 0.4) if frames else time
    sway = (np.sin(2 * np.pi * rates * time + phases) * ease).T  # (frames, 3)
    sway *= rng.uniform(0.002, 0.010) * np.array([1.0, 0.2, 1.0])
    height = pose[:, 1] - pose[:, 1].min()
    lever = height / max(float(height.max()), 1e-3)  # feet stay, the head sways most
    return (pose[None] + sway[:, None] * lever[None, :, None]).astype(np.float32)


def _bodies(
    clips: Seq[LabelledClip],
    rng: np.random.Generator,
    tempo: tuple[float, float],
    segment_s: float | None,
) -> list[np.ndarray]:
    """Each clip's joints at its new tempo, on the first clip's bones."""
    bones = bone_lengths(clips[0].motion.joints) if len(clips) > 1 else None
    first = (clips[0].pack, clips[0].person)
    bodies = []
    for position, clip in enumerate(clips):
        joints = clip.motion.joints
        longest = int(MAX_SEGMENT_S * PACK_FPS)
        if len(joints) > longest:
            start = int(rng.integers(len(joints) - longest + 1))
            joints = joints[start : start + longest]
        if bones is not None and position and (clip.pack, clip.person) != first:
            joints = fit_bones(joints, bones)
        if segment_s is None:
            count = round(len(joints) / rng.uniform(*tempo))
        else:
            wanted = segment_s * PACK_FPS * rng.uniform(0.9, 1.1)
            count = round(float(np.clip(wanted, len(joints) / 1.7, len(joints) / 0.55)))
        bodies.append(_resample(joints, max(6, count)))
    return bodies


def _assemble(
    clips: Seq[LabelledClip],
    bodies: list[np.ndarray],
    pauses: list[int],
    gaps: list[int],
    rng: np.random.Generator,
    kind: str,
) -> Sequence:
    parts: list[np.ndarray] = []
    segments: list[Segment] = []
    frame = 0

    def add(part: np.ndarray) -> None:
        nonlocal frame
        if len(part):
            parts.append(part)
            frame += len(part)

    last: np.ndarray | None = None
    for position, (clip, body) in enumerate(zip(clips, bodies, strict=True)):
        if last is not None:
            body = _continue_from(last, body)
            add(_blend(last, body[0], gaps[position - 1]))
            if pauses[position]:
                add(idle(body[0], pauses[position], rng))
        elif pauses[0]:
            add(idle(body[0], pauses[0], rng))
        start = frame
        add(body)
        segments.append(_segment(clip, position, start, frame))
        last = body[-1]
    if pauses[-1] and last is not None:
        add(idle(last, pauses[-1], rng))
    return Sequence(
        motion=Motion(np.concatenate(parts), PACK_FPS),
        segments=tuple(segments),
        kind=kind,
        packs=tuple(dict.fromkeys(clip.pack for clip in clips)),
        person=(clips[0].pack, clips[0].person),
    )


def _segment(clip: LabelledClip, position: int, start: int, end: int) -> Segment:
    return Segment(
        start_s=start / PACK_FPS,
        end_s=end / PACK_FPS,
        clip=position,
        action=clip.action,
        exercise=clip.exercise,
        side=clip.side,
        limb=clip.limb,
        direction=clip.direction,
        body_part=clip.body_part,
        correct=clip.correct,
        side_named=clip.side_named,
    )


def _frames(seconds: float) -> int:
    return round(seconds * PACK_FPS)


def _resample(joints: np.ndarray, count: int) -> np.ndarray:
    """(T, J, 3) -> (count, J, 3), linear in time."""
    if count == len(joints):
        return joints
    where = np.linspace(0, len(joints) - 1, count)
    low = np.minimum(where.astype(int), len(joints) - 2) if len(joints) > 1 else where.astype(int)
    high = np.minimum(low + 1, len(joints) - 1)
    share = (where - low).astype(np.float32)[:, None, None]
    return joints[low] * (1 - share) + joints[high] * share


def _heading(pose: np.ndarray) -> float:
    """Radians about y of the facing of one pose (22, 3); see ``Motion.headings``."""
    across = pose[_LEFT_HIP] - pose[_RIGHT_HIP] + pose[_LEFT_SHOULDER] - pose[_RIGHT_SHOULDER]
    return float(np.arctan2(-across[2], across[0]))


def _continue_from(last: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Turn and move a body (T, 22, 3) so that it starts where ``last`` (22, 3) stands."""
    angle = _heading(last) - _heading(body[0])
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
    level = np.array([1, 0, 1], np.float32)
    turned = (body - body[0, 0] * level) @ turn.T
    return turned + last[0] * level


def _blend(before: np.ndarray, after: np.ndarray, frames: int) -> np.ndarray:
    """(frames, 22, 3) between two poses, slow at both ends."""
    share = (np.arange(1, frames + 1, dtype=np.float32) / (frames + 1))[:, None, None]
    share = share * share * (3 - 2 * share)
    return before * (1 - share) + after * share
