"""Integrals over what is not known of a customer, as sums over few points in the right places.

Textbooks write them with the hypergeometric function 2F1. Its differences lose all digits for busy
customers, and some formulas are 0 / 0 where a parameter is 1. All that is summed here is positive, so
nothing cancels. Points are equally good for a scale of minutes and of years: they are spread over the
logarithm of the variable, from the smallest scale there is to where nothing is left, by Gauss's rule for
smooth functions. Errors are near 1e-13 for parameters that shops have, and reach 1e-7 only far away,
where a is 100 or a horizon a hundred lifetimes.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import betaln, roots_jacobi, roots_legendre

from churnlab.models.btyd.rows import Floats

POINTS, BETA_POINTS = 32, 48
NOTHING = 38.0  # exp(-38) is below the last digit of a float


class Falling(NamedTuple):
    """Points t, their weights, log(1 + t/c) and log(1 + t/d), (n, 32) each."""

    t: Floats
    weight: Floats
    log_c: Floats
    log_d: Floats

    def sum(self, of: Floats) -> Floats:
        """(n,) the integral of ``of``, (n, 32) values at the points, times what falls."""
        return np.asarray(np.einsum("ij,ij->i", self.weight, of), dtype=np.float64)


def falling(c: Floats, d: Floats, p: Floats, q: float, span: Floats) -> Falling:
    """Points t and weights w: sum w f(t) = integral of (1 + t/c)^-p (1 + t/d)^-q f(t), 0 to ``span``.

    >>> points = falling(np.array([2.0]), np.array([2.0]), np.array([1.0]), 1.0, np.array([6.0]))
    >>> round(float(points.weight.sum()), 12)  # 2 - 2 / (1 + 6 / 2)
    1.5
    """
    with np.errstate(over="ignore"):  # an infinite end is no end
        end = np.minimum(span, np.minimum(c * np.expm1(NOTHING / p), d * np.expm1(NOTHING / q)))
    scale = np.minimum(c, d)
    stretch = np.log1p(end / scale)
    x, rule = _even()
    t = np.expm1(stretch[:, None] * x)
    t *= scale[:, None]
    log_c, log_d = np.log1p(t / c[:, None]), np.log1p(t / d[:, None])
    height = np.exp(-p[:, None] * log_c - q * log_d)
    return Falling(t, rule * stretch[:, None] * (scale[:, None] + t) * height, log_c, log_d)


def over_beta(a: float, b: Floats, pull: Floats) -> tuple[Floats, Floats]:
    """Points p and weights w, (n, 48): sum w f(p) is the mean of f(p) where p is Beta(a, b).

    ``pull``: (n,) how fast f falls near 0, as exp(-pull x p).

    >>> p, w = over_beta(0.5, np.array([1.5]), np.array([0.0]))
    >>> round(float((w * p).sum()), 12)  # a / (a + b)
    0.25
    """
    b, pull = b[:, None], pull[:, None]
    # The rule takes on the part of p^(a - 1) that is not smooth at 0; y = -log(1 - p) the one at 1.
    part = a - max(np.ceil(a - 1.5), 0)
    v, rule = _rising(part)
    scale = (1 + a) / (1 + b + pull)
    stretch = np.log1p((NOTHING + 2 * a) / b / scale)
    y = scale * np.expm1(stretch * v)
    p = -np.expm1(-y)
    height = (a - 1) * np.log(p) - (part - 1) * np.log(v) - b * y - betaln(a, b)
    return p, rule * np.exp(height + stretch * v) * scale * stretch


@cache
def _even() -> tuple[Floats, Floats]:
    """Gauss's rule from 0 to 1."""
    x, rule = roots_legendre(POINTS)
    return (x + 1) / 2, rule / 2


@lru_cache(maxsize=8)
def _rising(part: float) -> tuple[Floats, Floats]:
    """Gauss's rule from 0 to 1 for functions times v^(part - 1)."""
    x, rule = roots_jacobi(BETA_POINTS, 0.0, part - 1)
    return (x + 1) / 2, rule / 2**part
