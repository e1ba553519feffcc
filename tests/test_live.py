"""A camera or a source of poses, frame by frame: the count as it runs, and what is refused."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from closed_form import jump, pendulum_swing, squats, walk
from seen_figures import LEVEL, see
from typer.testing import CliRunner
from video_files import STEADY, make

from llamo import camera
from llamo.cli import app
from llamo.data.drawn_people import draw
from llamo.data.figures import make_figure
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.encoders.estimator.live import LivePose, Seen, _within
from llamo.errors import InvalidMotion, InvalidVideo, LlamoError, ModelError, NothingToEstimate
from llamo.kinematics import Moment, find_repetitions, measure_motion
from llamo.kinematics.running import WINDOW_S
from llamo.live import GAP_S, LiveSession
from llamo.live_update import LiveUpdate
from llamo.motion import Motion
from llamo.presence import BACK, LOST, Presence
from llamo.rolling import MOST_HZ, Rolling, motion_of_rows
from llamo.skeleton import SMPL22
from llamo.video import read_video
from llamo.video.writing import write_video


def pushed(live: LiveSession, motion: Motion, start_s: float = 0.0) -> Iterator[LiveUpdate]:
    """Push a motion, a frame at a time, from a moment on."""
    for place, time_s in enumerate(motion.times_s):
        sure = None if motion.confidence is None else motion.confidence[place]
        yield live.push_motion(motion.joints[place], start_s + float(time_s), sure)


def counted(
    motion: Motion, exercise: str | None, every_s: float = 0.5
) -> tuple[LiveUpdate, list[Moment]]:
    """The last update, and all that happened."""
    with LiveSession(exercise=exercise, wait=True, every_s=every_s) as live:
        events = [one for update in pushed(live, motion) for one in update.events]
        last = live.stop()
        return last, [*events, *last.events]


def frame(width: int = 64, height: int = 48) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


# Closed form.


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


def test_frames_that_come_faster_than_needed_are_dropped():
    with LiveSession(wait=True) as live:
        kept = [
            live.push_motion(np.zeros((22, 3)), place / (4 * MOST_HZ)).is_kept for place in range(9)
        ]
    assert kept == [place % 4 == 0 for place in range(9)]


def test_what_was_kept_is_a_clip_with_the_same_count():
    motion = squats(fps=30, count=3)
    with LiveSession(exercise="squat", wait=True, every_s=5.0) as live:
        list(pushed(live, motion))
        live.stop()
        clip = live.clip()
    np.testing.assert_allclose(clip.motion.joints, motion.joints, atol=1e-6)
    assert clip.motion.fps == pytest.approx(30)
    assert clip.motion.time_s is None and clip.notes == ()
    assert find_repetitions(clip.motion).count == 3


def test_only_the_last_seconds_are_kept_and_a_note_says_so():
    with LiveSession(wait=True, keep_s=60, every_s=1e6) as live:
        for place in range(80):
            live.push_motion(np.zeros((22, 3)), float(place))
        clip = live.clip()
    assert len(clip.motion) == 61
    assert clip.notes == ("only the last 60 s were kept",)


def test_a_session_can_be_asked_afterwards(tiny_model: Path):
    from llamo.assistant import Assistant

    assistant = Assistant.from_pretrained(tiny_model)
    with assistant.live("squat", wait=True, every_s=5.0) as live:
        list(pushed(live, squats(fps=20, count=2)))
        session = live.finish()
    assert session.count().count == 2
    assert session.ask("How many squats?").model == assistant.name


# Presence.


def test_who_is_lost_and_who_is_back_is_told_once():
    presence = Presence(SMPL22)
    here, gone = np.ones(22), np.zeros(22)
    assert presence.cue is None
    told = []
    for place in range(60):  # 10 frames a second: gone from 2 s, back from 4 s
        told.append(presence.see(gone if 20 <= place < 40 else here, place / 10))
        if place == 27:
            assert "nobody" in presence.cue
    assert [one for one in told if one] == [Moment(LOST, 2.0, 0), Moment(BACK, 4.0, 0)]
    assert presence.cue is None


def test_a_blink_of_the_detector_is_no_loss():
    presence = Presence(SMPL22)
    seen = [np.zeros(22) if place in (10, 11, 12) else np.ones(22) for place in range(30)]
    assert not any(presence.see(one, place / 10) for place, one in enumerate(seen))


def test_hidden_legs_are_named_and_one_hidden_arm_is_not():
    presence = Presence(SMPL22)
    confidence = np.ones(22)
    confidence[[SMPL22.index("left_wrist"), SMPL22.index("left_elbow")]] = 0
    for place in range(20):
        presence.see(confidence, place / 10)
    assert presence.cue is None
    confidence[[SMPL22.index(f"{side}_ankle") for side in ("left", "right")]] = 0
    for place in range(20, 40):
        presence.see(confidence, place / 10)
    assert presence.cue.startswith("step back") and "legs" in presence.cue


def test_leaving_in_the_middle_keeps_the_count():
    motion = squats(fps=15, count=2)
    gone = Motion(
        np.repeat(motion.joints[-1:], 30, axis=0), 15, confidence=np.zeros((30, 22))
    )  # 2 s
    with LiveSession(exercise="squat", wait=True) as live:
        updates = list(pushed(live, motion))
        updates += list(pushed(live, gone, motion.duration_s))
        updates += list(pushed(live, motion, motion.duration_s + 2))
        last = live.stop()
    names = [one.name for update in updates for one in update.events]
    assert names.count(LOST) == names.count(BACK) == 1
    assert last.count == 4
    assert any(update.cue and "nobody" in update.cue for update in updates)


# What is refused.


@pytest.mark.parametrize(
    ("time_s", "said"),
    [(1.0, "times must rise"), (0.5, "times must rise"), (np.nan, "number of seconds"),
     ("now", "number of seconds"), (np.inf, "number of seconds")],
)  # fmt: skip
def test_times_that_do_not_rise_are_one_line(time_s, said):
    with LiveSession(wait=True) as live:
        live.push_motion(np.zeros((22, 3)), 1.0)
        with pytest.raises(InvalidMotion, match=said) as failed:
            live.push_motion(np.zeros((22, 3)), time_s)
        assert "\n" not in str(failed.value)
        assert live.push_motion(np.zeros((22, 3)), 2.0).time_s == 2.0  # it goes on


@pytest.mark.parametrize(
    ("joints", "said"),
    [
        (np.zeros((5, 22, 3)), r"\(J, 3\)"),
        (np.zeros((7, 3)), "no joint set of 7"),
        (np.full((22, 3), np.nan), "NaN"),
        (np.full((22, 3), 1e6), "metres"),
        ("joints", r"\(J, 3\)"),
        ([[0, 0, 0], [1]], r"\(J, 3\)"),
        (np.zeros((33, 3)), "22 joints"),
    ],
)
def test_joints_of_no_body_are_one_line(joints, said):
    with LiveSession(wait=True) as live:
        live.push_motion(np.zeros((22, 3)), 0.0)
        if said.startswith("no joint set"):
            live = LiveSession()
        with pytest.raises(InvalidMotion, match=said):
            live.push_motion(joints, 1.0)


class StandIn:
    """Takes a frame, and answers when it is told to."""

    def __init__(self) -> None:
        self.offered: list[float] = []
        self.found: list[Seen] = []
        self.is_busy = False

    def offer(self, frame: np.ndarray, time_s: float) -> bool:
        if self.is_busy:
            return False
        self.offered.append(time_s)
        self.is_busy = True
        return True

    def take(self, wait: bool = False) -> Seen | None:
        if not self.found:
            return None
        self.is_busy = False
        return self.found.pop()

    def close(self) -> None:
        self.found.clear()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    made = StandIn()
    monkeypatch.setattr("llamo.encoders.estimator.live.LivePose", lambda: made)
    return made


def test_frames_that_come_while_the_detector_is_busy_are_dropped(stand_in):
    nobody = np.full((2, 33, 3), np.nan, np.float32)
    with LiveSession() as live:
        assert live.push(frame(), 0.0).is_kept
        assert not live.push(frame(), 0.1).is_kept
        assert not live.push(frame(), 0.2).is_kept
        stand_in.found.append(Seen(0.0, nobody, 0.25))
        update = live.push(frame(), 0.3)
    assert update.is_kept and stand_in.offered == [0.0, 0.3]
    assert (update.time_s, update.latency_ms) == (0.0, 250.0)
    assert (live.frames, live.looked_at) == (4, 1)
    assert "nobody" in update.cue and update.sides_sure is None


class Recorded(StandIn):
    """Sees in each frame what was recorded."""

    def __init__(self, records: np.ndarray) -> None:
        super().__init__()
        self.records = iter(records)

    def take(self, wait: bool = False) -> Seen | None:
        if not (self.is_busy and wait):
            return None
        self.is_busy = False
        return Seen(self.offered[-1], next(self.records), 0.0)


def records_of(landmarks: Landmarks) -> np.ndarray:
    """(T, 2, 33, 3) as a detector gives them."""
    share = landmarks.image / np.array(landmarks.size)
    seen = np.concatenate([share, landmarks.visibility[..., None]], axis=-1)
    return np.stack([seen, landmarks.world], axis=1)


def test_somebody_who_comes_back_nearer_keeps_the_count(monkeypatch):
    far = make_figure("squat", repetitions=3).resample(10)
    near = replace(LEVEL, distance_m=2.5)
    shown = [
        records_of(see(far)),
        np.full((20, 2, 33, 3), np.nan),
        records_of(see(make_figure("squat", repetitions=4).resample(10), camera=near)),
    ]
    records = np.concatenate(shown)
    monkeypatch.setattr("llamo.encoders.estimator.live.LivePose", lambda: Recorded(records))
    counts = []
    with LiveSession(exercise="squat", wait=True, every_s=1.0) as live:
        for place in range(len(records)):
            counts.append(live.push(frame(), place / 10).count)
        counts.append(live.stop().count)
    assert counts[-1] == 7
    assert (np.diff(counts) >= 0).all()


@pytest.mark.parametrize(
    "odd",
    [frame(65), frame().astype(float), frame()[..., 0], frame()[..., :2], frame()[:0], None, "x"],
    ids=["another size", "floats", "grey", "two channels", "empty", "none", "text"],
)
def test_odd_frames_are_one_line_and_it_goes_on(odd, stand_in):
    with LiveSession() as live:
        live.push(frame(), 0.0)
        with pytest.raises(InvalidVideo) as failed:
            live.push(odd, 1.0)
        assert "\n" not in str(failed.value)
        with pytest.raises(InvalidVideo, match="times must rise"):
            live.push(frame(), 0.0)
        live.push(frame(), 1.0)


def test_frames_and_joints_do_not_mix(stand_in):
    with LiveSession() as live:
        live.push(frame(), 0.0)
        with pytest.raises(InvalidMotion, match="takes frames"):
            live.push_motion(np.zeros((22, 3)), 1.0)
    with LiveSession() as live:
        live.push_motion(np.zeros((22, 3)), 0.0)
        with pytest.raises(InvalidVideo, match="takes joints"):
            live.push(frame(), 1.0)


def test_what_is_over_is_over():
    live = LiveSession()
    with pytest.raises(NothingToEstimate, match="none were pushed"):
        live.clip()
    assert live.stop().count == 0
    with pytest.raises(InvalidMotion, match="is over"):
        live.push_motion(np.zeros((22, 3)), 0.0)
    with pytest.raises(ModelError, match=r"Assistant\.live"):
        live.finish()


@pytest.mark.parametrize(
    "wishes", [{"exercise": "dancing"}, {"keep_s": 1.0}, {"every_s": 0.0}, {"keep_s": np.nan}]
)
def test_wishes_that_cannot_be_are_refused(wishes):
    with pytest.raises(LlamoError):
        LiveSession(**wishes)


# The parts.


def test_rolling_forgets_what_is_old():
    rolling = Rolling(10.0)
    for place in range(30):
        rolling.append(np.array([place]), float(place))
    rows, times_s = rolling.since(25.0)
    assert len(rolling) == 11 and rolling.has_forgotten
    assert rows[:, 0].tolist() == times_s.tolist() == [25, 26, 27, 28, 29]


def test_rows_are_the_motion_they_came_from():
    rows = np.random.default_rng(0).normal(size=(5, 22, 4))
    rows[..., 3] = 0.5
    motion = motion_of_rows(rows, 7 + np.array([0, 0.1, 0.2, 0.3, 0.7]), SMPL22)
    assert motion.fps == pytest.approx(10)
    np.testing.assert_allclose(motion.times_s, [0, 0.1, 0.2, 0.3, 0.7], atol=1e-6)
    np.testing.assert_allclose(motion.confidence, 0.5)


def test_the_last_seconds_of_landmarks_are_the_motion_seen():
    from llamo.encoders.estimator.live import confidence_of, estimate_latest

    landmarks = see(make_figure("squat", repetitions=3))
    records = records_of(landmarks)
    estimate = estimate_latest(records, 50 + landmarks.times_s, landmarks.size)
    assert find_repetitions(estimate.motion).count == 3
    assert confidence_of(records[0]).min() > 0.5
    assert estimate_latest(np.full_like(records, np.nan), landmarks.times_s, (64, 64)) is None
    assert confidence_of(np.full((2, 33, 3), np.nan)).tolist() == [0.0] * 33


def test_large_pictures_are_made_small_also_when_their_channels_are_turned_round():
    pytest.importorskip("cv2")
    picture = np.zeros((900, 1600, 3), np.uint8)
    picture[..., 0] = 200
    small = _within(picture[..., ::-1], 720)
    assert small.shape == (405, 720, 3)
    assert small[0, 0].tolist() == [0, 0, 200]
    kept = _within(frame(), 720)
    assert kept.shape == frame().shape and kept.flags.owndata


def test_a_detector_that_ends_is_one_line(monkeypatch):
    pytest.importorskip("mediapipe")
    code = "import sys, json; print('{}', flush=True); sys.stdin.buffer.readline()"
    monkeypatch.setattr(
        "llamo.encoders.estimator.detection.child_command",
        lambda: [sys.executable, "-c", code],
    )
    pose = LivePose()
    assert pose.offer(frame(), 0.0)
    with pytest.raises(InvalidVideo, match="ended while it looked"):
        pose.take(wait=True)
    pose.close()


def test_a_detector_that_hangs_is_ended(monkeypatch):
    pytest.importorskip("mediapipe")
    code = "import time; time.sleep(100)"
    monkeypatch.setattr(
        "llamo.encoders.estimator.detection.child_command",
        lambda: [sys.executable, "-c", code],
    )
    monkeypatch.setattr("llamo.encoders.estimator.live.START_S", 0.2)
    pose = LivePose()
    assert pose.offer(frame(), 0.0)
    time.sleep(0.3)
    with pytest.raises(InvalidVideo, match="stopped answering"):
        pose.offer(frame(), 1.0)


@pytest.fixture(scope="module")
def squatting() -> np.ndarray:
    """(T, h, w, 3): somebody squats twice, 10 frames a second."""
    pytest.importorskip("mediapipe")
    pytest.importorskip("cv2")
    return draw(make_figure("squat", repetitions=2).resample(10))


def test_a_drawn_person_is_counted_from_frames_and_lost_when_gone(squatting):
    wall = np.repeat(squatting[:1, :1, :1], 10, axis=0) + np.zeros_like(squatting[:10])
    with LiveSession(exercise="squat", wait=True, every_s=1.0) as live:
        shown = np.concatenate([squatting, wall])
        updates = [live.push(picture, place / 10) for place, picture in enumerate(shown)]
        updates.append(live.stop())
        clip = live.clip()
    assert all(update.is_kept for update in updates[:-1])
    assert updates[-1].count == 2
    assert sum(one.name == LOST for update in updates for one in update.events) == 1
    assert "nobody" in updates[-1].cue
    assert clip.motion.skeleton.name == "mediapipe33" and clip.sides_told
    assert min(updates[20].confidence[name] for name in ("left_knee", "right_knee")) > 0.5


# The command line.


def test_a_file_is_read_in_pieces_that_make_the_whole(tmp_path, monkeypatch):
    pytest.importorskip("av")
    path = make(tmp_path / "clip.mp4", stamps=STEADY)  # a second at 25 Hz
    monkeypatch.setattr(camera, "PIECE_S", 0.5)
    monkeypatch.setattr(camera, "_LEFT_S", 0.1)
    times_s = [time_s for _, time_s in camera.pictures(str(path), in_time=False)]
    np.testing.assert_allclose(times_s, read_video(path).times_s, atol=1e-3)


def test_a_file_is_played_at_its_own_clock(tmp_path):
    pytest.importorskip("av")
    path = make(tmp_path / "clip.mp4", stamps=STEADY[:10])
    came = [(time.monotonic(), time_s) for _, time_s in camera.pictures(str(path))]
    assert came[-1][0] - came[0][0] >= came[-1][1] - 0.01 > 0.3


def test_a_video_plays_the_part_of_the_camera(squatting, tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "squats.mp4"
    write_video(path, squatting, np.arange(len(squatting)) / 10)
    words = ["live", "--camera", str(path), "--exercise", "squat", "--every-frame"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    *events, last = done.stdout.splitlines()
    assert [line.split()[2:] for line in events] == [
        [number, name] for number in "12" for name in ("start", "deepest", "end")
    ]
    assert last == f"count 2; {len(squatting)} of {len(squatting)} frames looked at"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--camera", "nowhere.mp4"], "nowhere.mp4"),
        (["--exercise", "dancing"], "no exercise is called"),
        (["--ask", " "], "question"),
    ],
)
def test_what_cannot_be_looked_at_is_one_line(words, said):
    done = CliRunner().invoke(app, ["live", *words])
    assert done.exit_code == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ") and said in line


def test_a_camera_that_is_not_there_is_one_line(monkeypatch):
    cv2 = pytest.importorskip("cv2")

    class NoCamera:
        def __init__(self, number: int) -> None: ...

        def isOpened(self) -> bool:
            return False

        def release(self) -> None: ...

    monkeypatch.setattr(cv2, "VideoCapture", NoCamera)
    done = CliRunner().invoke(app, ["live", "--camera", "7"])
    assert done.exit_code == 1
    assert "camera 7 cannot be opened" in done.stderr
