"""Whole customers and all their events, as sorted columns: the unit of all work after the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Events = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Shard:
    """All events of some whole customers, each table sorted by (customer, time).

    ``customers``: the ids, sorted by their UTF-8 bytes; a customer's code is its position here.
    ``events``: table -> column -> values. Every table has ``customer`` (int64 code), ``time`` and
    ``recorded_at`` (int64 microseconds UTC; ``recorded_at`` equals ``time`` where it is unknown).
    Money is int64 minor units; numbers are float64; text is an int64 code, -1 where it is missing.
    ``texts``: (table, column) -> the texts behind the codes, sorted.
    ``attributes``: rows (customer, valid_from, valid_to, joined_at, one column an attribute).
    ``customer``, ``as_of``: the snapshots asked about, sorted.
    """

    customers: NDArray[np.object_]
    events: Mapping[str, Events]
    texts: Mapping[tuple[str, str], NDArray[np.object_]]
    attributes: Events | None
    customer: Ints
    as_of: Ints
