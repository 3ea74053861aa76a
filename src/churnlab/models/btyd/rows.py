"""Equal rows are computed once: most customers of a shop have a history that others have too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

BLOCK = 2**9  # rows at a time, where each has dozens of points: temporary arrays stay in the cache


@dataclass(frozen=True, eq=False)
class Distinct:
    """The distinct rows of some columns in ascending order, how often each occurs, and which is whose.

    >>> rows = Distinct.of(np.array([1.0, 0.0, 1.0]), np.array([5.0, 9.0, 5.0]))
    >>> [column.tolist() for column in rows.columns], rows.counts.tolist(), rows.place.tolist()
    ([[0.0, 1.0], [9.0, 5.0]], [1.0, 2.0], [1, 0, 1])
    """

    columns: tuple[Floats, ...]
    counts: Floats
    place: Positions

    @classmethod
    def of(cls, *columns: Floats) -> Distinct:
        """Sorted by the first column, then the second ..., so that the order of rows changes nothing."""
        order = np.lexsort(columns[::-1])
        ordered = [column[order] for column in columns]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in ordered])
        first = np.flatnonzero(new)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.cumsum(new) - 1
        counts = np.diff(np.append(first, len(order))).astype(np.float64)
        return cls(tuple(column[first] for column in ordered), counts, place)


def in_blocks(compute: Callable[..., Floats], *columns: Floats) -> Floats:
    """``compute(*columns)``, some thousand rows at a time. Rows are the last axis of the answer."""
    starts = range(0, max(len(columns[0]), 1), BLOCK)
    parts = [compute(*(column[start : start + BLOCK] for column in columns)) for start in starts]
    return np.concatenate(parts, axis=-1)
