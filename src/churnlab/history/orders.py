"""Lines that share a customer and an order id are one order; a line without one is its own.

An order stands where its first line stands, its money is the sum of its lines, and its other columns
are its first line's. Orders may interleave: two baskets at one instant, a return weeks later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.history.units import Flags, Ints


@dataclass(frozen=True, eq=False)
class Orders:
    """Which rows belong together, by first row.

    ``rows``: how many there are. ``sorted_rows``: all of them, order by order; None: as they stand.
    ``starts``: (m,) where each order begins in them. ``first``: (m,) the first row of each, rising.
    """

    rows: int
    sorted_rows: Ints | None
    starts: Ints
    first: Ints

    @classmethod
    def of(cls, customer: Ints, order: Ints | None) -> Self:
        """``order``: a code for each line, -1 where it is missing; None: every line is an order."""
        if order is None:
            rows = np.arange(len(customer))
            return cls(len(rows), None, rows, rows)
        group = _groups(customer, order)
        if (np.diff(group) >= 0).all():
            starts = _run_starts(group)
            return cls(len(group), None, starts, starts)
        sorted_rows = np.argsort(group, kind="stable")
        starts = _run_starts(group[sorted_rows])
        return cls(len(group), sorted_rows, starts, sorted_rows[starts])

    def sum(self, values: NDArray[Any]) -> NDArray[Any]:
        """(m,) totals; of floats, missing (NaN) only where every line's is."""
        if values.dtype.kind != "f":
            return self._reduce(np.add, values)
        missing = np.isnan(values)
        totals = self._reduce(np.add, np.where(missing, 0.0, values))
        return np.where(self._reduce(np.logical_and, missing), np.nan, totals)

    def smallest(self, values: Ints) -> Ints:
        return self._reduce(np.minimum, values)

    def largest(self, values: Ints) -> Ints:
        return self._reduce(np.maximum, values)

    def lines(self) -> Ints:
        """(m,) how many lines each order has."""
        return np.diff(np.append(self.starts, self.rows))

    def refunded(self, amount: Ints) -> Flags:
        """(m,) bought, and given back to the last cent: as if it had never been."""
        refunded: Flags = (self.sum(amount) == 0) & (self.largest(amount) > 0)
        return refunded

    def each_line(self, of_order: NDArray[Any]) -> NDArray[Any]:
        """(rows,) what holds of its order, for each line."""
        repeated = np.repeat(of_order, self.lines())
        if self.sorted_rows is None:
            return repeated
        answer = np.empty_like(repeated)
        answer[self.sorted_rows] = repeated
        return answer

    def _reduce(self, how: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        if not len(self.starts):
            return values[:0]
        reduced: NDArray[Any] = how.reduceat(
            values if self.sorted_rows is None else values[self.sorted_rows], self.starts
        )
        return reduced


def _groups(customer: Ints, order: Ints) -> Ints:
    """(rows,) a number for each order, in the order of first rows."""
    if not len(order):
        return order
    starts = _run_starts(customer, order)
    key = customer[starts] * (order.max() + 1) + order[starts]
    alone = order[starts] < 0
    # Keys of their own for lines without an order.
    key[alone] = (1 + customer.max()) * (order.max() + 1) + np.arange(alone.sum())
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    number = np.empty_like(first)
    number[np.argsort(first)] = np.arange(len(first))
    return np.repeat(number[which], np.diff(np.append(starts, len(order))))


def _run_starts(*columns: Ints) -> Ints:
    """The rows that differ from the one before; a row without an order (-1) always does."""
    changes = np.zeros(len(columns[0]), dtype=np.bool_)
    changes[:1] = True
    for column in columns:
        changes[1:] |= (column[1:] != column[:-1]) | (column[1:] < 0)
    return np.flatnonzero(changes)
