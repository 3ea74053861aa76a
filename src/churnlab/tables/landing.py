"""The rows of a source on their way into DuckDB: one stream, read once, whatever they come from.

files | tables | frames  ->  parts  ->  Stream  ->  a statement FROM arriving

arriving    file  line  customer_id  time        amount  __plain_customer_id  ...
            0     2     C1           2025-01-03  12.50   true
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from churnlab.errors import DataError
from churnlab.tables import bytewise
from churnlab.tables.arrays import repeated
from churnlab.tables.records import Reject

ARRIVING = "arriving"


class Part(Protocol):
    """One file, table or frame of a source."""

    @property
    def label(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def rejects(self) -> Sequence[Reject]:
        """Records set aside so far: complete once all batches were taken."""
        ...

    @property
    def notes(self) -> Sequence[str]: ...

    def types(self, wanted: Sequence[str]) -> list[Any]:
        """The Arrow types of columns; ``DataError`` where one is not there."""
        ...

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[Any, list[Any]]]:
        """(lines, columns) of batch after batch, as Arrow arrays; lines may be ``None``."""
        ...


@dataclass(eq=False)
class Stream:
    """The wanted columns of all parts, one batch after the other; a file's names never reach SQL.

    Columns: ``source_file`` (by number: the labels are sorted), ``line``, then those named in
    ``columns`` (name when staged -> column of the source), ``constants`` (name -> a text that every
    row has), and for each text ``__plain_<name>``: whether the batch is free of anything that a text
    or id could be set aside for (see ``bytewise``).
    """

    parts: Sequence[Part]
    columns: Sequence[tuple[str, str]]
    constants: Mapping[str, str]
    rows: int = 0  # so far
    _failure: BaseException | None = field(default=None, init=False)

    @cached_property
    def labels(self) -> list[str]:
        """The names of the parts, as messages and the quarantine know them, sorted."""
        return sorted({part.label for part in self.parts})

    @cached_property
    def wanted(self) -> list[str]:
        """The source's columns, each once."""
        return list(dict.fromkeys(column for _, column in self.columns))

    @cached_property
    def schema(self) -> Any:
        """Arrow's; ``DataError`` where a column is missing, or not of one type in all parts."""
        import pyarrow as pa

        types = dict(zip(self.wanted, agreed(self.parts, self.wanted), strict=True))
        named = [(name, types[column]) for name, column in self.columns]
        named += [(name, pa.string()) for name in self.constants]
        plain = [(f"__plain_{name}", pa.bool_()) for name, type_ in named if type_ == pa.string()]
        return pa.schema([("source_file", pa.int32()), ("line", pa.int64()), *named, *plain])

    def run(self, statement: str, con: Any) -> None:
        """Execute a statement that reads ``arriving`` once; an error of a reader is raised as it is."""
        import duckdb
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(self.schema, self._guarded())
        try:
            _execute(statement, reader, con)
        except duckdb.Error:
            if self._failure is not None:
                raise self._failure from None
            raise

    def described(self, con: Any) -> Any:
        """``arriving`` as an unbound Ibis table, with the types that DuckDB gives its columns."""
        import ibis
        import pyarrow as pa

        con.con.register(ARRIVING, pa.RecordBatchReader.from_batches(self.schema, []).__arrow_c_stream__())
        try:
            return ibis.table(con.table(ARRIVING).schema(), name=ARRIVING)
        finally:
            con.con.unregister(ARRIVING)

    def _guarded(self) -> Iterator[Any]:
        # Arrow hands the engine the text of an error only: the error itself is kept for `run`.
        try:
            yield from self._batches()
        except BaseException as error:
            self._failure = error
            raise

    def _batches(self) -> Iterator[Any]:
        import pyarrow as pa

        types = {name: self.schema.field(name).type for name, _ in self.columns}
        for part in self.parts:
            number = self.labels.index(part.label)
            for lines, columns in part.batches(self.wanted):
                size = len(columns[0])
                if not size:
                    continue
                found = dict(zip(self.wanted, map(_whole, columns), strict=True))
                arrays = {name: _cast(found[column], types[name]) for name, column in self.columns}
                arrays |= {name: repeated(text, size) for name, text in self.constants.items()}
                self.rows += size
                yield pa.record_batch(
                    [
                        repeated(number, size),
                        pa.nulls(size, pa.int64()) if lines is None else lines,
                        *arrays.values(),
                        *(
                            repeated(bytewise.is_plain(array, name), size)
                            for name, array in arrays.items()
                            if array.type == pa.string()
                        ),
                    ],
                    schema=self.schema,
                )


def _execute(statement: str, arriving: Any, con: Any) -> None:
    # As Arrow's own stream: of a reader the engine would ask pyarrow.dataset, which imports pandas.
    con.con.register(ARRIVING, arriving.__arrow_c_stream__())
    try:
        con.con.execute(statement)
    finally:
        con.con.unregister(ARRIVING)


def agreed(parts: Sequence[Part], wanted: Sequence[str]) -> list[Any]:
    """One type a column for all parts; ``DataError`` where two differ, before any row is read."""
    import pyarrow as pa

    types: list[Any] = [pa.null()] * len(wanted)
    first: list[str] = [""] * len(wanted)
    for part in parts:
        for n, type_ in enumerate(part.types(wanted)):
            if types[n] == pa.null():  # a column without any value takes the others' type
                types[n], first[n] = type_, part.label
            elif type_ not in {types[n], pa.null()}:
                raise DataError(
                    f"{part.label}: column {wanted[n]!r} is {type_}, in {first[n]} it is {types[n]}",
                    mend="write both files with the same type, or make two sources of them",
                )
    return [pa.string() if type_ == pa.null() else type_ for type_ in types]


def _whole(array: Any) -> Any:
    import pyarrow as pa

    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _cast(array: Any, type_: Any) -> Any:
    return array if array.type == type_ else array.cast(type_)
