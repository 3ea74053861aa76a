"""What a shard is: whole customers, and all that is known of them, as sorted columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Events = Mapping[str, NDArray[Any]]
Texts = NDArray[np.object_]

# Bounds instead of nulls, far from any instant and from overflow: no comparison needs a special case.
EVER = -(2**62)  # an unknown valid_from: it was always so
NEVER = 2**62  # an unknown end, resolved_at, valid_to or joined_at: not yet

EVENT_TABLES = ("transactions", "interactions", "contracts", "campaigns")


@dataclass(frozen=True, eq=False)
class Shard:
    """All events of some whole customers, each table sorted by (customer, time).

    ``customers``: the ids, sorted by their UTF-8 bytes; a customer's code is its position here.
    ``events``: table -> column -> values. Every table has ``customer`` (int64 code), ``time`` and
    ``recorded_at`` (int64 microseconds UTC; ``recorded_at`` equals ``time`` where it is unknown), and
    the event's local ``day`` and ``month`` (since 1970), ``weekday`` (0 Monday) and ``hour``, int64.
    Money is int64 minor units, 0 where it is missing; numbers are float64, NaN where missing; text is
    an int64 code, -1 where missing; other instants (``end``, ``resolved_at``) NEVER where missing.
    ``texts``: (table, column) -> the texts behind the codes, each once.
    ``attributes``: rows (customer, valid_from, valid_to, joined_at if known, one column an attribute),
    sorted by (customer, valid_from); texts of categories are under ("customers", name). None: no table.
    ``customer``, ``as_of``: the snapshots asked about, sorted; none before somebody asked.
    """

    customers: Texts
    events: Mapping[str, Events]
    texts: Mapping[tuple[str, str], Texts]
    attributes: Events | None
    customer: Ints
    as_of: Ints

    @property
    def size(self) -> int:
        """How many events and attribute rows there are."""
        tables = [*self.events.values(), *([self.attributes] if self.attributes else [])]
        return sum(len(columns["customer"]) for columns in tables)


class Made(Mapping[Any, Any]):
    """Values that are made when they are first asked for: what no feature reads costs nothing."""

    def __init__(self, make: Mapping[Any, Callable[[], Any]]) -> None:
        self._make, self._made = dict(make), dict[Any, Any]()

    def __getitem__(self, name: Any) -> Any:
        if name not in self._made:
            self._made[name] = self._make[name]()
            self._make[name] = _done  # what it was made of is let go
        return self._made[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)


def _done() -> Any:
    raise AssertionError("made already")
