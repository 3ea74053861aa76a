"""The customers of a training: are they enough, in order, and dealt into parts that others can judge?"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Models
from churnlab.errors import DataError
from churnlab.panel import Panel

Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
HELD_OUT = 3  # parts that customers are dealt into, each judged by trees of the others


def require_order(panel: Panel) -> None:
    """Refuse rows out of canonical order: the order of rows changes the trees."""
    ids, as_of = panel.customer_id, panel.as_of
    # Python compares text by code point, which is the order of the UTF-8 bytes.
    same = ids[:-1] == ids[1:]
    if not ((ids[:-1] < ids[1:]) | (same & (as_of[:-1] < as_of[1:]))).all():
        raise ValueError("panel rows must be sorted by customer id and as_of, each pair once")


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


def require_enough(panel: Panel, rows: Positions, models: Models) -> None:
    """Refuse to learn from too few customers, or from too few of either outcome."""
    customers = len(first_rows(panel.customer_id[rows]))
    churned = panel.churned[rows]
    left, stayed = int((churned == 1).sum()), int((churned == 0).sum())
    if customers >= models.min_customers and min(left, stayed) >= models.min_positives:
        return
    raise DataError(
        "too little to train on",
        got=f"{customers} customers, {left} rows that churned, {stayed} that stayed; needed "
        f"{models.min_customers} customers and {models.min_positives} of each",
        mend="add data or snapshot dates, or another churn.horizon_days; nothing was registered",
    )
