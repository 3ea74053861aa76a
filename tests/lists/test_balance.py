"""Balance: by hand, exact whatever the order, quiet on drawn arms and loud on chosen ones."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_made import SALT
from churnlab.lists.balance import balance
from churnlab.lists.control import CONTROL, EXPLORE, NOBODY, TREATED, campaign_draws, drawn


def arms(treated, control):
    return np.repeat([TREATED, CONTROL], [treated, control]).astype(np.int8)


def test_by_hand():
    # 1..10 against 3..12: means 5.5 and 7.5, both of variance 8.25.
    values = np.concatenate([np.arange(1.0, 11), np.arange(3.0, 13)])
    (row,) = balance(arms(10, 10), {"intensity": values})
    assert (row.measure, row.arms, row.customers, row.means) == (
        "intensity",
        ("treated", "control"),
        (10, 10),
        (5.5, 7.5),
    )
    assert row.apart == pytest.approx(-2 / np.sqrt(8.25))
    assert not row.odd  # .7 deviations between ten and ten can be luck


def test_groups_under_ten_are_not_shown():
    values = np.arange(20.0)
    (row,) = balance(arms(11, 9), {"risk": values})
    assert (row.means, row.apart, row.odd) == (None, None, False)
    values[0] = np.nan
    assert balance(arms(10, 10), {"risk": values})[0].means is None


def test_values_that_are_all_the_same():
    assert balance(arms(7_000, 1_300), {"x": np.full(8_300, 0.1)})[0].apart == 0
    apart = balance(arms(20, 20), {"x": np.repeat([1.0, 2.0], 20)})[0]
    told = apart.as_dict()
    assert (told["apart"], told["odd"]) == (None, True)
    assert json.loads(json.dumps(told, allow_nan=False)) == {
        **told,
        "arms": [*told["arms"]],
        "customers": [*told["customers"]],
        "means": [*told["means"]],
    }, "a manifest can hold it"


def test_drawn_arms_are_alike_and_chosen_ones_are_not():
    risk = np.random.default_rng(3).beta(1, 4, 20_000)
    control = drawn(campaign_draws([f"c{n}" for n in range(20_000)], SALT, "autumn")[0], 0.1)
    assert not balance(np.where(control, CONTROL, TREATED).astype(np.int8), {"risk": risk})[0].odd
    riskiest = np.argsort(np.argsort(-risk)) < 2_000
    assert balance(np.where(riskiest, CONTROL, TREATED).astype(np.int8), {"risk": risk})[0].odd


def test_any_two_arms():
    arm = np.repeat([EXPLORE, NOBODY], 10).astype(np.int8)
    (row,) = balance(arm, {"risk": np.arange(20.0)}, between=(EXPLORE, NOBODY))
    assert row.arms == ("explore", "")
    assert row.means == (4.5, 14.5)


@given(st.lists(st.floats(-1e9, 1e9), min_size=20, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_digit(values, random):
    arm = np.where(np.arange(len(values)) % 2, TREATED, CONTROL).astype(np.int8)
    order = random.sample(range(len(values)), len(values))
    found = np.array(values)
    assert balance(arm, {"x": found}) == balance(arm[order], {"x": found[order]})
