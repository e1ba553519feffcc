"""Confidence: how sure an answer may be, in which circumstances."""

from __future__ import annotations

import numpy as np
import pytest

from llamo.calibration import Calibration, Evidence, Scale
from llamo.errors import ModelError
from llamo.saying import settle


def test_identity_calibration_keeps_the_product():
    assert Calibration().confidence(Evidence([0.9, 0.5])) == pytest.approx(0.45)
    assert Calibration(combine="mean").confidence(Evidence([0.9, 0.4])) == pytest.approx(0.6)
    assert Calibration(combine="min").confidence(Evidence([0.9, 0.4])) == pytest.approx(0.4)
    assert Calibration().confidence(Evidence([])) == 0


def test_fitted_calibration_gives_the_share_that_is_right(rng):
    said = np.full(4000, 0.95)
    right = rng.random(4000) < 0.7  # too sure of itself
    fitted = Calibration.fit([Evidence([p]) for p in said], right)
    assert fitted.confidence(Evidence([0.95])) == pytest.approx(0.7, abs=0.03)


def test_calibration_survives_the_disk(tmp_path):
    kept = Calibration(2.0, -0.5, "min", 0.2, {"acts": Scale(1.5, -1.0, 0.7)})
    kept.save(tmp_path)
    assert Calibration.load(tmp_path) == kept
    assert Calibration.load(tmp_path / "nowhere") == Calibration()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", '{"temperature": 0}', '{"temperature": "hot"}',
        '{"temperature": 1, "least_sure": 2}', '{"temperature": 1, "scales": {"sometimes": {}}}',
        '{"temperature": 1, "scales": {"acts": {"temperature": -1}}}',
        '{"temperature": 1, "scales": {"acts": {"heat": 1}}}', '{"temperature": 1, "scales": 3}',
    ],
)  # fmt: skip
def test_broken_calibration_is_a_model_error(tmp_path, text):
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(ModelError):
        Calibration.load(tmp_path)


def test_an_act_that_the_encoder_does_not_hear_is_less_sure():
    weighs = Calibration(scales={"acts": Scale(heard=1.0)})
    heard, unheard = (weighs.confidence(Evidence([0.9], h)) for h in (0.9, 0.1))
    assert heard == pytest.approx(81 / 82)
    assert unheard == pytest.approx(0.5)
    assert weighs.confidence(Evidence([0.9])) == pytest.approx(0.9)  # it names no act


def test_the_most_special_scale_counts():
    scales = {"acts": Scale(bias=1.0), "estimated": Scale(bias=-2.0)}
    plain = Calibration(scales=scales)

    def bias(evidence: Evidence, of: Calibration = plain) -> float:
        sure = of.confidence(evidence)
        return float(np.log(sure / (1 - sure)))

    assert bias(Evidence([0.5])) == pytest.approx(0)
    assert bias(Evidence([0.5], 0.5)) == pytest.approx(1)
    assert bias(Evidence([0.5], None, True)) == pytest.approx(-2)
    assert bias(Evidence([0.5], 0.5, True)) == pytest.approx(-2)
    both = Calibration(scales={**scales, "estimated acts": Scale(bias=-3.0)})
    assert bias(Evidence([0.5], 0.5, True), both) == pytest.approx(-3)


def test_each_circumstance_is_fitted_by_itself(rng):
    said = rng.uniform(0.55, 0.99, 6000)
    estimated = rng.random(6000) < 0.5
    right = rng.random(6000) < np.where(estimated, 0.4, 0.9)
    answers = [Evidence([p], None, bool(e)) for p, e in zip(said, estimated, strict=True)]
    fitted = Calibration.fit(answers, list(right))
    for wanted, truth in ((False, 0.9), (True, 0.4)):
        sure = [fitted.confidence(one) for one in answers if one.estimated == wanted]
        assert np.mean(sure) == pytest.approx(truth, abs=0.03)


def test_what_the_encoder_hears_is_worth_as_much_as_it_tells(rng):
    right = rng.random(4000) < 0.6
    hears = np.where(right, 0.8, 0.2)
    answers = [Evidence([0.95], float(h)) for h in hears]
    fitted = Calibration.fit(answers, list(right))
    assert fitted.scales["acts"].heard > 1
    assert fitted.confidence(Evidence([0.95], 0.8)) > 0.9
    assert fitted.confidence(Evidence([0.95], 0.2)) < 0.1


def test_a_few_answers_make_no_scale(rng):
    answers = [Evidence([0.9], 0.5, True)] * 59 + [Evidence([0.9])] * 100
    assert Calibration.fit(answers, [True] * 159).scales == {}


def test_answers_that_weigh_nothing_change_nothing():
    answers = [Evidence([0.9])] * 200
    right = [True] * 100 + [False] * 100
    weighed = Calibration.fit(answers, right, weights=[1.0] * 100 + [0.0] * 100)
    assert weighed.confidence(answers[0]) > 0.95
    assert Calibration.fit(answers, right).confidence(answers[0]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("heard", "names"), [(0.1, True), (0.9, False), (None, False)])
def test_a_movement_without_a_name_is_said_to_have_none(heard, names):
    said = settle("throw", None, 0.1, 0.2, heard=heard)
    assert said.reason is not None
    assert ("I know no name for this movement" in said.text) == names
    assert "throw" in said.text


def test_what_is_seen_is_as_sure_as_the_video_encoder() -> None:
    weighs = Calibration(scales={"seen": Scale(heard=1.0), "estimated": Scale(bias=-3.0)})
    sure, unsure = (weighs.confidence(Evidence([0.9], None, True, shown)) for shown in (0.9, 0.1))
    assert sure > 0.95 and unsure < 0.55
    without = Calibration(scales={"estimated": Scale(bias=-3.0)})
    assert without.confidence(Evidence([0.9], None, True, 0.9)) == pytest.approx(
        without.confidence(Evidence([0.9], None, True))
    )
    # An act keeps its own scale, whatever its name may also mean.
    assert Evidence([0.9], 0.5, True, 0.5).circumstances == Evidence([0.9], 0.5, True).circumstances


def test_the_scale_of_what_is_seen_is_fitted_on_what_is_seen() -> None:
    rng = np.random.default_rng(0)
    seen = rng.uniform(0.02, 0.98, 400)
    answers = [Evidence([0.9], shown=float(one)) for one in seen]
    answers += [Evidence([0.9])] * 60
    fitted = Calibration.fit(answers, [*(rng.random(400) < seen), *[True] * 60])
    assert fitted.scales["seen"].heard == pytest.approx(1, abs=0.3)
    assert fitted.confidence(Evidence([0.9])) > 0.9
