"""Saved value: the worked table, lists filled one by one, and resamples written out row by row."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.evaluation import saved_value as money
from churnlab.evaluation.intervals import percentile, resamples
from churnlab.evaluation.saved_value import Offer, list_size, profit_curve, saved_value

# Six customers, A to F, and a call with a credit of 15.
RISK = [0.62, 0.35, 0.85, 0.08, 0.45, 0.97]
STAKE = [900.0, 2400.0, 120.0, 3000.0, 260.0, 1500.0]
CALL = Offer([0.12, 0.18, 0.10, 0.15, 0.12, 0.02], 4, 15, 0.35, [0, 0.005, 0, 0.02, 0, 0])


def test_the_worked_table():
    assert saved_value(RISK, STAKE, CALL).round(1).tolist() == [59.8, 135.0, 4.1, -28.2, 6.3, 24.7]


def test_two_contacts_by_risk_and_by_saved_value():
    churned = [1, 0, 1, 0, 0, 1]
    by_value = profit_curve(churned, RISK, STAKE, CALL)
    by_risk = profit_curve(churned, RISK, STAKE, CALL, score=RISK)
    assert float(by_value.at(2)[0]) == pytest.approx(194.9, abs=0.05)  # B, A
    assert float(by_risk.at(2)[0]) == pytest.approx(28.8, abs=0.05)  # F, C
    assert by_value.size.tolist() == [0, 1, 2, 3, 4, 5, 6]
    # B, A, F, E, C bring something and D costs: the top is at five.
    assert int(by_value.expected.argmax()) == 5
    # B stays: -2400 x .005 - 15 x .35 - 4 = -21.25; A leaves: .12 (900 - 15) - 4 = 102.2.
    assert by_value.realised[:3] == pytest.approx([0, -21.25, -21.25 + 102.2])


def test_break_even_by_hand():
    # p* = (f + d) / (s (V - d) + d) = 11 / (.3 x 190 + 10), with everyone who stays taking it.
    gift = Offer(0.30, 1, 10, 1)
    assert saved_value([11 / 67], [200.0], gift) == pytest.approx([0])
    assert saved_value([0.25], [194.0], Offer(0.12, 2, 15, 0.3)) == pytest.approx([0], abs=0.02)


def test_an_absolute_reduction_holds_the_risk_already():
    # 1000 x .04 = 40, not 1000 x .3 x .04 = 12.
    assert saved_value([0.3], [1000.0], Offer.reducing([0.3], 0.04)) == pytest.approx([40])
    # Nobody can be kept who would not leave, and no more than all.
    rare = Offer.reducing([0.0, 0.01], 0.04, contact_cost=1)
    assert saved_value([0.0, 0.01], [1000.0, 1000.0], rare) == pytest.approx([-1, 9])


def one_by_one(score, expected, realised):
    """Totals by list size, filled in the order of ``score``; ties come together."""
    points, total, sums = [(0, 0.0, 0.0)], 0, np.zeros(2)
    for level in sorted(set(score), reverse=True):
        for row in [row for row, each in enumerate(score) if each == level]:
            total, sums = total + 1, sums + np.array([expected[row], realised[row]])
        points.append((total, *sums))
    return np.array(points).T


people = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.4, 0.9]), st.sampled_from([-50.0, 20.0, 900.0]), st.integers(0, 1)
    ),
    min_size=1,
    max_size=9,
)
LETTER = Offer(0.2, 1.5, 10, 0.5, 0.01)


def check_curve(world):
    risk, stake, churned = np.array(world, dtype=float).T
    saving = [
        v * (p * 0.2 - (1 - p) * 0.01) - 10 * (p * 0.2 + (1 - p) * 0.5) - 1.5
        for p, v in zip(risk, stake, strict=True)
    ]
    found = [
        v * (y * 0.2 - (1 - y) * 0.01) - 10 * (y * 0.2 + (1 - y) * 0.5) - 1.5
        for y, v in zip(churned, stake, strict=True)
    ]
    by = [round(each, 9) for each in saving]
    curve = profit_curve(churned, risk, stake, LETTER, score=by)
    size, expected, realised = one_by_one(by, saving, found)
    assert curve.size.tolist() == size.tolist(), "not one by one"
    assert curve.expected == pytest.approx(expected), "not one by one"
    assert curve.realised == pytest.approx(realised), "not one by one"


test_the_curve_is_filled_one_by_one = given(people)(check_curve)


def drawn(seed, rows=400):
    random = np.random.default_rng(seed)
    risk, stake = random.beta(2, 5, rows), random.gamma(1, 200, rows)
    churned = (random.random(rows) < risk).astype(float)
    return churned, risk, stake, np.array([f"c{row // 2:04}" for row in range(rows)], dtype=object)


def test_the_list_and_its_intervals_are_those_of_rows_written_out():
    churned, risk, stake, customer = drawn(0, rows=60)
    found = list_size(churned, risk, stake, LETTER, customer, times=40, seed=3)
    expected, realised = saved_value(risk, stake, LETTER), saved_value(churned, stake, LETTER)
    assert found.planned == sum(each > 0 for each in expected)
    assert found.planned_profit[0] == pytest.approx(sum(realised[expected > 0]))
    sizes, profits = [], []
    for weight in [np.ones(60), *np.concatenate(list(resamples(customer, 40, seed=3)))]:
        rows = np.repeat(np.arange(60), weight.astype(int))
        size, _, reached = one_by_one(expected[rows], expected[rows], realised[rows])
        sizes.append(size[reached.argmax()] * 60 / len(rows))
        profits.append(sum(realised[row] for row in rows if expected[row] > 0) * 60 / len(rows))
    assert found.best == pytest.approx((sizes[0], *percentile(np.array(sizes[1:]))))
    assert found.planned_profit[1:] == pytest.approx(percentile(np.array(profits[1:])))
    assert found.best_profit >= found.planned_profit[0]


def test_true_risks_plan_the_list_that_hindsight_would_choose():
    churned, risk, stake, customer = drawn(1, rows=6_000)
    found = list_size(churned, risk, stake, LETTER, customer, times=100, seed=0)
    true = saved_value(risk, stake, LETTER)
    assert found.best[1] <= found.planned <= found.best[2]
    assert found.planned_profit[1] <= true[true > 0].sum() <= found.planned_profit[2]
    assert found.best_profit == pytest.approx(found.planned_profit[0], rel=0.03)


def test_risks_that_are_too_high_plan_too_long_a_list():
    churned, risk, stake, customer = drawn(2, rows=6_000)
    found = list_size(churned, np.sqrt(risk), stake, LETTER, customer, times=100, seed=0)
    assert found.planned > found.best[2]
    assert found.planned_profit[0] < found.best_profit


def test_the_order_of_rows_is_irrelevant():
    churned, risk, stake, customer = drawn(3)
    order = np.random.default_rng(4).permutation(len(risk))
    found = list_size(churned, risk, stake, LETTER, customer, times=20, seed=1)
    again = list_size(churned[order], risk[order], stake[order], LETTER, customer[order], times=20, seed=1)
    assert again.planned == found.planned
    assert (*again.best, again.best_profit) == pytest.approx((*found.best, found.best_profit))
    assert again.planned_profit == pytest.approx(found.planned_profit)


def test_no_order_is_expected_to_bring_more_at_any_size():
    churned, risk, stake, _ = drawn(5)
    best = profit_curve(churned, risk, stake, LETTER)
    for score in (risk, stake, risk * stake, np.zeros(len(risk))):
        other = profit_curve(churned, risk, stake, LETTER, score=score)
        assert (best.at(np.arange(401))[0] >= other.at(np.arange(401))[0] - 1e-6).all()
        assert best.expected[-1] == pytest.approx(other.expected[-1])  # everyone is everyone


shares = st.floats(0, 1)
costs = st.floats(0, 100)


@given(shares, st.floats(0, 5_000), shares, shares, shares, costs, costs)
def test_laws_of_saved_value(risk, stake, save, drives_away, takes, incentive, contact):
    offer = Offer(save, contact, incentive, takes, drives_away)

    def value(offer, more=0.0):
        return float(saved_value([risk], [stake + more], offer)[0])

    usual = value(offer)
    assert value(replace(offer, contact_cost=contact + 1)) < usual
    assert value(replace(offer, incentive_cost=incentive + 1)) <= usual
    assert value(replace(offer, take_up_stayers=1.0)) <= usual
    assert value(replace(offer, backfire=1.0)) <= usual + 1e-9
    if risk * save > (1 - risk) * drives_away:
        assert value(offer, more=100) >= usual
    # With costs lumped together, and nobody driven away: p x uplift x value, less the cost.
    assert value(Offer(save, contact)) == pytest.approx(risk * save * stake - contact)


def test_nobody_at_all():
    nobody = list_size([], [], [], LETTER, np.array([], dtype=object), times=10, seed=0)
    assert (nobody.planned, nobody.best[0], nobody.best_profit) == (0, 0, 0)
    assert np.isnan([*nobody.best[1:], *nobody.planned_profit[1:]]).all()


def test_refuses_what_is_no_offer_and_no_risk():
    with pytest.raises(ValueError, match=r"save_rate must be a share, 0 to 1; got 0\.2 to 12\.0"):
        Offer([0.2, 12.0])
    with pytest.raises(ValueError, match=r"incentive_cost must be a finite cost, not below 0; got -1\.0"):
        Offer(0.2, 1, -1)
    with pytest.raises(ValueError, match=r"a risk must lie in 0\.\.1"):
        saved_value([1.2], [10.0], LETTER)
    with pytest.raises(ValueError, match="a value at stake must be finite"):
        saved_value([0.2], [np.nan], LETTER)
    with pytest.raises(ValueError, match="must be 0 or 1"):
        profit_curve([0.5], [0.2], [10.0], LETTER)


AMOUNTS, FILLED, PLACES = money._amounts, money._filled, money._places
MUTANTS = {
    # those who stay refuse the incentive
    "saved_value": lambda risk, stake, offer: saved_value(risk, stake, replace(offer, take_up_stayers=0.0)),
    # worst first
    "_places": lambda score: PLACES(-score),
    # a list may end between equal scores
    "_filled": lambda score, *rest: FILLED(score - 1e-9 * np.arange(len(score)), *rest),
    # what was hoped for, instead of what came
    "_amounts": lambda *given: (AMOUNTS(*given)[0], *AMOUNTS(*given)[1:2] * 2),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    world = [(0.9, 900.0, 1), (0.4, 900.0, 0), (0.1, 20.0, 1), (0.9, 20.0, 1), (0.9, 20.0, 0)]
    check_curve(world)
    monkeypatch.setattr(money, name, MUTANTS[name])
    with pytest.raises(AssertionError, match="not one by one"):
        check_curve(world)
