"""The figures to follow from list to list, asked of the accepted tables when customers are scored.

orders       the lines that share an order id, at the time of the first; net of what was given back
buyers       customers with an order in the window; again: those with two or more
complaints   of the year before, product by product, where contacts name one (complaints.py)
churn        of those eligible gap + horizon + settlement days ago, who placed no order in the horizon

    date of churn      + gap              + gap + horizon     + settlement = the date of the list
         |----------------|---------------------|------------------|
          known then: who is eligible            orders as known at the date of the list

Everything is what was known before the date of the list: totals of whole numbers, and nobody's id. Of very
many lines those of about a fifth of the customers are counted, and ``sampled`` says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from churnlab.config import Project
from churnlab.config.churn import Churn
from churnlab.snapshots import Calendar
from churnlab.workflow import complaints, seasonality
from churnlab.workflow.asking import Answer, Asking, known
from churnlab.workflow.opening import Opened

DAYS = (90, 365)
THOUSANDTHS = 1_000  # of a score: sums of whole numbers do not depend on the order of rows


def of_tables(opening: Opened, day: dt.date) -> dict[str, Any] | None:
    """The figures at ``day`` of the project's own tables; None without histories."""
    if not opening.has_histories:
        return None
    opening.progress("count what is followed", None)
    return asked(opening.project, Asking.of(opening), day, settled(opening, day))


def settled(opening: Opened, day: dt.date) -> dt.date:
    """The last date up to which nothing is missing, at most that of the list."""
    return min(day, opening.calendar.date(opening.watermark))


def asked(project: Project, asking: Asking, day: dt.date, settled: dt.date) -> dict[str, Any]:
    """The same of tables that ``asking`` knows and that are complete until ``settled``: for the manifest."""
    calendar = Calendar(project.time_zone, project.calendar)
    edges = [_back(calendar, day, days) for days in DAYS]
    then = _then(project.churn, settled)
    (everybody, *rest), sampled = _counted(
        asking,
        _back(calendar, day, 0),
        lambda some: _statement(project, calendar, asking, (day, then), some=some),
    )
    windows: list[dict[str, Any]] = [
        {"days": days, **dict(zip(("orders", "buyers", "again"), rest[3 * place :][:3], strict=True))}
        for place, days in enumerate(DAYS)
    ]
    figures: dict[str, Any] = {"customers": everybody, "sampled": sampled, "windows": windows}
    if _counts_churn(project.churn):
        eligible, left = rest[3 * len(DAYS) :]
        figures["churn"] = {"date": then.isoformat(), "eligible": eligible, "left": left}
    contacts = asking.columns.get("interactions", ())
    if "score" in contacts:
        until = _back(calendar, day, 0)
        answers = asking.row(_scores(asking.names["interactions"], contacts, edges, until))
        for place, window in enumerate(windows):
            window["answers"], total = answers[2 * place : 2 * place + 2]
            window["score"] = total / THOUSANDTHS / window["answers"] if window["answers"] else None
    named = complaints.asked(project, asking, day)
    return figures if named is None else {**figures, "complaints": named}


def _counted(asking: Asking, until: int, statement: Callable[[bool], str]) -> tuple[Answer, bool]:
    """Of many lines known before ``until`` those of some customers, where these are enough; whether so."""
    table, columns = asking.names["transactions"], asking.columns["transactions"]
    lines = asking.row(f"SELECT COUNT(*) FROM {table} WHERE {known(columns, until)}")[0]
    some = asking.row(statement(True)) if lines >= seasonality.MANY else (0,)
    return (some, True) if some[0] >= seasonality.ENOUGH else (asking.row(statement(False)), False)


def _counts_churn(churn: Churn) -> bool:
    """Whether who leaves is read from orders in one window, the same for all."""
    return churn.kind == "non_contractual" and churn.horizon == "fixed"


def _then(churn: Churn, settled: dt.date) -> dt.date:
    return settled - dt.timedelta(days=churn.gap_days + churn.horizon_days + churn.settlement_days)


def _back(calendar: Calendar, day: dt.date, days: int) -> int:
    return int(calendar.back(np.array([calendar.instant(day)]), days)[0])


def _statement(
    project: Project, calendar: Calendar, asking: Asking, dates: tuple[dt.date, dt.date], *, some: bool
) -> str:
    """Totals over customers of totals over their orders, each order as known at the date, and then."""
    columns, table = asking.columns["transactions"], asking.names["transactions"]
    day, then = dates
    until, edges = _back(calendar, day, 0), [_back(calendar, day, days) for days in DAYS]
    start = calendar.instant(then)
    orders = _orders(columns, table, until, start, some=some)
    churn, plan = project.churn, project.snapshots
    ahead = [
        int(calendar.ahead(np.array([start]), days)[0])
        for days in (0 if churn.gap_purchase_counts else churn.gap_days, churn.gap_days + churn.horizon_days)
    ]
    lost = None if plan.lost_after_days is None else _back(calendar, then, plan.lost_after_days)
    recent = "1" if lost is None else f"CASE WHEN bought_then AND time_then >= {lost} THEN 1 ELSE 0 END"
    each = [
        "SUM(CASE WHEN bought THEN 1 ELSE 0 END) AS ever",
        *(
            f"SUM(CASE WHEN bought AND time >= {edge} THEN 1 ELSE 0 END) AS n{place}"
            for place, edge in enumerate(edges)
        ),
        "SUM(CASE WHEN bought_then THEN 1 ELSE 0 END) AS ever_then",
        f"SUM({recent}) AS recent_then",
        f"SUM(CASE WHEN bought AND time >= {ahead[0]} AND time < {ahead[1]} THEN 1 ELSE 0 END) AS later",
    ]
    eligible = f"ever_then >= {plan.min_orders} AND recent_then > 0"
    totals = ["ever > 0"]
    counted = [_number(totals[0])]
    for place in range(len(DAYS)):
        counted += [f"SUM(n{place})", _number(f"n{place} > 0"), _number(f"n{place} > 1")]
    if _counts_churn(churn):
        counted += [_number(eligible), _number(f"{eligible} AND later = 0")]
    customers = f"SELECT {', '.join(each)} FROM ({orders}) AS orders GROUP BY customer_id"
    return f"SELECT {', '.join(counted)} FROM ({customers}) AS customers"


def _number(condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"


def _orders(columns: Collection[str], table: str, until: int, start: int, *, some: bool) -> str:
    """Rows of ``customer_id, time, bought``, known at the date, and the same known at ``start``."""
    now, then = known(columns, until), known(columns, start)
    now += f" AND {seasonality.SOME}" if some else ""
    amount = "amount > 0" if "amount" in columns else "1 = 1"
    single = (
        f"SELECT customer_id, time, {amount} AS bought, CASE WHEN {then} THEN time END AS time_then, "
        f"({then}) AND {amount} AS bought_then FROM {table} WHERE {now}"
    )
    if "order_id" not in columns:
        return single
    net = "SUM(amount) > 0" if "amount" in columns else "COUNT(*) > 0"
    net_then = f"SUM(CASE WHEN {then} THEN {'amount' if 'amount' in columns else '1'} ELSE 0 END) > 0"
    whole = (
        f"SELECT customer_id, MIN(time) AS time, {net} AS bought, "
        f"MIN(CASE WHEN {then} THEN time END) AS time_then, {net_then} AS bought_then "
        f"FROM {table} WHERE {now} AND order_id IS NOT NULL GROUP BY customer_id, order_id"
    )
    return f"{single} AND order_id IS NULL UNION ALL {whole}"


def _scores(table: str, columns: Collection[str], edges: list[int], until: int) -> str:
    """Answers and the sum of their scores in thousandths, window by window."""
    units = f"CAST(ROUND(score * {THOUSANDTHS}) AS BIGINT)"
    parts = [
        f"{_number(f'time >= {edge}')}, SUM(CASE WHEN time >= {edge} THEN {units} ELSE 0 END)"
        for edge in edges
    ]
    return f"SELECT {', '.join(parts)} FROM {table} WHERE {known(columns, until)} AND score IS NOT NULL"
