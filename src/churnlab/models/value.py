"""The value model: the second part of a two-part pair whose first part is the churn model.

value_expected = (1 - p) x V1 + p x V0

V1  trees on the value of those who stayed, with a log link, so that big spenders are learned in
    proportion; a factor takes out the bias of the total. It is learned on customers held out of
    training in turn, on all dates: a single one has a season of its own
V0  what those who left still brought: 0 where both horizons are equal, else their mean

Where purchases are known, V1 may be a mean of the trees' answer and of what the pace of purchases
promises (see ``blend``): of the shares whose Gini on those customers is within ``REGRET`` of the best,
the one that is least off by tenths of customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Models
from churnlab.evaluation.money import decile_mape
from churnlab.evaluation.ranking import gini
from churnlab.models import boosted
from churnlab.models.blend import SHARES, Blend, Horizon, require_pace
from churnlab.models.boosted import Trees
from churnlab.models.churn import held_out, require_order
from churnlab.models.pace import Pace, narrowed
from churnlab.models.recipe import Recipe
from churnlab.models.spread import Spread
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
INTERVAL = (0.1, 0.9)
LEAST = 50  # rows with a value, below which no value model is fitted
REGRET = 0.005  # of Gini: as good as the best


@dataclass(frozen=True)
class ValueModel:
    """``if_retained``, ``if_churned`` and an 80 % interval, in major units.

    ``scale``: what the trees' answer is multiplied by. ``spread``: how far the actual values lay off.
    ``floored``: training rows whose value was below zero and counted as zero.
    """

    recipe: Recipe
    trees: Trees
    scale: float
    churned_value: float
    spread: Spread
    floored: int
    blend: Blend | None = None

    def if_retained(self, panel: Panel) -> Floats:
        """(n,) expected value of a customer who stays."""
        amount = np.exp(self.trees.margin(self.recipe.matrix(panel)))
        if self.blend is None:
            return self.scale * amount
        return self.scale * mixed(self.blend, amount, panel) * self.blend.growth(panel)

    def if_churned(self, panel: Panel) -> Floats:
        """(n,) expected value of a customer who leaves, and may come back."""
        return np.full(len(panel), self.churned_value)

    def interval(self, risk: Floats, retained: Floats) -> tuple[Floats, Floats]:
        """(n,) each: one customer in ten brings less than the first, one more than the second.

        ``risk``, ``retained``: (n,) what the models say of them; who may leave may bring nothing.
        """
        low, high = (self.spread.quantile(level, risk, retained) for level in INTERVAL)
        return low, high

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        return {
            "recipe": self.recipe.as_dict(),
            "scale": self.scale,
            "churned_value": self.churned_value,
            "spread": self.spread.as_dict(),
            "floored": self.floored,
            "blend": None if self.blend is None else self.blend.as_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], trees: Trees) -> Self:
        """The model that ``as_dict`` was asked for, with its trees."""
        recipe, blend = Recipe.from_dict(record["recipe"]), Blend.from_dict(record["blend"])
        spread, numbers = Spread.from_dict(record["spread"]), (record["scale"], record["churned_value"])
        return cls(recipe, trees, *numbers, spread, record["floored"], blend)


def fit_value(
    panel: Panel,
    known: Flags,
    models: Models,
    *,
    same_horizon: bool,
    horizon: Horizon | None = None,
    seen: Flags | None = None,
) -> ValueModel | None:
    """Fit on the rows ``known`` whose value is known; None where hardly anybody who stayed brought anything.

    ``horizon``, ``seen``: as for ``fit_churn``.
    """
    require_order(panel)
    learned = np.isfinite(panel.value) & known
    rows = np.flatnonzero(learned & (panel.churned == 0))
    actual = np.maximum(panel.value[rows], 0)
    if (actual > 0).sum() < LEAST:
        return None
    predicted, blend = _judged(panel, rows, models), None
    if horizon is not None:
        few = narrowed(panel)
        pace = Pace.learn(few, np.flatnonzero(learned), horizon.start)
        if horizon.is_extended:
            pace = require_pace(pace, horizon)
        if pace is not None:
            blend = _blend(pace, few.take(rows), predicted, actual, horizon)
            predicted = mixed(blend, predicted, few.take(rows))
            blend = _latest(blend, few, learned if seen is None else learned | seen)
    scale = float(actual.sum() / predicted.sum())
    left = panel.value[learned & (panel.churned == 1)]
    spread = Spread.learn(scale * predicted, actual, left[:0] if same_horizon else left)
    churned_value = 0.0 if same_horizon or not len(left) else float(left.mean())
    floored = int((panel.value[rows] < 0).sum())
    return ValueModel(*_trees(panel, rows, models), scale, churned_value, spread, floored, blend)


def mixed(blend: Blend, amount: Floats, panel: Panel) -> Floats:
    """(n,) the weighted mean of what trees and pace say that a customer who stays will bring."""
    if not blend.share:
        return amount
    return (1 - blend.share) * amount + blend.share * blend.pace.if_retained(panel, blend.horizon.learned)


def _judged(panel: Panel, rows: Positions, models: Models) -> Floats:
    """(k,) predicted values of the rows by trees that never saw their customers."""
    predicted = np.empty(len(rows))
    for out in held_out(panel.customer_id[rows], models.seed):
        predicted[out] = _amounts(*_trees(panel, rows[~out], models), panel, rows[out])
    return predicted


def _blend(pace: Pace, panel: Panel, predicted: Floats, actual: Floats, horizon: Horizon) -> Blend:
    """The pace's share, of rows of customers who stayed; a pace without amounts gets none."""
    if pace.spend is None:
        return Blend(pace, 0.0, horizon)
    tried = {share: mixed(Blend(pace, share, horizon), predicted, panel) for share in SHARES}
    ginis = {share: float(np.nan_to_num(gini(actual, value))) for share, value in tried.items()}
    good = [share for share in SHARES if ginis[share] >= max(ginis.values()) - REGRET]
    errors = {share: float(decile_mape(actual, _scaled(tried[share], actual))) for share in good}
    best = min(good, key=lambda share: (np.nan_to_num(errors[share], nan=np.inf), share))
    return Blend(pace, best, horizon)


def _scaled(predicted: Floats, actual: Floats) -> Floats:
    return np.asarray(predicted * (actual.sum() / predicted.sum()), dtype=np.float64)


def _latest(blend: Blend, panel: Panel, seen: Flags) -> Blend | None:
    """The same with a pace learned from the last date there is; None where nothing is wanted of it."""
    if not blend.share and not blend.horizon.is_extended:
        return None
    pace = Pace.learn(panel, np.flatnonzero(seen), blend.horizon.start)
    # Without a later one that serves as well, the earlier one stays: what it chose is not undone.
    return blend if pace is None or (blend.share and pace.spend is None) else replace(blend, pace=pace)


def _trees(panel: Panel, rows: Positions, models: Models) -> tuple[Recipe, Trees]:
    recipe = Recipe.learn(panel, rows)
    # A log link has no negative amounts: refunds beyond purchases count as nothing, and are counted.
    target = np.maximum(panel.value[rows], 0)
    matrix = recipe.rows(panel, rows)
    trees = boosted.fit(matrix, target, models.value, "reg:tweedie", seed=models.seed, threads=models.threads)
    return recipe, trees


def _amounts(recipe: Recipe, trees: Trees, panel: Panel, rows: Positions) -> Floats:
    return np.exp(trees.margins(recipe.rows(panel, rows)))
