"""The strongest reasons of each row, as sentences a marketer can read.

contributions (n, p) -> netted per group of near-duplicates (n, g) -> the three largest -> sentences

orders_30d and orders_90d say nearly the same, and trees split the credit between them by luck. So
they are one group: their net contribution decides, and the member that carries most of it speaks.
A sentence says what the model used, with the customer's own value and the usual one; a cause it is not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.features.feature import Description
from churnlab.features.sentences import USUAL
from churnlab.features.words import NARROW, NO_BREAK, sentence
from churnlab.panel import Panel

Locale = Literal["en", "fr"]
Texts = NDArray[np.object_]

COUNT = 3
LEAST = 1e-6  # log odds; less is rounding, no reason
LONGEST = 80  # letters of a customer's own text inside a sentence
LOWERS = "lowers:"  # how the code of a reason against leaving begins

# Words in the name of an attribute that no campaign may be built on, whatever the model used.
PROTECTED = frozenset(
    {
        "age",
        "birth",
        "birthday",
        "birthdate",
        "dob",
        "gender",
        "sex",
        "marital",
        "married",
        "family_status",
        "kids",
        "children",
        "household_comp",
        "household_size",
        "pregnancy",
        "pregnant",
        "partner",
        "dependents",
        "income",
        "salary",
        "wealth",
        "ethnicity",
        "ethnic",
        "race",
        "religion",
        "nationality",
        "citizenship",
        "birthplace",
        "language",
        "disability",
        "disabled",
        "health",
        "illness",
        "orientation",
        "union",
        "political",
        "politics",
        "senior",
    }
)
# True of the calendar and of nobody in particular: everyone has the same on a list's day.
CALENDAR = frozenset({"month_sine", "month_cosine"})

_KEPT = {ord(NO_BREAK): None, ord(NARROW): None}  # not printable to Python, and wanted in French
_FOR_STAYING = {"en": "in favour of staying: {}", "fr": f"en faveur du maintien{NO_BREAK}: {{}}"}
_NO_VALUE = {"en": "no value on record: {}", "fr": f"aucune donnée{NO_BREAK}: {{}}"}


@dataclass(frozen=True, eq=False)
class Reasons:
    """``codes``, ``texts``: (n, 3), strongest first, None where a row has fewer.

    A code is the feature that speaks, after ``lowers:`` where it speaks for staying.
    """

    codes: Texts
    texts: Texts


def strongest(
    panel: Panel,
    contributions: NDArray[np.floating],
    features: Sequence[Description],
    reference: Mapping[str, float | str],
    *,
    locale: Locale = "en",
    currency: str = "EUR",
    never: frozenset[str] = PROTECTED,
) -> Reasons:
    """For each row of ``panel`` what raises the churn risk most; where too little does, what lowers it.

    ``contributions``: (n, p) log odds for the p ``features``. ``reference``: the usual value per
    feature, learned at training. ``never``: names, or words of attributes' names, that are not shown.
    """
    shown = np.array([number for number, one in enumerate(features) if _may_speak(one, never)], dtype=np.intp)
    speaker, raises = _speakers(contributions[:, shown], [_group(features[number]) for number in shown])
    codes, texts = np.full(speaker.shape, None, object), np.full(speaker.shape, None, object)
    for number, feature in ((number, features[column]) for number, column in enumerate(shown)):
        for raising in (True, False):
            rows, place = np.nonzero((speaker == number) & (raises == raising))
            if not len(rows):
                continue
            codes[rows, place] = feature.name if raising else LOWERS + feature.name
            usual = reference.get(feature.name)
            said = _sentences(feature, _values(panel, feature)[rows], usual, locale, currency)
            texts[rows, place] = [text if raising else _FOR_STAYING[locale].format(text) for text in said]
    return Reasons(codes, texts)


def _speakers(
    contributions: NDArray[np.floating], groups: Sequence[tuple[str, str]]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(n, 3) column of the member that speaks, -1 for nobody; (n, 3) whether it raises the risk."""
    rows = len(contributions)
    speaker, raises = np.full((rows, COUNT), -1, np.intp), np.zeros((rows, COUNT), bool)
    if not groups:
        return speaker, raises
    members = [np.flatnonzero([one == group for one in groups]) for group in dict.fromkeys(groups)]
    net = np.stack([contributions[:, columns].sum(axis=1, dtype=np.float64) for columns in members], axis=1)
    place = np.zeros(rows, np.intp)
    # First what raises the risk, largest first; then what lowers it, until there are three.
    for raising, strength in ((True, net), (False, -net)):
        for _ in range(min(COUNT, len(members))):
            group = strength.argmax(axis=1)  # a tie goes to the first in the order of the features
            found = np.flatnonzero((place < COUNT) & (strength[np.arange(rows), group] > LEAST))
            for number in np.unique(group[found]):
                own = found[group[found] == number]
                columns = members[number]
                largest = (contributions[np.ix_(own, columns)] * (1 if raising else -1)).argmax(axis=1)
                speaker[own, place[own]] = columns[largest]
            raises[found, place[found]] = raising
            strength[found, group[found]] = 0.0
            place[found] += 1
    return speaker, raises


def _group(feature: Description) -> tuple[str, str]:
    # orders_30d, orders_90d, orders_ever; days_since_order_2, days_since_order_5
    return feature.family, re.sub(r"_(\d+d?|ever)(?=_|$)", "", feature.name)


def _may_speak(feature: Description, never: frozenset[str]) -> bool:
    # SeniorCitizen is senior_citizen.
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", feature.name).lower()
    if name in never or name in CALENDAR:
        return False
    # Only attributes are named by people; "age" in a family of ours is the age of a contract.
    return feature.family != "profile" or never.isdisjoint(_words(name))


def _words(name: str) -> Iterator[str]:
    parts = [part for part in re.split(r"[^a-z0-9]+", name) if part]
    yield from parts
    yield from (f"{one}_{two}" for one, two in itertools.pairwise(parts))


def _values(panel: Panel, feature: Description) -> NDArray[np.generic]:
    try:
        return panel.categories[feature.name] if feature.kind == "category" else panel.number(feature.name)
    except KeyError:  # an optional table is absent today: nothing is known of anyone
        return np.full(len(panel), None if feature.kind == "category" else np.nan)


def _sentences(
    feature: Description,
    values: NDArray[np.generic],
    reference: float | str | None,
    locale: Locale,
    currency: str,
) -> list[str]:
    # Most values come many times (counts, categories): each is put into words once.
    spoken: dict[object, str] = {}
    said = []
    for value in values.tolist():
        key = None if value is None or value != value else value  # noqa: PLR0124
        if key not in spoken:
            spoken[key] = _sentence(feature, key, reference, locale, currency)
        said.append(spoken[key])
    return said


def _sentence(
    feature: Description,
    value: float | str | None,
    reference: float | str | None,
    locale: Locale,
    currency: str,
) -> str:
    if value is None:
        return _NO_VALUE[locale].format(_subject(feature, locale))
    own = plain(value) if isinstance(value, str) else value
    usual = plain(reference) if isinstance(reference, str) else reference
    return plain(sentence(feature, own, usual, locale, currency), 10 * LONGEST)


def _subject(feature: Description, locale: Locale) -> str:
    # What the sentence is about, without a value: only the English meaning is a phrase of its own.
    if locale == "en":
        return feature.meaning[:1].lower() + feature.meaning[1:]
    template = feature.fr.replace(USUAL["fr"], "").format(value="…", reference="…")
    return re.sub(r"\s*:\s*…$", "", template).replace(" :", f"{NO_BREAK}:")


def plain(text: str, longest: int = LONGEST) -> str:
    """One line without control characters or direction marks, cut where it gets too long.

    >>> plain("two" + chr(10) + "lines"), plain("x" * 90) == "x" * 79 + "…"
    ('two lines', True)
    """
    line = text
    if not text.translate(_KEPT).isprintable():
        line = "".join(one if one.isprintable() or ord(one) in _KEPT else " " for one in text)
    line = re.sub(r" {2,}", " ", line).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"
