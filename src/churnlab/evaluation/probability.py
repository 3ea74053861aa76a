"""Does a risk of 30 % mean three in ten? Metrics of probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from churnlab.evaluation.rows import Floats, binary, checked, ratio

BINS = 10


def log_loss(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Mean negative log likelihood in nats. A risk of exactly 0 or 1 is moved inside by 2e-16."""
    outcome, probability, counts = _checked(actual, risk, weight)
    least = np.finfo(np.float64).eps
    inside = np.clip(probability, least, 1 - least)
    return _mean(-(outcome * np.log(inside) + (1 - outcome) * np.log1p(-inside)), counts)


def brier(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Mean squared difference between outcome and risk."""
    outcome, probability, counts = _checked(actual, risk, weight)
    return _mean((outcome - probability) ** 2, counts)


def ece(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Expected calibration error: ``|observed - predicted|`` per bin, averaged by rows.

    Ten bins of equal width, ``[0, .1)`` to ``[.9, 1]``. Even a perfectly calibrated risk has some, by
    chance: about .02 at 2,000 rows.
    """
    outcome, probability, counts = _checked(actual, risk, weight)
    members = np.eye(BINS)[_bin(probability)]
    gaps = counts @ (members * (outcome - probability)[:, None])
    return ratio(np.abs(gaps).sum(axis=-1), counts.sum(axis=-1))


def calibration_table(actual: ArrayLike, risk: ArrayLike) -> list[Mapping[str, float]]:
    """Per bin that holds rows: ``low, high`` edges, ``n``, mean ``predicted`` and ``observed``."""
    outcome, probability, _ = _checked(actual, risk, None)
    held = _bin(probability)
    return [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "n": int((held == number).sum()),
            "predicted": float(probability[held == number].mean()),
            "observed": float(outcome[held == number].mean()),
        }
        for number in np.unique(held).tolist()
    ]


def _checked(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    outcome, probability, counts = checked(actual, risk, weight)
    binary(outcome)
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError(f"a risk must lie in 0..1; got {probability.min()} to {probability.max()}")
    return outcome, probability, counts


def _bin(probability: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    # Edges written as k / 10: probability * 10 would put .7 * 10 = 7.000000000000001 by luck.
    return np.searchsorted(np.arange(1, BINS) / BINS, probability, side="right")


def _mean(loss: Floats, weight: Floats) -> Floats:
    # Not a matrix product: its order of summation would depend on the number of resamples.
    return ratio((weight * loss).sum(axis=-1), weight.sum(axis=-1))
