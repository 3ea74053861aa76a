"""The rows of a table as they leave the engine or its files: plain columns, and the part of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from churnlab.shards.columns import WIDE, Bytes, encoded, kernels, numeric, ranked
from churnlab.shards.partition import Column
from churnlab.shards.rows import TELLING, kind_of
from churnlab.tables import arrays

if TYPE_CHECKING:
    from churnlab.tables import Tables

Part = NDArray[np.uint16]

_BATCH_ROWS = 131_072
_CHUNK_ROWS = _BATCH_ROWS, 4 * _BATCH_ROWS  # dealt at a time, at least and at most
_CHUNKS = 96  # of the whole input: more make short slices, fewer hold many rows at once
_PART = "_part"  # no column of a table begins with an underscore


@dataclass
class Dictionary:
    """The different texts of one column, in the order they were met."""

    texts: Any = None

    def coded(self, column: Any) -> NDArray[np.int32]:
        """The column as codes, -1 where it is missing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        codes, found = encoded(column)
        if self.texts is None:
            self.texts = found
        else:
            new = found.filter(pc.invert(pc.is_in(found, value_set=self.texts)))
            self.texts = pa.concat_arrays([self.texts, new]) if len(new) else self.texts
        place = np.append(arrays.values(pc.index_in(found, value_set=self.texts)), -1).astype(np.int32)
        known: NDArray[np.int32] = place[codes]
        return known


@dataclass
class Reader:
    """Reads tables in ``count`` parts. One run has one reader: what a part is, all tables agree on.

    ``rows``: of all tables together. ``only``: the rows of one customer by id. ``compiled``: ids are
    hashed by compiled code.
    """

    tables: Tables
    count: int
    rows: int
    only: str | None = None
    compiled: bool = False
    dictionaries: dict[tuple[str, str], Dictionary] = field(default_factory=dict)

    def chunks(self, table: str) -> Iterator[tuple[dict[str, Column], Part]]:
        """The rows of a table; there is one chunk at least, so that its columns are known."""
        attributes = {name: attribute.kind for name, attribute in self.tables.attributes.items()}
        columns = {
            name: kind_of(table, name, attributes)
            for name in sorted(self.tables.columns(table))
            if name not in TELLING
        }
        narrow = [name for name, kind in columns.items() if kind in {"text", "category"} and name not in WIDE]
        if self.compiled and self.only is None and table in self.tables.files:
            batches = self._from_files(table, columns, narrow)
        else:
            # The engine is asked here, by one thread; the answers may be taken by several.
            batches = _answers(self.tables.con.con.cursor(), self._query(table, columns))
        return self._dealt(table, columns, batches)

    @property
    def _chunk_rows(self) -> int:
        least, most = _CHUNK_ROWS
        return min(max(self.rows // _CHUNKS, least), most)

    def _dealt(
        self, table: str, columns: Mapping[str, str], batches: Iterator[Any]
    ) -> Iterator[tuple[dict[str, Column], Part]]:
        for chunk in _gathered(batches, self._chunk_rows):
            plain = {name: self._plain(table, name, kind, chunk[name]) for name, kind in columns.items()}
            yield plain, self._parts(plain, chunk)

    def sorted_texts(self) -> Iterator[tuple[tuple[str, str], tuple[NDArray[np.int64], Any]]]:
        """(table, column), and: old code -> code among the sorted texts, those texts."""
        for place, dictionary in self.dictionaries.items():
            yield place, ranked(dictionary.texts)

    def _plain(self, table: str, name: str, kind: str, column: Any) -> Column:
        if name in WIDE:
            return Bytes.of(column)
        if kind in {"text", "category"}:
            return self.dictionaries.setdefault((table, name), Dictionary()).coded(column)
        return numeric(column, name, kind)

    def _parts(self, plain: Mapping[str, Column], chunk: Any) -> Part:
        ids = plain["customer_id"]
        if self.compiled and isinstance(ids, Bytes):
            part: Part = kernels().parts_of(ids.start, ids.data, self.count)
            return part
        given: Part = arrays.values(chunk[_PART])
        return given

    def _from_files(self, table: str, columns: Iterable[str], narrow: list[str]) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for path in self.tables.files[table]:
            # Read ahead, a file would stay in memory until its last row.
            with pq.ParquetFile(path, read_dictionary=narrow, pre_buffer=False) as file:
                for batch in file.iter_batches(self._chunk_rows, columns=list(columns)):
                    yield pa.Table.from_batches([batch])
                if not file.metadata.num_rows:
                    yield file.read(columns=list(columns))

    def _query(self, table: str, columns: Iterable[str]) -> str:
        rows = self.tables.table(table).select(*columns)
        if self.only is not None:
            rows = rows.filter(rows.customer_id == self.only)
        sql = str(self.tables.con.compile(rows))
        if self.compiled:
            return sql
        return f"SELECT *, CAST(hash(customer_id) % {self.count} AS USMALLINT) AS {_PART} FROM ({sql})"


def _answers(cursor: Any, sql: str) -> Iterator[Any]:
    """What the engine answers, through a cursor of its own: a connection has one open result."""
    import pyarrow as pa

    with cursor:
        stream = cursor.execute(sql).fetch_record_batch(_BATCH_ROWS)
        yield pa.table([pa.nulls(0, field.type) for field in stream.schema], schema=stream.schema)
        for batch in stream:
            yield pa.Table.from_batches([batch])


def _gathered(batches: Iterator[Any], enough: int) -> Iterator[Any]:
    """Batches put together until they are worth dealing; at least one comes, if only an empty one."""
    import pyarrow as pa

    held: list[Any] = []
    for batch in batches:
        held.append(batch)
        if sum(len(one) for one in held) >= enough:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
