"""One source, as it is, in one temporary table: read, joined with its lookups, mapped, not yet judged.

files | duckdb | postgres | frame  ->  parts  ->  land (lookups joined, meanings named)  ->  Staged
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.sources import Product, Source
from churnlab.errors import DataError
from churnlab.tables.counts import allowed
from churnlab.tables.delivery import Delivery
from churnlab.tables.landing import Part, land, slot
from churnlab.tables.lookups import Joined, prepare
from churnlab.tables.opening import opened
from churnlab.tables.records import Reject
from churnlab.tables.text_files import shown

__all__ = ["Reject", "Staged", "stage"]


@dataclass(frozen=True)
class Staged:
    """A source in the engine: the table ``name``, and what did not make it there.

    Columns: ``source_file``, ``line`` (physical line of a text record's start, the header being 1;
    row number in Parquet; null for engines), then one a meaning (``meaning__1``, ``meaning__2`` ...
    for a product), the constants, and ``attribute__<name>``. Text files give text exactly as it is,
    declared nulls as null; the others their own types.
    """

    name: str
    read: int  # rows in the table + distinct records set aside; blank lines are no records
    rejects: tuple[Reject, ...]
    digests: Mapping[str, str]  # label of a file -> SHA-256
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
    """Read a source of ``table`` into ``con``, an Ibis DuckDB backend; an earlier staging is replaced."""
    delivery = Delivery.read(source.manifest, root=root, data_roots=data_roots) if source.manifest else None
    parts, digests = _parts(source, table, root, data_roots, frames, delivery)
    lookups = [prepare(each, root=root, data_roots=data_roots) for each in source.lookups]
    for lookup in lookups:
        parts = [Joined(part, lookup) for part in parts]
        digests = {**digests, **lookup.digests}
    columns = list(_columns(source))
    wanted = list(dict.fromkeys(column for _, column in columns))
    name = f"staged_{source.name}"
    select = _select(columns, wanted, source.constants)
    landed = land(
        parts, wanted, table=name, con=con, select=select, constants=list(source.constants.values())
    )
    if delivery is not None:
        delivery.check_rows(landed.rows + len(landed.rejects))
    used = {*wanted, *(key for lookup in lookups for key in lookup.keys)}
    drift = tuple(_drift(parts, used))
    if drift and source.unmapped == "refuse":
        raise DataError(
            f"{table}.{source.name}: the input has other columns than were agreed",
            got="; ".join(drift[:2]),
            mend="map them, have them removed, or set unmapped: note",
        )
    notes = (*landed.notes, *(note for each in lookups for note in each.notes), *drift)
    return Staged(name, landed.rows + len(landed.rejects), landed.rejects, digests, notes)


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


def _columns(source: Source) -> Iterator[tuple[str, str]]:
    """(name when staged, column of the source) of all that is mapped."""
    for meaning, column in source.columns.items():
        if isinstance(column, Product):
            for n, factor in enumerate(column.multiply, 1):
                yield f"{meaning}__{n}", factor
        else:
            yield meaning, column
    for name, attribute in source.attributes.items():
        yield f"attribute__{name}", attribute.column


def _select(columns: Sequence[tuple[str, str]], wanted: Sequence[str], constants: Iterable[str]) -> str:
    """SQL from what arrives to what is staged. Only slots, meanings and checked names are in it."""
    chosen = [
        "source_file",
        "line",
        *(f'{slot(wanted.index(column))} AS "{name}"' for name, column in columns),
        *(f'{slot(n)} AS "{name}"' for n, name in enumerate(constants, len(wanted))),
    ]
    return f"SELECT {', '.join(chosen)} FROM arriving"


def _drift(parts: Sequence[Part], used: Collection[str]) -> Iterator[str]:
    """Columns that nothing reads: in all parts, and in some only."""
    unread = [[name for name in part.columns if name and name not in used] for part in parts]
    common = [name for name in unread[0] if all(name in names for names in unread)] if unread else []
    if common:
        yield f"{parts[0].label}: columns not mapped: {shown(common)}"
    for part, names in zip(parts, unread, strict=True):
        extra = [name for name in names if name not in common]
        if extra:
            yield f"{part.label}: columns not mapped, and not in every file: {shown(extra)}"
