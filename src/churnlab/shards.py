"""Whole customers and all their events, as sorted columns: the unit of all work after the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Events = Mapping[str, NDArray[Any]]

# Bounds instead of nulls, far from any instant and from overflow: no comparison needs a special case.
EVER = -(2**62)  # an unknown valid_from: it was always so
NEVER = 2**62  # an unknown end, resolved_at, valid_to or joined_at: not yet


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
    ``attributes``: rows (customer, valid_from, valid_to, joined_at, one column an attribute), sorted by
    (customer, valid_from); the texts of categories are under ("customers", name). None: no such table.
    ``customer``, ``as_of``: the snapshots asked about, sorted.
    """

    customers: NDArray[np.object_]
    events: Mapping[str, Events]
    texts: Mapping[tuple[str, str], NDArray[np.object_]]
    attributes: Events | None
    customer: Ints
    as_of: Ints
