"""A table or query in Postgres, read as of one moment and without a right to write.

Rows come through COPY as text, an empty field apart from a null one, and take the types Postgres
declares. The address is a secret: it is looked up at the last moment, and no message quotes it or
what the driver says about it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from churnlab.config.loader import environment
from churnlab.config.warehouse import PostgresTable
from churnlab.errors import ConfigError, DataError, MachineError
from churnlab.tables.records import Reject
from churnlab.tables.text_files import missing

_BLOCK = 8 << 20  # bytes

# What Postgres calls a type -> its name in Arrow; numeric has digits of its own.
_TYPES = {
    "bool": "bool_",
    "int2": "int16",
    "int4": "int32",
    "int8": "int64",
    "float4": "float32",
    "float8": "float64",
    "date": "date32",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "text": "string",
    "varchar": "string",
    "bpchar": "string",
    "name": "string",
    "uuid": "string",
    "numeric": "decimal",
}


@dataclass(frozen=True)
class _Column:
    type: str  # as Postgres calls it; "enum" for any enumeration
    digits: int | None
    scale: int | None


@dataclass
class PostgresPart:
    """A relation in Postgres."""

    dsn: str  # the secret's name, ${env:NAME}
    relation: Any  # psycopg.sql: a table's name, or a query in parentheses
    label: str
    described: Mapping[str, _Column]
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, place: PostgresTable, label: str) -> PostgresPart:
        """Ask the server for the columns; ``label`` is how messages name this source."""
        _driver(label)
        from psycopg import sql

        if place.table:
            relation: Any = sql.Identifier(*place.table.split("."))
        else:
            relation = sql.SQL("(\n{}\n)").format(sql.SQL(place.query or ""))
        with connected(place.dsn, label) as connection:
            described = _describe(connection, relation, label)
        return cls(place.dsn, relation, label, described)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.described)

    def types(self, wanted: Sequence[str]) -> list[Any]:
        """The Arrow types of columns; ``DataError`` where one is missing or not plain."""
        for name in wanted:
            if name not in self.described:
                raise missing(name, self.columns, self.label)
        return [_arrow_type(self.described[name], name, self.label) for name in wanted]

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[None, list[Any]]]:
        """(None, wanted columns) of batch after batch, as Arrow arrays; rejects gather meanwhile."""
        types = self.types(wanted)
        with connected(self.dsn, self.label) as connection:
            self.refuse_changed(connection)
            for batch in copied(connection, self._copy(wanted), len(wanted)):
                yield None, self._typed(batch, wanted, types)

    def refuse_changed(self, connection: Any) -> None:
        """Stop where the columns are no longer those that were looked at."""
        if _describe(connection, self.relation, self.label) != self.described:
            raise DataError(f"{self.label}: the columns changed while it was read", mend="run again")

    def _copy(self, wanted: Sequence[str]) -> Any:
        from psycopg import sql

        fields = [
            # Without an offset in the text: the instant as a UTC clock shows it.
            sql.SQL("{} AT TIME ZONE 'UTC'").format(sql.Identifier(name))
            if self.described[name].type == "timestamptz"
            else sql.Identifier(name)
            for name in wanted
        ]
        select = sql.SQL("SELECT {} FROM {} AS q").format(sql.SQL(", ").join(fields), self.relation)
        return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, NULL '', FORCE_QUOTE *)").format(select)

    def _typed(self, texts: Sequence[Any], wanted: Sequence[str], types: Sequence[Any]) -> list[Any]:
        """Texts as the declared types; a row with a value they cannot hold is set aside."""
        import numpy as np
        import pyarrow as pa

        good = np.ones(len(texts[0]), dtype=bool)
        arrays = []
        for name, text, type_ in zip(wanted, texts, types, strict=True):
            array, bad = as_type(text, type_)
            for row in bad:
                if good[row]:  # a row with two such values is one record
                    raw, expected = text[row].as_py(), f"a value that {type_} can hold"
                    self.rejects.append(Reject(None, name, raw, "out_of_range", expected, self.label))
                    good[row] = False
            arrays.append(array)
        return arrays if good.all() else [each.filter(pa.array(good)) for each in arrays]


def as_type(text: Any, type_: Any) -> tuple[Any, list[int]]:
    """(the array, rows that it cannot hold): NaN in a decimal, infinity or a year before 1 in a time."""
    import pyarrow as pa

    if pa.types.is_boolean(type_):
        import pyarrow.compute as pc

        return pc.equal(text, "t"), []
    plain = pa.timestamp("us") if pa.types.is_timestamp(type_) else type_
    try:
        return text.cast(plain).cast(type_), []
    except pa.ArrowInvalid:
        bad = [row for row in range(len(text)) if not _holds(text[row], plain)]
    kept = text.to_pylist()
    for row in bad:
        kept[row] = None
    return pa.array(kept, pa.string()).cast(plain).cast(type_), bad


def _holds(text: Any, type_: Any) -> bool:
    import pyarrow as pa

    try:
        text.cast(type_)
    except pa.ArrowInvalid:
        return False
    return True


def _arrow_type(column: _Column, name: str, label: str) -> Any:
    import pyarrow as pa

    kind = "string" if column.type == "enum" else _TYPES.get(column.type)
    if kind is None:
        raise DataError(
            f"{label}: column {name!r} does not hold plain values",
            got=column.type,
            mend="cast it in a query, for example to text",
        )
    if kind == "decimal":
        digits, scale = column.digits, column.scale
        # numeric without digits has no bounds: its text is exact.
        fits = digits is not None and scale is not None and 0 <= scale <= digits <= 38
        return pa.decimal128(digits, scale) if fits else pa.string()
    if kind == "timestamp":
        return pa.timestamp("us", "UTC" if column.type == "timestamptz" else None)
    return getattr(pa, kind)()


def _describe(connection: Any, relation: Any, label: str) -> dict[str, _Column]:
    """The columns by name. ``binary`` makes the server refuse several statements in one query."""
    from psycopg import errors, sql

    try:
        found = connection.execute(sql.SQL("SELECT * FROM {} AS q LIMIT 0").format(relation), binary=True)
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        raise DataError(
            f"{label}: no such table in the database", mend="name it as schema.table, as Postgres does"
        ) from None
    described = found.description or []
    repeated = [each.name for n, each in enumerate(described) if each.name in [d.name for d in described[:n]]]
    if repeated:
        raise DataError(
            f"{label}: two columns are named {repeated[0]!r}", mend="give each column its own name"
        )
    numbers = [each.type_code for each in described]
    asked = connection.execute(
        "SELECT oid, CASE WHEN typtype = 'e' THEN 'enum' ELSE typname END FROM pg_type WHERE oid = ANY(%s)",
        [numbers],
    )
    names = dict(asked.fetchall())
    return {each.name: _Column(names[each.type_code], each.precision, each.scale) for each in described}


def copied(connection: Any, statement: Any, width: int) -> Iterator[list[Any]]:
    """Batches of text columns from a COPY: quoted fields are text, empty ones null."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(n) for n in range(width)]
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        first = copy.read()
        if not first:
            return
        reader = csv.open_csv(
            _Copy(copy, bytes(first)),
            csv.ReadOptions(column_names=names, block_size=_BLOCK),
            csv.ParseOptions(newlines_in_values=True),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield batch.columns


class _Copy(io.RawIOBase):
    """A COPY as a stream of bytes: the server sends rows, a reader asks for blocks."""

    def __init__(self, copy: Any, first: bytes) -> None:
        self._copy, self._rest = copy, first

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunks, length = [self._rest], len(self._rest)
        while length < size or size < 0:
            chunk = bytes(self._copy.read())
            if not chunk:
                break
            chunks.append(chunk)
            length += len(chunk)
        whole = b"".join(chunks)
        cut = len(whole) if size < 0 else size
        self._rest = whole[cut:]
        return whole[:cut]


def _driver(label: str) -> None:
    import importlib.util

    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError(
            f"{label}: reading from Postgres needs psycopg", mend="pip install 'churnlab[postgres]'"
        )


@contextmanager
def connected(dsn: str, label: str) -> Iterator[Any]:
    """One read-only snapshot of the database. Errors say what to mend, never the address."""
    import psycopg

    address = environment(dsn.removeprefix("${env:").removesuffix("}"), label)
    try:
        connection = psycopg.connect(address, connect_timeout=10, client_encoding="utf8")
    except psycopg.Error:
        raise MachineError(
            f"{label}: cannot connect to the Postgres server of {dsn}",
            mend="check that variable's address, user and password, and that the server is up",
        ) from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            connection.execute("SET LOCAL TimeZone = 'UTC'")
            connection.execute("SET LOCAL DateStyle = 'ISO, YMD'")
            connection.execute("SET LOCAL extra_float_digits = 1")
            yield connection
        except psycopg.OperationalError:
            raise MachineError(f"{label}: the connection to Postgres was lost", mend="run again") from None
        except psycopg.Error as error:
            # Class 42 is about the statement's own text; other messages may quote values.
            about = error.diag.message_primary if (error.sqlstate or "").startswith("42") else None
            raise DataError(
                f"{label}: Postgres refused to read it",
                got=about or f"SQLSTATE {error.sqlstate}",
                mend="try the query in psql with the same user",
            ) from None
