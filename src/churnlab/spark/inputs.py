"""Checked tables where Spark can read them: a saved folder, or tables of a catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.config.meanings import HISTORIES, TABLES
from churnlab.config.sources import Attribute
from churnlab.errors import ConfigError, DataError, IntegrityError, did_you_mean
from churnlab.snapshots import Calendar
from churnlab.spark.failures import told
from churnlab.tables import Tables, store
from churnlab.tables.tables import SourceCount

ARROW = {
    "id": "string",
    "text": "string",
    "category": "string",
    "time": "int64",
    "money": "int64",
    "number": "float64",
}
SPARK = {"string": "string", "int64": "bigint", "float64": "double"}
TELLING = frozenset({"event_id"})  # only tells duplicates apart, and that is done
TAKEN = tuple(table for table in HISTORIES if table != "snapshot")


PIECE_ROWS = 1_000_000  # of a file, read by one task


@dataclass(frozen=True)
class Piece:
    """The row groups ``first:end`` of a Parquet file."""

    path: str
    first: int
    end: int


@dataclass(frozen=True, eq=False)
class SparkTables:
    """``frames``: table -> Spark DataFrame. ``known``: all that is known of them beside their rows.

    ``known`` has no engine (``con`` is None): its rows are asked of Spark only.
    ``rows``: of all tables together, for the number of shards. ``pieces``: table -> pieces of its files,
    where tasks read them directly. ``sample``: seed and limit of the customers dealt to shards.
    """

    frames: Mapping[str, Any]
    known: Tables
    rows: int
    pieces: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    sample: tuple[int, int | None] = (0, None)

    @property
    def columns(self) -> dict[str, dict[str, str]]:
        """Table -> column -> Arrow type, of what features may see."""
        attributes = {name: attribute.kind for name, attribute in self.known.attributes.items()}
        return {
            table: {
                column: ARROW[_kind(table, column, attributes)]
                for column in self.known.columns(table)
                if column not in TELLING
            }
            for table in self.frames
        }

    @property
    def session(self) -> Any:
        """The Spark session that the tables belong to."""
        return self.frames["transactions"].sparkSession


def save(project: Project, folder: Path | str) -> Path:
    """Read and check the sources of ``project`` on this machine, and save them for ``of_folder``."""
    from churnlab.workflow.opening import opened, writing

    folder = Path(folder)
    with writing(project), opened(project, keep=True) as opening:
        store.save(opening.tables, folder)
    return folder


def of_folder(session: Any, folder: Path | str) -> SparkTables:
    """Tables saved by ``churnlab.tables.store``, on a disk that driver and workers share.

    The driver proves every file by its SHA-256 first; ``IntegrityError`` names one that was changed.
    """
    folder = Path(folder)
    said, files = store.described(folder), store.files(folder)
    known = Tables(
        None,
        tuple(SourceCount(**count) for count in said["counts"]),
        said["watermarks"],
        said["digests"],
        {name: Attribute(**each) for name, each in said["attributes"].items()},
        tuple(said["notes"]),
        {table: (table, tuple(about["columns"])) for table, about in said["tables"].items()},
    )
    with told(mend="save the tables again, in a folder that every worker can read"):
        frames = {
            table: session.read.parquet(*[path.resolve().as_uri() for path in paths])
            for table, paths in files.items()
        }
    rows = sum(file["rows"] for about in said["tables"].values() for file in about["files"])
    tables = SparkTables(frames, known, rows, {table: pieces_of(paths) for table, paths in files.items()})
    _check_types(tables)
    return tables


def pieces_of(paths: Iterable[Path]) -> tuple[Piece, ...]:
    """Files in pieces of about ``PIECE_ROWS`` rows, and of one row group at least."""
    import pyarrow.parquet as pq

    pieces: list[Piece] = []
    for path in paths:
        about = pq.read_metadata(path)
        first, rows = 0, 0
        for group in range(about.num_row_groups):
            rows += about.row_group(group).num_rows
            if rows >= PIECE_ROWS or group + 1 == about.num_row_groups:
                pieces.append(Piece(str(path.resolve()), first, group + 1))
                first, rows = group + 1, 0
    return tuple(pieces)


def of_catalogue(
    session: Any, project: Project, names: Mapping[str, str], versions: Mapping[str, str]
) -> SparkTables:
    """Tables of Spark's catalogue whose columns are named and typed as ``Tables.table`` says.

    ``names``: table -> its name, ``{"transactions": "shop.orders"}``. ``versions``: table -> what names
    its content for good, such as a snapshot id: it stands in the manifest where files have their SHA-256.
    """
    _check_names(names, versions)
    attributes = {
        name: attribute
        for source in project.sources.customers
        for name, attribute in source.attributes.items()
    }
    with told(mend="check the names of the tables, and the rights of the session's user"):
        frames = {table: session.table(name) for table, name in names.items()}
        counts = {table: frame.count() for table, frame in frames.items()}
    known = Tables(
        None,
        tuple(SourceCount(table, names[table], rows, rows, 0, 0, 0, {}) for table, rows in counts.items()),
        {},
        {f"{table}: {names[table]}": hashlib.sha256(versions[table].encode()).hexdigest() for table in names},
        attributes,
        ("the tables of the catalogue count as checked: nothing of them was set aside here",),
        {table: (names[table], _columns(table, frame, attributes)) for table, frame in frames.items()},
    )
    tables = SparkTables(frames, known, sum(counts.values()))
    _check_types(tables)
    return _with_watermarks(tables, project)


def _with_watermarks(tables: SparkTables, project: Project) -> SparkTables:
    """Nothing is missing before the day that the configuration declares, else after the last event."""
    from dataclasses import replace

    from pyspark.sql import functions

    calendar, marks = Calendar(project.time_zone, project.calendar), {}
    for table, frame in tables.frames.items():
        declared = [source.complete_until for source in getattr(project.sources, table)]
        dates = [day for day in declared if day is not None and not isinstance(day, str)]
        if declared and len(dates) == len(declared):
            marks[table] = min(calendar.instant(day) for day in dates)
        elif "time" in frame.columns:
            with told():
                last = frame.agg(functions.max("time")).first()[0]
            if last is not None:
                marks[table] = last + 1
    return replace(tables, known=replace(tables.known, watermarks=marks))


def _columns(table: str, frame: Any, attributes: Mapping[str, Attribute]) -> tuple[str, ...]:
    """The columns that have a meaning; others are not read."""
    wanted = [*TABLES[table], *(attributes if table == "customers" else ())]
    missing = [
        name for name, (_, required) in TABLES[table].items() if required and name not in frame.columns
    ]
    missing += [name for name in wanted[len(TABLES[table]) :] if name not in frame.columns]
    if missing:
        raise DataError(
            f"{table}: the table has no column {missing[0]}{did_you_mean(missing[0], frame.columns)}",
            got=", ".join(frame.columns),
            mend="make a view whose columns are named as docs/spark.md says",
        )
    return tuple(name for name in wanted if name in frame.columns)


def _check_names(names: Mapping[str, str], versions: Mapping[str, str]) -> None:
    for table in names:
        if table not in TAKEN:
            raise ConfigError(
                f"{table}: no such table{did_you_mean(table, TAKEN)}", mend=f"use {', '.join(TAKEN)}"
            )
        if not versions.get(table):
            raise ConfigError(
                f"{table}: nothing names its version",
                mend="give the id of its snapshot: lists must say what they were made of",
            )
    if "transactions" not in names:
        raise ConfigError("a table of transactions is needed", got=", ".join(names) or "none")


def _check_types(tables: SparkTables) -> None:
    """Refuse whatever would have to be rounded, parsed or guessed."""
    for table, columns in tables.columns.items():
        types = dict(tables.frames[table].dtypes)
        for column, arrow in columns.items():
            if types.get(column) == SPARK[arrow]:
                continue
            kind = DataError if column in types else IntegrityError
            raise kind(
                f"{table}: {column} is not of type {SPARK[arrow]}",
                got=types.get(column, "no such column"),
                mend="ids and text: string; times: bigint, microseconds UTC; money: bigint, minor units; "
                "numbers: double",
            )


def _kind(table: str, column: str, attributes: Mapping[str, str]) -> str:
    known = TABLES[table].get(column)
    return known[0] if known else attributes[column]
