"""Measures of many row ranges ``start:end`` at once, compiled; see ``slices`` for what each means.

Ranges may be empty and may overlap. Each answer is made of its own rows alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.history.compiled import kernel
from churnlab.history.units import Floats, Ints

FEW = 12  # values: sorted by insertion, of more the middle is selected


@kernel
def difference(sums: Ints, start: Ints, end: Ints) -> Ints:
    answer = np.empty(len(start), np.int64)
    for place in range(len(start)):
        answer[place] = sums[end[place]] - sums[start[place]]
    return answer


@kernel
def summed(values: Floats, start: Ints, end: Ints) -> Floats:
    answer = np.empty(len(start))
    for place in range(len(start)):
        total = 0.0
        for row in range(start[place], end[place]):
            total += values[row]
        answer[place] = total
    return answer


@kernel
def largest(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    answer = np.empty(len(start))
    for place in range(len(start)):
        if start[place] >= end[place]:
            answer[place] = np.nan
            continue
        most = values[start[place]]
        for row in range(start[place] + 1, end[place]):
            most = max(most, values[row])
        answer[place] = most
    return answer


@kernel
def smallest(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    answer = np.empty(len(start))
    for place in range(len(start)):
        if start[place] >= end[place]:
            answer[place] = np.nan
            continue
        least = values[start[place]]
        for row in range(start[place] + 1, end[place]):
            least = min(least, values[row])
        answer[place] = least
    return answer


@kernel
def spread(values: NDArray[Any], start: Ints, end: Ints) -> Floats:
    answer = np.empty(len(start))
    for place in range(len(start)):
        size = end[place] - start[place]
        if size <= 0:
            answer[place] = np.nan
            continue
        total = values[start[place]]
        for row in range(start[place] + 1, end[place]):
            total += values[row]
        mean, squares = total / size, 0.0
        for row in range(start[place], end[place]):
            off = values[row] - mean
            squares += off * off
        answer[place] = np.sqrt(squares / size)
    return answer


@kernel
def median(values: Ints, start: Ints, end: Ints) -> Floats:
    answer, most = np.empty(len(start)), 0
    for place in range(len(start)):
        most = max(most, end[place] - start[place])
    spare = np.empty(max(most, 1), values.dtype)
    for place in range(len(start)):
        size = end[place] - start[place]
        if size <= 0:
            answer[place] = np.nan
            continue
        for row in range(size):
            spare[row] = values[start[place] + row]
        middle = size // 2
        _select(spare, size, middle)
        high = spare[middle]
        low = high
        if size % 2 == 0:  # all before the middle are at most as large: the largest of them is next to it
            low = spare[0]
            for row in range(1, middle):
                low = max(low, spare[row])
        answer[place] = low + (high - low) / 2
    return answer


@kernel
def _select(values: Ints, size: int, wanted: int) -> None:
    """Part the first ``size`` values around place ``wanted``, as Hoare does; few are sorted."""
    low, high = 0, size - 1
    while high - low >= FEW:
        one, two, three = values[low], values[(low + high) // 2], values[high]
        pivot = max(min(one, two), min(max(one, two), three))
        left, right = low, high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if wanted <= right:
            high = right
        elif wanted >= left:
            low = left
        else:
            return
    for place in range(low + 1, high + 1):
        value, back = values[place], place
        while back > low and values[back - 1] > value:
            values[back] = values[back - 1]
            back -= 1
        values[back] = value


@kernel
def mean_gap(times: Ints, start: Ints, end: Ints, unit: int) -> Floats:
    answer = np.empty(len(start))
    for place in range(len(start)):
        gaps = end[place] - start[place] - 1
        answer[place] = np.nan
        if gaps > 0:
            first, last = np.float64(times[start[place]]), np.float64(times[end[place] - 1])
            answer[place] = (last - first) / gaps / unit
    return answer


@kernel
def taken(values: NDArray[Any], rows: Ints, start: Ints, end: Ints) -> Floats:
    answer = np.empty(len(rows))
    for place in range(len(rows)):
        answer[place] = np.float64(values[rows[place]]) if end[place] > start[place] else np.nan
    return answer


@kernel
def changes(values: NDArray[Any], customer: Ints) -> Ints:
    answer = np.empty(len(values) + 1, np.int64)
    answer[:2] = 0
    for row in range(1, len(values)):
        if values[row] < values[row - 1] and customer[row] == customer[row - 1]:
            return np.empty(0, np.int64)
        answer[row + 1] = answer[row] + (values[row] != values[row - 1])
    return answer


@kernel
def changed(changes: Ints, start: Ints, end: Ints) -> Ints:
    answer = np.zeros(len(start), np.int64)
    for place in range(len(start)):
        if end[place] > start[place]:
            answer[place] = 1 + changes[end[place]] - changes[start[place] + 1]
    return answer


@kernel
def following(customer: Ints, codes: Ints) -> tuple[Ints, Ints]:
    answer, firsts = np.full(len(codes), len(codes), np.int64), np.zeros(len(codes) + 1, np.int64)
    latest = np.full(codes.max() + 1 if len(codes) else 0, -1, np.int64)  # the last row of each code
    for row in range(len(codes)):
        before = latest[codes[row]]
        known = before >= 0 and customer[before] == customer[row]
        if known:
            answer[before] = row
        firsts[row + 1] = firsts[row] + (not known)
        latest[codes[row]] = row
    return answer, firsts


@kernel
def distinct(following: Ints, start: Ints, end: Ints) -> Ints:
    answer = np.empty(len(start), np.int64)
    for place in range(len(start)):
        kinds = 0
        for row in range(start[place], end[place]):
            kinds += following[row] >= end[place]
        answer[place] = kinds
    return answer


@kernel
def nested(following: Ints, starts: Ints, end: Ints) -> Ints:
    """(w, n) the same of windows that share their end, ``starts`` (w, n) falling: one walk for all."""
    windows, size = starts.shape
    answer = np.empty((windows, size), np.int64)
    since = np.zeros(len(following) + 1, np.int64)  # from each row of the longest window to its end
    for place in range(size):
        kinds, last = 0, end[place]
        since[last] = 0
        for row in range(last - 1, starts[windows - 1, place] - 1, -1):
            kinds += following[row] >= last
            since[row] = kinds
        for window in range(windows):
            answer[window, place] = since[starts[window, place]]
    return answer


@kernel
def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    answer = np.empty(len(part))
    for place in range(len(part)):
        answer[place] = np.nan if whole[place] == 0 else part[place] / whole[place]
    return answer


@kernel
def infinite(values: NDArray[Any]) -> bool:
    """Whether any value is infinite."""
    found = False
    for place in range(len(values)):
        found |= np.isinf(values[place])
    return found
