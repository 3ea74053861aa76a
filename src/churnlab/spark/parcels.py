"""Rows on their way to shards: Arrow bytes, so that Spark moves parcels and never looks into a row.

    customer_id  time ...      shard             shard  table         rows
    00017        3             2      --->       2      transactions  <00017's and 00042's rows>
    00099        4             5                 5      transactions  <00099's rows>

A cluster sorts and shuffles a few hundred parcels a task where it would have sorted millions of rows:
at ten million lines that is most of what Spark would do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from churnlab.errors import DataError

SCHEMA = "shard int, table string, rows binary"
SHARD = "_shard"  # no column of a table begins with an underscore
PARCEL_ROWS = 500_000  # held by a task while they are dealt
NOTE = "!"  # the table of a parcel that holds an error


def dealt(batches: Iterable[Any], table: str) -> Iterator[Any]:
    """Parcels of the rows of ``table``. ``batches``: its columns, and ``SHARD``: where each row goes."""
    import pyarrow as pa

    held: list[Any] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        if rows >= PARCEL_ROWS:
            yield _parcels(pa.Table.from_batches(held), table)
            held, rows = [], 0
    if rows:
        yield _parcels(pa.Table.from_batches(held), table)


def _parcels(rows: Any, table: str) -> Any:
    import pyarrow as pa

    _refuse_nobody(rows, table)
    shard = rows[SHARD].to_numpy()
    order = np.argsort(shard, kind="stable")
    ordered = rows.drop_columns([SHARD]).take(pa.array(order)).combine_chunks()
    found, starts = np.unique(shard[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    packed = [packed_rows(ordered.slice(start, end - start)) for start, end in zip(starts, ends, strict=True)]
    return pa.record_batch(
        [pa.array(found, pa.int32()), pa.array([table] * len(found)), pa.array(packed, pa.binary())],
        names=["shard", "table", "rows"],
    )


def _refuse_nobody(rows: Any, table: str) -> None:
    """A table of a catalogue was checked by somebody else: a row of nobody must not vanish."""
    time = "time" if "time" in rows.column_names else "customer_id"
    for column in ("customer_id", time):
        if missing := rows[column].null_count:
            raise DataError(
                f"{table}: {column} is missing in rows that were to be checked already",
                got=f"{missing:,} of {len(rows):,} rows of one task",
                mend="save the tables with churnlab.tables.store, or filter such rows and count them",
            )


def packed_rows(rows: Any) -> bytes:
    """An Arrow table as the bytes of a stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def unpacked_rows(content: Any) -> Any:
    """The Arrow table behind ``packed_rows``."""
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        return reader.read_all()


def gathered(parcels: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Table -> its rows in a group of parcels, none where nothing was sent. ``schemas``: of the tables."""
    import pyarrow as pa

    parts: dict[str, list[Any]] = {table: [] for table in schemas}
    names = parcels["table"].to_pylist()
    for name, rows in zip(names, _buffers(parcels["rows"]), strict=True):
        parts[name].append(unpacked_rows(rows))
    return {table: pa.concat_tables([schemas[table].empty_table(), *found]) for table, found in parts.items()}


def _buffers(column: Any) -> Iterator[Any]:
    for value in column:
        yield value.as_buffer()


def refusal(record: Mapping[str, Any]) -> Any:
    """A parcel that holds an error of ours instead of rows; the first shard tells it."""
    import pyarrow as pa

    columns = [
        pa.array([0], pa.int32()),
        pa.array([NOTE]),
        pa.array([json.dumps(record).encode()], pa.binary()),
    ]
    return pa.record_batch(columns, names=["shard", "table", "rows"])


def refusals(parcels: Any) -> list[dict[str, Any]]:
    """The errors in a group of parcels, in an order of their own."""
    pairs = zip(parcels["table"].to_pylist(), parcels["rows"], strict=True)
    return sorted((json.loads(rows.as_py()) for table, rows in pairs if table == NOTE), key=json.dumps)
