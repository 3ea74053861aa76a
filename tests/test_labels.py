"""Labels and values by hand; against a definition in plain Python in panel/test_rows.py."""

from types import SimpleNamespace

import numpy as np
import pytest

from churnlab import labels


class Counted:
    """A window of which only counts and sums are asked."""

    def __init__(self, counts, columns=()):
        self.counts, self.columns = np.array(counts), columns
        self.source = SimpleNamespace(has=lambda column: column in columns)

    def count(self):
        return self.counts

    def sum(self, column):
        assert column in self.columns
        return self.counts


def outcome(orders=(0, 1, 0, 2), gap_orders=(0, 0, 1, 0), complete=(1, 1, 1, 0), **columns):
    return SimpleNamespace(
        orders=Counted(orders),
        gap_orders=Counted(gap_orders),
        transactions=Counted([0, 12_345, -500, 900], **columns),
        complete=np.array(complete, dtype=bool),
    )


def test_churned_by_hand():
    # No order: 1. An order: 0. One in the gap only: 1, unless it counts. Not complete: neither.
    nan = np.nan
    np.testing.assert_equal(labels.churned(outcome(), gap_purchase_counts=False), [1, 0, 1, nan])
    np.testing.assert_equal(labels.churned(outcome(), gap_purchase_counts=True), [1, 0, 0, nan])


def valued(columns, rate=0.0, exponent=2):
    asked = outcome(columns=columns)
    basis = labels.value_basis(asked)
    return labels.value(
        asked, horizon_days=365, gap_days=14, discount_rate_annual=rate, basis=basis, exponent=exponent
    )


def test_value_by_hand():
    # 123.45 over a year that starts in 14 days: its middle is 196.5 days away, 1.1^-0.538 = 0.94998.
    np.testing.assert_allclose(valued(("amount",)), [0, 123.45, -5, np.nan])
    np.testing.assert_allclose(valued(("margin",), rate=0.1)[1], 123.45 * 0.94998, atol=1e-3)
    np.testing.assert_allclose(valued(("margin",), exponent=0)[1], 12_345)
    assert np.isnan(valued(())).all()


def test_margin_comes_before_net_amount():
    assert labels.value_basis(outcome(columns=("amount", "margin"))) == "margin"
    assert labels.value_basis(outcome(columns=("amount",))) == "net_amount"
    assert labels.value_basis(outcome(columns=())) is None


def test_the_rate_is_a_year_s():
    # 50 a month for 12 months at 10 % a year is worth 572.31; read as a month's rate it would be 357.31.
    paid = 600 * labels.discount(horizon_days=365, gap_days=0, rate_annual=0.10)
    assert paid == pytest.approx(572.31, rel=1e-3)
    monthly = sum(50 * labels.discount(0, round((month - 0.5) * 30.4, 1), 0.10) for month in range(1, 13))
    assert monthly == pytest.approx(572.31, abs=0.005)
