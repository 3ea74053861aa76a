"""Compiled paths of a shard's making: ids hashed, rows dealt and put in order.

Each has a slower twin in numpy or Arrow that gives the same, where it is used. Imported only there:
loading compiled code takes half a second. Text r of a column is ``data[start[r]:start[r + 1]]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads what it multiplies
FEW = 12  # rows: sorted by insertion, more by merging


@njit(cache=True, nogil=True)
def parts_of(start: Any, data: Any, count: int) -> NDArray[np.uint16]:
    """(n,) the part that each text hashes to, of ``count``."""
    part = np.empty(len(start) - 1, np.uint16)
    for row in range(len(part)):
        part[row] = _hash(start[row], start[row + 1], data) % np.uint64(count)
    return part


@njit(cache=True, nogil=True)
def _hash(begin: int, end: int, data: Any) -> Any:
    mixed = np.uint64(end - begin) * FACTOR
    for word in range(begin, end, 8):
        letters = np.uint64(0)
        for at in range(word, min(word + 8, end)):
            letters = (letters << np.uint64(8)) | np.uint64(data[at])
        mixed = (mixed ^ letters) * FACTOR
        mixed ^= mixed >> np.uint64(29)
    return mixed


@njit(cache=True, nogil=True)
def dealt(part: Any, count: int) -> tuple[Ints, Ints]:
    """(n,) the rows part by part, each in its order; (count + 1,) where each part begins."""
    bounds = np.zeros(count + 1, np.int64)
    for row in range(len(part)):
        bounds[part[row] + 1] += 1
    for number in range(count):
        bounds[number + 1] += bounds[number]
    place = bounds[:-1].copy()
    rows = np.empty(len(part), np.int64)
    for row in range(len(part)):
        rows[place[part[row]]] = row
        place[part[row]] += 1
    return rows, bounds


@njit(cache=True, nogil=True)
def rows_in_order(
    customer: Ints, customers: int, time: Ints, ties: Any, begin: Any, end: Any, data: Any
) -> Ints:
    """(n,) row numbers by customer, time, ``ties`` (n, k) and the texts' bytes, as ``order.py`` says."""
    first = np.zeros(customers + 1, np.int64)
    for row in range(len(customer)):
        first[customer[row] + 1] += 1
    for code in range(customers):
        first[code + 1] += first[code]
    place = first[:-1].copy()
    rows = np.empty(len(customer), np.int64)
    for row in range(len(customer)):
        rows[place[customer[row]]] = row
        place[customer[row]] += 1
    spare = np.empty(len(customer), np.int64)
    for code in range(customers):
        _sort(rows, spare, first[code], first[code + 1], time, ties, begin, end, data)
    return rows


@njit(cache=True, nogil=True)
def _sort(
    rows: Ints, spare: Ints, low: int, high: int, time: Ints, ties: Any, begin: Any, end: Any, data: Any
) -> None:
    """Sort ``rows[low:high]``: short runs by insertion, then merged two by two."""
    for start in range(low, high, FEW):
        for at in range(start + 1, min(start + FEW, high)):
            row, back = rows[at], at
            while back > start and _before(row, rows[back - 1], time, ties, begin, end, data):
                rows[back] = rows[back - 1]
                back -= 1
            rows[back] = row
    width = FEW
    while width < high - low:
        for start in range(low, high, 2 * width):
            middle, stop = min(start + width, high), min(start + 2 * width, high)
            if middle >= stop or not _before(rows[middle], rows[middle - 1], time, ties, begin, end, data):
                continue  # in order already
            left, right = start, middle
            for at in range(start, stop):
                if left < middle and (
                    right >= stop or not _before(rows[right], rows[left], time, ties, begin, end, data)
                ):
                    spare[at] = rows[left]
                    left += 1
                else:
                    spare[at] = rows[right]
                    right += 1
            rows[start:stop] = spare[start:stop]
        width *= 2


@njit(cache=True, nogil=True)
def _before(one: int, other: int, time: Ints, ties: Any, begin: Any, end: Any, data: Any) -> bool:
    """Whether row ``one`` comes strictly before row ``other``."""
    if time[one] != time[other]:
        return bool(time[one] < time[other])
    for place in range(ties.shape[1]):
        if ties[one, place] != ties[other, place]:
            return bool(ties[one, place] < ties[other, place])
    for place in range(begin.shape[1]):
        mine, its = end[one, place] - begin[one, place], end[other, place] - begin[other, place]
        for letter in range(min(mine, its)):
            left, right = data[begin[one, place] + letter], data[begin[other, place] + letter]
            if left != right:
                return bool(left < right)
        if mine != its:
            return bool(mine < its)
    return False
