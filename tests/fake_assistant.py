"""A fake in the assistant's place, clips that it can tell apart, and files of lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from llamo.motion import Motion


@dataclass
class FakeAnswer:
    answer: str
    confidence: float
    abstained: bool = False


@dataclass
class FakeAssistant:
    """Tells the height that the clip's pelvis reaches: a still clip is one, its motion another."""

    name: str = "fake"
    fingerprint: str = "of these weights"
    fail_after: int | None = None
    opened: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, clip: str | Motion, fps: float | None = None, up: str | None = None) -> float:
        from llamo.formats import read_motion

        self.opened.append(clip)
        motion = clip if isinstance(clip, Motion) else read_motion(clip, fps=fps, up=up)
        return float(motion.joints[:, 0, 1].max())

    def answer_batch(
        self,
        pairs: list[tuple[float, str]],
        batch_size: int = 64,
        use_motion_tokens: bool = True,
        use_kinematic_text: bool = True,
    ) -> list[FakeAnswer]:
        answers = []
        for height, question in pairs:
            if self.fail_after is not None and len(self.asked) >= self.fail_after:
                raise KeyboardInterrupt
            self.asked.append(question)
            if "why" in question:
                answers.append(FakeAnswer("I can't tell: no sound.", 0.9, abstained=True))
            elif not use_motion_tokens:
                answers.append(FakeAnswer("no idea", 0.1))
            else:
                answers.append(FakeAnswer("It jumps." if height > 1.2 else "It walks.", 0.8))
        return answers


def standing(frames: int = 20) -> np.ndarray:
    """(T, 22, 3) a pose with the pelvis at 1 m and the head at 1.6 m, y-up."""
    joints = np.zeros((frames, 22, 3), np.float32)
    heights = np.linspace(0, 1.6, 22)
    joints[:, :, 1] = heights
    joints[:, 0, 1], joints[:, 15, 1] = 1.0, 1.6
    joints[:, [1, 4, 7, 10, 13, 16, 18, 20], 0] = 0.2
    joints[:, [2, 5, 8, 11, 14, 17, 19, 21], 0] = -0.2
    return joints


def jumping() -> np.ndarray:
    joints = standing()
    joints[8:12, :, 1] += 0.5  # the mean pose lies 0.1 m above standing
    return joints


def write_lines(path: Path, lines: list[dict[str, Any] | str]) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
