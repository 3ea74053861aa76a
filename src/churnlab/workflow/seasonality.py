"""The season at a scoring date, asked of the accepted tables before anybody is scored.

Two plain statements: the very same text runs in the engine of a laptop and on Spark, and answers in whole
numbers, so that they are equal. Only what was known before the date counts. What is counted is what phases
count, but for one shortcut: an order stands where its first line in the windows stands, net of those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from churnlab.config import Project
from churnlab.labels import value_column
from churnlab.snapshots import Calendar
from churnlab.strategy import season
from churnlab.strategy.intensity import References
from churnlab.strategy.season import VALUE_DAYS, Season, Turn
from churnlab.workflow.asking import Asking
from churnlab.workflow.opening import Opened

Columns = Mapping[str, Collection[str]]
MANY = 3_000_000  # lines: of fewer, all are soon read
ENOUGH = 5_000  # customers whose totals tell the season of all to a hundredth
# About a fifth of all, whoever makes up the ids; characters, since every engine compares those alike.
SOME = "RIGHT(customer_id, 1) IN ('3', '7', 'c', 'h', 'm', 'r', 'w', 'C', 'H', 'M', 'R', 'W')"
Edges = tuple[int, int, int, int]
Row = Callable[[str], tuple[int, ...]]  # statement -> customers, recent, before


def of_tables(opening: Opened, extra: Mapping[str, Any], day: dt.date) -> Season | None:
    """The season at ``day`` of the project's own tables; None where phases are not known.

    ``extra``: what was learned beside the models.
    """
    if not opening.has_histories or extra["references"] is None:
        return None
    asking = Asking.of(opening)
    opening.progress("look at the season", None)
    return asked(opening.project, asking.columns, asking.names, extra, day, asking.row)


def asked(
    project: Project,
    columns: Columns,
    names: Mapping[str, str],
    extra: Mapping[str, Any],
    day: dt.date,
    row: Row,
) -> Season:
    """The same of tables that ``row`` can ask. ``columns``, ``names``: of each table, as ``row`` knows it."""
    days = season.window(References.from_dict(extra["references"]).g_pop, project.strategy.lifecycle)
    calendar = Calendar(project.time_zone, project.calendar)
    edges, column = _edges(calendar, day, days), value_column(columns["transactions"])
    known = _known(columns["transactions"], edges, some=False)
    many = row(f"SELECT COUNT(*), 0, 0 FROM {names['transactions']} WHERE {known}")[0] >= MANY
    events = Turn(days, *_told(row, lambda some: _events(columns, names, edges, some), many=many))
    if column is None:
        return Season(events, Turn(VALUE_DAYS))
    edges = _edges(calendar, day, VALUE_DAYS)
    value = _told(row, lambda some: _value(columns, names, column, edges, some), many=many)
    return Season(events, Turn(VALUE_DAYS, *value))


def _told(row: Row, statement: Callable[[bool], str], *, many: bool) -> tuple[int, ...]:
    """Of many rows those of some customers, where these are enough: a few thousand tell the same season."""
    some = row(statement(True)) if many else (0, 0, 0)
    return some if some[0] >= ENOUGH else row(statement(False))


def _edges(calendar: Calendar, day: dt.date, days: int) -> Edges:
    """Where the first of three windows begins, the second, the last, and where that ends."""
    end = np.array([calendar.instant(day)])
    first, start, middle = (int(calendar.back(end, times * days)[0]) for times in (3, 2, 1))
    return first, start, middle, int(end[0])


def _known(columns: Collection[str], edges: Edges, some: bool) -> str:
    since, until = f"time >= {edges[0]}", f"time < {edges[-1]}"
    late = f" AND (recorded_at IS NULL OR recorded_at < {edges[-1]})" if "recorded_at" in columns else ""
    return f"{since} AND {until}{late}" + (f" AND {SOME}" if some else "")


def _events(columns: Columns, names: Mapping[str, str], edges: Edges, some: bool) -> str:
    lines, table = columns["transactions"], names["transactions"]
    known = _known(lines, edges, some)
    bought, net = ("", "")
    if "amount" in lines:
        bought, net = " AND amount > 0", " HAVING SUM(amount) > 0"
    single = f"SELECT customer_id, time FROM {table} WHERE {known}{bought}"
    parts = [single if "order_id" not in lines else f"{single} AND order_id IS NULL"]
    if "order_id" in lines:
        parts.append(
            f"SELECT customer_id, MIN(time) AS time FROM {table} WHERE {known} AND order_id IS NOT NULL "
            f"GROUP BY customer_id, order_id{net}"
        )
    if "interactions" in columns:
        contacts = columns["interactions"]
        own = " AND direction = 'inbound'" if "direction" in contacts else ""
        known = _known(contacts, edges, some)
        parts.append(f"SELECT customer_id, time FROM {names['interactions']} WHERE {known}{own}")
    return _turn(" UNION ALL ".join(parts), "1", edges)


def _value(columns: Columns, names: Mapping[str, str], column: str, edges: Edges, some: bool) -> str:
    known = _known(columns["transactions"], edges, some)
    lines = f"SELECT customer_id, time, {column} FROM {names['transactions']} WHERE {known}"
    return _turn(lines, column, edges)


def _turn(events: str, what: str, edges: Edges) -> str:
    """Totals of the last two windows, of those who did something in all three."""
    _, start, middle, _ = edges
    return (
        "SELECT COUNT(*), SUM(recent), SUM(earlier) FROM (SELECT customer_id, "
        f"SUM(CASE WHEN time >= {middle} THEN {what} ELSE 0 END) AS recent, "
        f"SUM(CASE WHEN time >= {start} AND time < {middle} THEN {what} ELSE 0 END) AS earlier, "
        f"SUM(CASE WHEN time < {start} THEN {what} ELSE 0 END) AS first "
        f"FROM ({events}) AS happened GROUP BY customer_id) AS summed "
        "WHERE recent > 0 AND earlier > 0 AND first > 0"
    )
