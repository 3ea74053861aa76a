"""Pressure: how much is sent to the customer, by hand or by campaign.

Dimension: political. Who is written to without asking is being moved; the means of doing so are ours.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator

from churnlab.features.contacts import counted, outbound, since_last
from churnlab.features.feature import Dimension, Feature
from churnlab.features.orders import middle, qualifying
from churnlab.features.sentences import said
from churnlab.history import History, Source, ratio

POWER: Dimension = "political"


def pressure(past: History) -> Iterator[Feature]:
    """Messages sent and campaigns received per window, since when, and for how many orders."""
    ours = outbound(past)
    if ours is not None:
        yield from counted(
            ours, past.windows, "messages", "messages", POWER, ("messages sent", "messages envoyés")
        )
        yield since_last(past, ours, "last_message", POWER, ("message sent", "le dernier message envoyé"))
        yield from _for_what(past, ours)
        if ours.has("campaign"):
            yield _campaigns(ours, "message_campaigns", past.windows[-1])
    received = _campaign_contacts(past)
    if received is not None:
        what = ("campaign contacts", "contacts de campagne")
        yield from counted(received, past.windows, "campaign_contacts", "contacts", POWER, what)
        yield since_last(past, received, "last_campaign", POWER, ("campaign", "la dernière campagne"))
        yield _campaigns(received, "campaigns", past.windows[-1])


def _campaign_contacts(past: History) -> Source | None:
    received = past.campaigns
    if received is None or not received.has("arm"):
        return received
    return received.where("arm", operator.ne, "control")  # a control group is left alone


def _campaigns(source: Source, name: str, longest: int) -> Feature:
    return Feature(
        f"{name}_{longest}d",
        source.last(longest).distinct("campaign"),
        "campaigns",
        f"Different campaigns received in the last {longest} days",
        POWER,
        **said(
            "{value} received {period}",
            "{value} reçues {period}",
            longest,
            means=f"Campagnes différentes reçues sur les {longest} derniers jours",
        ),
        empty=0,
    )


def _for_what(past: History, ours: Source) -> Iterator[Feature]:
    orders = qualifying(past)
    if orders is None:
        return
    for days in sorted({middle(past.windows), past.windows[-1]}):
        yield Feature(
            f"messages_per_order_{days}d",
            ratio(ours.last(days).count(), orders.last(days).count()),
            "number",
            f"Messages sent in the last {days} days, for each order",
            POWER,
            **said(
                "messages per order {period}: {value}",
                "messages par commande {period} : {value}",
                days,
                means=f"Messages envoyés sur les {days} derniers jours, par commande",
            ),
        )
