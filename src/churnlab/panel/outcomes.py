"""What happened next, for the rows of one shard: churned and value, and who cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.churn import Churn
from churnlab.config.project import FeaturePlan, Value
from churnlab.errors import ConfigError
from churnlab.history import History, Lapses, Outcome
from churnlab.history.own_horizon import own_horizon
from churnlab.panel import declines
from churnlab.panel.declines import Seasons
from churnlab.panel.panel import Panel
from churnlab.shards import Shard
from churnlab.snapshots import Calendar

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ahead:
    """What happened next, and until when that is known.

    ``watermark``: nothing is missing before it; outcomes that settle later are NaN.
    ``seasons``: how everybody together did, counted in a pass before; read where churn is partial.
    """

    churn: Churn
    value: Value
    watermark: int
    seasons: Seasons | None = None

    @property
    def counted_seasons(self) -> Seasons:
        """The seasons, which whoever asks for declines has to have counted."""
        if self.seasons is None:
            raise ConfigError(
                "a decline is measured against how all customers together did, which is not counted yet",
                mend="count it first: churnlab.workflow.seasons",
            )
        return self.seasons


def of_some(asked: Shard, counts: Flags) -> Shard:
    """The same shard, asked about some of its snapshots."""
    return replace(asked, customer=asked.customer[counts], as_of=asked.as_of[counts])


def set_aside(
    asked: Shard, counts: Flags, calendar: Calendar, ahead: Ahead, *, compiled: bool
) -> dict[str, int]:
    """Take out of ``counts`` whose outcome is known, but answers another question; how many, by reason."""
    if ahead.churn.kind == "partial":
        return declines.set_aside_unknown(asked.as_of, counts, ahead.counted_seasons)
    if ahead.churn.kind != "contractual":
        return {}
    rows = np.flatnonzero(counts)
    lapses = Lapses.of(of_some(asked, counts), calendar, ahead.churn, ahead.watermark, compiled=compiled)
    aside = labels.set_aside(lapses, involuntary=ahead.churn.contract.involuntary)
    for flags in aside.values():
        counts[rows[flags]] = False
    return {reason: int(flags.sum()) for reason, flags in aside.items() if flags.any()}


def added(
    part: Panel, shard: Shard, calendar: Calendar, ahead: Ahead, exponent: int, *, compiled: bool
) -> Panel:
    """The rows of ``part`` with their outcomes; ``shard`` asks about the same."""
    churn, value = ahead.churn, ahead.value
    horizon_days = value.horizon_days or churn.horizon_days
    brought = _outcome(shard, calendar, ahead, horizon_days, compiled=compiled)
    same = brought if horizon_days == churn.horizon_days else None
    return replace(
        part,
        churned=churned(shard, calendar, ahead, same, compiled=compiled),
        value=labels.value(
            brought,
            horizon_days=horizon_days,
            gap_days=churn.gap_days,
            discount_rate_annual=value.discount_rate_annual,
            basis=labels.value_basis(brought),
            exponent=exponent,
        ),
        sooner=_sooner(shard, calendar, ahead, compiled=compiled),
    )


def _sooner(shard: Shard, calendar: Calendar, ahead: Ahead, *, compiled: bool) -> dict[str, Floats]:
    """Name -> (n,) the churn label of each shorter window that is asked for as well."""
    churn, found = ahead.churn, {}
    for days in churn.also_days:
        if days < churn.horizon_days:
            first = replace(ahead, churn=churn.within(days))
            found[labels.shorter(days)] = churned(shard, calendar, first, compiled=compiled)
        else:  # of a history too short for the horizon, outcomes of a part of it are learned
            found[labels.shorter(days)] = np.full(len(shard.as_of), np.nan)
    return found


def churned(
    shard: Shard, calendar: Calendar, ahead: Ahead, seen: Outcome | None = None, *, compiled: bool
) -> Floats:
    """(n,) the churn label of each snapshot. ``seen``: its outcome window, where somebody has it already."""
    churn = ahead.churn
    if churn.kind == "contractual":
        lapses = Lapses.of(shard, calendar, churn, ahead.watermark, compiled=compiled)
        return labels.lapsed(lapses, involuntary=churn.contract.involuntary)
    if churn.kind == "partial":
        seen = seen or _outcome(shard, calendar, ahead, churn.horizon_days, compiled=compiled)
        numbers = churn.horizon_days, churn.decline
        return declines.declined(shard, calendar, seen, ahead.counted_seasons, *numbers, compiled=compiled)
    if churn.horizon == "adaptive":
        # Features look back from as_of, and so does the horizon: what comes after does not move it.
        past = History.of(shard, calendar, FeaturePlan(), compiled=compiled)
        days = own_horizon(past, churn.adaptive, churn.horizon_days)
        seen = _outcome(shard, calendar, ahead, days, compiled=compiled)
    elif seen is None:
        seen = _outcome(shard, calendar, ahead, churn.horizon_days, compiled=compiled)
    return labels.churned(seen, gap_purchase_counts=churn.gap_purchase_counts)


def _outcome(
    shard: Shard, calendar: Calendar, ahead: Ahead, horizon_days: int | Ints, *, compiled: bool
) -> Outcome:
    spans = (ahead.churn.gap_days, horizon_days, ahead.churn.settlement_days)
    return Outcome.of(shard, calendar, *spans, ahead.watermark, compiled=compiled)
