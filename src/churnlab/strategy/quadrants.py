"""Two axes, four strategies: what a customer is worth if kept, and how close the relationship is.

              low intensity    high intensity
high value    WIN_BACK         RETAIN           Churn risk is no axis: low intensity carries it.
low value     RELEASE          RATIONALISE      It ranks the customers inside a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import StrategyPlan, Threshold
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Locale = Literal["en", "fr"]

DECIMALS = 6


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


@dataclass(frozen=True)
class Thresholds:
    """Where high begins on each axis, and how that was learned. None: the axis is missing.

    ``value_if_retained``: major units. ``intensity``: 0 to 100. A score equal to its cut is high.
    """

    value_if_retained: float | None
    intensity: float | None
    value_learned: str = ""
    intensity_learned: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The thresholds that ``as_dict`` was asked for."""
        return cls(**record)


def learn_thresholds(value: Floats | None, intensity: Floats | None, plan: StrategyPlan) -> Thresholds:
    """Learn both cuts on a reference population. (n,) each, NaN or None where an axis is missing."""
    value_cut, value_learned = _learn(value, plan.value)
    intensity_cut, intensity_learned = _learn(intensity, plan.intensity)
    return Thresholds(value_cut, intensity_cut, value_learned, intensity_learned)


def _learn(scores: Floats | None, threshold: Threshold) -> tuple[float | None, str]:
    known = _known(scores)
    if not len(known):
        return None, "no customer has this axis"
    if threshold.mode == "fixed":
        return threshold.at, f"fixed at {threshold.at:g}"
    if threshold.mode == "quantile":
        cut = round(float(np.quantile(known, threshold.at)), DECIMALS)
        return cut, f"quantile {threshold.at:g} of {len(known)} customers"
    best = np.sort(known[known > 0])[::-1]
    if not len(best):
        return None, f"none of {len(known)} customers has a value above zero"
    covered = np.cumsum(best)
    # The first sum that reaches the share; the tolerance forgives the last bits of both sums.
    cut = float(best[np.searchsorted(covered, threshold.at * covered[-1] * (1 - 1e-12))])
    return cut, f"the best customers with {threshold.at:.0%} of the value of {len(known)}"


def _known(scores: Floats | None) -> Floats:
    if scores is None:
        return np.empty(0)
    return rounded(scores[np.isfinite(scores)], DECIMALS)


def assign(value: Floats | None, intensity: Floats | None, cut: Thresholds) -> Texts:
    """One strategy code per customer, (n,) text. A missing score or cut leaves it unclassified.

    >>> value, intensity = np.array([900, 10, np.nan]), np.array([80, np.nan, 9])
    >>> assign(value, intensity, Thresholds(value_if_retained=300, intensity=50)).tolist()
    ['retain', 'unclassified', 'unclassified']
    """
    if value is None and intensity is None:
        raise ValueError("assign needs one axis at least, to know how many customers there are")
    customers = len(value if value is not None else intensity)  # type: ignore[arg-type]
    no_value, valuable = _side(value, cut.value_if_retained, customers)
    no_intensity, close = _side(intensity, cut.intensity, customers)
    # Asked first and by name: NaN compares false, so a missing axis would pass for "low".
    asked = [no_value | no_intensity, valuable & close, valuable, close]
    answers = [Strategy.UNCLASSIFIED, Strategy.RETAIN, Strategy.WIN_BACK, Strategy.RATIONALISE]
    return _choose(asked, answers, Strategy.RELEASE, customers)


def _side(
    scores: Floats | None, cut: float | None, customers: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who has no place on this axis, and who is on its high side."""
    if scores is None or cut is None:
        return np.ones(customers, dtype=bool), np.zeros(customers, dtype=bool)
    return ~np.isfinite(scores), rounded(scores, DECIMALS) >= cut


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
