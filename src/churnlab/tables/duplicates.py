"""Keys: an event said twice counts once, and one key that says two things stops the load.

The rows of all sources of a table are stacked first, since a key holds across files and sources.
A stacked table has the canonical columns, and ``__source`` (the position of the source),
``__file`` and ``__line``.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables import arrays, asked
from churnlab.tables.checked import builtin

_TELLING = {"customer_id", "order_id", "product", "event_id"}
WHERE = ("__source", "__file", "__line")
AT_ONCE = 1 << 24  # rows whose marks are held in memory, 8 bytes each


def remove_repeated(
    con: Any,
    stored: str,
    sources: Sequence[Source],
    columns: Sequence[str],
    *,
    table: str,
    keep: Callable[[Any], None],
) -> dict[int, int]:
    """Leave one row of each event key in ``stored``; returns how many rows each source lost.

    Equal keys with other content raise, unless the sources of that key say ``conflicts: latest``:
    the latest by ``recorded_at`` stays. ``keep`` is handed all rows in conflict before that, with
    ``kept``.
    """
    lost: dict[int, int] = {}
    for key in sorted({source.event_key for source in sources if source.event_key}):
        members = [index for index, source in enumerate(sources) if source.event_key == key]
        twice = _repeated(con, stored, key, members, columns)
        if twice is None:
            continue
        conflicts = _of_keys(twice, _conflicting(twice, key, columns), key)
        if asked.count(con, conflicts):
            keep(conflicts.select(*WHERE, *columns, kept=conflicts["__rank"] == 0))
            latest = all(sources[index].conflicts == "latest" for index in members)
            _settle(con, conflicts, key, columns, latest=latest, table=table)
        for index, rows in _drop(con, stored, twice).items():
            lost[index] = lost.get(index, 0) + rows
    return lost


def _repeated(
    con: Any, stored: str, key: Sequence[str], members: list[int], columns: Sequence[str]
) -> Any | None:
    """All rows whose key occurs more than once; ``__rank`` 0 is the one to keep."""
    import ibis

    rows = con.table(stored)
    rows = rows.mutate(__row=rows.rowid()).filter(rows["__source"].isin(members))
    if not len(_twice(con, rows, key)):
        return None
    several = rows.group_by(*key).having(rows.count() > 1).aggregate(rows=rows.count())
    if not asked.count(con, several):
        return None
    rows = _of_keys(rows, several, key)
    newest = [ibis.desc(rows.recorded_at)] if "recorded_at" in columns else []
    order = [*newest, *(rows[column] for column in WHERE), rows["__row"]]
    window = ibis.window(group_by=[rows[column] for column in key], order_by=order)
    name = f"{stored}_twice"
    con.create_table(name, rows.mutate(__rank=ibis.row_number().over(window)), temp=True, overwrite=True)
    return con.table(name)


def _of_keys(rows: Any, keys: Any, key: Sequence[str]) -> Any:
    """The rows whose key is among ``keys``; in a key of several columns null equals null."""
    wanted = keys.select(*key).view()
    return rows.semi_join(wanted, [rows[column].identical_to(wanted[column]) for column in key])


def _conflicting(rows: Any, key: Sequence[str], columns: Sequence[str]) -> Any:
    """The keys whose rows are not all equal."""
    different = rows.select(*columns).distinct()
    return different.group_by(*key).having(different.count() > 1).aggregate(rows=different.count())


def _settle(
    con: Any, conflicts: Any, key: Sequence[str], columns: Sequence[str], *, latest: bool, table: str
) -> None:
    """Raise unless the latest row of each key in conflict is one and the same."""
    named = " + ".join(key)
    keys = asked.count(con, conflicts.select(*key).distinct())
    if not latest:
        raise DataError(
            f"{table}: {keys} values of {named} stand for different rows",
            got=f"{asked.count(con, conflicts)} rows with an equal key and other content",
            mend="mend the source, add to event_key, or set conflicts: latest (needs recorded_at)",
        )
    if "recorded_at" not in columns:
        raise DataError(
            f"{table}: conflicts: latest needs to know which row is the latest",
            got="no recorded_at column",
            mend="map columns.recorded_at",
        )
    newest = conflicts.group_by(*key).mutate(newest=conflicts.recorded_at.max())
    newest = newest.filter(newest.recorded_at.identical_to(newest.newest))
    tied = asked.count(con, _conflicting(newest, key, columns))
    if tied:
        raise DataError(
            f"{table}: {tied} values of {named} have several latest rows, recorded at the same instant",
            got="equal keys, equal recorded_at, other content",
            mend="mend the source, or add to event_key",
        )


def _drop(con: Any, stored: str, twice: Any) -> dict[int, int]:
    losers = twice.filter(twice["__rank"] > 0)
    counted = losers.group_by("__source").aggregate(rows=losers.count())
    lost = {row["__source"]: row["rows"] for row in asked.records(con, counted)}
    name = f"{stored}_lost"
    con.create_table(name, losers.select("__row"), temp=True, overwrite=True)
    # Both names are ours, made of a table's name; nothing of the user's is in this statement.
    con.con.execute(f'DELETE FROM "{stored}" WHERE rowid IN (SELECT "__row" FROM "{name}")')
    con.drop_table(name)
    con.drop_table(twice.get_name())
    return lost


def count_equal(con: Any, stored: str, columns: Sequence[str], unkeyed: Sequence[int], *, table: str) -> int:
    """Rows without an event key that are equal to an earlier one; they stay, as equal purchases.

    Files whose rows are mostly the same over the days they share are overlapping extracts: without
    a key nothing can tell a repeated delivery from a repeated purchase, so that stops the load.
    """
    rows = con.table(stored)
    rows = rows.filter(rows["__source"].isin(list(unkeyed)))
    # One number a row first, made of what differs most: rows that are equal have equal marks, and
    # only those are worth comparing whole.
    telling = [name for name in columns if name in _TELLING or not rows[name].type().is_string()]
    several = _twice(con, rows, telling)
    if not len(several):
        return 0
    marks = _kept(con, f"{stored}_marks", several)
    name = f"{stored}_alike"
    marked = rows.mutate(__mark=_mark(rows, telling))
    con.create_table(name, marked.semi_join(marks, "__mark"), temp=True, overwrite=True)
    con.drop_table(f"{stored}_marks")
    alike = con.table(name)
    groups = alike.group_by(*columns).aggregate(
        rows=alike.count(),
        files=(alike["__source"].cast("string") + ":" + alike["__file"].cast("string")).nunique(),
    )
    groups = groups.filter(groups.rows > 1)
    if "time" in columns:
        _refuse_overlap(con, rows, groups.filter(groups.files > 1), table)
    repeated = int(asked.value(con, (groups.rows - 1).sum().fill_null(0)))
    con.drop_table(name)
    return repeated


def _kept(con: Any, name: str, rows: Any) -> Any:
    """An Arrow table as a temporary one of the engine; ``name`` is ours."""
    arriving = f"{name}_arriving"
    con.con.register(arriving, rows.__arrow_c_stream__())  # as in landing
    try:
        con.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM "{arriving}"')
    finally:
        con.con.unregister(arriving)
    return con.table(name)


def _mark(rows: Any, columns: Sequence[str]) -> Any:
    """One number a row, equal where the columns are."""
    # Ibis' own hash() takes the engine's through a text of 64 bits to a signed number.
    marks = (builtin("hash", str(rows[name].type()), "uint64")(rows[name]) for name in columns)
    return functools.reduce(operator.xor, marks)


def _twice(con: Any, rows: Any, columns: Sequence[str]) -> Any:
    """The marks of several rows, as an Arrow table of ``__mark``.

    Sorted in memory, a part of them at a time: half the work of counting them in the engine.
    """
    import numpy as np
    import pyarrow as pa

    total = asked.count(con, rows)
    parts = -(-total // AT_ONCE)
    marks = con.compile(rows.select(__mark=_mark(rows, columns)))
    held = np.empty(total, np.uint64)  # only what is written to takes memory
    found = [np.empty(0, np.uint64)]
    for part in range(parts):
        size = 0
        sql = f'SELECT "__mark" FROM ({marks}) WHERE "__mark" % {parts} = {part}'
        for batch in con.con.execute(sql).to_arrow_reader():
            held[size : size + len(batch)] = arrays.values(batch.column(0))
            size += len(batch)
        ordered = held[:size]
        ordered.sort()
        found.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
    return pa.table({"__mark": arrays.numbers(np.concatenate(found))})


def _refuse_overlap(con: Any, rows: Any, shared: Any, table: str) -> None:
    seen = shared.aggregate(rows=shared.rows.sum(), first=shared.time.min(), last=shared.time.max())
    found = asked.records(con, seen)[0]
    if not found["rows"]:
        return
    inside = rows.filter(rows.time.between(found["first"], found["last"]))
    total = asked.count(con, inside)
    if found["rows"] * 2 < total:
        return
    raise DataError(
        f"{table}: files overlap: {found['rows']} rows are in more than one of them",
        got=f"that is {found['rows'] / total:.0%} of the rows of the days they share, and no event_key",
        mend="declare event_key, or cut one delivery with until or since",
    )
