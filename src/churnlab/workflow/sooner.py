"""Risks of shorter horizons, where ``churn.also_days`` asks: learned beside the churn model, and judged."""

from __future__ import annotations

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


def fitted(opening: Opened, panel: Panel, fold: Fold, churn: ChurnModel, models: Models) -> Hazard | None:
    """How the risk of ``churn`` is spread over its horizon; None where nobody asks."""
    asked = opening.project.churn
    if not asked.also_days:
        return None
    return fit_hazard(
        panel,
        fold.train,
        churn.recipe,
        models,
        also_days=asked.also_days,
        days=asked.horizon_days,
        learned_days=panel.learned_days or asked.horizon_days,
        leaving=asked.kind == "contractual",
    )


def judged(panel: Panel, fold: Fold, churn: ChurnModel, hazard: Hazard | None) -> tuple[Sooner, ...]:
    """Each shorter horizon at the test date."""
    if hazard is None:
        return ()
    test = panel.take(fold.test)
    risk = churn.risk(test)
    found = []
    for days, said in hazard.risks(churn.recipe, test, risk).items():
        told = panel.sooner[labels.shorter(days)]
        learned = told[fold.train & np.isfinite(told)]
        share = float(learned.mean()) if len(learned) else np.nan
        even = constant(risk, days / hazard.days, leaving=hazard.leaving)
        found.append(Sooner.of(days, told[fold.test], said, even, share))
    return tuple(found)
