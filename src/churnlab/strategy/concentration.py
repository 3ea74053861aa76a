"""How unevenly value is spread: the Lorenz curve, the Gini index, and what the best customers hold.

share of value
1 |            /|      customers from the least to the most valuable; the curve hangs below the
  |        /    |      diagonal. Gini = twice the area between the two:
  |    /    _ / |
  |/ __ - ^     |      G = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n,   x_1 <= ... <= x_n
  +-------------+ 1
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 10  # customers behind any point of the curve
POINTS = 100
BEST = (0.01, 0.05, 0.1, 0.2, 0.5)  # shares of customers


@dataclass(frozen=True, eq=False)
class Concentration:
    """``customers``: with a value. ``curve``: (share of customers, share of value) from (0, 0) to (1, 1).

    ``best``: (share of customers, how many those are, what they hold in minor units, as a share).
    Where some customers cost more than they bring, the curve dips below 0 and Gini may pass 1.
    """

    customers: int
    gini: float
    curve: tuple[tuple[float, float], ...]
    best: tuple[tuple[float, int, int, float], ...]


def concentration(values: Floats, exponent: int = 2) -> Concentration | None:
    """Of ``values``, (n,) major units, NaN for who has none; None of fewer than 20, or of nothing at all.

    Sums are of whole minor units, so the order of the customers changes nothing.

    >>> found = concentration(np.repeat([0.0, 0.0, 0.0, 10.0], 10))
    >>> found.gini, found.curve[-2:]
    (0.75, ((0.75, 0.0), (1.0, 1.0)))
    """
    known = values[np.isfinite(values)]
    sums = _sums(np.sort(np.rint(known * 10**exponent).astype(np.int64)))
    count, whole = len(known), sums[-1]
    if count < 2 * LEAST or whole <= 0:
        return None
    # sum(i x_i) = (n + 1) sum(x) - the sum of all cumulated sums: in Python's whole numbers of any size.
    weighed = (count + 1) * whole - sum(sums)
    gini = Fraction(2 * weighed, count * whole) - Fraction(count + 1, count)
    steps = min(POINTS, count // LEAST)
    at = [round(count * step / steps) for step in range(steps + 1)]
    curve = tuple((round(place / count, 6), round(sums[place] / whole, 6)) for place in at)
    best = tuple(_held(sums, share) for share in BEST if round(count * share) >= LEAST)
    return Concentration(count, round(float(gini), 6), curve, best)


def _sums(units: Ints) -> list[int]:
    """From 0, in Python's whole numbers: a thousand of the largest amounts pass the end of int64."""
    wide = len(units) and int(np.abs(units).max()) * len(units) >= 2**62
    cumulated = np.cumsum(units.astype(object)) if wide else np.cumsum(units)
    return [0, *cumulated.tolist()]


def _held(sums: list[int], share: float) -> tuple[float, int, int, float]:
    count = round((len(sums) - 1) * share)
    held = sums[-1] - sums[len(sums) - 1 - count]
    return share, count, held, round(held / sums[-1], 6)
