"""The figures of a shorter horizon, by hand; nothing is said where nothing is known."""

import numpy as np
import pytest

from churnlab.evaluation.sooner import Sooner

NAN = np.nan


def test_by_hand():
    # One of four churned; the fifth is not known. Said: .25 of everybody, by all three.
    churned, risk = np.array([1, 0, 0, 0, NAN]), np.full(5, 0.25)
    found = Sooner.of(30, churned, risk, np.full(5, 0.5), 0.25)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert (found.rows, found.churned, found.predicted) == (4, 0.25, 0.25)
    assert found.log_loss == pytest.approx(entropy)
    assert found.naive == pytest.approx(entropy)
    assert found.even == pytest.approx(np.log(2))
    assert found.ece == pytest.approx(0)
    assert found.auroc == 0.5
    assert found.metrics()["churn_30d.even"] == found.even
    assert "within 30 days: 25.0% churned, 25.0% predicted; log loss 0.562, beside 0.562" in found.note


def test_what_is_not_known_is_not_said():
    unknown = Sooner.of(30, np.full(3, NAN), np.full(3, 0.2), np.full(3, 0.2), 0.2)
    assert unknown.metrics() == {"churn_30d.rows": 0}
    assert unknown.note == "within 30 days: no outcome at the test date is known"
    fresh = Sooner.of(60, np.array([1.0, 0.0]), np.full(2, 0.5), np.full(2, 0.5), NAN)
    assert "churn_60d.naive" not in fresh.metrics()
    assert "beside 0.693 of churn_risk spread evenly; " in fresh.note
