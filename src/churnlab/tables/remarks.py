"""What a reader should know of sound rows: nothing here stops a load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from churnlab.tables import asked, identifiers, keys
from churnlab.tables.money import LARGE

_RATE = 0.01  # below it a late or missing record is nothing to speak of


def of_table(con: Any, rows: Any, table: str) -> Iterator[str]:
    """Sentences about one stacked table."""
    counts = _counts(con, rows)
    total = counts["rows"]
    if counts.get("zero"):
        yield f"{table}: {counts['zero']} rows have an amount of 0; they are kept and are no purchases"
    if counts.get("large"):
        yield f"{table}: {counts['large']} amounts are {LARGE:.0e} minor units or more; kept as written"
    if counts.get("early"):
        share = counts["early"] / total
        warning = ", more than 1 %: check which clock writes recorded_at" if share > _RATE else ""
        yield f"{table}: {counts['early']} rows were recorded before they happened{warning}"
    if counts.get("unrecorded", 0) > _RATE * total:
        missing = f"{table}: recorded_at is missing in {counts['unrecorded']} of {total} rows"
        yield f"{missing}: taken to be known when they happened"
    if {"type", "amount"} <= set(rows.columns):
        positive = keys.positive_refunds(con, rows)
        if positive:
            yield f"{table}: {positive} rows of a refund type have an amount above 0; kept as written"
    if counts.get("refunds") and "order_id" in rows.columns:
        early = keys.early_refunds(con, rows)
        if early:
            yield f"{table}: {early} orders have a refund dated before their purchase; kept at its own date"


def _counts(con: Any, rows: Any) -> dict[str, int]:
    measures = {"rows": rows.count()}
    if "amount" in rows.columns:
        size = rows.amount.cast("float64").abs()
        measures |= {"zero": (size == 0).sum(), "large": (size >= LARGE).sum()}
        measures |= {"refunds": (rows.amount < 0).sum()}
    if {"recorded_at", "time"} <= set(rows.columns):
        measures |= {
            "early": (rows.recorded_at < rows.time).sum(),
            "unrecorded": rows.recorded_at.isnull().sum(),
        }
    found = asked.records(con, rows.aggregate(**measures))[0]
    return {name: int(count or 0) for name, count in found.items()}


def of_keys(
    con: Any, stored: str, columns: Sequence[str], unkeyed: Sequence[int], table: str
) -> Iterator[str]:
    """A word on equal rows that no event key tells apart."""
    from churnlab.tables.duplicates import count_equal

    if not unkeyed:
        return
    repeated = count_equal(con, stored, columns, unkeyed, table=table)
    if repeated:
        yield f"{table}: {repeated} rows equal another row; without an event_key both count as events"


def of_ids(con: Any, customers: Any) -> Iterator[str]:
    """A word on ids that a person would take for each other. ``customers``: distinct ids."""
    alike = identifiers.near_collisions(con, customers)
    if alike:
        yield (
            f"{alike} customer ids differ from another only by case, composed accents or leading zeros; "
            "they are kept apart (see id_normalise)"
        )


def of_customers(con: Any, customers: Any, events: Any, table: str) -> Iterator[str]:
    """Words on how the customers table and an event table fit together."""
    orphans = keys.orphans(con, events, customers)
    if orphans:
        total = asked.count(con, events)
        yield (
            f"{table}: {orphans} of {total} rows are of customers that the customers table does not list; "
            "kept, without attributes"
        )
    if table == "transactions" and "joined_at" in customers.columns:
        late = keys.joined_late(con, customers, events)
        if late:
            yield f"{late} customers bought before they joined; tenure is counted from their first purchase"
