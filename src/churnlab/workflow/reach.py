"""How long the windows are whose outcomes a history lets us learn from.

Where the data are older than a horizon and a half, that is the horizon itself. In a younger shop no
outcome of a whole horizon is settled before the date that models are tested on; then a part of the
horizon is learned, and the pace of purchases carries it on.

    whole   train |--- horizon --->|  test |--- horizon --->|
    part    train |-part->|        test |------- horizon ------->|
"""

from __future__ import annotations

import numpy as np

from churnlab import folds, snapshots
from churnlab.errors import DataError
from churnlab.models.blend import Horizon
from churnlab.panel import Panel
from churnlab.workflow.opening import Opened

PARTS = (2, 3, 4, 6)  # of the horizon, the longest first
LEAST_DAYS, LEAST_DATES = 28, 3


def horizon(opening: Opened, panel: Panel) -> Horizon | None:
    """The churn window, asked for and learned; None where outcomes are no matter of purchases."""
    churn = opening.project.churn
    if not by_purchases(opening):
        return None
    start, more = churn.gap_days, 0
    if churn.gap_purchase_counts:
        start, more = 0, churn.gap_days
    return Horizon(start, more + churn.horizon_days, more + (panel.learned_days or churn.horizon_days))


def by_purchases(opening: Opened) -> bool:
    """Whether who buys stays, and who does not has left."""
    churn = opening.project.churn
    return opening.has_histories and churn.kind == "non_contractual" and churn.by_orders


def shorter(opening: Opened) -> tuple[int, list[int], int] | None:
    """(days learned, training dates, test date) where the history is too short for the whole horizon.

    None where it is long enough, or too short for its parts as well.
    """
    if not by_purchases(opening):
        return None
    days = opening.project.churn.horizon_days
    test = _test_date(opening)
    whole = np.array(training_dates(opening))
    if folds.settled(whole, test, _tail(opening, days), opening.calendar).any():
        return None
    for part in PARTS:
        learned = days // part
        if learned >= LEAST_DAYS and len(dates := _settled_dates(opening, learned, test)) >= LEAST_DATES:
            return learned, dates, test
    return None


def part_with_origins(opening: Opened, test: int) -> tuple[int, list[int]] | None:
    """(days, dates) of the longest part of the horizon whose outcomes at one date are settled by another.

    All of them are settled before ``test``. None where there is no such part.
    """
    if not by_purchases(opening):
        return None
    for part in PARTS:
        days = opening.project.churn.horizon_days // part
        dates = _settled_dates(opening, days, test) if days >= LEAST_DAYS else []
        tail = _tail(opening, days)
        if dates and folds.settled(np.array(dates), dates[-1], tail, opening.calendar).any():
            return days, dates
    return None


def training_dates(opening: Opened) -> list[int]:
    """The instants at which customers are looked at for training: their churn labels are complete."""
    churn, plan = opening.project.churn, opening.project.snapshots
    bounds = first_event(opening), opening.watermark
    return snapshots.dates(plan, opening.calendar, *bounds, churn.tail_days, churn.compared_days)


def first_event(opening: Opened) -> int:
    """The instant of the first transaction; ``DataError`` where there is none."""
    first = opening.tables.con.to_pyarrow(opening.tables.table("transactions").time.min()).as_py()
    if first is None:
        raise DataError(
            "there are no transactions to learn from",
            mend="check what sources.transactions names, and what was set aside: churnlab validate CONFIG",
        )
    return int(first)


def _test_date(opening: Opened) -> int:
    asked = opening.project.evaluation.test_as_of
    return training_dates(opening)[-1] if asked is None else opening.calendar.instant(asked)


def _settled_dates(opening: Opened, days: int, test: int) -> list[int]:
    """The dates whose windows of ``days`` are over, and settled, at the test date."""
    plan = opening.project.snapshots.model_copy(update={"last": None})
    try:
        return snapshots.dates(plan, opening.calendar, first_event(opening), test, _tail(opening, days))
    except DataError:  # none
        return []


def _tail(opening: Opened, days: int) -> int:
    return opening.project.churn.tail_of(days)
