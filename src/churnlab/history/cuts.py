"""Where a table is cut for each snapshot. Nothing else compares a time with ``as_of``.

A table is sorted by (customer, time), so a past is one slice of rows and a window two cuts in it.

    customer   0  0  0  0  0  1  1  1
    time       1  3  5  7  9  2  4  6     customer 0, as_of 7, window of 4: [3, 7) = rows 1:3

Few instants are asked about, however many customers: each row is told how many of them it has
reached, and (customer, reached) is one whole-number key to search in. Exact for any time; a code
times microseconds would overflow at a thousand customers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from churnlab.history.units import ALL, Flags, Ints

if TYPE_CHECKING:
    from churnlab.history.ways import Way

DENSE = 4  # keys for each row and snapshot: with fewer, counting them all is cheaper than searching


@dataclass(frozen=True, eq=False)
class Asked:
    """Who is asked about, and when.

    ``customer``: (n,) codes. ``as_of``: (n,). ``date``: (n,) the place of each ``as_of`` among the
    d distinct ones, rising.
    ``before``: days -> the instants that many days before each date; negative days lie after it.
    ``known_until``: what was recorded before this instant may be used: the date itself for a
    past, the end of settlement for an outcome.
    """

    customer: Ints
    as_of: Ints
    date: Ints
    before: Callable[[int], Edges]
    known_until: Edges


@dataclass(frozen=True, eq=False)
class Edges:
    """An instant for each of the d dates: ``instants[place]``, ``instants`` rising, each once.

    Instants may coincide or cross where clocks go back.
    """

    instants: Ints
    place: Ints

    @classmethod
    def of(cls, instants: Ints) -> Edges:
        """``instants``: (d,) one for each date."""
        if (instants[1:] > instants[:-1]).all():
            return cls(instants, np.arange(len(instants)))
        return cls(*np.unique(instants, return_inverse=True))


@dataclass(frozen=True, eq=False)
class Ago:
    """An instant of each snapshot's own, ``instants`` (n,): where a window of its own length begins.

    Whoever asks for the same window again has to ask with the same ``Ago``: it is known by identity.
    """

    instants: Ints


def _cut(edges: Ints, times: Ints) -> Ints:
    """How many of the rising ``edges`` each time has reached."""
    # An event at the very edge has reached it: at the snapshot it is the future (see Outcome), at
    # the start of a window it is inside.
    return np.searchsorted(edges, times, side="right")


def known_at(time: Ints, recorded_at: Ints) -> Ints:
    """From when on a row was known: it has happened, and is written down."""
    return np.maximum(time, recorded_at)


def reached(edges: Ints, times: Ints) -> Ints:
    """The same, as one of two ways."""
    return _cut(edges, times)


def cut(
    customer: Ints, times: Ints, _bounds: Ints, asked: Ints, date: Ints, edges: Ints, place: Ints
) -> Ints:
    """The first row of each snapshot's customer at or after its edge, ``edges[place[date]]``.

    ``times``: rising within a customer. ``edges``: rising, each once. ``_bounds``: see ``bounds``.
    """
    width = len(edges) + 1
    return up_to(customer * width + _cut(edges, times), asked * width + place[date])


def up_to(rows: Ints, snapshots: Ints) -> Ints:
    """How many of the rising keys of rows are at most each snapshot's."""
    size = 1 + max(rows.max(initial=0), snapshots.max(initial=0))
    if size > DENSE * (len(rows) + len(snapshots)):  # many dates, each of few customers
        return np.searchsorted(rows, snapshots, side="right")
    return np.cumsum(np.bincount(rows, minlength=size))[snapshots]  # five times faster than searching


def bounds(customer: Ints, codes: int) -> Ints:
    """(codes + 1,) the first row of each customer, and the end of all rows."""
    return np.searchsorted(customer, np.arange(codes + 1))


def positions(wanted: Flags) -> tuple[Ints, Ints]:
    """(how many are wanted before each row and the end, the rows that are)."""
    before = np.zeros(len(wanted) + 1, dtype=np.int64)
    np.cumsum(wanted, out=before[1:])
    return before, np.flatnonzero(wanted)


def is_past(instants: Ints, as_of: Ints) -> Flags:
    """Whether each of some instants, which came into a row later, lies before its snapshot."""
    return instants < as_of


@dataclass(frozen=True, eq=False)
class Timeline:
    """When the rows of one table (sorted by customer, then time) happened and were known.

    ``at(days)`` is the first row of each snapshot's customer at or after ``as_of - days``, among
    those it knew; ``at(ALL)`` its first row, ``at(0)`` the first it did not know; ``at(Ago)`` the first
    at or after an instant of its own. This needs what a
    snapshot knew to be the first rows of its customer: see ``knowledge``.
    """

    customer: Ints
    time: Ints
    recorded_at: Ints
    asked: Asked
    way: Way
    _found: dict[int | Ago, Ints] = field(default_factory=dict, init=False)

    def at(self, days: int | Ago) -> Ints:
        if days not in self._found:
            self._found[days] = self._first_row(days)
        return self._found[days]

    def _first_row(self, days: int | Ago) -> Ints:
        if isinstance(days, Ago):
            return np.minimum(self._cut_each(days), self._known_end)
        if days == ALL:
            return self._bounds.take(self.asked.customer)
        edges, known = self.asked.before(days), self.asked.known_until
        if np.array_equal(edges.instants, known.instants):  # what is known has happened
            return self._known_end
        return np.minimum(self._cut(edges), self._known_end)

    def _cut(self, edges: Edges) -> Ints:
        asked = self.asked
        return self.way.cut(
            self.customer, self.time, self._bounds, asked.customer, asked.date, edges.instants, edges.place
        )

    def _cut_each(self, ago: Ago) -> Ints:
        # Many snapshots share an instant: each is then told which of the different ones is its own.
        edges, own = np.unique(ago.instants, return_inverse=True)
        asked, place = self.asked, np.arange(len(edges))
        return self.way.cut(self.customer, self.time, self._bounds, asked.customer, own, edges, place)

    @cached_property
    def _bounds(self) -> Ints:
        most = max(self.customer.max(initial=-1), self.asked.customer.max(initial=-1))
        return self.way.bounds(self.customer, int(most) + 1)

    @cached_property
    def _known_end(self) -> Ints:
        if np.array_equal(known_at(self.time, self.recorded_at), self.time):  # nothing came late
            return self._cut(self.asked.known_until)
        rows, snapshots = self.known()
        return up_to(np.maximum.accumulate(rows), snapshots)

    def known(self) -> tuple[Ints, Ints]:
        """A key for each row and each snapshot: of its customer, a snapshot knew the rows up to its own."""
        edges, asked = self.asked.known_until, self.asked
        width = len(edges.instants) + 1
        since = self.way.reached(edges.instants, known_at(self.time, self.recorded_at))
        return self.customer * width + since, asked.customer * width + edges.place[asked.date]
