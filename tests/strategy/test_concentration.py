"""How unevenly value is spread: by hand, against the mean difference of all pairs, and by law."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.strategy.concentration import concentration

amounts = st.lists(st.integers(-500, 90_000).map(lambda units: units / 100), min_size=20, max_size=120)


def pairs(values):
    """Gini by its definition: the mean difference of two customers, in means of one, halved."""
    values = np.array(values)
    return np.abs(values[:, None] - values[None, :]).mean() / (2 * values.mean())


def test_by_hand():
    # 100 customers bring 1 each, 20 bring 20 each: 500, of which the best tenth, 12 customers, hold 240.
    found = concentration(np.repeat([1.0, 20.0, np.nan], [100, 20, 7]))
    assert found.customers == 120
    assert found.best == ((0.1, 12, 24_000, 0.48), (0.2, 24, 40_400, 0.808), (0.5, 60, 44_000, 0.88))
    assert found.curve[0] == (0.0, 0.0)
    assert found.curve[10] == (pytest.approx(100 / 120, abs=1e-6), 0.2)
    # Two lines: the area below is 5/6 x .2 / 2 + 1/6 x 1.2 / 2, and Gini 1 - 2 x that.
    assert found.gini == pytest.approx(1 - 2 * (5 / 6 * 0.1 + 1 / 6 * 0.6), abs=1e-6)


def test_all_alike_is_none_and_one_for_all_is_nearly_one():
    assert concentration(np.full(50, 3.0)).gini == 0
    assert concentration(np.append(np.zeros(99), 5.0)).gini == pytest.approx(0.99)


@settings(max_examples=200)
@given(amounts)
def test_it_is_the_mean_difference_of_all_pairs(values):
    found = concentration(np.array(values))
    if sum(round(100 * each) for each in values) <= 0:
        assert found is None
    else:
        assert found.gini == pytest.approx(pairs(values), rel=1e-6, abs=2e-6)


@settings(max_examples=200)
@given(amounts, st.randoms())
def test_order_and_unit_change_nothing(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    told = [concentration(np.array(each), 2) for each in (values, shuffled)]
    told.append(concentration(100 * np.array(values), 0))
    shown = [None if each is None else (each.gini, each.curve, each.best) for each in told]
    assert shown[0] == shown[1] == shown[2]


def test_points_are_ten_customers_apart_and_few_are_not_told_of():
    assert concentration(np.ones(19)) is None
    assert concentration(np.zeros(100)) is None
    assert len(concentration(np.ones(40)).curve) == 5
    assert [share for share, *_ in concentration(np.ones(40)).best] == [0.5]


def test_amounts_beyond_int64_are_summed_exactly():
    found = concentration(np.full(1_000, 9e15))
    assert found.gini == 0
    assert found.best[-1][2] == 500 * 900_000_000_000_000_000
