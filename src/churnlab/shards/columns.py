"""Arrow columns as plain arrays without nulls, and text as codes or as bytes.

ids, orders     Bytes: compared and counted, hardly ever shown
other text      int64 codes into the sorted distinct texts, -1 where it is missing
the rest        numbers, with a bound or NaN for what is missing
"""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.shards.shard import EVER, NEVER, Texts
from churnlab.tables import arrays

# One row in two has another value: codes into one dictionary for all shards would not fit in memory.
WIDE = frozenset({"customer_id", "order_id", "contract_id", "parent"})


@dataclass(frozen=True, eq=False)
class Bytes:
    """Texts as one row of bytes: text r is ``data[start[r]:start[r + 1]]``.

    ``missing``: (n,) flags, None where no text is missing.
    """

    start: NDArray[np.int64] | NDArray[np.int32]
    data: NDArray[np.uint8]
    missing: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.start) - 1

    @classmethod
    def of(cls, column: Any) -> Self:
        """An Arrow array of texts."""
        import pyarrow as pa

        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks == 1 else _together(column)
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            column = column.cast(pa.large_string())
        _, starts, letters = column.buffers()
        if not len(column) or starts is None:
            return cls(np.zeros(len(column) + 1, np.int64), np.empty(0, np.uint8))
        width = np.int32 if pa.types.is_string(column.type) else np.int64
        start = np.frombuffer(starts, width)[column.offset : column.offset + len(column) + 1]
        data = np.frombuffer(letters, np.uint8) if letters else np.empty(0, np.uint8)
        missing = arrays.flags(column.is_null()) if column.null_count else None
        return cls(start - start[0], data[start[0] : start[-1]], missing)

    @classmethod
    def of_sizes(cls, sizes: NDArray[Any], data: NDArray[np.uint8]) -> Self:
        """Texts of so many bytes each, -1 for a missing one, whose bytes stand one after the other."""
        missing = sizes < 0
        start = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(np.maximum(sizes, 0), out=start[1:])
        return cls(start, data, missing if missing.any() else None)

    @property
    def sizes(self) -> NDArray[Any]:
        """(n,) how many bytes each text has, -1 where it is missing."""
        sizes = np.diff(self.start)
        return sizes if self.missing is None else np.where(self.missing, -1, sizes)

    def arrow(self) -> Any:
        """The same as an Arrow array."""
        import pyarrow as pa

        known = None
        if self.missing is not None:
            known = pa.py_buffer(np.packbits(~self.missing, bitorder="little"))
        buffers = [known, pa.py_buffer(self.start), pa.py_buffer(self.data)]
        kind = pa.string() if self.start.dtype == np.int32 else pa.large_string()
        return pa.Array.from_buffers(kind, len(self), buffers)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Some of the texts, in the order of ``rows``."""
        return type(self).of(self.arrow().take(arrays.numbers(rows)))


def can_compile() -> bool:
    """Whether there is compiled code: numba is optional, and needs a folder to keep its work in."""
    if importlib.util.find_spec("numba") is None:
        return False
    try:
        kernels()
    except RuntimeError as error:
        logging.getLogger(__name__).warning(
            "no compiled code, plain numpy takes several times as long: %s", error
        )
        return False
    return True


def kernels() -> Any:
    """The compiled functions, loaded when they are first needed."""
    from churnlab.shards import compiled

    return compiled


def _together(column: Any) -> Any:
    import pyarrow as pa

    # Ordinary offsets end at 2 GiB.
    large = column.nbytes >= 2**31 - 1 or not pa.types.is_string(column.type)
    return (column.cast(pa.large_string()) if large else column).combine_chunks()


def numeric(column: Any, name: str, kind: str) -> NDArray[Any]:
    """A column of times, money or numbers."""
    if kind == "number":
        # Adding 0 makes the two zeros one: they are equal, so no order could tell them apart.
        numbers: NDArray[np.float64] = _filled(column, np.nan) + 0.0
        return numbers
    missing = {"time": NEVER, "money": 0}[kind] if name != "valid_from" else EVER
    whole: NDArray[np.int64] = _filled(column, missing)
    return whole


def _filled(column: Any, missing: float) -> NDArray[Any]:
    return arrays.values(column, missing)


def coded(column: Any) -> tuple[NDArray[np.int64], Any]:
    """Codes into the sorted distinct texts of a column, -1 where it is missing; and those texts, as Arrow."""
    codes, found = encoded(column)
    rank, texts = ranked(found)
    return rank[codes], texts


def encoded(column: Any) -> tuple[NDArray[Any], Any]:
    """Codes into distinct texts in the order they are met, -1 where one is missing; and those texts."""
    import pyarrow as pa

    if not len(column):
        return np.empty(0, np.int64), arrays.texts([]).cast(pa.large_string())
    if isinstance(column, pa.ChunkedArray):
        # One dictionary for all chunks.
        column = (
            column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        ).combine_chunks()
    elif not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    indices = column.indices
    codes = arrays.values(indices.cast(pa.int64()) if indices.null_count else indices, -1)
    return codes, column.dictionary.cast(pa.large_string())


def ranked(found: Any) -> tuple[NDArray[np.int64], Any]:
    """Old code -> new code among the sorted texts (the last place, -1, is for a missing one); those texts."""
    import pyarrow.compute as pc

    order = pc.sort_indices(found)  # by bytes
    rank = np.full(len(found) + 1, -1, dtype=np.int64)
    rank[arrays.values(order)] = np.arange(len(found))
    return rank, found.take(order)


def texts_of(found: Any) -> Texts:
    """An Arrow array of texts as Python texts."""
    texts: Texts = np.empty(len(found), dtype=object)
    texts[:] = found.to_pylist()
    return texts
