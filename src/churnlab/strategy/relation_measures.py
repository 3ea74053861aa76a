"""What relational dimensions, type and profile are made of: counts of each customer's past."""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import NDArray

from churnlab.config.overlays import Relation
from churnlab.features.contacts import inbound
from churnlab.features.orders import qualifying
from churnlab.history import ALL, History, Source, isin
from churnlab.strategy.lifecycle import of_types

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONTACTS = ("informational", "normative", "political", "socio_affective")  # dimensions with types
NAMES = tuple(
    f"relation_{name}"
    for name in (
        "economic", *CONTACTS, "events", "contacts", "personal", "opposing", "voluntary", "channelled",
        "self_service",
    )
)  # fmt: skip


def measures(past: History, rules: Relation) -> dict[str, Floats]:
    """Events in the last ``rules.days`` days, (n,) each, NaN where no source tells of them.

    ``relation_economic``: orders. ``relation_informational`` and the like: contacts of their types,
    and for ``relation_normative`` contracts that began or ran. ``relation_events``: all of them, orders
    and contracts too. ``relation_contacts``, and of them ``_personal`` by channel, ``_opposing`` and
    ``_voluntary`` by type. ``relation_channelled``: orders and contacts whose channel is known, and of
    them ``_self_service``. Contacts are those that the customer began or answered.
    """
    missing = np.full(len(past.as_of), np.nan)
    orders, contacts, contracts = qualifying(past), inbound(past), _contracts(past, rules.days)
    found = {"economic": _count(orders, rules.days), "contacts": _count(contacts, rules.days)}
    for name in CONTACTS:
        found[name] = _of_types(contacts, getattr(rules.types, name), rules.days)
    found["normative"] = _sum(found["normative"], contracts)
    found["events"] = _sum(found["economic"], found["contacts"], contracts)
    for name in ("opposing", "voluntary"):
        found[name] = _of_types(contacts, getattr(rules, f"{name}_types"), rules.days, none=0)
    found["personal"] = _on_channels(contacts, rules.personal_channels, rules.days)
    both = [source for source in (orders, contacts) if source is not None and source.has("channel")]
    found["channelled"] = _sum(*(_count(each.where("channel", operator.ne, ""), rules.days) for each in both))
    found["self_service"] = _sum(
        *(_on_channels(each, rules.self_service_channels, rules.days) for each in both)
    )
    known = {f"relation_{name}": values for name, values in found.items() if values is not None}
    return {name: known.get(name, missing) for name in NAMES}


def _count(source: Source | None, days: int) -> Floats | None:
    return None if source is None else source.last(days).count().astype(np.float64)


def _of_types(
    contacts: Source | None, types: tuple[str, ...], days: int, none: int | None = None
) -> Floats | None:
    """``none``: the count where the rules name no type; None: nobody writes such things down."""
    if contacts is None or (not types and none is None):
        return None
    some = of_types(contacts, types)
    return np.zeros(len(contacts.as_of)) if some is None else _count(some, days)


def _on_channels(source: Source | None, channels: tuple[str, ...], days: int) -> Floats | None:
    if source is None:
        return None
    if not source.has("channel") or not channels:
        return np.zeros(len(source.as_of))
    return _count(source.where("channel", isin, channels), days)


def _contracts(past: History, days: int) -> Floats | None:
    """Contracts that began in the window, and older ones that still run."""
    if past.contracts is None:
        return None
    before = past.contracts.between(ALL, days)
    running = before.count() - (before.known("end") if past.contracts.has("end") else 0)
    return np.asarray(past.contracts.last(days).count() + running, dtype=np.float64)


def _sum(*counts: Floats | None) -> Floats | None:
    """Of those that are known; None where none is."""
    known = [each for each in counts if each is not None]
    return np.sum(known, axis=0) if known else None
