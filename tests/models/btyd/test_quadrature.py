"""Sums over points against brute force, scipy's hypergeometric function, and closed forms."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import betainc, betaln, hyp2f1

from churnlab.models.btyd.quadrature import falling, over_beta


def spread(least, most):
    """Positive numbers, as many small as large ones."""
    return st.floats(np.log10(least), np.log10(most)).map(lambda power: float(10**power))


def fallen(c, d, p, q, span):
    points = falling(*(np.array([each]) for each in (c, d, p)), q, np.array([span]))
    return float(points.weight.sum())


@given(spread(1e-2, 1e4), spread(0.03, 2e3), spread(0.03, 50), spread(1e-6, 1e5))
@example(1.0, 0.5, 0.5, 1e5)  # p + q = 1: the integral is a logarithm
def test_falling_at_one_pace_is_a_power(c, p, q, span):
    power = p + q - 1
    grown = np.log1p(span / c)
    wanted = c * (grown if power == 0 else -np.expm1(-power * grown) / power)
    assert fallen(c, c, p, q, span) == pytest.approx(wanted, rel=1e-11)


def densely(of_log, least, most):
    """The integral of ``of_log`` by 30 points in each of 120 pieces: brute force."""
    x, rule = np.polynomial.legendre.leggauss(30)
    edges = np.linspace(least, most, 121)
    half = np.diff(edges)[:, None] / 2
    return (half * rule * of_log(edges[:-1, None] + half * (x + 1))).sum()


@given(spread(1e-2, 1e3), spread(1e-2, 1e3), spread(0.1, 300), spread(0.1, 20), spread(1e-3, 1e4))
def test_falling_is_what_brute_force_finds(c, d, p, q, span):
    def of_log(y):
        t = np.exp(y)
        return np.exp(y - p * np.log1p(t / c) - q * np.log1p(t / d))

    wanted = densely(of_log, np.log(span) - 60, np.log(span))
    assert fallen(c, d, p, q, span) == pytest.approx(wanted, rel=1e-9)


@given(spread(0.02, 10), spread(0.02, 1e3), spread(1e-2, 1e3))
@example(1.0, 3.0, 1.0)
@example(1.0 + 1e-9, 3.0, 1.0)  # next to a whole number on either side
@example(1.0 - 1e-9, 3.0, 1.0)
@example(2.5, 0.3, 200.0)
@example(1.5, 0.3, 0.0)
def test_means_over_beta_are_hypergeometric(a, b, pull):
    """The mean of (1 + p w)^-n is 2F1(n, a; a + b; -w), turned so that scipy's sums only positive terms."""
    n, w = 1.5, pull / 1.5
    p, weight = over_beta(a, np.array([b]), np.array([pull]))
    ours = (weight * (1 + p * w) ** -n).sum()
    assert weight.sum() == pytest.approx(1, abs=1e-9)
    assert (weight * p).sum() == pytest.approx(a / (a + b), rel=1e-9)
    if w < 30:  # beyond, scipy's own digits go
        theirs = (1 + w) ** -a * hyp2f1(a, a + b - n, a + b, w / (1 + w))
        assert ours == pytest.approx(theirs, rel=1e-9)


@given(spread(0.05, 10), spread(0.05, 300), spread(0.1, 300), spread(1e-2, 30))
@example(0.8, 0.05, 0.3, 1e-2)
@example(1.0, 300.0, 300.0, 30.0)
def test_means_over_beta_are_what_brute_force_finds(a, b, n, w):
    """Busy customers and long horizons: purchases within a horizon after a gap of the same length."""

    def asked(p):
        return np.exp(-n * np.log1p(p * w)) * -np.expm1(-n * np.log1p(p * w / (1 + p * w))) / p

    def of_log(y):  # from either end to the middle
        near = 0.5 * np.exp(y)
        low = np.exp(a * np.log(near) + (b - 1) * np.log1p(-near)) * asked(near)
        return low + np.exp(b * np.log(near) + (a - 1) * np.log1p(-near)) * asked(1 - near)

    end = 0.5 * np.exp(-60)
    ends = asked(end) * end**a / a + asked(1.0) * end**b / b
    wanted = (densely(of_log, -60, 0) + ends) / np.exp(betaln(a, b))
    p, weight = over_beta(a, np.array([b]), np.array([2 * n * w]))
    assert (weight * asked(p)).sum() == pytest.approx(wanted, rel=1e-8)


def test_points_lie_inside():
    p, weight = over_beta(0.01, np.array([0.01, 1e4]), np.array([0.0, 1e4]))
    assert ((p > 0) & (p <= 1)).all()
    assert (weight >= 0).all()
    assert betainc(0.01, 0.01, 0.5) == pytest.approx((weight[0] * (p[0] < 0.5)).sum(), abs=0.02)
