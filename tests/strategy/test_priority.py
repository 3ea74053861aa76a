"""Priority: the worked table, break-evens by hand, four kinds of customers counted apart, and the laws."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from actions_made import action, shares
from churnlab.evaluation.saved_value import Offer, saved_value
from churnlab.strategy import priority
from churnlab.strategy.priority import (
    DECISIONS,
    Priority,
    break_even_risk,
    break_even_value,
    decide,
    expected_cost,
    offer_of,
)

# Six customers: risk, value at stake, save rate, backfire; a call of 4 with a credit of 15.
TABLE = {
    "A": (0.62, 900, 0.12, 0),
    "B": (0.35, 2400, 0.18, 0.005),
    "C": (0.85, 120, 0.10, 0),
    "D": (0.08, 3000, 0.15, 0.02),
    "E": (0.45, 260, 0.12, 0),
    "F": (0.97, 1500, 0.02, 0),
}
ESV = {"A": 59.8, "B": 135.0, "C": 4.1, "D": -28.2, "E": 6.3, "F": 24.7}
CALL = {"contact_cost": 4, "incentive_cost": 15, "take_up_stayers": 0.35}


def of(name, **given):
    risk, stake, save_rate, backfire = TABLE[name]
    return Priority.of(action(**CALL, save_rate=save_rate, backfire=backfire, **given), [risk], [stake])


def test_the_worked_table():
    assert {name: pytest.approx(of(name).saved[0], abs=0.051) for name in TABLE} == ESV
    assert {name: DECISIONS[of(name).decision[0]] for name in TABLE} == dict.fromkeys("ABCEF", "test") | {
        "D": "no_action"
    }
    # By hand: A .62 x .12 x 900 = 66.96 saved; 15 (.0744 + .38 x .35) + 4 = 7.111 paid.
    assert (of("A").saved[0], of("A").cost[0]) == (59.85, 7.11)


def test_the_two_best_by_risk_bring_a_seventh_of_the_two_best_by_saved_value():
    saved = {name: of(name).saved[0] for name in TABLE}
    by_risk = sorted(TABLE, key=lambda name: -TABLE[name][0])
    by_saved = sorted(TABLE, key=lambda name: -saved[name])
    assert by_risk[:2] == ["F", "C"]
    assert by_saved == ["B", "A", "F", "E", "C", "D"]
    assert sum(saved[name] for name in by_risk[:2]) == pytest.approx(28.8, abs=0.05)
    assert sum(saved[name] for name in by_saved[:2]) == pytest.approx(194.9, abs=0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p, v, o: saved_value(p, v, o) * p,  # the risk twice
        lambda p, v, o: saved_value(
            p, v, Offer(o.save_rate, o.contact_cost, o.incentive_cost, 1, o.backfire)
        ),
        lambda p, v, o: saved_value(p, v, Offer(o.save_rate, 0, o.incentive_cost, 0.35, o.backfire)),
        lambda p, v, o: saved_value(p, v, Offer(o.save_rate, 4, 15, 0.35, 0)),  # no backfire
    ],
    ids=["risk twice", "all stayers", "no contact cost", "no backfire"],
)
def test_a_wrong_formula_does_not_give_the_table(monkeypatch, wrong):
    monkeypatch.setattr(priority, "saved_value", wrong)
    found = {name: float(of(name).saved[0]) for name in TABLE}
    assert any(abs(found[name] - ESV[name]) > 0.06 for name in TABLE)


def test_an_absolute_reduction_holds_the_risk_already():
    found = Priority.of(action(abs_reduction=0.04), [0.3], [1_000.0])
    assert found.saved.tolist() == [40]
    # Of a save rate the risk is a part: 1,000 x 0.3 x 0.04.
    assert Priority.of(action(save_rate=0.04), [0.3], [1_000.0]).saved.tolist() == [12]
    # Nobody with a risk of 1 % can be helped by 4 points, and who takes the credit pays for it all the same.
    rare = Priority.of(action(abs_reduction=0.04, **CALL), [0.01, 0.3], [1_000.0, 1_000.0])
    assert rare.cost.tolist() == pytest.approx(
        [15 * (0.01 + 0.99 * 0.35) + 4, 15 * (0.04 + 0.7 * 0.35) + 4], abs=0.005
    )
    assert rare.saved.tolist() == pytest.approx([10 - 9.3475, 40 - 8.275], abs=0.011)


def test_break_even_by_hand():
    gift = Offer(0.30, 1, 10, 1)
    assert break_even_risk([200.0], gift) == pytest.approx([11 / 67])
    assert break_even_risk([200.0], gift) == pytest.approx([0.164], abs=0.0005)
    assert break_even_value([0.25], Offer(0.12, 2, 15, 0.3)) == pytest.approx([194.17], abs=0.005)
    # An incentive worth more than the customer never pays, nor does a contact that drives more away.
    assert break_even_risk([9.0], Offer(0.30, 1, 10, 0)).tolist() == [np.inf]
    assert break_even_value([0.25], Offer(0.10, 2, 0, 0, 0.05)).tolist() == [np.inf]
    assert break_even_risk([200.0], Offer(0.01, 50)).tolist() == [np.inf]
    reduced = Offer.reducing([0.25], 0.03, contact_cost=3)
    assert break_even_value([0.25], reduced) == pytest.approx([100])


def test_treat_only_where_the_lower_bound_is_above_zero():
    def decision(low, evidence="measured run_1", stake=900.0):
        asked = action(**CALL, save_rate=0.12, uplift_low=low, evidence=evidence)
        found = Priority.of(asked, [0.62], [stake])
        return DECISIONS[found.decision[0]], found.low[0]

    # 900 x .62 s > 15 (.62 s + .38 x .35) + 4 from s = 5.995 / 548.7 = 0.010926 on.
    assert decision(0.011)[0] == "treat"
    assert decision(0.010)[0] == "test"
    assert decision(-0.2) == ("test", pytest.approx(-5.99, abs=0.011))
    assert decision(0.11, evidence="assumed")[0] == "test"
    assert decision(None)[0] == "test"
    assert np.isnan(decision(None)[1])
    assert decision(0.11, stake=20)[0] == "no_action"


def test_nobody_is_contacted_to_be_driven_away():
    # By the formula, losing a customer who costs 500 a year is a gain.
    asked = action(save_rate=0, backfire=0.5)
    found = Priority.of(asked, [0.1], [-500.0])
    assert found.saved[0] == pytest.approx(225)
    assert DECISIONS[found.decision[0]] == "no_action"


def test_where_the_incentive_exceeds_the_value_the_better_effect_is_the_lower_bound():
    asked = action(contact_cost=0, incentive_cost=100, take_up_stayers=0, save_rate=0.5, uplift_low=0.1)
    found = Priority.of(asked, [0.5], [60.0])
    assert found.saved.tolist() == [-10]  # .25 (60 - 100), against .05 (60 - 100) = -2
    assert found.low.tolist() == [-10]


def test_amounts_have_the_decimals_of_their_currency():
    asked = action(**CALL, save_rate=0.12)
    assert Priority.of(asked, [0.62], [900.0], exponent=0).saved.tolist() == [60]
    assert Priority.of(asked, [0.62], [900.0], exponent=3).cost.tolist() == [7.111]


def kinds_of_customers(p, stake, s, b, t, d, f):
    """Leavers kept, stayers driven away, stayers who take the incentive: each with what they bring."""
    kept, gone, took = p * s, (1 - p) * b, (1 - p) * t
    return kept * (stake - d) - gone * stake - took * d - f


terms = st.fixed_dictionaries(
    {"s": shares, "b": shares, "t": shares, "d": st.integers(0, 50), "f": st.integers(0, 9)}
)


@settings(max_examples=300)
@given(shares, st.integers(-2_000, 5_000), terms)
def test_it_is_what_each_kind_of_customer_brings(p, stake, given_terms):
    t = {key: Fraction(str(each)) for key, each in given_terms.items()}
    expected = kinds_of_customers(Fraction(str(p)), stake, **t)
    asked = made(given_terms)
    found = Priority.of(asked, [p], [float(stake)])
    assert found.saved[0] == pytest.approx(float(expected), abs=0.00501)
    kept = stake * (Fraction(str(p)) * t["s"] - (1 - Fraction(str(p))) * t["b"])
    assert found.cost[0] == pytest.approx(float(kept - expected), abs=0.00501)


def made(given_terms, **more):
    t = {**given_terms, **more}
    return action(
        save_rate=t["s"], backfire=t["b"], take_up_stayers=t["t"], incentive_cost=t["d"], contact_cost=t["f"]
    )


# Law 12: ESV falls when cost or backfire rises, rises with V when p s > (1 - p) b.
@settings(max_examples=300)
@given(shares, st.integers(1, 5_000), terms, st.integers(1, 100))
def test_it_falls_when_cost_or_backfire_rises(p, stake, given_terms, more):
    def saved(**changed):
        return float(saved_value([p], [stake], offer_of(made(given_terms, **changed), [p]))[0])

    base, t = saved(), given_terms
    assert saved(f=t["f"] + more) < base
    taken = p * t["s"] + (1 - p) * t["t"]
    dearer = saved(d=t["d"] + more)
    assert dearer < base if taken > 0 else dearer == base
    worse = min(1.0, t["b"] + more / 1_000)
    driven = saved(b=worse)
    assert driven < base if p < 1 and worse > t["b"] else driven == base


@settings(max_examples=300)
@given(shares, st.integers(1, 5_000), terms, st.integers(1, 5_000))
def test_it_rises_with_value_where_more_are_kept_than_driven_away(p, stake, given_terms, more):
    kept = Fraction(str(p)) * Fraction(str(given_terms["s"]))
    lost = (1 - Fraction(str(p))) * Fraction(str(given_terms["b"]))
    assume(kept != lost)
    asked = offer_of(made(given_terms), [p])
    low, high = saved_value([p, p], [stake, stake + more], asked)
    assert (high > low) == (kept > lost)


@settings(max_examples=200)
@given(shares, st.integers(1, 5_000), terms)
def test_break_even_is_where_the_sign_turns(p, stake, given_terms):
    offer = offer_of(made(given_terms), [p])
    needed = float(break_even_value([p], offer)[0])
    if np.isfinite(needed):
        assert saved_value([p], [needed], offer) == pytest.approx([0], abs=1e-6)
        assert saved_value([p], [needed + 1], offer)[0] > -1e-6
    else:
        assert saved_value([p], [float(stake)], offer)[0] <= 0
    risk = float(break_even_risk([float(stake)], offer)[0])
    if np.isfinite(risk):
        assert saved_value([risk], [float(stake)], offer) == pytest.approx([0], abs=1e-6)
    else:
        assert (saved_value([0.0, p, 1.0], [float(stake)] * 3, offer) <= 1e-9).all()


def test_what_is_expected_to_be_paid():
    assert expected_cost([0.62], Offer(0.12, 4, 15, 0.35)) == pytest.approx([7.111])


def test_decisions_by_hand():
    saved, low = np.array([1.0, 1.0, 0.0, 1.0]), np.array([0.5, 0.0, 0.0, np.nan])
    told = [DECISIONS[code] for code in decide(saved, low, np.ones(4), measured=True)]
    assert told == ["treat", "test", "no_action", "test"]
    assert [DECISIONS[code] for code in decide(saved, low, np.zeros(4), measured=True)] == ["no_action"] * 4
