"""The words that every module of the past shares: array types, units, and safe arithmetic."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

DAY = 24 * 3_600 * 1_000_000  # microseconds
FEW = 9  # values: looked for one by one
ALL = 36_500  # days: as a window, everything before the snapshot, however old


def ratio(part: Ints | Floats, whole: Ints | Floats) -> Floats:
    """``part / whole``, NaN where ``whole`` is zero (or either is NaN).

    >>> ratio(np.array([1, 1]), np.array([4, 0]))
    array([0.25,  nan])
    """
    compiled = _compiled()
    if compiled is not None and _plain(part) and _plain(whole) and len(part) == len(whole):
        answer: Floats = compiled.ratio(part, whole)
        return answer
    with np.errstate(divide="ignore", invalid="ignore"):
        answer = np.asarray(np.divide(part, whole))
    np.copyto(answer, np.nan, where=np.equal(whole, 0))
    return answer


def infinite(values: Floats) -> bool:
    """Whether any value is infinite."""
    compiled = _compiled()
    if compiled is not None and _plain(values):
        return bool(compiled.infinite(values))
    return bool(np.isinf(values).any())


def _compiled() -> Any:
    """Compiled code if this process has loaded it: the same bits in one pass. None: it has not."""
    module = sys.modules.get("churnlab.history.compiled_measures")
    return module if hasattr(module, "infinite") else None  # another thread may be loading it


def _plain(values: Any) -> bool:
    return (
        isinstance(values, np.ndarray)
        and values.ndim == 1
        and values.flags.c_contiguous
        and values.dtype in {np.dtype(np.int64), np.dtype(np.float64)}
    )


def days_between(earlier: Ints | Floats, later: Ints | Floats) -> Floats:
    """Elapsed days of 24 hours, fractions kept; NaN where either instant is.

    >>> days_between(np.array([0]), np.array([DAY * 3 // 2]))
    array([1.5])
    """
    answer: Floats = (later - earlier) / DAY
    return answer


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """The same values, read-only and in one piece whatever they came from.

    Compiled code knows such arrays as a type of their own: this way there is one to compile for.
    """
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view


def isin(values: NDArray[Any], wanted: Sequence[Any]) -> Flags:
    """Whether each value is one of those wanted; a comparison for ``Source.where``."""
    if len(wanted) > FEW:
        return np.isin(values, list(wanted))
    found = np.zeros(values.shape, dtype=np.bool_)
    for value in wanted:
        found |= values == value
    return found
