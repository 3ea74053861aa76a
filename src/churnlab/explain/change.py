"""What would change a customer's place: how far the cuts are, and what the model says of other values.

The model is asked again about the same row with one kind of behaviour as usual and all else as it is.
That is an answer of the model to another row, not an effect: nothing here says what a campaign would do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.explain.wording import Locale
from churnlab.features.feature import Description
from churnlab.features.words import sentence, spoken
from churnlab.panel import Panel

Floats = NDArray[np.float64]

# What a business can work on, by feature family; who somebody is, and the calendar, is never offered.
FAMILIES = {"silence": "recency", "orders": "frequency", "spend": "monetary"}
# The feature that speaks for each: with a window, that nearest to a season.
SPEAKERS = {"silence": r"days_since_last_order", "orders": r"orders_(\d+)d", "spend": r"spend_(\d+)d"}
SEASON = 90  # days
LIFETIME = re.compile(r"_ever(_|$)")  # what somebody ever did cannot be made usual


@dataclass(frozen=True)
class Cut:
    """How far a score is from where high begins; ``strategy``: the code of the place across the cut."""

    axis: Literal["value", "intensity"]
    own: float
    cut: float
    strategy: str

    @property
    def is_high(self) -> bool:
        """Whether the score is on the high side: equal to the cut is high."""
        return self.own >= self.cut


@dataclass(frozen=True)
class Held:
    """A side of a cut that is kept although the score lies across: that of the list before.

    ``cut``: the cut itself, not where the side would end. ``give``: how far beyond it the side is kept,
    a share of the cut for value and points for intensity.
    """

    axis: Literal["value", "intensity"]
    own: float
    cut: float
    give: float


@dataclass(frozen=True)
class Lever:
    """The risk if one kind of behaviour alone were usual. ``text``: the usual value, ``own``: today's."""

    code: str
    text: str
    own: str
    risk: float


def levers(
    panel: Panel,
    reference: Mapping[str, float | str],
    read: frozenset[str],
    risk: Callable[[Panel], Floats],
    *,
    locale: Locale = "en",
    currency: str = "EUR",
) -> tuple[Lever, ...]:
    """Of the only row of ``panel``. ``read``: the features that the model reads."""
    usual = {name: value for name, value in reference.items() if not isinstance(value, str)}
    found = []
    for code, family in FAMILIES.items():
        changed = {feature.name: usual[feature.name] for feature in _changeable(panel, family, usual)}
        speaker = _speaker(panel, SPEAKERS[code], changed)
        if speaker is None or read.isdisjoint(changed):
            continue
        row = _with(panel, changed | _span(panel, changed))
        if np.array_equal(row.numbers, panel.numbers, equal_nan=True):
            continue
        text = sentence(speaker, changed[speaker.name], None, locale, currency)
        own = spoken(float(panel.number(speaker.name)[0]), speaker.unit, locale, currency)
        found.append(Lever(code, text, own, float(risk(row)[0])))
    return tuple(found)


def _changeable(panel: Panel, family: str, usual: Mapping[str, float]) -> Iterator[Description]:
    for feature in panel.features:
        if feature.family == family and feature.name in usual and not LIFETIME.search(feature.name):
            yield feature


def _speaker(panel: Panel, pattern: str, changed: Mapping[str, float]) -> Description | None:
    found = {
        feature.name: (abs(int((match.groups() or ("0",))[0]) - SEASON), feature)
        for feature in panel.features
        if feature.name in changed and (match := re.fullmatch(pattern, feature.name))
    }
    return min(found.values(), key=lambda one: one[0])[1] if found else None


def _span(panel: Panel, changed: Mapping[str, float]) -> dict[str, float]:
    """The time from the first to the last order, which ends where the silence begins."""
    silence, names = changed.get("days_since_last_order"), set(panel.names)
    if silence is None or not {"active_span_days", "tenure_days"} <= names:
        return {}
    span = float(panel.number("tenure_days")[0]) - silence
    return {"active_span_days": max(span, 0.0)} if math.isfinite(span) else {}


def _with(panel: Panel, values: Mapping[str, float]) -> Panel:
    numbers = panel.numbers.copy()
    for column, feature in enumerate(panel.features):
        if feature.name in values:
            numbers[:, column] = values[feature.name]
    return replace(panel, numbers=numbers)
