"""When a second purchase is due: how long all customers took from their first to their second.

Who has bought once only may still come back, so such a customer counts as seen up to the snapshot and no
longer (Kaplan & Meier, 1958). Learned on the training population and frozen with the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from churnlab.features.orders import qualifying
from churnlab.history import ALL, History, days_between

Floats = NDArray[np.float64]

DUE, LATE = 0.5, 0.8  # shares of customers who have bought again


def measures(past: History) -> dict[str, Floats]:
    """``first_gap_days``: from the first order to the second, NaN before there is one.

    ``customer_days``: since the first order.
    """
    orders = qualifying(past)
    if orders is None:
        missing = np.full(len(past.as_of), np.nan)
        return {"first_gap_days": missing, "customer_days": missing}
    ever = orders.last(ALL)
    first = ever.first("time")
    # Of the first two orders the gap is their only one; one order has none.
    return {
        "first_gap_days": ever.oldest(2).gaps("max"),
        "customer_days": days_between(first, past.as_of),
    }


@dataclass(frozen=True)
class Repeat:
    """Days since a first purchase after which a half (``due``) and four fifths (``late``) bought again.

    None where so many never did, as far as is known.
    """

    due: float | None = None
    late: float | None = None

    @classmethod
    def learn(cls, measures: Mapping[str, Floats], most_days: int | None = None) -> Self:
        """From the training population. ``most_days``: those silent for longer are not in it.

        Of customers who came earlier than that only those who went on buying are left, so then they do
        not count: the curve is that of the others.
        """
        again, seen = measures["first_gap_days"], measures["customer_days"]
        known = np.isfinite(seen) if most_days is None else seen <= most_days
        days, bought = curve(again[known], seen[known])
        return cls(*(_first_at(days, bought, share) for share in (DUE, LATE)))

    def as_dict(self) -> dict[str, float | None]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, float | None] | None) -> Self:
        """The points that ``as_dict`` was asked for; none of a model that has not learned them."""
        return cls() if record is None else cls(**record)


def curve(again: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """(days, share): at each time that anybody bought again, the share that has by then; rising.

    ``again``: (n,) days until each customer bought again, NaN where that has not happened in the
    ``seen`` days since the first purchase.

    >>> days, share = curve(np.array([10, 30, np.nan, np.nan]), np.array([90.0, 90.0, 90.0, 20.0]))
    >>> days.tolist(), share.round(3).tolist()
    ([10.0, 30.0], [0.25, 0.625])
    """
    happened = np.isfinite(again)
    until = np.where(happened, again, seen)
    days, times = np.unique(until[happened], return_counts=True)
    still = len(until) - np.searchsorted(np.sort(until), days, side="left")
    return days, np.asarray(1 - np.cumprod(1 - times / still), dtype=np.float64)


def _first_at(days: Floats, bought: Floats, share: float) -> float | None:
    reached = np.flatnonzero(np.round(bought, 9) >= share)
    return float(days[reached[0]]) if len(reached) else None
