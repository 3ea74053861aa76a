"""How long customers are silent between orders, and how many come back from a silence.

    order ---- H days ----|---- a year ----|
                 silence reached H          an order in here: came back

A silence counts once it has reached H and the year after that has been observed whole. The gaps between
orders that are closed say less: whoever left has no closed gap, and slow buyers have few.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from churnlab.history import slices
from churnlab.history.past import History
from churnlab.history.units import ALL, DAY, Ints
from churnlab.snapshots import Calendar

YEAR = 365  # days
LONGEST = 3_650  # days: gaps beyond it are counted as if they were that long


@dataclass(frozen=True, eq=False)
class Silences:
    """Counts that add up over shards. ``reached``, ``ended``: one for each horizon.

    ``gaps``: how many closed gaps between one order and the next lasted each whole number of days.
    """

    reached: Ints
    ended: Ints
    gaps: Ints

    @classmethod
    def of(
        cls, past: History, calendar: Calendar, horizons: Sequence[int], settlement_days: int, watermark: int
    ) -> Silences:
        """The silences of customers, each looked at once, when all that is known may be used."""
        if past.orders is None:
            raise AssertionError("asked of a project without transactions")
        orders = past.orders.where("amount", operator.gt, 0)
        window = orders.last(ALL)
        rows, owner = slices.expanded(window.start, window.end)
        since = orders.values("time")[rows]
        last = np.append(owner[1:] != owner[:-1], [True])[: len(rows)]
        until = np.where(last, np.iinfo(np.int64).max, np.append(since[1:], [0])[: len(rows)])
        days = ((until - since)[~last] // DAY).clip(0, LONGEST)
        reached, ended = np.zeros((2, len(horizons)), dtype=np.int64)
        for place, horizon in enumerate(horizons):
            over = calendar.ahead(since, horizon)
            seen = calendar.ahead(since, horizon + YEAR + settlement_days) <= watermark
            silent = seen & (until >= over)
            reached[place] = silent.sum()
            ended[place] = (silent & (until < calendar.ahead(since, horizon + YEAR))).sum()
        return cls(reached, ended, np.bincount(days, minlength=LONGEST + 1))
