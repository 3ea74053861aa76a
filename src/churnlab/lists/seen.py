"""What the release gate looks at of everybody who is scored: counted block by block, in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, lgamma

import numpy as np
from numpy.typing import NDArray

from churnlab.lists.gate import SCORE_DECIMALS
from churnlab.lists.scored import ScoredCustomers

STEPS = 10**SCORE_DECIMALS
DRAWN = 1_000  # customers among whom different risks are counted


def _nobody() -> NDArray[np.int64]:
    return np.zeros(STEPS + 1, np.int64)


@dataclass
class Seen:
    """``customers``: all of them. ``known``: those of the list before. ``risks``: how many have each risk."""

    customers: int = 0
    known: int = 0
    risks: NDArray[np.int64] = field(default_factory=_nobody)

    def look(self, scored: ScoredCustomers) -> None:
        """Count a block in."""
        self.customers += len(scored)
        if scored.quadrant_previous is not None:
            self.known += sum(place is not None for place in scored.quadrant_previous.tolist())
        # What is no risk at all is refused elsewhere, with a message of its own.
        risk = scored.churn_risk[(scored.churn_risk >= 0) & (scored.churn_risk <= 1)]
        np.add.at(self.risks, np.rint(risk * STEPS).astype(np.int64), 1)

    def distinct(self) -> float:
        """How many different risks to expect among ``DRAWN`` of the customers, or among all if fewer."""
        return distinct(self.risks[self.risks > 0])

    def overlap(self, before: int) -> float | None:
        """Share of the smaller of both, now and ``before``, who are in both; None: there was nobody."""
        smaller = min(self.customers, before)
        return self.known / smaller if smaller else None


def distinct(counts: NDArray[np.int64], drawn: int = DRAWN) -> float:
    """Different values to expect among ``drawn`` customers; ``counts``: of each value, in all of them.

    >>> distinct(np.array([1, 2, 3]))  # six customers: all are drawn
    3.0
    >>> round(distinct(np.array([999, 1]), drawn=500), 6)  # the rare one is drawn every other time
    1.5
    """
    everyone = int(counts.sum())
    if everyone <= drawn:
        return float(len(counts))
    sizes, values = np.unique(counts, return_counts=True)
    drawings = (1 - _missed(everyone, int(size), drawn) for size in sizes)
    return sum(int(many) * chance for many, chance in zip(values, drawings, strict=True))


def _missed(everyone: int, size: int, drawn: int) -> float:
    """The chance that none of ``size`` customers is among those drawn."""
    others = everyone - size
    if others < drawn:
        return 0.0
    ways = lgamma(others + 1) - lgamma(others - drawn + 1)
    return exp(ways - lgamma(everyone + 1) + lgamma(everyone - drawn + 1))
