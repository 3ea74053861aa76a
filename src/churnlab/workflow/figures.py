"""The chapter of the report with the figures to follow from list to list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.evaluation.rows import FEW, is_hidden
from churnlab.explain.exhibits import Cell, Exhibit, Note, Row
from churnlab.strategy.transitions import Goal
from churnlab.strategy.worth import summed
from churnlab.tables.money import exponent
from churnlab.workflow import published

CHAPTER = "followed"
_COMPLAINTS = (("complaints", "count"), ("complainers", "count"))
_ANSWERED = (("complaints_open", "count"), ("complaints_resolved", "percent"), ("days_to_resolve", "decimal"))


@dataclass(frozen=True)
class Standing:
    """One list. ``equity``: what everybody scored is expected to bring, None without value.

    ``kpis``: what the manifest counted of the data, empty where it counted nothing. ``goal``: None
    without phases.
    """

    date: str
    customers: int
    equity: float | None
    kpis: Mapping[str, Any]
    goal: Goal | None


def standing(run: Path, manifest: Mapping[str, Any], goal: Goal | None) -> Standing:
    """That of a published run; those kept off the lists are in it."""
    column = published.rows(run, ("value_expected",))["value_expected"]
    values = column.to_numpy().astype(np.float64)
    valued = column.null_count < len(column)
    equity = summed(values, exponent(str(manifest["currency"]))) if valued else None
    return Standing(str(manifest["as_of"]), len(column), equity, manifest.get("kpis", {}), goal)


def followed(now: Standing, before: Standing | None) -> Iterator[Exhibit]:
    """``before``: the list before, None where there is none."""
    both = [now] if before is None else [now, before]
    windows = [(each, window) for each in both for window in each.kpis.get("windows", ())]
    if windows:
        yield _windows(windows)
    if now.kpis.get("complaints", {}).get("rows"):
        yield _complaints(now.kpis["complaints"])
    yield _standings(both)


def _windows(windows: Sequence[tuple[Standing, Mapping[str, Any]]]) -> Exhibit:
    asked = any("score" in window for _, window in windows)
    columns = [
        ("list_of", "date"), ("days_before", "count"), ("orders", "count"), ("buyers", "count"),
        ("purchase_rate", "percent"), ("repurchase_rate", "percent"),
        *((("answers", "count"), ("satisfaction", "decimal")) if asked else ()),
    ]  # fmt: skip
    rows = tuple(_window(each, window, asked=asked) for each, window in windows)
    notes: list[Note] = [("rates_said", {})]
    if asked:
        notes.append(("satisfaction_said", {}))
    if any(each.kpis.get("sampled") for each, _ in windows):
        notes.append(("sampled_said", {}))
    if any(cell is None for row in rows for cell in row):
        notes.append(("few_said", {}))
    return Exhibit(CHAPTER, "rates", tuple(columns), rows, tuple(notes))


def _window(each: Standing, window: Mapping[str, Any], *, asked: bool) -> Row:
    buyers, everyone = window["buyers"], each.kpis["customers"]
    few = 0 < buyers < FEW
    row: Row = (
        each.date,
        window["days"],
        None if few else window["orders"],
        None if few else buyers,
        share(buyers, everyone),
        None if few else share(window["again"], buyers),
    )
    if not asked:
        return row
    answers = window.get("answers", 0)
    return (*row, None if 0 < answers < FEW else answers, window["score"] if answers >= FEW else None)


def share(part: int, whole: int) -> float | None:
    """None where it would tell of fewer than ten people, in the part or in the rest.

    >>> share(30, 100), share(9, 100), share(95, 100), share(0, 100), share(100, 100)
    (0.3, None, None, 0.0, 1.0)
    """
    if not whole or 0 < part < FEW or 0 < whole - part < FEW:
        return None
    return part / whole


def _complaints(counted: Mapping[str, Any]) -> Exhibit:
    """Of the last list alone: those of two would hardly be read."""
    rows, columns = counted["rows"], [("complained_of", "product"), *_COMPLAINTS]
    notes: list[Note] = [("complaints_said", {"days": ("count", counted["days"])})]
    if counted["others"]:
        notes.append(("others_said", {"products": ("count", counted["others"])}))
    if any("resolved" in row for row in rows):
        columns += _ANSWERED
        notes.append(("answered_said", {}))
    if any("orders" in row for row in rows):
        columns.append(("complaints_per_100", "decimal"))
        notes.append(("per_100_said", {}))
    everybody = [row["customers"] for row in rows]
    told: list[Row] = []
    for row in rows:
        cells = {} if is_hidden(row["customers"], everybody) else _complained(row)
        told.append((row["product"], *(cells.get(name) for name, _ in columns[1:])))
    if any(cell is None for line in told for cell in line):
        notes.append(("complaints_dash", {}))
    return Exhibit(CHAPTER, "complaints", tuple(columns), tuple(told), tuple(notes))


def _complained(row: Mapping[str, Any]) -> dict[str, Cell]:
    """Heading -> cell of a row that may be told."""
    complaints = row["complaints"]
    cells: dict[str, Cell] = {"complaints": complaints, "complainers": row["customers"]}
    if "resolved" in row:
        resolved, waiting = row["resolved"], complaints - row["resolved"]
        # All are told: of two parts, each gives the other away.
        few = 0 < waiting < FEW or 0 < resolved < FEW
        cells["complaints_open"] = None if few else waiting
        cells["complaints_resolved"] = share(resolved, complaints)
        cells["days_to_resolve"] = row["days"] if resolved >= FEW else None
    if row.get("orders"):
        cells["complaints_per_100"] = 100 * complaints / row["orders"]
    return cells


def _standings(both: Sequence[Standing]) -> Exhibit:
    valued = any(each.equity is not None for each in both)
    goals, churn = any(each.goal for each in both), any("churn" in each.kpis for each in both)
    kinds: list[tuple[str, str]] = [("list_of", "date"), ("scored_count", "count")]
    rows: list[list[Cell]] = [[each.date, each.customers] for each in both]
    if valued:
        kinds.append(("equity", "money"))
        _add(rows, [[each.equity] for each in both])
    if churn:
        kinds += [("churn_since", "text"), ("churn_share", "percent")]
        _add(rows, [_churn(each.kpis.get("churn")) for each in both])
    if goals:
        kinds += [
            ("in_saturation", "percent"),
            ("value_in_saturation", "percent"),
            ("left_saturation", "percent"),
        ]
        _add(rows, [_goal(each.goal) for each in both])
    notes: list[Note] = [("equity_said", {})] if valued else []
    notes += [("churn_said", {})] if churn else []
    notes += [("goal_said", {})] if goals else []
    notes += list(_change(both))
    if any(cell is None for row in rows for cell in row):
        notes.append(("followed_dash", {}))
    return Exhibit(CHAPTER, "standing", tuple(kinds), tuple(tuple(row) for row in rows), tuple(notes))


def _add(rows: list[list[Cell]], more: Sequence[Sequence[Cell]]) -> None:
    for row, cells in zip(rows, more, strict=True):
        row.extend(cells)


def _churn(counted: Mapping[str, Any] | None) -> list[Cell]:
    if counted is None:
        return [None, None]
    return [str(counted["date"]), share(counted["left"], counted["eligible"])]


def _goal(goal: Goal | None) -> list[Cell]:
    return [None] * 3 if goal is None else [goal.customers, goal.value, goal.left]


def _change(both: Sequence[Standing]) -> Iterator[Note]:
    """By how much what all customers are expected to bring has changed."""
    equity = [each.equity for each in both]
    if len(equity) < 2 or equity[0] is None or not equity[1]:
        return
    change = equity[0] - equity[1]
    word = "equity_more" if change >= 0 else "equity_less"
    yield (
        word,
        {
            "before": ("text", both[1].date),
            "change": ("money", abs(change)),
            "share": ("percent", abs(change) / abs(equity[1])),
        },
    )
