"""How many customers and how much value each strategy holds; the parts sum to the whole exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.worth import Worth

Floats = NDArray[np.float64]
MICRO = 1_000_000  # risks are summed as whole millionths, money as whole minor units


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


def summarise(
    quadrant: NDArray[np.object_], risk: Floats, worth: Worth | None, exponent: int = 2
) -> tuple[Totals, ...]:
    """One row per strategy, empty ones too, and last the row ``all``. (n,) each."""
    return tuple(
        _totals(name, rows, risk, worth, exponent)
        for name, rows in [
            *((name, quadrant == name) for name in Strategy),
            ("all", np.full(len(risk), True)),
        ]
    )


def _totals(name: str, rows: NDArray[np.bool_], risk: Floats, worth: Worth | None, exponent: int) -> Totals:
    customers = int(rows.sum())

    def money(amounts: Floats) -> float:
        unit: int = 10**exponent
        return _whole_sum(amounts[rows], unit) / unit

    return Totals(
        str(name),
        customers,
        round(customers / len(rows), 6) if len(rows) else 0.0,
        None if worth is None else money(worth.if_retained),
        None if worth is None else money(worth.at_stake),
        None if worth is None else money(worth.expected_loss),
        round(_whole_sum(risk[rows], MICRO) / MICRO / customers, 6) if customers else None,
    )


def _whole_sum(values: Floats, unit: int) -> int:
    # Whole numbers: the sum does not depend on the order of the customers, and parts add up.
    return int(np.rint(values * unit).astype(np.int64).sum())


def as_records(totals: Sequence[Totals]) -> list[dict[str, Any]]:
    """All rows as plain values."""
    return [row.as_dict() for row in totals]
