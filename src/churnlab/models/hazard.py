"""When, within its horizon, what a risk speaks of comes: a discrete-time hazard model of one event.

The event is that a contract ends for good, or else that an order comes. The horizon is cut where a
shorter one ends, and a row is learned from in each interval that it begins without the event:

    as_of + gap       30              60                            90 days
       |-- interval 0 --|-- interval 1 --|-------- interval 2 ---------|
     row a:  no event         event                                       targets 0, 1
     row b:  no event        no event              no event               targets 0, 0, 0

What is said of an interval is its hazard h: the chance of the event there, given that it has not come
before. ``F(end) = 1 - (1 - h0)(1 - h1)...`` is the chance that it has come by then. F never falls with
the days, whatever the trees say: so a risk of leaving at a contract's end never falls with the horizon,
and a risk of staying away without an order never rises.

The churn model, which is calibrated, has the last word on the whole horizon; the hazards only say for
which part of those whose event comes in it, it has come by then: ``F(days) / F(horizon)``.

Trees of its own for each interval, not one ensemble to which the interval is a column: at eleven
horizons of five data sets the log loss was smaller at nine, by up to .003, and larger at one, by .0001.
Parts of F, not of the cumulative hazard -log(1 - F): where the event is nearly certain, as the next
order of a frequent buyer is, the logarithm follows the last decimals. It was smaller at ten of eleven,
by up to .001, and with one ensemble for all intervals by up to .01.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.project import Models
from churnlab.models import boosted
from churnlab.models.boosted import Trees
from churnlab.models.logistic import SURE, probability
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
Matrix = NDArray[np.float32]
DECIMALS, DIGITS = 6, 9


@dataclass(frozen=True)
class Interval:
    """One interval up to ``end``, in days.

    ``trees``: log odds of the event in it, of a churn model's matrix. None: all training rows had it, or
    none, and that ``share`` is everybody's hazard.
    """

    end: int
    share: float
    trees: Trees | None

    def hazard(self, matrix: Matrix) -> Floats:
        """(n,) the chance of the event in it, for those who begin it without; never certain."""
        if self.trees is None:
            return np.full(len(matrix), np.clip(self.share, SURE, 1 - SURE))
        return np.clip(probability(self.trees.margin(matrix)), SURE, 1 - SURE)


@dataclass(frozen=True)
class Hazard:
    """``intervals``: those that were learned, one after the other.

    ``also_days``: the shorter horizons, rising; ``days``: the whole one, that of the churn model.
    ``leaving``: whether the event is to leave; otherwise it is an order, and whoever does without one
    has left.
    """

    intervals: tuple[Interval, ...]
    also_days: tuple[int, ...]
    days: int
    leaving: bool

    @property
    def ends(self) -> tuple[int, ...]:
        """The days at which the intervals end that were learned."""
        return tuple(interval.end for interval in self.intervals)

    def risks(self, recipe: Recipe, panel: Panel, risk: Floats) -> dict[int, Floats]:
        """Days -> (n,) the risk of each shorter horizon, to six decimals.

        ``recipe``: that of the churn model; ``risk``: (n,) what it says of the whole horizon.
        """
        parts = self.parts(recipe.matrix(panel))
        return {
            days: spread(risk, parts[:, place], leaving=self.leaving)
            for place, days in enumerate(self.also_days)
        }

    def parts(self, matrix: Matrix) -> Floats:
        """(n, shorter horizons) of those whose event comes in the horizon, how many had it by then."""
        hazards = np.stack([interval.hazard(matrix) for interval in self.intervals], axis=1)
        reached = np.cumsum(-np.log1p(-hazards), axis=1)  # intervals add up
        whole = self._came(reached, self.days)
        return np.stack([self._came(reached, days) / whole for days in self.also_days], axis=1)

    def _came(self, reached: Floats, days: int) -> Floats:
        """(n,) F of a number of days. ``reached``: (n, intervals) -log(1 - F) at the end of each."""
        ends = self.ends
        if days in ends:
            return -np.expm1(-reached[:, ends.index(days)])
        # The history is too short to have learned from outcomes that late (see workflow.reach): the last
        # interval goes on as it was.
        start = np.zeros(len(reached)) if len(ends) == 1 else reached[:, -2]
        before, last = (0, *ends)[-2:]
        further = (reached[:, -1] - start) * (days - last) / (last - before)
        return -np.expm1(-(reached[:, -1] + further))

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        return {
            "also_days": list(self.also_days),
            "days": self.days,
            "leaving": self.leaving,
            "ends": list(self.ends),
            "shares": [interval.share for interval in self.intervals],
        }

    @property
    def content(self) -> bytes:
        """The trees of all intervals as one JSON file: the text of each, null where there are none."""
        texts = [None if each.trees is None else each.trees.content.decode() for each in self.intervals]
        return json.dumps(texts).encode()

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], content: bytes) -> Self:
        """The model that ``as_dict`` and ``content`` were asked for."""
        texts = json.loads(content)
        trees = [None if text is None else Trees(text.encode()).require_readable() for text in texts]
        learned = zip(record["ends"], record["shares"], trees, strict=True)
        intervals = tuple(Interval(*each) for each in learned)
        return cls(intervals, tuple(record["also_days"]), record["days"], record["leaving"])


def spread(risk: Floats, part: Floats, *, leaving: bool) -> Floats:
    """(n,) the risk of a shorter horizon, to six decimals; ``part``: of the events, those that came in it.

    Of a risk of .36 to leave, half comes in time: .18. Of a risk of .36 to stay away where an order is the
    event, half of .64 orders: .68 are still away.

    >>> risk, half = np.array([0.36]), np.array([0.5])
    >>> [spread(risk, half, leaving=leaving).item() for leaving in (True, False)]
    [0.18, 0.68]
    """
    return np.round(risk * part if leaving else 1 - (1 - risk) * part, DECIMALS)


def constant(risk: Floats, part: float, *, leaving: bool) -> Floats:
    """(n,) the risk of ``part`` of the days of the horizon if the hazard were the same on all of them.

    >>> [constant(np.array([0.36]), 0.5, leaving=leaving).round(6).item() for leaving in (True, False)]
    [0.2, 0.6]
    """
    without = 1 - risk if leaving else risk
    found: Floats = without**part
    return 1 - found if leaving else found


def fit_hazard(
    panel: Panel,
    known: Flags,
    recipe: Recipe,
    models: Models,
    *,
    also_days: Sequence[int],
    days: int,
    learned_days: int,
    leaving: bool,
) -> Hazard:
    """Fit on the rows ``known`` of ``panel``, (n,) flags, with the ``recipe`` of their churn model.

    ``learned_days``: how long the windows of ``panel.churned`` are, at most ``days``.
    """
    ends = (*(end for end in also_days if end < learned_days), learned_days)
    told = [*(panel.sooner[labels.shorter(end)] for end in ends[:-1]), panel.churned]
    intervals = tuple(
        _fitted(panel, rows, event, end, recipe, models)
        for end, (rows, event) in zip(
            ends, periods(told, np.flatnonzero(known), leaving=leaving), strict=True
        )
    )
    return Hazard(intervals, tuple(also_days), days, leaving)


def periods(told: Sequence[Floats], rows: Positions, *, leaving: bool) -> Iterator[tuple[Positions, Floats]]:
    """For each interval the rows that begin it without the event, and (rows,) whether it came.

    ``told``: (panel,) churn labels at the end of each. Where one is missing, nothing is known of what
    follows, and a row ends with the interval before.
    """
    for label in told:
        rows = rows[np.isfinite(label[rows])]
        event = label[rows] == float(leaving)
        yield rows, event.astype(np.float64)
        rows = rows[~event]


def _fitted(
    panel: Panel, rows: Positions, event: Floats, end: int, recipe: Recipe, models: Models
) -> Interval:
    came = int(event.sum())
    share = float(f"{came / len(rows) if len(rows) else 0.0:.{DIGITS}g}")
    # Where there are few, trees that need so many rows in a leaf say the same of nearly everybody.
    if came in {0, len(rows)}:
        return Interval(end, share, None)
    trees = boosted.fit(
        recipe.rows(panel, rows),
        event,
        models.churn,
        "binary:logistic",
        seed=models.seed,
        threads=models.threads,
    )
    return Interval(end, share, trees)
