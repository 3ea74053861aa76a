"""From loose rows of whole customers to a shard: coded, sorted, with local days and hours.

customer  time  amount                 customer  time  amount
00042     09    900                    0 (00017)   03     900
00017     03    1200       --->        0 (00017)   03    1200
00017     03    900                    1 (00042)   09     900
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.meanings import TABLES
from churnlab.shards.columns import WIDE, Bytes, coded, encoded, numeric, ranked, texts_of
from churnlab.shards.order import rows_in_order
from churnlab.shards.shard import EVER, NEVER, Events, Ints, Made, Shard
from churnlab.snapshots import DAY, HOUR, Calendar, months, weekdays
from churnlab.tables import arrays

Column = NDArray[Any] | Bytes
Rows = Mapping[str, Mapping[str, Column]]  # table -> column -> values; text as codes, or as bytes where WIDE
Dictionaries = Mapping[tuple[str, str], Any]  # (table, column) -> the sorted texts behind codes, as Arrow

_NOBODY = np.empty(0, np.int64)
TELLING = frozenset({"event_id"})  # only tells duplicates apart, and that is done


def kind_of(table: str, column: str, attributes: Mapping[str, str]) -> str:
    """What a column holds: id, text, time, money, number or category. ``attributes``: name -> kind."""
    known = TABLES[table].get(column)
    return known[0] if known else attributes[column]


def of_arrow(
    rows: Mapping[str, Any], attributes: Mapping[str, str], zone: str, *, compiled: bool = False
) -> Shard:
    """A shard from Arrow tables of whole customers, their rows in any order.

    ``rows``: table -> columns as in ``Tables.table``. ``attributes``: name -> number or category.
    """
    plain: dict[str, dict[str, Column]] = {}
    dictionaries: dict[tuple[str, str], Any] = {}
    for table, columns in rows.items():
        plain[table] = {}
        for column in sorted(columns.column_names):  # whatever order the input has
            if column in TELLING:
                continue
            kind = kind_of(table, column, attributes)
            if column in WIDE:
                plain[table][column] = Bytes.of(columns[column])
            elif kind in {"text", "category"}:
                plain[table][column], dictionaries[table, column] = coded(columns[column])
            else:
                plain[table][column] = numeric(columns[column], column, kind)
    return of_rows(plain, dictionaries, zone, compiled=compiled)


def of_rows(rows: Rows, dictionaries: Dictionaries, zone: str, *, compiled: bool) -> Shard:
    """The customers of the transactions with all their rows; rows of nobody else are left out.

    ``zone``: the business zone, for the local parts of each event's time.
    """
    ids = {table: encoded(_bytes(columns["customer_id"]).arrow()) for table, columns in rows.items()}
    rank, customers = ranked(ids["transactions"][1])
    events: dict[str, Events] = {}
    texts: dict[tuple[str, str], Callable[[], Any]] = {
        place: partial(texts_of, found) for place, found in dictionaries.items()
    }
    for table, columns in rows.items():
        codes, found = ids[table]
        among = rank if table == "transactions" else _among(found, customers)
        sorted_rows, customer = _in_order(among[codes], len(customers), table, columns, compiled)
        wide = {
            name: Made({"encoded": partial(_encoded, values)})
            for name, values in columns.items()
            if isinstance(values, Bytes) and name != "customer_id"
        }
        events[table] = _sorted(table, columns, wide, sorted_rows, customer, Calendar(zone))
        texts |= {(table, column): partial(_texts_behind, one) for column, one in wide.items()}
    attributes = events.pop("customers", None)
    return Shard(texts_of(customers), events, Made(texts), attributes, _NOBODY, _NOBODY)


def _among(found: Any, customers: Any) -> Ints:
    """The code of each id among ``customers``, -1 for somebody else (and, in the last place, for nobody)."""
    import pyarrow.compute as pc

    place = arrays.values(pc.index_in(found, value_set=customers), -1).astype(np.int64)
    return np.append(place, -1)


def _in_order(
    customer: Ints, customers: int, table: str, columns: Mapping[str, Column], compiled: bool
) -> tuple[Ints, Ints]:
    """The rows of known customers in canonical order, and the customer of each."""
    known = None if (customer >= 0).all() else np.flatnonzero(customer >= 0)
    time = _time_name(table)
    keys: list[NDArray[Any]] = []
    texts: list[Bytes] = []
    for name in sorted(set(columns) - {"customer_id", time}):
        values = columns[name]
        if isinstance(values, Bytes):
            texts.append(values if known is None else values.take(known))
        else:
            keys.append(values if known is None else values[known])
    when = columns.get(time)
    instants = np.full(len(customer), EVER) if when is None else np.asarray(when)
    if known is not None:
        customer, instants = customer[known], instants[known]
    order = rows_in_order(customer, customers, instants, keys, texts, compiled=compiled)
    return (order if known is None else known[order]), customer[order]


def _time_name(table: str) -> str:
    return "valid_from" if table == "customers" else "time"


def _sorted(
    table: str,
    columns: Mapping[str, Column],
    wide: Mapping[str, Made],
    rows: Ints,
    customer: Ints,
    calendar: Calendar,
) -> Events:
    make: dict[str, Callable[[], NDArray[Any]]] = {"customer": lambda: customer}
    for name, values in columns.items():
        if isinstance(values, Bytes):
            if name in wide:
                make[name] = partial(_codes, wide[name], rows)
        else:
            make[name] = partial(_taken, values, rows)
    if table == "customers":
        # Attributes without a validity of their own are static: they always held.
        make.setdefault("valid_from", partial(np.full, len(rows), EVER))
        make.setdefault("valid_to", partial(np.full, len(rows), NEVER))
        return Made(make)
    stated = make.pop("recorded_at", None)
    given = Made(make)
    # Nothing refers back to what is made of it, so that all of a shard goes as soon as it is done.
    read: dict[str, Callable[[], NDArray[Any]]] = {name: partial(given.__getitem__, name) for name in given}
    return Made(read | {"recorded_at": partial(_recorded, stated, given)} | _local_parts(given, calendar))


def _taken(values: NDArray[Any], rows: Ints) -> NDArray[Any]:
    taken: NDArray[Any] = values[rows]
    return taken if taken.dtype.kind == "f" else taken.astype(np.int64, copy=False)


def _codes(wide: Made, rows: Ints) -> Ints:
    codes: Ints = wide["encoded"][0][rows].astype(np.int64, copy=False)
    return codes


def _encoded(values: Bytes) -> tuple[NDArray[Any], Any]:
    return encoded(values.arrow())


def _texts_behind(wide: Made) -> Any:
    return texts_of(wide["encoded"][1])


def _bytes(column: Column) -> Bytes:
    if not isinstance(column, Bytes):
        raise TypeError("ids are texts")
    return column


def _recorded(stated: Callable[[], Ints] | None, given: Events) -> Ints:
    """When each event was written down: when it happened, where that is unknown."""
    if stated is None:
        return given["time"]
    known = stated()
    return np.where(known == NEVER, given["time"], known)


def _local_parts(given: Events, calendar: Calendar) -> dict[str, Callable[[], Ints]]:
    walls = Made({"wall": lambda: calendar.walls(given["time"])})
    days = Made({"day": lambda: walls["wall"] // DAY})
    return {
        "day": lambda: days["day"],
        "month": lambda: months(days["day"]),
        "weekday": lambda: weekdays(days["day"]),
        "hour": lambda: (walls["wall"] - days["day"] * DAY) // HOUR,
    }
