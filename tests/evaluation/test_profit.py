"""Expected maximum profit: by hand, as published, against integration by force, and not by luck."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.special import beta

from churnlab.evaluation import profit
from churnlab.evaluation.profit import empc, empc_share

# score (few levels: ties), churned, weight
worlds = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=12)
TERMS = {"clv": 200, "incentive": 10, "contact": 1, "accept": (6, 14)}
CHEAP_TO_LOSE = {"clv": 30, "incentive": 12, "contact": 3, "accept": (2, 1)}


def columns(world):
    score, churned, weight = np.array(world, dtype=float).T
    return churned, score, weight


def at_each_cut(churned, score, weight, clv, incentive, contact, accept):
    """Share contacted, profit without acceptance, and profit per unit of gamma, for every cut."""
    rows = [(0.0, 0.0, 0.0)]
    for threshold in np.unique(score):
        leavers = (weight * churned)[score >= threshold].sum() / weight.sum()
        stayers = (weight * (1 - churned))[score >= threshold].sum() / weight.sum()
        cost = contact * (leavers + stayers) + incentive * stayers
        rows.append((leavers + stayers, -cost, (clv - incentive) * leavers))
    return np.array(sorted(rows)).T


def defined(churned, score, weight, **terms):
    """The definition, by integration over gamma of the best cut's profit."""
    _, fixed, rising = at_each_cut(churned, score, weight, **terms)
    first, second = terms["accept"]
    kinks = [
        round((fixed[left] - fixed[right]) / (rising[right] - rising[left]), 9)
        for left in range(len(fixed))
        for right in range(left)
        if rising[left] != rising[right]
    ]

    def density(gamma):
        return gamma ** (first - 1) * (1 - gamma) ** (second - 1) / beta(first, second)

    inside = sorted({0.0, 1.0, *(kink for kink in kinks if 0 < kink < 1)})
    parts = [
        quad(lambda gamma: (fixed + gamma * rising).max() * density(gamma), low, high)[0]
        for low, high in pairwise(inside)
    ]
    return sum(parts)


def check_definition(world, **terms):
    churned, score, weight = columns(world)
    expected = defined(churned, score, weight, **terms) if weight.sum() else np.nan
    assert float(empc(churned, score, weight, **terms)) == pytest.approx(expected, abs=1e-6, nan_ok=True), (
        "not as defined"
    )


@pytest.mark.parametrize("terms", [TERMS, CHEAP_TO_LOSE])
def test_equals_integration_over_gamma_of_the_best_cut(terms):
    given(worlds)(lambda world: check_definition(world, **terms))()


def test_by_hand_where_every_acceptance_is_as_likely():
    # Best first: 1 0 1 0. The hull: one row that left; one in two of the next; the last who stayed.
    # First: 190 gamma - 1 pays from 1/190 on: 189^2 / (2 x 190) = 94.0026.
    # The two: 95 gamma - 6 pays from 6/95 on: 89^2 / (2 x 95) = 41.6895 each. The last: never.
    figure = float(empc([1, 0, 1, 0], [4, 3, 2, 1], accept=(1, 1)))
    assert figure == pytest.approx((189**2 / 380 + 2 * 89**2 / 190) / 4)
    share = float(empc_share([1, 0, 1, 0], [4, 3, 2, 1], accept=(1, 1)))
    assert share == pytest.approx((189 / 190 + 2 * 89 / 95) / 4)


def test_by_hand_at_the_defaults():
    # All leavers first: 3 of 10 accept, 200 - 10 each, and every one is contacted for 1.
    assert float(empc([1, 1, 0, 0], [4, 3, 2, 1])) == pytest.approx(0.5 * (0.3 * 190 - 1), abs=1e-6)
    assert float(empc_share([1, 1, 0, 0], [4, 3, 2, 1])) == pytest.approx(0.5, abs=1e-6)


def test_equals_the_value_that_proflogit_tests_itself_by():
    # Its ten scores, best first; only their order matters.
    assert float(empc([1, 1, 0, 1, 1, 0, 0, 1, 1, 0], -np.arange(10))) == pytest.approx(30.3003222629848)


@given(worlds)
def test_the_share_is_that_of_the_best_cut_at_each_gamma(world):
    churned, score, weight = columns(world)
    if not weight.sum():
        return
    shares, fixed, rising = at_each_cut(churned, score, weight, **TERMS)
    gammas = stats.beta(6, 14).ppf((np.arange(4_000) + 0.5) / 4_000)
    best = np.argmax(fixed + np.outer(gammas, rising), axis=1)  # of equals the shortest list
    figure = float(empc_share(churned, score, weight, **TERMS))
    assert figure == pytest.approx(shares[best].mean(), abs=len(world) / 4_000)


def drawn(seed, rows=200):
    random = np.random.default_rng(seed)
    score = random.integers(0, 30, rows) / 30
    return (random.random(rows) < score).astype(float), score, random.integers(0, 4, rows).astype(float)


@pytest.mark.parametrize("metric", [empc, empc_share])
def test_laws_of_every_metric(metric):
    churned, score, weight = drawn(1)
    figure = float(metric(churned, score, weight))
    order = np.random.default_rng(2).permutation(len(score))
    assert float(metric(churned[order], score[order], weight[order])) == pytest.approx(figure, rel=1e-12)
    repeated = [np.repeat(values, weight.astype(int)) for values in (churned, score)]
    assert float(metric(*repeated)) == pytest.approx(figure, rel=1e-12)
    for change in (np.exp, lambda values: 3 * values - 7, lambda values: values**3):
        assert float(metric(churned, change(score), weight)) == pytest.approx(figure, rel=1e-12)
    weights = np.stack([weight, np.zeros(len(weight)), np.ones(len(weight))])
    together = metric(churned, score, weights)
    np.testing.assert_allclose(together, [figure, np.nan, float(metric(churned, score))], rtol=1e-12)
    assert np.isnan(metric([], []))


def test_nothing_beats_the_perfect_order_and_a_ranking_beats_none():
    churned, score, weight = drawn(3)
    random = np.random.default_rng(4)
    perfect = float(empc(churned, churned, weight))
    assert all(float(empc(churned, random.random(200), weight)) < perfect for _ in range(20))
    assert float(empc(churned, np.zeros(200), weight)) < float(empc(churned, score, weight)) < perfect
    # Upside down, everyone or no one is the best that can be done.
    assert float(empc(churned, -churned, weight)) == pytest.approx(
        float(empc(churned, np.zeros(200), weight))
    )


def test_money_in_another_unit_only_rescales():
    churned, score, _ = drawn(5)
    cents = float(empc(churned, score, clv=20_000, incentive=1_000, contact=100))
    assert cents == pytest.approx(100 * float(empc(churned, score)))


def test_profit_falls_with_each_cost_and_rises_with_value():
    churned, score, _ = drawn(6)
    usual = float(empc(churned, score))
    assert float(empc(churned, score, contact=2)) < usual
    assert float(empc(churned, score, incentive=20)) < usual
    assert float(empc(churned, score, clv=300)) > usual
    assert float(empc(churned, score, accept=(8, 12))) > usual


def test_where_nobody_leaves_nobody_is_contacted():
    assert (float(empc([0, 0], [1, 2])), float(empc_share([0, 0], [1, 2]))) == (0, 0)
    assert float(empc_share([0, 0], [1, 2], contact=0, incentive=0)) == 0
    assert float(empc_share([0, 1], [1, 2], contact=0, incentive=0)) == 0.5  # free, so only for a use


def test_refuses_what_it_cannot_measure():
    with pytest.raises(ValueError, match="must be 0 or 1"):
        empc([0, 0.5], [1, 2])
    with pytest.raises(ValueError, match=r"worth more than the incentive.*got clv 10"):
        empc([0, 1], [1, 2], clv=10)
    with pytest.raises(ValueError, match=r"no cost may be below 0.*contact -1"):
        empc([0, 1], [1, 2], contact=-1)
    with pytest.raises(ValueError, match="two numbers above 0"):
        empc_share([0, 1], [1, 2], accept=(0, 14))


STRETCHES, COST = profit._stretches, profit._Terms._cost
MUTANTS = {
    "_stretches": lambda churned, weight: STRETCHES(churned[::-1], weight[::-1]),  # worst first
    "_Terms._cost": lambda terms, rate: terms.contact + 0 * rate,  # stayers refuse the incentive
    "_Terms._pays_from": lambda terms, rate: 0 * rate,  # a list without an end
    "ratio": lambda above, below: np.asarray(above) / np.maximum(below, 1e-9) + 0.2,  # cut too early
    "_best_first": lambda churned, score: np.lexsort((-churned, -score)),  # ties are won by luck
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    world = [(5, 1, 1), (4, 0, 2), (4, 1, 1), (3, 1, 2), (2, 0, 3), (2, 1, 1), (1, 0, 3)]
    check_definition(world, **TERMS)
    monkeypatch.setattr(f"churnlab.evaluation.profit.{name}", MUTANTS[name])
    with pytest.raises(AssertionError, match="not as defined"):
        check_definition(world, **TERMS)
