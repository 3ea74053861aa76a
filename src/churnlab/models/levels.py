"""At which level of the mixture an interval really holds: conformal calibration across dates.

The quantiles of ``spread`` rest on the risk and on multiples of an expected value, and each may be a
little off. Of rows that neither has seen, the place of what was brought within the own distribution (0
the least, 1 the most to expect) is spread evenly where both are right. Where it is not, another level
than the one asked for holds as often as asked: the level that so large a share of the places lies below.

- Where many values are alike (nothing brought), the distribution jumps there, and a value's place is
  spread over the whole jump (Czado, Gneiting and Held, 2009: the nonrandomised PIT).
- Every date counts alike, however many customers it had, unless they were fewer than ``FULL``: the next
  one has a season of its own, too.
- Those who bought once and those who bought again have levels of their own (Mondrian conformal).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
INTERVAL = (0.1, 0.9)
FEW = 500  # rows: below, a tenth of them is too few to move a level
FULL = 100  # rows of a date: fewer weigh less than a date
DATES = 3  # fewer have no range
HALVINGS = 24
DIGITS = 6
NARROW = 1e-9


@dataclass(frozen=True, eq=False)
class Places:
    """(n,) each: the share of the own distribution ``below`` the actual value, and ``reached`` with it."""

    below: Floats
    reached: Floats
    as_of: NDArray[np.int64]

    def share(self, level: float) -> float:
        """The share of places under ``level``: the mean of the dates."""
        under = np.clip((level - self.below) * self._steepness, 0, 1)
        return float(self._weight @ under)

    @cached_property
    def _steepness(self) -> Floats:
        """(n,) how fast a row gets under a rising level: at once where nothing jumps."""
        return 1 / np.maximum(self.reached - self.below, NARROW)

    @cached_property
    def _weight(self) -> Floats:
        """(n,) of each row, so that every date of ``FULL`` rows and more weighs alike."""
        _, date = np.unique(self.as_of, return_inverse=True)
        rows = np.bincount(date)
        weight = np.minimum(rows, FULL) / rows
        return np.asarray(weight[date] / (weight * rows).sum(), dtype=np.float64)

    def level(self, share: float) -> float:
        """The lowest level that so large a ``share`` of places lies under."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.share(middle) < share else (low, middle)
        return round(high, DIGITS)

    def take(self, rows: Flags) -> Places:
        """Those of some rows."""
        return Places(self.below[rows], self.reached[rows], self.as_of[rows])


@dataclass(frozen=True)
class Levels:
    """The levels of the lower and the upper end, of customers who bought ``once`` and of the others."""

    once: tuple[float, float] = INTERVAL
    again: tuple[float, float] = INTERVAL

    @classmethod
    def learn(cls, places: Places, often: Flags) -> Self:
        """``often``: (n,) who had bought more than once."""
        once, again = (_found(places.take(rows)) for rows in (~often, often))
        every = INTERVAL if once and again else _found(places) or INTERVAL
        return cls(once or every, again or every)

    def of(self, often: Flags) -> tuple[Floats, Floats]:
        """(n,) each: the level of either end for every customer.

        >>> [end.tolist() for end in Levels((0.1, 0.8), (0.2, 0.9)).of(np.array([True, False]))]
        [[0.2, 0.1], [0.9, 0.8]]
        """
        low, high = (np.where(often, again, once) for once, again in zip(self.once, self.again, strict=True))
        return low, high

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"once": list(self.once), "again": list(self.again)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The levels that ``as_dict`` was asked for."""
        return cls(tuple(record["once"]), tuple(record["again"]))


AS_ASKED = Levels()


def _found(places: Places) -> tuple[float, float] | None:
    """None of too few."""
    if len(places.as_of) < FEW:
        return None
    return places.level(INTERVAL[0]), places.level(INTERVAL[1])


def total_range(expected: Floats, actual: Floats, as_of: NDArray[np.int64]) -> tuple[float, float] | None:
    """The least and most that all customers of one date together brought, in multiples of what was expected.

    What moves everybody at once (a season, a price) is in no interval of a single customer. Dates of fewer
    than ``FULL`` rows say little of it; None where fewer than ``DATES`` are left.

    >>> total_range(np.full(300, 10.0), np.repeat([9.0, 13, 11], 100), np.repeat([1, 2, 3], 100))
    (0.9, 1.3)
    """
    _, date = np.unique(as_of, return_inverse=True)
    sums = np.bincount(date, expected)
    whole = (np.bincount(date) >= FULL) & (sums > 0)
    if whole.sum() < DATES:
        return None
    ratios = np.bincount(date, actual)[whole] / sums[whole]
    return round(float(ratios.min()), DIGITS), round(float(ratios.max()), DIGITS)
