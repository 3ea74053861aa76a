"""What happened next, as numbers to learn: whether a customer left or fades, and what a customer brought."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError
from churnlab.history import Lapses, Outcome, Source, Window

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Involuntary = Literal["exclude", "count"]
ValueBasis = Literal["margin", "net_amount"]
VALUE_BASES: tuple[ValueBasis, ...] = get_args(ValueBasis)

_COLUMNS = {"margin": "margin", "net_amount": "amount"}
_YEAR = 365  # days


def churned(outcome: Outcome, *, gap_purchase_counts: bool) -> Floats:
    """(n,) 1: no qualifying order in ``[as_of + gap, as_of + gap + horizon)``; 0: some; NaN: not complete.

    With ``gap_purchase_counts`` an order in ``[as_of, as_of + gap)`` also means that the customer stayed.
    """
    orders = outcome.orders.count()
    if gap_purchase_counts:
        orders = orders + outcome.gap_orders.count()
    # Never 0 for want of data: a window that is not over yet says nothing.
    return np.where(outcome.complete, (orders == 0).astype(np.float64), np.nan)


def lapsed(lapses: Lapses, *, involuntary: Involuntary) -> Floats:
    """(n,) 1: a contract ended in the outcome window and was not renewed; 0: none did; NaN: not complete.

    NaN, too, for whoever is ``set_aside``. ``involuntary``: what ends that nobody chose are.
    """
    left = lapses.voluntary > 0
    if involuntary == "count":
        left = left | (lapses.involuntary > 0)
    answer = np.where(lapses.complete, left.astype(np.float64), np.nan)
    for flags in set_aside(lapses, involuntary=involuntary).values():
        answer[flags] = np.nan
    return answer


def set_aside(lapses: Lapses, *, involuntary: Involuntary) -> Mapping[str, Flags]:
    """Reason -> (n,) those of whom it cannot be asked whether they left of their own will in the window.

    Whose contract ended before the window began neither stays nor leaves in it.
    """
    voluntary, forced = lapses.voluntary > 0, lapses.involuntary > 0
    left_out = forced & ~voluntary & (involuntary == "exclude") & lapses.complete
    gone_before = (lapses.in_gap > 0) & ~voluntary & ~forced & lapses.complete
    return {"left_involuntarily": left_out, "contract_ended_in_gap": gone_before}


@dataclass(frozen=True)
class Season:
    """What everybody who could be asked at a date brought together, in whole minor units.

    ``before``: in as many days before the date as the horizon has, as it was known at the date.
    ``after``: in the outcome window, as it was known once it had settled.
    """

    before: int
    after: int

    def __add__(self, other: Season) -> Season:
        return Season(self.before + other.before, self.after + other.after)

    @property
    def is_known(self) -> bool:
        """Whether there is a ratio of the two that means anything."""
        return self.before > 0 and self.after > 0


def declined(before: Ints, after: Ints, season: Season, *, decline: float) -> Floats:
    """(n,) 1: ``after`` is less than (1 - ``decline``) x the season's ratio x ``before``; 0: it is not.

    ``before``, ``after``: (n,) what each customer brought in the two windows of ``season``. Exactly at
    the limit is no decline. NaN of a season that is not known.
    """
    if not season.is_known:
        return np.full(len(before), np.nan)
    # The share as it is written in the configuration: 0.7, and not the binary fraction beside it.
    kept = 1 - Fraction(str(decline))
    # Multiplied out, in whole numbers of any size: a quotient of floats would decide at the limit by chance.
    limit = before.astype(object) * (kept.numerator * season.after)
    fell = after.astype(object) * (kept.denominator * season.before) < limit
    return fell.astype(np.float64)


def brought(window: Window) -> Ints:
    """(n,) what each customer brought in a window of lines, net, in minor units of what value counts."""
    basis = _basis(window.source)
    if basis is None:
        raise ConfigError("a decline is read from amounts or margins, and this project has neither")
    return np.asarray(window.sum(_COLUMNS[basis]), dtype=np.int64)


def shorter(days: int) -> str:
    """The name of the churn label of a window shorter than the horizon.

    >>> shorter(30)
    'churned_30d'
    """
    return f"churned_{days}d"


def value_basis(outcome: Outcome) -> ValueBasis | None:
    """What value is counted in: margins where there are any, else net amounts; None without either."""
    return _basis(outcome.transactions.source)


def value_column(columns: Collection[str]) -> str | None:
    """The column of transactions that value is counted in; None where there is none."""
    return next((_COLUMNS[basis] for basis in VALUE_BASES if _COLUMNS[basis] in columns), None)


def _basis(lines: Source) -> ValueBasis | None:
    return next((basis for basis in VALUE_BASES if lines.has(_COLUMNS[basis])), None)


def value(
    outcome: Outcome,
    *,
    horizon_days: int,
    gap_days: int,
    discount_rate_annual: float,
    basis: ValueBasis | None,
    exponent: int,
) -> Floats:
    """(n,) what each customer brought in the outcome window, discounted, in major units; NaN: not complete.

    Refunds count, so it may be negative. ``exponent``: decimals of the currency, 2 for euros.
    """
    if basis is None:
        return np.full(len(outcome.complete), np.nan)
    total = outcome.transactions.sum(_COLUMNS[basis]) / 10**exponent
    worth = total * discount(horizon_days, gap_days, discount_rate_annual)
    return np.where(outcome.complete, worth, np.nan)


def discount(horizon_days: int, gap_days: int, rate_annual: float) -> float:
    """Today's worth of 1, paid evenly over a horizon that starts after the gap.

    All of it is taken as paid in the middle, ``gap + horizon / 2`` days from now.

    >>> round(discount(horizon_days=365, gap_days=14, rate_annual=0.10), 2)
    0.95
    """
    days = gap_days + horizon_days / 2
    return float((1 + rate_annual) ** -(days / _YEAR))
