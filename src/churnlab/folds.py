"""Which rows a model learns from, and is judged by: always forward in time.

Each label looks ahead for its tail: gap + horizon + settlement. Nothing may be learnt from a label
that was not settled when the rows it is judged by were scored:

    train  |--- tail --->|
    train        |--- tail --->|
    test                       |--- tail --->|          watermark

Probabilities are calibrated on the training rows, each judged by trees that never saw its customer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import DataError
from churnlab.snapshots import Calendar, Ints

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows to learn from, and to judge by: (n,) flags that never overlap.

    ``train_as_of``, ``test_as_of``: the rising instants of those rows.
    """

    train: Flags
    test: Flags
    train_as_of: tuple[int, ...]
    test_as_of: tuple[int, ...]


def settled(as_of: Ints, moment: int, tail_days: int, calendar: Calendar) -> Flags:
    """(n,) whether each row's label window and settlement were over at an instant."""
    flags: Flags = calendar.ahead(as_of, tail_days) <= moment
    return flags


def time_fold(
    as_of: Ints, labelled: Flags, tail_days: int, calendar: Calendar, test_as_of: int | None = None
) -> Fold:
    """Test at one date, train on every date whose labels were settled by then.

    ``as_of``, ``labelled``: (n,) when each row was seen, and whether its label is known.
    ``tail_days``: gap + horizon + settlement. ``test_as_of`` None: the last date with known labels.
    """
    dates = np.unique(as_of[labelled])
    test = _test_date(dates, test_as_of, calendar)
    before = dates[settled(dates, test, tail_days, calendar)]
    if not len(before):
        raise DataError(
            "no snapshot date is old enough to learn from: its outcome must be settled by the test date",
            got=f"{_told(dates, calendar)} with complete labels, test date {calendar.date(test)}, "
            f"{tail_days} days of gap, horizon and settlement",
            mend="add older data, lower churn.horizon_days or snapshots.min_history_days, "
            "or choose a later evaluation.test_as_of",
        )
    return _fold(as_of, labelled, before, test)


def earlier(
    as_of: Ints, labelled: Flags, tail_days: int, calendar: Calendar, test_as_of: int, count: int
) -> list[Fold]:
    """Up to ``count`` folds to choose settings by, oldest first, all settled before ``test_as_of``.

    Each is judged by one date, and learns from those settled before it; there may be none.
    """
    dates = np.unique(as_of[labelled])
    known = dates[settled(dates, test_as_of, tail_days, calendar)]
    found: list[Fold] = []
    for date in known[::-1]:
        train = known[settled(known, int(date), tail_days, calendar)]
        if len(train) and len(found) < count:
            found.append(_fold(as_of, labelled, train, int(date)))
    return found[::-1]


def customer_folds(
    customer_id: NDArray[np.object_],
    churned: NDArray[np.float64],
    seed: int,
    *,
    repeats: int = 1,
    folds: int = 5,
) -> list[Fold]:
    """Stratified cross-validation by customer, ``repeats`` times ``folds`` of them.

    Where a customer goes depends on the id, the seed and how the others churned, not on the order
    of rows.
    """
    labelled = ~np.isnan(churned)
    ids, of_row = np.unique(customer_id, return_inverse=True)
    ever = np.zeros(len(ids), dtype=np.bool_)
    np.logical_or.at(ever, of_row[labelled], churned[labelled] == 1)
    known = np.isin(np.arange(len(ids)), of_row[labelled])
    strata = [np.flatnonzero(known & ever), np.flatnonzero(known & ~ever)]
    if min(len(stratum) for stratum in strata) < folds or folds < 2:
        raise DataError(
            f"{folds} folds need as many customers who churned, and as many who stayed",
            got=f"{len(strata[0])} churned, {len(strata[1])} stayed",
            mend="add customers with known labels",
        )
    found = []
    for repeat in range(repeats):
        place = np.full(len(ids), -1)
        dealt = np.concatenate([_shuffled(ids, stratum, f"{seed}/{repeat}") for stratum in strata])
        place[dealt] = np.arange(len(dealt)) % folds
        for test in range(folds):
            at = np.where(labelled, place[of_row], -1)
            found.append(Fold((at >= 0) & (at != test), at == test, (), ()))
    return found


def _shuffled(ids: NDArray[np.object_], chosen: Ints, salt: str) -> Ints:
    """Positions in an order that only ids and salt decide."""
    keys = [hashlib.sha256(f"{salt}/{ids[place]}".encode()).hexdigest() for place in chosen]
    return chosen[np.argsort(np.array(keys), kind="stable")]


def _test_date(dates: Ints, asked: int | None, calendar: Calendar) -> int:
    if not len(dates):
        raise DataError(
            "no row has a complete label",
            mend="add data after the last snapshot, or lower churn.horizon_days",
        )
    if asked is not None and asked not in dates:
        raise DataError(
            f"evaluation.test_as_of {calendar.date(asked)} is not a snapshot date with complete labels",
            got=_told(dates, calendar),
            mend="choose one of them, or leave it out to use the last",
        )
    return int(dates[-1]) if asked is None else asked


def _told(dates: Ints, calendar: Calendar) -> str:
    """``3 dates (2025-01-01 to 2025-03-01)``."""
    first, last = calendar.date(int(dates[0])), calendar.date(int(dates[-1]))
    return f"{len(dates)} dates ({first} to {last})" if len(dates) > 1 else f"1 date ({first})"


def _fold(as_of: Ints, labelled: Flags, train: Ints, test: int) -> Fold:
    learned, judged = (np.isin(as_of, dates) & labelled for dates in (train, np.array([test])))
    return Fold(learned, judged, tuple(train.tolist()), (test,))
