"""How all customers together did at each date, counted shard by shard before any decline is told.

    1  each shard sums what its customers brought before and after each date    -> the season of the date
    2  each customer is compared with the season                                -> labels

A shard holds whole customers, and a season is everybody's. Totals are of whole numbers: they add up
alike however many shards there are, and whichever is done first. Everybody who is eligible counts, those
too who brought nothing before: to leave them out would take the others at a high, and call it a season
that they fall back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.project import FeaturePlan
from churnlab.history import History, Outcome, eligible
from churnlab.labels import Season
from churnlab.panel import declines
from churnlab.panel.declines import Seasons
from churnlab.panel.outcomes import Ahead, of_some
from churnlab.panel.rows import Questions
from churnlab.shards import Shard

Ints = NDArray[np.int64]


def counted(shard: Shard, questions: Questions, ahead: Ahead, horizons: Sequence[int]) -> list[Seasons]:
    """The totals of one shard, for windows of each horizon; of dates whose windows have settled only.

    ``ahead.churn`` gives gap and settlement.
    """
    if not questions.as_ofs:
        return [{} for _ in horizons]
    calendar, churn, compiled = questions.calendar, ahead.churn, questions.compiled
    asked = eligible.candidates(shard, questions.as_ofs)
    past = History.of(asked, calendar, FeaturePlan(), compiled=compiled)
    counts, _ = eligible.eligible(past, questions.who, questions.kind)
    who = of_some(asked, counts)
    found: list[Seasons] = []
    for days in horizons:
        spans = churn.gap_days, days, churn.settlement_days
        seen = Outcome.of(who, calendar, *spans, ahead.watermark, compiled=compiled)
        earlier, later = declines.before(past, days)[counts], labels.brought(seen.transactions)
        over = seen.complete
        found.append(_by_date(who.as_of[over], earlier[over], later[over]))
    return found


def total(parts: Iterable[Sequence[Seasons]], horizons: Sequence[int]) -> list[Seasons]:
    """The seasons of all shards together, for each horizon."""
    found: list[dict[int, Season]] = [{} for _ in horizons]
    for part in parts:
        for whole, some in zip(found, part, strict=True):
            for date, season in some.items():
                whole[date] = whole.get(date, Season(0, 0)) + season
    return [dict(sorted(whole.items())) for whole in found]


def _by_date(as_of: Ints, earlier: Ints, later: Ints) -> Seasons:
    return {
        int(date): Season(int(earlier[rows].sum()), int(later[rows].sum()))
        for date in np.unique(as_of)
        for rows in [as_of == date]
    }
