"""Service: calls for help, which the customer makes when something went wrong.

Dimension: political. A complaint is the customer's say in the matter; an unanswered one is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.features.contacts import counted, since_last
from churnlab.features.feature import Dimension, Feature
from churnlab.features.orders import long
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, isin

POWER: Dimension = "political"


def service(past: History) -> Iterator[Feature]:
    """Calls for help per window, since when, and how many still wait for an answer."""
    if past.interactions is None or not past.service_types:
        return
    requests = past.interactions.where("type", isin, past.service_types)
    what = ("calls for help", "demandes d'aide")
    yield from counted(requests, long(past.windows), "requests", "requests", POWER, what)
    yield since_last(past, requests, "last_request", POWER, ("call for help", "la dernière demande d'aide"))
    if requests.has("resolved_at"):
        yield from _resolution(requests)


def _resolution(requests: Source) -> Iterator[Feature]:
    ever = requests.last(ALL)
    resolved = ever.known("resolved_at")  # what is resolved at as_of or later is open at as_of
    yield Feature(
        "open_requests",
        ever.count() - resolved,
        "requests",
        "Calls for help that wait for an answer",
        POWER,
        **said(
            "{value} without an answer",
            "{value} sans réponse",
            means="Demandes d'aide en attente d'une réponse",
        ),
        empty=0,
    )
    yield Feature(
        "resolved_requests",
        resolved,
        "requests",
        "Calls for help that were answered",
        POWER,
        **said(
            "{value} answered so far",
            "{value} avec réponse à ce jour",
            means="Demandes d'aide qui ont eu une réponse",
        ),
        empty=0,
    )
