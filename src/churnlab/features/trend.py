"""Trend: a window against the one before it, and against the customer's long run.

    [as_of - 60 ............ as_of - 30) [as_of - 30 ............ as_of)
                before                              now

Dimension: informational. A change of pace is news, long before anyone gives notice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from churnlab.features.feature import Feature
from churnlab.features.orders import long, qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, days_between, ratio

Values = NDArray[np.int64] | NDArray[np.float64]


def log_change(now: Values, before: Values) -> NDArray[np.float64]:
    """``ln((now + 1) / (before + 1))``: of counts, finite even where one of them is 0."""
    return np.log((now + 1) / (before + 1))


def trend(past: History) -> Iterator[Feature]:
    """Orders, spend and order values now and before, and the pace now against that of a year."""
    orders = qualifying(past)
    if orders is None:
        return
    for days in _compared(past.windows):
        yield Feature(
            f"orders_trend_{days}d",
            log_change(orders.last(days).count(), orders.between(2 * days, days).count()),
            "trend",
            f"Log change of orders, the last {days} days against the {days} before",
            "informational",
            **said(
                "orders {period}: {value}",
                "commandes {period} : {value}",
                days,
                means=f"Variation (log) des commandes, des {days} derniers jours aux {days} d'avant",
            ),
        )
    yield from _money(past, orders)
    yield from _pace(past, orders)


def _compared(windows: tuple[int, ...]) -> tuple[int, ...]:
    """All but the longest: what came before it is mostly older than the relationship, or the records."""
    return windows[:-1] or windows


def _money(past: History, orders: Source) -> Iterator[Feature]:
    if past.transactions is None or not past.transactions.has("amount"):
        return
    for days in _compared(past.windows):
        now, both = orders.last(days), orders.last(2 * days)
        # A share, not a log change: money has no natural "one" to smooth with.
        yield Feature(
            f"spend_now_share_{days}d",
            ratio(now.sum("amount"), both.sum("amount")),
            "share",
            f"Of the spend of the last {2 * days} days, the share of the last {days}: a half is steady",
            "informational",
            **said(
                f"{{value}} of the spend of the last {2 * days} days came in the last {days}",
                f"dépenses des {days} derniers jours : {{value}} de celles des {2 * days} derniers",
                means=f"Part des {days} derniers jours dans les dépenses de {2 * days} (stable : ½)",
            ),
        )
    for days in _compared(long(past.windows)):
        now, before = orders.last(days), orders.between(2 * days, days)
        yield Feature(
            f"average_order_change_{days}d",
            ratio(now.mean("amount"), before.mean("amount")),
            "ratio",
            f"Mean order value of the last {days} days against that of the {days} before",
            "informational",
            **said(
                f"average order of the last {days} days {{value}} that of the {days} before",
                f"commande moyenne des {days} derniers jours : {{value}} celle des {days} jours d'avant",
                means=f"Montant moyen des commandes : {days} derniers jours rapportés aux {days} d'avant",
            ),
        )


def _pace(past: History, orders: Source) -> Iterator[Feature]:
    """Orders a day in a window, against orders a day in the longest (or since the first order)."""
    longest = past.windows[-1]
    tenure = days_between(orders.last(ALL).first("time"), past.as_of)
    for days in _compared(past.windows):
        now = orders.last(days).count() / np.minimum(days, tenure)
        usual = orders.last(longest).count() / np.minimum(longest, tenure)
        yield Feature(
            f"pace_{days}d",
            ratio(now, usual),
            "ratio",
            f"Orders a day in the last {days} days, against those of the last {longest}",
            "informational",
            **said(
                "orders {period} at {value} the customer's own pace",
                "commandes {period} : {value} le rythme propre du client",
                days,
                means=f"Commandes par jour : {days} derniers jours rapportés aux {longest} derniers",
            ),
        )
