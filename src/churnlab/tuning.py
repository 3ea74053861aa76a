"""Choose the boosters' dials on folds before the test date: the only importer of Optuna.

Off unless asked for. Each trial draws from its own seed, so that a longer search begins like a
shorter one; nothing it sees is settled later than the test date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from churnlab.config.project import Booster, Models
from churnlab.errors import DataError
from churnlab.evaluation.probability import log_loss
from churnlab.folds import Fold
from churnlab.models.churn import fit_churn
from churnlab.panel import Panel

DIALS: Mapping[str, tuple[float, float]] = {
    "depth": (2, 8),
    "learning_rate": (0.01, 0.2),
    "min_child_weight": (0.5, 50),
    "subsample": (0.5, 1.0),
    "colsample": (0.3, 1.0),
}


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
    study.enqueue_trial(_configured(models.churn))
    for number in range(n_trials):
        study.sampler = optuna.samplers.TPESampler(seed=models.seed + number)
        study.optimize(lambda trial: _loss(trial, panel, folds, models), n_trials=1)
        progress((number + 1) / n_trials)
    return models.churn.model_copy(update=study.best_params)


def _configured(booster: Booster) -> dict[str, Any]:
    """The settings to beat: those of the configuration. A zero has no place on a logarithmic scale."""
    return {name: value for name, value in booster.model_dump(include=set(DIALS)).items() if value > 0}


def _drawn(trial: Any, booster: Booster) -> dict[str, Any]:
    drawn: dict[str, Any] = {"depth": trial.suggest_int("depth", *_range("depth", booster))}
    for name in ("learning_rate", "min_child_weight"):
        drawn[name] = trial.suggest_float(name, *_range(name, booster), log=True)
    for name in ("subsample", "colsample"):
        drawn[name] = trial.suggest_float(name, *_range(name, booster))
    return drawn


def _range(name: str, booster: Booster) -> tuple[Any, Any]:
    """Where a dial is searched: as far as the configured value, if that lies outside."""
    low, high = DIALS[name]
    configured = getattr(booster, name) or low
    return min(low, configured), max(high, configured)


def _loss(trial: Any, panel: Panel, folds: Sequence[Fold], models: Models) -> float:
    drawn = _drawn(trial, models.churn)
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
