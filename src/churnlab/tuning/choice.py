"""The best trial against the configured settings: better by more than noise, or they stay.

The loss of both is compared row by row on the rows they were judged by. Rows of one customer count
together, as he may be judged on several dates. The best of many trials looks better than it is, so
the gain must be more than ``ERRORS`` standard errors.
"""

from __future__ import annotations

import numpy as np

from churnlab.config.project import Booster
from churnlab.tuning.judging import Floats, Judge

ERRORS = 2


def gained(judge: Judge, configured: Booster, best: Booster) -> tuple[float, float]:
    """How much lower the mean log loss of ``best`` is, and the standard error of that over customers."""
    if best == configured:
        return 0.0, 0.0
    parts = [
        (before - after) / (len(before) * len(judge.folds))
        for before, after in zip(judge.row_losses(configured), judge.row_losses(best), strict=True)
    ]
    customers = np.concatenate([fold.customer_id for fold in judge.folds])
    return by_customer(np.concatenate(parts), customers)


def by_customer(gains: Floats, customer_id: np.ndarray) -> tuple[float, float]:
    """The sum of (n,) ``gains`` and its standard error, where the rows of a customer belong together.

    >>> by_customer(np.array([1.0, 1.0, 2.0]), np.array(["a", "a", "b"], dtype=object))
    (4.0, 0.0)
    """
    _, who = np.unique(customer_id, return_inverse=True)
    each = np.bincount(who, weights=gains)
    count = len(each)
    if count < 2:
        return float(each.sum()), float("inf")
    spread = ((each - each.mean()) ** 2).sum() * count / (count - 1)
    return float(each.sum()), float(np.sqrt(spread))


def is_clear(gain: float, error: float) -> bool:
    """Whether a gain is more than noise."""
    return gain > ERRORS * error
