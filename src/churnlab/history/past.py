"""The door to the past: what was known of each customer before each snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from churnlab.config.project import FeaturePlan
from churnlab.history.cuts import Ago, Asked, Edges
from churnlab.history.profile import Profile
from churnlab.history.sources import Source, kept
from churnlab.history.tables import all_events, lines_and_orders, texts_of
from churnlab.history.units import Ints, frozen
from churnlab.history.ways import way
from churnlab.shards import Shard
from churnlab.snapshots import Calendar


@dataclass(frozen=True, eq=False)
class History:
    """All that a feature may see: what was known before ``as_of``, through windows on it.

    A table that the project does not have is None. ``transactions`` are lines, refunds among them;
    ``orders`` are what was bought together, net. An order wholly given back before ``as_of`` is in
    neither. ``windows``: days, rising. ``as_of``: (n,) microseconds UTC, as all times are.
    Why a contract ended is not there: it came into its row with the end, at an instant nobody wrote down.
    """

    as_of: Ints
    calendar: Calendar
    windows: tuple[int, ...]
    engagement_types: tuple[str, ...]
    service_types: tuple[str, ...]
    transactions: Source | None
    orders: Source | None
    interactions: Source | None
    contracts: Source | None
    campaigns: Source | None
    profile: Profile | None

    @classmethod
    def of(cls, shard: Shard, calendar: Calendar, plan: FeaturePlan, *, compiled: bool = False) -> History:
        """The past of every snapshot of a shard.

        ``compiled``: with compiled code, which gives the same to the bit; worth loading for some
        300,000 events or more in a process.
        """
        by = way(compiled=compiled)
        dates = np.unique(shard.as_of)
        date = np.searchsorted(dates, shard.as_of)
        before = kept(lambda days: Edges.of(calendar.back(dates, days)))
        asked = Asked(frozen(shard.customer), shard.as_of, date, before, Edges.of(dates))
        events = partial(all_events, shard, asked=asked, way=by, windows=plan.windows)
        transactions, orders = lines_and_orders(shard, asked, by, plan.windows)
        return cls(
            shard.as_of,
            calendar,
            plan.windows,
            plan.engagement_types,
            plan.service_types,
            transactions,
            orders,
            events("interactions"),
            _without_reason(events("contracts")),
            events("campaigns"),
            Profile.of(shard.attributes, texts_of(shard, "customers"), asked, by)
            if shard.attributes
            else None,
        )

    def ago(self, days: Ints) -> Ago:
        """Where a window of ``days`` begins, (n,) whole days of each snapshot's own, 0 or more."""
        return Ago(self.calendar.ahead(self.as_of, -days))


def _without_reason(contracts: Source | None) -> Source | None:
    if contracts is None or not contracts.has("reason"):
        return contracts
    columns = contracts.columns
    return replace(contracts, columns=replace(columns, names=columns.names - {"reason"}))
