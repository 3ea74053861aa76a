"""The words that every module of the past shares: array types, units, and safe arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

DAY = 24 * 3_600 * 1_000_000  # microseconds
ALL = 36_500  # days: as a window, everything before the snapshot, however old


def ratio(part: Ints | Floats, whole: Ints | Floats) -> Floats:
    """``part / whole``, NaN where ``whole`` is zero (or either is NaN).

    >>> ratio(np.array([1, 1]), np.array([4, 0]))
    array([0.25,  nan])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        answer: Floats = np.asarray(np.divide(part, whole))
    answer[np.broadcast_to(np.equal(whole, 0), answer.shape)] = np.nan
    return answer


def days_between(earlier: Ints | Floats, later: Ints | Floats) -> Floats:
    """Elapsed days of 24 hours, fractions kept; NaN where either instant is.

    >>> days_between(np.array([0]), np.array([DAY * 3 // 2]))
    array([1.5])
    """
    answer: Floats = (later - earlier) / DAY
    return answer


def isin(values: NDArray[Any], wanted: Sequence[Any]) -> Flags:
    """Whether each value is one of those wanted; a comparison for ``Source.where``."""
    return np.isin(values, list(wanted))
