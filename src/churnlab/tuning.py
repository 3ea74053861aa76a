"""Choose the boosters' dials on folds before the test date: the only importer of Optuna.

Off unless asked for. Each trial draws from its own seed, so that a longer search begins like a
shorter one; nothing it sees is settled later than the test date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from churnlab.config.project import Booster, Models
from churnlab.errors import DataError
from churnlab.evaluation.probability import log_loss
from churnlab.folds import Fold
from churnlab.models.churn import fit_churn
from churnlab.panel import Panel


def tune(
    panel: Panel,
    folds: Sequence[Fold],
    models: Models,
    n_trials: int,
    progress: Callable[[float], None] = lambda _: None,
) -> Booster:
    """The dials with the lowest mean log loss over ``folds``, each judged by its own later rows."""
    import optuna

    if not folds:
        raise DataError(
            "there is no earlier fold to tune on",
            got="no snapshot date before the test date is settled before another",
            mend="set tuning.n_trials to 0, or add older data",
        )
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="minimize")
    study.enqueue_trial(_dials(models.churn))
    for number in range(n_trials):
        study.sampler = optuna.samplers.TPESampler(seed=models.seed + number)
        study.optimize(lambda trial: _loss(trial, panel, folds, models), n_trials=1)
        progress((number + 1) / n_trials)
    return models.churn.model_copy(update=study.best_params)


def _dials(booster: Booster) -> dict[str, Any]:
    """The settings to beat: those of the configuration."""
    return booster.model_dump(
        include={"depth", "learning_rate", "min_child_weight", "subsample", "colsample"}
    )


def _loss(trial: Any, panel: Panel, folds: Sequence[Fold], models: Models) -> float:
    drawn = {
        "depth": trial.suggest_int("depth", 2, 8),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "min_child_weight": trial.suggest_float("min_child_weight", 0.5, 50, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample": trial.suggest_float("colsample", 0.3, 1.0),
    }
    tried = models.model_copy(
        update={"churn": models.churn.model_copy(update=drawn), "calibration": "none", "min_positives": 1}
    )
    losses = []
    for fold in folds:
        fitted = fit_churn(panel, fold.train, fold.calibrate, tried)
        judged = panel.take(fold.test)
        risk = np.clip(fitted.risk(judged), 1e-6, 1 - 1e-6)
        losses.append(float(log_loss(judged.churned, risk)))
    return float(np.mean(losses))
