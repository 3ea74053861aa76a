"""The four amounts: by hand, between their bounds, and as a reader of a list would recompute them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.strategy.worth import Worth, rounded, summed
from laws import often

money = st.floats(-1e6, 1e6)


def test_by_hand():
    # The examples of domain.md section 9: A loses 558 of 900, B 840 of 2 400.
    worth = Worth.of(np.array([0.62, 0.35]), np.array([950.0, 2400.0]), np.array([50.0, 0.0]))
    assert worth.at_stake.tolist() == [900, 2400]
    assert worth.expected_loss.tolist() == [558, 840]
    assert worth.expected.tolist() == [392, 1560]  # .38 x 950 + .62 x 50; .65 x 2 400


def test_amounts_have_the_decimals_of_their_currency():
    yen = Worth.of(np.array([0.5]), np.array([101.4]), np.array([0.0]), exponent=0)
    assert (yen.if_retained[0], yen.expected_loss[0]) == (101, 50)  # half to even
    dinar = Worth.of(np.array([0.5]), np.array([1.2344]), np.array([0.0]), exponent=3)
    assert (dinar.if_retained[0], dinar.expected_loss[0]) == (1.234, 0.617)


# Law 4.
@often
@given(st.lists(st.tuples(st.floats(0, 1), money, money), min_size=1, max_size=20))
def test_expected_lies_between_the_two_values(rows):
    risk, retained, churned = (np.array(column) for column in zip(*rows, strict=True))
    worth = Worth.of(risk, retained, churned)
    low = np.minimum(worth.if_retained, worth.if_churned)
    high = np.maximum(worth.if_retained, worth.if_churned)
    assert ((low <= worth.expected) & (worth.expected <= high)).all()
    assert worth.at_stake == pytest.approx(worth.if_retained - worth.if_churned, abs=1e-9)
    assert worth.expected_loss == pytest.approx(np.round(risk, 6) * worth.at_stake, abs=0.005001)


def test_a_certain_stay_or_leave_is_worth_its_own_value():
    worth = Worth.of(np.array([0.0, 1.0]), np.array([80.0, 80.0]), np.array([9.0, 9.0]))
    assert worth.expected.tolist() == [80, 9]
    assert worth.expected_loss.tolist() == [0, 71]


@often
@given(st.lists(st.decimals(-(10**12), 10**12, places=2), max_size=40), st.randoms(use_true_random=False))
def test_a_sum_is_exact_in_any_order_and_of_any_size(amounts, random):
    exact = float(sum(amounts, Decimal(0)))
    shuffled = random.sample(amounts, len(amounts))
    for order in (amounts, shuffled):
        assert summed(np.array([*map(float, order), np.nan]), 2) == exact


def test_a_sum_goes_beyond_the_end_of_int64():
    assert summed(np.full(1_000, 5e16), 2) == 5e19


def test_no_negative_zero():
    assert not np.signbit(rounded(np.array([-0.001, -0.0, 0.001]), 2)).any()
