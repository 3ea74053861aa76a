"""Lines that share a customer and an order id are one order; a line without one is its own.

An order stands where its first line stands, its money is the sum of its lines, and its other columns
are its first line's. Orders may interleave: two baskets at one instant, a return weeks later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.history.units import Flags, Floats, Ints, frozen

if TYPE_CHECKING:
    from churnlab.history.ways import Way


@dataclass(frozen=True, eq=False)
class Orders:
    """Which rows belong together, by first row.

    ``rows``: how many there are. ``sorted_rows``: all of them, order by order; none: as they stand.
    ``starts``: (m,) where each order begins in them. ``first``: (m,) the first row of each, rising.
    """

    rows: int
    sorted_rows: Ints
    starts: Ints
    first: Ints
    way: Way

    @classmethod
    def of(cls, customer: Ints, order: Ints | None, way: Way) -> Self:
        """``order``: a code for each line, -1 where it is missing; None: every line is an order."""
        if order is None:
            rows = np.arange(len(customer))
            return cls(len(rows), rows[:0], rows, rows, way)
        return cls(len(customer), *way.grouped(frozen(customer), frozen(order)), way)

    def sum(self, values: NDArray[Any]) -> NDArray[Any]:
        """(m,) totals; of floats, missing (NaN) only where every line's is."""
        if values.dtype.kind != "f":
            return self.way.totals(self._in_order(values), self.starts)
        return self.way.known_totals(self._in_order(values), self.starts)

    def extremes(self, values: Ints) -> tuple[Ints, Ints]:
        """(m,) the smallest and the largest."""
        return self.way.group_extremes(self._in_order(values), self.starts)

    def lines(self) -> Ints:
        """(m,) how many lines each order has."""
        return np.diff(np.append(self.starts, self.rows))

    def refunded(self, amount: Ints) -> Flags:
        """(m,) bought, and given back to the last cent: as if it had never been."""
        refunded: Flags = (self.sum(amount) == 0) & (self.extremes(amount)[1] > 0)
        return refunded

    def each_line(self, of_order: NDArray[Any]) -> NDArray[Any]:
        """(rows,) what holds of its order, for each line."""
        repeated = np.repeat(of_order, self.lines())
        if not len(self.sorted_rows):
            return repeated
        answer = np.empty_like(repeated)
        answer[self.sorted_rows] = repeated
        return answer

    def _in_order(self, values: NDArray[Any]) -> NDArray[Any]:
        return frozen(values.take(self.sorted_rows) if len(self.sorted_rows) else values)


def grouped(customer: Ints, order: Ints) -> tuple[Ints, Ints, Ints]:
    """(sorted_rows, starts, first) of the lines' orders."""
    group = _groups(customer, order)
    if (np.diff(group) >= 0).all():
        starts = _run_starts(group)
        return starts[:0], starts, starts
    sorted_rows = np.argsort(group, kind="stable")
    starts = _run_starts(group[sorted_rows])
    return sorted_rows, starts, sorted_rows[starts]


def totals(values: Ints, starts: Ints) -> Ints:
    """(m,) whole sums of ``starts[i]:starts[i + 1]``, the last up to the end."""
    return _reduced(np.add, values, starts)


def known_totals(values: Floats, starts: Ints) -> Floats:
    """The same of floats that may be missing; NaN only where all of them are."""
    if not len(starts):
        return values[:0]
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    missing = np.isnan(values)
    # Added one after another, as every float here: see slices.
    answer: Floats = np.bincount(group, np.where(missing, 0.0, values)).astype(np.float64, copy=False)
    answer[_reduced(np.logical_and, missing, starts)] = np.nan
    return answer


def group_extremes(values: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """(m,) the smallest and the largest of ``starts[i]:starts[i + 1]``."""
    return _reduced(np.minimum, values, starts), _reduced(np.maximum, values, starts)


def _reduced(how: np.ufunc, values: NDArray[Any], starts: Ints) -> NDArray[Any]:
    if not len(starts):
        return values[:0]
    reduced: NDArray[Any] = how.reduceat(values, starts)
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
