"""The order of a list: strategy by strategy, the most at stake first.

Inside a strategy the highest expected loss comes first (the highest risk in a project without
value), ties by value, then by the bytes of the id: the order of the input does not matter. With a
campaign those it contacts, and those it leaves alone to measure it by, come before all others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.quadrants import Strategy

_DIRECTIONS = (
    ("strategy", "ascending"),
    ("turn", "ascending"),
    ("priority", "descending"),
    ("value", "descending"),
    ("id", "ascending"),
)
LAST = np.iinfo(np.int64).max  # the turn of who is not contacted
PLACES = tuple(str(code) for code in Strategy)


def keys(table: Any, *, valued: bool) -> Any:
    """What decides where each row of ``build.rows`` stands, as a table; ``mark``: equal for equal ids.

    ``turn``: 1 for the first to be contacted; nobody is, until a campaign says so (``with_turns``).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = table["customer_id"].combine_chunks()
    nothing = np.zeros(table.num_rows)
    # The hash differs from one process to the next, but only says which ids to compare.
    marks = np.fromiter(map(hash, ids.to_pylist()), dtype=np.int64, count=table.num_rows)
    return pa.table(
        {
            "turn": np.full(table.num_rows, LAST),
            "strategy": pc.index_in(table["quadrant"], value_set=pa.array(PLACES)).cast(pa.int8()),
            "priority": table["expected_loss"] if valued else table["churn_risk"],
            "value": table["value_if_retained"] if valued else nothing,
            "id": ids.cast(pa.binary()),
            "mark": marks,
        }
    )


def positions(keys: Any) -> NDArray[np.int64]:
    """(n,) the rows of ``keys`` in list order."""
    import pyarrow.compute as pc

    return np.asarray(pc.sort_indices(keys, sort_keys=list(_DIRECTIONS)).to_numpy(), dtype=np.int64)


def with_turns(keys: Any, ranks: NDArray[np.int64]) -> Any:
    """The same where a campaign has ranked the rows: (n,) 1 for the best, 0 for who has no turn."""
    return keys.set_column(keys.column_names.index("turn"), "turn", [np.where(ranks > 0, ranks, LAST)])


def repeated(keys: Any) -> int:
    """In how many rows the id stands already in another row."""
    marks = keys["mark"].to_numpy()
    order = np.argsort(marks)
    same = np.flatnonzero(marks[order[1:]] == marks[order[:-1]])
    if not len(same):
        return 0
    suspects = np.unique(order[np.concatenate([same, same + 1])])
    ids = keys["id"].take(suspects).to_pylist()
    return len(ids) - len(set(ids))
