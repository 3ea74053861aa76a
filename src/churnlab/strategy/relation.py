"""How a customer relates to us: five dimensions, the type of the relationship, and the way of cooperating.

    dimension    what counts in the window       score      100 n / (n + half), fixed half-points:
    economic     orders                                      nothing is learned, so nobody's score
    informational, normative, political,                     moves because others moved
    socio-affective   contacts of their types

    type         primary: personal; secondary: formal
    profile      the first of: resistant, collaborative, independent, neo-classical

Rules over counts, whatever the amounts. What no source tells of is missing, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.config.overlays import Relation
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]
Measures = Mapping[str, Floats]
Locale = Literal["en", "fr"]

DECIMALS = 6
DIMENSIONS = ("economic", "informational", "normative", "political", "socio_affective")


class RelationshipType(StrEnum):
    """Whether people know each other, or deal with an office."""

    PRIMARY = "primary"
    SECONDARY = "secondary"

    def label(self, locale: Locale) -> str:
        """Its name for a reader.

        >>> RelationshipType.PRIMARY.label("fr")
        'primaire'
        """
        return _LABELS[self][locale == "fr"]


class CooperationProfile(StrEnum):
    """How a customer takes part, in the order in which it is asked."""

    RESISTANT = "resistant"
    COLLABORATIVE = "collaborative"
    INDEPENDENT = "independent"
    NEO_CLASSICAL = "neo_classical"

    def label(self, locale: Locale) -> str:
        """Its name for a reader.

        >>> CooperationProfile.NEO_CLASSICAL.label("en"), CooperationProfile.RESISTANT.label("fr")
        ('neo-classical', 'résistant')
        """
        return _LABELS[self][locale == "fr"]


_LABELS: dict[str, tuple[str, str]] = {
    RelationshipType.PRIMARY: ("primary", "primaire"),
    RelationshipType.SECONDARY: ("secondary", "secondaire"),
    CooperationProfile.RESISTANT: ("resistant", "résistant"),
    CooperationProfile.COLLABORATIVE: ("collaborative", "collaboratif"),
    CooperationProfile.INDEPENDENT: ("independent", "indépendant"),
    CooperationProfile.NEO_CLASSICAL: ("neo-classical", "néo-classique"),
}


@dataclass(frozen=True, eq=False)
class Relations:
    """(n,) each. Dimensions: 0 to 100, 6 decimals, NaN where their source is missing.

    ``type``, ``profile``: codes, None where there is nothing to tell them by.
    """

    economic: Floats
    informational: Floats
    normative: Floats
    political: Floats
    socio_affective: Floats
    type: Texts
    profile: Texts


def relations(measures: Measures, rules: Relation) -> Relations:
    """What ``relation_measures`` counted, by the rules.

    >>> counted = {"relation_economic": 6, "relation_informational": 0, "relation_normative": np.nan,
    ...     "relation_political": 2, "relation_socio_affective": 0, "relation_events": 8,
    ...     "relation_contacts": 2, "relation_personal": 2, "relation_opposing": 2,
    ...     "relation_voluntary": 0, "relation_channelled": 8, "relation_self_service": 0}
    >>> one = relations({name: np.array([float(n)]) for name, n in counted.items()}, Relation())
    >>> one.economic.tolist(), one.political.tolist(), one.normative.tolist()
    ([50.0], [50.0], [nan])
    >>> one.type.tolist(), one.profile.tolist()
    (['primary'], ['resistant'])
    """
    scores = {name: score(measures[f"relation_{name}"], getattr(rules.half, name)) for name in DIMENSIONS}
    return Relations(
        **scores,
        type=_types(measures, scores["socio_affective"], rules),
        profile=_profiles(measures, rules),
    )


def score(counts: Floats, half: float) -> Floats:
    """(n,) 0 to 100: 50 for ``half`` events, ever less for one more.

    >>> score(np.array([0.0, 2.0, 6.0]), half=2).tolist()
    [0.0, 50.0, 75.0]
    """
    return rounded(100 * counts / (counts + half), DECIMALS)


def _types(measures: Measures, socio_affective: Floats, rules: Relation) -> Texts:
    contacts, personal = measures["relation_contacts"], measures["relation_personal"]
    by_ties = socio_affective >= rules.primary_score
    # Compared as counts with room for the last bit: half of 3 contacts must not hang on how 0.5 is stored.
    by_people = (contacts >= rules.primary_contacts) & _reaches(personal, rules.personal_share, contacts)
    return _first(
        {RelationshipType.PRIMARY: by_ties | by_people, RelationshipType.SECONDARY: _any(measures)}, contacts
    )


def _profiles(measures: Measures, rules: Relation) -> Texts:
    opposing, voluntary = measures["relation_opposing"], measures["relation_voluntary"]
    channelled, alone = measures["relation_channelled"], measures["relation_self_service"]
    holds = {
        CooperationProfile.RESISTANT: (opposing >= rules.resistant_contacts) & (opposing >= voluntary),
        CooperationProfile.COLLABORATIVE: voluntary >= rules.collaborative_contacts,
        CooperationProfile.INDEPENDENT: (channelled >= rules.independent_events)
        & _reaches(alone, rules.self_service_share, channelled)
        & (voluntary <= rules.independent_voluntary),
        CooperationProfile.NEO_CLASSICAL: _any(measures),
    }
    return _first(holds, opposing)


def _reaches(part: Floats, share: float, whole: Floats) -> Flags:
    reached: Flags = part >= share * whole - 1e-9
    return reached


def _any(measures: Measures) -> Flags:
    some: Flags = measures["relation_events"] > 0
    return some


def _first(holds: Mapping[Any, Flags], known: Floats) -> Texts:
    """The first code that holds; None where none does, or nothing is ``known`` (NaN)."""
    found = np.full(len(known), None, dtype=object)
    for code, flags in reversed([*holds.items()]):
        found[flags & ~np.isnan(known)] = str(code)
    return found
