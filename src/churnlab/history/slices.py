"""Measures of many row ranges ``start:end`` at once, each from its own rows alone.

Nothing here runs on from one customer into the next in floating point, so a customer's figures are
the same to the bit whoever else is in the shard. Ranges are never empty; they may overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.history.units import Floats, Ints

BLOCK = 1 << 18  # rows expanded at a time: they stay in the processor's cache


def expanded(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(rows, owner): every row of every range, and the range it is listed for. Ranges may be empty."""
    size = end - start
    owner = np.repeat(np.arange(len(size)), size)
    rows = np.arange(size.sum()) + np.repeat(end - np.cumsum(size), size)
    return rows, owner


def reduced(how: np.ufunc, values: NDArray[Any], start: Ints, end: Ints) -> NDArray[Any]:
    """``how`` (add, maximum, bitwise_or...) over each range."""
    # reduceat answers for start:end, then end:next start, and wants a row even at the end.
    edges = np.empty(2 * len(start), dtype=np.int64)
    edges[::2], edges[1::2] = start, end
    answer: NDArray[Any] = how.reduceat(np.append(values, values[:1]), edges)[::2]
    return answer


def distinct(following: Ints, start: Ints, end: Ints) -> Ints:
    """How many different values each range holds, given where each row's value follows next."""
    answer = np.empty(len(start), dtype=np.int64)
    for part, rows, owner, first in _blocks(start, end):
        # A value is counted at its last row in the range: the one it follows beyond.
        last_of_its_kind = following[rows] >= end[part][owner]
        answer[part] = np.add.reduceat(last_of_its_kind, first, dtype=np.int64)
    return answer


def following(customer: Ints, codes: Ints) -> Ints:
    """The next row of the same customer with the same code; past the end where there is none."""
    key = customer * (codes.max(initial=0) + 1) + codes
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    answer = np.full(len(codes), len(codes))
    answer[order[:-1][same]] = order[1:][same]
    return answer


def spread(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    """The standard deviation of each range, of all its rows and not of a sample."""
    size = end - start
    mean = reduced(np.add, values, start, end) / size
    answer = np.empty(len(start))
    for part, rows, owner, first in _blocks(start, end):
        off = values[rows] - mean[part][owner]
        answer[part] = np.add.reduceat(off * off, first)
    return np.sqrt(answer / size)


def median(values: Ints, start: Ints, end: Ints) -> Floats:
    """The middle value of each range, or the mean of the two in the middle."""
    by_size = np.argsort(values, kind="stable")
    rank = np.empty_like(by_size)
    rank[by_size] = np.arange(len(by_size))
    answer = np.empty(len(start))
    for part, rows, owner, first in _blocks(start, end):
        # One sort of whole numbers for all ranges: (range, rank).
        ranks = np.sort(owner * len(values) + rank[rows]) % len(values)
        size = end[part] - start[part]
        low, high = values[by_size[ranks[first + (size - 1) // 2]]], values[by_size[ranks[first + size // 2]]]
        answer[part] = low + (high - low) / 2
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
