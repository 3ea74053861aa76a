"""Labels and values by hand; by definition in plain Python in panel/test_rows.py and test_partial.py."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from churnlab import labels
from churnlab.errors import ConfigError
from churnlab.labels import Season


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
    # With 3 % leaving each month 488.11 remain; a year's total that starts in 14 days is worth 0.95 of it.
    fading = sum(
        50 * (1 - 0.03) ** past * labels.discount(0, round((past + 0.5) * 30.4, 1), 0.10)
        for past in range(12)
    )
    assert fading == pytest.approx(488.11, abs=0.005)
    assert labels.discount(horizon_days=365, gap_days=14, rate_annual=0.10) == pytest.approx(0.95, abs=0.001)


def fell(before, after, season, decline=0.5):
    found = labels.declined(np.array([before]), np.array([after]), Season(*season), decline=decline)
    return found.tolist()[0]


def test_declined_by_hand():
    # In an even season the limit of 80 is 40; where everybody brings 7 of 10, it is 28.
    assert [fell(80, after, (100, 100)) for after in (39, 40, 41, -5)] == [1, 0, 0, 1]
    assert [fell(80, after, (1_000, 700)) for after in (27, 28, 30)] == [1, 0, 0]
    # A decline of 0.7 leaves 0.3: of 10 it is 3, although 1 - 0.7 is a little more than 0.3 in floats.
    assert [fell(10, after, (100, 100), 0.7) for after in (2, 3)] == [1, 0]


@pytest.mark.parametrize("decline", [0.1, 0.3, 0.5, 0.7, 0.9, 0.333])
@pytest.mark.parametrize("season", [(3, 1), (7, 10), (10**17, 3 * 10**16)])
def test_exactly_at_the_limit_is_no_decline(decline, season):
    """Whatever the share and the season, up to amounts whose product does not fit into 64 bits."""
    kept = (1 - Fraction(str(decline))) * Fraction(season[1], season[0])
    before = kept.denominator * 10**9
    at = int(kept * before)
    assert [fell(before, at + more, season, decline) for more in (-1, 0, 1)] == [1, 0, 0]


@pytest.mark.parametrize("season", [(0, 5), (5, 0), (-5, 5), (5, -5), (-5, -5)])
def test_without_a_season_there_is_no_label(season):
    assert not Season(*season).is_known
    assert np.isnan(fell(80, 10, season))


def test_seasons_add_up():
    assert Season(1, 10**18) + Season(2, 10**19) == Season(3, 11 * 10**18)


def test_what_is_brought_is_what_value_counts():
    both = Counted([5, -2], columns=("amount", "margin"))
    both.sum = lambda column: {"margin": np.array([5, -2])}[column]
    assert labels.brought(both).tolist() == [5, -2]
    with pytest.raises(ConfigError, match="read from amounts or margins"):
        labels.brought(Counted([1]))
