"""One staged source, row by row: each column by its rule, and the first fault of each row.

    staged (raw)  ->  parsed: canonical columns, local times  ->  checked: instants, one reason a row

Two steps, because what clocks did can only be asked once all local times are known. Nothing leaves
the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.config.meanings import SUPPRESSION, TABLES
from churnlab.config.sources import Product, Source, TimeFormat
from churnlab.errors import DataError
from churnlab.tables import asked, identifiers, money, times
from churnlab.tables.checked import Checked, first_reason
from churnlab.tables.quarantine import labels

DTYPES = {"id": "string", "text": "string", "category": "string"}
DTYPES |= {"time": "int64", "money": "int64", "number": "float64"}

# What says "refund" in a type column, compared without regard to case.
REFUND_TYPES = (
    "refund",
    "return",
    "returned",
    "cancellation",
    "cancelled",
    "credit",
    "credit_note",
    "reversal",
)

# (start, end): an end before its start is a fault of the row.
_ENDS = (("time", "end"), ("valid_from", "valid_to"))


@dataclass(frozen=True)
class Meaning:
    """A canonical column that a source fills. ``raw``: its column or columns in the staged table."""

    name: str
    kind: str  # id, text, time, money, number, category
    required: bool
    raw: tuple[str, ...]
    label: str  # the source's own column, as its reader knows it
    personal: bool = False  # describes a person: no message shows its values


def meanings(table: str, source: Source) -> list[Meaning]:
    """What a source fills, in the order of the table's definition, attributes last."""
    return [*_mapped(table, source), *_attributes(source)]


def _mapped(table: str, source: Source) -> Iterator[Meaning]:
    given = {**source.columns, **source.constants}
    for name, (kind, required) in TABLES[table].items():
        if name not in given:
            continue
        column = given[name]
        # A key of several columns may have gaps: there null is a value like others.
        must = required or source.event_key == (name,) or _never_null(table, name, kind, source)
        if isinstance(column, Product):
            raw = tuple(f"{name}__{place + 1}" for place in range(len(column.multiply)))
            yield Meaning(name, kind, must, raw, labels(column.multiply))
        else:
            yield Meaning(name, kind, must, (name,), name if name in source.constants else column)


def _never_null(table: str, name: str, kind: str, source: Source) -> bool:
    # A missing amount is not an amount of 0; an unknown value of a supplied snapshot stays unknown.
    if kind == "money":
        return table != "snapshot"
    return name == "currency" or (name == "type" and source.types is not None)


def _attributes(source: Source) -> Iterator[Meaning]:
    for name, attribute in source.attributes.items():
        yield Meaning(name, attribute.kind, False, (f"attribute__{name}",), attribute.column, True)


def parse(
    staged: Any,
    table: str,
    source: Source,
    zone: str,
    currency: str,
    place: str,
    beside: Mapping[str, Any] | None = None,
) -> Any:
    """Every column by its rule, times still local.

    A boolean ``__plain_<column>`` beside a text of ``staged`` clears it of every fault a text or id can have.
    Adds ``__file``, ``__line``, ``__fault`` (the first fault known so far) and, where ids are
    normalised, ``__id`` as it was. ``beside``: columns that go along as they are, their names
    beginning with ``__raw_``.
    """
    columns = {"__file": staged.source_file, "__line": staged.line, **(beside or {})}
    found: dict[str, Checked] = {}
    for meaning in meanings(table, source):
        where = f"{place}: {meaning.label}"
        if meaning.kind == "time":
            raw = staged[meaning.raw[0]]
            quick = f"__plain_{meaning.raw[0]}" in staged.columns
            read = times.read_time(raw, time_format(source, meaning, zone), place=where, quick=quick)
            missing = (("missing", raw.isnull()),) if meaning.required else ()
            found[meaning.name] = Checked(read.local, (*missing, *read.faults))
            columns |= {f"__local_{meaning.name}": read.local, f"__offset_{meaning.name}": read.offset}
            columns[f"__day_{meaning.name}"] = read.whole_day
            continue
        if meaning.name == "customer_id" and source.id_normalise != "none":
            # To see later which ids the normalisation makes equal.
            columns["__id"] = identifiers.id_text(staged[meaning.raw[0]], source, place=where)
        checked = _by_kind(staged, meaning, source, currency, where, loose=table in SUPPRESSION)
        columns[meaning.name] = checked.value
        found[meaning.name] = checked
    return staged.select(**columns, __fault=first_reason(found))


def time_format(source: Source, meaning: Meaning, zone: str) -> TimeFormat:
    """How a time column is written; a constant without a declaration is ISO in the business zone."""
    declared = source.time_formats.get(meaning.name) or source.times
    return declared or TimeFormat(format="iso", zone=zone)


def _by_kind(
    staged: Any, meaning: Meaning, source: Source, currency: str, where: str, *, loose: bool
) -> Checked:
    raw = [staged[column] for column in meaning.raw]
    plain = staged[f"__plain_{meaning.raw[0]}"] if f"__plain_{meaning.raw[0]}" in staged.columns else None
    if meaning.kind == "id":
        return _id(raw[0], meaning, source, where, plain, loose=loose)
    if meaning.kind == "money":
        return money.check_money(raw, source.numbers, currency, place=where, required=meaning.required)
    if meaning.kind == "number":
        return money.check_numbers(raw, source.numbers, place=where, required=meaning.required)
    checked = identifiers.check_text(raw[0], required=meaning.required, place=where, plain=plain)
    if meaning.name == "type" and source.types is not None:
        unknown = checked.value.notnull() & ~checked.value.isin(source.types)
        clear = None if checked.plain is None else checked.plain & ~unknown.fill_null(False)
        return Checked(checked.value, (*checked.faults, ("unknown", unknown)), clear)
    return checked


def _id(raw: Any, meaning: Meaning, source: Source, where: str, plain: Any, *, loose: bool) -> Checked:
    """The id of a customer, or another that must be equal to one."""
    given = raw if meaning.required else identifiers.null_for_nan(raw)
    text = identifiers.id_text(given, source, place=where)
    if not raw.type().is_string():
        return Checked(text, (("missing", text.isnull()),) if meaning.required else ())
    text = identifiers.normalised(text, source.id_normalise)
    text = text if meaning.required else identifiers.null_for_blank(text)
    return identifiers.check_id(text, plain, required=meaning.required, loose=loose)


def broken_ids(raw: Any, table: str, source: Source) -> Any:
    """Which rows have a float for an id that is no whole number; None where no id is a float."""
    import ibis

    found = [
        identifiers.not_whole(raw[meaning.raw[0]], required=meaning.required)
        for meaning in meanings(table, source)
        if meaning.kind == "id" and identifiers.may_break(raw[meaning.raw[0]], source)
    ]
    return ibis.or_(*found) if found else None


def check(con: Any, parsed: Any, table: str, source: Source, zone: str) -> Any:
    """The canonical columns with ``__reason``: the first fault of each row, null where it is sound.

    ``__out`` marks sound rows outside the period. How far each local time is ahead of UTC may be there
    already, as ``__shift_<meaning>``.
    """
    filled = meanings(table, source)
    line = _timelines(con, parsed, source, filled, zone)
    known = {"__file", "__line", "__id"}
    kept = [name for name in parsed.columns if name in known or name.startswith("__raw_")]
    columns: dict[str, Any] = {name: parsed[name] for name in kept}
    found: dict[str, Checked] = {}
    for meaning in filled:
        if meaning.kind != "time":
            columns[meaning.name] = parsed[meaning.name]
            continue
        local, offset, day = (parsed[f"__{part}_{meaning.name}"] for part in ("local", "offset", "day"))
        if meaning.name in line:
            fold = time_format(source, meaning, zone).fold
            shift = times.shift_of(local, offset, day, line[meaning.name], fold)
        else:
            shift = parsed[f"__shift_{meaning.name}"]
        instant = times.to_instant(local, shift)
        columns[meaning.name] = instant.value
        found[meaning.name] = instant
    reason = _across(columns, table, source, first_reason(found, parsed["__fault"]))
    out = _outside(columns["time"], source, zone) if "time" in columns else None
    return parsed.select(**columns, __reason=reason, __out=_or_false(out))


def _or_false(flag: Any) -> Any:
    import ibis

    return ibis.literal(False) if flag is None else flag.fill_null(False)


def _timelines(
    con: Any, parsed: Any, source: Source, filled: list[Meaning], zone: str
) -> Mapping[str, list[times.Stretch]]:
    """For each time column without shifts, the local timeline of its zone over the times at hand."""
    columns = [m for m in filled if m.kind == "time" and f"__shift_{m.name}" not in parsed.columns]
    if not columns:
        return {}
    ends = {
        f"{part}_{m.name}": getattr(parsed[f"__local_{m.name}"], part)()
        for m in columns
        for part in ("min", "max")
    }
    seen = asked.records(con, parsed.aggregate(**ends))[0]
    return {
        m.name: times.stretches(
            time_format(source, m, zone).zone, seen[f"min_{m.name}"] or 0, seen[f"max_{m.name}"] or 0
        )
        for m in columns
    }


def _across(columns: Mapping[str, Any], table: str, source: Source, before: Any) -> Any:
    """Faults that only two columns together show, after those of one."""
    found: dict[str, Checked] = {}
    if (
        table in {"transactions", "contracts"}
        and "amount" in columns
        and source.negative_purchase != "refund"
    ):
        negative = columns["amount"] < 0
        if "type" in columns:
            negative &= ~columns["type"].lower().isin(REFUND_TYPES).fill_null(False)
        found["amount"] = Checked(columns["amount"], (("negative", negative),))
    for start, end in _ENDS:
        if start in columns and end in columns:
            found[end] = Checked(columns[end], (("before_start", columns[end] < columns[start]),))
    return first_reason(found, before)


def _outside(time: Any, source: Source, zone: str) -> Any:
    """Outside ``[since, until)``, or more than a day after the day the delivery is complete until."""
    bounds = []
    if source.since:
        bounds.append(time < times.midnight(source.since, zone))
    if source.until:
        bounds.append(time >= times.midnight(source.until, zone))
    if source.complete_until != "observed":
        bounds.append(time > times.midnight(source.complete_until, zone) + times.DAY)
    if not bounds:
        return None
    outside = bounds[0]
    for bound in bounds[1:]:
        outside |= bound
    return outside


def refuse_overflow(reasons: Mapping[str, int], place: str) -> None:
    """An amount that 64 bits cannot hold means a wrong column or unit: no row-level matter."""
    for reason, count in reasons.items():
        if reason.endswith("_overflow"):
            raise DataError(
                f"{place}: {reason.removesuffix('_overflow')} is too large in {count} rows",
                got="more minor units than 64 bits can hold",
                mend="check which column is mapped, and numbers.unit",
            )
