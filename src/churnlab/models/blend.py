"""How much of the pace goes into a model beside its trees, and how far it carries them.

The share is chosen on earlier origins than the one that a model is judged by, among a few: trees
alone, the pace alone, and mixtures. No kind of model wins everywhere, and where both know something
a mixture is better than either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import DataError
from churnlab.features.feature import Description
from churnlab.models import logistic
from churnlab.models.pace import Pace
from churnlab.panel import Panel

Floats = NDArray[np.float64]

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)  # of the pace
NAME = "purchase_pace"


@dataclass(frozen=True)
class Horizon:
    """An outcome window, in days: it begins after ``start`` and lasts ``days``.

    ``learned``: how long the windows were whose outcomes are known to learn from, at most ``days``.
    """

    start: int
    days: int
    learned: int

    @property
    def is_extended(self) -> bool:
        """Whether what was learned has to be carried on to a longer window."""
        return self.learned < self.days


def require_pace(pace: Pace | None, horizon: Horizon) -> Pace:
    """The pace, without which no outcome of a short window may pass for that of a long one."""
    if pace is not None:
        return pace
    raise DataError(
        "the history is shorter than the horizon, and nothing carries what is learned further",
        got=f"outcomes of {horizon.learned} days, churn.horizon_days {horizon.days}",
        mend="lower churn.horizon_days, add older data, or keep the families frequency, tenure and "
        "monetary, from which the pace of purchases is read",
    )


def mixed(share: float, ours: Floats, paced: Floats) -> Floats:
    """(n,) the weighted mean of what trees and pace say; ``share``: of the pace."""
    return (1 - share) * ours + share * paced if share else ours


@dataclass(frozen=True)
class Blend:
    """``share`` of the pace; ``centre``: what it adds to the log odds of a middling customer."""

    pace: Pace
    share: float
    horizon: Horizon
    centre: float = 0.0

    def mixed(self, margin: Floats, panel: Panel) -> Floats:
        """(n,) log odds of trees and pace together, for the window that was learned."""
        if not self.share:
            return margin
        return mixed(self.share, margin, self.pace.log_odds(panel, self.horizon.learned))

    def further(self, panel: Panel) -> Floats:
        """(n,) by how much the log odds change from the window that was learned to the one asked for."""
        if not self.horizon.is_extended:
            return np.zeros(len(panel))
        asked, learned = (
            self.pace.log_odds(panel, days) for days in (self.horizon.days, self.horizon.learned)
        )
        return asked - learned

    def added(self, panel: Panel) -> Floats:
        """(n,) what the pace adds to the trees' part of the log odds."""
        return self.mixed(np.zeros(len(panel)), panel) + self.further(panel)

    def carried(self, risk: Floats, panel: Panel) -> Floats:
        """(n,) calibrated risks of the window that was learned, for the one asked for."""
        if not self.horizon.is_extended:
            return risk
        return logistic.probability(logistic.log_odds(risk) + self.further(panel))

    def growth(self, panel: Panel) -> Floats:
        """(n,) how many times as much a customer who stays brings in the window asked for."""
        if not self.horizon.is_extended:
            return np.ones(len(panel))
        asked, learned = (
            self.pace.orders_if_retained(panel, days) for days in (self.horizon.days, self.horizon.learned)
        )
        return asked / learned

    @property
    def feature(self) -> Description:
        """The pace as a feature among the reasons: a customer's own value is ``shown``."""
        days = self.horizon.days
        return Description(
            NAME,
            "rhythm",
            "number",
            "orders",
            f"Days with an order that the own pace promises for the {days} days of the outcome window",
            "normative",
            None,
            f"expected in the coming {days} days at the own pace: {{value}}",
            f"attendu dans les {days} prochains jours au rythme propre : {{value}}",
            f"Jours avec commande que le rythme propre promet pour les {days} jours observés ensuite",
        )

    def shown(self, panel: Panel) -> Floats:
        """(n,) the values behind ``feature``."""
        return self.pace.orders(panel, self.horizon.days)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        horizon = self.horizon
        return {
            "pace": self.pace.as_dict(),
            "share": self.share,
            "horizon": [horizon.start, horizon.days, horizon.learned],
            "centre": self.centre,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any] | None) -> Self | None:
        """The blend that ``as_dict`` was asked for; None of none."""
        if record is None:
            return None
        horizon = Horizon(*record["horizon"])
        return cls(Pace.from_dict(record["pace"]), record["share"], horizon, record["centre"])
