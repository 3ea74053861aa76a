"""Small worlds for tests: tables made from Python lists of events, without files or validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from churnlab.config.sources import TABLES, Attribute
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
