"""Probabilities that come true: each method against another's solver; see test_calibration_auto.py too."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from churnlab.models import calibration
from churnlab.models.calibration import Calibration

METHODS = ("none", "temperature", "sigmoid", "beta", "isotonic")
LEARNT = METHODS[1:]


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


def platts_targets(churned):
    left, stayed = (churned == 1).sum(), (churned == 0).sum()
    return np.where(churned == 1, (left + 1) / (left + 2), 1 / (stayed + 2))


def loss(logit, target):
    return -(target * log_expit(logit) + (1 - target) * log_expit(-logit)).sum()


@pytest.mark.parametrize("seed", range(3))
def test_the_temperature_is_the_best_slope_alone(seed):
    margin, churned = held_out(400, slope=0.6, shift=0.0, seed=seed)
    learned = Calibration.learn(margin, churned, "temperature")
    target = platts_targets(churned)
    oracle = minimize_scalar(
        lambda slope: loss(slope * margin, target), bounds=(0, 5), options={"xatol": 1e-9}
    )
    assert learned.slope == pytest.approx(oracle.x, abs=1e-5)
    assert learned.shift == 0


def kull(margin, a, b, c):
    """The paper's own formula: 1 / (1 + 1 / (e^c s^a / (1 - s)^b))."""
    s = expit(margin)
    return 1 / (1 + 1 / (np.exp(c) * s**a / (1 - s) ** b))


def check_beta(margin, churned):
    target = platts_targets(churned)
    learned = Calibration.learn(margin, churned, "beta")
    risk = learned.risk(margin)
    np.testing.assert_allclose(risk, kull(margin, learned.slope, learned.upper, learned.shift), rtol=1e-9)
    low, high = log_expit(margin), -log_expit(-margin)
    oracle = minimize(
        lambda at: loss(at[0] * low + at[1] * high + at[2], target),
        [1.0, 1.0, 0.0],
        method="L-BFGS-B",
        bounds=[(0, None), (0, None), (None, None)],
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 5_000},
    )
    reached = loss(learned.slope * low + learned.upper * high + learned.shift, target)
    assert reached <= oracle.fun + 1e-6, "not the best"
    assert min(learned.slope, learned.upper) >= 0, "not the best"
    return learned


@pytest.mark.parametrize(("a", "b"), [(1, 1), (0.4, 2), (2, 0.3), (0, 1), (1.5, 0), (-0.4, 1), (1, -0.6)])
def test_beta_is_the_best_of_its_kind(a, b):
    random = np.random.default_rng(7)
    margin = random.normal(-0.5, 2, 3_000)
    churned = (random.random(3_000) < kull(margin, a, b, -0.3)).astype(float)
    learned = check_beta(margin, churned)
    if min(a, b) >= 0.3:
        assert (learned.slope, learned.upper, learned.shift) == pytest.approx((a, b, -0.3), abs=0.35)
    if min(a, b) < 0:  # one side contradicts the order: it is made flat there, never turned round
        assert min(learned.slope, learned.upper) == 0


def test_methods_by_hand():
    nine = np.array([np.log(9)])
    assert Calibration("none").risk(nine) == pytest.approx([0.9])
    assert Calibration("temperature", slope=0.5).risk(nine) == pytest.approx([0.75])  # odds 9 ** .5 = 3
    assert Calibration("sigmoid", slope=0.5, shift=np.log(3)).risk(nine) == pytest.approx([0.9])
    # s = .9: odds .9 ** 2 / .1 = 8.1; s = .5: .5 ** 2 / .5 = .5
    bent = Calibration("beta", slope=2.0, upper=1.0)
    assert bent.risk(np.array([np.log(9), 0.0])) == pytest.approx([8.1 / 9.1, 1 / 3])
    # Two equal slopes are a sigmoid's.
    margin = np.linspace(-30, 30, 99)
    straight = Calibration("beta", slope=0.7, upper=0.7, shift=-0.2)
    np.testing.assert_allclose(
        straight.risk(margin), Calibration("sigmoid", 0.7, -0.2).risk(margin), rtol=1e-12
    )


@pytest.mark.parametrize("method", ["temperature", "sigmoid", "beta"])
def test_margins_in_another_unit_give_the_same_risks(method):
    margin, churned = held_out(800)
    scale = 1 if method == "beta" else 3  # its halves are those of log odds and of no other unit
    usual, other = (Calibration.learn(unit * margin, churned, method) for unit in (1, scale))
    np.testing.assert_allclose(other.risk(scale * margin), usual.risk(margin), atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_json_gives_the_same_risks_and_the_order_is_kept(method):
    margin, churned = held_out(500)
    learned = Calibration.learn(margin, churned, method)
    again = Calibration.from_dict(json.loads(json.dumps(learned.as_dict())))
    assert again == learned
    assert again.risk(margin).tobytes() == learned.risk(margin).tobytes()
    assert (np.diff(learned.risk(np.sort(margin))) >= 0).all()


@pytest.mark.parametrize("method", LEARNT)
@pytest.mark.parametrize("slope", [-1.0, 0.0, 0.02])
def test_no_method_turns_the_order_round(method, slope):
    margin, churned = held_out(slope=slope)
    learned = Calibration.learn(margin, churned, method)
    risk = learned.risk(np.sort(margin))
    assert (np.diff(risk) >= 0).all()
    assert ((risk >= 0) & (risk <= 1)).all()


@pytest.mark.parametrize("method", LEARNT)
def test_the_order_of_rows_changes_no_digit(method):
    margin, churned = held_out(3_000)
    order = np.random.default_rng(1).permutation(3_000)
    once, again = (
        Calibration.learn(margin, churned, method),
        Calibration.learn(margin[order], churned[order], method),
    )
    if method == "isotonic":  # equal but for the last bit of a mean
        assert again.knots == once.knots
        assert again.levels == pytest.approx(once.levels, rel=1e-12)
    else:
        assert again == once


@pytest.mark.parametrize("method", LEARNT)
def test_a_row_alone_has_the_risk_it_has_among_others(method):
    margin, churned = held_out(300)
    learned = Calibration.learn(margin, churned, method)
    alone = [learned.risk(margin[row : row + 1])[0] for row in range(300)]
    assert np.array(alone).tobytes() == learned.risk(margin).tobytes()


@pytest.mark.parametrize("method", ["temperature", "sigmoid", "beta"])
def test_outcomes_that_margins_part_leave_every_method_inside(method):
    margin = np.linspace(-3, 3, 40)
    learned = Calibration.learn(margin, (margin > 0).astype(float), method)
    risk = learned.risk(margin)
    assert 0 < risk.min() < 0.1
    assert 0.9 < risk.max() < 1
    assert learned.risk(np.array([-1e6, 1e6])).tolist() == [0, 1]


def test_files_of_before_the_second_slope_are_read_and_written_as_they_were():
    record = {"method": "sigmoid", "slope": 0.9, "shift": 0.1, "knots": [], "levels": []}
    assert Calibration.from_dict(record) == Calibration("sigmoid", 0.9, 0.1)
    assert Calibration("sigmoid", 0.9, 0.1).as_dict() == record
    with pytest.raises(ValueError, match="'spline' is none of none, temperature, sigmoid, beta, isotonic"):
        Calibration.from_dict(record | {"method": "spline"})


HALVES, LINE = calibration._halves, calibration._line
MUTANTS = {
    "_halves": lambda margin: HALVES(margin)[::-1],  # the slopes change places
    "_line": lambda columns, churned: [abs(weight) for weight in LINE(columns, churned)],
    "_targets": lambda churned: churned * 0.8 + 0.1,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    random = np.random.default_rng(2)
    margin = random.normal(-0.5, 2, 1_000)
    churned = (random.random(1_000) < kull(margin, 0.5, 1.5, -0.5)).astype(float)
    check_beta(margin, churned)
    monkeypatch.setattr(calibration, name, MUTANTS[name])
    with pytest.raises(AssertionError, match=r"not the best|Not equal to tolerance"):
        check_beta(margin, churned)
