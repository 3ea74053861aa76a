"""Are the amounts right? Metrics of predicted value, in the currency's major units or in %.

MAE is shown and never used to choose: most customers bring nothing, so predicting zero for everyone
beats every unbiased model on it. Gini ranks, the deciles and the bias say whether to believe the sums.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from churnlab.evaluation.ranking import gained
from churnlab.evaluation.rows import Floats, checked, ratio

DECILES = np.arange(1, 11) / 10


def decile_mape(actual: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Mean over ten deciles of predicted value of ``|predicted - actual| / actual``, of sums, in %.

    Equal predictions are spread evenly over the deciles they reach. NaN where the actual values of a
    decile sum to 0 or less: a percentage of nothing says nothing, and leaving the decile out would flatter.
    """
    outcome, amount, counts = checked(actual, predicted, weight)
    expected, brought = _deciles(outcome, amount, counts)
    worst = brought.min(axis=-1)
    error = np.abs(ratio(expected - brought, brought)).mean(axis=-1)
    return np.where(worst > 0, 100 * error, np.nan)


def decile_error(actual: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """How much is in the wrong decile or too much or too little in all: ``|predicted - actual|`` of the
    ten deciles' sums, added up, in % of the actual total. NaN where that one is <= 0.

    Unlike ``decile_mape`` it is known where a decile brought nothing, and its money counts, not its number.

    >>> float(decile_error([0.0] * 5 + [10.0] * 5, [0.0] * 5 + [8.0] * 5))
    20.0
    """
    outcome, amount, counts = checked(actual, predicted, weight)
    expected, brought = _deciles(outcome, amount, counts)
    total = brought.sum(axis=-1)
    return np.where(total > 0, 100 * ratio(np.abs(expected - brought).sum(axis=-1), total), np.nan)


def bias(actual: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """How much too high the predicted sum is, in % of the actual one. NaN where that one is <= 0."""
    outcome, amount, counts = checked(actual, predicted, weight)
    brought = (counts * outcome).sum(axis=-1)
    excess = (counts * (amount - outcome)).sum(axis=-1)
    return np.where(brought > 0, 100 * ratio(excess, brought), np.nan)


def rmse(actual: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Root of the mean squared error, major units."""
    outcome, amount, counts = checked(actual, predicted, weight)
    return np.sqrt(ratio((counts * (amount - outcome) ** 2).sum(axis=-1), counts.sum(axis=-1)))


def mae(actual: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Mean absolute error, major units. For reading beside others; it must never choose a model."""
    outcome, amount, counts = checked(actual, predicted, weight)
    return ratio((counts * np.abs(amount - outcome)).sum(axis=-1), counts.sum(axis=-1))


def decile_table(actual: ArrayLike, predicted: ArrayLike) -> list[Mapping[str, float]]:
    """Per decile, lowest predictions first: ``decile`` 1..10, mean ``predicted``, mean ``actual``, ``n``.

    ``n`` is a tenth of the rows, so it may be a fraction: a row on a cut is shared by two deciles.
    """
    outcome, amount, counts = checked(actual, predicted)
    size = counts.sum() / 10
    expected, brought = _deciles(outcome, amount, counts)
    return [
        {"decile": number + 1, "predicted": float(left), "actual": float(right), "n": float(size)}
        for number, (left, right) in enumerate(
            zip(ratio(expected, size)[::-1], ratio(brought, size)[::-1], strict=True)
        )
    ]


def _deciles(actual: Floats, predicted: Floats, weight: Floats) -> tuple[Floats, Floats]:
    # Sums per decile, highest predictions first, (..., 10) each.
    sums = (gained(values, predicted, weight, DECILES) for values in (predicted, actual))
    expected, brought = (np.diff(part, axis=-1, prepend=0.0) for part in sums)
    return expected, brought
