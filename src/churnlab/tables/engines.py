"""Sources that are not files of rows: a table in a DuckDB database file, a pandas frame.

Their rows have no line, and their columns keep their own types.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churnlab.config.sources import DuckDBTable
from churnlab.errors import ConfigError, DataError, MachineError, did_you_mean
from churnlab.tables.columnar import plain_type
from churnlab.tables.locate import Input, find
from churnlab.tables.records import Reject
from churnlab.tables.text_files import missing

_BATCH = 131_072  # rows


@dataclass
class DuckDBPart:
    """A table or view in a DuckDB database file."""

    file: Input
    relation: str  # quoted
    columns: tuple[str, ...]
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, place: DuckDBTable, *, root: Path, data_roots: Sequence[str]) -> DuckDBPart:
        """Find the file and the table in it; ``DataError`` where either is missing."""
        files = find([place.path], root=root, data_roots=data_roots)
        if len(files) > 1:
            raise DataError(f"{place.path}: matches {len(files)} files", mend="name one DuckDB file")
        file = files[0]
        with _database(file) as database:
            found = database.execute("SELECT table_schema, table_name FROM information_schema.tables")
            names = {_full_name(*row): row for row in found.fetchall()}
            if place.table not in names:
                raise DataError(
                    f"{file.label}: no table {place.table!r}{did_you_mean(place.table, names)}",
                    got=", ".join(sorted(names)[:20]) or "no tables",
                    mend="name the table as schema.table, or as it is in the schema main",
                )
            relation = ".".join(map(quoted, names[place.table]))
            columns = [row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
        return cls(file, relation, tuple(columns))

    @property
    def label(self) -> str:
        return self.file.label

    def types(self, wanted: Sequence[str]) -> list[Any]:
        """The Arrow types of columns; ``DataError`` where one is missing or not plain."""
        for name in wanted:
            if name not in self.columns:
                raise missing(name, self.columns, self.label)
        with _database(self.file) as database:
            schema = _reader(database, f"{self._select(wanted)} LIMIT 0").schema
        return [plain_type(each.type, name, self.label) for name, each in zip(wanted, schema, strict=True)]

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[None, list[Any]]]:
        """(None, wanted columns) of batch after batch, as Arrow arrays."""
        with _database(self.file) as database:
            for batch in _reader(database, self._select(wanted)):
                yield None, batch.columns
        with self.file.opened() as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != self.file.sha256:
                raise self.file.changed()

    def _select(self, wanted: Sequence[str]) -> str:
        return f"SELECT {', '.join(map(quoted, wanted))} FROM {self.relation}"


@dataclass
class FramePart:
    """A pandas frame that was handed over from Python."""

    frame: Any
    label: str
    columns: tuple[str, ...]
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, frames: Mapping[str, Any], place: str) -> FramePart:
        """The frame of that name; ``ConfigError`` where none was handed over."""
        if name not in frames:
            raise ConfigError(
                f"{place}: no frame {name!r} was handed over{did_you_mean(name, frames)}",
                got=", ".join(frames) or "no frames",
                mend="pass it from Python: frames={...}",
            )
        columns = tuple(map(str, frames[name].columns))
        repeated = [column for n, column in enumerate(columns) if column in columns[:n]]
        if repeated:
            raise DataError(
                f"{name}: two columns are named {repeated[0]!r}", mend="give each column its own name"
            )
        return cls(frames[name], name, columns)

    def types(self, wanted: Sequence[str]) -> list[Any]:
        """The Arrow types of columns; ``DataError`` where one is missing, mixed or not plain."""
        return [
            plain_type(array.type, name, self.label)
            for name, array in zip(wanted, self._arrays(wanted), strict=True)
        ]

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[None, list[Any]]]:
        """(None, wanted columns), as Arrow arrays."""
        yield None, self._arrays(wanted)

    def _arrays(self, wanted: Sequence[str]) -> list[Any]:
        import pyarrow as pa

        for name in wanted:
            if name not in self.columns:
                raise missing(name, self.columns, self.label)
        arrays = []
        for name in wanted:
            try:
                values = self.frame.iloc[:, self.columns.index(name)]
                arrays.append(pa.array(values, from_pandas=True))
            except (pa.ArrowException, OverflowError):
                kinds = sorted({type(value).__name__ for value in values.dropna()})
                raise DataError(
                    f"{self.label}: column {name!r} mixes values of different kinds",
                    got=", ".join(kinds),
                    mend=f"make it one kind, for example frame[{name!r}].astype(str)",
                ) from None
        return arrays


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _full_name(schema: str, table: str) -> str:
    return table if schema == "main" else f"{schema}.{table}"


@contextmanager
def _database(file: Input) -> Iterator[Any]:
    """A connection of its own: read-only, and unable to reach any other file, whatever a view says."""
    import duckdb

    with file.opened() as stream:
        if stream.read(12)[8:] != b"DUCK":
            raise DataError(f"{file.label}: not a DuckDB database", mend="name a DuckDB database file")
        try:
            with duckdb.connect(
                str(file.path),
                read_only=True,
                config={
                    "enable_external_access": "false",
                    "autoload_known_extensions": "false",
                    "threads": 2,
                },
            ) as database:
                database.execute("SET TimeZone = 'UTC'")
                yield database
        except duckdb.IOException:
            raise MachineError(
                f"{file.label}: the database cannot be opened",
                got="it is damaged, or another process is writing to it",
                mend="wait for the other process, or hand over a copy",
            ) from None
        except duckdb.Error as error:  # its text may quote values
            raise DataError(
                f"{file.label}: cannot be read as a DuckDB database",
                got=type(error).__name__,
                mend="check the table or view with the version of DuckDB that wrote it",
            ) from None


def _reader(database: Any, select: str) -> Any:
    return database.sql(select).arrow(_BATCH)
