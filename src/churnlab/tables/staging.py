"""One source, as it is, ready to be read: found, joined with its lookups, mapped, not yet judged.

files | duckdb | postgres | frame  ->  parts  ->  Incoming (lookups joined, meanings named)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.sources import Product, Source
from churnlab.errors import DataError
from churnlab.tables.counts import allowed
from churnlab.tables.delivery import Delivery
from churnlab.tables.landing import Part, Stream
from churnlab.tables.locate import apart
from churnlab.tables.lookups import Joined, Prepared, prepare
from churnlab.tables.opening import opened
from churnlab.tables.records import Reject
from churnlab.tables.text_files import shown

__all__ = ["Finished", "Incoming", "Reject", "Staged", "incoming", "stage"]


@dataclass(frozen=True, eq=False)
class Incoming:
    """A source whose columns are known and whose rows have not been read.

    Its columns are named ``meaning`` (``meaning__1``, ``meaning__2`` ... for a product), as the
    constants, and ``attribute__<name>``. Text files give text exactly as it is, declared nulls as null;
    the others their own types. ``line`` is the physical line of a text record's start (the header is
    1), the row number in Parquet, null for engines.
    """

    place: str
    source: Source
    stream: Stream
    digests: Mapping[str, str]  # label of a file -> SHA-256
    lookups: Sequence[Prepared]
    delivery: Delivery | None

    def finished(self) -> Finished:
        """What is only known once all rows have been read; ``DataError`` where it breaks the contract."""
        parts = self.stream.parts
        rejects = tuple(each for part in parts for each in part.rejects)
        read = self.stream.rows + len(rejects)
        if self.delivery is not None:
            self.delivery.check_rows(read)
        used = {*self.stream.wanted, *(key for lookup in self.lookups for key in lookup.keys)}
        unread = tuple(drift(parts, used))
        if unread and self.source.unmapped == "refuse":
            raise DataError(
                f"{self.place}: the input has other columns than were agreed",
                got="; ".join(unread[:2]),
                mend="map them, have them removed, or set unmapped: note",
            )
        said = [note for part in parts for note in part.notes]
        said += [note for lookup in self.lookups for note in lookup.notes]
        return Finished(read, rejects, (*said, *unread))


@dataclass(frozen=True)
class Finished:
    """What came of reading a source. ``read``: rows + distinct records set aside; no blank lines."""

    read: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]


def incoming(
    source: Source,
    *,
    table: str,
    root: Path,
    data_roots: Sequence[str],
    frames: Mapping[str, Any],
) -> Incoming:
    """Open a source of ``table``; ``DataError`` where a file or a column is not there."""
    delivery = Delivery.read(source.manifest, root=root, data_roots=data_roots) if source.manifest else None
    parts, digests = _parts(source, table, root, data_roots, frames, delivery)
    lookups = [prepare(each, root=root, data_roots=data_roots) for each in source.lookups]
    for lookup in lookups:
        parts = [Joined(part, lookup) for part in parts]
        digests = _with_digests(digests, lookup.digests)
    stream = Stream(parts, list(columns_of(source)), source.constants)
    return Incoming(f"{table}.{source.name}", source, stream, digests, lookups, delivery)


def _with_digests(found: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Both; a file that is named as another one of ``found`` keeps a digest of its own."""
    others = {
        label if found.get(label, sha) == sha else apart(label, found): sha for label, sha in more.items()
    }
    return {**found, **others}


@dataclass(frozen=True)
class Staged:
    """A source in the engine: the temporary table ``name``, and what did not make it there.

    Columns: ``source_file`` (the label), ``line``, then those of :class:`Incoming`.
    """

    name: str
    read: int
    rejects: tuple[Reject, ...]
    digests: Mapping[str, str]
    notes: tuple[str, ...]


def stage(
    source: Source,
    *,
    table: str,
    con: Any,
    root: Path,
    data_roots: Sequence[str],
    frames: Mapping[str, Any],
) -> Staged:
    """Read a source as it is, without judging its rows: to look at it. An earlier staging is replaced."""
    arriving = incoming(source, table=table, root=root, data_roots=data_roots, frames=frames)
    labels = ", ".join("'" + label.replace("'", "''") + "'" for label in arriving.stream.labels)
    names = [name for name in arriving.stream.schema.names[2:] if not name.startswith("__plain_")]
    columns = ", ".join(f'"{name}"' for name in names)
    name = f"staged_{source.name}"
    arriving.stream.run(
        f'CREATE OR REPLACE TEMP TABLE "{name}" AS '
        f"SELECT [{labels}][source_file + 1] AS source_file, line, {columns} FROM arriving",
        con,
    )
    done = arriving.finished()
    return Staged(name, done.read, done.rejects, arriving.digests, done.notes)


def _parts(
    source: Source,
    table: str,
    root: Path,
    data_roots: Sequence[str],
    frames: Mapping[str, Any],
    delivery: Delivery | None,
) -> tuple[list[Part], Mapping[str, str]]:
    place = f"{table}.{source.name}"
    if source.files:
        return opened(
            source.files,
            source.csv,
            root=root,
            data_roots=data_roots,
            tolerated=lambda read: _tolerated(source, read),
            delivery=delivery,
        )
    if source.duckdb:
        from churnlab.tables.engines import DuckDBPart

        part = DuckDBPart.of(source.duckdb, root=root, data_roots=data_roots)
        return [part], {part.file.label: part.file.sha256}
    if source.postgres:
        from churnlab.tables.postgres import PostgresPart

        return [PostgresPart.of(source.postgres, place)], {}
    from churnlab.tables.engines import FramePart

    return [FramePart.of(source.frame or "", frames, place)], {}


def _tolerated(source: Source, read: int) -> int:
    """Lines that may fail to decode: as many as may be set aside at all."""
    known = math.floor(source.expected_quarantine.get("encoding", 0) * read)
    return allowed(source.max_quarantined, read) + known


def columns_of(source: Source) -> Iterator[tuple[str, str]]:
    """(name when staged, column of the source) of all that is mapped."""
    for meaning, column in source.columns.items():
        if isinstance(column, Product):
            for n, factor in enumerate(column.multiply, 1):
                yield f"{meaning}__{n}", factor
        else:
            yield meaning, column
    for name, attribute in source.attributes.items():
        yield f"attribute__{name}", attribute.column


def drift(parts: Sequence[Part], used: Collection[str]) -> Iterator[str]:
    """Columns that nothing reads: in all parts, and in some only."""
    unread = [[name for name in part.columns if name and name not in used] for part in parts]
    common = [name for name in unread[0] if all(name in names for names in unread)] if unread else []
    if common:
        yield f"{parts[0].label}: columns not mapped: {shown(common)}"
    for part, names in zip(parts, unread, strict=True):
        extra = [name for name in names if name not in common]
        if extra:
            yield f"{part.label}: columns not mapped, and not in every file: {shown(extra)}"
