"""Were the arms alike before the campaign? Means of what was known, and how far apart they are.

A standardised difference is that of the means in standard deviations of one customer. Between arms that
were drawn it is luck, about 1 / sqrt(smaller arm): ``odd`` names what is beyond that and beyond a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.lists.control import ARMS, CONTROL, TREATED, UNLUCKY

Floats = NDArray[np.float64]

LEAST = 10  # customers behind a figure that is shown
APART = 0.10  # standard deviations: below it, a difference is small whatever its cause


@dataclass(frozen=True)
class Balance:
    """One measure in two arms. None where an arm has fewer than ten customers with a value.

    ``apart``: the mean of the first arm less that of the second, in standard deviations; None also where
    the arms differ and nobody differs inside of them.
    """

    measure: str
    arms: tuple[str, str]
    customers: tuple[int, int]
    means: tuple[float, float] | None
    apart: float | None

    @property
    def odd(self) -> bool:
        """Whether luck does not explain the difference, and it is large enough to matter."""
        if self.apart is None:
            return self.means is not None  # apart, and nobody differs inside an arm
        luck = math.sqrt(sum(1 / each for each in self.customers))
        return abs(self.apart) > max(APART, UNLUCKY * luck)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "odd": self.odd}


def balance(
    arm: NDArray[np.int8], measures: Mapping[str, Floats], *, between: tuple[int, int] = (TREATED, CONTROL)
) -> tuple[Balance, ...]:
    """One row a measure. ``arm``: (n,) codes into ``ARMS``. ``measures``: (n,) each, NaN: not known.

    >>> arm = np.repeat([TREATED, CONTROL], 20).astype(np.int8)
    >>> row, = balance(arm, {"risk": np.tile([0.2, 0.4], 20)})
    >>> row.customers, round(row.means[0], 3), row.apart, row.odd
    ((20, 20), 0.3, 0.0, False)
    """
    return tuple(
        _row(name, [values[arm == code] for code in between], between) for name, values in measures.items()
    )


def _row(name: str, groups: list[Floats], between: tuple[int, int]) -> Balance:
    known = [values[np.isfinite(values)] for values in groups]
    arms, customers = (ARMS[between[0]], ARMS[between[1]]), (len(known[0]), len(known[1]))
    if min(customers) < LEAST:
        return Balance(name, arms, customers, None, None)
    means = [_mean(values) for values in known]
    spread = math.sqrt(sum(_mean((v - m) ** 2) for v, m in zip(known, means, strict=True)) / 2)
    gap = means[0] - means[1]
    if abs(gap) < 1e-12 * max(map(abs, means)):  # the last bits of two means of the same numbers
        gap = 0.0
    apart = gap / spread if spread > 0 else None if gap else 0.0
    return Balance(name, arms, customers, (means[0], means[1]), apart)


def _mean(values: Floats) -> float:
    # Exactly rounded: the order of the rows cannot change the last digit.
    return math.fsum(values.tolist()) / len(values)
