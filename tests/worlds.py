"""Small worlds for tests: tables made from Python lists of events, without files or validation."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from churnlab.config.meanings import TABLES
from churnlab.config.sources import Attribute
from churnlab.snapshots import DAY
from churnlab.tables import Tables

ARROW = {
    "id": pa.string(),
    "text": pa.string(),
    "time": pa.int64(),
    "money": pa.int64(),
    "number": pa.float64(),
}
KINDS = {"number": pa.float64(), "category": pa.string()}


def world(
    events: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    attributes: Mapping[str, str] | None = None,
    watermark: int | None = None,
    con: Any = None,
) -> Tables:
    """Tables from lists of events: ``world({"transactions": [{"customer_id": "a", "time": 5}]})``.

    A table's columns are those that its first event has; ``attributes``: name -> number or category.
    """
    attributes = attributes or {}
    con = con or ibis.duckdb.connect(threads=2)
    for name, rows in events.items():
        con.create_table(name, obj=_arrow(name, rows, attributes), overwrite=True)
    times = [row["time"] for row in events.get("transactions", ())]
    last = watermark if watermark is not None else max(times, default=0) + 1
    return Tables(
        con,
        counts=(),
        watermarks=dict.fromkeys(events, last),
        digests={name: str(len(rows)) for name, rows in events.items()},
        attributes={name: Attribute(column=name, kind=kind) for name, kind in attributes.items()},
        notes=(),
        stored={name: (name, tuple(con.table(name).columns)) for name in events},
    )


def _arrow(table, rows, attributes):
    required = [name for name, (_, needed) in TABLES[table].items() if needed]
    # Without rows, the columns that every such table has, in the one row that is then cut off.
    kept = rows or [dict.fromkeys([*required, *(attributes if table in {"customers", "snapshot"} else ())])]
    kinds = {name: ARROW[kind] for name, (kind, _) in TABLES[table].items()} | {
        name: KINDS[kind] for name, kind in attributes.items()
    }
    columns = {name: pa.array([row.get(name) for row in kept], type=kinds[name]) for name in kept[0]}
    return pa.table(columns).slice(0, len(rows))


def drawn(seed: int, edges: Sequence[int], customers: int = 40, lines: int = 700) -> dict[str, list[Any]]:
    """Events of a whole world; every other instant lies on an edge, or a microsecond beside it."""
    draw = random.Random(seed)
    reach = max(edges) - min(edges) + 200 * DAY

    def instant():
        if draw.random() < 0.5:
            return draw.choice(edges) + draw.choice([-1, 0, 0, 1])
        return min(edges) - 200 * DAY + draw.randrange(reach)

    def one(**columns):
        time = instant()
        late = draw.choice([0, 0, 0, 0, 1, DAY, 20 * DAY])
        who = f"{draw.randrange(customers):03}"
        return {"customer_id": who, "time": time, "recorded_at": time + late} | {
            name: draw.choice(values) for name, values in columns.items()
        }

    bought = [
        one(
            amount=[1000, 2000, 1999, -1000, -2000],
            margin=[300, 5, -7],
            quantity=[0.1, 0.2, 3.0, None],
            order_id=[None, "1", "2", "3", "4", "5"],
            product=["pen", "cup", "lamp", None],
            family=["office", "home"],
            channel=["web", "shop"],
        )
        for _ in range(lines)
    ]
    ids = {line["customer_id"] for line in bought}
    return {
        "transactions": bought,
        "interactions": [one(type=["complaint", "open"], score=[None, 0.1, 4.5]) for _ in range(lines // 3)],
        "campaigns": [one(campaign=["spring", "autumn"], arm=["treated", None]) for _ in range(lines // 5)],
        "contracts": [
            one(amount=[900], type=["basic", "full"]) | {"end": instant()} for _ in range(customers)
        ],
        "customers": [
            {
                "customer_id": who,
                "joined_at": min(edges) - DAY,
                "city": draw.choice(["Paris", None]),
                "size": 0.1,
            }
            for who in sorted(ids)
        ],
    }
