"""Who is asked about: customers known at a date, and of them those with enough orders, not long lost.

candidates   something of the customer was known before the date
eligible     at least min_orders qualifying orders; one of them not longer ago than lost_after_days
             (win_back: all of them longer ago; contractual: a contract that runs)
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from churnlab.config.churn import Kind
from churnlab.config.project import SnapshotPlan
from churnlab.errors import ConfigError
from churnlab.history.cuts import known_at
from churnlab.history.past import History
from churnlab.history.units import ALL, Flags
from churnlab.shards import Shard


def candidates(shard: Shard, as_ofs: Sequence[int]) -> Shard:
    """The shard, asked about everyone with a known transaction at each of ``as_ofs``, rising instants."""
    lines = shard.events["transactions"]
    since = known_at(lines["time"], lines["recorded_at"])
    edges = np.flatnonzero(np.diff(lines["customer"], prepend=-1))  # every customer has a line
    first = np.minimum.reduceat(since, edges)
    dates = np.array(as_ofs, dtype=np.int64)
    customer, date = np.nonzero(first[:, None] < dates[None, :])
    return replace(shard, customer=customer, as_of=dates[date])


def eligible(
    past: History, plan: SnapshotPlan, kind: Kind = "non_contractual"
) -> tuple[Flags, dict[str, int]]:
    """(n,) whether each snapshot of a past counts; reason -> how many do not.

    In: customers with at least ``min_orders`` qualifying orders, and, if ``lost_after_days`` is set,
    one of them in ``[as_of - lost_after_days, as_of)``. An order is the lines that share an order id,
    at the time of its first line; it qualifies while the amounts of its lines known before ``as_of``
    sum to more than 0. Without amounts every order qualifies; without an order id a line is an order.

    Where lost customers are asked about (``win_back``), those with enough orders, but none so recent.
    Where churn is contractual, those with a contract that runs at ``as_of``, whatever they ordered.
    """
    if kind == "contractual":
        return _under_contract(past)
    if past.orders is None:
        raise ConfigError("who is eligible is read from transactions, and this project has none")
    orders = past.orders.where("amount", operator.gt, 0)
    enough = orders.last(ALL).count() >= plan.min_orders
    recent = enough
    if plan.lost_after_days:
        recent = enough & (orders.last(plan.lost_after_days).count() > 0)
    if kind == "win_back":
        lost = enough & ~recent
        excluded = {"not_enough_orders": int((~enough).sum()), "not_lost": int((enough & recent).sum())}
        return lost, {reason: rows for reason, rows in excluded.items() if rows}
    excluded = {
        "not_enough_orders": int((~enough).sum()),
        "already_lost": int((enough & ~recent).sum()),
    }
    return recent, {reason: rows for reason, rows in excluded.items() if rows}


def _under_contract(past: History) -> tuple[Flags, dict[str, int]]:
    if past.contracts is None:
        raise ConfigError("who can leave is read from contracts, and this project has none")
    ever = past.contracts.last(ALL)
    running: Flags = ever.count() > ever.known("end")
    return running, {"no_running_contract": int((~running).sum())} if not running.all() else {}
