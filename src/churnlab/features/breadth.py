"""Breadth: how many different things the customer buys, in how many places, and what is new.

Dimension: political. Who buys everything here depends on us, and we on them; a narrow basket is
easily moved. Buying the same products again is a habit, and so normative.
"""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.features.feature import Feature
from churnlab.features.orders import long, middle, purchases
from churnlab.features.sentences import said
from churnlab.features.trend import log_change
from churnlab.features.words import NOUNS
from churnlab.history import ALL, History, Source, ratio

# column of a line: what several of its values are called (also the unit)
COLUMNS = {
    "product": "products",
    "family": "families",
    "category": "categories",
    "brand": "brands",
    "store": "stores",
    "channel": "channels",
}


def breadth(past: History) -> Iterator[Feature]:
    """Different products, families, categories, brands, stores and channels, where they are known."""
    bought = purchases(past)
    if bought is None:
        return
    for column, plural in COLUMNS.items():
        if bought.has(column):
            yield from _variety(bought, column, plural, long(past.windows))
            yield from _news(bought, column, plural, middle(past.windows))
    if bought.has("product"):
        yield from _repeats(bought, long(past.windows))


def _variety(bought: Source, column: str, plural: str, windows: tuple[int, ...]) -> Iterator[Feature]:
    for days in windows:
        yield Feature(
            f"{plural}_{days}d",
            bought.last(days).distinct(column),
            plural,
            f"Different {plural} in the last {days} days",
            "political",
            **said(
                "bought {period}: {value}",
                "acheté {period} : {value}",
                days,
                means=f"Variété des achats des {days} derniers jours : nombre de {NOUNS[plural][3]}",
            ),
            empty=0,
        )


def _news(bought: Source, column: str, plural: str, days: int) -> Iterator[Feature]:
    _, english, _, french = NOUNS[plural]
    now, before = bought.last(days), bought.between(2 * days, days)
    yield Feature(
        f"{plural}_trend_{days}d",
        log_change(now.distinct(column), before.distinct(column)),
        "trend",
        f"Log change of different {plural}, the last {days} days against the {days} before",
        "political",
        **said(
            f"number of {english} {{period}}: {{value}}",
            f"nombre de {french} {{period}} : {{value}}",
            days,
            means=f"Variation (log) du nombre de {french}, des {days} derniers jours aux {days} d'avant",
        ),
    )
    # What was never bought before the window: all that is known, less what was known at its start.
    new = bought.last(ALL).distinct(column) - bought.between(ALL, days).distinct(column)
    yield Feature(
        f"new_{plural}_{days}d",
        new,
        plural,
        f"{plural.capitalize()} bought for the first time in the last {days} days",
        "political",
        **said(
            "first bought {period}: {value}",
            "acheté pour la première fois {period} : {value}",
            days,
            means=f"Nombre de {french} dont le premier achat date des {days} derniers jours",
        ),
        empty=0,
    )


def _repeats(bought: Source, windows: tuple[int, ...]) -> Iterator[Feature]:
    for days in windows:
        window = bought.last(days)
        yield Feature(
            f"repeat_share_{days}d",
            1 - ratio(window.distinct("product"), window.known("product")),
            "share",
            f"Share of lines in the last {days} days that repeat a product",
            "normative",
            **said(
                "share of lines that repeat a product {period}: {value}",
                "part des lignes qui rachètent un produit {period} : {value}",
                days,
                means=f"Part des lignes des {days} derniers jours qui rachètent un produit",
            ),
        )
