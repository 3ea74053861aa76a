"""Who can decline, and who did: what a customer brought after a date beside what came before it.

       before                as_of    + gap               after
    |--- horizon ----------------|------|------------- horizon ----|--- settlement ---|
     as it was known at as_of                       as it was known once it had settled

A ratio of everybody's totals in the same two windows stands for the season. It is read from the outcome
window of the very date, so it is known no earlier than the label is, and never a feature.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.project import FeaturePlan
from churnlab.errors import ConfigError
from churnlab.history import History, Outcome
from churnlab.labels import Season
from churnlab.shards import Shard
from churnlab.snapshots import Calendar

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
# Of each date by its instant; a date that is not there has no complete windows, and so no labels.
Seasons = Mapping[int, Season]


def before(past: History, days: int) -> Ints:
    """(n,) what each customer brought in ``[as_of - days, as_of)``, in minor units."""
    if past.transactions is None:
        raise ConfigError("a decline is read from transactions, and this project has none")
    return labels.brought(past.transactions.last(days))


def set_aside_nothing(past: History, counts: Flags, days: int | None) -> dict[str, int]:
    """Take out of ``counts`` who brought nothing in the days before; how many, by reason. None: nobody."""
    if days is None:
        return {}
    return _set_aside("nothing_to_decline_from", counts & (before(past, days) <= 0), counts)


def set_aside_unknown(as_of: Ints, counts: Flags, seasons: Seasons) -> dict[str, int]:
    """Take out of ``counts`` whose date has no season that means anything; how many, by reason."""
    unknown = [date for date, season in seasons.items() if not season.is_known]
    return _set_aside("season_unknown", counts & np.isin(as_of, unknown), counts)


def _set_aside(reason: str, rows: Flags, counts: Flags) -> dict[str, int]:
    counts[rows] = False
    return {reason: int(rows.sum())} if rows.any() else {}


def declined(
    shard: Shard,
    calendar: Calendar,
    seen: Outcome,
    seasons: Seasons,
    days: int,
    decline: float,
    *,
    compiled: bool,
) -> Floats:
    """(n,) the label of each snapshot; NaN where its windows are not complete."""
    past = History.of(shard, calendar, FeaturePlan(), compiled=compiled)
    earlier, later = before(past, days), labels.brought(seen.transactions)
    answer = np.full(len(shard.as_of), np.nan)
    for date, season in seasons.items():
        rows = seen.complete & (shard.as_of == date)
        answer[rows] = labels.declined(earlier[rows], later[rows], season, decline=decline)
    return answer
