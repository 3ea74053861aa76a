"""Lifecycle: where a relationship stands, the first of these that is true.

    lost          contract over and not renewed, or silent for 4 own gaps and the horizon
    decline       silent for 2 own gaps, or clearly fewer events than before, or notice given
    start         one purchase so far
    exploration   fewer than 4 purchases, or a customer for less than 4 gaps of all customers
    growth        clearly more events than before, or something new
    saturation    everything else

A decline ends only once the silence is below 1.5 own gaps and the trend above -0.20, so that nobody goes
back and forth. The numbers are those of ``strategy.lifecycle``; the trend has the season taken out.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.config.churn import Kind
from churnlab.config.lifecycle import Lifecycle
from churnlab.features.contacts import inbound
from churnlab.features.orders import purchases, qualifying
from churnlab.history import ALL, Ago, History, Source, days_between, isin
from churnlab.strategy import intensity
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]
Measures = Mapping[str, Floats]
Locale = Literal["en", "fr"]

DECIMALS = 6


class Phase(StrEnum):
    """Where a relationship stands, in the order in which it is asked."""

    LOST = "lost"
    DECLINE = "decline"
    START = "start"
    EXPLORATION = "exploration"
    GROWTH = "growth"
    SATURATION = "saturation"

    def label(self, locale: Locale) -> str:
        """Its name for a reader.

        >>> Phase.GROWTH.label("fr")
        'croissance'
        """
        return _LABELS[locale][self]


_LABELS: dict[Locale, dict[Phase, str]] = {
    "en": {phase: str(phase) for phase in Phase},
    "fr": {
        Phase.LOST: "perdu",
        Phase.DECLINE: "déclin",
        Phase.START: "démarrage",
        Phase.EXPLORATION: "exploration",
        Phase.GROWTH: "croissance",
        Phase.SATURATION: "saturation",
    },
}


def measures(past: History, rules: Lifecycle, g_pop: float | None) -> dict[str, Floats]:
    """What phases are made of beside the measures of intensity and repeats, (n,) each, as floats.

    ``purchases``, ``days_since_purchase``: orders so far, and days since the last.
    ``events_recent``, ``events_before``: orders and contacts by the customer in the last window and the
    one before, each as long as the customer's own rhythm says. ``new_bought``: product families and channels
    bought in that window, by a customer from before it, for the first time.
    ``contract_running``, ``contract_over_days``, ``contract_days``: contracts that run, days since the
    last that ended, and since the first began; NaN without contracts.
    ``notice``: 1 where the end was announced after the last contract, or else order, began.
    """
    orders = qualifying(past)
    if orders is None:
        return {}
    ever = orders.last(ALL)
    known = {"gap_count": _floats(np.maximum(ever.count() - 1, 0)), "own_gap_median": ever.gaps("median")}
    recent, before = _windows(past, rules, intensity.own_gap(known, g_pop))
    counted = [source for source in (orders, inbound(past)) if source is not None]
    return {
        "purchases": _floats(ever.count()),
        "days_since_purchase": days_between(ever.last("time"), past.as_of),
        "events_recent": _floats(sum(source.last(recent).count() for source in counted)),
        "events_before": _floats(sum(source.between(before, recent).count() for source in counted)),
        "new_bought": _new(purchases(past), recent),
        **_contract(past),
        "notice": _notice(past, rules.notice_types, ever.last("time")),
    }


def _windows(past: History, rules: Lifecycle, own_gap: Floats) -> tuple[Ago, Ago]:
    """Where the last window of each customer begins, and the one before."""
    least, most = rules.window_days
    # Whoever's rhythm nobody can tell is looked at for as long as anybody.
    days = np.where(np.isnan(own_gap), most, rules.window_gaps * own_gap).clip(least, most)
    whole = np.rint(days).astype(np.int64)
    return past.ago(whole), past.ago(2 * whole)


def _new(bought: Source | None, recent: Ago) -> Floats:
    if bought is None:
        return np.zeros(len(recent.instants))
    window = bought.last(recent)
    found = sum(
        (window.new(column) for column in ("family", "channel") if bought.has(column)),
        np.zeros(len(recent.instants), dtype=np.int64),
    )
    # At first everything is new.
    return _floats(np.where(bought.between(ALL, recent).count() > 0, found, 0))


def _contract(past: History) -> dict[str, Floats]:
    missing = np.full(len(past.as_of), np.nan)
    if past.contracts is None:
        return dict.fromkeys(("contract_running", "contract_over_days", "contract_days"), missing)
    ever, ends = past.contracts.last(ALL), past.contracts.has("end")
    signed = ever.count()
    running = signed - ever.known("end") if ends else signed
    return {
        "contract_running": np.where(signed > 0, running, np.nan),
        "contract_over_days": days_between(ever.max("end"), past.as_of) if ends else missing,
        "contract_days": days_between(ever.first("time"), past.as_of),
    }


def _notice(past: History, types: tuple[str, ...], last_order: Floats) -> Floats:
    notices = of_types(past.interactions, types)
    if notices is None:
        return np.zeros(len(past.as_of))
    since = last_order
    if past.contracts is not None:
        started = past.contracts.last(ALL).last("time")
        since = np.where(np.isnan(started), last_order, started)
    given = notices.last(ALL).last("time")
    return _floats(given > since)


def of_types(source: Source | None, types: tuple[str, ...]) -> Source | None:
    """The events of some types; None where no such event can be there."""
    if source is None or not source.has("type") or not set(types) & set(source.columns.texts["type"]):
        return None
    if len(types) == 1:
        return source.where("type", operator.eq, types[0])
    return source.where("type", isin, types)


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def phases(
    measures: Measures,
    rules: Lifecycle,
    *,
    g_pop: float | None,
    horizon_days: int | NDArray[np.int64],
    kind: Kind = "non_contractual",
    grace_days: int = 30,
    season: float = 1.0,
    previous: Texts | None = None,
) -> Texts:
    """One phase code per customer, (n,) text.

    ``measures``: of this module, of intensity and of repeats. ``g_pop``: days between the orders of the
    middle customer, None where nobody ordered twice. ``horizon_days``: of all, or of each.
    ``season``: what all customers did lately over what they did before. ``previous``: the phases before,
    None for a customer who had none; None: of nobody.

    >>> amel = {"purchases": 11, "gap_count": 10, "own_gap_median": 60, "days_since_purchase": 90,
    ...         "customer_days": 700, "events_recent": 6, "events_before": 7, "new_bought": 0, "notice": 0}
    >>> one = {name: np.array([float(value)]) for name, value in amel.items()}
    >>> phases(one, Lifecycle(), g_pop=60, horizon_days=90).tolist()
    ['saturation']
    """
    silence = silences(measures, g_pop)
    change = trends(measures, season)
    answers = {
        Phase.LOST: _lost(measures, silence, rules, horizon_days, kind, grace_days),
        Phase.DECLINE: _declines(measures, silence, change, rules, previous),
        Phase.START: _starts(measures, rules, kind),
        Phase.EXPLORATION: _explores(measures, rules, g_pop),
        Phase.GROWTH: (change >= rules.growth_trend) | (measures["new_bought"] > 0),
    }
    found = np.full(len(silence), str(Phase.SATURATION), dtype=object)
    for phase, holds in reversed(answers.items()):
        found[holds] = str(phase)
    return found


def silences(measures: Measures, g_pop: float | None) -> Floats:
    """(n,) days since the last purchase in own gaps, 6 decimals; NaN where nobody's rhythm is known."""
    gap = intensity.own_gap(measures, g_pop)
    return rounded(intensity.in_gaps(measures["days_since_purchase"], gap), DECIMALS)


def trends(measures: Measures, season: float) -> Floats:
    """(n,) the logarithm of recent events over those before, season taken out, 6 decimals.

    >>> chloe = {"events_recent": np.array([9.0]), "events_before": np.array([6.0])}
    >>> trends(chloe, 1.0).round(2).tolist(), trends(chloe, 1.3).round(2).tolist()
    ([0.36], [0.09])
    """
    recent, before = measures["events_recent"] + 1, measures["events_before"] + 1
    return rounded(np.log(recent / (before * season)), DECIMALS)


def _lost(
    measures: Measures,
    silence: Floats,
    rules: Lifecycle,
    horizon_days: int | NDArray[np.int64],
    kind: Kind,
    grace_days: int,
) -> Flags:
    if kind == "win_back":  # asked about for having been lost by the project's own rule
        return np.ones(len(silence), dtype=np.bool_)
    if kind == "contractual":
        over: Flags = (measures["contract_running"] == 0) & (measures["contract_over_days"] >= grace_days)
        return over
    lost: Flags = (silence >= rules.lost_gaps) & (measures["days_since_purchase"] >= horizon_days)
    return lost


def _declines(
    measures: Measures, silence: Floats, change: Floats, rules: Lifecycle, previous: Texts | None
) -> Flags:
    fell = (change <= rules.decline_trend) & (measures["events_before"] >= rules.decline_events)
    declines: Flags = (silence >= rules.decline_gaps) | fell | (measures["notice"] > 0)
    if previous is not None:
        recovers = ~(silence >= rules.recover_gaps) & (change > rules.recover_trend)
        declines = declines | ((previous == str(Phase.DECLINE)) & ~recovers)
    return declines


def _starts(measures: Measures, rules: Lifecycle, kind: Kind) -> Flags:
    if kind == "contractual":
        return measures["contract_days"] < rules.start_days
    return measures["purchases"] <= 1


def _explores(measures: Measures, rules: Lifecycle, g_pop: float | None) -> Flags:
    few = measures["purchases"] < rules.explored_purchases
    if g_pop is None:
        return few
    return few | (measures["customer_days"] < rules.explored_gaps * g_pop)
