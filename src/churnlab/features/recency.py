"""Recency: a customer's silence, in days and in their own rhythm (Fader, Hardie & Lee, 2005).

Dimension: informational. A silence is the first thing both sides can observe of a relationship.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from churnlab.features.feature import Feature
from churnlab.features.orders import qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Window, days_between, ratio

Floats = NDArray[np.float64]

# A gap the customer is assumed to have until their own are seen, worth three of them. Fixed, so
# that no other customer has a say in a feature; a learned one belongs to the model.
PRIOR_GAP, PRIOR_WEIGHT = 60, 3

RANKS = {
    2: ("2nd last", "l'avant-dernière commande"),
    3: ("3rd last", "la 3e commande en partant de la dernière"),
    5: ("5th last", "la 5e commande en partant de la dernière"),
    10: ("10th last", "la 10e commande en partant de la dernière"),
}


def recency(past: History) -> Iterator[Feature]:
    """Silence since the last order and since those before it, and how unusual it is."""
    orders = qualifying(past)
    if orders is None:
        return
    ever = orders.last(ALL)
    silence = days_between(ever.last("time"), past.as_of)
    yield Feature(
        "days_since_last_order",
        silence,
        "days",
        "Time since the last order",
        "informational",
        **said(
            "last order {value} ago",
            "dernière commande il y a {value}",
            means="Temps depuis la dernière commande",
        ),
    )
    yield from _earlier(past, ever)
    yield from _in_own_rhythm(past, ever, silence)


def _earlier(past: History, ever: Window) -> Iterator[Feature]:
    for rank, (english, french) in RANKS.items():
        since = days_between(ever.latest(rank).first("time"), past.as_of)
        yield Feature(
            f"days_since_order_{rank}",
            np.where(ever.count() >= rank, since, np.nan),  # fewer orders have no such rank
            "days",
            f"Time since the {english} order",
            "informational",
            **said(
                f"time since the {english} order: {{value}}",
                f"temps depuis {french} : {{value}}",
                means=f"Temps depuis {french}",
            ),
        )


def _in_own_rhythm(past: History, ever: Window, silence: Floats) -> Iterator[Feature]:
    orders, mean, median = ever.count(), ever.gaps("mean"), ever.gaps("median")
    gaps = np.maximum(orders - 1, 0)
    own = np.where(gaps > 0, gaps * median, 0) + PRIOR_WEIGHT * PRIOR_GAP
    measures = (
        (
            "silence_ratio",
            ratio(silence * (gaps + PRIOR_WEIGHT), own),
            "ratio",
            "Silence in usual intervals, shrunk towards one of 60 days where few are known",
            said(
                "silent for {value} the gap expected of this customer between orders",
                "silence : {value} l'intervalle attendu pour ce client entre commandes",
                means="Silence en intervalles habituels, ramenés vers 60 jours quand peu sont connus",
            ),
        ),
        (
            "silence_to_mean_gap",
            silence / np.maximum(mean, 1),
            "ratio",
            "Silence against the mean interval between orders, or a day if that is shorter",
            said(
                "silent for {value} the customer's average gap between orders",
                "silence : {value} l'intervalle moyen du client entre commandes",
                means="Silence rapporté à l'intervalle moyen entre commandes, d'un jour au moins",
            ),
        ),
        (
            "silence_to_longest_gap",
            silence / np.maximum(ever.gaps("max"), 1),
            "ratio",
            "Silence against the longest interval the customer came back from, or a day if that is shorter",
            said(
                "silent for {value} the customer's longest gap so far",
                "silence : {value} le plus long intervalle du client à ce jour",
                means="Silence rapporté au plus long intervalle avant un retour, d'un jour au moins",
            ),
        ),
        (
            "silence_deviation",
            # Two intervals at least have a spread; a day keeps clockwork customers finite.
            np.where(gaps > 1, (silence - mean) / (ever.gaps("std") + 1), np.nan),
            "deviations",
            "Silence beyond the mean interval, in standard deviations (plus a day) of the intervals",
            said(
                "silence beyond the customer's average gap between orders: {value}",
                "silence au-delà de l'intervalle moyen du client : {value}",
                means="Silence au-delà de l'intervalle moyen, en écarts types (plus un jour) des intervalles",
            ),
        ),
        (
            "missed_orders",
            ratio(silence * orders, days_between(ever.first("time"), past.as_of)),
            "orders",
            "Orders the own pace since the first order would have brought in this silence",
            said(
                "expected in this silence: {value}",
                "attendu pendant ce silence : {value}",
                means="Commandes que le rythme du client aurait apportées pendant ce silence",
            ),
        ),
    )
    for name, values, unit, meaning, sentences in measures:
        yield Feature(name, values, unit, meaning, "informational", **sentences)
