"""What a live session refuses in one line: times, joints, wishes, and what comes too late."""

from __future__ import annotations

import numpy as np
import pytest

from llamo.errors import InvalidMotion, LlamoError, ModelError, NothingToEstimate
from llamo.live import LiveSession


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
