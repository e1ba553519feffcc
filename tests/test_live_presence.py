"""Who is lost and who is back before a camera: told once, and the count goes on."""

from __future__ import annotations

import numpy as np
from closed_form import squats
from pushing import pushed

from llamo.kinematics import Moment
from llamo.live import LiveSession
from llamo.motion import Motion
from llamo.presence import BACK, LOST, Presence
from llamo.skeleton import SMPL22


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
