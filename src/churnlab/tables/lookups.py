"""Small tables beside a source that add columns to it: a product's category, a store's region.

orders.csv       products.csv      keys: {product: id}    columns: {family: name}
product, ...     id, name          every row of the source keeps its place; what no key matches
P7               P7, milk          is null
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.sources import Lookup
from churnlab.errors import ConfigError, DataError
from churnlab.tables.landing import Part, agreed, land, slot
from churnlab.tables.opening import opened


@dataclass(frozen=True)
class Prepared:
    """A lookup in the engine, ready to be joined: keys and values are its columns c0, c1, ..."""

    table: str
    label: str
    keys: tuple[str, ...]  # columns of the source, in the order of c0, c1, ...
    added: tuple[str, ...]  # names the source gains, in the columns after the keys
    types: tuple[Any, ...]  # of the added columns, in Arrow's terms
    digests: Mapping[str, str]
    notes: tuple[str, ...]


def prepare(
    lookup: Lookup, *, table: str, con: Any, root: Path, data_roots: Sequence[str], source: Sequence[Part]
) -> Prepared:
    """Read a lookup, keys as canonical text, and check that no key occurs twice.

    ``source``: the parts it will be joined to; a name they already have cannot be added.
    """
    parts, digests = opened(lookup.files, lookup.csv, root=root, data_roots=data_roots, tolerated=_none)
    label = parts[0].label
    if not lookup.keys:
        raise ConfigError(f"{label}: a lookup needs keys", mend="say keys: {source column: lookup column}")
    for name in lookup.columns:
        if any(name in part.columns for part in source):
            raise DataError(
                f"{label}: adds a column {name!r} that the source has already",
                mend="give it another name in lookups.columns",
            )
    wanted = [*lookup.keys.values(), *lookup.columns.values()]
    types = agreed(parts, wanted)
    size = len(lookup.keys)
    columns = [*(canonical(slot(n), types[n]) for n in range(size)), *map(slot, range(size, len(wanted)))]
    named = ", ".join(f"{column} AS {slot(n)}" for n, column in enumerate(columns))
    landed = land(parts, wanted, table=table, con=con, select=f"SELECT {named} FROM arriving")
    if landed.rejects:
        first = landed.rejects[0]
        raise DataError(
            f"{first.file}: line {first.line} is broken ({first.reason})",
            got=f"{len(landed.rejects)} such lines in a lookup, which may have none",
            mend="mend the file: what a lookup lacks would be missing from many rows",
        )
    _check_unique(table, lookup, label, con)
    return Prepared(
        table, label, tuple(lookup.keys), tuple(lookup.columns), tuple(types[size:]), digests, landed.notes
    )


def _none(_: int) -> int:
    return 0


def canonical(column: str, type_: Any) -> str:
    """SQL for a column as text that is equal where the values are: 7, 7.0 and '7' are one key."""
    import pyarrow as pa

    if pa.types.is_string(type_):
        return column
    if pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        whole = f"isfinite({column}::DOUBLE) AND {column} = trunc({column}) AND abs({column}) < 1e18"
        return f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
    return f"{column}::VARCHAR"


def _check_unique(table: str, lookup: Lookup, label: str, con: Any) -> None:
    keys = ", ".join(slot(n) for n in range(len(lookup.keys)))
    known = " AND ".join(f"{slot(n)} IS NOT NULL" for n in range(len(lookup.keys)))
    twice = f"SELECT 1 FROM {table} WHERE {known} GROUP BY {keys} HAVING count(*) > 1"
    repeated = con.con.execute(f"SELECT count(*) FROM ({twice})").fetchone()[0]
    if repeated:
        raise DataError(
            f"{label}: {repeated:,} keys occur more than once",
            got=f"key {', '.join(lookup.keys.values())}",
            mend="a lookup needs one row a key: remove the others or add a key column",
        )
