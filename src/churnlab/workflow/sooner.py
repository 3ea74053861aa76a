"""Risks of shorter horizons, where ``churn.also_days`` asks: learned beside the churn model, and judged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config import Models
from churnlab.evaluation.sooner import Sooner
from churnlab.folds import Fold
from churnlab.models.churn import ChurnModel
from churnlab.models.hazard import Hazard, constant, fit_hazard
from churnlab.panel import Panel
from churnlab.workflow.opening import Opened

Floats = NDArray[np.float64]


def fitted(
    opening: Opened,
    panel: Panel,
    fold: Fold,
    churn: ChurnModel,
    models: Models,
    days: int | None = None,
) -> Hazard | None:
    """How the risk of ``churn`` is spread over its horizon; None where nobody asks.

    ``days``: the horizon, None: the one configured. In a shorter one there is less to ask.
    """
    asked = opening.project.churn
    horizon = days or asked.horizon_days
    early = tuple(each for each in asked.also_days if each < horizon)
    if not early:
        return None
    return fit_hazard(
        panel,
        fold.train,
        churn.recipe,
        models,
        also_days=early,
        days=horizon,
        learned_days=panel.learned_days or horizon,
        leaving=asked.kind == "contractual",
    )


def judged(panel: Panel, fold: Fold, churn: ChurnModel, hazard: Hazard | None) -> tuple[Sooner, ...]:
    """Each shorter horizon at the test date."""
    if hazard is None:
        return ()
    test = panel.take(fold.test)
    risk = churn.risk(test)
    said = hazard.risks(churn.recipe, test, risk)
    return told(panel, fold, risk, said, days=hazard.days, leaving=hazard.leaving)


def told(
    panel: Panel, fold: Fold, risk: Floats, said: Mapping[int, Floats], *, days: int, leaving: bool
) -> tuple[Sooner, ...]:
    """What was ``said`` of each shorter horizon, days -> (m,) risks of the test rows, beside what came.

    ``risk``: (m,) of the whole horizon, which has ``days``.
    """
    found = []
    for early, risks in said.items():
        known = panel.sooner[labels.shorter(early)]
        learned = known[fold.train & np.isfinite(known)]
        share = float(learned.mean()) if len(learned) else np.nan
        even = constant(risk, early / days, leaving=leaving)
        found.append(Sooner.of(early, known[fold.test], risks, even, share))
    return tuple(found)
