"""How sure a figure is: percentile intervals over resampled customers (Efron & Tibshirani, 1993).

Customers are drawn, not rows: the dates of one customer stand or fall together. A resample is never
copied out; it is a weight per row, how often the row's customer was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from churnlab.evaluation.rows import Floats

Metric = Callable[[ArrayLike, ArrayLike, ArrayLike | None], Floats]
CELLS = 1_000_000  # weights held at once: a few arrays of 8 MB, whatever the number of rows
UNDEFINED = 0.05  # with more resamples than this without a figure, an interval would be made up


def resamples(customer: NDArray[np.object_], times: int, seed: int) -> Iterator[Floats]:
    """Weights of the rows, in blocks of (b, n) that make ``times`` resamples together.

    The draw depends on the set of customers and the seed, not on the order of the rows.
    """
    names, code = np.unique(customer.astype(str), return_inverse=True)
    random = np.random.default_rng(seed)
    at_once = max(1, CELLS // max(1, len(customer)))
    for start in range(0, times if len(names) else 0, at_once):
        drawn = random.integers(0, len(names), (min(at_once, times - start), len(names)))
        counts = np.stack([np.bincount(one, minlength=len(names)) for one in drawn])
        yield counts[:, code].astype(np.float64)


def percentile(figures: Floats, level: float = 0.95) -> tuple[float, float]:
    """The middle ``level`` of the figures; NaN, NaN where too many of them are undefined."""
    known = figures[np.isfinite(figures)]
    if not len(known) or len(known) < (1 - UNDEFINED) * len(figures):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def difference(
    metric: Metric,
    actual: Floats,
    first: Floats,
    second: Floats,
    customer: NDArray[np.object_],
    *,
    times: int,
    seed: int,
) -> tuple[float, float, float]:
    """``metric`` of the first scores less that of the second: estimate, low, high.

    Both are measured on the same resamples, so what makes a resample easy for both cancels out.
    """
    estimate = float(metric(actual, first, None) - metric(actual, second, None))
    blocks = [
        metric(actual, first, weight) - metric(actual, second, weight)
        for weight in resamples(customer, times, seed)
    ]
    return (estimate, *percentile(np.concatenate(blocks) if blocks else np.empty(0)))
