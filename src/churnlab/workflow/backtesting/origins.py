"""The dates that models are judged at, each learning only from what was settled before it.

    origin 1   train |--- tail --->| judge
    origin 2   train    |--- tail --->| judge
    last       train          |--- tail --->| judge      the test date of `train`

All but the last are settled before the last comes, so whatever they choose has not seen it. Where the
history is too short for that, they are judged by a part of the horizon: the one that was learned, or
the longest that leaves an origin before the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from churnlab import folds
from churnlab.folds import Fold
from churnlab.models.blend import Horizon
from churnlab.panel import Panel
from churnlab.workflow import fitting, reach
from churnlab.workflow.looks import HELD_OUT
from churnlab.workflow.opening import Opened
from churnlab.workflow.panels import shortened_panel


@dataclass(frozen=True, eq=False)
class Origin:
    """One date; ``name`` says which, and of a snapshot table which fifth of its customers.

    ``panel``: the rows that ``fold`` speaks of.
    ``horizon``: the window that models are asked for here, None: not a matter of purchases.
    ``days``, ``value_days``: how long the outcome windows of the judged rows are, None of a snapshot table.
    ``is_last``: whether it is the test date, which no choice may have looked at.
    """

    name: str
    panel: Panel
    fold: Fold
    horizon: Horizon | None
    value_horizon: Horizon | None
    days: int | None
    value_days: int | None
    is_last: bool


def origins(opening: Opened, panel: Panel) -> list[Origin]:
    """The last ``backtest.origins`` of them, the oldest first; the test date is always there."""
    last, count = fitting.test_fold(opening, panel), opening.project.backtest.origins - 1
    if not opening.has_histories:
        return _of_customers(opening, panel, last, count)
    test = min(last.test_as_of)
    before = [] if not count else _earlier_folds(opening, panel, test, count)
    if before or not count or panel.learned_days is not None:
        return [*(_earlier(opening, panel, fold) for fold in before), _last(opening, panel, last)]
    part = reach.part_with_origins(opening, test)
    if part is None:
        return [_last(opening, panel, last)]
    short = shortened_panel(opening, *part)
    before = _earlier_folds(opening, short, test, count)
    return [*(_earlier(opening, short, fold) for fold in before), _last(opening, panel, last)]


def _earlier_folds(opening: Opened, panel: Panel, test: int, count: int) -> list[Fold]:
    labelled, tail = np.isfinite(panel.churned), fitting.tail_of(opening, panel)
    return folds.earlier(panel.as_of, labelled, tail, opening.calendar, test, count)


def _last(opening: Opened, panel: Panel, fold: Fold) -> Origin:
    horizon, valued = reach.horizon(opening, panel), fitting.value_horizon(opening, panel)
    days = opening.project.churn.horizon_days
    return Origin(_name(opening, fold), panel, fold, horizon, valued, days, opening.value_days, is_last=True)


def _earlier(opening: Opened, panel: Panel, fold: Fold) -> Origin:
    last = _last(opening, panel, fold)
    if panel.learned_days is None:
        return replace(last, is_last=False)
    # Outcomes of the whole horizon are known at the test date alone.
    short, same = panel.learned_days, last.value_days == last.days
    return replace(
        last,
        horizon=_unextended(last.horizon),
        value_horizon=_unextended(last.value_horizon) if same else last.value_horizon,
        days=short,
        value_days=short if same else last.value_days,
        is_last=False,
    )


def _unextended(horizon: Horizon | None) -> Horizon | None:
    return None if horizon is None else replace(horizon, days=horizon.learned)


def _of_customers(opening: Opened, panel: Panel, last: Fold, count: int) -> list[Origin]:
    """A snapshot table has no dates: parts of the customers who are not tested on, then those who are."""
    churned = panel.churned.copy()
    churned[last.test] = np.nan
    parts = folds.customer_folds(panel.customer_id, churned, opening.project.models.seed)[:count]
    named = [(f"part {number}", fold) for number, fold in enumerate(parts, 1)]
    return [
        Origin(name, panel, fold, None, None, None, None, is_last=fold is last)
        for name, fold in [*named, (HELD_OUT, last)]
    ]


def _name(opening: Opened, fold: Fold) -> str:
    return str(opening.calendar.date(min(fold.test_as_of)))
