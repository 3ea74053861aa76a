"""From tables to shards: one pass that partitions the rows by customer, then shard after shard.

Which customers share a shard changes nothing that is computed: a customer never needs another.
"""

from __future__ import annotations

import math
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from churnlab.shards.columns import WIDE, Bytes, encoded, numeric, ranked
from churnlab.shards.partition import Column, Parts
from churnlab.shards.rows import TELLING, kind_of, of_rows
from churnlab.shards.shard import EVENT_TABLES, Shard

if TYPE_CHECKING:
    from churnlab.tables import Tables

T = TypeVar("T")

_BATCH_ROWS = 131_072
_CHUNK_ROWS = 4 * _BATCH_ROWS  # partitioned at a time: each part of it is long enough to be read at once
_PART = "_part"  # no column of a table begins with an underscore
MOST_PARTS = 60_000  # part numbers have 16 bits
ROOM = 4  # a quarter of the memory may hold rows that wait for their shard


@dataclass(frozen=True)
class Limits:
    """How much is held at once. ``memory``: bytes of the whole run; ``shard_events``: rows of one shard.

    ``threads``: shards worked on at a time. ``compiled``: whether rows are put in order by compiled code.
    """

    memory: int = 2 * 10**9
    shard_events: int = 250_000
    threads: int = 1
    compiled: bool = False


def each(tables: Tables, zone: str, limits: Limits, only: str | None = None) -> Iterator[Shard]:
    """All customers with transactions, in shards of whole customers; ``only``: one of them by id.

    What a customer's rows are does not depend on the shard, on the order of the input, or on threads.
    ``zone``: the business zone, for the local parts of each event's time.
    """
    return mapped(lambda shard: shard, tables, zone, limits, only)


def mapped(
    work: Callable[[Shard], T], tables: Tables, zone: str, limits: Limits, only: str | None = None
) -> Iterator[T]:
    """What ``work`` makes of each shard, in the order of the shards; nobody else's shard is held meanwhile."""
    names = [name for name in (*EVENT_TABLES, "customers") if tables.has(name)]
    rows = sum(int(tables.con.execute(tables.table(name).count())) for name in names)
    count = 1 if only is not None else min(max(1, math.ceil(rows / limits.shard_events)), MOST_PARTS)
    attributes = {name: attribute.kind for name, attribute in tables.attributes.items()}
    dictionaries: dict[tuple[str, str], _Dictionary] = {}
    with Parts(count, limits.memory // ROOM, Path(tempfile.gettempdir())) as parts:
        for name in names:
            for columns, part in _chunks(tables, name, count, only, attributes, dictionaries):
                parts.add(name, columns, part)
        ranks = {place: ranked(one.texts) for place, one in dictionaries.items()}
        texts = {place: found for place, (_, found) in ranks.items()}

        def one(number: int) -> T | None:
            columns = {
                table: {
                    name: ranks[table, name][0][values] if (table, name) in ranks else values
                    for name, values in of_table.items()
                }
                for table, of_table in parts.part(number).items()
            }
            if not len(columns["transactions"]["customer_id"]):
                return None
            return work(of_rows(columns, texts, zone, compiled=limits.compiled))

        yield from (made for made in _in_turn(one, count, limits.threads) if made is not None)


def _in_turn(one: Callable[[int], T], count: int, threads: int) -> Iterator[T]:
    """``one`` of 0, 1, ..., a few at a time, in order."""
    if threads == 1 or count == 1:
        yield from map(one, range(count))
        return
    numbers = iter(range(count))
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque(pool.submit(one, number) for number in islice(numbers, threads))
        try:
            while waiting:
                made = waiting.popleft().result()
                waiting.extend(pool.submit(one, number) for number in islice(numbers, 1))
                yield made
                del made
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass
class _Dictionary:
    """The different texts of one column, in the order they were met."""

    texts: Any = None
    codes: dict[Any, int] = field(default_factory=dict)

    def coded(self, column: Any) -> NDArray[np.int32]:
        """The column as codes, -1 where it is missing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        codes, found = encoded(column)
        if self.texts is None:
            self.texts = found
            return codes.astype(np.int32, copy=False)
        new = found.filter(pc.invert(pc.is_in(found, value_set=self.texts)))
        if len(new):
            self.texts = pa.concat_arrays([self.texts, new])
        place = np.append(pc.index_in(found, value_set=self.texts).to_numpy(), -1).astype(np.int32)
        known: NDArray[np.int32] = place[codes]
        return known


def _chunks(
    tables: Tables,
    name: str,
    count: int,
    only: str | None,
    attributes: Mapping[str, str],
    dictionaries: dict[tuple[str, str], _Dictionary],
) -> Iterator[tuple[dict[str, Column], NDArray[np.uint16]]]:
    """A table's rows, some at a time: plain columns, and the part of each row."""
    import pyarrow as pa

    names = [column for column in tables.columns(name) if column not in TELLING]
    for batches in _batches(tables, name, names, count, only):
        chunk = pa.Table.from_batches(batches)
        columns: dict[str, Column] = {}
        for column in names:
            kind = kind_of(name, column, attributes)
            if column in WIDE:
                columns[column] = Bytes.of(chunk[column])
            elif kind in {"text", "category"}:
                columns[column] = dictionaries.setdefault((name, column), _Dictionary()).coded(chunk[column])
            else:
                columns[column] = numeric(chunk[column], column, kind)
        yield columns, chunk[_PART].to_numpy()


def _batches(
    tables: Tables, name: str, columns: list[str], count: int, only: str | None
) -> Iterator[list[Any]]:
    rows = tables.table(name).select(*columns)
    if only is not None:
        rows = rows.filter(rows.customer_id == only)
    inner = tables.con.compile(rows)
    sql = f"SELECT *, CAST(hash(customer_id) % {count} AS USMALLINT) AS {_PART} FROM ({inner})"
    # A cursor of its own: a connection has one open result.
    with tables.con.con.cursor() as cursor:
        stream = cursor.execute(sql).fetch_record_batch(_BATCH_ROWS)
        held: list[Any] = []
        for batch in stream:
            held.append(batch)
            if sum(len(one) for one in held) >= _CHUNK_ROWS:
                yield held
                held = []
        # Every table has one chunk at least, so that its columns are known.
        yield held or [_empty(stream.schema)]


def _empty(schema: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
