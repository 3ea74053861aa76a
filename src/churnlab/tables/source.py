"""One source from its files to judged rows: every row sound, out of period, or set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables import asked, identifiers, judging, keys, quarantine, rows
from churnlab.tables.counts import refuse_too_many, worst
from churnlab.tables.staging import Incoming, incoming

# Values of these kinds hold no name, id or free text: an error may show one.
_SHOWN = {"time", "money", "number"}


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What every source of a project is read with. ``kept``: the quarantine file, or None."""

    con: Any
    root: Path
    data_roots: Sequence[str]
    zone: str
    currency: str
    frames: Mapping[str, Any]
    kept: Path | None


@dataclass(frozen=True, eq=False)
class Judged:
    """A source whose rows have been told apart.

    ``rows``: all rows with their canonical columns, ``__reason`` (null: sound) and ``__out`` (outside
    the period), an expression over the table ``parsed``. ``reasons``: reason -> rows, the reader's included.
    """

    table: str
    source: Source
    rows: Any
    parsed: str
    id_kind: str
    read: int
    reasons: Mapping[str, int]
    out_of_period: int
    digests: Mapping[str, str]
    notes: tuple[str, ...]
    duplicates: int = 0  # copies that were left where the rows came from
    files: Sequence[str] = ()  # sorted labels; rows of such a source know their file by its number here
    delivered: date | None = None  # until when its manifest says that it is complete

    @property
    def place(self) -> str:
        """How messages name the source."""
        return f"{self.table}.{self.source.name}"


def judge(table: str, source: Source, around: Surroundings) -> Judged:
    """Read a source, judge its rows, set the bad ones aside; too many of them stop the load."""
    if source.warehouse is not None:
        from churnlab.tables.warehouse import judge_there

        return judge_there(table, source, around)
    con = around.con
    arriving = incoming(
        source, table=table, root=around.root, data_roots=around.data_roots, frames=around.frames
    )
    parsed = judging.land(arriving, con, table, around.zone, around.currency)
    done = arriving.finished()
    landed = con.table(parsed)
    if judging.BROKEN_ID in landed.columns:
        _refuse_broken(int(asked.value(con, landed[judging.BROKEN_ID].sum().fill_null(0))), arriving.place)
    found = counted(con, landed)
    reasons = quarantine.add_rejects(con, arriving.place, done.rejects)
    own = {reason: count for (reason, _), count in found.items() if reason is not None}
    _set_aside(con, landed, arriving, table, own)
    judged = Judged(
        table,
        source,
        landed,
        parsed,
        id_kind(arriving.stream.described(con).customer_id.type()),
        done.read,
        _added(reasons, own),
        found.get((None, True), 0),
        arriving.digests,
        done.notes,
        files=arriving.stream.labels,
        delivered=None if arriving.delivery is None else arriving.delivery.complete_until,
    )
    refuse_rejects(con, judged, around.kept)
    _refuse_together(con, judged)
    return judged


def refuse_broken_float_ids(con: Any, raw: Any, table: str, source: Source, place: str) -> None:
    """Stop where ids that are floats are not all whole. ``raw``: the rows as they are."""
    broken = rows.broken_ids(raw, table, source)
    if broken is not None:
        _refuse_broken(asked.count(con, raw.filter(broken)), place)


def _refuse_broken(broken: int, place: str) -> None:
    if broken:
        raise DataError(
            f"{place}: {broken} float ids are not whole numbers below 2^53",
            got="id_from_float: true",
            mend="cast the id to text at its source",
        )


def id_kind(kind: Any) -> str:
    return "text" if kind.is_string() or kind.is_uuid() else "number"


def counted(con: Any, checked: Any) -> dict[tuple[str | None, bool], int]:
    """(reason or None, outside the period) -> rows."""
    grouped = checked.group_by(reason="__reason", out="__out").aggregate(rows=checked.count())
    found: dict[tuple[str | None, bool], int] = {}
    for row in asked.records(con, grouped):
        # A row that was set aside is not out of period as well: each row is counted once.
        key = (row["reason"], row["out"] and row["reason"] is None)
        found[key] = found.get(key, 0) + row["rows"]
    return found


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {reason: first.get(reason, 0) + second.get(reason, 0) for reason in sorted({*first, *second})}


def _set_aside(con: Any, landed: Any, arriving: Incoming, table: str, reasons: Mapping[str, int]) -> None:
    if not reasons:
        return
    bad = landed.filter(landed["__reason"].notnull())
    bad = bad.select(
        source_file=judging.label(bad["__file"], arriving.stream.labels),
        line=bad["__line"],
        reason=bad["__reason"],
        raw=bad["__raw"],
    )
    about = {meaning.name: (meaning.label, bad.raw) for meaning in rows.meanings(table, arriving.source)}
    quarantine.add_rows(con, arriving.place, bad, reasons, about)


def raw_text(raw: Any, columns: Sequence[str]) -> Any:
    """The raw value as text; the factors of a product one after the other."""
    text = raw[columns[0]].cast("string")
    for column in columns[1:]:
        text = text + " x " + raw[column].cast("string")
    return text


def refuse_rejects(con: Any, judged: Judged, kept: Path | None) -> None:
    """Stop where a source has no rows, or more rows were set aside than it may lose."""
    source, place = judged.source, judged.place
    if judged.read == 0 and not source.may_be_empty:
        raise DataError(
            f"{place}: no rows", got="0 rows read", mend="check the files, or set allow_empty: true"
        )
    rows.refuse_overflow(judged.reasons, place)
    if judged.reasons:
        mapped = [meaning for meaning in rows.meanings(judged.table, source) if not meaning.personal]
        shown = {meaning.label for meaning in mapped if meaning.kind in _SHOWN or meaning.name == "type"}
        most = worst(judged.reasons, source.expected_quarantine, judged.read)
        example = quarantine.first_example(con, place, most, shown)
        refuse_too_many(source, judged.read, judged.reasons, example, place=place, kept=kept)


def _refuse_together(con: Any, judged: Judged) -> None:
    """What only sound rows together show: ids that fall together, files in different units."""
    source, place = judged.source, judged.place
    sound = judged.rows.filter(judged.rows["__reason"].isnull())
    if source.id_normalise != "none":
        ids = sound.select("customer_id", raw=sound["__id"])
        identifiers.refuse_collisions(con, ids, source, place=place)
    if judged.table == "transactions" and "amount" in source.columns and len(judged.files) > 1:
        amounts = sound.select("amount", __file=judging.label(sound["__file"], judged.files))
        keys.mixed_units(con, amounts, place=place)
