"""What critical moments are made of: measured of each customer's past, beside what phases are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.lifecycle import MomentRules
from churnlab.history import ALL, History
from churnlab.history.agreed import days_to_end
from churnlab.history.cuts import is_past
from churnlab.history.units import days_between
from churnlab.history.windows import Window
from churnlab.strategy import lifecycle
from churnlab.strategy.moments import RECENT
from churnlab.strategy.season import VALUE_DAYS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAMES = (
    "value_recent", "value_before", "complaints_waiting", "contract_end_in", "promo_end_in", "first_day",
    *(f"days_since_{moment}" for moment in RECENT),
)  # fmt: skip


def measures(past: History, rules: MomentRules) -> dict[str, Floats]:
    """What moments are made of beside the measures of phases, (n,) each, NaN where there is nothing.

    ``complaints_waiting``: complaints older than ``complaint_days`` without a resolution, and all that
    were opened again. ``value_recent``, ``value_before``: what the last 90 days brought and the 90
    before, in minor units. ``days_since_*``: of the types of the rules, in the last ``recent_days``.
    ``contract_end_in``, ``promo_end_in``: days. ``first_day``: local day, since 1970, of the
    first contract, or else of joining.
    """
    missing = np.full(len(past.as_of), np.nan)
    lines, kept = past.transactions, {"value_recent": missing, "value_before": missing}
    if lines is not None and (lines.has("margin") or lines.has("amount")):
        kept["value_recent"] = _floats(labels.brought(lines.last(VALUE_DAYS)))
        kept["value_before"] = _floats(labels.brought(lines.between(2 * VALUE_DAYS, VALUE_DAYS)))
    for moment, types in RECENT.items():
        some = lifecycle.of_types(past.interactions, getattr(rules, types))
        if some is not None:
            last = some.last(rules.recent_days).last("time")
            kept[f"days_since_{moment}"] = days_between(last, past.as_of)
    if rules.agreed_ends:
        nearest, furthest = rules.end_days
        for name, promos in (("contract_end_in", False), ("promo_end_in", True)):
            kept[name] = days_to_end(past, nearest, furthest, rules.promo_types, of_types=promos)
    kept["complaints_waiting"] = _floats(_waiting(past, rules))
    kept["first_day"] = _first_day(past, missing)
    return {name: kept.get(name, missing) for name in NAMES}


def complaint_since(past: History, rules: MomentRules) -> dt.date | None:
    """Since when the complaint that waits longest has been open; None where none waits.

    Of the only snapshot of ``past``. The same complaints as those that ``measures`` counts.
    """
    waiting = []
    for window in _complaints(past, rules):
        rows = slice(int(window.start[0]), int(window.end[0]))
        solved = is_past(window.source.values("resolved_at")[rows], past.as_of[0])
        waiting += window.source.values("time")[rows][~solved].tolist()
    return past.calendar.date(min(waiting)) if waiting else None


def _waiting(past: History, rules: MomentRules) -> Ints:
    counted = np.zeros(len(past.as_of), dtype=np.int64)
    for window in _complaints(past, rules):
        counted = counted + window.count() - window.known("resolved_at")
    return counted


def _complaints(past: History, rules: MomentRules) -> Iterator[Window]:
    """Those that are old enough to call for attention, and those that were opened again, resolved or not."""
    complaints = rules.complaint_types if rules.complaint_types is not None else past.service_types
    for types, days in ((complaints, rules.complaint_days), (rules.reopened_types, 0)):
        some = lifecycle.of_types(past.interactions, types)
        if some is not None and some.has("resolved_at"):
            yield some.between(ALL, days)


def _first_day(past: History, missing: Floats) -> Floats:
    # Not of the first order: in data that begin somewhere it is the first one seen, and no beginning.
    if past.contracts is not None:
        return _floats(past.contracts.last(ALL).first("day"))
    joined = None if past.profile is None else past.profile.joined_at
    if joined is None:
        return missing
    known = np.isfinite(joined)
    days = missing.copy()
    days[known] = past.calendar.day_numbers(joined[known].astype(np.int64))
    return days


def _floats(values: NDArray[np.int64] | Floats) -> Floats:
    return np.asarray(values, dtype=np.float64)
