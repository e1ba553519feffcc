"""An actor with a body and habits, who stands, steps and reaches on a timeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from llamo.body import TEMPLATE_OFFSETS
from llamo.data.figure_pose import REST, SIDES, SIGN, pose, reach
from llamo.data.figure_timeline import Timeline
from llamo.motion import Motion
from llamo.skeleton import SMPL22

_SWAY = {
    "pelvis_left": 0.008, "pelvis_forward": 0.008, "pelvis_yaw": 0.8, "lean": 0.9,
    "bend_left": 0.8, "twist_left": 1.2, "head_left": 3.0, "head_pitch": 2.0,
}  # fmt: skip
"""Spread of the small movements at rest: leg lengths for the pelvis' place, else degrees."""


@dataclass(frozen=True)
class Body:
    """Bones and habits of one person.

    Args:
        offsets: (22, 3) metres, each joint from its parent in the T-pose.
        hang: Arm angles at rest, degrees.
        stance: Half the distance between the feet, in leg lengths.
        toes_out: Degrees that each foot points outwards.
        stoop: Degrees that the trunk leans at rest.
        sway: Size of the small movements at rest, 1 is usual, 0 none.
        variation: Spread of tempo and size from one repetition to the next, as a share.
    """

    offsets: np.ndarray
    hang: dict[str, float]
    stance: float = 0.13
    toes_out: float = 8.0
    stoop: float = 2.0
    sway: float = 0.0
    variation: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator | None) -> Body:
        """A random person; without a generator the template, who does all alike each time."""
        if rng is None:
            return cls(np.array(TEMPLATE_OFFSETS), _hang(3, 8, 10, 14))
        offsets = np.array(TEMPLATE_OFFSETS) * rng.uniform(0.88, 1.13)
        limbs = {"hip": "hip", "shoulder": "shoulder", "elbow": "arm", "wrist": "arm",
                 "knee": "leg", "ankle": "leg"}  # fmt: skip
        scale = {part: rng.uniform(0.93, 1.07) for part in ("hip", "shoulder", "arm", "leg")}
        for joint, part in limbs.items():
            for side in SIDES:
                offsets[SMPL22.index(f"{side}_{joint}")] *= scale[part]
        return cls(
            offsets,
            _hang(*rng.normal((3, 9, 10, 16), (3, 2.5, 8, 5))),
            stance=rng.uniform(0.10, 0.19),
            toes_out=rng.uniform(2, 16),
            stoop=rng.normal(2, 2.5),
            sway=rng.uniform(0.4, 1.4),
            variation=rng.uniform(0.02, 0.09),
        )


def _hang(flexion: float, abduction: float, inward: float, elbow: float) -> dict[str, float]:
    return {
        "shoulder_flexion": flexion,
        "shoulder_abduction": max(abduction, 3.0),
        "shoulder_inward": inward,
        "elbow_flexion": max(elbow, 4.0),
    }


class Actor:
    """Keeps where a figure stands, and turns moves as the figure sees them into key values.

    Lengths are in leg lengths, angles in degrees, times in seconds.

    Args:
        body: Bones and habits.
        rng: Draws variation; None repeats all alike.
        heading: Degrees that the figure faces at the start, 0 = +z, positive to its left.
    """

    def __init__(
        self, body: Body, rng: np.random.Generator | None = None, heading: float = 0.0
    ) -> None:
        self.body = body
        self.rng = rng
        self.seated = False
        self.x = self.z = 0.0
        self.heading = heading
        rest = {**REST, "heading": heading, **self.upright()}
        for side in SIDES:
            rest |= self.foot_at(side)
        self.line = Timeline(rest)

    def vary(self, value: float) -> float:
        """The value as it comes out this time."""
        if self.rng is None:
            return value
        return value * (1 + self.body.variation * float(np.clip(self.rng.normal(), -2, 2)))

    def arms(self, *sides: str, **angles: float) -> dict[str, float]:
        """Arm angles for the sides, in key values."""
        return {f"{side}_{name}": value for side in sides for name, value in angles.items()}

    def reach(
        self, side: str, left: float, up: float, forward: float, inward: float = 0.0
    ) -> dict[str, float]:
        """Bring a wrist to a place given from the middle between the shoulders, in arm lengths."""
        bones = (SMPL22.index(f"{side}_{joint}") for joint in ("elbow", "wrist"))
        arm = sum(float(np.linalg.norm(self.body.offsets[bone])) for bone in bones)
        return reach(self.body.offsets, side, (left * arm, up * arm, forward * arm), inward)

    def upright(self) -> dict[str, float]:
        """Trunk, pelvis and arms as they are at rest; the feet stay where they are."""
        keep = ("place_x", "place_z", "heading", "_foot_", "_heel_")
        rest = {name: value for name, value in REST.items() if not any(k in name for k in keep)}
        return rest | {"lean": self.body.stoop} | self.arms(*SIDES, **self.body.hang)

    def foot_at(
        self, side: str, forward: float = 0.0, out: float = 0.0, turn: float = 0.0
    ) -> dict[str, float]:
        """Key values of a foot on the floor, from its usual place beside the other one.

        Args:
            side: "left" or "right".
            forward: Leg lengths ahead of the usual place.
            out: Leg lengths away from the other foot.
            turn: Degrees outwards beyond the usual.
        """
        left = SIGN[side] * (self.body.stance + out)
        facing = np.radians(self.heading)
        forward += 0.1  # the ankle, not the ball, stands under the hip
        return {
            f"{side}_foot_x": self.x + left * np.cos(facing) + forward * np.sin(facing),
            f"{side}_foot_z": self.z - left * np.sin(facing) + forward * np.cos(facing),
            f"{side}_foot_turn": self.heading + SIGN[side] * (self.body.toes_out + turn),
        }

    def go(self, forward: float = 0.0, left: float = 0.0, turn: float = 0.0) -> dict[str, float]:
        """Move the place where the figure stands; its key values."""
        facing = np.radians(self.heading)
        self.x += left * np.cos(facing) + forward * np.sin(facing)
        self.z += forward * np.cos(facing) - left * np.sin(facing)
        self.heading += turn
        return {"place_x": self.x, "place_z": self.z, "heading": self.heading}

    def step(self, side: str, seconds: float, lift: float = 0.07, **where: float) -> None:
        """Bring a foot to a place through the air, while other things move; time stays."""
        self.line.start(seconds, **self.foot_at(side, **where))
        self.line.start(seconds / 2, **{f"{side}_foot_y": lift})
        self.line.start(seconds, **{f"{side}_foot_y": 0.0})

    def motion(self, fps: float) -> Motion:
        """What the timeline holds so far, as joints and rotations."""
        time_s = np.arange(max(1, round(self.line.now_s * fps))) / fps
        values = self.line.sample(time_s)
        self._sway(values, fps)
        joints, rotations = pose(values, self.body.offsets, fps)
        return Motion(joints, fps=fps, skeleton=SMPL22, rotations=rotations)

    def _sway(self, values: dict[str, np.ndarray], fps: float) -> None:
        if self.rng is None or not self.body.sway:
            return
        sizes = dict(_SWAY)
        for side in SIDES:
            for name in self.body.hang:
                sizes[f"{side}_{name}"] = 1.6
        for name, size in sizes.items():
            noise = gaussian_filter1d(self.rng.normal(size=len(values[name]) + 1), 0.5 * fps)[1:]
            # A Gaussian filter of width s shrinks white noise by sqrt(2 s sqrt(pi)).
            noise *= np.sqrt(2 * 0.5 * fps * np.sqrt(np.pi))
            values[name] = values[name] + self.body.sway * size * noise
