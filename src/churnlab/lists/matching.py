"""Columns of facts, matched with persons: whole columns at once, in whatever order the rows come."""

from __future__ import annotations

from dataclasses import dataclass
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


def coded(column: Any) -> tuple[Ints, Any]:
    """(m,) codes, -1 where there is nothing, and the Arrow texts behind them, each once."""
    encoded = one(column).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary


def latest(people: int, place: Ints, times: Ints, rows: Flags | None = None) -> Ints:
    """(people + 1,) the last of each person's times over the m rows, ``NEVER`` where there is none: in
    the last place, too, which is that of nobody (-1).

    >>> latest(2, np.array([0, 0, 1]), np.array([5, 9, 7]), np.array([True, True, False]))[:1]
    array([9])
    """
    last = np.full(people + 1, NEVER)
    if rows is None:
        np.maximum.at(last, place, times)
    else:
        np.maximum.at(last, place[rows], times[rows])
    return last


@dataclass(frozen=True, eq=False)
class Index:
    """Arrow texts, each once, found again block after block.

    ``_marks``: a number for each text, sorted, and ``_order``: their places; None where two share one.
    """

    texts: Any
    _marks: Ints
    _order: Ints | None

    @classmethod
    def of(cls, texts: Any) -> Index:
        """Of ``texts`` without repetitions."""
        marks = _marks(texts)
        order = np.argsort(marks)
        marks = marks[order]
        shared = bool((marks[1:] == marks[:-1]).any())
        return cls(texts, marks, None if shared else order)

    def __len__(self) -> int:
        return len(self.texts)

    def places(self, keys: Any) -> Ints:
        """(n,) the position of each of ``keys``, -1 where it is not among the texts.

        >>> import pyarrow as pa
        >>> Index.of(pa.array(["b", "a"])).places(pa.array(["a", "c", "b"]))
        array([ 1, -1,  0])
        """
        import pyarrow.compute as pc

        if not len(self):
            return np.full(len(keys), -1)
        if self._order is None:
            found = pc.index_in(keys, value_set=self.texts).fill_null(-1)
            return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
        near = np.searchsorted(self._marks, _marks(keys))
        place = self._order[np.minimum(near, len(self) - 1)]
        # A mark only says which text to compare with: equal marks prove nothing.
        same = pc.equal(self.texts.take(place), keys).to_numpy(zero_copy_only=False)
        return np.where(same, place, -1)


def _marks(texts: Any) -> Ints:
    # The hash differs from one process to the next; what is found does not.
    return np.fromiter(map(hash, texts.to_pylist()), dtype=np.int64, count=len(texts))
