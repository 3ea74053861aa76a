"""Fewer rows than there are: whole customers, drawn by their ids while the rows stream by.

Every id has a place between 0 and 2^64 that only the id and the seed decide. Customers are kept in the
order of their places, as many as fit: the first whose rows do not fit ends the sample.

    place   0 ---- a ---- b ------ c -- d ------------- e ---- 2^64
    rows           12     12       12   12              12
    so far         12     24       36 > 30: the limit is the place of c; a and b are kept

Rows that stream by only lower the limit, and whoever is beyond it never comes back: so neither the
order of the rows, nor how they are cut, nor who counts them changes who is kept, and at no time are more
rows needed than the budget and one block. Spark counts the rows of each customer, and asks ``limit``.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError

Ints = NDArray[np.int64]
Places = NDArray[np.uint64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """How much of everything was kept: ``rows`` of ``of_rows``, of so many customers."""

    rows: int
    of_rows: int
    customers: int
    of_customers: int

    @property
    def share(self) -> float:
        """The share of customers kept."""
        return self.customers / self.of_customers

    @property
    def note(self) -> str:
        """What a reader of the figures must know.

        >>> Sample(240, 1_200, 20, 100).note.partition(";")[0]
        'a sample of 20 of 100 customers (20.00 %), 240 of 1,200 rows, was learned from and judged by'
        """
        return (
            f"a sample of {self.customers:,} of {self.of_customers:,} customers ({self.share:.2%}), "
            f"{self.rows:,} of {self.of_rows:,} rows, was learned from and judged by; "
            "models.row_budget sets how many rows"
        ).replace("%)", " %)")


def places(customers: Sequence[str] | Texts, seed: int) -> Places:
    """(n,) where each customer stands: the first eight bytes of SHA-256 of ``seed/id``."""
    digests = b"".join(hashlib.sha256(f"{seed}/{who}".encode()).digest()[:8] for who in customers)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def limit(place: Places, rows: Ints, most: int) -> int | None:
    """The place from which on nobody is kept, so that at most ``most`` rows are; None: everybody is.

    ``place``, ``rows``: (n,) of each customer, in any order.
    """
    order = np.argsort(place, kind="stable")
    fits = int(np.searchsorted(np.cumsum(rows[order]), most, side="right"))
    return None if fits == len(order) else int(place[order[fits]])


class Sampler:
    """The customers kept of those seen so far; several threads may show it theirs.

    ``most``: rows at most. Nothing is hashed before there are more.
    """

    def __init__(self, most: int, seed: int) -> None:
        self.most, self._seed = most, seed
        self.limit: int | None = None
        self._waiting: list[Texts] = []  # ids, while everything fits
        self._place = np.zeros(0, np.uint64)
        self._rows = np.zeros(0, np.int64)
        self._all_rows = self._all_customers = 0
        self._lock = threading.Lock()

    def see(self, customer_id: Texts) -> Flags:
        """Count rows of customers that were not seen before; (n,) whether each may be kept.

        ``customer_id``: (n,) of each row, those of a customer together.
        """
        first = np.flatnonzero(np.append(True, customer_id[1:] != customer_id[:-1])[: len(customer_id)])
        rows, ids = np.diff(np.append(first, len(customer_id))), customer_id[first]
        with self._lock:
            self._all_rows += len(customer_id)
            self._all_customers += len(ids)
            if self.limit is None and self._all_rows <= self.most:
                self._waiting.append(ids)
                self._rows = np.append(self._rows, rows)
                return np.ones(len(customer_id), dtype=np.bool_)
            place = self._placed(ids)
            self._add(place, rows)
            return np.repeat(self._fits(place), rows)

    def keeps(self, customer_id: Texts) -> Flags:
        """(n,) whether rows that were seen are still kept."""
        if self.limit is None:
            return np.ones(len(customer_id), dtype=np.bool_)
        first = np.flatnonzero(np.append(True, customer_id[1:] != customer_id[:-1])[: len(customer_id)])
        kept = self._fits(places(customer_id[first], self._seed))
        return np.repeat(kept, np.diff(np.append(first, len(customer_id))))

    @property
    def sample(self) -> Sample | None:
        """What was kept of everything seen; None where that is all of it."""
        if self.limit is None:
            return None
        if not len(self._rows):
            raise ConfigError(
                "models.row_budget is less than the rows of one customer",
                got=f"{self.most:,}",
                mend="raise it, or choose fewer snapshot dates",
            )
        return Sample(int(self._rows.sum()), self._all_rows, len(self._rows), self._all_customers)

    def _placed(self, ids: Texts) -> Places:
        if self.limit is None:  # the first rows too many: now those before them are placed, too
            self._place = places(np.concatenate([*self._waiting, ids[:0]]), self._seed)
            self._waiting = []
        return places(ids, self._seed)

    def _add(self, place: Places, rows: Ints) -> None:
        wanted = self._fits(place)
        self._place = np.concatenate([self._place, place[wanted]])
        self._rows = np.concatenate([self._rows, rows[wanted]])
        lower = limit(self._place, self._rows, self.most)
        if lower is not None:
            self.limit = lower
            kept = self._fits(self._place)
            self._place, self._rows = self._place[kept], self._rows[kept]

    def _fits(self, place: Places) -> Flags:
        if self.limit is None:
            return np.ones(len(place), dtype=np.bool_)
        fits: Flags = place < np.uint64(self.limit)
        return fits
