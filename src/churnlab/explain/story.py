"""One customer's past as a person reads it: what happened when, as it was known before one day.

It is read through the same door as features, so nothing that happened or was recorded later is in it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from churnlab.features.orders import qualifying
from churnlab.history import ALL, History, Source, days_between
from churnlab.history.cuts import is_past

Kind = Literal["order", "refund", "contact_in", "contact_out", "contact", "contract_start", "contract_end"]
CONTACTS: tuple[Kind, ...] = ("contact_in", "contact_out", "contact")
CONTRACTS: tuple[Kind, ...] = ("contract_start", "contract_end")
DIRECTIONS: dict[str | None, Kind] = {"inbound": "contact_in", "outbound": "contact_out"}
EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Event:
    """``amount``: major units, None where there is none. ``about``: words of the source, as they are."""

    day: dt.date
    kind: Kind
    amount: float | None = None
    about: str = ""


@dataclass(frozen=True)
class Story:
    """``events``: by day, rising. ``silence``: days since the last order, ``usual_gap``: between orders.

    The usual gap is the customer's own median; None below two orders, as ``silence`` without any.
    """

    as_of: dt.date
    events: tuple[Event, ...]
    silence: float | None = None
    usual_gap: float | None = None

    @classmethod
    def of(cls, past: History, exponent: int) -> Story:
        """The story of the only snapshot of ``past``. ``exponent``: decimals of the currency."""
        found = [*_orders(past, exponent), *_contacts(past), *_contracts(past)]
        orders = qualifying(past)
        silence = gap = None
        if orders is not None:
            ever = orders.last(ALL)
            silence = _known(days_between(ever.last("time"), past.as_of)[0])
            gap = _known(ever.gaps("median")[0])
        events = tuple(sorted(found, key=lambda event: event.day))  # stable: by time within a table
        return cls(past.calendar.date(int(past.as_of[0])), events, silence, gap)

    def some(self, *kinds: Kind) -> tuple[Event, ...]:
        """The events of these kinds."""
        return tuple(event for event in self.events if event.kind in kinds)

    def months(self, most: int = 12) -> list[tuple[str, int]]:
        """(month, orders in it) up to the last month before ``as_of``, from the first order on."""
        counts = Counter((event.day.year, event.day.month) for event in self.some("order"))
        if not counts:
            return []
        last = self.as_of - dt.timedelta(days=1)
        end, first = 12 * last.year + last.month, min(12 * year + month for year, month in counts)
        found = []
        for number in range(max(first, end - most + 1), end + 1):
            year, month = divmod(number - 1, 12)
            found.append((f"{year:04d}-{month + 1:02d}", counts[year, month + 1]))
        return found


def _orders(past: History, exponent: int) -> Iterator[Event]:
    orders = past.orders
    if orders is None:
        return
    rows = _rows(orders)
    # Without amounts each line of an order would count for one: that is no money.
    amounts = orders.values("amount")[rows].tolist() if orders.has("amount") else None
    about = _told(orders, rows, "channel")
    for place, day in enumerate(_days(past, orders, rows)):
        amount = None if amounts is None else amounts[place] / 10**exponent
        yield Event(day, "refund" if amount is not None and amount < 0 else "order", amount, about[place])


def _contacts(past: History) -> Iterator[Event]:
    if past.interactions is not None:
        rows = _rows(past.interactions)
        about = _told(past.interactions, rows, "type", "channel", "campaign")
        directions = _texts(past.interactions, rows, "direction")
        for day, direction, text in zip(_days(past, past.interactions, rows), directions, about, strict=True):
            yield Event(day, DIRECTIONS.get(direction, "contact"), about=text)
    if past.campaigns is not None:
        rows = _rows(past.campaigns)
        about = _told(past.campaigns, rows, "campaign", "channel")
        for day, text in zip(_days(past, past.campaigns, rows), about, strict=True):
            yield Event(day, "contact_out", about=text)


def _contracts(past: History) -> Iterator[Event]:
    contracts = past.contracts
    if contracts is None:
        return
    rows = _rows(contracts)
    about = _told(contracts, rows, "type")
    for day, text in zip(_days(past, contracts, rows), about, strict=True):
        yield Event(day, "contract_start", about=text)
    if contracts.has("end"):
        ends = contracts.values("end")[rows]
        # An end is written into its row later: before it has come, nobody knew.
        for place in np.flatnonzero(is_past(ends, past.as_of[0])).tolist():
            yield Event(_date(past, ends[place : place + 1])[0], "contract_end", about=about[place])


def _rows(source: Source) -> slice:
    """The rows known of the only snapshot."""
    window = source.last(ALL)
    return slice(int(window.start[0]), int(window.end[0]))


def _days(past: History, source: Source, rows: slice) -> list[dt.date]:
    return _date(past, source.values("time")[rows])


def _date(past: History, instants: Any) -> list[dt.date]:
    days = past.calendar.day_numbers(instants).tolist()
    return [dt.date.fromordinal(EPOCH + int(day)) for day in days]


def _texts(source: Source, rows: slice, column: str) -> list[str | None]:
    texts = source.columns.texts.get(column)
    if not source.has(column) or texts is None:
        return [None] * (rows.stop - rows.start)
    return [str(texts[code]) if code >= 0 else None for code in source.values(column)[rows].tolist()]


def _told(source: Source, rows: slice, *columns: str) -> list[str]:
    """Some columns as one text each, without what is missing."""
    found = zip(*(_texts(source, rows, column) for column in columns), strict=True)
    return [", ".join(text for text in texts if text) for texts in found]


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
