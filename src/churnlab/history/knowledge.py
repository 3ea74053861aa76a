"""Torn knowledge: a snapshot that knew a row but not an earlier one, or only a part of an order.

It is rare, and handled once: such a snapshot gets a private copy of exactly what it knew, as a
customer of its own. After that what a snapshot knew is the first rows of its customer, every order
is known whole or not at all, and no primitive need remember that records can be late.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from churnlab.history.cuts import Asked, Timeline
from churnlab.history.orders import Orders
from churnlab.history.slices import expanded
from churnlab.history.units import Flags, Ints, frozen
from churnlab.shards import Events

if TYPE_CHECKING:
    from churnlab.history.ways import Way


def timeline(events: Events, asked: Asked, way: Way) -> Timeline:
    customer, time, recorded_at = (frozen(events[name]) for name in ("customer", "time", "recorded_at"))
    return Timeline(customer, time, recorded_at, asked, way)


def untorn(events: Events, asked: Asked, way: Way, orders: Orders | None = None) -> tuple[Events, Asked]:
    """The same events with private copies at the end, and the snapshots that now ask for those."""
    rows, snapshots = timeline(events, asked, way).known()
    torn = _torn(rows, snapshots, orders)
    if not torn.any():
        return events, asked
    first, end = (
        np.searchsorted(events["customer"], asked.customer[torn], side) for side in ("left", "right")
    )
    copied, owner = expanded(first, end)
    known = rows[copied] <= snapshots[torn][owner]
    copied, owner = copied[known], owner[known]
    codes = (
        1 + max(events["customer"].max(initial=-1), asked.customer.max(initial=-1)) + np.arange(torn.sum())
    )
    private = {name: np.append(values, values[copied]) for name, values in events.items()}
    private["customer"] = np.append(events["customer"], codes[owner])
    customer = asked.customer.copy()
    customer[torn] = codes
    return private, replace(asked, customer=frozen(customer))


def _torn(rows: Ints, snapshots: Ints, orders: Orders | None) -> Flags:
    """(n,) the snapshots whose key lies in some ``[low, high)`` between two that belong together."""
    furthest = np.maximum.accumulate(rows)
    overtaken = np.flatnonzero(rows < furthest)  # an earlier row became known later
    low, high = rows[overtaken], furthest[overtaken]
    if orders is not None:
        least, most = orders.extremes(rows)
        parted = np.flatnonzero(least < most)
        low, high = np.append(low, least[parted]), np.append(high, most[parted])
    if not len(low):
        return np.zeros(len(snapshots), dtype=np.bool_)
    order = np.argsort(snapshots)
    change = np.bincount(np.searchsorted(snapshots[order], low), minlength=len(order) + 1)
    change -= np.bincount(np.searchsorted(snapshots[order], high), minlength=len(order) + 1)
    torn: Flags = np.zeros(len(order), dtype=np.bool_)
    torn[order] = np.cumsum(change[:-1]) > 0
    return torn
