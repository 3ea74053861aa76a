"""Engagement: what the customer does with us besides buying.

Dimension: socio-affective. Nobody must write, review, answer or redeem; who does, cares. How much of
what we send is answered is as much a matter of attachment.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator

from churnlab.features.contacts import counted, inbound, outbound, since_last, slug
from churnlab.features.feature import Dimension, Feature
from churnlab.features.orders import long, middle
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, ratio

FEELING: Dimension = "socio-affective"


def engagement(past: History) -> Iterator[Feature]:
    """Contacts by the customer per window, of which types, their scores, and answers to ours."""
    own = inbound(past)
    if own is None:
        return
    what = ("contacts by the customer", "contacts du client")
    yield from counted(own, past.windows, "contacts", "contacts", FEELING, what)
    yield since_last(
        past, own, "last_contact", FEELING, ("contact by the customer", "le dernier contact du client")
    )
    yield from _variety(own, past.windows[-1])
    for kind in past.engagement_types:
        yield from _of_type(past, kind)
    yield from _answers(past, own)
    if own.has("score"):
        yield from _scores(own, past.windows[-1])


def _variety(own: Source, longest: int) -> Iterator[Feature]:
    window = own.last(longest)
    measures = (
        (
            "contacts_ever",
            own.last(ALL).count(),
            "contacts",
            "Contacts by the customer ever",
            "so far",
            "à ce jour",
            "Contacts du client à ce jour",
        ),
        (
            f"contact_types_{longest}d",
            window.distinct("type"),
            "types",
            f"Kinds of contact in the last {longest} days",
            "of contact {period}",
            "de contact {period}",
            f"Types de contact des {longest} derniers jours",
        ),
        (
            f"contact_months_{longest}d",
            window.active_months(),
            "months",
            f"Calendar months with a contact in the last {longest} days",
            "with a contact {period}",
            "avec un contact {period}",
            f"Mois civils avec un contact, sur les {longest} derniers jours",
        ),
    )
    for name, values, unit, meaning, english, french, means in measures:
        sentences = said(f"{{value}} {english}", f"{{value}} {french}", longest, means=means)
        yield Feature(name, values, unit, meaning, FEELING, **sentences, empty=0)


def _of_type(past: History, kind: str) -> Iterator[Feature]:
    """A type that the project named, whoever began it."""
    if past.interactions is None:
        return
    some, name, word = past.interactions.where("type", operator.eq, kind), slug(kind), kind.replace("_", " ")
    yield from counted(some, long(past.windows), name, "contacts", FEELING, (word, word))
    yield since_last(past, some, f"last_{name}", FEELING, (word, f"le dernier contact « {word} »"))


def _answers(past: History, own: Source) -> Iterator[Feature]:
    ours = outbound(past)
    if ours is None:
        return
    for days in sorted({middle(past.windows), past.windows[-1]}):
        yield Feature(
            f"answers_per_message_{days}d",
            ratio(own.last(days).count(), ours.last(days).count()),
            "number",
            f"Contacts by the customer in the last {days} days, for each message sent",
            FEELING,
            **said(
                "answers per message {period}: {value}",
                "réponses par message {period} : {value}",
                days,
                means=f"Contacts du client sur les {days} derniers jours, par message envoyé",
            ),
        )
    if own.has("campaign"):
        longest = past.windows[-1]
        yield Feature(
            f"campaigns_answered_{longest}d",
            own.last(longest).distinct("campaign"),
            "campaigns",
            f"Campaigns the customer reacted to in the last {longest} days",
            FEELING,
            **said(
                "reacted {period} to {value}",
                "réaction {period} à {value}",
                longest,
                means=f"Campagnes auxquelles le client a réagi sur les {longest} derniers jours",
            ),
            empty=0,
        )


def _scores(own: Source, longest: int) -> Iterator[Feature]:
    yield Feature(
        "last_score",
        own.last(ALL).last("score"),
        "number",
        "The score the customer gave last",
        FEELING,
        **said(
            "last score given: {value}",
            "dernière note donnée : {value}",
            means="Dernière note donnée par le client",
        ),
    )
    yield Feature(
        f"average_score_{longest}d",
        own.last(longest).mean("score"),
        "number",
        f"Mean score the customer gave in the last {longest} days",
        FEELING,
        **said(
            "average score {period}: {value}",
            "note moyenne {period} : {value}",
            longest,
            means=f"Note moyenne donnée par le client sur les {longest} derniers jours",
        ),
    )
