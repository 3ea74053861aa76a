"""Some customers who were scored: what the models and the strategy say of each, before it is a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.moments import Moments
from churnlab.strategy.relation import Relations
from churnlab.strategy.worth import Worth

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class ScoredCustomers:
    """A block of those who were scored, in any order: (n,) each unless said.

    ``intensity``: 0 to 100, NaN where it is unknown.
    ``reason_codes``, ``reason_texts``: (n, 3), strongest first, None where there are fewer.
    ``worth``: None in a project without value. ``value_p10``, ``value_p90``: major units.
    ``segment``: None in a project without. ``population``: None where all are at risk.
    ``quadrant_raw``: None where it is the same as ``quadrant``. ``quadrant_previous``: text or None,
    ``quadrant_since``: days; None both where there is no list before.
    ``phase``, ``moments``: None in a project without histories.
    ``sooner``: days, rising -> the risk of that shorter horizon, where ``churn.also_days`` asks.
    ``relations``: None in a project without that overlay. ``parent``: text or None for who has none;
    None in a project without parents. ``account``: where each stands among everybody scored, for parents.
    """

    customer_id: Texts
    churn_risk: Floats
    risk_band: Texts
    quadrant: Texts
    intensity: Floats
    intensity_basis: Texts
    reason_codes: Texts
    reason_texts: Texts
    worth: Worth | None = None
    value_p10: Floats | None = None
    value_p90: Floats | None = None
    segment: Texts | None = None
    population: Texts | None = None
    quadrant_raw: Texts | None = None
    quadrant_previous: Texts | None = None
    quadrant_since: Days | None = None
    sooner: Mapping[int, Floats] = field(default_factory=dict)
    phase: Texts | None = None
    moments: Moments | None = None
    relations: Relations | None = None
    parent: Texts | None = None
    account: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.customer_id)

    @property
    def amounts(self) -> dict[str, Floats]:
        """The columns of money that the project has: none without value."""
        if self.worth is None:
            return {}
        amounts = {
            "value_if_retained": self.worth.if_retained,
            "value_expected": self.worth.expected,
            "value_at_stake": self.worth.at_stake,
            "expected_loss": self.worth.expected_loss,
            "value_p10": self.value_p10,
            "value_p90": self.value_p90,
        }
        return {name: values for name, values in amounts.items() if values is not None}

    def take(self, rows: Any) -> Self:
        """The same with some of the rows: a slice, a mask, or positions."""
        return type(self)(**{each.name: _taken(getattr(self, each.name), rows) for each in fields(self)})

    def pieces(self, size: int) -> Iterator[Self]:
        """All rows in their order, at most ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))


def _taken(values: Any, rows: Any) -> Any:
    if isinstance(values, Worth | Moments | Relations):
        return type(values)(**{name: column[rows] for name, column in vars(values).items()})
    if isinstance(values, Mapping):
        return {name: column[rows] for name, column in values.items()}
    return None if values is None else values[rows]
