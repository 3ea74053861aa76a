"""How a risk is spread over the days of its horizon: a discrete-time hazard model of one event.

The event is that a contract ends for good, or else that an order comes. The horizon is cut where a
shorter one ends, and a row is learned from once for each interval that it begins without the event:

    as_of + gap       30              60                            90 days
       |-- interval 0 --|-- interval 1 --|-------- interval 2 ---------|
     row a:  no event         event                                       targets 0, 1
     row b:  no event        no event              no event               targets 0, 0, 0

What the trees say of an interval is its hazard h: the chance of the event there, given that it has not
come before. ``S(end) = (1 - h0)(1 - h1)...`` is the chance that it has not come until then. S never
rises with the days, whatever the trees say: so a risk of leaving at a contract's end never falls with
the horizon, and a risk of staying away without an order never rises.

The churn model, which is calibrated, has the last word on the whole horizon; the hazards only say which
share of it is over when. On the scale of cumulative hazards, where intervals add up:

    share = log S(days) / log S(horizon)        S'(days) = S'(horizon) ** share

One ensemble for all intervals, to which the number of the interval is one more column, and not one
for each: late intervals and rare events leave few rows to learn from, and whoever is likely to order in
one month is so in the next. An interval without a single event needs no care, and there is one file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.project import Models
from churnlab.models import boosted
from churnlab.models.boosted import Rows, Trees
from churnlab.models.logistic import SURE, probability
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
Matrix = NDArray[np.float32]
DECIMALS = 6


@dataclass(frozen=True)
class Hazard:
    """``trees``: log odds of the event, of a churn model's matrix and the number of an interval.

    ``also_days``: the shorter horizons, rising; ``days``: the whole one, that of the churn model.
    ``ends``: the days at which the intervals end that were learned. ``leaving``: whether the event is
    to leave; otherwise it is an order, and whoever does without one has left.
    """

    trees: Trees
    also_days: tuple[int, ...]
    days: int
    ends: tuple[int, ...]
    leaving: bool

    def risks(self, recipe: Recipe, panel: Panel, risk: Floats) -> dict[int, Floats]:
        """Days -> (n,) the risk of each shorter horizon, to six decimals.

        ``recipe``: that of the churn model; ``risk``: (n,) what it says of the whole horizon.
        """
        shares = self.shares(recipe.matrix(panel))
        return {
            days: spread(risk, shares[:, place], leaving=self.leaving)
            for place, days in enumerate(self.also_days)
        }

    def shares(self, matrix: Matrix) -> Floats:
        """(n, shorter horizons) how much of the horizon's cumulative hazard is over by the end of each."""
        reached = self._cumulative(matrix)
        whole = self._until(reached, self.days)
        return np.stack([self._until(reached, days) / whole for days in self.also_days], axis=1)

    def _cumulative(self, matrix: Matrix) -> Floats:
        """(n, intervals) -log S at the end of each."""
        beside = np.empty((len(matrix), matrix.shape[1] + 1), np.float32)
        beside[:, :-1] = matrix
        reached = np.zeros((len(matrix), len(self.ends)))
        for number in range(len(self.ends)):
            beside[:, -1] = number
            # Never certain: a share needs an end that is further than its beginning.
            chance = np.clip(probability(self.trees.margin(beside)), SURE, 1 - SURE)
            reached[:, number] = reached[:, max(0, number - 1)] - np.log1p(-chance)
        return reached

    def _until(self, reached: Floats, days: int) -> Floats:
        if days in self.ends:
            return reached[:, self.ends.index(days)]
        # The history is too short to have learned from outcomes that late (see workflow.reach): the last
        # interval goes on as it was.
        start = np.zeros(len(reached)) if len(self.ends) == 1 else reached[:, -2]
        before, last = (0, *self.ends)[-2:]
        found: Floats = reached[:, -1] + (reached[:, -1] - start) * (days - last) / (last - before)
        return found

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        return {
            "also_days": list(self.also_days),
            "days": self.days,
            "ends": list(self.ends),
            "leaving": self.leaving,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], trees: Trees) -> Self:
        """The model that ``as_dict`` was asked for, with its trees."""
        also, ends = tuple(record["also_days"]), tuple(record["ends"])
        return cls(trees, also, record["days"], ends, record["leaving"])


def spread(risk: Floats, share: Floats | float, *, leaving: bool) -> Floats:
    """(n,) the risk of a part of the horizon, to six decimals; ``share``: of its cumulative hazard.

    Half of the hazard of a risk of .36 to leave: 1 - .64 ** .5. Half of that of a risk of .36 to stay
    away, where each order is the event: .36 ** .5.

    >>> risk = np.array([0.36])
    >>> [spread(risk, 0.5, leaving=leaving).item() for leaving in (True, False)]
    [0.2, 0.6]
    """
    without = 1 - risk if leaving else risk
    # What has six decimals may be as far as half of the last one from certain.
    found = np.clip(without, SURE / 2, 1.0) ** share
    return np.round(1 - found if leaving else found, DECIMALS)


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
    rows, number, event = periods(told, np.flatnonzero(known), leaving=leaving)
    trees = boosted.fit(
        numbered(recipe.rows(panel, rows), number),
        event,
        models.churn,
        "binary:logistic",
        seed=models.seed,
        threads=models.threads,
    )
    return Hazard(trees, tuple(also_days), days, ends, leaving)


def periods(told: Sequence[Floats], rows: Positions, *, leaving: bool) -> tuple[Positions, Matrix, Floats]:
    """(row, interval, event), one for each interval that a row begins without the event, by interval.

    ``told``: (panel,) churn labels at the end of each interval. Where one is missing, nothing is known
    of what follows, and a row ends with the interval before.
    """
    parts, numbers, events = [], [], []
    for number, label in enumerate(told):
        rows = rows[np.isfinite(label[rows])]
        event = label[rows] == float(leaving)
        parts.append(rows)
        numbers.append(np.full(len(rows), number, np.float32))
        events.append(event.astype(np.float64))
        rows = rows[~event]
    return np.concatenate(parts), np.concatenate(numbers), np.concatenate(events)


def numbered(rows: Rows, number: Matrix) -> Rows:
    """The same rows with one more column, made when they are asked for as well."""
    count, width = rows.shape

    def make(start: int, end: int) -> Matrix:
        matrix = np.empty((end - start, width + 1), np.float32)
        matrix[:, :-1] = rows.make(start, end)
        matrix[:, -1] = number[start:end]
        return matrix

    return Rows((count, width + 1), make)
