"""Who moved between phases from one list to the next, in customers and in money, and how near the goal is.

                 start  exploration  growth  saturation  decline  lost  gone
    saturation       0            0      12         804       61     9     4      <- 890 were there before
    new             51            3       0           0        0     0     0      <- on no list before

The goal is saturation: a customer who buys all there is to buy. Its share, in customers and in value, and the
chance to leave it until the next list, are the figures to follow from month to month.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.lifecycle import Phase

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

NEW, GONE, UNKNOWN = "new", "gone", "unknown"  # on no list before, on none now, without a phase
BEFORE = (*(str(phase) for phase in Phase), UNKNOWN, NEW)
AFTER = (*(str(phase) for phase in Phase), UNKNOWN, GONE)


@dataclass(frozen=True, eq=False)
class Moved:
    """``customers``: (8, 8) how many went from ``BEFORE`` to ``AFTER``.

    ``value``: the same in minor units, whole numbers: of the list before, of newcomers that of the list
    after; None in a project without value.
    """

    customers: NDArray[np.int64]
    value: NDArray[np.int64] | None

    def records(self) -> list[dict[str, Any]]:
        """One record for each way that anybody went, for JSON and tables."""
        return [
            {
                "before": BEFORE[here],
                "after": AFTER[there],
                "customers": int(self.customers[here, there]),
                "value": None if self.value is None else int(self.value[here, there]),
            }
            for here, there in zip(*np.nonzero(self.customers), strict=True)
        ]


@dataclass(frozen=True)
class Goal:
    """``customers``, ``value``: shares in saturation, of those with a phase.

    ``left``: share of those who were in saturation before and are not any more, gone ones among them.
    Each None where there is nobody.
    """

    customers: float | None
    value: float | None
    left: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Plain values, for JSON."""
        return asdict(self)


def moved(before: Any, after: Any, exponent: int = 2) -> Moved:
    """From one list to the next.

    Arrow tables with ``customer_id`` (each once), ``phase`` and, if the project has value,
    ``value_if_retained``. ``exponent``: decimals of the currency.
    """
    here, there, places = _phases(before), _phases(after), _places(before, after)
    come, left = np.full(len(there), BEFORE.index(NEW)), np.full(len(here), AFTER.index(GONE))
    both = places >= 0
    left[both] = there[places[both]]
    stays = np.zeros(len(there), dtype=np.bool_)
    stays[places[both]] = True
    ways = np.concatenate([here, come[~stays]]), np.concatenate([left, there[~stays]])
    customers = np.zeros((len(BEFORE), len(AFTER)), dtype=np.int64)
    np.add.at(customers, ways, 1)
    amounts = [_amounts(table, exponent) for table in (before, after)]
    if amounts[0] is None or amounts[1] is None:
        return Moved(customers, None)
    value = np.zeros_like(customers)
    np.add.at(value, ways, np.concatenate([amounts[0], amounts[1][~stays]]))
    return Moved(customers, value)


def goal(after: Any, between: Moved | None = None, exponent: int = 2) -> Goal:
    """How much of a list is in saturation, and who left it since the list before.

    ``after``: as for ``moved``. ``between``: what ``moved`` found of both lists, None: there is none before.
    """
    phase, amounts = _phases(after), _amounts(after, exponent)
    known, full = phase != AFTER.index(UNKNOWN), phase == AFTER.index(Phase.SATURATION)
    value = None if amounts is None else _share(int(amounts[full].sum()), int(amounts[known].sum()))
    left = None
    if between is not None:
        was = between.customers[BEFORE.index(Phase.SATURATION)]
        # Of whom the phase is not known any more nobody can say that they left it.
        told = int(was.sum() - was[AFTER.index(UNKNOWN)])
        left = _share(told - int(was[AFTER.index(Phase.SATURATION)]), told)
    return Goal(_share(int(full.sum()), int(known.sum())), value, left)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole > 0 else None


def _phases(table: Any) -> NDArray[np.int64]:
    """(n,) the place of each phase in ``AFTER``, which is that in ``BEFORE``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = pc.index_in(table["phase"], value_set=pa.array(AFTER[: len(Phase)]))
    return np.asarray(pc.fill_null(codes, AFTER.index(UNKNOWN)).to_numpy(), dtype=np.int64)


def _places(before: Any, after: Any) -> NDArray[np.int64]:
    """(n,) where each customer of ``before`` stands in ``after``, -1 for those who do not."""
    import pyarrow.compute as pc

    found = pc.index_in(before["customer_id"], value_set=after["customer_id"].combine_chunks())
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def _amounts(table: Any, exponent: int) -> NDArray[np.int64] | None:
    """(n,) minor units; None where nobody has an amount."""
    if "value_if_retained" not in table.column_names:
        return None
    column = table["value_if_retained"]
    if len(column) and column.null_count == len(column):
        return None
    values = np.nan_to_num(column.to_numpy().astype(np.float64))
    return np.asarray(np.rint(values * 10**exponent).astype(np.int64))
