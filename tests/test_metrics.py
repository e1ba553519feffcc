"""Figures by hand: accuracy and its interval, calibration, coverage, counts, people."""

from __future__ import annotations

import numpy as np
import pytest

from llamo.evaluation.metrics import (
    category_weights,
    counting,
    expected_calibration_error,
    figure,
    macro,
    risk_coverage,
    spread,
)


def test_accuracy_counts_and_its_interval_holds_it() -> None:
    one = figure([True, True, False, True], list("abcd"))
    assert one["accuracy"] == 0.75
    assert one["n"] == 4
    assert one["ci95"][0] < 0.75 <= one["ci95"][1]
    assert one == figure([True, True, False, True], list("abcd"))
    assert figure([], []) == {"accuracy": None, "n": 0, "ci95": [None, None]}


def test_interval_is_wider_when_questions_share_motions() -> None:
    correct = [True] * 50 + [False] * 50
    apart = figure(correct, range(100))["ci95"]
    together = figure(correct, [i // 10 for i in range(100)])["ci95"]
    assert apart[1] - apart[0] == pytest.approx(0.196, abs=0.02)  # 2 * 1.96 * sqrt(.25 / 100)
    assert together[1] - together[0] == pytest.approx(0.196 * 10**0.5, abs=0.08)


def test_macro_counts_each_group_alike() -> None:
    one = macro([True, True, True, False], ["a", "a", "a", "b"], range(4))
    assert one["accuracy"] == 0.5
    assert one["ci95"][0] <= 0.5 <= one["ci95"][1]


def test_mean_of_batch_means() -> None:
    # batches of four: members 1 of 1 right, then 1 of 3 right -> (1 + 1/3) / 2
    member = np.array([True, False, False, False, True, True, True, False])
    correct = np.array([True, True, False, False])
    one = figure(correct, range(4), weights=category_weights(member))
    assert one["accuracy"] == pytest.approx((1 + 1 / 3) / 2)


def test_calibration_error_by_hand() -> None:
    assert expected_calibration_error([1.0, 1.0], [True, True]) == 0
    assert expected_calibration_error([1.0, 1.0], [True, False]) == 0.5
    # two bins: |1 - .9| and |0 - .1|, each half of the answers
    assert expected_calibration_error([0.9, 0.1], [True, False]) == pytest.approx(0.1)
    # one bin: over- and underconfidence cancel within it
    assert expected_calibration_error([0.5, 0.5], [True, False]) == pytest.approx(0)
    assert expected_calibration_error([], []) is None


def test_risk_grows_with_coverage() -> None:
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, True, False, False], points=4)
    assert [point["coverage"] for point in curve] == [0.25, 0.5, 0.75, 1]
    assert [point["risk"] for point in curve] == pytest.approx([0, 0, 1 / 3, 0.5])
    assert [point["threshold"] for point in curve] == [0.9, 0.8, 0.7, 0.6]
    ties = risk_coverage([0.5, 0.5], [True, False], points=2)
    assert [point["risk"] for point in ties] == [0.5, 0.5]


def test_counting_by_hand() -> None:
    one = counting([5, 4.6, 2, None], [5, 4, 4, 2])  # errors 0, 1 (4.6 is 5), 2, none given
    assert one["obz"] == 0.25
    assert one["obo"] == 0.5
    assert one["mae"] == pytest.approx((0 + 1 / 4.1 + 2 / 4.1 + 2 / 2.1) / 4)
    assert one["mae_poserac"] == pytest.approx((0 + 1 / 4 + 2 / 4 + 1) / 4)
    assert one["rmse"] == pytest.approx(((0 + 1 + 4 + 4) / 4) ** 0.5)
    assert one["without_count"] == 1
    assert counting([], [])["obo"] is None


def test_spread_over_people() -> None:
    one = spread([True, True, False, True], ["7", "7", "9", None])
    assert one is not None
    assert one["people"] == {"7": {"accuracy": 1.0, "n": 2}, "9": {"accuracy": 0.0, "n": 1}}
    assert (one["mean"], one["min"], one["max"]) == (0.5, 0, 1)
    assert spread([True], [None]) is None
