"""Checked tables on disk: written once, opened again as they were, on this machine or by Spark.

    folder/tables.json                    columns, counts, notes ..., and the SHA-256 of every file
           transactions-00000.parquet     canonical columns, as in Tables.table; at most PART_ROWS rows
           transactions-00001.parquet
           interactions-00000.parquet

The folder appears whole or not at all. Only its owner may read it: it holds customer ids.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from churnlab.config.meanings import TABLES
from churnlab.config.sources import Attribute
from churnlab.durable import create, digest, failpoint, flush, on_disk, sync_folder, write_whole
from churnlab.errors import IntegrityError
from churnlab.tables.rows import DTYPES
from churnlab.tables.tables import SourceCount, Tables

NAME = "tables.json"
FORMAT = 1
GROUP_ROWS = 131_072  # one row group: what a reader holds at a time
PART_ROWS = 32 * GROUP_ROWS
_FILE_NAME = re.compile(r"[a-z]+-[0-9]{5}\.parquet")


def save(tables: Tables, folder: Path) -> None:
    """Write checked tables to ``folder``; what was there before is replaced, whole."""
    stage = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    with on_disk(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
        try:
            stage.mkdir(mode=0o700)
            written = {table: _described(tables, table, stage) for table in tables.stored}
            write_whole(stage / NAME, _sealed(tables, written), private=True)
            failpoint("tables.rename")
            _replace(folder, stage)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _replace(folder: Path, stage: Path) -> None:
    """Put ``stage`` in the place of ``folder``. No name can be exchanged for a full folder at once:
    killed in between, there is none, which is as good as an unsaved one.
    """
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    stage.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _described(tables: Tables, table: str, stage: Path) -> dict[str, Any]:
    """What is said of a table, once its files are written."""
    kinds = {name: DTYPES[kind] for name, kind in kinds_of(tables, table).items()}
    return {"columns": kinds, "files": list(_write(tables, table, kinds, stage))}


def kinds_of(tables: Tables, table: str) -> dict[str, str]:
    """Column -> its kind (id, text, time, money, number, category), in the order of the table."""
    known = {name: kind for name, (kind, _) in TABLES[table].items()}
    attributes = {name: attribute.kind for name, attribute in tables.attributes.items()}
    return {name: known.get(name) or attributes[name] for name in tables.columns(table)}


def _write(
    tables: Tables, table: str, columns: Mapping[str, str], stage: Path
) -> Iterator[dict[str, str | int]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    batches = iter(_batches(tables, table))
    first = next(batches, schema.empty_table().to_batches())
    number = 0
    while first is not None:
        path = stage / f"{table}-{number:05}.parquet"
        rows = 0
        with create(path, private=True) as file:
            with pq.ParquetWriter(file, schema, compression="zstd", compression_level=1) as writer:
                for group in chain([first], batches):
                    whole = pa.Table.from_batches(group, schema)
                    writer.write_table(whole, row_group_size=GROUP_ROWS)
                    rows += len(whole)
                    if rows >= PART_ROWS:
                        break
            flush(file)
        yield {"name": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": digest(path)}
        first, number = next(batches, None), number + 1


def _batches(tables: Tables, table: str) -> Iterator[list[Any]]:
    """The rows, GROUP_ROWS at a time."""
    # A cursor of its own: reading must not end a result that is open elsewhere.
    cursor = tables.con.con.cursor()
    try:
        sql = tables.con.compile(tables.table(table))
        held: list[Any] = []
        rows = 0
        for batch in cursor.execute(sql).to_arrow_reader(GROUP_ROWS):
            held.append(batch)
            rows += len(batch)
            while rows >= GROUP_ROWS:
                rows -= GROUP_ROWS
                last = held.pop()
                yield [*held, last.slice(0, len(last) - rows)]
                held = [last.slice(len(last) - rows)] if rows else []
        if rows:
            yield held
    finally:
        cursor.close()


def _sealed(tables: Tables, written: Mapping[str, Any]) -> bytes:
    """The JSON beside the files, with a digest of itself: a changed watermark must not go unnoticed."""
    body = {
        "format": FORMAT,
        "tables": written,
        "attributes": {name: each.model_dump(mode="json") for name, each in tables.attributes.items()},
        "watermarks": dict(tables.watermarks),
        "counts": [asdict(count) for count in tables.counts],
        "digests": dict(tables.digests),
        "notes": list(tables.notes),
    }
    sealed = {**body, "sha256": _digest(body)}
    return (json.dumps(sealed, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read(folder: Path, con: Any) -> Tables:
    """Open saved tables in an engine whose session is ``allowed`` to read ``folder``.

    ``IntegrityError`` where anything is missing, damaged or not as it was written.
    """
    said = described(folder)
    for file in _files(said):
        _check(folder, file)
    stored = {}
    for table, about in said["tables"].items():
        # Equal names mean equal content: two saved folders may be open in one session.
        view = f"churnlab_stored_{table}_{said['sha256'][:16]}"
        _create_view(con, view, [folder / file["name"] for file in about["files"]], about["columns"])
        stored[table] = (view, tuple(about["columns"]))
    return Tables(
        con,
        tuple(SourceCount(**count) for count in said["counts"]),
        said["watermarks"],
        said["digests"],
        {name: Attribute(**each) for name, each in said["attributes"].items()},
        tuple(said["notes"]),
        stored,
        {
            table: [folder / file["name"] for file in about["files"]]
            for table, about in said["tables"].items()
        },
    )


def described(folder: Path) -> dict[str, Any]:
    """What ``tables.json`` says, once it has proved to be what was written. No other file is read."""
    try:
        said = json.loads((folder / NAME).read_bytes())
        body = {name: value for name, value in said.items() if name != "sha256"}
        whole = said["sha256"] == _digest(body) and said["format"] == FORMAT
        names = [file["name"] for file in _files(said)]
    except OSError as error:
        raise _damaged(folder, f"{NAME}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(folder, f"{NAME} cannot be read") from None
    if not whole or not all(_FILE_NAME.fullmatch(name) for name in names):
        raise _damaged(folder, f"{NAME} was changed, or written by another version")
    return dict(said)


def files(folder: Path) -> dict[str, list[Path]]:
    """Table -> its Parquet files, for a reader of its own such as Spark; proved as in :func:`read`."""
    said = described(folder)
    for file in _files(said):
        _check(folder, file)
    return {
        table: [folder / file["name"] for file in about["files"]] for table, about in said["tables"].items()
    }


def _files(said: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return chain.from_iterable(about["files"] for about in said["tables"].values())


def _check(folder: Path, file: Mapping[str, Any]) -> None:
    path = folder / file["name"]
    try:
        whole = path.stat().st_size == file["bytes"] and digest(path) == file["sha256"]
    except OSError as error:
        raise _damaged(folder, f"{file['name']}: {error.strerror}") from None
    if not whole:
        raise _damaged(folder, f"{file['name']} has other bytes than were written")


def _create_view(con: Any, view: str, paths: Iterable[Path], columns: Iterable[str]) -> None:
    """A view, not a copy: rows are read when they are asked for, a row group at a time."""
    listed = ", ".join("'" + str(path.resolve()).replace("'", "''") + "'" for path in paths)
    chosen = ", ".join(f'"{column}"' for column in columns)
    con.con.execute(f'CREATE OR REPLACE VIEW "{view}" AS SELECT {chosen} FROM read_parquet([{listed}])')


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _damaged(folder: Path, how: str) -> IntegrityError:
    return IntegrityError(
        f"{folder.name}: the saved tables are damaged",
        got=how,
        mend="remove that folder, and load the sources again",
    )
