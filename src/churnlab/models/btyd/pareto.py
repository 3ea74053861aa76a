"""Pareto/NBD: customers buy at a steady pace until, unseen, they leave.

The rate of purchases is the customer's own, Gamma(r, alpha) over customers, and so is the rate of
leaving, Gamma(s, beta). The first says nothing of the second.

A history ends alive, or with a departure at some t between the last purchase and the observation date:

  alive  (alpha + age)^-n (1 + age / beta)^-s
  gone   s beta^s times the integral of (alpha + t)^-n (beta + t)^-(s + 1), recency to age

with n = r + repeats. Of a living customer the rates are Gamma(n, c) and Gamma(s, d), c = alpha + age,
d = beta + age, independent of one another. From t to t + h he has

  P(a purchase)  integral over u from 0 to h of n / c (1 + u / c)^-(n + 1) (1 + (t + u) / d)^-s
  purchases      n / c times the integral over u from t to t + h of (1 + u / d)^-s

(Schmittlein, Morrison & Colombo, 1987, Management Science 33(1), 1-24. The departure as an integral:
Fader & Hardie's note on deriving the model, 2005, before it becomes a difference of hypergeometric
functions.)
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, exprel, gammaln, psi

from churnlab.models.btyd.family import Family, two_ends
from churnlab.models.btyd.histories import Histories
from churnlab.models.btyd.quadrature import falling
from churnlab.models.btyd.rows import Floats, in_blocks

NAMES = ("r", "alpha", "s", "beta")
STARTS = ((0.5, np.nan, 0.5, 0.3), (1.5, np.nan, 0.3, 1.0), (0.3, np.nan, 1.0, 1.0))


def likelihood(parameters: Floats, told: Histories) -> tuple[Floats, Floats]:
    """(n,) log likelihood of each history, and its slopes (4, n) in r, alpha, s and beta."""
    r, alpha, s, beta = parameters
    repeats, whose = told.counts
    n = r + told.repeats
    until, by = alpha + told.age, beta + told.age
    left, *means = in_blocks(lambda *columns: _departures(parameters, *columns), *_columns(told))
    log_rate, rate, log_leave, leave = means
    lead = _lead(parameters, told, left)
    constant = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    stayed = -n * np.log(until) - s * np.log(by)
    either, alive = two_ends(stayed, lead)
    gone = 1 - alive
    slopes = [
        (psi(r + repeats) - psi(r) + np.log(alpha))[whose] - alive * np.log(until) - gone * log_rate,
        r / alpha - n * (alive / until + gone * rate),
        np.log(beta) + gone / s - alive * np.log(by) - gone * log_leave,
        s / beta - alive * s / by - gone * (s + 1) * leave,
    ]
    return constant[whose] + either, np.stack(slopes)


def alive(parameters: Floats, told: Histories) -> Floats:
    """(n,) P(still a customer at the observation date)."""
    left = in_blocks(lambda *columns: _departures(parameters, *columns)[0], *_columns(told))
    lead = _lead(parameters, told, left)
    return np.asarray(expit(lead), dtype=np.float64)


def buys(parameters: Floats, repeats: Floats, age: Floats, start: Floats, horizon: Floats) -> Floats:
    """(n,) P(a living customer buys in ``[start, start + horizon)``)."""
    r, alpha, s, beta = parameters

    def block(repeats: Floats, age: Floats, start: Floats, horizon: Floats) -> Floats:
        n, c, d = r + repeats, alpha + age, beta + age
        time = falling(c, d + start, n + 1, s, horizon).weight.sum(axis=1)
        return np.asarray(n / c * (1 + start / d) ** -s * time, dtype=np.float64)

    return in_blocks(block, repeats, age, start, horizon)


def expected(parameters: Floats, repeats: Floats, age: Floats, start: Floats, horizon: Floats) -> Floats:
    """(n,) purchases of a living customer in ``[start, start + horizon)``."""
    r, alpha, s, beta = parameters
    from_start = beta + age + start
    span = np.log1p(horizon / from_start)
    # The integral of (1 + u / d)^-s, without dividing by s - 1, which may be 0.
    time = (1 + start / (beta + age)) ** -s * from_start * span * exprel((1 - s) * span)
    return np.asarray((r + repeats) / (alpha + age) * time, dtype=np.float64)


def _columns(told: Histories) -> tuple[Floats, Floats, Floats]:
    return told.repeats, told.recency, told.age


def _departures(parameters: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
    """(5, n): the log of the integral over departures, its value at the first instant left out.

    Then four means over when a customer left, if he did: log(alpha + t), 1 / (alpha + t), those of beta.
    """
    r, alpha, s, beta = parameters
    c, d, n = alpha + recency, beta + recency, r + repeats
    # Who bought at the observation date has had no time to leave: an instant too short to change a digit.
    time = np.maximum(age - recency, 1e-18 * np.minimum(c, d))
    points = falling(c, d, n, s + 1, time)
    whole = points.weight.sum(axis=1)
    means = [
        np.log(c) + points.sum(points.log_c) / whole,
        points.sum(1 / (c[:, None] + points.t)) / whole,
        np.log(d) + points.sum(points.log_d) / whole,
        points.sum(1 / (d[:, None] + points.t)) / whole,
    ]
    return np.stack([np.log(whole), *means])


def _lead(parameters: Floats, told: Histories, left: Floats) -> Floats:
    """(n,) log(alive / gone)."""
    r, alpha, s, beta = parameters
    n = r + told.repeats
    c, d = alpha + told.recency, beta + told.recency
    silence = n * (np.log(c) - np.log(alpha + told.age)) + s * (np.log(d) - np.log(beta + told.age))
    return np.asarray(silence + np.log(d) - np.log(s) - left, dtype=np.float64)


PARETO_NBD = Family(
    names=NAMES,
    times=frozenset({"alpha", "beta"}),
    starts=STARTS,
    likelihood=likelihood,
    alive=alive,
    buys=buys,
    expected=expected,
)
