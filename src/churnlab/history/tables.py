"""The tables of a shard as sources: whole, cut to what was known, lines gathered into orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from churnlab.history.cuts import Asked
from churnlab.history.knowledge import timeline, untorn
from churnlab.history.orders import Orders
from churnlab.history.sources import Columns, Source, kept
from churnlab.history.units import Flags, Texts, frozen
from churnlab.history.ways import Way
from churnlab.shards import Events, Shard

SUMMED = frozenset({"amount", "margin", "discount", "quantity"})


def all_events(
    shard: Shard, table: str, asked: Asked, way: Way, windows: tuple[int, ...] = ()
) -> Source | None:
    """Every event of one table, None where the project has no such table."""
    if table not in shard.events:
        return None
    events, asked = untorn(shard.events[table], asked, way)
    return _source(table, events, asked, texts_of(shard, table), way, windows)


def lines_and_orders(
    shard: Shard, asked: Asked, way: Way, windows: tuple[int, ...] = ()
) -> tuple[Source | None, Source | None]:
    """The transactions line by line, and by order; orders wholly given back are in neither."""
    if "transactions" not in shard.events:
        return None, None
    events = shard.events["transactions"]
    original = Orders.of(events["customer"], events.get("order_id"), way)
    known, asked = untorn(events, asked, way, original)
    orders = original if known is events else Orders.of(known["customer"], known.get("order_id"), way)
    lines = _source("transactions", known, asked, texts_of(shard, "transactions"), way, windows)
    stands = None
    if "amount" in known and (refunded := orders.refunded(known["amount"])).any():
        stands = ~refunded
    columns = _by_order(lines.columns, orders, stands)
    # Few of their edges are asked of the lines as well, so orders are cut by themselves.
    at = timeline({name: columns.read(name) for name in ("customer", "time", "recorded_at")}, asked, way).at
    by_order = replace(lines, columns=columns, at=at)
    return lines if stands is None else lines.rows(orders.each_line(stands)), by_order


def texts_of(shard: Shard, table: str) -> Mapping[str, Texts]:
    """By column, the texts behind its codes."""
    return {column: texts for (owner, column), texts in shard.texts.items() if owner == table}


def _source(
    table: str, events: Events, asked: Asked, texts: Mapping[str, Texts], way: Way, windows: tuple[int, ...]
) -> Source:
    columns = Columns(frozenset(events), kept(lambda name: frozen(events[name])), texts)
    return Source(table, columns, timeline(events, asked, way).at, asked.as_of, way, windows)


def _by_order(lines: Columns, orders: Orders, some: Flags | None = None) -> Columns:
    """Columns of lines at the first line of each order, their money that of the whole order.

    ``some``: (orders,) which of them are wanted, None: all.
    """
    first = orders.first if some is None else orders.first[some]

    def read(name: str) -> NDArray[Any]:
        if name == "lines" or (name == "amount" and name not in lines.names):
            totals = orders.lines()  # without amounts, each line counts for one
        elif name in SUMMED:
            totals = orders.sum(lines.read(name))
        else:
            return lines.read(name).take(first)
        return totals if some is None else totals[some]

    return Columns(
        lines.names | {"lines"}, kept(lambda name: frozen(read(name))), lines.texts, frozenset({"amount"})
    )
