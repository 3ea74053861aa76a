"""Customers and value per strategy: by hand, and the parts sum to the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.strategy.summary import as_records, summarise
from churnlab.strategy.worth import Worth

CODES = ("retain", "rationalise", "win_back", "release", "unclassified")


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
