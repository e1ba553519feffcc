"""Frames of scenes with what they show, endlessly: what the video encoder learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamo.data.ask_pixels import FROM, NOTHING, article, people_answer
from llamo.data.clips import LabelledClip
from llamo.data.library import PACK_WEIGHTS
from llamo.data.question import CANT_TELL
from llamo.data.scenes import Staged, stage
from llamo.data.scenes.colours import NAMES
from llamo.data.scenes.facts import CAMERA_SIDES, Facts, facts_by_frame
from llamo.data.scenes.film import boxes_of, frames_of
from llamo.data.scenes.painter import Painter, joints_at
from llamo.data.scenes.things import KINDS
from llamo.encoders.views import square_around, views_of

HIDDEN = "hidden"
_HANDS = (NOTHING, *KINDS, HIDDEN)

TARGETS: dict[str, tuple[str, ...]] = {
    "top": NAMES,
    "bottom": (*NAMES, HIDDEN),
    "left hand": _HANDS,
    "right hand": _HANDS,
    "thing's colour": NAMES,
    "camera": CAMERA_SIDES,
    "people": tuple(people_answer(count) for count in range(1, 5)),
}
"""What is told of a frame, and the answers."""


def spoken(target: str, answer: str) -> str:
    """An answer of a target, as questions are answered."""
    if answer == HIDDEN:
        return CANT_TELL
    if target == "camera":
        return FROM[answer]
    return article(answer) if answer in KINDS else answer


FRAMES_OF_A_SCENE = 2
_JOINTS = 22
_NO_BOX = 0.2
"""Share of scenes in which nobody says where the person is: the whole picture stands in."""


@dataclass(frozen=True)
class FrameBatch:
    """Frames with their targets.

    Args:
        squares: (N, V, 3, side, side) uint8, what the encoder sees.
        targets: (N, targets) int64, -1 where unknown.
        joints: (N, 22, 2) of the person, in sides of the person's square from its middle; NaN
            where out of it.
    """

    squares: np.ndarray
    targets: np.ndarray
    joints: np.ndarray

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As a batch of the training loop."""
        return self.squares, self.targets, self.joints


class SceneFrames:
    """Draws frames of scenes of labelled clips.

    Args:
        clips: Whose motions are filmed; packs are as frequent as in the questions.
        views, side: What the encoder sees of each frame.
        held_out: Take backdrops that training never shows.
    """

    def __init__(
        self,
        clips: Sequence[LabelledClip],
        views: Sequence[str],
        side: int,
        held_out: bool = False,
    ) -> None:
        self._views, self._side, self._held_out = tuple(views), side, held_out
        self._packs: dict[str, list[LabelledClip]] = {}
        for clip in clips:
            self._packs.setdefault(clip.pack, []).append(clip)
        weights = np.array([PACK_WEIGHTS.get(pack, 0.1) for pack in self._packs])
        self._shares = weights / weights.sum()

    def batch(self, count: int, rng: np.random.Generator) -> FrameBatch:
        """``count`` frames, a few of each scene."""
        parts = []
        for first in range(0, count, FRAMES_OF_A_SCENE):
            parts.append(self._scene(min(FRAMES_OF_A_SCENE, count - first), rng))
        squares, targets, joints = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("squares", "targets", "joints")
        )
        return FrameBatch(squares, targets, joints)

    def _clip(self, rng: np.random.Generator) -> LabelledClip:
        pack = list(self._packs)[int(rng.choice(len(self._packs), p=self._shares))]
        return self._packs[pack][int(rng.integers(len(self._packs[pack])))]

    def _scene(self, frames: int, rng: np.random.Generator) -> FrameBatch:
        motion = self._clip(rng).motion
        if rng.random() < 0.5:
            motion = motion.mirror()
        others = [self._clip(rng).motion for _ in range(2)]
        scene = stage(motion, rng, others=others, held_out=self._held_out)
        times_s = np.sort(rng.uniform(0, motion.duration_s, frames))
        boxes = jittered(boxes_of(scene, times_s), rng)
        if rng.random() < _NO_BOX:
            boxes[:] = np.nan
        painter = Painter(scene, times_s)
        return FrameBatch(
            views_of(frames_of(painter), boxes, self._views, self._side),
            np.array([targets_of(facts) for facts in facts_by_frame(painter)]),
            _joints_in(scene, times_s, boxes),
        )


def targets_of(facts: Facts) -> tuple[int, ...]:
    """Places in ``TARGETS`` of what a frame shows, -1 for what it does not tell."""
    colours = [one for one in (facts.left_colour, facts.right_colour) if one is not None]
    said = {
        "top": facts.top,
        "bottom": facts.bottom or HIDDEN,
        "left hand": facts.left or HIDDEN,
        "right hand": facts.right or HIDDEN,
        "thing's colour": colours[0] if len(colours) == 1 else None,
        "camera": facts.camera,
        "people": None if facts.people is None else people_answer(facts.people),
    }
    return tuple(
        -1 if (answer := said[name]) is None else answers.index(answer)
        for name, answers in TARGETS.items()
    )


def jittered(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Boxes (S, B, 4) as a detector would find them: a little off in place and size."""
    size = np.tile(boxes[..., 2:] - boxes[..., :2], 2)
    return boxes + size * rng.normal(0, 0.05, boxes.shape)


def _joints_in(scene: Staged, times_s: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    pixels, _ = scene.camera.project(joints_at(scene, 0, times_s))  # (S, 22, 2)
    out = np.empty((len(times_s), _JOINTS, 2), np.float32)
    for row, box in enumerate(boxes[:, 0]):
        x, y, reach = square_around(box, scene.camera.size)
        out[row] = (pixels[row] - [x, y]) / reach
    out[np.abs(out).max(2) > 0.5] = np.nan
    return out
