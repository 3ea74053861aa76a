"""Where high begins: each mode by hand and by another way, groups, break-even, JSON."""

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from churnlab.config.offer import Offer
from churnlab.config.strategy import Axes, StrategyPlan, Threshold
from churnlab.strategy.thresholds import Thresholds, break_even, learn_thresholds

NAN = float("nan")
OFFER = Offer(save_rate=0.12, incentive_cost=15, contact_cost=2, take_up_stayers=0.3)


def plan(mode, at, intensity=50):
    return StrategyPlan(value=Threshold(mode=mode, at=at), intensity=Threshold(mode="fixed", at=intensity))


def learned(values, mode, at):
    values = np.array(values, dtype=float)
    return learn_thresholds(values, np.full(len(values), 50.0), plan(mode, at))


def test_margin_share_is_the_smallest_set_that_covers_it():
    # 50 + 30 = 80 of 100: exactly the share, so two customers are enough. The loss-maker counts for nothing.
    assert learned([20, 50, 30, -400], "margin_share", 0.8).value_if_retained == 30
    assert learned([20, 50, 30, -400], "margin_share", 0.81).value_if_retained == 20
    assert learned([20, 50, 30, NAN], "margin_share", 0.5).value_if_retained == 50


@given(st.lists(st.integers(-50, 200), min_size=1, max_size=12), st.sampled_from([0.1, 0.5, 0.8, 1.0]))
@example([1, 1, 1], 1.0)
def test_margin_share_by_trying_every_cut(values, share):
    cut = learned(values, "margin_share", share).value_if_retained
    positive = [value for value in values if value > 0]
    if not positive:
        assert cut is None
        return
    enough = [c for c in positive if sum(v for v in positive if v >= c) >= share * sum(positive) - 1e-9]
    assert cut == max(enough)


def test_quantile_and_fixed():
    assert learned([1, 2, 3, 4, NAN], "quantile", 0.5).value_if_retained == 2.5
    assert learned([1, 2, 3], "fixed", 7).value_if_retained == 7
    assert learned([1, 2, 3], "fixed", 7).value_learned == "fixed at 7"


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_cuts_do_not_depend_on_the_order_of_customers(values, random):
    shuffled = random.sample(values, len(values))
    for mode in ("quantile", "margin_share"):
        assert learned(values, mode, 0.7) == learned(shuffled, mode, 0.7)


def test_an_axis_nobody_has():
    cut = learn_thresholds(None, np.full(3, NAN), plan("margin_share", 0.8))
    assert (cut.value_if_retained, cut.intensity) == (None, None)
    assert cut.value_learned == cut.intensity_learned == "no customer has this axis"
    assert learned([-1, 0], "margin_share", 0.8).value_learned == "none of 2 customers has a value above zero"


def test_thresholds_survive_json():
    for cut in (learned([20, 50.123456, 30], "margin_share", 0.8), Thresholds(None, 50.0)):
        assert Thresholds.from_dict(json.loads(json.dumps(cut.as_dict()))) == cut


def test_break_even_is_the_worked_example_and_zero_profit_there():
    value = break_even(0.25, OFFER)
    assert value == pytest.approx(194.17, abs=0.005)
    # Saved, less the incentive for who is kept and who would have stayed anyway, less the contact.
    assert value * 0.25 * 0.12 - 15 * (0.25 * 0.12 + 0.75 * 0.3) - 2 == pytest.approx(0, abs=1e-5)
    driven_away = Offer(**{**OFFER.model_dump(), "backfire": 0.01})
    assert break_even(0.25, driven_away) > value


def test_break_even_is_a_cut_that_needs_no_customers():
    plan = StrategyPlan(value=Threshold(mode="break_even", at=0.25, offer=OFFER))
    cut = learn_thresholds(np.array([1.0, 2.0]), np.array([50.0, 60.0]), plan)
    assert cut.value_if_retained == break_even(0.25, OFFER)
    assert "pays" in cut.value_learned


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ({"mode": "break_even", "at": 0.25}, "needs an offer"),
        ({"mode": "fixed", "at": 3, "offer": OFFER}, "offer is for mode break_even"),
        ({"mode": "break_even", "at": 2, "offer": OFFER}, "at most 1"),
        ({"mode": "break_even", "at": 0.1, "offer": {"save_rate": 0.1, "backfire": 0.1}}, "loses as much"),
    ],
)
def test_a_threshold_that_cannot_be_is_refused(threshold, words):
    with pytest.raises(ValidationError, match=words):
        Threshold.model_validate(threshold)


def by_country(value, countries, **plan):
    plan = StrategyPlan(value=Threshold(mode="quantile", at=0.5), by="country", min_group=3, **plan)
    return learn_thresholds(
        np.array(value, dtype=float), np.full(len(value), 50.0), plan, np.array(countries, dtype=object)
    )


def test_each_group_learns_from_its_own_customers_and_a_small_one_from_everybody():
    cut = by_country([1, 2, 3, 100, 200, 300, 7, 9], ["fr"] * 3 + ["de"] * 3 + ["it", None])
    assert cut.value_if_retained == np.quantile([1, 2, 3, 100, 200, 300, 7, 9], 0.5)
    assert {name: own.value_if_retained for name, own in cut.groups.items()} == {"fr": 2, "de": 200}


def test_a_group_may_have_a_mode_of_its_own_however_small_it_is():
    fixed = {
        "it": Axes(value=Threshold(mode="fixed", at=42)),
        "xx": Axes(value=Threshold(mode="fixed", at=43)),
    }
    cut = by_country([1, 2, 3, 7], ["fr"] * 3 + ["it"], groups=fixed)
    assert cut.groups["it"].value_if_retained == 42
    assert cut.groups["xx"].value_if_retained == 43, "nobody is there yet"
    assert cut.groups["it"].intensity == cut.intensity


def test_cuts_are_each_customers_own():
    cut = Thresholds(300, 50, groups={"B2B": Thresholds(5_000, None)})
    value, near = cut.cuts(np.array(["B2B", None, "x"], dtype=object), 3)
    assert value.tolist() == [5_000, 300, 300]
    assert np.array_equal(near, [NAN, 50, 50], equal_nan=True)


def test_groups_survive_json():
    cut = by_country([1, 2, 3, 100, 200, 300], ["fr"] * 3 + ["de"] * 3)
    assert Thresholds.from_dict(json.loads(json.dumps(cut.as_dict()))) == cut


def test_groups_without_an_attribute_are_refused():
    with pytest.raises(ValidationError, match=r"groups needs strategy\.by"):
        StrategyPlan(groups={"fr": Axes()})
