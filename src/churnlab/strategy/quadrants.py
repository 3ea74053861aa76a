"""Two axes, four strategies: what a customer is worth if kept, and how close the relationship is.

              low intensity    high intensity
high value    WIN_BACK         RETAIN           Churn risk is no axis: low intensity carries it.
low value     RELEASE          RATIONALISE      It ranks the customers inside a list.

A customer near a cut would change sides with every list: who was on a list before stays on its side of
the cut until clearly beyond it (``Hysteresis``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.config.strategy import Hysteresis
from churnlab.strategy.thresholds import DECIMALS, Thresholds
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]
Locale = Literal["en", "fr"]

PLAIN = Hysteresis(value=0, intensity=0)  # the cut itself decides


class Strategy(StrEnum):
    """What to do about a customer; the French label is the source's own term."""

    RETAIN = "retain"
    RATIONALISE = "rationalise"
    WIN_BACK = "win_back"
    RELEASE = "release"
    UNCLASSIFIED = "unclassified"  # an axis is missing; never silently RELEASE

    def label(self, locale: Locale) -> str:
        """Its name for a reader.

        >>> Strategy.WIN_BACK.label("fr")
        'Reconquête'
        """
        return _LABELS[locale][self]


PLACED = (Strategy.RETAIN, Strategy.RATIONALISE, Strategy.WIN_BACK, Strategy.RELEASE)
_LABELS: dict[Locale, dict[Strategy, str]] = {
    "en": {
        Strategy.RETAIN: "Retain",
        Strategy.RATIONALISE: "Rationalise",
        Strategy.WIN_BACK: "Win back",
        Strategy.RELEASE: "Release",
        Strategy.UNCLASSIFIED: "Unclassified",
    },
    "fr": {
        Strategy.RETAIN: "Fidélisation",
        Strategy.RATIONALISE: "Rationalisation",
        Strategy.WIN_BACK: "Reconquête",
        Strategy.RELEASE: "Abandon",
        Strategy.UNCLASSIFIED: "non classé",
    },
}


def assign(
    value: Floats | None,
    intensity: Floats | None,
    cut: Thresholds,
    *,
    groups: Texts | None = None,
    previous: Texts | None = None,
    give: Hysteresis = PLAIN,
) -> Texts:
    """One strategy code per customer, (n,) text. A missing score or cut leaves it unclassified.

    ``groups``: (n,) whose cuts count for whom. ``previous``: (n,) the strategy of the list before, None
    for who was on none: whoever was on a side of a cut stays there until ``give`` beyond it.

    >>> value, intensity = np.array([900, 10, np.nan]), np.array([80, np.nan, 9])
    >>> assign(value, intensity, Thresholds(value_if_retained=300, intensity=50)).tolist()
    ['retain', 'unclassified', 'unclassified']
    >>> now, was = np.array([290.0, 290.0]), np.array(["retain", "rationalise"], dtype=object)
    >>> assign(now, np.array([80.0, 80.0]), Thresholds(300, 50), previous=was, give=Hysteresis()).tolist()
    ['retain', 'rationalise']
    """
    if value is None and intensity is None:
        raise ValueError("assign needs one axis at least, to know how many customers there are")
    customers = len(value if value is not None else intensity)  # type: ignore[arg-type]
    value_bound, intensity_bound = bounds(cut, customers, groups=groups, previous=previous, give=give)
    no_value, valuable = _side(value, value_bound)
    no_intensity, close = _side(intensity, intensity_bound)
    # Asked first and by name: NaN compares false, so a missing axis would pass for "low".
    asked = [no_value | no_intensity, valuable & close, valuable, close]
    answers = [Strategy.UNCLASSIFIED, Strategy.RETAIN, Strategy.WIN_BACK, Strategy.RATIONALISE]
    return _choose(asked, answers, Strategy.RELEASE, customers)


def bounds(
    cut: Thresholds,
    customers: int,
    *,
    groups: Texts | None = None,
    previous: Texts | None = None,
    give: Hysteresis = PLAIN,
) -> tuple[Floats, Floats]:
    """The least value and the least intensity that are high for each customer, (n,) each, NaN: no cut.

    Arguments as those of ``assign``.
    """
    value, intensity = cut.cuts(groups, customers)
    if previous is None:
        return value, intensity
    retain, rationalise, win_back, release = (previous == str(each) for each in PLACED)
    return (
        _moved(value, give.value * np.abs(value), retain | win_back, rationalise | release),
        _moved(intensity, np.full(customers, give.intensity), retain | rationalise, win_back | release),
    )


def _moved(cut: Floats, give: Floats, was_high: Flags, was_low: Flags) -> Floats:
    # Who was low stays there at the end of the band too: high begins a last decimal beyond it.
    beyond = np.where(give > 0, 10.0**-DECIMALS, 0.0)
    moved = np.where(was_high, cut - give, np.where(was_low, cut + give + beyond, cut))
    return rounded(moved, DECIMALS)


def _side(scores: Floats | None, bound: Floats) -> tuple[Flags, Flags]:
    """Who has no place on this axis, and who is on its high side."""
    missing = np.isnan(bound)
    if scores is None:
        return np.ones_like(missing), np.zeros_like(missing)
    return missing | ~np.isfinite(scores), rounded(scores, DECIMALS) >= bound


def risk_band(risk: Floats, bands: tuple[float, float]) -> Texts:
    """``low``, ``medium`` from the first bound, ``high`` from the second; (n,) text.

    >>> risk_band(np.array([0.1, 0.15, 0.4]), (0.15, 0.40)).tolist()
    ['low', 'medium', 'high']
    """
    known = rounded(risk, DECIMALS)
    asked = [np.isnan(known), known >= bands[1], known >= bands[0]]
    return _choose(asked, ["unclassified", "high", "medium"], "low", len(known))


def _choose(asked: list[NDArray[np.bool_]], answers: list[Any], default: str, customers: int) -> Texts:
    # Plain str, not the enumeration: arrays of codes go to Arrow, JSON and groupings as they are.
    chosen = np.full(customers, str(default), dtype=object)
    for mask, answer in zip(reversed(asked), reversed(answers), strict=True):
        chosen[mask] = str(answer)
    return chosen
