"""Repeat purchases by any family: laws of the answers, scikit-learn's contract, plain JSON."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted, validate_data

from churnlab.errors import ConfigError, DataError
from churnlab.models.btyd import FAMILIES, RepeatPurchases
from models.btyd.contract import NO_HISTORIES
from models.btyd.stories import PARAMETERS, lived, seen

families = pytest.mark.parametrize("family", FAMILIES)
positive = st.floats(-1, 1).map(lambda power: float(10**power))
fours = st.lists(positive, min_size=4, max_size=4)
start = st.just(0.0) | st.floats(1e-6, 60)
windows = st.tuples(start, st.floats(1e-6, 400), st.floats(0.1, 300))  # start, horizon, more


@st.composite
def histories(draw):
    age = draw(st.just(0.0) | st.floats(1e-6, 150))
    repeats = draw(st.integers(0, 60)) if age > 0.1 else 0
    recency = age * draw(st.sampled_from([0.01, 0.5, 0.9, 1.0])) if repeats else 0.0
    return [repeats, recency, age]


tables = st.lists(histories(), min_size=1, max_size=8).map(np.array)


def told(family, four, unit="weeks", time=1.0):
    names = FAMILIES[family].names
    scales = [20.0 * time if name in FAMILIES[family].times else 1.0 for name in names]
    parameters = {name: value * scale for name, value, scale in zip(names, four, scales, strict=True)}
    record = {"family": family, "unit": unit, "penalty": 0.0, "log_likelihood": 0.0}
    return RepeatPurchases.from_dict({**record, "parameters": parameters})


def drawn(n=400, seed=3):
    """Made by no model, with whole days and equal rows."""
    random = np.random.default_rng(seed)
    age = random.integers(30, 60, n)
    repeats = np.minimum(random.geometric(0.35, n) - 1, age)
    recency = np.where(repeats > 0, np.ceil(age * random.random(n) ** 0.5), 0)
    return np.c_[repeats, recency, age].astype(float)


@families
@given(four=fours, table=tables, window=windows)
def test_laws_of_probabilities(family, four, table, window):
    start, horizon, more = window
    model = told(family, four)
    buys, expected = model.buys(table, horizon, start=start), model.expected(table, horizon, start=start)
    alive = model.alive(table)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert ((buys >= 0) & (buys <= alive * (1 + 1e-9))).all()
    assert (expected >= buys * (1 - 1e-9)).all()
    assert (model.buys(table, 0.0) == 0).all()
    assert (model.expected(table, 0.0) == 0).all()
    # A longer horizon holds more, and a later one of the same length less: customers only leave.
    assert (model.buys(table, horizon + more, start=start) >= buys * (1 - 1e-9)).all()
    assert (model.buys(table, horizon, start=start + more) <= buys * (1 + 1e-9)).all()
    assert (model.expected(table, horizon, start=start + more) <= expected * (1 + 1e-9)).all()


@families
@given(four=fours, table=tables, window=windows)
def test_purchases_of_two_windows_add_up(family, four, table, window):
    start, horizon, more = window
    model = told(family, four)
    parts = model.expected(table, horizon, start=start) + model.expected(table, more, start=start + horizon)
    np.testing.assert_allclose(
        parts, model.expected(table, horizon + more, start=start), rtol=1e-8, atol=1e-14
    )
    # Either window may be the one in which they buy: no more than both together.
    both = model.buys(table, horizon, start=start) + model.buys(table, more, start=start + horizon)
    assert (model.buys(table, horizon + more, start=start) <= both * (1 + 1e-9) + 1e-15).all()


@families
@given(four=fours, table=tables, window=windows)
def test_the_unit_of_time_changes_nothing(family, four, table, window):
    start, horizon, _ = window
    weeks, days = told(family, four), told(family, four, unit="days", time=7)
    other = table * [1, 7, 7]
    np.testing.assert_allclose(days.alive(other), weeks.alive(table), rtol=1e-9)
    for method in ("buys", "expected"):
        ours = getattr(days, method)(other, 7 * horizon, start=7 * start)
        theirs = getattr(weeks, method)(table, horizon, start=start)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    # Densities are per unit: a repeat purchase falls on a day seven times less likely than in its week.
    shift = table[:, 0] * np.log(7)
    np.testing.assert_allclose(days.log_likelihood(other) + shift, weeks.log_likelihood(table), atol=1e-8)


@families
def test_a_longer_silence_is_a_worse_sign(family):
    model = told(family, [0.5, 0.3, 0.9, 0.8])
    silent = [[4, 30 - ago, 30] for ago in (0, 1, 3, 8, 20)]
    for answers in (model.alive(silent), model.buys(silent, 13), model.expected(silent, 13)):
        assert (np.diff(answers) < 0).all()


@families
def test_windows_may_be_each_customers_own(family):
    model, table = told(family, [0.5, 0.3, 0.9, 0.8]), drawn(30)
    start, horizon = np.arange(30.0) % 5, 1 + np.arange(30.0)
    for method in (model.buys, model.expected):
        each = [method(row[None], h, start=s)[0] for row, s, h in zip(table, start, horizon, strict=True)]
        assert method(table, horizon, start=start).tolist() == each


@families
def test_the_rest_of_the_rows_changes_no_bit(family):
    model, table = told(family, [0.5, 0.3, 0.9, 0.8]), drawn(900)
    for method, args in (
        (model.alive, ()),
        (model.buys, (13,)),
        (model.expected, (13,)),
        (model.log_likelihood, ()),
    ):
        whole = method(table, *args)
        assert method(table[::-1], *args)[::-1].tobytes() == whole.tobytes()
        assert method(table[100:107], *args).tobytes() == whole[100:107].tobytes()


@families
def test_the_order_of_rows_changes_no_bit_of_a_fit(family):
    table = drawn()
    once = RepeatPurchases(family, penalty=0.1).fit(table).as_dict()
    shuffled = np.random.default_rng(0).permutation(len(table))
    assert RepeatPurchases(family, penalty=0.1).fit(table[shuffled]).as_dict() == once
    assert all(value == float(f"{value:.6e}") for value in once["parameters"].values())


@families
def test_a_fit_is_the_best_there_is(family):
    """No parameter can be moved by a hundredth without loss; everybody twice changes nothing but the sum."""
    age = np.random.default_rng(4).choice([8.0, 20.0, 39.0], 4_000)
    table = seen(lived(family, PARAMETERS[family], len(age), np.random.default_rng(5), age, until=40.0), age)
    model = RepeatPurchases(family).fit(table)
    assert model.log_likelihood_ == pytest.approx(model.log_likelihood(table).sum(), rel=1e-6)
    for name, value in model.parameters_.items():
        for factor in (0.99, 1.01):
            record = model.as_dict()
            record["parameters"][name] = factor * value
            assert (
                RepeatPurchases.from_dict(record).log_likelihood(table).sum()
                < model.log_likelihood(table).sum()
            )
    twice = RepeatPurchases(family).fit(np.r_[table, table])
    assert twice.parameters_ == pytest.approx(model.parameters_, rel=1e-6)
    assert twice.log_likelihood_ == pytest.approx(2 * model.log_likelihood_, rel=1e-6)


@families
def test_json_gives_the_same_answers(family):
    model = RepeatPurchases(family, unit="days", penalty=0.1).fit(drawn())
    again = RepeatPurchases.from_dict(json.loads(json.dumps(model.as_dict(), allow_nan=False)))
    assert again.get_params() == model.get_params()
    assert again.as_dict() == model.as_dict()
    assert again.buys(drawn(), 30, start=7).tobytes() == model.buys(drawn(), 30, start=7).tobytes()


@families
def test_who_cannot_be_learned_from_is_refused(family):
    once = np.c_[np.zeros((50, 2)), np.arange(50)]
    with pytest.raises(DataError, match="nobody bought a second time"):
        RepeatPurchases(family).fit(once)
    # Nobody ever falls silent: the chance of leaving goes to 0, and no number is the best one.
    steady = np.array([[repeats, 30, 30] for repeats in (1, 2, 2, 3, 3, 3, 4, 4, 9)], dtype=float)
    with pytest.raises(DataError, match=f"{family}: the data do not determine its parameters"):
        RepeatPurchases(family).fit(steady)
    assert RepeatPurchases(family, penalty=0.1).fit(steady).alive(steady).min() > 0.5


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'bg_nbd'"):
        RepeatPurchases("bgnbd").fit(drawn())
    model = told("bg_nbd", [1, 1, 1, 1])
    for window in ({"horizon": -1}, {"horizon": 9, "start": -1}, {"horizon": np.inf}):
        with pytest.raises(ConfigError, match="a window begins at or after the observation date"):
            model.buys(drawn(), **window)


def test_not_fitted():
    for ask in ("alive", "log_likelihood"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(RepeatPurchases(), ask)(drawn())
    for ask in ("buys", "expected"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(RepeatPurchases(), ask)(drawn(), 9)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        RepeatPurchases().as_dict()


def test_settings_are_cloned_and_set():
    model = clone(RepeatPurchases("mbg_nbd", unit="weeks", penalty=0.5))
    assert model.get_params() == {"family": "mbg_nbd", "unit": "weeks", "penalty": 0.5}
    assert model.set_params(family="bg_nbd").family == "bg_nbd"


def test_scikit_learns_checks():
    expected = dict.fromkeys(NO_HISTORIES, "its columns are no purchase histories")
    check_estimator(RepeatPurchases(), expected_failed_checks=expected, on_skip=None)


class Disguised(BaseEstimator):
    """The model for columns of any kind, turned into histories first: all those checks, passed."""

    def fit(self, X, y=None):  # noqa: ARG002 - scikit-learn's signature
        X = validate_data(self, X, dtype=np.float64)
        self.model_ = RepeatPurchases(penalty=0.1).fit(self.histories(X))
        return self

    def predict(self, X):
        check_is_fitted(self)
        return self.model_.buys(self.histories(validate_data(self, X, dtype=np.float64, reset=False)), 5)

    @staticmethod
    def histories(X):
        size = np.abs(X).sum(axis=1)
        repeats = 1 + np.floor(size) % 4
        return np.c_[repeats, 1 + size % 7, 9 + size % 3]


def test_scikit_learns_checks_on_histories():
    check_estimator(Disguised(), on_skip=None)
