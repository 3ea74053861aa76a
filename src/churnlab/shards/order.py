"""The order of a shard's rows: by customer and time, ties by all other columns, so that only the data decide.

Plain numpy is the reference; the compiled path gives the same order for large shards. Both compare
texts by their bytes, a missing text first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.shards.columns import Bytes, coded, kernels

Ints = NDArray[np.int64]


def rows_in_order(
    customer: Ints,
    customers: int,
    time: Ints,
    ties: Sequence[NDArray[Any]],
    texts: Sequence[Bytes],
    *,
    compiled: bool,
) -> Ints:
    """(n,) the rows in canonical order. ``customer``: codes below ``customers``.

    ``ties``: what is compared next, the first first; ``texts``: what is compared last.
    """
    keys = [_comparable(values) for values in ties]
    if not compiled:
        ranks = [coded(text.arrow())[0] for text in texts]
        return np.lexsort([*reversed([*keys, *ranks]), time, customer])
    table = np.empty((len(time), len(keys)), dtype=np.int64)
    for place, key in enumerate(keys):
        table[:, place] = key
    return np.asarray(kernels().rows_in_order(customer, customers, time, table, *_bounds(texts, len(time))))


def _comparable(values: NDArray[Any]) -> Ints:
    """Whole numbers in the same order; NaN comes first."""
    if values.dtype.kind != "f":
        return values.astype(np.int64, copy=False)
    bits = values.view(np.int64)
    ordered = np.where(bits < 0, bits ^ np.iinfo(np.int64).max, bits)
    return np.where(np.isnan(values), np.iinfo(np.int64).min, ordered)


def _bounds(texts: Sequence[Bytes], rows: int) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """(rows, texts) where each text begins and ends in the bytes of all; -1 to -2 where it is missing."""
    begin, end = np.empty((rows, len(texts)), np.int64), np.empty((rows, len(texts)), np.int64)
    so_far = 0
    for place, text in enumerate(texts):
        begin[:, place], end[:, place] = text.start[:-1] + so_far, text.start[1:] + so_far
        if text.missing is not None:
            begin[text.missing, place], end[text.missing, place] = -1, -2  # shorter than an empty text
        so_far += len(text.data)
    data = [np.empty(0, np.uint8), *(text.data for text in texts)]
    return begin, end, np.concatenate(data) if len(data) != 2 else data[1]
