"""One source, as it is, in one temporary table: read, joined with its lookups, mapped, not yet judged.

files | duckdb | postgres | frame  ->  parts  ->  land (lookups joined, meanings named)  ->  Staged
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.sources import Product, Source
from churnlab.tables.counts import allowed
from churnlab.tables.landing import Part, agreed, land, slot
from churnlab.tables.lookups import Prepared, canonical, prepare
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
    parts, digests = _parts(source, table, root, data_roots, frames)
    columns = list(_columns(source))
    lookups = [
        prepare(
            each,
            table=f"lookup_{source.name}_{n}",
            con=con,
            root=root,
            data_roots=data_roots,
            source=parts,
        )
        for n, each in enumerate(source.lookups)
    ]
    wanted = _wanted(columns, lookups)
    select = _select(source, columns, wanted, agreed(parts, wanted), lookups)
    landed = land(
        parts,
        wanted,
        table=f"staged_{source.name}",
        con=con,
        select=select,
        constants=list(source.constants.values()),
    )
    for each in lookups:
        con.con.execute(f"DROP TABLE {each.table}")
        digests = {**digests, **each.digests}
    notes = [*landed.notes, *(note for each in lookups for note in each.notes), *_drift(parts, wanted)]
    return Staged(
        f"staged_{source.name}", landed.rows + len(landed.rejects), landed.rejects, digests, tuple(notes)
    )


def _parts(
    source: Source, table: str, root: Path, data_roots: Sequence[str], frames: Mapping[str, Any]
) -> tuple[list[Part], Mapping[str, str]]:
    place = f"{table}.{source.name}"
    if source.files:
        return opened(
            source.files,
            source.csv,
            root=root,
            data_roots=data_roots,
            tolerated=lambda read: _tolerated(source, read),
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


def _wanted(columns: Sequence[tuple[str, str]], lookups: Sequence[Prepared]) -> list[str]:
    """The columns to be found in the source itself: what is mapped or is a key, less what lookups add."""
    added: set[str] = set()
    wanted: dict[str, None] = {}
    for each in lookups:
        wanted |= dict.fromkeys(key for key in each.keys if key not in added)
        added |= set(each.added)
    wanted |= dict.fromkeys(column for _, column in columns if column not in added)
    return list(wanted)


def _select(
    source: Source,
    columns: Sequence[tuple[str, str]],
    wanted: Sequence[str],
    types: Sequence[Any],
    lookups: Sequence[Prepared],
) -> str:
    """SQL from what arrives to what is staged. Only slots, meanings and checked names are in it."""
    place = {name: f"arriving.{slot(n)}" for n, name in enumerate(wanted)}
    key = {name: canonical(place[name], types[n]) for n, name in enumerate(wanted)}
    joins = []
    for each in lookups:
        pairs = [f"{key[name]} = {each.table}.{slot(n)}" for n, name in enumerate(each.keys)]
        joins.append(f"LEFT JOIN {each.table} ON {' AND '.join(pairs)}")
        for n, (name, type_) in enumerate(zip(each.added, each.types, strict=True), len(each.keys)):
            place[name] = f"{each.table}.{slot(n)}"
            key[name] = canonical(place[name], type_)
    constants = enumerate(source.constants, len(wanted))
    chosen = [
        "arriving.source_file",
        "arriving.line",
        *(f'{place[column]} AS "{name}"' for name, column in columns),
        *(f'arriving.{slot(n)} AS "{name}"' for n, name in constants),
    ]
    # A join may turn rows round; as they came they are easier to compare with the file.
    order = "ORDER BY arriving.place" if joins else ""
    return f"SELECT {', '.join(chosen)} FROM arriving {' '.join(joins)} {order}"


def _drift(parts: Sequence[Part], wanted: Sequence[str]) -> Iterator[str]:
    """Columns that nothing reads: in all parts, and in some only."""
    unread = [[name for name in part.columns if name and name not in wanted] for part in parts]
    common = [name for name in unread[0] if all(name in names for names in unread)] if unread else []
    if common:
        yield f"{parts[0].label}: columns not mapped: {shown(common)}"
    for part, names in zip(parts, unread, strict=True):
        extra = [name for name in names if name not in common]
        if extra:
            yield f"{part.label}: columns not mapped, and not in every file: {shown(extra)}"
