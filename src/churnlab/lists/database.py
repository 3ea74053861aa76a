"""Delivery into Postgres: the rows of a list and a row that says so, in one transaction.

    churnlab_deliveries  (list_id, delivery) once, with the record     } together,
    churnlab_lists       list_id, then the list's columns              } or not at all

A run that is killed before the ledger has its line finds the row here, and does not deliver again.
Delivered again, a list's rows take the place of the ones before, and so they do of another run's of
the same date.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.export import PostgresTarget
from churnlab.config.loader import environment
from churnlab.durable import failpoint
from churnlab.errors import ConfigError, MachineError
from churnlab.lists import package
from churnlab.lists.package import Record

_BATCH = 16_384
_TYPES = {"string": "text", "date32[day]": "date", "double": "double precision", "int64": "bigint"}
_DELIVERIES = {
    "list_id": "text",
    "delivery": "integer",
    "project": "text",
    "list": "text",
    "as_of": "date",
    "valid_until": "date",
    "rows": "bigint",
    "record": "text",
    "delivered_at": "timestamp with time zone",
}


@dataclass(frozen=True)
class Database:
    """Two tables as the destination. ``dsn``: the secret's name, ${env:NAME}."""

    dsn: str
    table: str
    deliveries: str

    @classmethod
    def of(cls, target: PostgresTarget) -> Database:
        """``ConfigError`` where the driver is not installed, or the variable not set."""
        label = f"postgres {target.dsn}"
        if importlib.util.find_spec("psycopg") is None:
            raise ConfigError(
                f"{label}: delivering there needs psycopg", mend="pip install 'churnlab[postgres]'"
            )
        environment(target.dsn.removeprefix("${env:").removesuffix("}"), label)
        return cls(target.dsn, target.table, target.deliveries)

    def held(self, project: str, known: Collection[str]) -> Iterator[Record]:
        """The deliveries of ``project`` that are there, but for those whose names are ``known``."""
        with self._connected() as connection:
            if not self._notes_exist(connection):
                return
            found = connection.execute(
                _sql(
                    "SELECT list_id, delivery, record FROM {} WHERE project = %s ORDER BY 1, 2",
                    self.deliveries,
                ),
                [project],
            ).fetchall()
        for list_id, delivery, record in found:
            name = package.name(list_id, delivery)
            if name not in known:
                yield package.read(record.encode(), f"{self.deliveries}, {name}")

    def place(self, stage: Path, record: Record) -> None:
        """Add the rows in ``stage``; nothing happens where this very delivery is there already."""
        with self._connected() as connection:
            self._require(connection, self.deliveries, _DELIVERIES, "PRIMARY KEY (list_id, delivery)")
            if not self._noted(connection, record):
                return
            types = self._types(stage, record)
            self._require(connection, self.table, types, None)
            gone = [record.facts["list_id"], *record.facts.get("replaces", ())]
            connection.execute(_sql("DELETE FROM {} WHERE list_id = ANY(%s)", self.table), [gone])
            for file in record.files:
                self._copy(connection, stage / file, record.facts["list_id"], list(types))
            failpoint("database.commit")

    def check(self, name: str, sha256: str) -> bool:
        """Whether a delivery is still noted; ``IntegrityError`` where another record stands there."""
        list_id, _, number = name.partition("-r")
        with self._connected() as connection:
            if not self._notes_exist(connection):
                return False
            found = connection.execute(
                _sql("SELECT record FROM {} WHERE list_id = %s AND delivery = %s", self.deliveries),
                [list_id, int(number or 1)],
            ).fetchone()
        if found is None:
            return False
        if package.read(found[0].encode(), f"{self.deliveries}, {name}").sha256 != sha256:
            raise package.damaged(f"{self.deliveries}, {name}", "another delivery than the ledger has")
        return True

    def _noted(self, connection: Any, record: Record) -> bool:
        """Note the delivery; False where it was noted before. Who comes second waits here for the first."""
        facts = record.facts
        done = connection.execute(
            _sql(
                "INSERT INTO {} (list_id, delivery, project, list, as_of, valid_until, rows, record,"
                " delivered_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING",
                self.deliveries,
            ),
            [
                *(facts[key] for key in ("list_id", "delivery", "project", "list", "as_of")),
                facts["valid_until"],
                facts["rows"],
                json.dumps(facts, ensure_ascii=False),
            ],
        )
        return bool(done.rowcount)

    def _types(self, stage: Path, record: Record) -> dict[str, str]:
        import pyarrow.parquet as pq

        schema = pq.read_schema(stage / next(iter(record.files)))
        return {"list_id": "text", **{field.name: _TYPES.get(str(field.type), "text") for field in schema}}

    def _require(self, connection: Any, table: str, types: dict[str, str], key: str | None) -> None:
        """Make ``table`` where it is not there; ``ConfigError`` where it has other columns."""
        from psycopg import sql

        there = _columns(connection, table)
        if not there:
            columns = [sql.SQL("{} " + type_).format(sql.Identifier(name)) for name, type_ in types.items()]
            columns += [sql.SQL(key)] if key else []
            make = sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})")
            connection.execute(make.format(_name(table), sql.SQL(", ").join(columns)))
            there = _columns(connection, table)
        _check_fits(table, there, types)

    def _notes_exist(self, connection: Any) -> bool:
        there = _columns(connection, self.deliveries)
        if there:
            _check_fits(self.deliveries, there, _DELIVERIES)
        return bool(there)

    def _copy(self, connection: Any, path: Path, list_id: str, names: list[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq
        from psycopg import sql
        from pyarrow import csv

        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(_name(self.table), columns)
        # Nulls are the cells without quotes: an empty text is not a missing one.
        plain = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        with pq.ParquetFile(path) as rows, connection.cursor().copy(statement) as copy:
            for batch in rows.iter_batches(_BATCH, use_threads=False):
                sink = pa.BufferOutputStream()
                own = pa.repeat(list_id, batch.num_rows)
                whole = pa.RecordBatch.from_arrays([own, *batch.columns], names=names)
                csv.write_csv(whole, sink, plain)
                copy.write(memoryview(sink.getvalue()))

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """One transaction. Errors say what to mend, never the address, a value or what the driver says."""
        import psycopg

        label = f"postgres {self.dsn}"
        address = environment(self.dsn.removeprefix("${env:").removesuffix("}"), label)
        try:
            connection = psycopg.connect(address, connect_timeout=10, client_encoding="utf8")
        except psycopg.Error:
            raise MachineError(
                f"{label}: cannot connect to the Postgres server",
                mend="check that variable's address, user and password, and that the server is up",
            ) from None
        try:
            with connection:
                connection.execute("SET LOCAL DateStyle = 'ISO, YMD'")
                yield connection
        except psycopg.Error as error:
            raise MachineError(
                f"{label}: Postgres did not take or give what was asked; nothing of it was kept",
                got=f"SQLSTATE {error.sqlstate or 'none: the connection was lost'}",
                mend="check this user's rights on both tables, and run again",
            ) from None


def _name(table: str) -> Any:
    from psycopg import sql

    return sql.Identifier(*table.split("."))


def _sql(text: str, table: str) -> Any:
    from psycopg import sql

    return sql.SQL(text).format(_name(table))


def _columns(connection: Any, table: str) -> dict[str, str]:
    """The columns of a table with their types; empty where there is no such table."""
    found = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [".".join(f'"{part}"' for part in table.split("."))],
    )
    return dict(found.fetchall())


def _check_fits(table: str, there: Mapping[str, str], types: Mapping[str, str]) -> None:
    other = [name for name, type_ in types.items() if there.get(name) != type_]
    if other:
        raise ConfigError(
            f"export.destination.postgres: {table} has no column {other[0]!r} of the type it needs",
            got=there.get(other[0], "no such column"),
            mend=f"add it as {types[other[0]]}, leave it out (export.leave_out), or name another table",
        )
