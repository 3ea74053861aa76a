"""A source judged in Postgres: one read-only snapshot, statements through COPY, rows in blocks.

The rows are staged with the very types that reading them here would give them: numeric without
digits as text, dates and instants that Arrow cannot hold set aside, and text compared by its bytes,
whatever the collation of the column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables import postgres
from churnlab.tables.warehouse.columns import notes_on, staged_columns
from churnlab.tables.warehouse.dialects import Dialect
from churnlab.tables.warehouse.statements import UNHELD, UNHELD_TEXT


@dataclass(frozen=True, eq=False)
class PostgresServer:
    """One source in an open, read-only transaction."""

    connection: Any
    staged: str
    schema: Any
    held: tuple[Sequence[str], Sequence[str]]
    notes: tuple[str, ...]
    dialect: Dialect = "postgres"

    def batches(self, statement: str, schema: Any) -> Iterator[Any]:
        """The rows of a statement, block after block as the server sends them."""
        import pyarrow as pa

        copy = f"COPY (\n{statement}\n) TO STDOUT (FORMAT csv, NULL '', FORCE_QUOTE *)"
        for texts in postgres.copied(self.connection, copy, len(schema)):
            arrays = [postgres.as_type(text, kind)[0] for text, kind in zip(texts, schema.types, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def on_postgres(source: Source, place: str) -> Iterator[PostgresServer]:
    """Connect, look at the columns and describe how the rows are staged."""
    import ibis

    assert source.warehouse is not None  # noqa: S101 - the caller asked
    part = postgres.PostgresPart.of(source.warehouse, place)
    columns = staged_columns(source)
    wanted = list(dict.fromkeys(column for _, column in columns))
    types = dict(zip(wanted, part.types(wanted), strict=True))
    notes = notes_on(part, source, wanted)
    with postgres.connected(part.dsn, place) as connection:
        _refuse_other_encoding(connection, place)
        part.refuse_changed(connection)
        # Compiling the long expressions would take seconds, running them takes less.
        connection.execute("SET LOCAL jit = off")
        staged = _staged(part, columns, types, source.constants, place).as_string(connection)
        kinds = {"source_file": "string", "line": "int64", UNHELD: "int64", UNHELD_TEXT: "string"}
        schema = ibis.schema(kinds | dict.fromkeys(source.constants, "string"))
        schema |= ibis.schema({name: ibis.dtype(types[column]) for name, column in columns})
        expected = [f"a value that {types[column]} can hold" for column in wanted]
        yield PostgresServer(connection, staged, schema, (wanted, expected), notes)


def _refuse_other_encoding(connection: Any, place: str) -> None:
    encoding = connection.execute("SHOW server_encoding").fetchone()[0]
    if encoding != "UTF8":
        raise DataError(
            f"{place}: rows can be checked in databases that hold UTF8 only",
            got=f"server_encoding {encoding}",
            mend="read the table with postgres instead of warehouse: rows are then checked here",
        )


def _staged(
    part: postgres.PostgresPart,
    columns: Sequence[tuple[str, str]],
    types: dict[str, Any],
    constants: dict[str, str],
    place: str,
) -> Any:
    """``SELECT`` of the source's rows under the names and with the types they are judged with."""
    from psycopg import sql

    fields = [
        sql.SQL("{}::text AS source_file").format(sql.Literal(place)),
        sql.SQL("NULL::bigint AS line"),
        *_unheld(part, types),
    ]
    for name, column in columns:
        fields.append(sql.SQL("{} AS {}").format(_value(part, column, types[column]), sql.Identifier(name)))
    for name, text in constants.items():
        literal, named = sql.Literal(text), sql.Identifier(name)
        fields.append(sql.SQL('{}::text COLLATE "C" AS {}').format(literal, named))
    listed = sql.SQL(",\n  ").join(fields)
    return sql.SQL("SELECT\n  {}\nFROM {} AS q").format(listed, part.relation)


def _value(part: postgres.PostgresPart, column: str, type_: Any) -> Any:
    """A column with the type that reading it here gives it; null where that type cannot hold it."""
    import pyarrow as pa
    from psycopg import sql

    value = sql.Identifier("q", column)
    if pa.types.is_string(type_):
        return sql.SQL('{} COLLATE "C"').format(_text(part, column))
    lost = _lost(value, type_)
    return value if lost is None else sql.SQL("CASE WHEN NOT ({}) THEN {} END").format(lost, value)


def _text(part: postgres.PostgresPart, column: str) -> Any:
    """A value as the server writes it out: char(n) with its spaces, which a cast would cut."""
    from psycopg import sql

    value = sql.Identifier("q", column)
    if part.described[column].type == "bpchar":
        return sql.SQL("CASE WHEN {} IS NOT NULL THEN format('%s', {}) END").format(value, value)
    return sql.SQL("{}::text").format(value)


def _lost(value: Any, type_: Any) -> Any | None:
    """What a value of a type must be to be beyond Arrow: NaN, infinity, a year of other than 4 digits."""
    import pyarrow as pa
    from psycopg import sql

    if pa.types.is_decimal(type_):
        return sql.SQL("{} = 'NaN'").format(value)
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        held = "NOT isfinite({0}) OR extract(year FROM {0}) NOT BETWEEN 1 AND 9999"
        return sql.SQL(held).format(value)
    return None


def _unheld(part: postgres.PostgresPart, types: dict[str, Any]) -> Iterator[Any]:
    """The position of the first column with a value beyond Arrow, and that value as text."""
    from psycopg import sql

    numbers, texts = [], []
    for number, (column, type_) in enumerate(types.items()):
        value = sql.Identifier("q", column)
        lost = _lost(value, type_)
        if lost is None:
            continue
        plain = part.described[column].type == "timestamptz"
        shown = sql.SQL("({} AT TIME ZONE 'UTC')").format(value) if plain else value
        numbers.append(sql.SQL("WHEN {} THEN {}").format(lost, sql.Literal(number)))
        texts.append(sql.SQL("WHEN {} THEN {}::text").format(lost, shown))
    for found, kind, name in ((numbers, "bigint", UNHELD), (texts, "text", UNHELD_TEXT)):
        cases = sql.SQL(" ").join(found)
        case = sql.SQL("CASE {} END").format(cases) if found else sql.SQL("NULL")
        yield sql.SQL("({})::{} AS {}").format(case, sql.SQL(kind), sql.Identifier(name))
