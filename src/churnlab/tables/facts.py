"""What the tables know of reasons not to contact somebody: a few Arrow tables, only of who has one.

All that is known counts, also what happened after the date of the list: this is no feature.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.suppression import Minors, Suppression, plain
from churnlab.errors import GateError
from churnlab.tables import strange_status
from churnlab.tables.tables import Tables
from churnlab.tables.times import midnight

YEAR = 365  # days of the yearly cap
_NOBODY: tuple[tuple[str, str], ...] = (("customer_id", "string"),)


@dataclass(frozen=True, eq=False)
class Facts:
    """Arrow tables; ids as their source wrote them, times in microseconds UTC, null where unknown.

    ``objections``: customer_id, channel, time. ``consents``: customer_id, channel, purpose, and the last
    times it was ``given`` and ``withdrawn``. ``aliases``: customer_id, alias. ``marks``: customer_id,
    reason (deceased, minor, fraud, staff, test). ``adults``: customer_id of who is known to be old enough,
    None where an unknown age is no reason. ``complaints``: customer_id, time of the last open one.
    ``contacts``: customer_id, action, last, in_year. ``purchases``: customer_id, time of the last since
    the date of the list. ``as_of``: that date; ``zone``: of the business. ``missing``: what could not be
    looked at because the project has no such table.
    """

    as_of: dt.date
    zone: str
    objections: Any
    consents: Any | None
    aliases: Any
    marks: Any
    adults: Any | None
    complaints: Any
    contacts: Any
    purchases: Any
    missing: tuple[str, ...] = ()

    def since(self, days: int) -> int:
        """The first instant of the day that lies so many days before the date of the list."""
        return midnight(self.as_of - dt.timedelta(days=days), self.zone)


def collect(histories: Tables, refusals: Tables, plan: Suppression, as_of: dt.date, zone: str) -> Facts:
    """The facts for a list of ``as_of``. ``histories``: the tables that features are made of.

    ``GateError`` where a status of consent or a date of birth is not written as the plan says.
    """
    start = midnight(as_of, zone)
    marks, adults = _marks(histories, plan, as_of, start)
    return Facts(
        as_of,
        zone,
        _objections(refusals),
        _consents(refusals, plan),
        _aliases(refusals),
        marks,
        adults,
        _complaints(histories, plan, start, midnight(as_of - dt.timedelta(days=plan.complaint_days), zone)),
        _contacts(histories, plan, midnight(as_of - dt.timedelta(days=YEAR), zone)),
        _purchases(histories, plan, start),
        tuple(_missing(histories, plan)),
    )


def known_ids(histories: Tables) -> Any:
    """Every customer of the project, each once, as an Arrow array of texts."""
    named = [table for table in ("transactions", "customers", "snapshot") if histories.has(table)]
    rows = [histories.table(table).select("customer_id") for table in named]
    found = rows[0]
    for more in rows[1:]:
        found = found.union(more)
    return histories.con.to_pyarrow(found.distinct())["customer_id"].combine_chunks()


def _missing(histories: Tables, plan: Suppression) -> Iterator[str]:
    if not histories.has("campaigns"):
        yield "no campaigns table: cooldown and yearly cap see no contact"
    if plan.complaint_types and not histories.has("interactions"):
        yield "no interactions table: open complaints cannot be seen"


def _nothing(**columns: str) -> Any:
    import pyarrow as pa

    types = {"string": pa.string(), "int64": pa.int64()}
    return pa.schema([(name, types[kind]) for name, kind in (*_NOBODY, *columns.items())]).empty_table()


def _objections(refusals: Tables) -> Any:
    import ibis

    if not refusals.has("objections"):
        return _nothing(channel="string", time="int64")
    rows = refusals.table("objections")
    channel = rows.channel.nullif("") if "channel" in rows.columns else ibis.null("string")
    time = rows.time if "time" in rows.columns else ibis.null("int64")
    named = rows.select("customer_id", channel=channel, time=time)
    grouped = named.group_by("customer_id", "channel").aggregate(time=named.time.max())
    return refusals.con.to_pyarrow(grouped)


def _consents(refusals: Tables, plan: Suppression) -> Any | None:
    if not refusals.has("consents"):
        return None
    rows = refusals.table("consents")
    words = _words(refusals, rows.status)
    given = _among(words, plan.given)
    withdrawn = _among(words, plan.withdrawn)
    strange = sorted(set(words) - {*given, *withdrawn}, key=str)
    if strange:
        raise strange_status.error(refusals, strange, [_text(word) for word in strange], plan)
    grouped = rows.group_by("customer_id", "channel", "purpose").aggregate(
        given=rows.time.max(where=rows.status.isin(given)),
        withdrawn=rows.time.max(where=rows.status.isin(withdrawn)),
    )
    return refusals.con.to_pyarrow(grouped)


def _aliases(refusals: Tables) -> Any:
    if not refusals.has("aliases"):
        return _nothing(alias="string")
    return refusals.con.to_pyarrow(refusals.table("aliases").select("customer_id", "alias").distinct())


def _words(tables: Tables, column: Any) -> list[Any]:
    """Each value of a column, once."""
    found = column.name("word").as_table().distinct()
    return [row["word"] for row in tables.con.to_pyarrow(found).to_pylist() if row["word"] is not None]


def _among(words: Iterable[Any], meant: Iterable[str]) -> list[Any]:
    """The words that are one of those meant, whatever their case and spaces."""
    plainly = {plain(each) for each in meant}
    return [word for word in words if plain(_text(word)) in plainly]


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def _marks(histories: Tables, plan: Suppression, as_of: dt.date, start: int) -> tuple[Any, Any | None]:
    """(customer_id, reason) of who is marked, and who is known to be of age where that is asked."""
    import pyarrow as pa

    parts, adults = [_nothing(reason="string")], None
    minors = plan.minors
    wanted = {marked.attribute for marked in plan.marks.values()}
    wanted |= {name for name in (minors and (minors.birth_date, minors.age)) or () if name}
    for table in ("customers", "snapshot"):
        there = wanted & {*histories.with_hidden(table).columns} if histories.has(table) else set()
        if not there:
            continue
        rows = _holding(histories, table, sorted(there), start)
        ids = rows["customer_id"]
        for reason, marked in plan.marks.items():
            if marked.attribute in there:
                parts.append(_marked(ids, _meant(rows[marked.attribute], marked.values), reason))
        if minors is not None and (minors.birth_date or minors.age) in there:
            young, known = _young(rows[minors.birth_date or minors.age or ""], minors, as_of)
            parts.append(_marked(ids, young, "minor"))
            if minors.unknown == "suppress":
                adults = ids.filter(pa.array(known & ~young)).combine_chunks()
    return pa.concat_tables(parts).combine_chunks(), adults


def _holding(histories: Tables, table: str, attributes: list[str], start: int) -> Any:
    """The rows of customers that have not ended by ``start``, as Arrow."""
    import ibis

    rows = histories.with_hidden(table)
    if "valid_from" in rows.columns:
        until = rows.valid_from.lead().over(
            ibis.window(group_by="customer_id", order_by=rows.valid_from.fill_null(-(2**62)))
        )
        if "valid_to" in rows.columns:
            until = rows.valid_to.coalesce(until)
        rows = rows.mutate(__until=until)
        rows = rows.filter(rows["__until"].isnull() | (rows["__until"] > start))
    elif "valid_to" in rows.columns:
        rows = rows.filter(rows.valid_to.isnull() | (rows.valid_to > start))
    return histories.con.to_pyarrow(rows.select("customer_id", *attributes))


def _meant(values: Any, meant: Iterable[str]) -> NDArray[np.bool_]:
    """(n,) where a value is one of those meant."""
    codes, words = _coded(values)
    plainly = {plain(each) for each in meant}
    return _of_words(codes, [plain(_text(word)) in plainly for word in words])


def _young(values: Any, minors: Minors, as_of: dt.date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(n,) who is below the age, and of whom that is known."""
    codes, words = _coded(values)
    if minors.age is not None:
        known = [np.isfinite(word) for word in words]
        return _of_words(codes, [word < minors.below for word in words]), _of_words(codes, known)
    ages = [_age(word, minors.format, as_of) for word in words]
    young = [age is not None and age < minors.below for age in ages]
    return _of_words(codes, young), _of_words(codes, [age is not None for age in ages])


def _coded(values: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes, -1 for null, and the values behind them."""
    encoded = values.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary.to_pylist()


def _of_words(codes: NDArray[np.int64], flags: list[bool]) -> NDArray[np.bool_]:
    return np.append(np.array(flags, dtype=bool), False)[codes]


def _age(text: str, form: str, as_of: dt.date) -> int | None:
    """Completed years at ``as_of``; None for an empty text.

    >>> _age("2007-07-02", "iso", dt.date(2025, 7, 1)), _age("01/07/2007", "%d/%m/%Y", dt.date(2025, 7, 1))
    (17, 18)
    """
    if not text.strip():
        return None
    try:
        if form == "iso":
            born = dt.date.fromisoformat(text.strip()[:10])
        else:
            born = dt.datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise GateError(
            "no list: a date of birth is not written as suppression.minors.format says",
            got=form,
            mend="say how dates of birth are written, or have them mended",
        ) from None
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def _marked(ids: Any, flags: NDArray[np.bool_], reason: str) -> Any:
    import pyarrow as pa

    found = ids.filter(pa.array(flags))
    return pa.table({"customer_id": found, "reason": pa.repeat(pa.scalar(reason), len(found))})


def _complaints(histories: Tables, plan: Suppression, start: int, earliest: int) -> Any:
    """Who has a complaint that is open at ``start``, or since."""
    if not plan.complaint_types or not histories.has("interactions"):
        return _nothing(time="int64")
    rows = histories.table("interactions")
    rows = rows.filter(rows.type.isin(_among(_words(histories, rows.type), plan.complaint_types)))
    if "resolved_at" in rows.columns:
        rows = rows.filter(rows.resolved_at.isnull() | (rows.resolved_at >= start))
    else:
        rows = rows.filter(rows.time >= earliest)
    return histories.con.to_pyarrow(rows.group_by("customer_id").aggregate(time=rows.time.max()))


def _contacts(histories: Tables, plan: Suppression, year: int) -> Any:
    """When each customer was last contacted by each action, and how often within a year."""
    import ibis

    if not histories.has("campaigns"):
        return _nothing(action="string", last="int64", in_year="int64")
    rows = histories.table("campaigns")
    if "arm" in rows.columns:
        controls = _among(_words(histories, rows.arm), plan.control_arms)
        rows = rows.filter(~rows.arm.isin(controls).fill_null(False)) if controls else rows
    action = rows.action if "action" in rows.columns else ibis.null("string")
    rows = rows.select("customer_id", "time", action=action)
    grouped = rows.group_by("customer_id", "action").aggregate(
        last=rows.time.max(), in_year=(rows.time >= year).sum().cast("int64")
    )
    return histories.con.to_pyarrow(grouped)


def _purchases(histories: Tables, plan: Suppression, start: int) -> Any:
    if not plan.recent_purchase or not histories.has("transactions"):
        return _nothing(time="int64")
    rows = histories.table("transactions")
    rows = rows.filter(rows.time >= start)
    if "amount" in rows.columns:
        rows = rows.filter(rows.amount > 0)
    return histories.con.to_pyarrow(rows.group_by("customer_id").aggregate(time=rows.time.max()))
