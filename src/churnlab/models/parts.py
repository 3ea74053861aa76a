"""Customers dealt into parts, so that each part can be judged by trees of the others."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
HELD_OUT = 3  # parts


def held_out(customer_id: NDArray[np.object_], seed: int) -> list[Flags]:
    """Customers dealt into parts by their ids: (n,) flags of each part's rows, in canonical order."""
    first = first_rows(customer_id)
    keys = [hashlib.sha256(f"{seed}/{each}".encode()).digest() for each in customer_id[first]]
    part = np.argsort(np.argsort(np.array(keys, dtype=object))) % HELD_OUT
    of_row = np.repeat(part, np.diff(np.append(first, len(customer_id))))
    return [of_row == each for each in range(HELD_OUT)]


def first_rows(customer_id: NDArray[np.object_]) -> Positions:
    """The first row of each customer, where the rows of a customer stand together."""
    other = customer_id[1:] != customer_id[:-1]
    return np.flatnonzero(np.append(np.ones(min(len(customer_id), 1), dtype=np.bool_), other))
