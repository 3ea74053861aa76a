"""Probabilities that come true: Platt's sigmoid and steps, against scikit-learn's own."""

import json

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from churnlab.models.calibration import Calibration


def held_out(rows=2_000, slope=0.5, shift=-1.0, seed=0):
    random = np.random.default_rng(seed)
    margin = random.normal(0, 2, rows)
    churned = random.random(rows) < 1 / (1 + np.exp(-(slope * margin + shift)))
    return margin, churned.astype(float)


@pytest.mark.parametrize("rows", [60, 300, 3_000])
def test_the_sigmoid_is_platts(rows):
    margin, churned = held_out(rows)
    learned = Calibration.learn(margin, churned, "sigmoid")
    oracle = _SigmoidCalibration().fit(margin, churned)  # 1 / (1 + exp(a margin + b))
    assert (learned.slope, learned.shift) == pytest.approx((-oracle.a_, -oracle.b_), abs=1e-3)
    np.testing.assert_allclose(learned.risk(margin), oracle.predict(margin), atol=1e-4)


def test_the_truth_is_found_and_the_mean_is_kept():
    margin, churned = held_out(200_000)
    learned = Calibration.learn(margin, churned, "sigmoid")
    assert (learned.slope, learned.shift) == pytest.approx((0.5, -1.0), abs=0.03)
    # The smoothed targets move the mean by less than one row in each class.
    assert learned.risk(margin).mean() == pytest.approx(churned.mean(), abs=1e-4)


def test_isotonic_is_scikit_learns():
    margin, churned = held_out()
    learned = Calibration.learn(margin, churned, "isotonic")
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(margin, churned)
    points = np.linspace(-12, 12, 999)
    np.testing.assert_allclose(learned.risk(points), oracle.predict(points), atol=1e-12)


def test_separable_outcomes_stay_inside():
    # All who churned score above all who stayed: a plain fit has no finite slope.
    margin = np.linspace(-3, 3, 40)
    learned = Calibration.learn(margin, (margin > 0).astype(float), "sigmoid")
    risk = learned.risk(margin)
    assert np.isfinite([learned.slope, learned.shift]).all()
    assert 0 < risk.min() < 0.1
    assert 0.9 < risk.max() < 1
    assert learned.risk(np.array([-1e6, 1e6])).tolist() == [0, 1]  # far out, without a warning


def test_equal_margins_give_the_share_that_left():
    churned = np.arange(100) % 4 == 0
    learned = Calibration.learn(np.full(100, 0.7), churned.astype(float), "sigmoid")
    assert learned.risk(np.array([0.7]))[0] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("churned", [[1.0] * 9 + [0.0] * 91, [1.0] * 100, []])
def test_too_few_of_a_kind_keep_the_margin(churned):
    learned = Calibration.learn(np.linspace(-1, 1, len(churned)), np.array(churned), "sigmoid")
    assert learned == Calibration("none")
    assert learned.risk(np.array([0.0, np.log(3)])) == pytest.approx([0.5, 0.75])


def test_an_order_that_held_out_rows_contradict_is_not_turned_round():
    margin, churned = held_out(slope=-1.0)
    learned = Calibration.learn(margin, churned, "sigmoid")
    assert learned.slope == 0.05
    assert learned.risk(margin).mean() == pytest.approx(churned.mean(), abs=1e-9)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "none"])
def test_json_gives_the_same_risks_and_the_order_is_kept(method):
    margin, churned = held_out(500)
    learned = Calibration.learn(margin, churned, method)
    again = Calibration.from_dict(json.loads(json.dumps(learned.as_dict())))
    assert again == learned
    assert again.risk(margin).tobytes() == learned.risk(margin).tobytes()
    assert (np.diff(learned.risk(np.sort(margin))) >= 0).all()
