"""Contract: what was signed, what runs, and what was renewed.

Dimension: normative. A contract is the written rule of a relationship; its amount is economic. The end
of a contract is known once it has come: an end written down beforehand could have been written later.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.features.feature import Feature
from churnlab.features.orders import long
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, Window, days_between


def contract(past: History) -> Iterator[Feature]:
    """Contracts so far and running, since when, and what the latest one is."""
    contracts = past.contracts
    if contracts is None:
        return
    ever = contracts.last(ALL)
    yield from _counts(ever, contracts.has("end"))
    yield from _times(past, ever, contracts.has("end"))
    yield from _latest(ever, contracts)
    for days in long(past.windows)[-1:]:
        yield Feature(
            f"contracts_{days}d",
            contracts.last(days).count(),
            "contracts",
            f"Contracts begun in the last {days} days",
            "normative",
            **said(
                "{value} begun {period}",
                "{value} commencés {period}",
                days,
                means=f"Contrats commencés sur les {days} derniers jours",
            ),
            empty=0,
        )


def _counts(ever: Window, ends: bool) -> Iterator[Feature]:
    signed = ever.count()
    measures = [
        (
            "contracts_ever",
            signed,
            "contracts",
            "Contracts so far",
            said("{value} so far", "{value} à ce jour", means="Contrats à ce jour"),
        ),
        (
            "renewals",
            np.maximum(signed - 1, 0),
            "renewals",
            "Contracts after the first",
            said("{value} so far", "{value} à ce jour", means="Contrats après le premier"),
        ),
    ]
    if ends:
        running = signed - ever.known("end")
        sentences = said("{value} running", "{value} en cours", means="Contrats en cours")
        measures.append(("active_contracts", running, "contracts", "Contracts that run", sentences))
    for name, values, unit, meaning, sentences in measures:
        yield Feature(name, values, unit, meaning, "normative", **sentences, empty=0)


def _times(past: History, ever: Window, ends: bool) -> Iterator[Feature]:
    yield Feature(
        "contract_tenure_days",
        days_between(ever.first("time"), past.as_of),
        "days",
        "Time since the first contract began",
        "normative",
        **said(
            "time since the first contract: {value}",
            "temps depuis le premier contrat : {value}",
            means="Temps depuis le début du premier contrat",
        ),
    )
    yield Feature(
        "days_since_contract_start",
        days_between(ever.last("time"), past.as_of),
        "days",
        "Time since the latest contract began",
        "normative",
        **said(
            "time since the latest contract: {value}",
            "temps depuis le dernier contrat : {value}",
            means="Temps depuis le début du dernier contrat",
        ),
    )
    if ends:
        yield Feature(
            "days_since_contract_end",
            days_between(ever.max("end"), past.as_of),
            "days",
            "Time since a contract ended",
            "normative",
            **said(
                "time since a contract ended: {value}",
                "temps depuis la fin d'un contrat : {value}",
                means="Temps depuis la fin d'un contrat",
            ),
        )


def _latest(ever: Window, contracts: Source) -> Iterator[Feature]:
    if contracts.has("amount"):
        yield Feature(
            "contract_amount",
            ever.last("amount"),
            "currency",
            "Amount of the latest contract",
            "economic",
            **said(
                "amount of the latest contract: {value}",
                "montant du dernier contrat : {value}",
                means="Montant du dernier contrat",
            ),
        )
    if contracts.has("type"):
        yield Feature(
            "contract_type",
            ever.last("type"),
            "text",
            "Type of the latest contract",
            "normative",
            **said(
                "type of the latest contract: {value}",
                "type du dernier contrat : {value}",
                means="Type du dernier contrat",
            ),
        )
