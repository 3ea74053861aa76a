"""Rows on their way to shards: Arrow bytes, so that Spark moves parcels and never looks into a row.

    customer_id  time ...                     shard  table         rows
    00017        3          hash of the id    2      transactions  <00017's and 00042's rows>
    00099        4          ------------->    5      transactions  <00099's rows>
    00042        9

A cluster shuffles a few hundred parcels where it would have sorted millions of rows. Texts that come
often travel as codes and a dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import DataError
from churnlab.panel.sample import places
from churnlab.shards.columns import WIDE, Bytes

SCHEMA = "shard int, table string, rows binary"
PARCEL_ROWS = 500_000  # held by a task while they are dealt
HASH_ROWS = 32_768  # at once: their bytes fit in the processor's cache
NOTE = "!"  # the table of a parcel that holds an error
_FACTOR, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)  # odd, their bits well spread


@dataclass(frozen=True)
class Deal:
    """Who goes where: all rows of a customer to one of ``shards``, whatever table they are in.

    ``before``: customers whose place in a sample drawn with ``seed`` lies at it or beyond are left out;
    None: nobody is.
    """

    shards: int
    seed: int = 0
    before: int | None = None

    def shard_of(self, customers: Any) -> NDArray[np.int32]:
        """(n,) the shard of each of an Arrow column of ids, -1 where the customer is left out."""
        parts = (customers.slice(begin, HASH_ROWS) for begin in range(0, len(customers), HASH_ROWS))
        numbers = np.concatenate([np.empty(0, np.uint64), *(hashed(Bytes.of(part)) for part in parts)])
        shard = (numbers % np.uint64(self.shards)).astype(np.int32)
        if self.before is not None and len(customers):
            each = customers.dictionary_encode().unify_dictionaries().combine_chunks()
            beyond = places(each.dictionary.to_pylist(), self.seed) >= np.uint64(self.before)
            shard[beyond[each.indices.to_numpy()]] = -1
        return shard


def hashed(texts: Bytes) -> NDArray[np.uint64]:
    """(n,) a number that only the bytes of a text decide, the same on every machine.

    A polynomial in the bytes, modulo 2^64, its halves mixed so that remainders are even. Of all texts
    at once: prefix sums wrap around, and so do their differences, exactly.
    """
    starts = texts.start.astype(np.int64)
    sizes = np.diff(starts)
    powers = np.cumprod(np.full(int(sizes.max(initial=0)) + 1, _FACTOR))
    # Zeros after a text must count: a byte is one more than it is.
    terms = (texts.data + np.uint64(1)) * powers[np.arange(len(texts.data)) - np.repeat(starts[:-1], sizes)]
    sums = np.append(np.uint64(0), np.cumsum(terms, dtype=np.uint64))
    mixed = sums[starts[1:]] - sums[starts[:-1]]
    for _ in range(2):
        mixed = (mixed ^ (mixed >> np.uint64(32))) * _MIX
    return mixed ^ (mixed >> np.uint64(32))


def dealt(batches: Iterable[Any], table: str, deal: Deal) -> Iterator[Any]:
    """Parcels of the rows of ``table``. ``batches``: record batches of its columns."""
    import pyarrow as pa

    held: list[Any] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        if rows >= PARCEL_ROWS:
            yield _parcels(pa.Table.from_batches(held), table, deal)
            held, rows = [], 0
    if rows:
        yield _parcels(pa.Table.from_batches(held), table, deal)


def _parcels(rows: Any, table: str, deal: Deal) -> Any:
    import pyarrow as pa

    _refuse_nobody(rows, table)
    shard = deal.shard_of(rows["customer_id"])
    order = np.argsort(shard, kind="stable")
    order = order[np.searchsorted(shard[order], 0) :]
    narrow = [
        rows[name].combine_chunks() if name in WIDE else _narrowed(rows[name], deal.shards)
        for name in rows.column_names
    ]
    ordered = pa.table(narrow, names=rows.column_names).take(pa.array(order)).combine_chunks()
    ends = np.searchsorted(shard[order], np.arange(deal.shards + 1))
    found = np.flatnonzero(np.diff(ends))
    starts, ends = ends[found], ends[found + 1]
    parts = (ordered.slice(start, end - start) for start, end in zip(starts, ends, strict=True))
    return pa.record_batch(
        [pa.array(found, pa.int32()), pa.array([table] * len(found)), _packed(parts)],
        names=["shard", "table", "rows"],
    )


def _packed(parts: Iterable[Any]) -> Any:
    """A binary Arrow array of ``packed_rows`` of each, compressed: half the bytes for Spark to move."""
    import pyarrow as pa

    sink, ends = pa.BufferOutputStream(), [0]
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    for part in parts:
        with pa.ipc.new_stream(sink, part.schema, options=options) as writer:
            writer.write_table(part)
        ends.append(sink.tell())
    offsets = pa.py_buffer(np.array(ends, dtype=np.int32))
    return pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, offsets, sink.getvalue()])


def _narrowed(column: Any, shards: int) -> Any:
    """Texts as codes where the dictionary, which goes along in every parcel, is shorter than the texts."""
    import pyarrow as pa

    if not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
        return column.combine_chunks()
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    coded = coded.unify_dictionaries().combine_chunks()
    return coded if len(coded.dictionary) * shards < len(coded) else coded.cast(pa.string())


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
    """Table -> its rows in a group of parcels, none where nothing was sent. ``schemas``: of the tables.

    Texts are plain or dictionaries, as ``shards.of_arrow`` takes them.
    """
    import pyarrow as pa

    parts: dict[str, list[Any]] = {table: [] for table in schemas}
    for name, rows in zip(parcels["table"].to_pylist(), parcels["rows"], strict=True):
        parts[name].append(unpacked_rows(rows.as_buffer()))
    return {
        table: pa.table(
            [
                _together([part[name] for part in found] or [schemas[table].empty_table()[name]])
                for name in schemas[table].names
            ],
            names=schemas[table].names,
        )
        for table, found in parts.items()
    }


def _together(columns: Sequence[Any]) -> Any:
    """One column from those of several parcels, some of which may have a dictionary and others not."""
    import pyarrow as pa

    kinds = {str(column.type) for column in columns}
    plain = columns if len(kinds) == 1 else [column.cast(pa.string()) for column in columns]
    return pa.chunked_array([chunk for column in plain for chunk in column.chunks], plain[0].type)


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
