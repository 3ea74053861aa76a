"""How many customers and how much value each strategy holds; the parts sum to the whole exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.worth import Worth

Floats = NDArray[np.float64]
MICRO = 1_000_000  # risks are summed as whole millionths, money as whole minor units
_HALF = 26  # bits: the halves of a sum stay far from the end of int64


@dataclass(frozen=True)
class Totals:
    """One strategy's customers. Money in major units, None where the project has no value.

    ``share``: of all customers. ``mean_risk``: None where the strategy holds nobody.
    """

    strategy: str
    customers: int
    share: float
    value_if_retained: float | None
    value_at_stake: float | None
    expected_loss: float | None
    mean_risk: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and tables."""
        return asdict(self)


@dataclass
class Sums:
    """Whole numbers per strategy, block after block: the order of the blocks cannot change a figure.

    ``exponent``: decimals of the currency.

    >>> sums = Sums()
    >>> for code, risk in (("retain", 0.25), ("release", 0.5), ("retain", 0.75)):
    ...     sums.add(np.array([code], dtype=object), np.array([risk]), None)
    >>> [(row.strategy, row.customers, row.mean_risk) for row in sums.totals() if row.customers]
    [('retain', 2, 0.5), ('release', 1, 0.5), ('all', 3, 0.5)]
    """

    exponent: int = 2
    valued: bool | None = None
    _sums: dict[str, list[int]] = field(default_factory=lambda: {str(code): [0] * 5 for code in Strategy})

    def add(self, quadrant: NDArray[np.object_], risk: Floats, worth: Worth | None) -> None:
        """Count a block in. ``worth``: None in a project without value."""
        if self.valued not in {None, worth is not None}:
            raise ValueError("either all blocks have value, or none")
        self.valued = worth is not None
        measures = [_whole(risk, MICRO)]
        if worth is not None:
            amounts = (worth.if_retained, worth.at_stake, worth.expected_loss)
            measures += [_whole(amount, 10**self.exponent) for amount in amounts]
        for name, sums in self._sums.items():
            rows = quadrant == name
            sums[0] += int(np.count_nonzero(rows))
            for position, measure in enumerate(measures, start=1):
                sums[position] += _sum(measure[rows])

    def join(self, other: Sums) -> None:
        """Count in the sums of other customers."""
        if other.valued is None:
            return
        if self.valued not in {None, other.valued}:
            raise ValueError("either all blocks have value, or none")
        self.valued = other.valued
        for name, sums in other._sums.items():
            self._sums[name] = [mine + its for mine, its in zip(self._sums[name], sums, strict=True)]

    def totals(self) -> tuple[Totals, ...]:
        """One row per strategy, empty ones too, and last the row ``all``."""
        whole = [sum(column) for column in zip(*self._sums.values(), strict=True)]
        return tuple(
            self._totals(name, sums, whole[0]) for name, sums in [*self._sums.items(), ("all", whole)]
        )

    def _totals(self, name: str, sums: Sequence[int], everyone: int) -> Totals:
        customers, risk, *units = sums
        retained, stake, loss = (amount / 10**self.exponent if self.valued else None for amount in units)
        return Totals(
            name,
            customers,
            round(customers / everyone, 6) if everyone else 0.0,
            retained,
            stake,
            loss,
            round(risk / MICRO / customers, 6) if customers else None,
        )


def _whole(values: Floats, unit: int) -> NDArray[np.int64]:
    return np.asarray(np.rint(values * unit).astype(np.int64))


def _sum(values: NDArray[np.int64]) -> int:
    # A thousand of the largest amounts already pass the end of int64.
    low = values & ((1 << _HALF) - 1)
    return (int((values >> _HALF).sum()) << _HALF) + int(low.sum())


def as_records(totals: Sequence[Totals]) -> list[dict[str, Any]]:
    """All rows as plain values."""
    return [row.as_dict() for row in totals]
