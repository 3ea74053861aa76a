"""Rhythm: the intervals between orders, and how regular they are.

Dimension: normative. A regular interval is a habit, the nearest thing to a rule both sides keep.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.features.feature import Feature
from churnlab.features.orders import middle, qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, Window, ratio

RECENT = 5  # intervals


def rhythm(past: History) -> Iterator[Feature]:
    """Mean, median, spread and extremes of the intervals, and the recent ones against all."""
    orders = qualifying(past)
    if orders is None:
        return
    ever = orders.last(ALL)
    yield Feature(
        "gaps",
        np.maximum(ever.count() - 1, 0),
        "intervals",
        "Intervals between orders seen so far",
        "normative",
        **said(
            "{value} between orders so far",
            "{value} entre commandes à ce jour",
            means="Intervalles entre commandes vus à ce jour",
        ),
        empty=0,
    )
    yield from _intervals(ever)
    yield from _regularity(orders, ever, middle(past.windows))


def _intervals(ever: Window) -> Iterator[Feature]:
    """Days between orders, over the whole past."""
    measures = (
        ("gap_mean", ever.gaps("mean"), "Mean", "average", "moyen"),
        ("gap_median", ever.gaps("median"), "Median", "median", "médian"),
        ("gap_longest", ever.gaps("max"), "Longest", "longest", "le plus long"),
        ("gap_last", ever.latest(2).gaps("mean"), "Latest", "latest", "le plus récent"),
    )
    for name, values, title, english, french in measures:
        yield Feature(
            name,
            values,
            "days",
            f"{title} interval between orders",
            "normative",
            **said(
                f"{english} gap between orders: {{value}}",
                f"intervalle {french} entre commandes : {{value}}",
                means=f"Intervalle {french} entre commandes",
            ),
        )
    yield Feature(
        "gap_spread",
        ever.gaps("std"),
        "days",
        "Standard deviation of the intervals between orders",
        "normative",
        **said(
            "spread of the gaps between orders: {value}",
            "variation des intervalles entre commandes : {value}",
            means="Écart type des intervalles entre commandes",
        ),
    )


def _regularity(orders: Source, ever: Window, season: int) -> Iterator[Feature]:
    mean = ever.gaps("mean")
    recent = ever.latest(RECENT + 1).gaps("mean")
    measures = (
        (
            "gap_variation",
            ratio(ever.gaps("std"), mean),
            "ratio",
            "Spread of the intervals against their mean: 0 is clockwork",
            said(
                "gaps between orders vary by {value} their average",
                "variation des intervalles entre commandes : {value} leur moyenne",
                means="Variation des intervalles rapportée à leur moyenne : 0 est la régularité parfaite",
            ),
        ),
        (
            "gap_last_to_mean",
            ratio(ever.latest(2).gaps("mean"), mean),
            "ratio",
            "Latest interval between orders against the mean of all",
            said(
                "latest gap between orders {value} the customer's average one",
                "dernier intervalle entre commandes : {value} la moyenne du client",
                means="Dernier intervalle entre commandes rapporté à la moyenne de tous",
            ),
        ),
        (
            f"gap_mean_last_{RECENT}",
            recent,
            "days",
            f"Mean of the last {RECENT} intervals between orders",
            said(
                f"average of the last {RECENT} gaps between orders: {{value}}",
                f"moyenne des {RECENT} derniers intervalles entre commandes : {{value}}",
                means=f"Moyenne des {RECENT} derniers intervalles entre commandes",
            ),
        ),
        (
            "gap_stretch",
            ratio(recent, mean),
            "ratio",
            f"Mean of the last {RECENT} intervals against the mean of all",
            said(
                f"last {RECENT} gaps between orders {{value}} the customer's average one",
                f"{RECENT} derniers intervalles entre commandes : {{value}} la moyenne du client",
                means=f"Moyenne des {RECENT} derniers intervalles rapportée à la moyenne de tous",
            ),
        ),
        (
            f"gap_longest_{season}d",
            orders.last(season).gaps("max"),
            "days",
            f"Longest interval between two orders of the last {season} days",
            said(
                "longest gap between orders {period}: {value}",
                "plus long intervalle entre commandes {period} : {value}",
                season,
                means=f"Plus long intervalle entre deux commandes des {season} derniers jours",
            ),
        ),
    )
    for name, values, unit, meaning, sentences in measures:
        yield Feature(name, values, unit, meaning, "normative", **sentences)
