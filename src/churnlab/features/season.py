"""Season: when in the year the question is asked, and when in the week the customer comes.

Dimension: informational for the time of year, normative for the customer's own hours.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator

import numpy as np

from churnlab.features.feature import Feature
from churnlab.features.orders import middle, qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, days_between, ratio

YEAR, SATURDAY, EVENING = 365, 5, 18  # days, weekday (0 Monday), hour of the local clock


def season(past: History) -> Iterator[Feature]:
    """The month as a point on a circle, shares of weekends and evenings, and the same season last year."""
    orders = qualifying(past)
    if orders is None:
        return
    dates = np.unique(past.as_of)  # few, however many snapshots
    date = np.searchsorted(dates, past.as_of)
    angle = 2 * np.pi * (past.calendar.month_numbers(dates) % 12) / 12
    for name, french, values in (("sine", "sinus", np.sin(angle)), ("cosine", "cosinus", np.cos(angle))):
        yield Feature(
            f"month_{name}",
            values[date],
            "number",
            f"Month of the snapshot on a circle, January at the top: its {name}",
            "informational",
            en=f"time of year ({name}): {{value}}",
            fr=f"moment de l'année ({french}) : {{value}}",
            meaning_fr=f"Mois de l'observation sur un cercle, janvier en haut : son {french}",
        )
    yield from _hours(orders, past.windows[-1])
    yield from _a_year_ago(past, orders, middle(past.windows))


def _hours(orders: Source, longest: int) -> Iterator[Feature]:
    everything = orders.last(longest).count()
    measures = (
        ("weekend", orders.where("weekday", operator.ge, SATURDAY), "at weekends", "le week-end"),
        ("evening", orders.where("hour", operator.ge, EVENING), "in the evening", "le soir"),
    )
    for name, some, english, french in measures:
        yield Feature(
            f"{name}_share_{longest}d",
            ratio(some.last(longest).count(), everything),
            "share",
            f"Share of the orders of the last {longest} days that came {english}",
            "normative",
            **said(
                f"share of orders {english}: {{value}}",
                f"part des commandes {french} : {{value}}",
                means=f"Part des commandes des {longest} derniers jours passées {french}",
            ),
        )


def _a_year_ago(past: History, orders: Source, days: int) -> Iterator[Feature]:
    """The window that begins at the snapshot, a year earlier: what this season used to bring."""
    then = orders.between(YEAR, YEAR - days) if days < YEAR else orders.last(YEAR)
    known = days_between(orders.last(ALL).first("time"), past.as_of) >= YEAR
    yield Feature(
        "orders_same_season_last_year",
        np.where(known, then.count(), np.nan),  # a newer customer had no such season here
        "orders",
        f"Orders a year ago, in the {days} days that are now ahead",
        "informational",
        **said(
            "this season last year: {value}",
            "même saison l'an dernier : {value}",
            means=f"Commandes d'il y a un an, sur les {days} jours qui viennent aujourd'hui",
        ),
    )
