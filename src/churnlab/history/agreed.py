"""Ends that lie ahead: of contracts whose end was agreed when they began, and is no later fact.

Whether a project's ends are such terms only its owner knows: where an end is written down once it has
come, to read one that lies ahead would be to read the future. Nobody asks here unless that was said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from churnlab.history import slices
from churnlab.history.past import History
from churnlab.history.sources import Source
from churnlab.history.units import ALL, DAY, Flags, Floats, Ints


def days_to_end(
    past: History, nearest: int, furthest: int, types: Sequence[str], *, of_types: bool
) -> Floats:
    """(n,) days to the first end in ``[as_of + nearest, as_of + furthest)``; NaN where none lies there.

    Of contracts known before ``as_of`` that no other of the same type outlasts, of ``types`` or
    (``of_types`` false) of all others.
    """
    answer = np.full(len(past.as_of), np.nan)
    contracts = past.contracts
    if contracts is None or not contracts.has("end"):
        return answer
    first, last = contracts.at(ALL), contracts.at(0)
    rows, owner = slices.expanded(first, last)
    end, wanted = contracts.values("end"), _has_type(contracts, types) == of_types
    opens, closes = (past.calendar.ahead(past.as_of, days)[owner] for days in (nearest, furthest))
    there = wanted[rows] & (end[rows] >= opens) & (end[rows] < closes)
    rows, owner = rows[there], owner[there]
    # Each beside all contracts of its customer that its snapshot knows.
    other, mine = slices.expanded(first[owner], last[owner])
    outlasted = np.zeros(len(rows), dtype=np.bool_)
    outlasted[mine[_same_type(contracts, other, rows[mine]) & (end[other] > end[rows][mine])]] = True
    left = ~outlasted
    days = (end[rows[left]] - past.as_of[owner[left]]) / DAY
    np.fmin.at(answer, owner[left], days)
    return answer


def _has_type(contracts: Source, types: Sequence[str]) -> Flags:
    if not types or not contracts.has("type"):
        return np.zeros(len(contracts.values("time")), dtype=np.bool_)
    known = contracts.columns.texts["type"]
    codes = [place for place, text in enumerate(known) if text in set(types)]
    return np.isin(contracts.values("type"), codes)


def _same_type(contracts: Source, one: Ints, other: Ints) -> Flags:
    if not contracts.has("type"):
        return np.ones(len(one), dtype=np.bool_)
    types = contracts.values("type")
    same: Flags = types[one] == types[other]
    return same
