"""The strongest reasons of each row, as sentences a marketer can read.

contributions (n, p) -> netted per group of near-duplicates (n, g) -> the three largest -> sentences

A sentence says what the model used, with the customer's own value and the usual one; a cause it is not.
Each is made once for all rows of which the same is shown, which is most of the speed of long lists.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.explain import choosing
from churnlab.features.feature import Description
from churnlab.features.sentences import USUAL
from churnlab.features.words import NARROW, NO_BREAK, UNITS, framed, sentence, shown, spoken
from churnlab.panel import Panel

Locale = Literal["en", "fr"]
Texts = NDArray[np.object_]

COUNT = 3
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

_PLACE = "⟦⟧"  # stands for a value in a sentence
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
    compiled: bool | None = None,
) -> Reasons:
    """For each row of ``panel`` what raises the churn risk most; where too little does, what lowers it.

    ``contributions``: (n, p) log odds for the p ``features``. ``reference``: the usual value per
    feature, learned at training. ``never``: names, or words of attributes' names, that are not shown.
    ``compiled``: by compiled code or numpy, which choose the same; None: as pays.
    """
    chosen = choosing.speakers(contributions, groups(features, never), COUNT, compiled=compiled)
    codes, texts = np.full(chosen.size, None, object), np.full(chosen.size, None, object)
    column_of = {feature.name: column for column, feature in enumerate(panel.features)}
    for code, cells in _alike(chosen.ravel()):
        feature, raising = features[code // 2], code % 2 == 1
        codes[cells] = feature.name if raising else LOWERS + feature.name
        values = _values(panel, feature, column_of.get(feature.name), cells // COUNT)
        usual = reference.get(feature.name)
        texts[cells] = _sentences(feature, values, usual, locale, currency, raising=raising)
    return Reasons(codes.reshape(chosen.shape), texts.reshape(chosen.shape))


def groups(features: Sequence[Description], never: frozenset[str] = PROTECTED) -> tuple[tuple[int, ...], ...]:
    """The columns of each group of near-duplicates, of those features that may speak."""
    found: dict[tuple[str, str], list[int]] = {}
    for column, feature in enumerate(features):
        if _may_speak(feature, never):
            found.setdefault(_group(feature), []).append(column)
    return tuple(tuple(columns) for columns in found.values())


def told(
    panel: Panel,
    feature: Description,
    usual: float | str | None,
    *,
    locale: Locale = "en",
    currency: str = "EUR",
) -> str:
    """What a reason says of the first row of ``panel``, whichever way it speaks."""
    column = next((place for place, one in enumerate(panel.features) if one.name == feature.name), None)
    values = _values(panel, feature, column, np.zeros(1, np.intp))
    return _sentences(feature, values, usual, locale, currency, raising=True)[0]


def _alike(chosen: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """(code, the cells that have it), for every code of somebody."""
    order = np.argsort(chosen.astype(np.int16) if chosen.max(initial=0) < 2**15 else chosen, kind="stable")
    found = chosen[order]
    changes = np.flatnonzero(found[1:] != found[:-1]) + 1
    for begin, end in itertools.pairwise([0, *changes.tolist(), len(found)] if len(found) else []):
        if found[begin] != choosing.NOBODY:
            yield int(found[begin]), order[begin:end]


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


def _values(
    panel: Panel, feature: Description, column: int | None, rows: NDArray[np.intp]
) -> NDArray[np.generic]:
    """The values of some rows. ``column``: where the panel has the feature, None: nowhere."""
    if feature.kind == "category":
        known = panel.categories.get(feature.name)
        return np.full(len(rows), None) if known is None else known[rows]
    if feature.name in panel.measures:
        return panel.measures[feature.name][rows]
    if column is None or column >= panel.numbers.shape[1]:
        return np.full(len(rows), np.nan)  # an optional table is absent today: nothing is known of anyone
    numbers: NDArray[np.float64] = panel.numbers[rows, column].astype(np.float64)
    return numbers


def _sentences(
    feature: Description,
    values: NDArray[np.generic],
    reference: float | str | None,
    locale: Locale,
    currency: str,
    *,
    raising: bool,
) -> list[str]:
    say = _speaker(feature, reference, locale, currency)
    if not raising:
        say = _turned(say, _FOR_STAYING[locale])
    if feature.kind == "number":
        values = shown(values.astype(np.float64), feature.unit, currency)
    made: dict[object, str] = {}
    said = []
    for value in values.tolist():
        key = None if value is None or value != value else value  # noqa: PLR0124
        text = made.get(key)
        if text is None:
            text = made[key] = say(key)
        said.append(text)
    return said


def _speaker(
    feature: Description, reference: float | str | None, locale: Locale, currency: str
) -> Callable[[float | str | None], str]:
    """What makes the sentence of a value."""
    usual = plain(reference) if isinstance(reference, str) else reference
    parts = _frame(feature, usual, locale, currency)

    def say(value: float | str | None) -> str:
        if value is None:
            return _NO_VALUE[locale].format(_subject(feature, locale))
        if parts is not None and not isinstance(value, str):
            return spoken(value, feature.unit, locale, currency).join(parts)
        own = plain(value) if isinstance(value, str) else value
        return plain(sentence(feature, own, usual, locale, currency), 10 * LONGEST)

    return say


def _turned(say: Callable[[float | str | None], str], template: str) -> Callable[[float | str | None], str]:
    return lambda value: template.format(say(value))


def _frame(
    feature: Description, reference: float | str | None, locale: Locale, currency: str
) -> list[str] | None:
    """The parts of the sentence round a number of ours; None where it needs more care than that."""
    template = feature.en if locale == "en" else feature.fr
    odd = any(spec or turn for _, _, spec, turn in Formatter().parse(template))
    if odd or _PLACE in template or not (feature.unit in {"", *UNITS} and feature.kind == "number"):
        return None
    whole = framed(feature, _PLACE, reference, locale, currency)
    if whole.count(_PLACE) != template.count("{value}") or len(whole) > 5 * LONGEST:
        return None
    return whole.split(_PLACE) if plain(whole, 10 * LONGEST) == whole else None


def _subject(feature: Description, locale: Locale) -> str:
    # What the sentence is about, without a value: only the English meaning is a phrase of its own.
    if locale == "en":
        return feature.meaning[:1].lower() + feature.meaning[1:]
    template = feature.fr.replace(USUAL["fr"], "").format(value="…", reference="…")
    return re.sub(r"\s*:\s*….*$", "", template).replace(" :", f"{NO_BREAK}:")


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
