"""Values as a marketer says them, in English and French: ``3 orders``, ``1 234,50 €``, ``45 %``.

    unit                            value      en             fr
    days, orders, contacts, ...     3          3 orders       3 commandes
    currency (major units)          1234.5     €1,234.50      1 234,50 €
    share (0 to 1)                  0.45       45%            45 %
    ratio                           1.4        1.4 times      1,4 fois
    trend (a log ratio of counts)   -0.4       down           en baisse
    text                            gold       gold           gold
    anything else                   1.4        1.4 parsecs    1,4 parsecs

A value that is missing says so; it is never shown as zero.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.features.feature import Description
from churnlab.features.sentences import USUAL
from churnlab.tables.money import exponent

Locale = Literal["en", "fr"]
Floats = NDArray[np.float64]

NO_BREAK, NARROW = "\u00a0", "\u202f"  # French: before € % : and between thousands
MISSING = {"en": "not applicable", "fr": "sans objet"}
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}

# unit: English one, English many, French one, French many
NOUNS = {
    "days": ("day", "days", "jour", "jours"),
    "weeks": ("week", "weeks", "semaine", "semaines"),
    "months": ("month", "months", "mois", "mois"),
    "orders": ("order", "orders", "commande", "commandes"),
    "lines": ("line", "lines", "ligne", "lignes"),
    "items": ("item", "items", "article", "articles"),
    "refunds": ("refund", "refunds", "remboursement", "remboursements"),
    "products": ("product", "products", "produit", "produits"),
    "families": ("product family", "product families", "famille de produits", "familles de produits"),
    "categories": ("category", "categories", "catégorie", "catégories"),
    "brands": ("brand", "brands", "marque", "marques"),
    "stores": ("store", "stores", "magasin", "magasins"),
    "channels": ("channel", "channels", "canal", "canaux"),
    "messages": ("message", "messages", "message", "messages"),
    "contacts": ("contact", "contacts", "contact", "contacts"),
    "types": ("type", "types", "type", "types"),
    "campaigns": ("campaign", "campaigns", "campagne", "campagnes"),
    "requests": ("request", "requests", "demande", "demandes"),
    "contracts": ("contract", "contracts", "contrat", "contrats"),
    "renewals": ("renewal", "renewals", "renouvellement", "renouvellements"),
    "intervals": ("interval", "intervals", "intervalle", "intervalles"),
    "deviations": ("standard deviation", "standard deviations", "écart type", "écarts types"),
}

UNITS = frozenset({"currency", "share", "trend", "ratio", "number", *NOUNS})  # spoken in words of ours

# A log ratio from here up, and how it is called (the marks of growth and decline in a lifecycle).
TRENDS = (
    (np.log(2), "sharply up", "en forte hausse"),
    (0.14, "up", "en hausse"),
    (-0.14, "steady", "stable"),
    (-np.log(2), "down", "en baisse"),
    (-np.inf, "sharply down", "en forte baisse"),
)


def sentence(
    feature: Description,
    value: float | str | None,
    reference: float | str | None,
    locale: Locale,
    currency: str,
) -> str:
    """The feature's sentence with both values spoken; an unknown reference is left out.

    ``value``, ``reference``: a number or text; money in major units of ``currency`` (ISO 4217).
    """
    return framed(feature, spoken(value, feature.unit, locale, currency), reference, locale, currency)


def framed(
    feature: Description, value: str, reference: float | str | None, locale: Locale, currency: str
) -> str:
    """The same round a value that has been put into words already."""
    template = feature.en if locale == "en" else feature.fr
    if _missing(reference):
        template = template.replace(USUAL[locale], "")
    said = template.format(value=value, reference=spoken(reference, feature.unit, locale, currency))
    # French puts a space before these marks, and no line may break there.
    return said if locale == "en" else said.replace(" :", f"{NO_BREAK}:").replace(" ;", f"{NO_BREAK};")


def spoken(value: float | str | None, unit: str, locale: Locale, currency: str) -> str:
    """One value with its unit.

    >>> spoken(1, "orders", "en", "EUR"), spoken(1.5, "orders", "fr", "EUR")
    ('1 order', '1,5 commande')
    >>> spoken(0.453, "share", "en", "EUR"), spoken(-0.4, "trend", "fr", "EUR")
    ('45%', 'en baisse')
    """
    if value is None or _missing(value):
        return MISSING[locale]
    if isinstance(value, str):
        return value
    if unit == "currency":
        return _money(float(value), locale, currency)
    if unit == "share":
        return _share(float(value), locale)
    if unit == "trend":
        return next(en if locale == "en" else fr for least, en, fr in TRENDS if value >= least)
    if unit == "ratio":
        return f"{_fine(float(value), locale)} {'times' if locale == 'en' else 'fois'}"
    return _counted(float(value), unit, locale)


def shown(values: Floats, unit: str, currency: str) -> Floats:
    """What is shown of each number: the same words are spoken of it as of the number itself.

    Few numbers differ in what is shown of them, so a list of a million needs few sentences.

    >>> shown(np.array([74.2, 9.96, 1_234.5]), "days", "EUR").tolist()
    [74.0, 10.0, 1234.0]
    """
    if unit == "currency":
        return _shown_money(values, currency)
    if unit == "share":
        parts = 100 * values
        small = (values != 0) & (np.abs(values) < 0.01)
        return np.where(small, _all_rounded(parts), np.rint(parts)) / 100 + 0.0
    if unit == "trend":
        marks = np.array([least for least, _, _ in reversed(TRENDS)])
        known = marks[np.searchsorted(marks, values, side="right") - 1]
        return np.where(np.isnan(values), np.nan, known)
    if unit in {"", "number", "ratio"}:
        fine = _to_decimals(values, 2)
        return np.where(np.abs(fine) < 1, fine, _all_rounded(values))
    return _all_rounded(values)


def _shown_money(values: Floats, currency: str) -> Floats:
    cents = _to_decimals(values, exponent(currency))
    return np.where(np.abs(cents) >= 1_000, np.rint(cents), cents)


def _all_rounded(values: Floats) -> Floats:
    """``_rounded`` of each."""
    return np.where(np.abs(values) < 10, _to_decimals(values, 1), np.rint(values)) + 0.0


def _to_decimals(values: Floats, decimals: int) -> Floats:
    """``round(value, decimals)`` of each, and never a minus zero."""
    scale = 10.0**decimals
    scaled = values * scale
    found = np.rint(scaled) / scale
    # Next to a half the product may fall on the wrong side; Python looks at the number's own digits.
    rest = np.abs(scaled - np.trunc(scaled))
    with np.errstate(invalid="ignore"):
        close = (np.abs(rest - 0.5) < 1e-6) | (np.abs(scaled) > 1e9)
    found[close] = [round(value, decimals) for value in values[close].tolist()]
    return found + 0.0


def _missing(value: float | str | None) -> bool:
    return value is None or (not isinstance(value, str) and bool(np.isnan(value)))


def _counted(value: float, unit: str, locale: Locale) -> str:
    if unit in {"", "number"}:
        return _fine(value, locale)
    number = _number(value, locale)
    if unit not in NOUNS:
        return f"{number} {unit}"
    one_en, many_en, one_fr, many_fr = NOUNS[unit]
    # The number as shown decides: 1.04 is shown as 1. In French the plural starts at two.
    shown = abs(_rounded(value))
    if locale == "en":
        return f"{number} {one_en if shown == 1 else many_en}"
    return f"{number} {one_fr if shown < 2 else many_fr}"


def _rounded(value: float) -> float:
    """One decimal below ten, where it matters; whole numbers above. Never a minus zero."""
    return round(value, 1 if abs(value) < 10 else 0) + 0.0


def _number(value: float, locale: Locale) -> str:
    shown = _rounded(value)
    return _grouped(f"{shown:,.0f}" if shown == round(shown) else f"{shown:,.1f}", locale)


def _fine(value: float, locale: Locale) -> str:
    """A bare number: two decimals below one, where all the difference lies."""
    shown = round(value, 2) + 0.0
    return _grouped(f"{shown:g}", locale) if abs(shown) < 1 else _number(value, locale)


def _share(value: float, locale: Locale) -> str:
    shown = _rounded(100 * value) if 0 < abs(value) < 0.01 else round(100 * value) + 0.0
    number = _grouped(f"{shown:.0f}" if shown == round(shown) else f"{shown:.1f}", locale)
    return f"{number}%" if locale == "en" else f"{number}{NO_BREAK}%"


def _money(value: float, locale: Locale, currency: str) -> str:
    decimals = exponent(currency)
    value = round(value, decimals) + 0.0
    cents = 0 if abs(value) >= 1_000 else decimals
    number = _grouped(f"{abs(value):,.{cents}f}", locale)
    sign = "-" if value < 0 else ""
    symbol = SYMBOLS.get(currency)
    if locale == "fr":
        return f"{sign}{number}{NO_BREAK}{symbol or currency}"
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{currency} {number}"


def _grouped(number: str, locale: Locale) -> str:
    """``1,234.5`` as it is, or the French ``1 234,5``."""
    return number if locale == "en" else number.replace(",", NARROW).replace(".", ",")
