"""Mean values: the density by brute force, a known truth, what has no value refused or left out."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from churnlab.errors import ConfigError, DataError
from churnlab.models.btyd import GammaGamma
from churnlab.models.btyd.gamma_gamma import _likelihood
from models.btyd.contract import NO_HISTORIES

TRUTH = {"p": 6.0, "q": 4.0, "v": 15.0}
positive = st.floats(-1, 1).map(lambda power: float(10**power))


def told(parameters=None, **settings):
    record = {"worthless": "refuse", "penalty": 0.0, "log_likelihood": 0.0, **settings}
    return GammaGamma.from_dict({**record, "parameters": parameters or TRUTH})


def drawn(n, seed=1):
    """(n, 2) repeats and their mean value, and (n,) each customer's own mean."""
    random = np.random.default_rng(seed)
    repeats = random.geometric(0.4, n) - 1.0
    pace = random.gamma(TRUTH["q"], 1 / TRUTH["v"], n)
    value = random.gamma(TRUTH["p"] * np.maximum(repeats, 1)) / pace / np.maximum(repeats, 1)
    return np.c_[repeats, np.where(repeats > 0, value, np.nan)], TRUTH["p"] / pace


@pytest.mark.parametrize("repeats", [1, 3, 40])
@pytest.mark.parametrize("value", [2.0, 30.0, 400.0])
def test_the_density_and_the_mean_are_the_storys(repeats, value):
    """Mean values of x purchases are Gamma(p x, nu x), nu is Gamma(q, v): both averaged over nu."""
    p, q, v = TRUTH.values()

    def of_log(y, mean):
        nu = np.exp(y)
        seen = gamma.pdf(value, p * repeats, scale=1 / (nu * repeats)) * gamma.pdf(nu, q, scale=1 / v) * nu
        return seen * (p / nu if mean else 1)

    whole, mean = (
        quad(of_log, -12, 6, args=(mean,), points=[-3, -1, 1], epsabs=0, limit=200)[0]
        for mean in (False, True)
    )
    assert told().log_likelihood([[repeats, value]])[0] == pytest.approx(np.log(whole), rel=1e-7)
    assert told().expected([[repeats, value]])[0] == pytest.approx(mean / whole, rel=1e-7)


@given(st.tuples(positive, positive, positive))
def test_slopes_are_those_of_the_likelihood(parameters):
    repeats, value = np.array([1, 2, 9, 300.0]), np.array([0.2, 1, 3, 1.1])
    parameters = np.array(parameters)
    _, slopes = _likelihood(parameters, repeats, value)
    for place, each in enumerate(parameters):
        nudge = 1e-6 * each * (np.arange(3) == place)
        ahead, behind = (_likelihood(parameters + by, repeats, value)[0] for by in (nudge, -nudge))
        np.testing.assert_allclose(each * slopes[place], (ahead - behind) / 2e-6, rtol=1e-4, atol=1e-3)


def test_a_known_truth_is_found():
    table, mean = drawn(20_000)
    model = GammaGamma().fit(table)
    assert model.parameters_ == pytest.approx(TRUTH, rel=0.1)
    assert model.population_mean_ == pytest.approx(30, rel=0.02)
    assert model.log_likelihood_ >= told().log_likelihood(table).sum()
    expected = model.expected(table)
    for repeats in range(4):
        some = table[:, 0] == repeats
        assert expected[some].mean() == pytest.approx(mean[some].mean(), rel=0.05), repeats
    # Drawn in, it is nearer to the truth than what was paid so far.
    once = table[:, 0] == 1
    assert np.square(expected - mean)[once].mean() < 0.8 * np.square(table[:, 1] - mean)[once].mean()


@given(st.integers(1, 500), st.floats(0.01, 1e4))
def test_the_mean_lies_between_what_was_paid_and_the_populations(repeats, value):
    model = told()
    expected = model.expected([[repeats, value]])[0]
    low, high = sorted([value, model.population_mean_])
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)


def test_without_repeats_it_is_the_populations():
    assert told().population_mean_ == pytest.approx(6 * 15 / 3)
    table = [[0, np.nan], [0, 0.0], [0, 99.0]]
    assert told().expected(table).tolist() == [pytest.approx(30)] * 3
    assert told().log_likelihood(table).tolist() == [0, 0, 0]


def test_who_bought_once_changes_no_digit_of_a_fit_and_nor_does_the_order():
    table, _ = drawn(3_000)
    once = GammaGamma().fit(table).as_dict()
    assert GammaGamma().fit(table[table[:, 0] > 0]).as_dict() == once
    assert GammaGamma().fit(table[::-1]).as_dict() == once


def test_another_currency_only_rescales():
    table, _ = drawn(3_000)
    euros, cents = GammaGamma().fit(table), GammaGamma().fit(table * [1, 100])
    wanted = {**euros.parameters_, "v": 100 * euros.parameters_["v"]}
    assert cents.parameters_ == pytest.approx(wanted, rel=1e-6)


REFUSED = {
    "nothing": ([2, 0.0], "not above 0"),
    "refund": ([2, -5.0], "not above 0"),
    "unknown": ([2, np.nan], "have no value"),
    "half": ([0.5, 9.0], "not whole numbers"),
    "fewer than none": ([-1, 9.0], "not whole numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_value_is_refused(name):
    row, words = REFUSED[name]
    table = np.r_[drawn(50)[0], [row, row]]
    for ask in (GammaGamma().fit, told().expected, told().log_likelihood):
        with pytest.raises(DataError, match=words) as caught:
            ask(table)
        assert caught.value.got.startswith("row 50 of 2 such rows: repeats ")


def test_worthless_purchases_may_be_ignored():
    table, _ = drawn(500)
    more = np.r_[table, [[3, 0.0], [1, -2.0]]]
    model = GammaGamma(worthless="ignore").fit(more)
    assert model.parameters_ == GammaGamma().fit(table).parameters_
    assert model.expected(more)[-2:].tolist() == [pytest.approx(model.population_mean_)] * 2
    with pytest.raises(ConfigError, match="worthless is not known"):
        GammaGamma(worthless="zero").fit(table)


def test_what_cannot_be_learned_is_told():
    with pytest.raises(DataError, match="too few customers with repeat purchases"):
        GammaGamma().fit([[0, np.nan], [1, 5.0], [2, 7.0]])
    with pytest.raises(DataError, match="gamma_gamma: the data do not determine its parameters"):
        GammaGamma().fit([[1, 10.0], [2, 10.0], [3, 10.0], [4, 10.0]])
    with pytest.raises(DataError, match="infinite under the Gamma-Gamma model"):
        told({"p": 2.0, "q": 0.9, "v": 3.0})
    with pytest.raises(DataError, match="two columns"):
        GammaGamma().fit(np.ones((4, 3)))
    for ask in (GammaGamma().expected, GammaGamma().log_likelihood):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            ask([[1, 2.0]])


def test_json_gives_the_same_values():
    table, _ = drawn(800)
    model = GammaGamma(worthless="ignore").fit(table)
    again = GammaGamma.from_dict(json.loads(json.dumps(model.as_dict(), allow_nan=False)))
    assert again.as_dict() == model.as_dict()
    assert again.expected(table).tobytes() == model.expected(table).tobytes()
    assert clone(model).get_params() == {"worthless": "ignore", "penalty": 0.0}


def test_scikit_learns_checks():
    """Those which make up columns that are no values of purchases are the same as for histories."""
    expected = dict.fromkeys(NO_HISTORIES, "its columns are no values of purchases")
    check_estimator(GammaGamma(), expected_failed_checks=expected, on_skip=None)
