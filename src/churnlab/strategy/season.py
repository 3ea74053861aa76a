"""Season: how all customers did lately beside the time before, so that nobody's trend is the calendar's.

         first             before              last         as_of
    |---------------|-----------------|-----------------|
    who did something in each of the three counts, everybody alike; the season is last : before

Newcomers would push that ratio up, and those who left pull it down, and neither is a season: so only
those are looked at who were customers before both windows and show up in each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from churnlab.config.lifecycle import Lifecycle

LEAST = 30  # customers: of fewer, luck would look like a season
VALUE_DAYS = 90  # of each of the windows that value is compared in


@dataclass(frozen=True)
class Turn:
    """Totals of the last window and of the one before, of ``customers`` who were there in all three.

    ``days``: how long each window is.
    """

    days: int
    customers: int = 0
    recent: int = 0
    before: int = 0

    @property
    def ratio(self) -> float:
        """What the season alone makes of 1; 1 where too few customers tell.

        >>> Turn(days=90, customers=100, recent=650, before=500).ratio
        1.3
        """
        if self.customers < LEAST or self.recent <= 0 or self.before <= 0:
            return 1.0
        return self.recent / self.before


@dataclass(frozen=True)
class Season:
    """``events``: orders and contacts by customers. ``value``: what they brought, in minor units."""

    events: Turn
    value: Turn

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON, the ratios among them."""
        return {
            name: {**asdict(turn), "ratio": round(turn.ratio, 6)}
            for name, turn in (("events", self.events), ("value", self.value))
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The season that ``as_dict`` was asked for."""
        parts = (
            Turn(**{key: record[name][key] for key in ("days", "customers", "recent", "before")})
            for name in ("events", "value")
        )
        return cls(*parts)


def window(g_pop: float | None, rules: Lifecycle) -> int:
    """Whole days of a window that suits the middle customer; the longest where nobody's rhythm is known.

    >>> window(30, Lifecycle()), window(10, Lifecycle()), window(None, Lifecycle())
    (90, 60, 180)
    """
    least, most = rules.window_days
    return most if g_pop is None else round(min(max(rules.window_gaps * g_pop, least), most))
