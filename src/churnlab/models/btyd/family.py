"""What a story of buying must tell to be fitted and asked: functions of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from churnlab.models.btyd.histories import Histories
from churnlab.models.btyd.rows import Floats

# Of a customer who is alive: (parameters, repeats, age, start, horizon), (n,) each -> (n,).
Future = Callable[[Floats, Floats, Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class Family:
    """One model of repeat purchases.

    ``names``: of its parameters, the first two being the shape and the rate of purchase rates.
    ``times``: those which are lengths of time. ``starts``: where the search for them begins, the time
    unit being the longest age; the rate is filled in from the data.
    ``likelihood``: (n,) logarithms, and their slopes (k, n) in each parameter.
    ``alive``: P(still a customer at the observation date).
    ``buys``, ``expected``: P(a purchase) and purchases in ``[start, start + horizon)`` from that date on,
    of a customer who is alive at it. The two depend on repeats and age alone.
    """

    names: tuple[str, ...]
    times: frozenset[str]
    starts: tuple[tuple[float, ...], ...]
    likelihood: Callable[[Floats, Histories], tuple[Floats, Floats]]
    alive: Callable[[Floats, Histories], Floats]
    buys: Future
    expected: Future


def two_ends(stayed: Floats, lead: Floats) -> tuple[Floats, Floats]:
    """log(stayed + left), and P(alive): the share of the first. A history ends in one way or the other.

    ``stayed``: (n,) the logarithm of the first. ``lead``: (n,) log(stayed / left), infinite where nobody
    can have left.

    >>> two_ends(np.log([0.3]), np.array([np.log(0.3 / 0.1)]))
    (array([-0.91629073]), array([0.75]))
    """
    rest = np.exp(-np.abs(lead))  # one exponential for both
    return stayed - np.minimum(lead, 0) + np.log1p(rest), np.where(lead >= 0, 1, rest) / (1 + rest)
