"""Complaints by product, asked of the accepted tables when customers are scored.

    interactions    of the types that are complaints, known before the date of the list, of the year before
                    +-> the products with most of them, one by one
                    +-> all other products together, and those that name none
    transactions    orders of the same products, where a line names its product or its family

Whole numbers, the same of any engine. Texts are compared by their bytes, as hexadecimal digits: no engine
reads anything into those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from churnlab.config import Project
from churnlab.snapshots import DAY, Calendar
from churnlab.workflow.asking import Asking, known

DAYS = 365
SHOWN = 15  # products with a row of their own
OTHERS, UNNAMED = "(others)", "(none)"  # what the two rows of no product of their own are called
ORDERED = ("product", "family")  # what a complaint's product may be called where orders are


def asked(project: Project, asking: Asking, day: dt.date) -> dict[str, Any] | None:
    """The complaints of the year before ``day``: for the manifest. None where contacts name no product."""
    columns, types = asking.columns.get("interactions", ()), of_types(project)
    if "product" not in columns or not types:
        return None
    calendar = Calendar(project.time_zone, project.calendar)
    until = calendar.instant(day)
    start = int(calendar.back(np.array([until]), DAYS)[0])
    some = f"{known(columns, until)} AND time >= {start} AND {_among('type', types)}"
    table = asking.names["interactions"]
    products = _products(asking, table, some)
    shown = products[:SHOWN]
    counted = asking.rows(_counted(table, columns, some, until, _place(shown)))
    rows = {int(place): _plain(numbers, answered="resolved_at" in columns) for place, *numbers in counted}
    orders = _orders(asking, shown, start, until)
    for place, many in enumerate(orders):
        rows[place]["orders"] = many
    names = dict(enumerate(shown)) | {SHOWN: OTHERS, SHOWN + 1: UNNAMED}
    told = [{"product": names[place], **rows[place]} for place in sorted(rows)]
    return {"days": DAYS, "others": max(0, len(products) - SHOWN), "rows": told}


def of_types(project: Project) -> tuple[str, ...]:
    """Which interactions are complaints: those that raise a critical moment while they wait."""
    stated = project.strategy.moments.complaint_types
    return project.features.service_types if stated is None else stated


def _hex(text: str) -> str:
    return f"'{text.encode().hex().upper()}'"


def _among(column: str, texts: Sequence[str]) -> str:
    return f"HEX({column}) IN ({', '.join(map(_hex, texts))})"


def _products(asking: Asking, table: str, some: str) -> list[str]:
    """All of them, those with most complaints first."""
    counted = asking.rows(
        f"SELECT product, COUNT(*) FROM {table} WHERE {some} AND product IS NOT NULL GROUP BY product"
    )
    return [str(name) for name, _ in sorted(counted, key=lambda row: (-int(row[1]), str(row[0]).encode()))]


def _place(shown: Sequence[str]) -> str:
    """The row of the table that a product belongs to: one of ``shown``, that of all others, that of none."""
    each = " ".join(f"WHEN {_hex(product)} THEN {place}" for place, product in enumerate(shown))
    named = f"CASE HEX(product) {each} ELSE {SHOWN} END" if shown else f"{SHOWN}"
    return f"CASE WHEN product IS NULL THEN {SHOWN + 1} ELSE {named} END"


def _counted(table: str, columns: Collection[str], some: str, until: int, place: str) -> str:
    """Rows of ``place``, complaints, customers, resolved, and the sum and number of middle durations."""
    resolved, took = "0", "0"
    if "resolved_at" in columns:
        resolved = f"CASE WHEN resolved_at < {until} THEN 1 ELSE 0 END"
        took = "CASE WHEN resolved_at > time THEN resolved_at - time ELSE 0 END"
    each = f"SELECT {place} AS place, customer_id, {resolved} AS resolved, {took} AS took FROM {table}"
    ranked = (
        "SELECT place, customer_id, resolved, took, "
        "ROW_NUMBER() OVER (PARTITION BY place, resolved ORDER BY took) AS nth, "
        f"COUNT(*) OVER (PARTITION BY place, resolved) AS n FROM ({each} WHERE {some}) AS complaints"
    )
    # Of n in order the middle one, or the middle two: the places n / 2 to n / 2 + 1.
    middle = "resolved = 1 AND 2 * nth >= n AND 2 * nth <= n + 2"
    return (
        "SELECT place, COUNT(*), COUNT(DISTINCT customer_id), SUM(resolved), "
        f"SUM(CASE WHEN {middle} THEN took ELSE 0 END), SUM(CASE WHEN {middle} THEN 1 ELSE 0 END) "
        f"FROM ({ranked}) AS ranked GROUP BY place"
    )


def _plain(numbers: Sequence[Any], *, answered: bool) -> dict[str, Any]:
    complaints, customers, resolved, took, middle = map(int, numbers)
    counted: dict[str, Any] = {"complaints": complaints, "customers": customers}
    if answered:
        counted |= {"resolved": resolved, "days": took / middle / DAY if middle else None}
    return counted


def _orders(asking: Asking, shown: Sequence[str], start: int, until: int) -> list[int]:
    """Orders with each of the products, net of what was given back; none at all where no line names one."""
    columns = asking.columns["transactions"]
    for column in ORDERED if shown else ():
        if column in columns:
            statement = _ordered(asking.names["transactions"], columns, column, shown, (start, until))
            found = {int(place): int(orders) for place, orders in asking.rows(statement)}
            if found:
                return [found.get(place, 0) for place in range(len(shown))]
    return []


def _ordered(
    table: str, columns: Collection[str], column: str, shown: Sequence[str], window: tuple[int, int]
) -> str:
    """Rows of ``place``, orders that began in the window with a line of the product that was kept."""
    start, until = window
    each = " ".join(f"WHEN {_hex(product)} THEN {place}" for place, product in enumerate(shown))
    place = f"CASE HEX({column}) {each} END"
    some = f"{known(columns, until)} AND {_among(column, shown)}"
    kept, net = ("amount > 0", "SUM(amount) > 0") if "amount" in columns else ("1 = 1", "COUNT(*) > 0")
    parts = [f"SELECT {place} AS place FROM {table} WHERE {some} AND time >= {start} AND {kept}"]
    if "order_id" in columns:
        parts[0] += " AND order_id IS NULL"
        parts.append(
            f"SELECT {place} AS place FROM {table} WHERE {some} AND order_id IS NOT NULL "
            f"GROUP BY customer_id, order_id, {place} HAVING {net} AND MIN(time) >= {start}"
        )
    return f"SELECT place, COUNT(*) FROM ({' UNION ALL '.join(parts)}) AS orders GROUP BY place"
