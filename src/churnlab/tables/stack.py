"""The sound rows of all sources of a table, one under the other; keys hold across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from churnlab.config.meanings import TABLES
from churnlab.errors import ConfigError
from churnlab.tables import judging, quarantine
from churnlab.tables.duplicates import remove_repeated
from churnlab.tables.rows import DTYPES, Meaning, meanings
from churnlab.tables.source import Judged


def stack(con: Any, parts: Sequence[Judged]) -> tuple[str, tuple[str, ...]]:
    """Put the sound rows inside the period in one table; a column a source lacks is null there.

    Returns its name in the engine and its canonical columns. Beside them it has ``__source`` (the
    position of the source), ``__file`` (the number of the file in ``files_of`` that source), ``__line``.
    """
    columns = _columns(parts)
    stored = f"churnlab_{parts[0].table}"
    con.con.execute(f'DROP TABLE IF EXISTS "{stored}"')
    if len(parts) == 1 and parts[0].files:
        _settle_in_place(con, parts[0], stored, columns)
    else:
        _copy(con, parts, stored, columns)
    return stored, tuple(columns)


def files_of(part: Judged) -> Sequence[str]:
    """The labels of a source's files, by their numbers in the stacked table."""
    return part.files or (part.place,)


def _settle_in_place(con: Any, part: Judged, stored: str, columns: Mapping[str, str]) -> None:
    """The table the rows landed in becomes the stacked one: only what must not stay is taken out."""
    landed = con.table(part.parsed)
    if part.reasons or part.out_of_period:
        con.con.execute(f'DELETE FROM "{part.parsed}" WHERE "__reason" IS NOT NULL OR "__out"')
    for name in set(landed.columns) - {"__file", "__line", *columns}:
        con.con.execute(f'ALTER TABLE "{part.parsed}" DROP COLUMN "{name}"')
    con.con.execute(f'ALTER TABLE "{part.parsed}" ADD COLUMN "__source" BIGINT DEFAULT 0')
    con.con.execute(f'ALTER TABLE "{part.parsed}" RENAME TO "{stored}"')


def _copy(con: Any, parts: Sequence[Judged], stored: str, columns: Mapping[str, str]) -> None:
    import ibis

    for index, part in enumerate(parts):
        sound = part.rows.filter(part.rows["__reason"].isnull() & ~part.rows["__out"])
        canonical = {
            name: sound[name] if name in sound.columns else ibis.null(dtype)
            for name, dtype in columns.items()
        }
        number = sound["__file"] if part.files else ibis.literal(0, "int32")
        here = {"__source": ibis.literal(index, "int64"), "__file": number, "__line": sound["__line"]}
        select = con.compile(sound.select(**here, **canonical))
        verb = f'INSERT INTO "{stored}"' if index else f'CREATE TABLE "{stored}" AS'
        con.con.execute(f"{verb} {select}")
        con.drop_table(part.parsed)


def _columns(parts: Sequence[Judged]) -> dict[str, str]:
    """Every canonical column of any source, and its type in the engine."""
    filled: dict[str, Meaning] = {}
    for part in parts:
        for meaning in meanings(part.table, part.source):
            before = filled.setdefault(meaning.name, meaning)
            if before.kind != meaning.kind:
                raise ConfigError(
                    f"{part.place}: attributes.{meaning.name} is a {meaning.kind}",
                    got=f"a {before.kind} in another source of the table",
                    mend="declare the same kind in both",
                )
    order = {name: place for place, name in enumerate(TABLES[parts[0].table])}
    ordered = sorted(filled.values(), key=lambda meaning: order.get(meaning.name, len(order)))
    return {meaning.name: DTYPES[meaning.kind] for meaning in ordered}


def remove_duplicates(
    con: Any, stored: str, columns: Sequence[str], parts: Sequence[Judged], kept: Path | None
) -> dict[int, int]:
    """Leave one row an event key; rows in conflict go to a file beside the quarantine."""

    def keep(conflicts: Any) -> None:
        if kept is not None:
            _write_conflicts(conflicts, parts, columns, kept.with_name(f"conflicts_{parts[0].table}.parquet"))

    sources = [part.source for part in parts]
    return remove_repeated(con, stored, sources, columns, table=parts[0].table, keep=keep)


def _write_conflicts(conflicts: Any, parts: Sequence[Judged], columns: Sequence[str], path: Path) -> None:
    import ibis

    names = [
        (
            conflicts["__source"] == index,
            ibis.literal(f"{part.place}:") + judging.label(conflicts["__file"], files_of(part)),
        )
        for index, part in enumerate(parts)
    ]
    source = ibis.cases(*names, else_=ibis.null("string"))
    listed = conflicts.select(*columns, "kept", source=source, line=conflicts["__line"])
    quarantine.write_private(listed.order_by(*columns, "source", "line"), path)
