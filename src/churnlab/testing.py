"""Small worlds for tests of your own feature families: plain events, drawn where mistakes live.

Drawn evenly, an event never falls on the very instant of a snapshot, and a ``<=`` for a ``<`` is
never found. Here most instants lie on an edge (the snapshot, a window's start, the ends of gap,
horizon and settlement) or a microsecond, an hour or a day beside it, around days on which clocks
change; records come late; orders are returned, partly or wholly. Needs Hypothesis.

    @given(worlds())
    def test_my_family_is_blind_to_the_future(world):
        check_family(my_family, world)
"""

# ruff: noqa: S311 (nothing drawn here is a secret)
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from churnlab.config.project import FeaturePlan
from churnlab.features.feature import Feature
from churnlab.history import History, Outcome
from churnlab.shards import EVER, NEVER, Shard
from churnlab.snapshots import Calendar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    Family = Callable[[History], Iterable[Feature]]

Event = Mapping[str, Any]

HOUR, DAY = 3_600_000_000, 86_400_000_000
CUSTOMERS = (0, 1, 2)

# table: column -> what may be drawn for it. None is a missing value; an int column has none.
AMOUNTS = (10, 20, 30, 1999, -10, -20, -30, 0)
COLUMNS: dict[str, dict[str, tuple[Any, ...]]] = {
    "transactions": {
        "order_id": (None, "A", "B", "C"),
        "amount": AMOUNTS,
        "margin": (5, 7, -3),
        "discount": (0, 1, 2),
        "quantity": (None, 0.1, 0.2, 1.0, 3.5),
        "product": (None, "lamp", "pen", "cup"),
        "category": ("home", "office"),
        "channel": (None, "shop", "web"),
    },
    "interactions": {
        "type": ("open", "complaint", "ticket", "review"),
        "direction": (None, "inbound", "outbound"),
        "channel": (None, "mail", "phone"),
        "score": (None, 1.0, 4.5),
        "resolved_at": (),
    },
    "contracts": {
        "type": ("basic", "full"),
        "amount": (500, 900),
        "end": (),
        "reason": (None, "payment_failed", "moved"),
    },
    "campaigns": {"campaign": ("spring", "autumn"), "channel": ("mail", None)},
}
ATTRIBUTES: dict[str, tuple[Any, ...]] = {"city": (None, "Lille", "Lyon"), "age": (None, 31.0, 64.0)}
INSTANTS = frozenset({"end", "resolved_at", "valid_to", "joined_at"})


@dataclass(frozen=True)
class World:
    """Customers 0, 1, 2 and what happened to them; each is seen at every instant in ``asked``.

    ``events``: table -> events, each with ``customer``, ``time``, ``recorded_at`` and the ``COLUMNS``
    of its table. ``attributes``: rows with ``customer``, ``valid_from`` and the rest of ``ATTRIBUTES``.
    """

    calendar: Calendar
    asked: tuple[int, ...]
    events: Mapping[str, tuple[Event, ...]]
    attributes: tuple[Event, ...] = ()
    customers: tuple[int, ...] = CUSTOMERS
    window: int = 30
    gap: int = 0
    horizon: int = 30
    settlement: int = 0
    watermark: int = NEVER

    def shard(self) -> Shard:
        """The world as a shard; rows at one instant keep the order they have here."""
        texts: dict[tuple[str, str], Any] = {}
        events = {}
        for table, rows in self.events.items():
            columns = self._columns(table, ("time", "recorded_at", *COLUMNS[table]), rows, "time", texts)
            events[table] = columns | _clock(self.calendar, columns["time"])
        names = ("valid_from", "valid_to", "joined_at", *ATTRIBUTES)
        attributes = self._columns("customers", names, self.attributes, "valid_from", texts)
        ids = np.array([f"customer {customer}" for customer in self.customers], dtype=object)
        codes = np.repeat(np.arange(len(ids)), len(self.asked))
        return Shard(ids, events, texts, attributes, codes, np.tile(np.array(self.asked), len(ids)))

    def history(self, plan: FeaturePlan | None = None, *, compiled: bool = False) -> History:
        """The past of every customer at every instant asked, customer by customer."""
        plan = plan or FeaturePlan(windows=(7, 30, 90))
        return History.of(self.shard(), self.calendar, plan, compiled=compiled)

    def outcome(self, *, compiled: bool = False) -> Outcome:
        """What followed."""
        spans = (self.gap, self.horizon, self.settlement)
        return Outcome.of(self.shard(), self.calendar, *spans, self.watermark, compiled=compiled)

    def known_before(self, instant: int) -> World:
        """The world physically cut to what had happened and been recorded before an instant."""
        events = {
            table: tuple(
                _as_known(row, instant) for row in rows if max(row["time"], row["recorded_at"]) < instant
            )
            for table, rows in self.events.items()
        }
        attributes = (row for row in self.attributes if row["valid_from"] < instant)
        return replace(self, events=events, attributes=tuple(_as_known(row, instant) for row in attributes))

    def with_events(self, table: str, rows: Iterable[Event]) -> World:
        """The same world in which more happened."""
        return replace(self, events={**self.events, table: (*self.events[table], *rows)})

    def only(self, *customers: int) -> World:
        """The same world with some of its customers."""
        return replace(
            self,
            customers=customers,
            events={
                table: tuple(row for row in rows if row["customer"] in customers)
                for table, rows in self.events.items()
            },
            attributes=tuple(row for row in self.attributes if row["customer"] in customers),
        )

    def _columns(
        self,
        table: str,
        names: tuple[str, ...],
        rows: Iterable[Event],
        instant: str,
        texts: dict[tuple[str, str], Any],
    ) -> dict[str, Any]:
        code = {customer: place for place, customer in enumerate(self.customers)}
        rows = sorted(rows, key=lambda row: (code[row["customer"]], row[instant]))
        columns: dict[str, Any] = {"customer": _ints(code[row["customer"]] for row in rows)}
        for name in names:
            values, drawn = [row[name] for row in rows], COLUMNS.get(table, ATTRIBUTES).get(name, ())
            if any(isinstance(value, str) for value in drawn):
                known = sorted({value for value in values if value is not None})
                texts[table, name] = np.array(known, dtype=object)
                columns[name] = _ints(-1 if value is None else known.index(value) for value in values)
            elif any(isinstance(value, float) for value in drawn):
                columns[name] = np.array(
                    [np.nan if value is None else value for value in values], dtype=float
                )
            else:
                columns[name] = _ints(NEVER if value is None else value for value in values)
        return columns


def _as_known(row: Event, instant: int) -> Event:
    # What was written into a row later is not there yet.
    later = (name for name in INSTANTS & row.keys() if row[name] is not None and row[name] >= instant)
    return {**row, **dict.fromkeys(later)}


def _ints(values: Iterable[int]) -> Any:
    return np.array(list(values), dtype=np.int64)


def _clock(calendar: Calendar, time: Any) -> dict[str, Any]:
    return {
        "day": calendar.day_numbers(time),
        "month": calendar.month_numbers(time),
        "weekday": calendar.weekdays(time),
        "hour": calendar.hours(time),
    }


# Days on which the clocks of Paris go forward and back, and plain ones.
_DAYS = (dt.date(2025, 3, 30), dt.date(2025, 10, 26), dt.date(2025, 3, 31), dt.date(2025, 10, 27))
_BESIDE = (0, 0, 0, 0, -1, -1, 1, 1, -HOUR, HOUR, -2 * HOUR, 2 * HOUR, -DAY, DAY)
_CALENDARS = (
    Calendar("Europe/Paris"),
    Calendar("Europe/Paris"),
    Calendar("America/New_York"),
    Calendar("UTC", "fixed"),
)
_LATE = (0, 0, 0, 1, HOUR, DAY, 5 * DAY)


def worlds(tables: Iterable[str] = tuple(COLUMNS), most: int = 14) -> SearchStrategy[World]:
    """Worlds of three customers with up to ``most`` events in each of ``tables``."""
    from hypothesis import strategies as st

    tables = tuple(tables)
    # One number makes an event: ten times faster than a draw for each of its columns, and Hypothesis
    # can still leave out every event that a failure does not need.
    seeds = st.integers(0, 2**32)

    def world(seed: int, rows: tuple[list[int], ...], periods: list[int]) -> World:
        bare = _bare_world(Random(seed))
        drawn = {
            table: tuple(row for seed in seeds for row in _story(bare, table, Random(seed)))
            for table, seeds in zip(tables, rows, strict=True)
        }
        attributes = {
            (row["customer"], row["valid_from"]): row for row in map(partial(_period, bare), periods)
        }
        return replace(bare, events=drawn, attributes=tuple(attributes.values()))

    rows = st.tuples(*(st.lists(seeds, max_size=most) for _ in tables))
    return st.builds(world, seeds, rows, st.lists(seeds, max_size=4))


def _story(world: World, table: str, random: Random) -> Iterator[Event]:
    """An event, and sometimes the return of what was bought: all of it, or half."""
    row = event(world, table, random)
    yield row
    if table == "transactions" and row["order_id"] and random.random() < 0.5:
        back = max(row["time"], _instant(world, random))
        amount = -row["amount"] // random.choice((1, 1, 2))
        yield {**row, "time": back, "recorded_at": back + random.choice(_LATE), "amount": amount}


def event(world: World, table: str, random: Random) -> Event:
    """One event with every column of its table, near an edge of the world, recorded at once or late."""
    time = _instant(world, random)
    columns = {
        name: random.choice((None, _instant(world, random))) if name in INSTANTS else random.choice(drawn)
        for name, drawn in COLUMNS[table].items()
    }
    customer = random.choice(world.customers)
    return {"customer": customer, "time": time, "recorded_at": time + random.choice(_LATE), **columns}


def _bare_world(random: Random) -> World:
    calendar = random.choice(_CALENDARS)
    as_of = calendar.instant(random.choice(_DAYS)) + random.choice((0, 0, HOUR, 2 * HOUR, 12 * HOUR))
    gap, horizon, settlement = (random.choice(days) for days in ((0, 7, 14), (30, 90), (0, 7, 30)))
    window = random.choice((7, 30, 90))
    settled = int(calendar.ahead(np.array([as_of]), gap + horizon + settlement)[0])
    watermark = settled + random.choice((-1, 0, 1, DAY, 4 * DAY))
    asked = (as_of, as_of + 1, as_of + 3 * DAY)
    return World(calendar, asked, {}, (), CUSTOMERS, window, gap, horizon, settlement, watermark)


def _period(world: World, seed: int) -> Event:
    """A row of attributes, valid from an instant on, or always."""
    random = Random(seed)
    since = random.choice((EVER, _instant(world, random), _instant(world, random)))
    later = {name: random.choice((None, _instant(world, random))) for name in ("valid_to", "joined_at")}
    drawn = {name: random.choice(values) for name, values in ATTRIBUTES.items()}
    return {"customer": random.choice(world.customers), "valid_from": since, **later, **drawn}


def _instant(world: World, random: Random) -> int:
    """Mostly on an edge of the world or a hair beside it, else anywhere within two windows."""
    spans = (0, 0, -world.window, -30, world.gap, world.gap + world.horizon)
    settled = world.gap + world.horizon + world.settlement
    edge = random.choice(_edges(world.calendar, world.asked[0], (*spans, settled)))
    reach = 2 * world.window * DAY
    return edge + (random.choice(_BESIDE) if random.random() < 0.6 else random.randint(-reach, reach))


@lru_cache
def _edges(calendar: Calendar, as_of: int, days: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(calendar.ahead(np.array([as_of]), day)[0]) for day in days)


def check_family(family: Family, world: World) -> None:
    """Assert that a family uses what was known, of the customer alone: else it will not work in use."""
    seen, plan = world.asked[0], FeaturePlan(windows=(7, 30, 90))
    for customer in world.customers:
        alone = replace(world.only(customer), asked=(seen,))
        cut = _measured(family, alone.known_before(seen), plan)
        for name, values in _measured(family, alone, plan).items():
            np.testing.assert_array_equal(values, cut[name], f"{name} changes with the future")
        everyone = _measured(family, replace(world, asked=(seen,)), plan)
        for name, values in everyone.items():
            own = values[world.customers.index(customer)]
            np.testing.assert_array_equal(own, cut[name][0], f"{name} changes with other customers")


def _measured(family: Family, world: World, plan: FeaturePlan) -> dict[str, Any]:
    return {feature.name: feature.values for feature in family(world.history(plan))}
