"""What the reader of lists should know of who is on them, counted over blocks of customers; and of a
training, what it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.folds import Fold
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy.thresholds import Thresholds
from churnlab.workflow import cutting
from churnlab.workflow.opening import Opened

FEW = 100  # customers: of fewer, a single one may move what is learned from all of them


@dataclass
class Cautions:
    """Look at every block with ``look``; ``notes`` are the same however the customers were cut."""

    opening: Opened
    models: Models
    customers: int = 0
    labelled: int = 0
    silent: int = 0
    unseen: Counter[str] = field(default_factory=Counter)

    def look(self, panel: Panel) -> None:
        """Count a block in."""
        self.customers += len(panel)
        self.labelled += int(np.isfinite(panel.churned).sum())
        self.unseen.update(self.models.churn.unseen(panel))
        if self._asks_for_silence and "days_since_last_order" in panel.names:
            self.silent += int((panel.number("days_since_last_order") > self._lost).sum())

    def notes(self) -> tuple[str, ...]:
        """What to know of everybody who was looked at."""
        return (
            *missing_axes(Thresholds.from_dict(self.models.extra["thresholds"])),
            *self.models.churn.notes(self.unseen, self.customers),
            *self._of_histories(),
        )

    def _of_histories(self) -> Iterator[str]:
        if not self.opening.has_histories and self.labelled == self.customers:
            yield "every customer has a label already; the model has seen most, so risks look too sure"
        if self.silent:
            yield (
                f"{self.silent:,} customers have been silent for more than {self._lost} days, "
                "twice the horizon; snapshots.lost_after_days sets such customers apart"
            )

    @property
    def _asks_for_silence(self) -> bool:
        by_orders = self.opening.project.churn.kind == "non_contractual"
        unasked = self.opening.project.snapshots.lost_after_days is None
        return self.opening.has_histories and by_orders and unasked

    @property
    def _lost(self) -> int:
        return 2 * self.opening.project.churn.horizon_days


def few_customers(opening: Opened, panel: Panel, fold: Fold, extra: Mapping[str, Any]) -> Iterator[str]:
    """What was learned from so few customers at one date that one of them may have moved it."""
    project, learned = opening.project, fold.train
    if project.churn.kind == "partial" and panel.sample is None:  # everybody counts, whoever is in a sample
        yield from _few_in_season(opening, panel, learned | fold.test)
    if extra[cutting.SINCE] is not None:  # learned long ago, from others
        return
    plan, cut = project.strategy, Thresholds.from_dict(extra[cutting.KEY])
    axes = ((cut.value_if_retained, plan.value), (cut.intensity, plan.intensity))
    last = int((learned & (panel.as_of == panel.as_of[learned].max())).sum())
    if last < FEW and any(at is not None and asked.mode != "fixed" for at, asked in axes):
        yield (
            f"the strategy's thresholds were learned from {last} customers: a few of them decide who counts "
            "as valuable or close; strategy.value and strategy.intensity may be fixed instead"
        )


def _few_in_season(opening: Opened, panel: Panel, rows: NDArray[np.bool_]) -> Iterator[str]:
    dates, customers = np.unique(panel.as_of[rows], return_counts=True)
    few = int((customers < FEW).sum())
    if few:
        least = int(customers.argmin())
        yield (
            f"the season of {few} of {len(dates)} dates rests on fewer than {FEW} customers, that of "
            f"{opening.calendar.date(int(dates[least]))} on {customers[least]}: one large customer may move "
            "it, and with it who counts as declined"
        )


def missing_axes(thresholds: Thresholds) -> tuple[str, ...]:
    """Why customers stay unclassified, where an axis of the strategy is missing."""
    axes = {
        "value": (thresholds.value_if_retained, thresholds.value_learned),
        "intensity": (thresholds.intensity, thresholds.intensity_learned),
    }
    return tuple(
        f"no {axis} axis ({why}): the strategy is unclassified and customers are ranked by risk"
        if axis == "value"
        else f"no {axis} axis ({why}): the strategy is unclassified"
        for axis, (cut, why) in axes.items()
        if cut is None
    )
