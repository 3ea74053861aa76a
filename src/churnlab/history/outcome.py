"""The door to the future: what happened after each snapshot, as it was known once it had settled.

as_of        + gap          + gap + horizon     + gap + horizon + settlement
  |------------|------------------|------------------|
   gap          orders             what is recorded or given back up to here counts
"""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np

from churnlab.errors import ConfigError
from churnlab.history.cuts import Asked, Edges
from churnlab.history.sources import Source, kept
from churnlab.history.tables import lines_and_orders
from churnlab.history.units import Flags, Ints, frozen
from churnlab.history.ways import way
from churnlab.history.windows import Window
from churnlab.shards import Shard
from churnlab.snapshots import Calendar

_CLOSES = 10**6  # stands for the days until the outcome window ends, which may differ by customer


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a label or a value may see, shape (n,) each. All as known when settlement ended.

    ``orders``: the qualifying orders (net amount above zero) in ``[as_of + gap, as_of + gap + horizon)``.
    ``gap_orders``: those in ``[as_of, as_of + gap)``.
    ``transactions``: all lines of the outcome window, refunds among them: what the customer brought net.
    ``complete``: settlement ended at or before the watermark. Elsewhere nothing may be concluded.
    """

    as_of: Ints
    orders: Window
    gap_orders: Window
    transactions: Window
    complete: Flags

    @classmethod
    def of(
        cls,
        shard: Shard,
        calendar: Calendar,
        gap_days: int,
        horizon_days: int | Ints,
        settlement_days: int,
        watermark: int,
        *,
        compiled: bool = False,
    ) -> Outcome:
        """The outcome of every snapshot of a shard. ``compiled``: as for a ``History``.

        ``horizon_days``: of all, or (n,) one for each.
        """
        by = way(compiled=compiled)
        dates, spans, date = _moments(shard.as_of, horizon_days)
        closes = calendar.ahead(dates, gap_days + spans)
        settled = calendar.ahead(dates, gap_days + spans + settlement_days)

        def edges(days: int) -> Edges:
            return Edges.of(closes if days == -_CLOSES else calendar.back(dates, days))

        before = kept(edges)
        asked = Asked(frozen(shard.customer), shard.as_of, date, before, Edges.of(settled))
        lines, orders = lines_and_orders(shard, asked, by)
        if lines is None or orders is None:
            raise ConfigError("an outcome is read from transactions, and this project has none")
        qualifying = orders.where("amount", operator.gt, 0)
        return cls(
            shard.as_of,
            _ahead(qualifying, gap_days, _CLOSES),
            _ahead(qualifying, 0, gap_days),
            _ahead(lines, gap_days, _CLOSES),
            (settled <= watermark)[date],
        )


def _ahead(source: Source, start_days: int, end_days: int) -> Window:
    # Days after the snapshot are negative days before it.
    return source.between(-start_days, -end_days)


def _moments(as_of: Ints, horizon_days: int | Ints) -> tuple[Ints, int | Ints, Ints]:
    """(dates, horizons, which): the different questions that are asked, and the one of each snapshot."""
    if isinstance(horizon_days, int):
        dates = np.unique(as_of)
        return dates, horizon_days, np.searchsorted(dates, as_of)
    asked, which = np.unique(np.stack([as_of, horizon_days]), axis=1, return_inverse=True)
    return asked[0], asked[1], which.reshape(-1)
