"""Tenure: how long the relationship lasts, and how full it is.

Dimension: normative. Years together make the unwritten rules of a relationship.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.features.feature import Feature
from churnlab.features.orders import qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, days_between, ratio

MONTH = 30.4375  # days


def tenure(past: History) -> Iterator[Feature]:
    """Time since the first order and since joining, and what a month of it held."""
    if past.profile is not None and past.profile.joined_at is not None:
        yield Feature(
            "days_since_joining",
            days_between(past.profile.joined_at, past.as_of),
            "days",
            "Time since the customer joined",
            "normative",
            **said(
                "time since joining: {value}",
                "temps depuis l'inscription : {value}",
                means="Temps depuis l'inscription du client",
            ),
        )
    if past.orders is not None:
        yield from _since_first_order(past)


def _since_first_order(past: History) -> Iterator[Feature]:
    orders = qualifying(past)
    if orders is None:
        return
    ever = orders.last(ALL)
    first, last = ever.first("time"), ever.last("time")
    age = days_between(first, past.as_of)
    months = np.maximum(age / MONTH, 1)  # a rate over a few hours would say nothing
    measures = (
        (
            "tenure_days",
            age,
            "days",
            "Time since the first order",
            said(
                "first order {value} ago",
                "première commande il y a {value}",
                means="Temps depuis la première commande",
            ),
        ),
        (
            "active_span_days",
            days_between(first, last),
            "days",
            "Time from the first order to the last",
            said(
                "from first to last order: {value}",
                "de la première à la dernière commande : {value}",
                means="Temps de la première commande à la dernière",
            ),
        ),
        (
            "silence_share",
            ratio(days_between(last, past.as_of), age),
            "share",
            "Share of the time since the first order that is the current silence",
            said(
                "share of the relationship in silence: {value}",
                "part de la relation en silence : {value}",
                means="Part du silence actuel dans le temps depuis la première commande",
            ),
        ),
        (
            "orders_per_month",
            ever.count() / months,
            "orders",
            "Orders a month since the first order, or in its first month",
            said(
                "{value} a month since the first",
                "{value} par mois depuis la première",
                means="Commandes par mois depuis la première, ou pendant le premier mois",
            ),
        ),
        (
            "active_month_share",
            ratio(ever.active_months(), age / MONTH + 1),  # tenure touches one month more than it fills
            "share",
            "Calendar months with an order, against the months since the first",
            said(
                "share of months with an order: {value}",
                "part des mois avec commande : {value}",
                means="Mois civils avec commande, rapportés aux mois depuis la première",
            ),
        ),
    )
    for name, values, unit, meaning, sentences in measures:
        yield Feature(name, values, unit, meaning, "normative", **sentences)
    lines = past.transactions
    if lines is not None and lines.has("amount"):
        yield Feature(
            "spend_per_month",
            lines.last(ALL).sum("amount") / months,
            "currency",
            "Spend a month since the first order, or in its first month, net of refunds",
            "economic",
            **said(
                "{value} a month since the first order",
                "{value} par mois depuis la première commande",
                means="Dépenses par mois depuis la première commande (un mois au moins), nettes",
            ),
        )
