"""What is at stake with a customer: four related amounts, never mixed.

    value_if_retained   V1   what the customer brings if he or she stays: the value axis
    value_expected           (1 - p) V1 + p V0: for forecasts and budgets
    value_at_stake      V    V1 - V0
    expected_loss            p V: the order of the lists

p is the churn risk, V0 the value of a customer who leaves and may come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Worth:
    """Amounts in major units, (n,) each, rounded to the currency's own minor unit."""

    if_retained: Floats
    if_churned: Floats
    expected: Floats
    at_stake: Floats
    expected_loss: Floats

    @classmethod
    def of(cls, risk: Floats, if_retained: Floats, if_churned: Floats, exponent: int = 2) -> Self:
        """From the models' answers. ``risk``: (n,) 0 to 1. ``exponent``: decimals of the currency.

        Everything follows from the rounded risk and values, so the reader of a list can check it.

        >>> worth = Worth.of(np.array([0.25]), np.array([820.0]), np.array([20.0]))
        >>> float(worth.expected[0]), float(worth.at_stake[0]), float(worth.expected_loss[0])
        (620.0, 800.0, 200.0)
        """
        p = rounded(risk, 6)
        retained, churned = rounded(if_retained, exponent), rounded(if_churned, exponent)
        stake = rounded(retained - churned, exponent)
        # A weighted mean can leave its bounds by the last bit.
        low, high = np.minimum(retained, churned), np.maximum(retained, churned)
        expected = np.clip(rounded((1 - p) * retained + p * churned, exponent), low, high)
        return cls(retained, churned, expected, stake, rounded(p * stake, exponent))


def summed(amounts: Floats, decimals: int) -> float:
    """The sum of amounts in major units, (n,), exact to ``decimals``; NaN is nothing.

    Sums are of whole numbers of any size, so that the order of the rows changes no digit.

    >>> summed(np.array([0.1] * 3 + [np.nan]), 2)
    0.3
    """
    units = np.rint(np.nan_to_num(amounts) * 10**decimals).astype(np.int64)
    whole: int = sum(units.tolist())
    return float(whole / 10**decimals)


def rounded(values: Floats, decimals: int) -> Floats:
    """Rounded half to even, without a negative zero."""
    return np.asarray(np.round(values, decimals) + 0.0)
