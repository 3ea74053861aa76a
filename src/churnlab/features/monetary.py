"""Monetary: what the customer spends, how it is spread over orders, and what comes back.

Dimension: economic. Money is what the two sides exchange; living on discounts is a dependence, and
so political.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator

from churnlab.features.feature import Feature
from churnlab.features.frequency import recent_weighted
from churnlab.features.orders import long, middle, qualifying
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, ratio


def monetary(past: History) -> Iterator[Feature]:
    """Spend net of refunds per window, the size of orders, discounts, margin and refunds."""
    lines, orders = past.transactions, qualifying(past)
    if lines is None or orders is None or not lines.has("amount"):
        return
    for days in past.windows:
        yield Feature(
            f"spend_{days}d",
            lines.last(days).sum("amount"),
            "currency",
            f"Spend in the last {days} days, net of refunds",
            "economic",
            **said(
                "{value} spent {period}",
                "{value} dépensés {period}",
                days,
                means=f"Dépenses des {days} derniers jours, remboursements déduits",
            ),
            empty=0,
        )
    for days in long(past.windows):
        yield Feature(
            f"average_order_{days}d",
            orders.last(days).mean("amount"),
            "currency",
            f"Mean value of an order in the last {days} days",
            "economic",
            **said(
                "average order {period}: {value}",
                "commande moyenne {period} : {value}",
                days,
                means=f"Montant moyen d'une commande des {days} derniers jours",
            ),
        )
    yield from _totals(lines, orders)
    yield from _single_orders(orders, past.windows[-1])
    yield from _baskets(orders, (middle(past.windows), past.windows[-1]))
    yield from _discounts(orders, long(past.windows))
    yield from _margin(lines, past.windows)
    yield from _refunds(lines, past.windows[-1])


def _totals(lines: Source, orders: Source) -> Iterator[Feature]:
    yield Feature(
        "spend_ever",
        lines.last(ALL).sum("amount"),
        "currency",
        "Spend ever, net of refunds",
        "economic",
        **said(
            "{value} spent so far",
            "{value} dépensés à ce jour",
            means="Dépenses à ce jour, remboursements déduits",
        ),
        empty=0,
    )
    yield Feature(
        "spend_recent_weighted",
        recent_weighted(orders, "amount"),
        "currency",
        "Spend, counting half as much for each doubling of its age from a week on",
        "economic",
        **said(
            "recent spend, weighted by age: {value}",
            "dépenses récentes, pondérées par l'âge : {value}",
            means="Dépenses, de poids moitié à chaque doublement de leur âge dès une semaine",
        ),
        empty=0,
    )


def _single_orders(orders: Source, longest: int) -> Iterator[Feature]:
    ever, recent = orders.last(ALL), orders.last(longest)
    measures = (
        (
            "first_order_value",
            ever.first("amount"),
            "currency",
            "Value of the first order",
            said(
                "first order of {value}",
                "première commande de {value}",
                means="Montant de la première commande",
            ),
        ),
        (
            "last_order_value",
            ever.last("amount"),
            "currency",
            "Value of the last order",
            said(
                "last order of {value}",
                "dernière commande de {value}",
                means="Montant de la dernière commande",
            ),
        ),
        (
            "last_order_to_average",
            ratio(ever.last("amount"), ever.mean("amount")),
            "ratio",
            "Value of the last order against the mean of all",
            said(
                "last order worth {value} the customer's average one",
                "dernière commande : {value} la commande moyenne du client",
                means="Montant de la dernière commande rapporté à la moyenne de toutes",
            ),
        ),
        (
            f"largest_order_{longest}d",
            recent.max("amount"),
            "currency",
            f"Largest order in the last {longest} days",
            said(
                "largest order {period}: {value}",
                "plus grosse commande {period} : {value}",
                longest,
                means=f"Plus grosse commande des {longest} derniers jours",
            ),
        ),
        (
            f"order_value_spread_{longest}d",
            ratio(recent.std("amount"), recent.mean("amount")),
            "ratio",
            f"Standard deviation of order values in the last {longest} days, against their mean",
            said(
                "order values {period} vary by {value} their average",
                "variation des montants des commandes {period} : {value} leur moyenne",
                longest,
                means=f"Écart type des montants de commande des {longest} derniers jours / leur moyenne",
            ),
        ),
    )
    for name, values, unit, meaning, sentences in measures:
        yield Feature(name, values, unit, meaning, "economic", **sentences)


def _baskets(orders: Source, windows: tuple[int, ...]) -> Iterator[Feature]:
    for days in sorted(set(windows)):
        window = orders.last(days)
        yield Feature(
            f"lines_per_order_{days}d",
            window.mean("lines"),
            "lines",
            f"Mean number of lines of an order in the last {days} days",
            "economic",
            **said(
                "lines per order {period}: {value}",
                "lignes par commande {period} : {value}",
                days,
                means=f"Nombre moyen de lignes par commande des {days} derniers jours",
            ),
        )
        if not orders.has("quantity"):
            continue
        yield Feature(
            f"items_per_order_{days}d",
            ratio(window.sum("quantity"), window.count()),
            "items",
            f"Mean quantity of an order in the last {days} days",
            "economic",
            **said(
                "items per order {period}: {value}",
                "articles par commande {period} : {value}",
                days,
                means=f"Quantité moyenne par commande des {days} derniers jours",
            ),
        )
        yield Feature(
            f"price_per_item_{days}d",
            ratio(window.sum("amount"), window.sum("quantity")),
            "currency",
            f"Mean price of an item in the last {days} days",
            "economic",
            **said(
                "price per item {period}: {value}",
                "prix par article {period} : {value}",
                days,
                means=f"Prix moyen d'un article des {days} derniers jours",
            ),
        )


def _discounts(orders: Source, windows: tuple[int, ...]) -> Iterator[Feature]:
    if not orders.has("discount"):
        return
    for days in windows:
        window = orders.last(days)
        discount = window.sum("discount")
        yield Feature(
            f"discount_share_{days}d",
            ratio(discount, discount + window.sum("amount")),
            "share",
            f"Share of the full price that was taken off in the last {days} days",
            "political",
            **said(
                "share of full prices taken off {period}: {value}",
                "part des prix pleins remise {period} : {value}",
                days,
                means=f"Part du prix plein remise au client sur les {days} derniers jours",
            ),
        )


def _margin(lines: Source, windows: tuple[int, ...]) -> Iterator[Feature]:
    if not lines.has("margin"):
        return
    for days in windows:
        yield Feature(
            f"margin_{days}d",
            lines.last(days).sum("margin"),
            "currency",
            f"Net margin in the last {days} days",
            "economic",
            **said(
                "margin of {value} {period}",
                "marge de {value} {period}",
                days,
                means=f"Marge nette des {days} derniers jours",
            ),
            empty=0,
        )


def _refunds(lines: Source, longest: int) -> Iterator[Feature]:
    refunds = lines.where("amount", operator.lt, 0).last(longest)
    gross = lines.where("amount", operator.gt, 0).last(longest).sum("amount")
    yield Feature(
        f"refunds_{longest}d",
        refunds.count(),
        "refunds",
        f"Lines given back in the last {longest} days",
        "economic",
        **said(
            "{value} {period}",
            "{value} {period}",
            longest,
            means=f"Lignes rendues sur les {longest} derniers jours",
        ),
        empty=0,
    )
    yield Feature(
        f"refund_share_{longest}d",
        ratio(-refunds.sum("amount"), gross),
        "share",
        f"Money given back in the last {longest} days, against the money spent",
        "economic",
        **said(
            "share of spend given back {period}: {value}",
            "part des dépenses remboursée {period} : {value}",
            longest,
            means=f"Montant remboursé sur les {longest} derniers jours, rapporté au montant dépensé",
        ),
    )
