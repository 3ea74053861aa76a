"""Coverage by hand, and of a known distribution."""

import numpy as np

from churnlab.evaluation.coverage import coverages


def test_by_hand():
    value = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, np.nan])
    low, high = np.full(11, 2.0), np.full(11, 7.0)
    often = np.arange(11) % 2 == 1
    found = coverages(value, low, high, value.copy(), {"often": often, "few": np.arange(11) < 3})
    assert [one.group for one in found] == ["all"]  # five, three and one of a tenth are too few to tell of
    (everyone,) = found
    assert (everyone.n, everyone.below, everyone.within, everyone.above) == (10, 0.2, 0.6, 0.2)


def test_tenths_of_expected_value_find_where_an_interval_is_too_narrow():
    draw = np.random.default_rng(0)
    expected = draw.gamma(2, 50, 20_000)
    wide = np.where(expected > np.quantile(expected, 0.9), 2.0, 1.0)
    value = expected * (1 + 0.1 * wide * draw.standard_normal(20_000))
    off = 0.1 * 1.2816 * expected
    found = {one.group: one for one in coverages(value, expected - off, expected + off, expected, {})}
    assert len(found) == 11
    assert abs(found["decile 3"].within - 0.8) < 0.03
    assert found["decile 10"].within < 0.55
    assert found["decile 10"].n == 2_000
