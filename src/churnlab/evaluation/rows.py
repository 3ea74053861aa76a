"""What every metric shares: rows that are checked once, and weights that stand for resamples.

A metric is a function ``(actual, score, weight=None)``. ``actual`` and ``score`` are (n,); ``weight``
is (n,), or (b, n) for b resamples at once: how often each row counts. The answer has the shape
``weight.shape[:-1]``, so one call measures two hundred resamples and sorts the rows only once. A row
of weight 2 counts exactly like two equal rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
FEW = 10  # customers


def checked(
    actual: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """The three as float64: (n,), (n,) and (..., n). No weight: every row counts once."""
    outcome, scored = np.asarray(actual, np.float64), np.asarray(score, np.float64)
    counts = np.ones(outcome.shape) if weight is None else np.asarray(weight, np.float64)
    if outcome.ndim != 1 or scored.shape != outcome.shape or counts.shape[-1:] != outcome.shape:
        raise ValueError(
            f"actual, score and weight must speak of the same rows; "
            f"got shapes {outcome.shape}, {scored.shape}, {counts.shape}"
        )
    if not np.isfinite(outcome).all() or not np.isfinite(scored).all():
        raise ValueError("actual and score must be finite: leave out rows whose outcome is not complete")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError("weight must be finite and not negative")
    return outcome, scored, counts


def binary(actual: Floats) -> None:
    """Refuse anything but 0 and 1."""
    if not np.isin(actual, (0.0, 1.0)).all():
        raise ValueError(f"actual must be 0 or 1; got values from {actual.min()} to {actual.max()}")


def ratio(above: ArrayLike, below: ArrayLike) -> Floats:
    """``above / below``, NaN where ``below`` is 0: of nothing there is no share."""
    numerator, divisor = np.asarray(above, np.float64), np.asarray(below, np.float64)
    numerator, divisor = np.broadcast_arrays(numerator, divisor)
    answer = np.full(numerator.shape, np.nan)
    np.divide(numerator, divisor, out=answer, where=divisor != 0)
    return answer


def is_hidden(count: int, all_counts: Sequence[int]) -> bool:
    """Whether a group of ``count`` people must not be told of, among all groups of one kind.

    Fewer than ``FEW`` are people one could name. Where that is one group alone, the total would give it
    away: the next larger one is hidden with it. A group of nobody names nobody.

    >>> [is_hidden(count, [4, 30, 500]) for count in (4, 30, 500)]
    [True, True, False]
    >>> [is_hidden(count, [0, 3, 4, 500]) for count in (0, 3, 4, 500)]
    [False, True, True, False]
    """
    small = [each for each in all_counts if 0 < each < FEW]
    if 0 < count < FEW:
        return True
    larger = [each for each in all_counts if each >= FEW]
    return len(small) == 1 and bool(larger) and count == min(larger)


def without_nan(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with None for what is not a number, since JSON has no NaN."""
    return {key: None if isinstance(each, float) and np.isnan(each) else each for key, each in values.items()}
