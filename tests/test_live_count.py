"""The count as it runs: told soon, never before, and in the end that of the whole clip."""

from __future__ import annotations

import numpy as np
import pytest
from closed_form import jump, pendulum_swing, squats, walk
from pushing import pushed

from llamo.data.figures import make_figure
from llamo.kinematics import Moment, find_repetitions, measure_motion
from llamo.kinematics.running import WINDOW_S
from llamo.live import GAP_S, LiveSession
from llamo.live_update import LiveUpdate
from llamo.motion import Motion
from llamo.skeleton import SMPL22


def counted(
    motion: Motion, exercise: str | None, every_s: float = 0.5
) -> tuple[LiveUpdate, list[Moment]]:
    """The last update, and all that happened."""
    with LiveSession(exercise=exercise, wait=True, every_s=every_s) as live:
        events = [one for update in pushed(live, motion) for one in update.events]
        last = live.stop()
        return last, [*events, *last.events]


def test_squats_are_told_as_they_begin_turn_and_end():
    motion = squats(fps=30, lasts_s=2.0, rest_s=1.0, count=3)
    last, events = counted(motion, "squat", every_s=0.25)
    assert last.count == 3
    assert [(one.name, one.number) for one in events] == [
        (name, number) for number in (1, 2, 3) for name in ("start", "deepest", "end")
    ]
    for one in events:
        begins_s = 1.0 + 3.0 * (one.number - 1)
        due_s = begins_s + {"start": 0.0, "deepest": 1.0, "end": 2.0}[one.name]
        assert one.time_s == pytest.approx(due_s, abs=0.05)


def test_events_are_told_soon_after_they_happen_and_never_before():
    told: list[tuple[float, Moment]] = []
    with LiveSession(exercise="squat", wait=True, every_s=0.25) as live:
        for update in pushed(live, squats(fps=20, count=2)):
            told += [(update.time_s, one) for one in update.events]
    assert len(told) == 6
    for now_s, one in told:
        assert 0 <= now_s - one.time_s < 0.8, one


@pytest.mark.parametrize(
    ("motion", "exercise"),
    [
        (squats(fps=30, count=4, rest_s=0.0), "squat"),
        (squats(fps=15, count=3), None),
        (squats(fps=60, count=2, lasts_s=1.2, rest_s=0.3), "squat"),
        (jump(30)[0], "jump"),
        (pendulum_swing(60), "golf_swing"),
        (walk(30), "walk"),
        (make_figure("wave", side="left", repetitions=4), None),
        (make_figure("squat", repetitions=5, rng=np.random.default_rng(1)), None),
    ],
    ids=["without rest", "unnamed", "fast", "jump", "swing", "walk", "wave", "somebody"],
)
def test_the_count_after_the_last_frame_is_that_of_the_whole_clip(motion, exercise):
    last, _ = counted(motion, exercise, every_s=1.0)
    if exercise is None:
        assert last.count == find_repetitions(motion).count > 0
    else:
        assert last.count == len(measure_motion(motion, exercise=exercise).performances) > 0


def test_a_twitch_at_the_beginning_is_not_told():
    still = squats(fps=30, count=1, rest_s=1.0)
    joints = still.joints.copy()
    joints[:4, :, 0] += np.linspace(0.3, 0, 4)[:, None]  # the detector settles
    joints[:4, SMPL22.index("left_wrist"), 1] += np.linspace(0.4, 0, 4)
    told = []
    with LiveSession(wait=True, every_s=0.25) as live:
        for update in pushed(live, Motion(joints, 30)):
            told += [one for one in update.events if update.time_s < 1.9]
    assert told == []


@pytest.mark.parametrize("exercise", ["squat", None])
@pytest.mark.parametrize("seed", range(6))
def test_any_squats_are_counted_like_the_whole_clip(seed, exercise):
    rng = np.random.default_rng(seed)
    motion = squats(
        fps=float(rng.choice([10, 15, 25, 30])),
        depth_deg=rng.uniform(50, 120),
        lasts_s=rng.uniform(1.2, 3.0),
        rest_s=rng.uniform(0.2, 2.0),
        count=int(rng.integers(1, 6)),
    )
    shaken = motion.joints + rng.normal(0, 0.004, motion.joints.shape)
    last, events = counted(Motion(shaken, motion.fps), exercise, every_s=0.7)
    if exercise is None:
        assert last.count == find_repetitions(Motion(shaken, motion.fps)).count
    else:
        found = measure_motion(Motion(shaken, motion.fps), exercise=exercise).performances
        assert last.count == len(found)
        assert sum(one.name == "deepest" for one in events) == last.count


def test_the_count_goes_on_past_the_window():
    motion = squats(fps=15, count=14)  # 43 s
    assert motion.duration_s > WINDOW_S
    last, events = counted(motion, "squat", every_s=2.0)
    assert last.count == 14
    assert [one.number for one in events if one.name == "end"] == list(range(1, 15))
    last, _ = counted(motion, None, every_s=3.0)
    assert last.count == pytest.approx(14, abs=1)


def test_a_squat_held_through_the_cut_is_still_counted():
    down = squats(fps=10, count=1, rest_s=11.0)  # turns at 12 s
    held = np.concatenate([down.joints[:121], np.repeat(down.joints[120:121], 200, axis=0)])
    up = np.concatenate([held, down.joints[121:]])  # comes back after 20 s at its deepest
    last, _ = counted(Motion(up, 10), "squat", every_s=1.0)
    assert last.count == 1


def test_a_pause_keeps_the_count_and_begins_a_new_window():
    motion = squats(fps=15, count=2)
    with LiveSession(exercise="squat", wait=True) as live:
        list(pushed(live, motion))
        last = list(pushed(live, motion, motion.duration_s + GAP_S + 1))[-1]
        assert live.stop().count == 4
    assert last.cue is None


def test_a_shaky_clock_is_counted_like_a_steady_one(rng):
    motion = squats(fps=30, count=3)
    steps = rng.uniform(0.02, 0.05, len(motion))
    times_s = np.cumsum(steps)
    shown = motion.resample(30).joints
    at = np.interp(times_s, motion.times_s, np.arange(len(motion))).round().astype(int)
    with LiveSession(exercise="squat", wait=True, every_s=1.0) as live:
        for place, time_s in zip(at, times_s, strict=True):
            live.push_motion(shown[place], 1e5 + time_s)  # seconds since the machine started
        assert live.stop().count == 3
