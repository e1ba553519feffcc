"""The film among the examples: what its script makes, and a person to the pose detector."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from llamo import Assistant, read_motion
from llamo.video import read_video

pytest.importorskip("av")
pytest.importorskip("cv2")

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_film_is_what_its_script_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    import make_examples

    motion = read_motion(EXAMPLES / "squats.npz")
    make_examples.film(motion, tmp_path / "squats.mp4")
    made, shipped = (read_video(folder / "squats.mp4") for folder in (tmp_path, EXAMPLES))
    np.testing.assert_allclose(made.times_s, shipped.times_s, atol=2e-3)
    assert shipped.times_s[-1] == pytest.approx(motion.duration_s, abs=0.2)
    difference = np.abs(made.frames.astype(int) - shipped.frames).mean(axis=(1, 2, 3))
    assert difference.max() < 3  # of 255; another version of the codec may write it otherwise
    other_moment = np.abs(shipped.frames[5].astype(int) - shipped.frames[32]).mean()
    assert other_moment > 5 * difference.max()


def test_its_squats_are_counted(weights_dir: Path):
    pytest.importorskip("mediapipe")
    session = Assistant.from_pretrained(weights_dir, device="cpu").open(EXAMPLES / "squats.mp4")
    answer = session.ask("How many squats does the person do?")
    assert answer.answer == "5"
    assert session.ask("Which way does the person go in the picture?").answer == "stays in place"
    assert session.ask("How many people are there?").answer == "1 person"
