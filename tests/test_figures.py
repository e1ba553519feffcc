"""Figures do what they are told, on the side they are told, with feet that stand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import find_peaks

from llamo.body import bone_lengths
from llamo.data.figure_actions import ACTIONS
from llamo.data.figure_timeline import Timeline
from llamo.data.figures import Act, make_figure, perform
from llamo.errors import InvalidData
from llamo.formats import read_motion
from llamo.motion import Motion
from llamo.skeleton import SMPL22

ROOT = Path(__file__).resolve().parent.parent


def joint(motion: Motion, name: str) -> np.ndarray:
    return motion.joints[:, SMPL22.index(name)]


def path_m(motion: Motion, name: str) -> float:
    """How far a joint travels, seen from the pelvis."""
    seen = joint(motion, name) - joint(motion, "pelvis")
    return float(np.linalg.norm(np.diff(seen, axis=0), axis=1).sum())


def every_act() -> list[tuple[str, str | None]]:
    return [
        (name, side)
        for name, action in ACTIONS.items()
        if name != "stand up"
        for side in (action.sides or (None,))
    ]


def test_timeline_moves_with_minimum_jerk():
    line = Timeline({"x": 0.0})
    line.wait(1.0)
    line.move(2.0, x=1.0)
    times = np.array([0.5, 1.0, 1.5, 2.0, 3.0])
    # Flash and Hogan: 10 u^3 - 15 u^4 + 6 u^5, at u = 1/4 that is 0.103515625.
    np.testing.assert_allclose(line.sample(times)["x"], [0, 0, 0.103515625, 0.5, 1], atol=1e-12)


def test_timeline_passes_a_key_on_the_way_without_stopping():
    line = Timeline({"x": 0.0})
    line.move(1.0, x=1.0)
    line.move(1.0, x=2.0)
    speed = np.gradient(line.sample(np.linspace(0, 2, 201))["x"], 0.01)
    assert speed[100] == pytest.approx(1.0, abs=0.01)
    assert speed.min() >= 0


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_five_squats_lower_the_pelvis_five_times(seed):
    rng = None if seed is None else np.random.default_rng(seed)
    height = joint(make_figure("squat", repetitions=5, rng=rng), "pelvis")[:, 1]
    assert len(find_peaks(-height, prominence=0.2)[0]) == 5


@pytest.mark.parametrize(("action", "mover"), [
    ("wave", "wrist"), ("raise", "wrist"), ("punch", "wrist"), ("kick", "ankle"),
])  # fmt: skip
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_named_side_moves(action, mover, side, rng):
    other = {"left": "right", "right": "left"}[side]
    motion = make_figure(action, side=side, repetitions=2, rng=rng)
    assert path_m(motion, f"{side}_{mover}") > 1.5 * path_m(motion, f"{other}_{mover}")


def test_left_is_the_mirror_of_right():
    left = make_figure("kick", side="left")
    right = make_figure("kick", side="right")
    np.testing.assert_allclose(left.mirror().joints, right.joints, atol=1e-5)
    np.testing.assert_allclose(left.mirror().rotations, right.rotations, atol=1e-5)


@pytest.mark.parametrize("heading", [0.0, 90.0, -150.0])
def test_walks_and_turns_go_where_they_say(heading):
    ahead = np.array([np.sin(np.radians(heading)), np.cos(np.radians(heading))])
    left = np.array([ahead[1], -ahead[0]])
    for side, way in (("forward", ahead), ("backwards", -ahead), ("left", left), ("right", -left)):
        pelvis = joint(make_figure("walk", side=side, repetitions=4, heading=heading), "pelvis")
        moved = (pelvis[-1] - pelvis[0])[[0, 2]]
        assert moved @ way > 0.5
        assert moved @ way == pytest.approx(np.linalg.norm(moved), rel=0.02)
    for side, sign in (("left", 1), ("right", -1)):
        turned = np.unwrap(make_figure("turn", side=side, heading=heading).headings())
        assert np.degrees(turned[-1] - turned[0]) == pytest.approx(sign * 90, abs=3)


@pytest.mark.parametrize(("action", "side"), every_act())
def test_figures_keep_their_bones_and_stand_on_the_floor(action, side):
    rng = np.random.default_rng(7)
    motion = make_figure(action, side=side, repetitions=2, rng=rng, fps=20)
    lengths = bone_lengths(motion.joints)
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[0], lengths.shape), atol=1e-4)
    assert motion.joints[..., 1].min() > -0.005
    feet = motion.joints[:, [SMPL22.index("left_foot"), SMPL22.index("right_foot")]]
    if "jump" not in action:
        assert feet[..., 1].min(axis=1).max() < 0.01
    planted = (feet[1:, :, 1] < 0.003) & (feet[:-1, :, 1] < 0.003)
    slide = np.linalg.norm(np.diff(feet[..., [0, 2]], axis=0), axis=-1) * motion.fps
    assert np.quantile(slide[planted], 0.95) < 0.15
    speed = np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1) * motion.fps
    assert speed.max() < 14


def test_a_routine_says_when_each_act_happens(rng):
    acts = [Act("wave", "right", 3), Act("squat", repetitions=2), Act("kick", "left")]
    motion, spans = perform(acts, rng=rng)
    assert [span.act for span in spans] == acts
    wave, squat, kick = (motion.trim(span.start_s, span.end_s) for span in spans)
    assert joint(wave, "right_wrist")[:, 1].max() > joint(wave, "right_shoulder")[:, 1].max()
    assert np.ptp(joint(squat, "pelvis")[:, 1]) > 0.25 > np.ptp(joint(kick, "pelvis")[:, 1])
    assert joint(kick, "left_ankle")[:, 1].max() > 0.4


def test_the_same_seed_gives_the_same_figure_and_another_one_another():
    first, again, other = (make_figure("jump", rng=np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.joints, again.joints)
    assert len(first) != len(other) or not np.allclose(first.joints, other.joints, atol=0.01)


def test_sitting_down_and_standing_up():
    motion, (down, up) = perform([Act("sit down"), Act("stand up")])
    height = joint(motion, "pelvis")[:, 1]
    assert height[motion.frame_at((down.end_s + up.start_s) / 2)] < 0.65 * height[0]
    assert height[-1] == pytest.approx(height[0], abs=0.01)


@pytest.mark.parametrize(("arguments", "says"), [
    (("fly",), "cannot 'fly'"), (("wave", "up"), "no side 'up'"), (("squat", "left"), "no side"),
    (("squat", None, 0), "repetitions"), (("squat", None, 1, 0.0), "tempo_s"),
    (("stand up",), "sit down"),
])  # fmt: skip
def test_impossible_acts_are_refused(arguments, says):
    with pytest.raises(InvalidData, match=says):
        perform([Act(*arguments)])


def test_examples_are_what_their_script_makes(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "examples"), *sys.path])
    import make_examples

    make_examples.main(tmp_path)
    for name in make_examples.EXAMPLES:
        made, shipped = (read_motion(d / f"{name}.npz") for d in (tmp_path, ROOT / "examples"))
        assert shipped.fps == made.fps
        np.testing.assert_allclose(made.joints, shipped.joints, atol=2e-3)
