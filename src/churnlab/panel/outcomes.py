"""What happened next, for the rows of one shard: churned and value, and who cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.churn import Churn
from churnlab.config.project import Value
from churnlab.history import Lapses, Outcome
from churnlab.panel.panel import Panel
from churnlab.shards import Shard
from churnlab.snapshots import Calendar

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Ahead:
    """What happened next, and until when that is known.

    ``watermark``: nothing is missing before it; outcomes that settle later are NaN.
    """

    churn: Churn
    value: Value
    watermark: int


def of_some(asked: Shard, counts: Flags) -> Shard:
    """The same shard, asked about some of its snapshots."""
    return replace(asked, customer=asked.customer[counts], as_of=asked.as_of[counts])


def set_aside(
    asked: Shard, counts: Flags, calendar: Calendar, ahead: Ahead, *, compiled: bool
) -> dict[str, int]:
    """Take out of ``counts`` whose outcome is known, but answers another question; how many, by reason."""
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

    def outcome(horizon_days: int) -> Outcome:
        spans = (churn.gap_days, horizon_days, churn.settlement_days)
        return Outcome.of(shard, calendar, *spans, ahead.watermark, compiled=compiled)

    def churned() -> Floats:
        if churn.kind == "contractual":
            lapses = Lapses.of(shard, calendar, churn, ahead.watermark, compiled=compiled)
            return labels.lapsed(lapses, involuntary=churn.contract.involuntary)
        left = brought if horizon_days == churn.horizon_days else outcome(churn.horizon_days)
        return labels.churned(left, gap_purchase_counts=churn.gap_purchase_counts)

    horizon_days = value.horizon_days or churn.horizon_days
    brought = outcome(horizon_days)
    return replace(
        part,
        churned=churned(),
        value=labels.value(
            brought,
            horizon_days=horizon_days,
            gap_days=churn.gap_days,
            discount_rate_annual=value.discount_rate_annual,
            basis=labels.value_basis(brought),
            exponent=exponent,
        ),
    )
