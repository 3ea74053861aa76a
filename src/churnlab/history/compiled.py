"""Walks over rows, compiled: the same answers as plain numpy, to the bit, at a fraction of the cost.

Imported only where it is used (see ``ways``): loading compiled code takes half a second. Rows are
sorted by (customer, time), and so mostly are the snapshots: each search begins where the last ended.
Floats are added one after another in row order, as ``numpy.bincount`` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

from churnlab.history.units import Flags, Floats, Ints

Function = TypeVar("Function", bound=Callable[..., Any])

FEW = 8  # rows: looked at one by one, more are halved
BUCKETS = 512  # of the span between the first edge and the last


def kernel(function: Function) -> Function:
    """Compiled at its first call, and kept on disk where that can be written."""
    try:
        made = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither this folder nor the user's own can hold a cache
        made = njit(nogil=True, error_model="numpy")(function)
    return cast("Function", made)


@kernel
def reached(edges: Ints, times: Ints) -> Ints:
    """How many of the rising ``edges`` each time has reached."""
    answer = np.empty(len(times), np.int64)
    table, shift = _table(edges)
    for row in range(len(times)):
        answer[row] = _rank(edges, table, shift, times[row])
    return answer


@kernel
def _table(edges: Ints) -> tuple[Ints, int]:
    """(edges reached where each bucket begins, bits that a time is shifted by to find its bucket)."""
    table = np.zeros(BUCKETS + 1, np.int64)
    if len(edges) == 0:
        return table, 0
    shift = 0
    while (edges[-1] - edges[0]) >> shift >= BUCKETS:
        shift += 1
    rank = 0
    for bucket in range(1, BUCKETS + 1):
        begin = edges[0] + ((bucket - 1) << shift)
        while rank < len(edges) and edges[rank] <= begin:
            rank += 1
        table[bucket] = rank
    return table, shift


@kernel
def _rank(edges: Ints, table: Ints, shift: int, time: int) -> int:
    # Bucket 0 is what lies before the first edge. Few buckets hold an edge: there is little to walk.
    bucket = 0 if len(edges) == 0 else ((time - edges[0]) >> shift) + 1
    rank = table[min(max(bucket, 0), BUCKETS)]
    while rank < len(edges) and edges[rank] <= time:
        rank += 1
    return int(rank)


@kernel
def cut(customer: Ints, times: Ints, bounds: Ints, asked: Ints, date: Ints, edges: Ints, place: Ints) -> Ints:
    """The first row of each snapshot's customer at or after its edge, ``edges[place[date]]``."""
    width = len(edges) + 1
    if len(times) < 2 * len(asked) and len(bounds) * width < 4 * (len(times) + len(asked)):
        return _counted(customer, times, len(bounds), asked, date, edges, place)
    return _searched(times, bounds, asked, date, edges, place)


@kernel
def _counted(
    customer: Ints, times: Ints, codes: int, asked: Ints, date: Ints, edges: Ints, place: Ints
) -> Ints:
    """Every row is counted where it stands among the edges: no branch to guess wrong."""
    width = len(edges) + 1
    counts = np.zeros(codes * width, np.int64)
    table, shift = _table(edges)
    for row in range(len(times)):
        counts[customer[row] * width + _rank(edges, table, shift, times[row])] += 1
    so_far = 0
    for key in range(len(counts)):
        so_far += counts[key]
        counts[key] = so_far
    answer = np.empty(len(asked), np.int64)
    for snapshot in range(len(asked)):
        answer[snapshot] = counts[asked[snapshot] * width + place[date[snapshot]]]
    return answer


@kernel
def _searched(times: Ints, bounds: Ints, asked: Ints, date: Ints, edges: Ints, place: Ints) -> Ints:
    answer = np.empty(len(asked), np.int64)
    before = 0
    for snapshot in range(len(asked)):
        edge = edges[place[date[snapshot]]]
        low, high = bounds[asked[snapshot]], bounds[asked[snapshot] + 1]
        if snapshot > 0 and asked[snapshot] == asked[snapshot - 1] and edge >= before:
            low = answer[snapshot - 1]
        before = edge
        while high - low > FEW:
            middle = (low + high) // 2
            if times[middle] < edge:
                low = middle + 1
            else:
                high = middle
        while low < high and times[low] < edge:
            low += 1
        answer[snapshot] = low
    return answer


@kernel
def bounds(customer: Ints, codes: int) -> Ints:
    """(codes + 1,) the first row of each customer, and the end of all rows."""
    answer = np.zeros(codes + 1, np.int64)
    for row in range(len(customer)):
        answer[customer[row] + 1] += 1
    for code in range(codes):
        answer[code + 1] += answer[code]
    return answer


@kernel
def positions(wanted: Flags) -> tuple[Ints, Ints]:
    """(how many are wanted before each row and the end, the rows that are)."""
    before, rows = np.empty(len(wanted) + 1, np.int64), np.empty(len(wanted), np.int64)
    so_far = 0
    for row in range(len(wanted)):
        before[row] = so_far
        rows[so_far] = row  # written over unless it is wanted: no branch to guess wrong
        so_far += wanted[row]
    before[len(wanted)] = so_far
    return before, rows[:so_far].copy()


@kernel
def grouped(customer: Ints, order: Ints) -> tuple[Ints, Ints, Ints]:
    """(sorted_rows, starts, first) of ``Orders``; no sorted rows where they stand sorted."""
    rows = len(customer)
    latest = np.full(order.max() + 1 if rows else 0, -1, np.int64)  # the last row with each order id
    group, first = np.empty(rows, np.int64), np.empty(rows, np.int64)
    size, rising = 0, True
    for row in range(rows):
        code, mine = order[row], -1
        if row > 0 and code >= 0 and code == order[row - 1] and customer[row] == customer[row - 1]:
            mine = group[row - 1]
            latest[code] = row
        elif code >= 0:
            other = latest[code]
            if other >= 0 and customer[other] == customer[row]:
                mine = group[other]
            latest[code] = row
        if mine < 0:
            mine = size
            first[size] = row
            size += 1
        group[row] = mine
        rising = rising and mine >= size - 1
    first = first[:size].copy()
    if rising:
        return np.empty(0, np.int64), first, first
    starts = np.zeros(size + 1, np.int64)
    for row in range(rows):
        starts[group[row] + 1] += 1
    for number in range(size):
        starts[number + 1] += starts[number]
    place, sorted_rows = starts[:-1].copy(), np.empty(rows, np.int64)
    for row in range(rows):
        sorted_rows[place[group[row]]] = row
        place[group[row]] += 1
    return sorted_rows, starts[:-1].copy(), first


@kernel
def totals(values: Ints, starts: Ints) -> Ints:
    """(m,) whole sums of ``starts[i]:starts[i + 1]``, the last up to the end."""
    answer = np.empty(len(starts), np.int64)
    end = len(values)
    for number in range(len(starts) - 1, -1, -1):
        total = np.int64(0)
        for row in range(starts[number], end):
            total += values[row]
        answer[number] = total
        end = starts[number]
    return answer


@kernel
def known_totals(values: Floats, starts: Ints) -> Floats:
    """The same of floats that may be missing; NaN only where all of them are."""
    answer = np.empty(len(starts))
    end = len(values)
    for number in range(len(starts) - 1, -1, -1):
        total, known = 0.0, False
        for row in range(starts[number], end):
            if not np.isnan(values[row]):
                total += values[row]
                known = True
        answer[number] = total if known else np.nan
        end = starts[number]
    return answer


@kernel
def group_extremes(values: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """(m,) the smallest and the largest of ``starts[i]:starts[i + 1]``."""
    low, high = np.empty(len(starts), np.int64), np.empty(len(starts), np.int64)
    end = len(values)
    for number in range(len(starts) - 1, -1, -1):
        least = most = values[starts[number]]
        for row in range(starts[number] + 1, end):
            least, most = min(least, values[row]), max(most, values[row])
        low[number], high[number] = least, most
        end = starts[number]
    return low, high
