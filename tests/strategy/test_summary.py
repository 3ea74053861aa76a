"""Customers and value per strategy: by hand, and the parts sum to the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.strategy.summary import Sums, as_records
from churnlab.strategy.worth import Worth

CODES = ("retain", "rationalise", "win_back", "release", "unclassified")


def summarise(quadrant, risk, worth):
    sums = Sums()
    sums.add(quadrant, risk, worth)
    return sums.totals()


def texts(values):
    return np.array(values, dtype=object)


def test_by_hand():
    risk = np.array([0.1, 0.2, 0.6])
    worth = Worth.of(risk, np.array([100.0, 50.0, 200.0]), np.array([0.0, 10.0, 20.0]))
    rows = {row.strategy: row for row in summarise(texts(["retain", "release", "retain"]), risk, worth)}
    assert list(rows) == [*CODES, "all"]
    retain = rows["retain"]
    assert (retain.customers, retain.share) == (2, 0.666667)
    assert retain.value_if_retained == 300
    assert retain.value_at_stake == 280
    assert retain.expected_loss == 118  # .1 x 100 + .6 x 180
    assert retain.mean_risk == 0.35
    assert (rows["win_back"].customers, rows["win_back"].mean_risk) == (0, None)


def test_without_value_only_customers_and_risk():
    (*_, whole) = as_records(summarise(texts(["unclassified"] * 2), np.array([0.2, 0.4]), None))
    assert whole["customers"] == 2
    assert whole["mean_risk"] == pytest.approx(0.3)
    assert whole["value_if_retained"] is whole["value_at_stake"] is whole["expected_loss"] is None


@given(
    st.lists(
        st.tuples(st.sampled_from(CODES), st.floats(0, 1), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_strategies_sum_to_all_and_order_does_not_matter(rows, random):
    def totals(some):
        code, risk, retained, churned = zip(*some, strict=True) if some else ((), (), (), ())
        risk = np.round(np.array(risk, dtype=float), 6)
        worth = Worth.of(risk, np.array(retained, dtype=float), np.array(churned, dtype=float))
        return summarise(texts(list(code)), risk, worth)

    *strategies, whole = totals(rows)
    assert whole.customers == len(rows) == sum(row.customers for row in strategies)
    for amount in ("value_if_retained", "value_at_stake", "expected_loss"):
        cents = [round(getattr(row, amount) * 100) for row in strategies]
        assert sum(cents) == round(getattr(whole, amount) * 100)
    assert totals(random.sample(rows, len(rows))) == (*strategies, whole)


def test_sums_beyond_what_64_bits_hold_are_exact():
    # 2**53 - 1 cents is the most that a list takes; 1,025 of them pass 2**63.
    amount = (2.0**53 - 1) / 100
    many = np.full(5_000, amount)
    worth = Worth(many, many, many, -many, many)
    (retain, *_, whole) = summarise(texts(["retain"] * 5_000), np.full(5_000, 0.5), worth)
    assert retain.value_if_retained == whole.value_if_retained == 5_000 * (2**53 - 1) / 100
    assert whole.value_at_stake == -whole.value_if_retained


@given(
    st.lists(
        st.tuples(st.sampled_from(CODES), st.integers(0, 10**6), st.integers(-(10**9), 10**9)), min_size=1
    ),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_blocks_add_up_and_so_do_sums_of_blocks(rows, cuts):
    code, risk, units = (np.array(column) for column in zip(*rows, strict=True))
    risk, amounts = risk / 10**6, units / 100
    worth = Worth(amounts, amounts, amounts, amounts, amounts)
    one, joined = Sums(), Sums()
    for part in np.split(np.arange(len(rows)), sorted(cuts)):
        block = Sums()
        taken = Worth(*[amounts[part]] * 5)
        for sums in (one, block):
            sums.add(code[part].astype(object), risk[part], taken)
        joined.join(block)
    assert one.totals() == joined.totals() == summarise(code.astype(object), risk, worth)


def test_value_in_some_blocks_only_is_a_mistake_of_ours():
    sums, nothing = Sums(), np.zeros(1)
    sums.add(texts(["retain"]), nothing, Worth(*[nothing] * 5))
    with pytest.raises(ValueError, match="either all blocks have value, or none"):
        sums.add(texts(["retain"]), nothing, None)
