"""Where high begins on each axis: learned once, frozen with the model, for everybody or group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.offer import Offer
from churnlab.config.strategy import Axes, StrategyPlan, Threshold
from churnlab.evaluation import saved_value as evaluation
from churnlab.strategy.priority import break_even_value
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]

DECIMALS = 6


@dataclass(frozen=True)
class Thresholds:
    """Where high begins on each axis, and how that was learned. None: the axis is missing.

    ``value_if_retained``: major units. ``intensity``: 0 to 100. A score equal to its cut is high.
    ``groups``: value of an attribute -> cuts of its own; whoever is in none has these here.
    """

    value_if_retained: float | None
    intensity: float | None
    value_learned: str = ""
    intensity_learned: str = ""
    groups: Mapping[str, Thresholds] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The thresholds that ``as_dict`` was asked for."""
        groups = {name: cls.from_dict(group) for name, group in record.get("groups", {}).items()}
        return cls(**{**record, "groups": groups})

    def without_intensity(self) -> Thresholds:
        """The same where nobody is close: value alone decides between its two strategies of low intensity."""
        groups = {name: own.without_intensity() for name, own in self.groups.items()}
        return Thresholds(self.value_if_retained, np.inf, self.value_learned, "", groups)

    def cuts(self, groups: Texts | None, customers: int) -> tuple[Floats, Floats]:
        """Each customer's own cuts for value and intensity, (n,) each, NaN where an axis has none.

        ``groups``: (n,) text or None.
        """
        value, intensity = (
            np.full(customers, _or_nan(cut), dtype=np.float64)
            for cut in (self.value_if_retained, self.intensity)
        )
        for name, own in self.groups.items() if groups is not None else ():
            rows = groups == name
            value[rows], intensity[rows] = _or_nan(own.value_if_retained), _or_nan(own.intensity)
        return value, intensity


def _or_nan(cut: float | None) -> float:
    return np.nan if cut is None else cut


def learn_thresholds(
    value: Floats | None, intensity: Floats | None, plan: StrategyPlan, groups: Texts | None = None
) -> Thresholds:
    """Learn both cuts on a reference population. (n,) each, NaN or None where an axis is missing.

    ``groups``: (n,) values of the attribute that ``plan.by`` names. A group of fewer than ``min_group``
    learns from everybody: it has their cuts, or those of a mode of its own.
    """
    everybody = _learned(value, intensity, plan.value, plan.intensity)
    if plan.by is None:
        return everybody
    found = {}
    known = set() if groups is None else {name for name in set(groups.tolist()) if name is not None}
    for name in sorted(known | set(plan.groups)):
        rows = np.zeros(0, dtype=bool) if groups is None else groups == name
        found[name] = _of_group(value, intensity, rows, plan, plan.groups.get(name, Axes()), everybody)
    own = {name: cut for name, cut in found.items() if cut != everybody}
    return Thresholds(**{**vars(everybody), "groups": own})


def _of_group(
    value: Floats | None,
    intensity: Floats | None,
    rows: Flags,
    plan: StrategyPlan,
    axes: Axes,
    everybody: Thresholds,
) -> Thresholds:
    enough = int(np.count_nonzero(rows)) >= plan.min_group
    value_cut, value_learned = everybody.value_if_retained, everybody.value_learned
    intensity_cut, intensity_learned = everybody.intensity, everybody.intensity_learned
    if enough or axes.value is not None:
        value_cut, value_learned = _learn(_some(value, rows, enough=enough), axes.value or plan.value)
    if enough or axes.intensity is not None:
        near = _some(intensity, rows, enough=enough)
        intensity_cut, intensity_learned = _learn(near, axes.intensity or plan.intensity)
    return Thresholds(value_cut, intensity_cut, value_learned, intensity_learned)


def _some(scores: Floats | None, rows: Flags, *, enough: bool) -> Floats | None:
    """The scores to learn from: those of the group, or of everybody where it is too small."""
    return scores if scores is None or not enough else scores[rows]


def _learned(
    value: Floats | None, intensity: Floats | None, on_value: Threshold, near: Threshold
) -> Thresholds:
    value_cut, value_learned = _learn(value, on_value)
    intensity_cut, intensity_learned = _learn(intensity, near)
    return Thresholds(value_cut, intensity_cut, value_learned, intensity_learned)


def _learn(scores: Floats | None, threshold: Threshold) -> tuple[float | None, str]:
    known = _known(scores)
    if not len(known):
        return None, "no customer has this axis"
    if threshold.mode == "fixed":
        return threshold.at, f"fixed at {threshold.at:g}"
    if threshold.mode == "break_even" and threshold.offer is not None:
        return break_even(
            threshold.at, threshold.offer
        ), f"a contact pays from here at a risk of {threshold.at:g}"
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


def break_even(risk: float, offer: Offer) -> float:
    """The value at stake from which a contact at ``risk`` pays, major units.

    >>> break_even(0.25, Offer(save_rate=0.12, incentive_cost=15, contact_cost=2, take_up_stayers=0.3))
    194.166667
    """
    terms = evaluation.Offer(**offer.model_dump())
    return round(float(break_even_value([risk], terms)[0]), DECIMALS)


def _known(scores: Floats | None) -> Floats:
    if scores is None:
        return np.empty(0)
    return rounded(scores[np.isfinite(scores)], DECIMALS)
