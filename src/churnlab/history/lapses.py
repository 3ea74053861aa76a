"""The door to the future of contracts: which of them ended after each snapshot and were not renewed.

as_of      + gap          + gap + horizon        + grace     + settlement
  |----------|------------------|------------------|-------------|
   gap        ends looked at     their renewals     what is recorded up to here counts
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from churnlab.config.churn import Churn
from churnlab.errors import ConfigError
from churnlab.history import slices
from churnlab.history.cuts import Asked, Edges
from churnlab.history.sources import Source, kept
from churnlab.history.tables import all_events
from churnlab.history.units import ALL, Flags, Ints, frozen
from churnlab.history.ways import way
from churnlab.shards import Shard
from churnlab.snapshots import Calendar


@dataclass(frozen=True, eq=False)
class Lapses:
    """Contracts that ended without a renewal, (n,) each: how many, as known when settlement ended.

    A renewal is another contract of the customer that begins before the end + grace and runs beyond
    the end; where one of several contracts is looked at (``lapse: any``), one that begins no earlier
    than grace before that end. ``voluntary``, ``involuntary``: ends in
    ``[as_of + gap, as_of + gap + horizon)`` by their reason. ``in_gap``: ends in ``[as_of, as_of + gap)``.
    ``complete``: settlement ended at or before the watermark. Elsewhere nothing may be concluded.
    """

    voluntary: Ints
    involuntary: Ints
    in_gap: Ints
    complete: Flags

    @classmethod
    def of(
        cls, shard: Shard, calendar: Calendar, churn: Churn, watermark: int, *, compiled: bool = False
    ) -> Lapses:
        """What became of the contracts of every snapshot of a shard."""
        dates = np.unique(shard.as_of)
        date = np.searchsorted(dates, shard.as_of)
        settled = calendar.ahead(dates, churn.tail_days)
        before = kept(lambda days: Edges.of(calendar.back(dates, days)))
        asked = Asked(frozen(shard.customer), shard.as_of, date, before, Edges.of(settled))
        contracts = all_events(shard, "contracts", asked, way(compiled=compiled))
        if contracts is None or not contracts.has("end"):
            raise ConfigError("contractual churn is read from contracts.end, and this project has none")
        opens, closes = (
            calendar.ahead(dates, days)[date]
            for days in (churn.gap_days, churn.gap_days + churn.horizon_days)
        )
        rows, owner = _unrenewed(contracts, calendar, churn, closes)
        end = contracts.values("end")[rows]
        forced, in_gap = _has_reason(contracts, churn.contract.involuntary_reasons)[rows], end < opens[owner]

        def counted(which: Flags) -> Ints:
            return np.bincount(owner[which], minlength=len(shard.as_of))

        return cls(
            counted(~in_gap & ~forced),
            counted(~in_gap & forced),
            counted(in_gap),
            (settled <= watermark)[date],
        )


def _unrenewed(contracts: Source, calendar: Calendar, churn: Churn, closes: Ints) -> tuple[Ints, Ints]:
    """(rows, owner): contracts that end in ``[as_of, closes)`` unrenewed, and the snapshot of each.

    ``closes``: (n,) where the outcome window ends.
    """
    first, last = contracts.at(ALL), contracts.at(-churn.tail_days)  # all that is known once it is settled
    start, end = contracts.values("time"), contracts.values("end")
    rows, owner = slices.expanded(first, last)
    ends = (end[rows] >= contracts.as_of[owner]) & (end[rows] < closes[owner]) & (end[rows] > start[rows])
    rows, owner = rows[ends], owner[ends]
    # Each beside all contracts of its customer that its snapshot knows.
    other, ended = slices.expanded(first[owner], last[owner])
    over, grace = end[rows], churn.contract.grace_days
    until = calendar.ahead(over, grace)[ended]
    renews = (start[other] < np.minimum(until, end[other])) & (end[other] > over[ended])
    if churn.contract.lapse == "any":
        renews &= start[other] >= calendar.back(over, grace)[ended]
    lapsed = np.ones(len(rows), dtype=np.bool_)
    lapsed[ended[renews]] = False
    return rows[lapsed], owner[lapsed]


def _has_reason(contracts: Source, reasons: Sequence[str]) -> Flags:
    """(rows,) whether a contract ended for one of ``reasons``; one without a reason did not."""
    if not reasons:
        return np.zeros(len(contracts.values("time")), dtype=np.bool_)
    known = contracts.columns.texts["reason"]
    codes = [place for place, text in enumerate(known) if text in set(reasons)]
    return np.isin(contracts.values("reason"), codes)
