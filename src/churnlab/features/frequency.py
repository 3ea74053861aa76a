"""Frequency: how often the customer orders.

Dimension: informational. Each order tells both sides that the relationship is alive.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from churnlab.features.feature import Feature
from churnlab.features.orders import long, qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source

WEEKS = 12
# Ages in days at which an order's weight halves: [0, 7) counts 1, [7, 14) a half, [14, 28) a quarter.
AGES = (0, 7, 14, 28, 56, 112, 224, 448)


def frequency(past: History) -> Iterator[Feature]:
    """Orders and days with an order per window, and how they are spread."""
    orders = qualifying(past)
    if orders is None:
        return
    for days in past.windows:
        yield Feature(
            f"orders_{days}d",
            orders.last(days).count(),
            "orders",
            f"Orders in the last {days} days",
            "informational",
            **said(
                "{value} {period}", "{value} {period}", days, means=f"Commandes des {days} derniers jours"
            ),
            empty=0,
        )
    for days in long(past.windows):
        yield Feature(
            f"active_days_{days}d",
            orders.last(days).active_days(),
            "days",
            f"Days with an order in the last {days} days",
            "informational",
            **said(
                "days with an order {period}: {value}",
                "jours avec commande {period} : {value}",
                days,
                means=f"Jours avec commande, sur les {days} derniers",
            ),
            empty=0,
        )
    yield from _spread(orders, past.windows[-1])


def _spread(orders: Source, longest: int) -> Iterator[Feature]:
    measures = (
        (
            "orders_ever",
            orders.last(ALL).count(),
            "orders",
            "Orders ever",
            said("{value} so far", "{value} à ce jour", means="Commandes à ce jour"),
        ),
        (
            "active_days_ever",
            orders.last(ALL).active_days(),
            "days",
            "Days with an order ever",
            said(
                "days with an order so far: {value}",
                "jours avec commande à ce jour : {value}",
                means="Jours avec commande à ce jour",
            ),
        ),
        (
            f"active_months_{longest}d",
            orders.last(longest).active_months(),
            "months",
            f"Calendar months with an order in the last {longest} days",
            said(
                "months with an order {period}: {value}",
                "mois avec commande {period} : {value}",
                longest,
                means=f"Mois civils avec commande, sur les {longest} derniers jours",
            ),
        ),
        (
            f"active_weeks_{7 * WEEKS}d",
            sum(
                (orders.between(7 * week + 7, 7 * week).count() > 0).astype(np.int64) for week in range(WEEKS)
            ),
            "weeks",
            f"Weeks with an order, of the last {7 * WEEKS} days",
            said(
                "weeks with an order {period}: {value}",
                "semaines avec commande {period} : {value}",
                7 * WEEKS,
                means=f"Semaines avec commande, sur les {7 * WEEKS} derniers jours",
            ),
        ),
        (
            "orders_recent_weighted",
            recent_weighted(orders),
            "orders",
            "Orders, each counting half as much for each doubling of its age from a week on",
            said(
                "recent orders, weighted by age: {value}",
                "commandes récentes, pondérées par l'âge : {value}",
                means="Commandes, de poids moitié à chaque doublement de leur âge dès une semaine",
            ),
        ),
    )
    for name, values, unit, meaning, sentences in measures:
        yield Feature(name, np.asarray(values), unit, meaning, "informational", **sentences, empty=0)


def recent_weighted(orders: Source, column: str | None = None) -> NDArray[np.float64]:
    """The count of orders (or the sum of a column), halved for each doubling of their age."""
    total: NDArray[np.float64] = np.zeros(1)
    for halvings, (newer, older) in enumerate(itertools.pairwise(AGES)):
        window = orders.between(older, newer)
        total = total + (window.count() if column is None else window.sum(column)) / 2.0**halvings
    return total
