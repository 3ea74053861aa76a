"""The sound rows of all sources of a table, one under the other; keys hold across them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from churnlab.config.meanings import TABLES
from churnlab.errors import ConfigError
from churnlab.tables import quarantine
from churnlab.tables.duplicates import remove_repeated
from churnlab.tables.rows import DTYPES, Meaning, meanings
from churnlab.tables.source import Judged


def stack(con: Any, parts: Sequence[Judged]) -> tuple[str, tuple[str, ...]]:
    """Put the sound rows inside the period in one table; a column a source lacks is null there.

    Returns its name in the engine and its canonical columns. Not a temporary table: those are
    seen by one cursor only, and the shards read several tables at once.
    """
    import ibis

    table = parts[0].table
    columns = _columns(parts)
    pieces = []
    for index, part in enumerate(parts):
        sound = part.rows.filter(part.rows["__reason"].isnull() & ~part.rows["__out"])
        canonical = {
            name: sound[name] if name in sound.columns else ibis.null(dtype)
            for name, dtype in columns.items()
        }
        here = {
            "__source": ibis.literal(index, "int64"),
            "__file": sound["__file"],
            "__line": sound["__line"],
        }
        pieces.append(sound.select(**here, **canonical))
    stored = f"churnlab_{table}"
    whole = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
    con.create_table(stored, whole, overwrite=True)
    for part in parts:
        con.drop_table(part.parsed)
    return stored, tuple(columns)


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

    names = [(conflicts["__source"] == index, ibis.literal(part.place)) for index, part in enumerate(parts)]
    source = ibis.cases(*names, else_=ibis.null("string")) + ":" + conflicts["__file"]
    listed = conflicts.select(*columns, "kept", source=source, line=conflicts["__line"])
    quarantine.write_private(listed.order_by(*columns, "source", "line"), path)
