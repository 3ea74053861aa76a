"""The churn model: trees on log odds, then a calibration learned on rows the trees had not seen.

1. Trees on every row whose label is settled. The latest dates tell most, and leaving them out to
   calibrate on costs up to .003 of AUROC.
2. The calibration. Customers are dealt into parts, and each part is judged, on all of its dates, by
   trees of the others: as many dates as there are, of all seasons. A later fold alone has a season of
   its own, and trees of the few dates settled before it are weaker than those that are used. Large
   shops are spared trees for every part: of CDNOW, two parts of three say what all three do.

Where purchases are known, the pace of purchases (see ``blend``) may take a share of the log odds: the
largest, up to ``MOST``, whose log loss on the same rows, all of them earlier than the date a model is
judged by, is within ``NEARLY`` of the least. Rows of few dates flatter the pace, which has seen their
season: of seven larger choices at earlier origins of three data sets, six were worse later than ``MOST``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Models
from churnlab.evaluation.probability import log_loss
from churnlab.features.feature import Description
from churnlab.models import boosted
from churnlab.models.blend import NAME, SHARES, Blend, Horizon, mixed, require_pace
from churnlab.models.boosted import Trees
from churnlab.models.calibration import Calibration
from churnlab.models.logistic import SURE
from churnlab.models.pace import Pace, Paces
from churnlab.models.parts import first_rows, held_out, require_enough, require_order
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]
DECIMALS = 6
NEARLY = 0.0005  # of log loss: as good as the best
MOST = 0.25  # of the log odds
MANY_UNSEEN = 0.05  # of the rows
ENOUGH = 10_000  # customers judged: of more, the two numbers of a calibration would hardly move


@dataclass(frozen=True, eq=False)
class Explained:
    """Risks with what they are made of: ``base`` + the sum of ``contributions`` (n, features) is ``margin``.

    On the log odds before calibration; a category's columns are summed into the category.
    ``panel``: the rows, with the values behind all features.
    """

    risk: Floats
    margin: Floats
    base: float
    contributions: NDArray[np.float32]
    panel: Panel


@dataclass(frozen=True)
class ChurnModel:
    """``risk`` for lists, ``explained`` for reasons."""

    recipe: Recipe
    trees: Trees
    calibration: Calibration
    blend: Blend | None = None

    @property
    def inputs(self) -> tuple[Description, ...]:
        """Every feature of the panel that training had."""
        return self.recipe.features

    @property
    def features(self) -> tuple[Description, ...]:
        """Every feature that contributions are given for."""
        return self.inputs if self.blend is None else (*self.inputs, self.blend.feature)

    @property
    def reference(self) -> Mapping[str, float | str]:
        """The usual value of each feature in training."""
        return self.recipe.reference

    @property
    def dropped(self) -> tuple[str, ...]:
        """Features that are not read: they never varied in training, or only with the calendar."""
        return self.recipe.dropped

    def risk(self, panel: Panel) -> Floats:
        """(n,) calibrated probability of leaving, to six decimals."""
        return self._risk(self.trees.margin(self.recipe.matrix(panel)), panel)

    def explained(self, panel: Panel) -> Explained:
        """The same with what it is made of."""
        matrix = self.recipe.matrix(panel)
        margin = self.trees.margin(matrix)
        risk = self._risk(margin, panel)
        contributions, base = self.trees.contributions(matrix, self.recipe.owners, len(self.inputs))
        if self.blend is None:
            return Explained(risk, margin, base, contributions, panel)
        part, added, centre = 1 - self.blend.share, self.blend.added(panel), self.blend.centre
        beside = (added - centre).astype(np.float32)[:, None]
        contributions = np.hstack([np.float32(part) * contributions, beside])
        shown = replace(panel, measures={**panel.measures, NAME: self.blend.shown(panel)})
        return Explained(risk, part * margin + added, part * base + centre, contributions, shown)

    def _risk(self, margin: Floats, panel: Panel) -> Floats:
        if self.blend is None:
            return np.round(self.calibration.risk(margin), DECIMALS)
        risk = self.calibration.risk(self.blend.mixed(margin, panel))
        return np.round(self.blend.carried(risk, panel), DECIMALS)

    def risk_at(self, margin: Floats, panel: Panel) -> Floats:
        """(k,) the risk of the only row of ``panel``, had it these log odds before calibration."""
        blend = self.blend
        risk = self.calibration.risk(margin if blend is None else margin - blend.further(panel))
        return np.round(risk if blend is None else blend.carried(risk, panel), DECIMALS)

    def unseen(self, panel: Panel) -> dict[str, int]:
        """Category -> rows whose value training had not seen; counts of blocks of rows add up."""
        return self.recipe.unseen(panel)

    def notes(self, unseen: Mapping[str, int], rows: int) -> tuple[str, ...]:
        """What a reader of ``rows`` scores must know: categories that training had not seen."""
        rates = {name: unseen[name] / rows for name in self.recipe.categories if unseen.get(name)}
        return tuple(
            f"{'warning: ' if rate > MANY_UNSEEN else ''}{name}: {rate:.1%} of customers have a value that "
            "training did not know, and count as other"
            for name, rate in rates.items()
        )

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        return {
            "recipe": self.recipe.as_dict(),
            "calibration": self.calibration.as_dict(),
            "blend": None if self.blend is None else self.blend.as_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], trees: Trees) -> Self:
        """The model that ``as_dict`` was asked for, with its trees."""
        calibration, blend = Calibration.from_dict(record["calibration"]), Blend.from_dict(record["blend"])
        return cls(Recipe.from_dict(record["recipe"]), trees, calibration, blend)


@dataclass(frozen=True, eq=False)
class Grown:
    """Trees, not yet calibrated, and ``margin``: (k,) what others, who never saw them, say of ``judged``.

    ``judged``: (k,) the positions of rows that the trees have seen, all of them unless there are many.
    ``other``: one of those others; None, as ``margin``, where nobody asked for them.
    """

    model: ChurnModel
    judged: Positions
    margin: Floats | None
    other: ChurnModel | None


def grown(panel: Panel, known: Flags, models: Models) -> Grown:
    """The dear part of ``fit_churn``, for whoever wants several models of the same trees."""
    require_order(panel)
    rows = np.flatnonzero(known)
    require_enough(panel, rows, models)
    return Grown(_fitted(panel, rows, models), *_judged(panel, rows, models))


@dataclass(frozen=True, eq=False)
class Judged:
    """``unseen``: (n,) risks of the window that was learned, by trees that never saw a row's customer.

    NaN of the others. ``other``: the same model with such trees, that a part of the customers is news to.
    Both are None without a calibration, for which alone such trees are grown.
    """

    model: ChurnModel
    unseen: Floats | None
    other: ChurnModel | None


def fit_churn(panel: Panel, known: Flags, models: Models, **how: Any) -> ChurnModel:
    """The model of ``judged_churn`` alone, asked in the same way."""
    return judged_churn(panel, known, models, **how).model


def judged_churn(
    panel: Panel,
    known: Flags,
    models: Models,
    *,
    horizon: Horizon | None = None,
    seen: Flags | None = None,
    trees: Grown | None = None,
    paces: Paces | None = None,
) -> Judged:
    """Fit on the rows ``known`` of ``panel``, (n,) flags: all whose labels are settled.

    ``horizon``: the window of the labels; None: there are no purchases whose pace could help.
    ``seen``: rows of the date that the model is for; the pace, which asks for no outcome, is learned
    from the last date there is. ``trees``: those of ``grown`` of the same rows, ``paces``: those of
    ``panel`` that others have asked for; None: yet to be grown, and learned.
    Raises ``DataError`` where there are too few customers, or too few of either outcome.
    """
    rows, blend = np.flatnonzero(known), None
    trees = grown(panel, known, models) if trees is None else trees
    judged, margin = trees.judged, trees.margin
    if horizon is not None:
        paces, share = paces or Paces.of(panel), 0.0
        paced = paces.learn(rows, horizon.start)
        if margin is not None and paced is not None:
            odds = paced.log_odds(paces.panel.take(judged), horizon.learned)
            share = _share(panel, judged, margin, odds, models)
            margin = mixed(share, margin, odds)
        blend = _blend(paces, known, seen, paced, share, horizon)
    calibration, unseen = _calibration(panel, judged, margin, models), None
    if margin is not None:
        unseen = np.full(len(panel), np.nan)
        unseen[judged] = calibration.risk(margin)
    model = replace(trees.model, calibration=calibration, blend=blend)
    other = None if trees.other is None else replace(trees.other, calibration=calibration, blend=blend)
    return Judged(model, unseen, other)


def _judged(
    panel: Panel, rows: Positions, models: Models
) -> tuple[Positions, Floats | None, ChurnModel | None]:
    """Rows, (k,) log odds of them by trees that never saw their customers, and some of these trees.

    All rows, part after part, or those of as many parts as have customers ``ENOUGH``. None: nobody asks.
    """
    if models.calibration == "none":
        return rows, None, None
    ids = panel.customer_id[rows]
    margin, judged = np.empty(len(rows)), np.zeros(len(rows), dtype=np.bool_)
    for out in held_out(ids, models.seed):
        model = _fitted(panel, rows[~out], models, reference=False)
        margin[out] = _margins(model, panel, rows[out])
        judged |= out
        if len(first_rows(ids[judged])) >= ENOUGH:
            break
    return rows[judged], margin[judged], model


def _calibration(panel: Panel, rows: Positions, margin: Floats | None, models: Models) -> Calibration:
    if margin is None:
        return Calibration("none")
    return Calibration.learn(margin, panel.churned[rows], models.calibration, panel.customer_id[rows])


def _share(panel: Panel, rows: Positions, margin: Floats, odds: Floats, models: Models) -> float:
    """The largest share of the pace whose log loss, once it is calibrated, is nearly the least.

    ``margin``, ``odds``: (k,) what trees and pace say of the rows.
    """
    churned, losses = panel.churned[rows], {}
    for share in (share for share in SHARES if share <= MOST):
        both = mixed(share, margin, odds)
        risk = _calibration(panel, rows, both, models).risk(both)
        losses[share] = float(log_loss(churned, np.clip(risk, SURE, 1 - SURE)))
    return max(share for share, loss in losses.items() if loss <= min(losses.values()) + NEARLY)


def _blend(
    paces: Paces, known: Flags, seen: Flags | None, paced: Pace | None, share: float, horizon: Horizon
) -> Blend | None:
    """The share with a pace learned from the last date there is; None where neither is wanted of it."""
    if not share and not horizon.is_extended:
        return None
    rows = np.flatnonzero(known if seen is None else known | seen)
    latest = paces.learn(rows, horizon.start) or paced
    blend = Blend(require_pace(latest, horizon), share, horizon)
    learned = paces.panel.take(np.flatnonzero(known))
    return replace(blend, centre=float(np.round(blend.added(learned).mean(), DECIMALS)))


def _fitted(panel: Panel, rows: Positions, models: Models, *, reference: bool = True) -> ChurnModel:
    """Trees of these rows, not yet calibrated. ``reference``: whether their usual values are wanted."""
    recipe = Recipe.learn(panel, rows, reference=reference)
    trees = boosted.fit(
        recipe.rows(panel, rows),
        panel.churned[rows],
        models.churn,
        "binary:logistic",
        seed=models.seed,
        threads=models.threads,
    )
    return ChurnModel(recipe, trees, Calibration("none"))


def _margins(model: ChurnModel, panel: Panel, rows: Positions) -> Floats:
    return model.trees.margins(model.recipe.rows(panel, rows))
