"""One table in Postgres, loaded through both doors: judged here, and judged there."""

from __future__ import annotations

import pyarrow.parquet as pq

from churnlab import tables
from churnlab.config.sources import Sources
from sources import engine

COLUMNS = {"customer_id": "id", "time": "date", "amount": "amount"}


def declared(door, name="shop.orders", **keys):
    """A source of orders behind a door: ``postgres`` judges here, ``warehouse`` there."""
    place = {"dsn": "${env:SHOP}", "table": name}
    if "query" in keys:
        place = {"dsn": "${env:SHOP}", "query": keys.pop("query")}
    place |= {"engine": "postgres"} if door == "warehouse" else {}
    times = {"format": "iso", "zone": "Europe/Paris"}
    return {"name": "orders", "columns": COLUMNS, "times": times, **keys, door: place}


def load(folder, *sources, table="transactions", zone="Europe/Paris", currency="EUR"):
    """The tables of some declared sources; what was set aside is in ``folder``."""
    return tables.load(
        Sources.model_validate({table: list(sources)}),
        root=folder,
        data_roots=[],
        zone=zone,
        currency=currency,
        con=engine(),
        frames={},
        quarantine=folder / "quarantine.parquet",
    )


def told(folder, *sources, table="transactions", **keys):
    """All that a load says, in words that do not depend on the door."""
    loaded = load(folder, *sources, table=table, **keys)
    rows = loaded.table(table)
    ordered = engine().to_pyarrow(rows.order_by(list(rows.columns))).to_pylist()
    conflicts = folder / f"conflicts_{table}.parquet"
    return {
        "counts": loaded.counts,
        "rows": [repr(row) for row in ordered],  # 1 is not 1.0, and -0.0 not 0.0
        "quarantine": pq.read_table(folder / "quarantine.parquet").to_pylist(),
        "conflicts": pq.read_table(conflicts).to_pylist() if conflicts.exists() else None,
        "notes": loaded.notes,
        "watermarks": loaded.watermarks,
        "digests": loaded.digests,
    }


def both(folder, *, table="transactions", sources=({},), **keys):
    """What is told through each door: (here, there)."""
    found = []
    for door in ("postgres", "warehouse"):
        place = folder / door
        place.mkdir(exist_ok=True)
        given = [declared(door, **source) for source in sources]
        found.append(told(place, *given, table=table, **keys))
    return found
