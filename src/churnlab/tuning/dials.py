"""The dials of a booster that are searched, and between which ends.

The number of trees is none of them: each trial grows trees until later rows stop gaining.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.config.project import Booster


@dataclass(frozen=True)
class Dial:
    """From ``low`` to ``high``; ``log``: drawn on a logarithmic scale."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def reaching(self, value: float) -> Dial:
        """As far as ``value``, where that lies outside; a logarithmic scale never reaches 0."""
        value = value if value > 0 else self.low
        return Dial(min(self.low, value), max(self.high, value), self.log, self.whole)

    def within(self, value: float) -> float:
        """The nearest value that can be drawn."""
        return min(max(value, self.low), self.high)


DIALS: Mapping[str, Dial] = {
    "depth": Dial(2, 8, whole=True),
    "learning_rate": Dial(0.02, 0.2, log=True),
    "min_child_weight": Dial(0.5, 50, log=True),
    "subsample": Dial(0.5, 1.0),
    "colsample": Dial(0.3, 1.0),
    "reg_lambda": Dial(0.1, 30, log=True),
}


def ends(booster: Booster) -> dict[str, Dial]:
    """Where each dial is searched: as far as the configured value, if that lies outside."""
    return {name: dial.reaching(getattr(booster, name)) for name, dial in DIALS.items()}


def configured(booster: Booster) -> dict[str, float]:
    """The settings to beat, as a point of the search."""
    return {name: dial.within(getattr(booster, name)) for name, dial in ends(booster).items()}


def distributions(booster: Booster) -> dict[str, Any]:
    """The same ends as Optuna writes them."""
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        name: IntDistribution(int(dial.low), int(dial.high))
        if dial.whole
        else FloatDistribution(dial.low, dial.high, log=dial.log)
        for name, dial in ends(booster).items()
    }
