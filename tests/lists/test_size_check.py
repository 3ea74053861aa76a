"""The size check: the worked number, its inverse, and the power that it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.lists.size_check import check, detectable, needed


def test_the_worked_number():
    assert needed(0.25, 0.22, 0.10) == (1_802, 18_020)


def test_enough_or_the_smallest_effect_that_shows():
    assert check(1_802, 16_218, 0.25, 0.22).enough
    few = check(500, 4_500, 0.25, 0.22)
    assert (few.needed_control, few.needed, few.enough) == (1_802, 18_020, False)
    # By hand, p1 = .25 - .0567: 7.85 (.1875 + .1933 x .8067 / 9) / .0567^2 = 500.
    assert few.detectable == pytest.approx(0.0567, abs=0.00005)
    assert few.as_dict()["enough"] is False


def test_what_cannot_be_shown():
    assert detectable(10, 90, 0.25) is None  # not even if nobody left
    assert check(0, 100, 0.25, 0.22).detectable is None
    nothing = check(100, 900, 0.25, 0.25)
    assert (nothing.needed, nothing.enough) == (None, False)
    assert not check(0, 0, 0.0, 0.0).enough
    with pytest.raises(ValueError, match=r"churn must lie in 0\.\.1, and fall; got 0\.2 to 0\.3"):
        check(10, 90, 0.2, 0.3)
    with pytest.raises(ValueError, match="a share of control between 0 and 1"):
        needed(0.2, 0.1, 0)


@settings(max_examples=200)
@given(st.integers(1, 10**6), st.integers(1, 10**7), st.floats(0.01, 0.99))
def test_the_inverse_gives_back_the_groups(control, treated, without):
    smallest = detectable(control, treated, without)
    if smallest is not None:
        p1 = without - smallest
        assert 0 <= p1 <= without
        spread = without * (1 - without) + p1 * (1 - p1) * control / treated
        assert 7.85 * spread / smallest**2 == pytest.approx(control, rel=1e-6)


def test_four_in_five_campaigns_of_that_size_find_the_effect():
    random = np.random.default_rng(7)
    control, treated = 1_802, 16_218
    left = random.binomial(control, 0.25, 20_000) / control
    stayed = random.binomial(treated, 0.22, 20_000) / treated
    error = np.sqrt(left * (1 - left) / control + stayed * (1 - stayed) / treated)
    assert (((left - stayed) / error) > 1.96).mean() == pytest.approx(0.80, abs=0.02)
