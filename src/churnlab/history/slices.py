"""Measures of many row ranges ``start:end`` at once, each from its own rows alone, in plain numpy.

Nothing here runs on from one customer into the next in floating point, so a customer's figures are
the same to the bit whoever else is in the shard. Floats are added in row order, one after another,
by ``bincount``: ``add.reduceat`` adds in an order of its own that no other program could follow.
Ranges may be empty, and may overlap; of no rows a sum is 0 and the rest NaN. The compiled way has a
function of the same name and meaning for each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.history.units import Floats, Ints, ratio

BLOCK = 1 << 18  # rows expanded at a time: they stay in the processor's cache


def difference(sums: Ints, start: Ints, end: Ints) -> Ints:
    """The totals of ranges of whole numbers, of which ``sums`` are the prefix sums."""
    answer: Ints = sums.take(end) - sums.take(start)
    return answer


def summed(values: Floats, start: Ints, end: Ints) -> Floats:
    """The totals of ranges of floats."""
    return _each(start, end, 0.0, lambda first, last: _added(values, first, last))


def largest(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    """The largest value of each range."""
    return _each(start, end, np.nan, lambda first, last: reduced(np.maximum, values, first, last))


def smallest(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    """The smallest value of each range."""
    return _each(start, end, np.nan, lambda first, last: reduced(np.minimum, values, first, last))


def spread(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    """The standard deviation of each range, of all its rows and not of a sample."""

    def of_some(first: Ints, last: Ints) -> Floats:
        size = last - first
        whole = values.dtype.kind != "f"
        mean = (reduced(np.add, values, first, last) if whole else _added(values, first, last)) / size
        answer = np.empty(len(first))
        for part, rows, owner, _ in _blocks(first, last):
            off = values[rows] - mean[part][owner]
            answer[part] = np.bincount(owner, off * off)
        return np.sqrt(answer / size)

    return _each(start, end, np.nan, of_some)


def median(values: Ints, start: Ints, end: Ints) -> Floats:
    """The middle value of each range, or the mean of the two in the middle."""
    by_size = np.argsort(values, kind="stable")
    rank = np.empty_like(by_size)
    rank[by_size] = np.arange(len(by_size))

    def of_some(first: Ints, last: Ints) -> Floats:
        answer = np.empty(len(first))
        for part, rows, owner, begin in _blocks(first, last):
            # One sort of whole numbers for all ranges: (range, rank).
            ranks = np.sort(owner * len(values) + rank[rows]) % len(values)
            size = last[part] - first[part]
            low, high = (values[by_size[ranks[begin + at]]] for at in ((size - 1) // 2, size // 2))
            answer[part] = low + (high - low) / 2
        return answer

    return _each(start, end, np.nan, of_some)


def mean_gap(times: Ints, start: Ints, end: Ints, unit: int) -> Floats:
    """The mean time between one row and the next, in ``unit``; NaN of fewer than two rows."""
    first, last = (taken(times, row, start, end) for row in (start, end - 1))
    return ratio(last - first, end - start - 1) / unit


def taken(values: NDArray[Any], rows: Ints, start: Ints, end: Ints) -> Floats:
    """The value at one row of each range."""
    if not len(values):
        return np.full(len(rows), np.nan)
    # Clipped, an empty range reads some row or other, and is then told that it has none.
    found: Floats = values.take(rows, mode="clip").astype(np.float64)
    np.putmask(found, end <= start, np.nan)
    return found


def changes(values: NDArray[Any], customer: Ints) -> Ints:
    """Prefix sums of "another value than in the row before"; none where a customer's values fall."""
    if ((values[1:] < values[:-1]) & (customer[1:] == customer[:-1])).any():
        return np.empty(0, dtype=np.int64)
    return np.append([0, 0], np.cumsum(values[1:] != values[:-1]))[: len(values) + 1]


def changed(changes: Ints, start: Ints, end: Ints) -> Ints:
    """How many different values each range has, where values never fall: its changes, and one."""
    answer: Ints = (end > start) * (1 + changes.take(end) - changes.take(start + 1, mode="clip"))
    return answer


def distinct(following: Ints, start: Ints, end: Ints) -> Ints:
    """How many different values each range holds, given where each row's value follows next."""

    def of_some(first: Ints, last: Ints) -> Ints:
        answer = np.empty(len(first), dtype=np.int64)
        for part, rows, owner, begin in _blocks(first, last):
            # A value is counted at its last row in the range: the one it follows beyond.
            last_of_its_kind = following[rows] >= last[part][owner]
            answer[part] = np.add.reduceat(last_of_its_kind, begin, dtype=np.int64)
        return answer

    return _each(start, end, 0, of_some)


def distinct_bits(codes: Ints, start: Ints, end: Ints) -> Ints:
    """The same of codes below 64, each a bit."""
    bits = np.left_shift(np.uint64(1), codes.astype(np.uint64))
    return _each(start, end, 0, lambda *some: np.bitwise_count(reduced(np.bitwise_or, bits, *some)))


def following(customer: Ints, codes: Ints) -> tuple[Ints, Ints]:
    """(the next row of the same customer with the same code, past the end where there is none;
    how many rows before each row, and the end, were the first of theirs).
    """
    key = customer * (codes.max(initial=0) + 1) + codes
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    answer, fresh = np.full(len(codes), len(codes)), np.ones(len(codes), dtype=np.bool_)
    answer[order[:-1][same]], fresh[order[1:][same]] = order[1:][same], False
    return answer, np.append(0, np.cumsum(fresh))


def expanded(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(rows, owner): every row of every range, and the range it is listed for."""
    size = end - start
    owner = np.repeat(np.arange(len(size)), size)
    rows = np.arange(size.sum()) + np.repeat(end - np.cumsum(size), size)
    return rows, owner


def reduced(how: np.ufunc, values: NDArray[Any], start: Ints, end: Ints) -> NDArray[Any]:
    """``how`` (maximum, bitwise_or..., add of whole numbers) over each range, none of them empty."""
    # reduceat answers for start:end, then end:next start, and wants a row even at the end.
    edges = np.empty(2 * len(start), dtype=np.int64)
    edges[::2], edges[1::2] = start, end
    answer: NDArray[Any] = how.reduceat(np.append(values, values[:1]), edges)[::2]
    return answer


def _added(values: Floats, start: Ints, end: Ints) -> Floats:
    answer = np.empty(len(start))
    for part, rows, owner, _ in _blocks(start, end):
        answer[part] = np.bincount(owner, values[rows])
    return answer


def _each(
    start: Ints, end: Ints, empty: float, measure: Callable[[Ints, Ints], NDArray[Any]]
) -> NDArray[Any]:
    """``measure`` of the ranges that have rows, in the type of ``empty``, which the others get."""
    some = np.flatnonzero(end > start)
    answer = np.full(len(start), empty, dtype=np.int64 if isinstance(empty, int) else np.float64)
    if len(some):
        answer[some] = measure(start[some], end[some])
    return answer


def _blocks(start: Ints, end: Ints) -> Iterator[tuple[slice, Ints, Ints, Ints]]:
    """(ranges, rows, owner, first): some ranges at a time, expanded; where each begins in ``rows``."""
    total = np.append(0, np.cumsum(end - start))
    begin = 0
    while begin < len(start):
        until = max(begin + 1, int(np.searchsorted(total, total[begin] + BLOCK, side="right")) - 1)
        rows, owner = expanded(start[begin:until], end[begin:until])
        yield slice(begin, until), rows, owner, total[begin:until] - total[begin]
        begin = until
