"""What the encoder alone makes of the act that an answer names, and which motions are estimates."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from llamo import Motion
from llamo.heard import heard


@pytest.fixture(autouse=True)
def acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llamo.heard.act_names", lambda model: ("wave", "kick"))


def prompt(scores: list[float], valid: tuple[bool, ...] = (True, True)) -> SimpleNamespace:
    """Frames 0 and 2 were chosen: a wave for sure, and a kick by 3 to 1."""
    log_odds = torch.tensor([[[9.0, -9.0, 5.0], [0.0, 0.0, 5.0], [0.0, float(np.log(3)), 5.0]]])
    selection = SimpleNamespace(
        frames=torch.tensor([[0, 2]]),
        valid=torch.tensor([list(valid)]),
        scores=torch.tensor([[scores[0], 0.0, scores[1]]]),
    )
    return SimpleNamespace(
        talk=SimpleNamespace(selection=selection), clip=SimpleNamespace(log_odds=log_odds)
    )


@pytest.mark.parametrize(
    ("text", "scores", "valid", "wanted"),
    [
        ("wave", [0.5, 0.5], [True, True], (1 + 0.25) / 2),
        ("Kick ", [0.5, 0.5], [True, True], 0.75 / 2),
        ("kick", [0.1, 0.3], [True, True], 0.75 * 0.75),  # more was looked at it
        ("kick", [0.1, 0.3], [True, False], 0.0),  # a surplus viewpoint tells nothing
    ],
)
def test_an_act_is_heard_as_often_as_it_was_looked_at(text, scores, valid, wanted):
    (told,) = heard(None, prompt(scores, valid), [text])
    assert told == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("text", ["left hand", "3", "yes", "wave and kick", ""])
def test_other_answers_name_no_act(text):
    assert heard(None, prompt([0.5, 0.5]), [text]) == [None]


def test_nothing_is_heard_where_no_motion_was_looked_at():
    assert heard(None, SimpleNamespace(talk=None, clip=None), ["wave"]) == [None]


def test_an_estimate_is_more_or_less_sure_of_its_joints():
    joints = np.random.default_rng(0).normal(0, 0.3, (20, 22, 3)).astype(np.float32)
    certain = np.ones((20, 22), np.float32)
    certain[5:9, 20] = 0  # a marker that was lost
    assert not Motion(joints, 20.0).estimated
    assert not Motion(joints, 20.0, confidence=certain).estimated
    assert Motion(joints, 20.0, confidence=0.8 * certain).estimated
