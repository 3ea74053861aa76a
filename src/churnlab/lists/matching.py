"""Columns of facts, matched with persons: whole columns at once, in whatever order the rows come."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

NEVER = -(2**62)  # it did not happen: before any instant


def one(column: Any) -> Any:
    """An Arrow column as one array."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def numbers(column: Any, missing: int = NEVER) -> Ints:
    """Whole numbers; ``missing`` where there is none."""
    return np.asarray(one(column).fill_null(missing).to_numpy(), dtype=np.int64)


def flags(column: Any) -> Flags:
    """True and false; false where it is unknown."""
    return np.asarray(one(column).fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def coded(column: Any) -> tuple[Ints, Any]:
    """(m,) codes, -1 where there is nothing, and the Arrow texts behind them, each once."""
    encoded = one(column).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary


def places(keys: Any, people: Any) -> Ints:
    """(m,) the position among ``people`` of each of ``keys``, -1 for somebody else."""
    import pyarrow.compute as pc

    found = one(pc.index_in(keys, value_set=one(people)).fill_null(-1))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def latest(people: int, place: Ints, times: Ints, rows: Flags | None = None) -> Ints:
    """(people,) the last of each person's times over the m rows, ``NEVER`` where there is none.

    >>> latest(2, np.array([0, 0, -1]), np.array([5, 9, 7])).tolist() == [9, NEVER]
    True
    """
    used = place >= 0 if rows is None else (place >= 0) & rows
    last = np.full(people, NEVER)
    np.maximum.at(last, place[used], times[used])
    return last
