"""Every family of models: slopes are those of the likelihood, large numbers stay numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from churnlab.models.btyd import FAMILIES, Histories
from churnlab.models.btyd.family import two_ends

positive = st.floats(-1.2, 1.2).map(lambda power: float(10**power))
fours = st.lists(positive, min_size=4, max_size=4).map(np.array)
HISTORIES = Histories.of(
    np.array(
        [[0, 0, 30], [0, 0, 0.5], [1, 0.2, 1], [3, 10, 30.5], [5, 30, 30], [40, 9, 31], [200, 29, 30]], float
    )
)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(parameters=fours)
def test_slopes_are_those_of_the_likelihood(family, parameters):
    """Against differences, of each history by itself."""
    _, slopes = family.likelihood(parameters, HISTORIES)
    for place, value in enumerate(parameters):
        nudge = np.zeros(4)
        nudge[place] = 1e-5 * value
        ahead, behind = (family.likelihood(parameters + each, HISTORIES)[0] for each in (nudge, -nudge))
        difference = (ahead - behind) / (2e-5 * value)
        np.testing.assert_allclose(
            value * slopes[place], value * difference, rtol=1e-5, atol=1e-5, err_msg=family.names[place]
        )


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(parameters=fours)
def test_slopes_are_large_enough_for_that_check_to_see(family, parameters):
    _, slopes = family.likelihood(parameters, HISTORIES)
    assert (np.abs(parameters[:, None] * slopes).max(axis=1) > 1e-3).all()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_daily_buyers_of_ten_years_are_no_trouble(family):
    parameters = np.array([0.7, 40.0, 0.9, 250.0])
    told = Histories.of(np.array([[3_000, 3_590, 3_650], [3_000, 3_649, 3_650], [9_999, 10_000, 36_500.0]]))
    value, slopes = family.likelihood(parameters, told)
    assert np.isfinite(value).all()
    assert np.isfinite(slopes).all()
    alive = family.alive(parameters, told)
    assert alive[0] < 0.1  # silent for fifty gaps
    assert alive[1] > 0.9
    assert 0 <= alive[2] < 1e-300
    window = np.zeros(3), np.full(3, 90.0)
    assert (family.buys(parameters, told.repeats, told.age, *window) > 0.99).all()
    pace = (0.7 + told.repeats) / (40 + told.age)
    expected = family.expected(parameters, told.repeats, told.age, *window)
    assert (0.5 * 90 * pace < expected).all()
    assert (expected < 90 * pace).all()


@given(st.floats(-700, 0), st.floats(-700, 700))
def test_two_ends(stayed, lead):
    value, alive = two_ends(np.array([stayed]), np.array([lead]))
    assert value[0] == pytest.approx(logsumexp([stayed, stayed - lead]), abs=1e-12)
    assert alive[0] == pytest.approx(np.exp(stayed - value[0]), abs=1e-12)


def test_who_cannot_have_left_has_not():
    value, alive = two_ends(np.array([-3.0]), np.array([np.inf]))
    assert (value[0], alive[0]) == (-3, 1)
