"""Where the rows of a source land: one temporary DuckDB table, whatever they came from.

arriving    source_file  line  c0   c1          c2      c0, c1, ... are the wanted columns in
            orders.csv      2  C1   2025-01-03  12.50   order: a file's names never reach SQL
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from churnlab.errors import DataError
from churnlab.tables.records import Reject


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


@dataclass(frozen=True)
class Landed:
    """What came of the parts: rows that landed, and what did not."""

    rows: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]


def land(
    parts: Sequence[Part],
    wanted: Sequence[str],
    *,
    table: str,
    con: Any,
    select: str,
    constants: Sequence[str] = (),
) -> Landed:
    """Stack the wanted columns of all parts in the temporary table ``table``, replacing it.

    ``select`` is SQL for what becomes of each batch, called ``arriving``; ``constants`` are texts that
    every row has, in the columns after the wanted ones.
    """
    import pyarrow as pa

    types = agreed(parts, wanted)
    kinds = [pa.string(), pa.int64(), *types, *(pa.string() for _ in constants)]
    names = ["source_file", "line", *(slot(n) for n in range(len(kinds) - 2))]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    _execute(f'CREATE OR REPLACE TEMP TABLE "{table}" AS {select}', schema.empty_table(), con)
    rows = 0
    for part in parts:
        for lines, columns in part.batches(wanted):
            size = len(columns[0])
            if not size:
                continue
            arrays = [
                pa.repeat(pa.scalar(part.label), size),
                pa.nulls(size, pa.int64()) if lines is None else lines,
                *(_cast(*each) for each in zip(columns, types, strict=True)),
                *(pa.repeat(pa.scalar(text), size) for text in constants),
            ]
            _execute(f'INSERT INTO "{table}" {select}', pa.table(arrays, schema=schema), con)
            rows += size
    rejects = tuple(each for part in parts for each in part.rejects)
    return Landed(rows, rejects, tuple(note for part in parts for note in part.notes))


def _execute(statement: str, arriving: Any, con: Any) -> None:
    con.con.register("arriving", arriving)
    try:
        con.con.execute(statement)
    finally:
        con.con.unregister("arriving")


def slot(number: int) -> str:
    """The name under which a wanted column arrives."""
    return f"c{number}"


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


def _cast(array: Any, type_: Any) -> Any:
    return array if array.type == type_ else array.cast(type_)
