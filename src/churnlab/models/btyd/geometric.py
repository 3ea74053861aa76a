"""BG/NBD and MBG/NBD: customers buy at a steady pace, and each purchase may be their last.

Purchases of a living customer come at random at a rate that is his own, Gamma(r, alpha) over customers;
after each he leaves with a probability p that is his own, Beta(a, b) over customers.

BG/NBD   he may leave after each repeat purchase: who bought once is alive for sure (Fader, Hardie & Lee,
         2005, Marketing Science 24(2), 275-284)
MBG/NBD  he may leave after the first purchase too (Batislam, Denizel & Filiztekin, 2007, International
         Journal of Research in Marketing 24(3), 201-209)

The two differ in one number: how many chances to leave a customer has had, repeats or repeats + 1.

Of a living customer the rate is Gamma(r + repeats, alpha + age) and p is Beta(a, b + chances), the one
independent of the other. He leaves at the rate (rate x p). So with n = r + repeats, c = alpha + age:

  P(alive at t, then a purchase within h)  mean over p of (1 + p t / c)^-n (1 - (1 + h / (c + p t))^-n)
  purchases from t to t + h                mean over p of ((1 + p t / c)^-n - (1 + p (t + h) / c)^-n) / p

Without a gap, t = 0, the first is 1 - (1 + h / c)^-n whatever p is. Times P(alive) these are what is
expected of any customer. The second is the formula of 2005 without its hypergeometric function, which
is 0 / 0 where a = 1.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import betaln, expit, gammaln, psi

from churnlab.models.btyd.family import Family, Future, two_ends
from churnlab.models.btyd.histories import Histories
from churnlab.models.btyd.quadrature import over_beta
from churnlab.models.btyd.rows import Floats, in_blocks

NAMES = ("r", "alpha", "a", "b")
STARTS = ((0.5, np.nan, 0.8, 2.5), (1.5, np.nan, 0.2, 2.0), (0.2, np.nan, 1.0, 1.0))


def _likelihood(first: int, parameters: Floats, told: Histories) -> tuple[Floats, Floats]:
    r, alpha, a, b = parameters
    repeats, whose = told.counts
    chances = repeats + first
    n = r + told.repeats
    until, since = alpha + told.age, alpha + told.recency
    log_until, log_since = np.log(until), np.log(since)
    stayed = -n * log_until
    lead = stayed - (_odds(chances, a, b)[whose] - n * log_since)
    either, alive = two_ends(stayed, lead)
    gone = 1 - alive
    constant = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha) + betaln(a, b + chances) - betaln(a, b)
    total, both = psi(a + b), psi(a + b + chances)
    slopes = [
        (psi(r + repeats) - psi(r) + np.log(alpha))[whose] - alive * log_until - gone * log_since,
        r / alpha - n * (alive / until + gone / since),
        (total - both)[whose] + gone / a,
        (total - both + psi(b + chances) - psi(b))[whose] - gone / (b + np.maximum(chances, 1) - 1)[whose],
    ]
    return constant[whose] + either, np.stack(slopes)


def _alive(first: int, parameters: Floats, told: Histories) -> Floats:
    r, alpha, a, b = parameters
    n = r + told.repeats
    silence = np.log(alpha + told.recency) - np.log(alpha + told.age)
    return np.asarray(expit(n * silence - _odds(told.repeats + first, a, b)), dtype=np.float64)


def _odds(chances: Floats, a: float, b: float) -> Floats:
    """log(a / (b + chances - 1)): that he took the last chance to leave, against that he did not."""
    return np.where(chances > 0, np.log(a) - np.log(b + np.maximum(chances, 1) - 1), -np.inf)


def _buys(p: Floats, n: Floats, c: Floats, start: Floats, horizon: Floats) -> Floats:
    there = np.exp(-n * np.log1p(p * start / c))
    return there * -np.expm1(-n * np.log1p(horizon / (c + p * start)))


def _expected(p: Floats, n: Floats, c: Floats, start: Floats, horizon: Floats) -> Floats:
    there = np.exp(-n * np.log1p(p * start / c))
    return there * -np.expm1(-n * np.log1p(p * horizon / (c + p * start))) / p


def _future(first: int, of_chance: Future) -> Future:
    """The mean of ``of_chance(p, n, c, start, horizon)`` over the p that a living customer may have."""

    def mean(parameters: Floats, repeats: Floats, age: Floats, start: Floats, horizon: Floats) -> Floats:
        r, alpha, a, b = parameters

        def block(repeats: Floats, age: Floats, start: Floats, horizon: Floats) -> Floats:
            n, c = r + repeats, alpha + age
            p, weight = over_beta(a, b + repeats + first, n * (start + horizon) / c)
            each = of_chance(p, n[:, None], c[:, None], start[:, None], horizon[:, None])
            return np.asarray((weight * each).sum(axis=1), dtype=np.float64)

        return in_blocks(block, repeats, age, start, horizon)

    return mean


def _family(first: int) -> Family:
    return Family(
        names=NAMES,
        times=frozenset({"alpha"}),
        starts=STARTS,
        likelihood=partial(_likelihood, first),
        alive=partial(_alive, first),
        buys=_future(first, _buys),
        expected=_future(first, _expected),
    )


BG_NBD, MBG_NBD = _family(0), _family(1)
