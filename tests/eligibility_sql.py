"""How many orders each customer had at each snapshot: one query, whatever the number of snapshots.

What is known changes only at a few snapshots, so each step is a span of them, ``start:end``, counted
as positions in the rising snapshot instants (``edges``), and sums of +1 and -1 along the spans give
the counts. In a customer's row, with edges e0 < e1 < e2 < e3:

    order of two lines    e0 .. e1  net 20 (first line)     e1 .. e4  net 0 (a refund came in)
    so it qualifies       e0:e1     +1 at e0, -1 at e1
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def known_lines(transactions: Any, edges: Ints) -> Any:
    """Each line, and the position in ``edges`` of the first snapshot that knew of it."""
    import ibis

    known = transactions.time
    if "recorded_at" in transactions.columns:
        # greatest() of a null differs between engines; an unknown recorded_at adds nothing.
        known = ibis.greatest(known, transactions.recorded_at.fill_null(known))
    lines = transactions.select(
        "customer_id",
        "time",
        start=_position(known, edges),
        amount=transactions.amount if "amount" in transactions.columns else ibis.literal(1, "int64"),
        order_id=transactions.order_id if "order_id" in transactions.columns else ibis.null("string"),
    )
    return lines.filter(lines.start < len(edges))


def _position(instant: Any, edges: Ints) -> Any:
    """How many of ``edges`` are at or before an instant."""
    terms = [(instant >= int(edge)).cast("int64") for edge in edges]
    while len(terms) > 1:  # in pairs: a long chain of sums would nest too deeply for SQL parsers
        terms = [sum(terms[i + 1 : i + 2], terms[i]) for i in range(0, len(terms), 2)]
    return terms[0]


def _qualifying(lines: Any, count: int) -> Any:
    """Orders, each for the snapshots ``start:end`` at which its known net amount is above 0."""
    import ibis

    with_id = lines.filter(lines.order_id.notnull())
    orders = with_id.aggregate(
        by=["customer_id", "order_id"],
        net=with_id.amount.sum(),
        time=with_id.time.min(),
        start=with_id.start.min(),
        last=with_id.start.max(),
    )
    # Nearly all orders become known at once; only the others need their lines step by step.
    at_once = orders.filter(orders.start == orders.last)
    torn = with_id.semi_join(orders.filter(orders.start != orders.last), ["customer_id", "order_id"])
    to_the_end = ibis.literal(count, "int64")
    every = ibis.union(
        at_once.select("customer_id", "time", "start", end=to_the_end, amount=at_once.net.cast("int64")),
        lines.filter(lines.order_id.isnull()).select(
            "customer_id", "time", "start", end=to_the_end, amount="amount"
        ),
        _step_by_step(torn, count),
    )
    return every.filter(every.amount > 0)


def _step_by_step(lines: Any, count: int) -> Any:
    """What each order amounts to, from each snapshot that knew more of it to the next."""
    import ibis

    steps = lines.aggregate(
        by=["customer_id", "order_id", "start"], net=lines.amount.sum(), time=lines.time.min()
    )
    so_far = ibis.cumulative_window(group_by=["customer_id", "order_id"], order_by="start")
    following = ibis.window(group_by=["customer_id", "order_id"], order_by="start")
    return steps.select(
        "customer_id",
        time=steps.time.min().over(so_far),
        start="start",
        end=steps.start.lead(default=count).over(following),
        amount=steps.net.sum().over(so_far).cast("int64"),
    )


def order_counts(lines: Any, edges: Ints, lost: Ints | None) -> Any:
    """(customer_id, at, orders, recent): qualifying orders known at each position ``at`` in ``edges``.

    ``recent``: those at or after the instants ``lost``, one for each of ``edges``; None: all of them.
    Only snapshots from the customer's first order on have a row.
    """
    import ibis

    orders = _qualifying(lines, len(edges))
    forgotten = orders.end
    if lost is not None:  # the first snapshot for which the order lies too far back
        forgotten = ibis.least(orders.end, _position(orders.time, lost))
    orders = orders.mutate(forgotten=ibis.greatest(orders.start, forgotten))
    changes = ibis.union(
        orders.select("customer_id", position="start", orders=1, recent=1),
        orders.select("customer_id", position="end", orders=-1, recent=0),
        orders.select("customer_id", position="forgotten", orders=0, recent=-1),
    )
    changes = changes.filter(changes.position < len(edges))  # after the last snapshot nothing matters
    steps = changes.aggregate(
        by=["customer_id", "position"], orders=changes.orders.sum(), recent=changes.recent.sum()
    )
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="position")
    following = ibis.window(group_by="customer_id", order_by="position")
    spans = steps.select(
        "customer_id",
        start="position",
        end=steps.position.lead(default=len(edges)).over(following),
        orders=steps.orders.sum().over(so_far),
        recent=steps.recent.sum().over(so_far),
    )
    return spans.select("customer_id", "orders", "recent", at=ibis.range(spans.start, spans.end).unnest())


def seen(lines: Any, edges: Ints) -> Any:
    """How many (customer, snapshot) have at least one known line."""
    firsts = lines.aggregate(by="customer_id", start=lines.start.min())
    return (len(edges) - firsts.start).sum().cast("int64")
