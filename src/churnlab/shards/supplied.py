"""A table of one row a customer, with a supplied label, as a single shard without events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from churnlab.shards.rows import of_arrow
from churnlab.shards.shard import Shard, Texts

if TYPE_CHECKING:
    from churnlab.tables import Tables


def of_snapshot_table(tables: Tables, as_of: int) -> tuple[Shard, Texts, NDArray[np.float64] | None]:
    """The customers of the table, seen at ``as_of``.

    Beside them, (n,) the supplied labels (text or None) and values (minor units, NaN; None: no such column).
    """
    rows = tables.con.to_pyarrow(tables.table("snapshot").order_by("customer_id"))
    attributes = {name: attribute.kind for name, attribute in tables.attributes.items()}
    described = rows.select(
        ["customer_id", *sorted(set(rows.column_names) - {"customer_id", "label", "value"})]
    )
    shard = of_arrow(
        {"transactions": rows.select(["customer_id"]), "customers": described}, attributes, "UTC"
    )
    everyone = np.arange(len(shard.customers), dtype=np.int64)
    alone = Shard(shard.customers, {}, shard.texts, shard.attributes, everyone, np.full(len(everyone), as_of))
    return alone, rows["label"].to_numpy().astype(object), _value(rows)


def _value(rows: Any) -> NDArray[np.float64] | None:
    if "value" not in rows.column_names:
        return None
    values: NDArray[np.float64] = rows["value"].cast("float64").fill_null(np.nan).to_numpy()
    return values
