"""From declared sources to checked tables: read, judge, set aside, count, stack, compare.

source -> stage -> parse -> check -+-> sound rows, stacked by table -> keys -> Tables
                                   +-> quarantine (line, reason)
                                   +-> out of period
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from churnlab.config.meanings import HISTORIES, SUPPRESSION
from churnlab.config.sources import Attribute, Sources
from churnlab.tables import asked, identifiers, keys, watermarks
from churnlab.tables import quarantine as aside
from churnlab.tables import remarks as words
from churnlab.tables.counts import refuse_empty
from churnlab.tables.source import Judged, Surroundings, judge
from churnlab.tables.stack import remove_duplicates, stack
from churnlab.tables.tables import Delivered, SourceCount, Tables


def _quiet(step: str) -> None:
    """Tell nobody."""


def load(
    sources: Sources,
    *,
    root: Path,
    data_roots: Sequence[str],
    zone: str,
    currency: str,
    con: Any,
    frames: Mapping[str, Any],
    quarantine: Path | None = None,
    progress: Callable[[str], object] = _quiet,
    wanted: Collection[str] = HISTORIES,
    remarks: bool = True,
) -> Tables:
    """Read and check every source of the ``wanted`` tables of a project.

    ``zone``: the business zone. ``con``: an Ibis DuckDB backend. ``frames``: the pandas frames that
    sources name. ``quarantine``: the Parquet file for rows set aside, written also when the load
    fails; rows in conflict go beside it. ``progress`` is told each step. ``remarks``: whether somebody
    reads the ``notes``: some take another look at all rows, and stop nothing.
    """
    around = Surroundings(con, root, data_roots, zone, currency, frames, quarantine)
    aside.start(con)
    try:
        judged = _judge_all(sources, wanted, around, progress)
        return _combined(judged, around, progress, remarks=remarks)
    finally:
        if quarantine is not None:
            aside.write(con, quarantine)


def _judge_all(
    sources: Sources, wanted: Collection[str], around: Surroundings, progress: Callable[[str], object]
) -> dict[str, list[Judged]]:
    judged: dict[str, list[Judged]] = {}
    for table in wanted:
        for source in getattr(sources, table):
            progress(f"check {table}.{source.name}")
            # Not one row of these may be set aside: it may be somebody's no.
            strict = source.model_copy(update={"max_quarantined": 0}) if table in SUPPRESSION else source
            judged.setdefault(table, []).append(judge(table, strict, around))
    return judged


def _combined(
    judged: Mapping[str, list[Judged]],
    around: Surroundings,
    progress: Callable[[str], object],
    *,
    remarks: bool,
) -> Tables:
    con = around.con
    stored: dict[str, tuple[str, tuple[str, ...]]] = {}
    counts: list[SourceCount] = []
    marks: dict[str, int] = {}
    notes = [f"{part.place}: {note}" for parts in judged.values() for part in parts for note in part.notes]
    for table, parts in judged.items():
        progress(f"compare {table}")
        stored[table] = stack(con, parts)
        lost = remove_duplicates(con, *stored[table], parts, around.kept)
        left = _left(con, *stored[table])
        counts += _counts(parts, lost, left)
        _refuse_inconsistent(con, *stored[table], table, around.currency)
        mark, word = _watermark(parts, left, around.zone)
        marks |= {} if mark is None else {table: mark}
        notes += [*word, *_remarks(con, *stored[table], parts, remarks=remarks)]
    notes += _across(con, stored, judged, remarks=remarks)
    digests = dict(_digests(con, stored, judged))
    hidden = _hidden(judged)
    seen = {
        table: (name, tuple(column for column in columns if column not in hidden.get(table, ())))
        for table, (name, columns) in stored.items()
    }
    return Tables(
        con,
        tuple(counts),
        marks,
        digests,
        _attributes(judged, hidden),
        tuple(notes),
        seen,
        deliveries={part.place: _delivered(part) for parts in judged.values() for part in parts},
        hidden=hidden,
    )


def _delivered(part: Judged) -> Delivered:
    said = part.source.complete_until
    return Delivered(tuple(part.files), said if isinstance(said, date) else part.delivered)


def _hidden(judged: Mapping[str, list[Judged]]) -> dict[str, tuple[str, ...]]:
    """Table -> the columns that are read only to know who must not be contacted."""
    found = {
        table: tuple(
            sorted(
                {
                    name
                    for part in parts
                    for name, attribute in part.source.attributes.items()
                    if attribute.use == "suppression"
                }
            )
        )
        for table, parts in judged.items()
    }
    return {table: names for table, names in found.items() if names}


def _digests(
    con: Any, stored: Mapping[str, tuple[str, tuple[str, ...]]], judged: Mapping[str, list[Judged]]
) -> Iterator[tuple[str, str]]:
    """What was read, by SHA-256: of each file, and of the rows themselves where there is no file."""
    for table, parts in judged.items():
        for part in parts:
            for label, sha in part.digests.items():
                yield f"{part.place}: {label}", sha
        if not all(part.digests for part in parts):
            yield f"{table}: rows", _content(con, *stored[table])


def _content(con: Any, stored: str, columns: Sequence[str]) -> str:
    """SHA-256 of a table's rows, whatever order they came in."""
    digest = hashlib.sha256()
    ordered = con.table(stored).select(*columns).order_by(list(columns))
    for batch in con.to_pyarrow_batches(ordered):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _left(con: Any, stored: str, columns: Sequence[str]) -> dict[int, tuple[int, int | None]]:
    """Position of a source -> its rows left in a table, and the last time among them."""
    import ibis

    rows = con.table(stored)
    last = rows.time.max() if "time" in columns else ibis.null("int64")
    grouped = rows.group_by(source="__source").aggregate(rows=rows.count(), last=last)
    return {row["source"]: (row["rows"], row["last"]) for row in asked.records(con, grouped)}


def _counts(
    parts: Sequence[Judged], lost: Mapping[int, int], left: Mapping[int, tuple[int, int | None]]
) -> list[SourceCount]:
    """Where the rows of each source went; they add up, or the count raises."""
    counted = []
    for index, part in enumerate(parts):
        count = SourceCount(
            part.table,
            part.source.name,
            read=part.read,
            accepted=left.get(index, (0, None))[0],
            quarantined=sum(part.reasons.values()),
            duplicates=lost.get(index, 0) + part.duplicates,
            out_of_period=part.out_of_period,
            reasons=part.reasons,
        )
        refuse_empty(part.source, count)
        counted.append(count)
    return counted


def _refuse_inconsistent(con: Any, stored: str, columns: Sequence[str], table: str, currency: str) -> None:
    rows = con.table(stored)
    if "currency" in columns:
        keys.refuse_other_currency(con, rows, currency, table=table)
    if table == "customers" and "valid_from" in columns:
        keys.refuse_overlapping_validity(con, rows)
    elif table in {"customers", "snapshot"}:
        keys.refuse_repeated_customer(con, rows, table=table)


def _watermark(
    parts: Sequence[Judged], left: Mapping[int, tuple[int, int | None]], zone: str
) -> tuple[int | None, list[str]]:
    sources = [part.source for part in parts]
    last = [left.get(index, (0, None))[1] for index in range(len(parts))]
    mark, observed = watermarks.of_table(sources, last, zone)
    return mark, [f"{parts[0].table}.{name}: completeness observed, not proved" for name in observed]


def _remarks(
    con: Any, stored: str, columns: Sequence[str], parts: Sequence[Judged], *, remarks: bool
) -> list[str]:
    table = parts[0].table
    unkeyed = {index: part for index, part in enumerate(parts) if part.source.event_key is None}
    found = list(words.of_table(con, con.table(stored), table)) if remarks else []
    # Equal rows of one file are worth a remark; those of several may be extracts that overlap: refused.
    several = sum(max(len(part.files), 1) for part in unkeyed.values()) > 1
    # To say no twice, in two files or in one, is no fault.
    events = table not in {"customers", "snapshot", *SUPPRESSION}
    if events and (remarks or several):
        found += words.of_keys(con, stored, columns, list(unkeyed), table)
    return found


def _across(
    con: Any,
    stored: Mapping[str, tuple[str, tuple[str, ...]]],
    judged: Mapping[str, list[Judged]],
    *,
    remarks: bool,
) -> list[str]:
    """What only shows between sources: strange ids, orphans, customers who joined late."""
    rows = {table: con.table(name) for table, (name, _) in stored.items()}
    kinds = {}
    for table, parts in judged.items():
        if table in SUPPRESSION:  # who says no need not be a customer of each file
            continue
        for index, part in enumerate(parts):
            ids = rows[table].filter(rows[table]["__source"] == index).select("customer_id").distinct()
            kinds[part.place] = (part.id_kind, ids)
    found = identifiers.refuse_strangers(con, kinds)
    if not remarks:
        return sorted(found)
    main = rows.get("transactions", rows.get("snapshot"))
    if main is not None and any(kind == "text" for kind, _ in kinds.values()):
        found += words.of_ids(con, main.select("customer_id").distinct())
    if "customers" in rows:
        for table in rows.keys() - {"customers", "snapshot"}:
            found += words.of_customers(con, rows["customers"], rows[table], table)
    return sorted(found)


def _attributes(
    judged: Mapping[str, list[Judged]], hidden: Mapping[str, Sequence[str]]
) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for table in ("customers", "snapshot"):
        for part in judged.get(table, []):
            named = part.source.attributes.items()
            found |= {name: each for name, each in named if name not in hidden.get(table, ())}
    return found
