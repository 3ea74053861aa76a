"""The tables of a shard as sources: whole, cut to what was known, lines gathered into orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.history.cuts import Asked
from churnlab.history.knowledge import timeline, untorn
from churnlab.history.orders import Orders
from churnlab.history.sources import Columns, Source, kept
from churnlab.history.units import Texts
from churnlab.shards import Events, Shard

SUMMED = frozenset({"amount", "margin", "discount", "quantity"})


def all_events(shard: Shard, table: str, asked: Asked) -> Source | None:
    """Every event of one table, None where the project has no such table."""
    if table not in shard.events:
        return None
    return _source(table, *untorn(shard.events[table], asked), texts_of(shard, table))


def lines_and_orders(shard: Shard, asked: Asked) -> tuple[Source | None, Source | None]:
    """The transactions line by line, and by order; orders wholly given back are in neither."""
    if "transactions" not in shard.events:
        return None, None
    events = shard.events["transactions"]
    original = Orders.of(events["customer"], events.get("order_id"))
    known, asked = untorn(events, asked, original)
    orders = original if known is events else Orders.of(known["customer"], known.get("order_id"))
    lines = _source("transactions", known, asked, texts_of(shard, "transactions"))
    stands = np.ones(len(orders.first), dtype=np.bool_)
    if "amount" in known:
        stands = ~orders.refunded(known["amount"])
    first = np.zeros(len(known["time"]), dtype=np.bool_)
    first[orders.first[stands]] = True
    return lines.rows(orders.each_line(stands)), lines.rows(first, _by_order(lines.columns, orders))


def texts_of(shard: Shard, table: str) -> Mapping[str, Texts]:
    """By column, the texts behind its codes."""
    return {column: texts for (owner, column), texts in shard.texts.items() if owner == table}


def _source(table: str, events: Events, asked: Asked, texts: Mapping[str, Texts]) -> Source:
    columns = Columns(frozenset(events), events.__getitem__, texts)
    return Source(table, columns, timeline(events, asked).at, asked.as_of)


def _by_order(lines: Columns, orders: Orders) -> Columns:
    """Columns of lines whose money is that of the whole order, wherever the order is first met."""

    def read(name: str) -> NDArray[Any]:
        if name == "lines" or (name == "amount" and name not in lines.names):
            totals = orders.lines()  # without amounts, each line counts for one
        elif name in SUMMED:
            totals = orders.sum(lines.read(name))
        else:
            return lines.read(name)
        spread = np.zeros(len(lines.read("time")), dtype=totals.dtype)
        spread[orders.first] = totals
        return spread

    return Columns(lines.names | {"lines"}, kept(read), lines.texts, frozenset({"amount"}))
