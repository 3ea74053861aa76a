"""What must be unique or consistent across the rows of a table, once its rows are sound."""

from __future__ import annotations

from typing import Any

from churnlab.errors import DataError
from churnlab.tables import asked
from churnlab.tables.rows import REFUND_TYPES


def refuse_other_currency(con: Any, rows: Any, currency: str, *, table: str) -> None:
    """Amounts of two currencies cannot be added up: every row must be in the project's."""
    found = asked.records(con, rows.select("currency").distinct().order_by("currency"))
    others = [row["currency"] for row in found if row["currency"] != currency]
    if others:
        raise DataError(
            f"{table}: amounts are not all in {currency}",
            got=f"currencies {', '.join(row['currency'] for row in found[:5])}",
            mend=f"convert them to {currency} at their source, or set the project's currency",
        )


def refuse_repeated_customer(con: Any, rows: Any, *, table: str) -> None:
    """One row a customer where rows have no validity of their own."""
    several = rows.group_by("customer_id").having(rows.count() > 1).aggregate(rows=rows.count())
    count = asked.count(con, several)
    if count:
        raise DataError(
            f"{table}: {count} customers have more than one row",
            got="no valid_from to tell which of them holds when",
            mend="keep one row a customer, map valid_from, or declare event_key where rows are repeated",
        )


def refuse_overlapping_validity(con: Any, rows: Any) -> None:
    """At any instant, one row of attributes a customer. ``[valid_from, valid_to)``, null is open."""
    import ibis

    start = rows.valid_from.fill_null(-(2**62))
    end = rows.valid_to.fill_null(2**62) if "valid_to" in rows.columns else None
    order = [start] if end is None else [start, end]
    following = start.lead().over(ibis.window(group_by="customer_id", order_by=order))
    # Without a valid_to column a row holds until the next one begins.
    clash = start == following if end is None else end > following
    marked = rows.mutate(clash=clash.fill_null(False))
    count = int(asked.value(con, marked.filter(marked.clash).customer_id.nunique()))
    if count:
        raise DataError(
            f"customers: the rows of {count} customers overlap in time",
            got="two rows that are valid at the same instant",
            mend="end one row (valid_to) where the next begins (valid_from)",
        )


def orphans(con: Any, rows: Any, customers: Any) -> int:
    """Rows of customers that the customers table does not know."""
    return asked.count(con, rows.anti_join(customers, "customer_id"))


def early_refunds(con: Any, rows: Any) -> int:
    """Refunds dated before every purchase of their own order."""
    amount = rows.amount
    per_order = (
        rows.filter(rows.order_id.notnull())
        .group_by("customer_id", "order_id")
        .aggregate(refund=rows.time.min(where=amount < 0), purchase=rows.time.min(where=amount > 0))
    )
    return asked.count(con, per_order.filter(per_order.refund < per_order.purchase))


def positive_refunds(con: Any, rows: Any) -> int:
    """Rows whose type says refund but whose amount is above zero."""
    return asked.count(con, rows.filter(rows.type.lower().isin(REFUND_TYPES) & (rows.amount > 0)))


def joined_late(con: Any, customers: Any, transactions: Any) -> int:
    """Customers whose first purchase is before the day they are said to have joined."""
    first = transactions.group_by("customer_id").aggregate(first=transactions.time.min())
    both = customers.inner_join(first, "customer_id")
    return int(asked.value(con, both.filter(both.first < both.joined_at).customer_id.nunique()))


def mixed_units(con: Any, rows: Any, *, place: str) -> None:
    """Files of one source whose usual amounts are a hundred times apart: cents in one of them?

    ``rows``: ``__file`` and ``amount``. Files of fewer than 20 amounts say nothing.
    """
    sized = rows.filter(rows.amount != 0)
    size = sized.amount.cast("float64").abs()
    by_file = sized.group_by("__file").aggregate(rows=sized.count(), usual=size.median())
    usual = by_file.filter(by_file.rows >= 20).order_by("usual")
    found = asked.records(con, usual)
    if len(found) < 2 or not 50 <= found[-1]["usual"] / found[0]["usual"] <= 200:
        return
    low, high = found[0], found[-1]
    raise DataError(
        f"{place}: amounts in {high['__file']} are about 100 times those in {low['__file']}",
        got=f"a usual amount of {high['usual']:.0f} against {low['usual']:.0f} minor units",
        mend="declare numbers.unit; if both are right, give each file a source of its own",
    )
