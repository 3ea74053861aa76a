"""The value model: the second part of a two-part pair whose first part is the churn model.

value_expected = (1 - p) x V1 + p x V0

V1  trees on the value of those who stayed, with a log link, so that big spenders are learned in
    proportion; a factor takes out the bias of the total. It is learned on the later fold and on
    customers held out of training in turn: a single date has a season of its own
V0  what those who left still brought: 0 where both horizons are equal, else their mean
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Models
from churnlab.models import boosted
from churnlab.models.boosted import Trees
from churnlab.models.churn import held_out, require_order
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
BANDS = 5  # groups of predictions that an interval is learned for
LEAST = 50  # rows with a value, below which no value model is fitted


@dataclass(frozen=True)
class ValueModel:
    """``if_retained``, ``if_churned`` and an 80 % interval, in major units.

    ``scale``: what the trees' answer is multiplied by. ``edges``, ``low``, ``high``: between which
    predictions the actual value was how many times the predicted one, in one case of ten.
    ``floored``: training rows whose value was below zero and counted as zero.
    """

    recipe: Recipe
    trees: Trees
    scale: float
    churned_value: float
    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    floored: int

    def if_retained(self, panel: Panel) -> Floats:
        """(n,) expected value of a customer who stays."""
        return self.scale * np.exp(self.trees.margin(self.recipe.matrix(panel)))

    def if_churned(self, panel: Panel) -> Floats:
        """(n,) expected value of a customer who leaves, and may come back."""
        return np.full(len(panel), self.churned_value)

    def interval(self, panel: Panel) -> tuple[Floats, Floats]:
        """(n,) each: one retained customer in ten brings less than the first, one more than the second."""
        return self.around(self.if_retained(panel))

    def around(self, value: Floats) -> tuple[Floats, Floats]:
        """The same of values that are known already."""
        band = np.searchsorted(self.edges, value, side="right")
        return value * np.array(self.low)[band], value * np.array(self.high)[band]

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        return {
            "recipe": self.recipe.as_dict(),
            "scale": self.scale,
            "churned_value": self.churned_value,
            "edges": list(self.edges),
            "low": list(self.low),
            "high": list(self.high),
            "floored": self.floored,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], trees: Trees) -> Self:
        """The model that ``as_dict`` was asked for, with its trees."""
        edges, low, high = (tuple(record[name]) for name in ("edges", "low", "high"))
        recipe = Recipe.from_dict(record["recipe"])
        return cls(
            recipe, trees, record["scale"], record["churned_value"], edges, low, high, record["floored"]
        )


def fit_value(
    panel: Panel,
    train: Flags,
    calibrate: Flags,
    models: Models,
    *,
    known: Flags | None = None,
    same_horizon: bool,
) -> ValueModel | None:
    """Fit on rows of ``panel`` whose value is known; None where hardly anybody who stayed brought anything.

    ``train``, ``calibrate``: (n,) flags. ``known``: what the last fit learns from, None: the two together.
    """
    require_order(panel)
    valued = np.isfinite(panel.value)
    learned = valued & (train | calibrate if known is None else known)
    stayed = valued & (panel.churned == 0)
    everyone = np.flatnonzero(learned & stayed)
    if (panel.value[everyone] > 0).sum() < LEAST:
        return None
    first, later = np.flatnonzero(train & stayed), np.flatnonzero(calibrate & stayed)
    predicted, actual = _judged(panel, first, later, everyone, models)
    scale = float(actual.sum() / predicted.sum())
    edges, low, high = _spread(scale * predicted, actual)
    left = panel.value[learned & (panel.churned == 1)]
    churned_value = 0.0 if same_horizon or not len(left) else float(left.mean())
    floored = int((panel.value[everyone] < 0).sum())
    return ValueModel(*_trees(panel, everyone, models), scale, churned_value, edges, low, high, floored)


def _judged(
    panel: Panel, first: Positions, later: Positions, everyone: Positions, models: Models
) -> tuple[Floats, Floats]:
    """Predicted and actual values of rows that the trees which judge them have not seen."""
    if (panel.value[first] > 0).sum() < LEAST:  # too early to learn from alone
        first, later = everyone, everyone[:0]
    predicted = np.empty(len(first))
    for out in held_out(panel.customer_id[first], models.seed):
        predicted[out] = _amounts(*_trees(panel, first[~out], models), panel, first[out])
    if len(later):
        amounts = _amounts(*_trees(panel, first, models), panel, later)
        predicted = np.append(predicted, amounts)
    return predicted, np.maximum(panel.value[np.append(first, later)], 0)


def _trees(panel: Panel, rows: Positions, models: Models) -> tuple[Recipe, Trees]:
    recipe = Recipe.learn(panel, rows)
    # A log link has no negative amounts: refunds beyond purchases count as nothing, and are counted.
    target = np.maximum(panel.value[rows], 0)
    matrix = recipe.rows(panel, rows)
    trees = boosted.fit(matrix, target, models.value, "reg:tweedie", seed=models.seed, threads=models.threads)
    return recipe, trees


def _amounts(recipe: Recipe, trees: Trees, panel: Panel, rows: Positions) -> Floats:
    return np.exp(trees.margins(recipe.rows(panel, rows)))


def _spread(
    predicted: Floats, actual: Floats
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Where the bands of predictions begin, and the 10 % and 90 % points of actual / predicted in each."""
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, BANDS + 1)[1:-1]))
    band = np.searchsorted(edges, predicted, side="right")
    ratio = actual / predicted
    whole = np.quantile(ratio, [0.1, 0.9])
    points = [
        np.quantile(ratio[band == each], [0.1, 0.9]) if (band == each).sum() >= 10 else whole
        for each in range(len(edges) + 1)
    ]
    # The mean belongs inside its interval, however skewed the ratios are.
    low = tuple(min(float(point[0]), 1.0) for point in points)
    return tuple(float(edge) for edge in edges), low, tuple(max(float(point[1]), 1.0) for point in points)
