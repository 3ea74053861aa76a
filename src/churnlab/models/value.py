"""The value model: the second part of a two-part pair whose first part is the churn model.

value_expected = (1 - p) x V1 + p x V0

V1  trees on the value of those who stayed (see ``amounts`` for the ways to learn it); a factor takes
    out the bias of the total. It is learned on customers held out of training in turn, on all dates: a
    single one has a season of its own
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
from churnlab.errors import DataError
from churnlab.evaluation.money import decile_mape
from churnlab.evaluation.ranking import gini
from churnlab.models.amounts import ON_PACE, Amounts
from churnlab.models.blend import SHARES, Blend, Horizon, mixed, require_pace
from churnlab.models.boosted import Trees
from churnlab.models.levels import AS_ASKED, Levels, Places, total_range
from churnlab.models.pace import ACTIVE, Paces
from churnlab.models.parts import held_out, require_order
from churnlab.models.recipe import Recipe
from churnlab.models.spread import Spread
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
LEAST = 50  # rows with a value, below which no value model is fitted
REGRET = 0.005  # of Gini: as good as the best


@dataclass(frozen=True)
class ValueModel:
    """``if_retained``, ``if_churned`` and an 80 % interval, in major units.

    ``scale``: what the trees' answer is multiplied by. ``spread``: how far the actual values lay off.
    ``floored``: training rows whose value was below zero and counted as zero. ``churned_share``: where
    to leave is to fade, what is left of the value of staying; 0: whoever leaves brings ``churned_value``.
    ``levels``: of the ends of intervals. ``total``: least and most that all customers together brought on a
    date learned from, in multiples of what was expected; None where too few dates are known.
    """

    amounts: Amounts
    scale: float
    churned_value: float
    spread: Spread
    floored: int
    blend: Blend | None = None
    churned_share: float = 0.0
    levels: Levels = AS_ASKED
    total: tuple[float, float] | None = None

    @property
    def recipe(self) -> Recipe:
        """Which features are read."""
        return self.amounts.recipe

    @property
    def trees(self) -> Trees:
        """The trees of those who stayed."""
        return self.amounts.trees

    def if_retained(self, panel: Panel) -> Floats:
        """(n,) expected value of a customer who stays."""
        if self.blend is None:
            return self.scale * self.amounts.of(panel)
        promised = _promised(self.blend, panel)
        amount = self.amounts.of(panel, promised)
        return self.scale * _together(self.blend.share, amount, promised) * self.blend.growth(panel)

    def if_churned(self, panel: Panel) -> Floats:
        """(n,) expected value of a customer who leaves, and may come back; or fades, and brings a share."""
        if self.churned_share:
            return self.churned_share * self.if_retained(panel)
        return np.full(len(panel), self.churned_value)

    def interval(self, panel: Panel, risk: Floats, retained: Floats) -> tuple[Floats, Floats]:
        """(n,) each: one customer in ten brings less than the first, one more than the second.

        ``risk``, ``retained``: (n,) what the models say of them; who may leave may bring nothing.
        """
        low, high = (self.spread.quantile(level, risk, retained) for level in self.levels.of(_often(panel)))
        return low, high

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        share = {"churned_share": self.churned_share} if self.churned_share else {}
        return share | {
            "levels": self.levels.as_dict(),
            "total": None if self.total is None else list(self.total),
            "amounts": self.amounts.as_dict(),
            "scale": self.scale,
            "churned_value": self.churned_value,
            "spread": self.spread.as_dict(),
            "floored": self.floored,
            "blend": None if self.blend is None else self.blend.as_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], trees: Trees) -> Self:
        """The model that ``as_dict`` was asked for, with its trees."""
        amounts, blend = Amounts.from_dict(record["amounts"], trees), Blend.from_dict(record["blend"])
        spread, numbers = Spread.from_dict(record["spread"]), (record["scale"], record["churned_value"])
        total, levels = record["total"], Levels.from_dict(record["levels"])
        share, range_ = record.get("churned_share", 0.0), None if total is None else (total[0], total[1])
        return cls(amounts, *numbers, spread, record["floored"], blend, share, levels, range_)


def fit_value(
    panel: Panel,
    known: Flags,
    models: Models,
    *,
    same_horizon: bool,
    fades: bool = False,
    horizon: Horizon | None = None,
    seen: Flags | None = None,
    risk: Floats | None = None,
    paces: Paces | None = None,
) -> ValueModel | None:
    """Fit on the rows ``known`` whose value is known; None where hardly anybody who stayed brought anything.

    ``same_horizon``: whoever leaves brings nothing. ``fades``: brings a share of what staying would, the
    same for all; without either, the same amount for all. ``horizon``, ``seen``, ``paces``: as for
    ``fit_churn``. ``risk``: (n,) what churn models that never saw a row's customer say of it (see
    ``judged_churn``); None: intervals are left as the mixture of risk and amounts gives them.
    """
    require_order(panel)
    learned = np.isfinite(panel.value) & known
    rows = np.flatnonzero(learned & (panel.churned == 0))
    actual = np.maximum(panel.value[rows], 0)
    if (actual > 0).sum() < LEAST:
        return None
    paces = paces or Paces.of(panel)
    blend = _unmixed(paces, np.flatnonzero(learned), horizon, models)
    promised = None if blend is None else _promised(blend, paces.panel.take(rows))
    predicted = judged_amounts(panel, rows, promised, models)
    if blend is not None:
        blend = replace(blend, share=_share(promised, predicted, actual))
        predicted = _together(blend.share, predicted, promised)
    amounts = Amounts.learn(panel, rows, promised, models)
    scale = float(actual.sum() / predicted.sum())
    gone = np.flatnonzero(learned & (panel.churned == 1))
    whole = scale * _whole(blend, amounts, panel, gone, paces)
    blend = _latest(blend, paces, learned if seen is None else learned | seen, amounts)
    left = _Left.of(panel.value[gone], whole, same_horizon=same_horizon, fading=fades and blend is None)
    spread = Spread.learn(scale * predicted, actual, left.brought, relative=left.relative)
    floored = int((panel.value[rows] < 0).sum())
    model = ValueModel(amounts, scale, left.mean, spread, floored, blend, left.share)
    if risk is None:
        return model
    retained = np.full(len(panel), np.nan)
    retained[rows], retained[gone] = scale * predicted, whole
    return _honest(model, paces.panel, retained, risk)


def _whole(blend: Blend | None, amounts: Amounts, panel: Panel, gone: Positions, paces: Paces) -> Floats:
    """(k,) what those who left would have brought, up to the scale."""
    promised = None if blend is None else _promised(blend, paces.panel.take(gone))
    return _together(0.0 if blend is None else blend.share, amounts.of(panel, promised, gone), promised)


@dataclass(frozen=True)
class _Left:
    """What those who left brought: amounts, or multiples of what they would have; its mean, or its share."""

    brought: Floats
    mean: float = 0.0
    share: float = 0.0
    relative: bool = False

    @classmethod
    def of(cls, value: Floats, whole: Floats, *, same_horizon: bool, fading: bool) -> Self:
        if fading and len(value):
            # Of a small customer a small amount is left: a mean amount would be more than staying brings.
            share = max(float(value.sum() / whole.sum()), 0.0)
            return cls(value / whole, share=share, relative=True)
        if same_horizon or not len(value):
            return cls(value[:0])
        return cls(value, float(value.mean()))


def _honest(model: ValueModel, panel: Panel, retained: Floats, risk: Floats) -> ValueModel:
    """The same with levels and a range of totals.

    ``risk``: (n,) of models that saw nobody. ``retained``: (n,) the same of those who stayed; of those who
    left, of the model itself, which never learned from rows of theirs.
    """
    rows = np.flatnonzero(np.isfinite(retained) & np.isfinite(risk))
    asked, whole, p = panel.take(rows), retained[rows], risk[rows]
    brought = np.maximum(asked.value, 0)
    places = Places(*model.spread.places(brought, p, whole), asked.as_of)
    gone = model.churned_share * whole if model.churned_share else model.churned_value
    total = total_range((1 - p) * whole + p * gone, asked.value, asked.as_of)
    return replace(model, levels=Levels.learn(places, _often(asked)), total=total)


def _often(panel: Panel) -> Flags:
    """(n,) who has bought more than once; everybody where nobody knows."""
    if ACTIVE not in panel.names:
        return np.ones(len(panel), dtype=np.bool_)
    return np.asarray(panel.number(ACTIVE) > 1)


def _together(share: float, amount: Floats, promised: Floats | None) -> Floats:
    """(n,) what a customer who stays will bring, by trees and pace, if the pace knows of amounts."""
    return amount if promised is None else mixed(share, amount, promised)


def _unmixed(paces: Paces, rows: Positions, horizon: Horizon | None, models: Models) -> Blend | None:
    """The pace as it was known at those rows, with no share yet; None where there is none."""
    pace = None if horizon is None else paces.learn(rows, horizon.start)
    if horizon is not None and horizon.is_extended:
        pace = require_pace(pace, horizon)
    if models.amount in ON_PACE and (pace is None or pace.spend is None):
        raise DataError(
            f"models.amount {models.amount} rests on the pace of purchases, and there is none",
            got="no repeat purchases with amounts under a label of purchases",
            mend="set models.amount to tweedie or lognormal",
        )
    return None if pace is None or horizon is None else Blend(pace, 0.0, horizon)


def _promised(blend: Blend, panel: Panel) -> Floats | None:
    """(n,) what the pace says that those who stay will bring; None of a pace without amounts."""
    if blend.pace.spend is None:
        return None
    return blend.pace.if_retained(panel, blend.horizon.learned)


def judged_amounts(panel: Panel, rows: Positions, promised: Floats | None, models: Models) -> Floats:
    """(k,) amounts of the rows by trees that never saw their customers, up to a factor.

    ``promised``: (k,) what the pace says of them, None: there is none.
    """
    predicted = np.empty(len(rows))
    for out in held_out(panel.customer_id[rows], models.seed):
        kept, asked = (None if promised is None else promised[some] for some in (~out, out))
        amounts = Amounts.learn(panel, rows[~out], kept, models, reference=False)
        predicted[out] = amounts.of(panel, asked, rows[out])
    return predicted


def _share(promised: Floats | None, predicted: Floats, actual: Floats) -> float:
    """The pace's share, of rows of customers who stayed; a pace without amounts gets none."""
    if promised is None:
        return 0.0
    tried = {share: mixed(share, predicted, promised) for share in SHARES}
    ginis = {share: float(np.nan_to_num(gini(actual, value))) for share, value in tried.items()}
    good = [share for share in SHARES if ginis[share] >= max(ginis.values()) - REGRET]
    errors = {share: float(decile_mape(actual, _scaled(tried[share], actual))) for share in good}
    return min(good, key=lambda share: (np.nan_to_num(errors[share], nan=np.inf), share))


def _scaled(predicted: Floats, actual: Floats) -> Floats:
    return np.asarray(predicted * (actual.sum() / predicted.sum()), dtype=np.float64)


def _latest(blend: Blend | None, paces: Paces, seen: Flags, amounts: Amounts) -> Blend | None:
    """The same with a pace learned from the last date there is; None where nothing is wanted of it."""
    if blend is None or not (blend.share or blend.horizon.is_extended or amounts.reads_promise):
        return None
    pace = paces.learn(np.flatnonzero(seen), blend.horizon.start)
    # Without a later one that serves as well, the earlier one stays: what it chose is not undone.
    needs_amounts = blend.share or amounts.reads_promise
    return blend if pace is None or (needs_amounts and pace.spend is None) else replace(blend, pace=pace)
