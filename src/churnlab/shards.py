"""Whole customers and all their events, as sorted columns: the unit of all work after the tables.

Each table leaves the engine once, in one order that the data alone decide, and is cut where one
customer ends and the next begins:

    customer  time  amount                shard 1            shard 2
    00017     03    900                   00017  (3 rows)
    00017     03    1200       --->       00042  (1 row)     00043  (2 rows)
    00017     09    -900                  at most shard_events rows, unless one customer has more
    ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.meanings import TABLES
from churnlab.snapshots import Calendar, Snapshots

if TYPE_CHECKING:
    from churnlab.tables import Tables

Ints = NDArray[np.int64]
Events = Mapping[str, NDArray[Any]]

# Bounds instead of nulls, far from any instant and from overflow: no comparison needs a special case.
EVER = -(2**62)  # an unknown valid_from: it was always so
NEVER = 2**62  # an unknown end, resolved_at, valid_to or joined_at: not yet

EVENT_TABLES = ("transactions", "interactions", "contracts", "campaigns")
_BATCH_ROWS = 100_000
_CODE = "_code"  # no column of a table begins with an underscore


@dataclass(frozen=True, eq=False)
class Shard:
    """All events of some whole customers, each table sorted by (customer, time).

    ``customers``: the ids, sorted by their UTF-8 bytes; a customer's code is its position here.
    ``events``: table -> column -> values. Every table has ``customer`` (int64 code), ``time`` and
    ``recorded_at`` (int64 microseconds UTC; ``recorded_at`` equals ``time`` where it is unknown), and
    the event's local ``day`` and ``month`` (since 1970), ``weekday`` (0 Monday) and ``hour``, int64.
    Money is int64 minor units, 0 where it is missing; numbers are float64, NaN where missing; text is
    an int64 code, -1 where missing; other instants (``end``, ``resolved_at``) NEVER where missing.
    ``texts``: (table, column) -> the texts behind the codes, sorted by their UTF-8 bytes.
    ``attributes``: rows (customer, valid_from, valid_to, joined_at if known, one column an attribute),
    sorted by (customer, valid_from); texts of categories are under ("customers", name). None: no table.
    ``customer``, ``as_of``: the snapshots asked about, sorted.
    """

    customers: NDArray[np.object_]
    events: Mapping[str, Events]
    texts: Mapping[tuple[str, str], NDArray[np.object_]]
    attributes: Events | None
    customer: Ints
    as_of: Ints


def each(tables: Tables, snapshots: Snapshots, zone: str, shard_events: int) -> Iterator[Shard]:
    """The customers of ``snapshots`` with all their events, in id order, as shards.

    A shard holds about ``shard_events`` events and snapshots, and always whole customers. What
    a customer's rows are does not depend on the shard, on the order of the input, or on threads.
    ``zone``: the business zone, for the local parts of each event's time.
    """
    import ibis

    ids, first = _customers(snapshots)
    name_of_asked = ibis.util.gen_name("asked")
    asked = tables.con.create_table(name_of_asked, obj=_coded(ids))
    with ExitStack() as stack:
        stack.callback(tables.con.drop_table, name_of_asked)
        names = [name for name in (*EVENT_TABLES, "customers") if tables.has(name)]
        weights = np.diff(first)
        for name in names:
            weights += _counts(tables, name, asked, len(ids))
        streams = {name: stack.enter_context(_stream(tables, name, asked)) for name in names}
        for start, end in _cuts(weights, shard_events):
            of_shard = slice(first[start], first[end])
            customer = np.repeat(np.arange(end - start), np.diff(first[start : end + 1]))
            # The Arrow rows are let go as soon as they are arrays.
            rows = ((name, stream.until(end)) for name, stream in streams.items())
            events, texts = _columns(rows, start, Calendar(zone), tables)
            attributes = events.pop("customers", None)
            yield Shard(ids[start:end], events, texts, attributes, customer, snapshots.as_of[of_shard])


def _customers(snapshots: Snapshots) -> tuple[NDArray[np.object_], Ints]:
    """The ids once each, and the first snapshot row of each, with the end of all rows appended."""
    ids, as_of = snapshots.customer_id, snapshots.as_of
    other = ids[1:] != ids[:-1]
    if not (np.where(other, ids[1:] > ids[:-1], as_of[1:] > as_of[:-1])).all():
        raise ValueError("snapshots must be unique and sorted by customer_id, then as_of")
    first = np.concatenate([np.zeros(min(len(ids), 1), np.int64), 1 + np.flatnonzero(other)])
    return ids[first], np.append(first, len(ids))


def _coded(ids: NDArray[np.object_]) -> Any:
    import pyarrow as pa

    return pa.table({"customer_id": pa.array(ids, pa.string()), _CODE: np.arange(len(ids), dtype=np.int64)})


def _counts(tables: Tables, name: str, asked: Any, size: int) -> Ints:
    """How many rows of a table each customer has."""
    of_table = tables.table(name).select("customer_id").inner_join(asked, "customer_id")
    counted = tables.con.to_pyarrow(of_table.group_by(_CODE).aggregate(rows=of_table.count()))
    counts = np.zeros(size, np.int64)
    counts[counted[_CODE].to_numpy()] = counted["rows"].to_numpy()
    return counts


def _cuts(weights: Ints, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of customers that weigh at most ``limit`` together, or one customer alone."""
    so_far = np.append(0, np.cumsum(weights))
    start = 0
    while start < len(weights):
        end = max(int(np.searchsorted(so_far, so_far[start] + limit, side="right")) - 1, start + 1)
        yield start, end
        start = end


class _Stream:
    """The rows of one table in order, handed out range of customers by range of customers."""

    def __init__(self, cursor: Any, sql: str) -> None:
        self._cursor = cursor
        self._batches = cursor.execute(sql).fetch_record_batch(_BATCH_ROWS)
        self._schema = self._batches.schema
        self._waiting: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.close()

    def until(self, code: int) -> Any:
        """An Arrow table of the rows not handed out yet whose customer is below ``code``."""
        import pyarrow as pa

        taken = []
        while (batch := self._waiting or next(self._batches, None)) is not None:
            rows = int(np.searchsorted(batch[_CODE].to_numpy(), code))
            taken.append(batch.slice(0, rows))
            self._waiting = batch.slice(rows) if rows < len(batch) else None
            if self._waiting is not None:
                break
        return pa.Table.from_batches(taken, self._schema)


def _stream(tables: Tables, name: str, asked: Any) -> _Stream:
    """Sorted by customer and time; ties by all other columns, so that only the data decide."""
    import ibis

    # An event's own id only tells duplicates apart, and that is done.
    columns = [column for column in tables.columns(name) if column not in {"customer_id", "event_id"}]
    time = "valid_from" if name == "customers" else "time"
    columns = sorted(columns, key=lambda column: (column != time, column))
    rows = tables.table(name).inner_join(asked, "customer_id").select(_CODE, *columns)
    ordered = rows.order_by(_CODE, *[ibis.asc(column, nulls_first=True) for column in columns])
    # A cursor of its own: a connection has one open result, and the tables are read in turns.
    return _Stream(tables.con.con.cursor(), tables.con.compile(ordered))


def _columns(
    rows: Iterable[tuple[str, Any]], start: int, calendar: Calendar, tables: Tables
) -> tuple[dict[str, Events], dict[tuple[str, str], NDArray[np.object_]]]:
    """Events as arrays, and the texts behind the codes. ``start``: the first customer's code."""
    events: dict[str, Events] = {}
    texts: dict[tuple[str, str], NDArray[np.object_]] = {}
    for name, table in rows:
        columns: dict[str, NDArray[Any]] = {"customer": table[_CODE].to_numpy() - start}
        for column in table.column_names[1:]:
            kind = _kind(name, column, tables)
            if kind in {"text", "category"}:
                columns[column], texts[name, column] = _encoded(table[column])
            else:
                columns[column] = _numeric(table[column], column, kind)
        events[name] = _with_times(columns, calendar) if name in EVENT_TABLES else _with_validity(columns)
    return events, texts


def _kind(name: str, column: str, tables: Tables) -> str:
    known = TABLES[name].get(column)
    return known[0] if known else tables.attributes[column].kind


def _numeric(column: Any, name: str, kind: str) -> NDArray[Any]:
    if kind == "number":
        # Adding 0 makes the two zeros one: they are equal, so no order could tell them apart.
        numbers: NDArray[np.float64] = column.fill_null(np.nan).to_numpy() + 0.0
        return numbers
    missing = {"time": NEVER, "money": 0}[kind] if name != "valid_from" else EVER
    whole: Ints = column.fill_null(missing).to_numpy()
    return whole


def _encoded(column: Any) -> tuple[Ints, NDArray[np.object_]]:
    """Codes into the sorted distinct texts of a column, -1 where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # Large, since the offsets of ordinary strings end at 2 GiB.
    encoded = column.cast(pa.large_string()).combine_chunks().dictionary_encode()
    found = encoded.dictionary
    order = pc.sort_indices(found)
    rank = np.full(len(found) + 1, -1)  # the last is for a missing text
    rank[order.to_numpy()] = np.arange(len(found))
    codes = encoded.indices.fill_null(-1).to_numpy()
    return rank[codes], found.take(order).to_numpy(zero_copy_only=False).astype(object)


def _with_times(columns: dict[str, NDArray[Any]], calendar: Calendar) -> Events:
    time = columns["time"]
    recorded_at = columns.get("recorded_at", time)
    return columns | {
        "recorded_at": np.where(recorded_at == NEVER, time, recorded_at),
        "day": calendar.day_numbers(time),
        "month": calendar.month_numbers(time),
        "weekday": calendar.weekdays(time),
        "hour": calendar.hours(time),
    }


def _with_validity(columns: dict[str, NDArray[Any]]) -> Events:
    """Attributes without a validity of their own are static: they always held."""
    bounds = {"valid_from": EVER, "valid_to": NEVER}
    size = len(columns["customer"])
    return {name: np.full(size, instant) for name, instant in bounds.items()} | columns


def of_snapshot_table(tables: Tables, as_of: int) -> tuple[Shard, NDArray[np.object_], Any]:
    """A table of one row a customer as a single shard without events, seen at ``as_of``.

    Beside it, (n,) the supplied labels (text or None) and values (minor units, NaN; None: no such column).
    """
    rows = tables.con.to_pyarrow(tables.table("snapshot").order_by("customer_id"))
    ids = rows["customer_id"].to_numpy().astype(object)
    found = _coded(ids).select([_CODE])
    for column in sorted(set(tables.columns("snapshot")) - {"customer_id", "label", "value"}):
        found = found.append_column(column, rows[column])
    events, texts = _columns([("customers", found)], 0, Calendar("UTC"), tables)
    everyone = np.arange(len(ids), dtype=np.int64)
    shard = Shard(ids, {}, texts, events["customers"], everyone, np.full(len(ids), as_of))
    value = (
        rows["value"].cast("float64").fill_null(np.nan).to_numpy() if "value" in rows.column_names else None
    )
    return shard, rows["label"].to_numpy().astype(object), value
