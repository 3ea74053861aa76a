"""Trials one after the other, each drawn from a seed of its own; those that fall behind are given up.

What a trial is follows from those before it and from its seed alone. So a longer search begins with
the trials of a shorter one, and one that was killed goes on as if nothing had happened: the
unfinished trial is drawn again, the same.

A trial is given up when its loss is above that of the best one at the same point by more than
``SLACK`` standard errors of a loss. Both are measured on the same rows, where the difference of two
settings varies about a fifth as much as a loss does: so much is noise. The rule loses less than those
that ask for the better half of all trials: on Complete Journey, twenty trials, see docs/tuning.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from churnlab.config.project import Booster
from churnlab.tuning import dials
from churnlab.tuning.judging import LOOKS, Judge, Look
from churnlab.tuning.results import Trial

SLACK = 0.2
NOISE, TREES, GROWN = "noise", "trees", "grown"  # what is kept with a trial


def search(
    study: Any,
    judge: Judge,
    configured: Booster,
    most_trees: int,
    n_trials: int,
    *,
    seed: int,
    told: Callable[[Trial], None],
) -> tuple[Trial, ...]:
    """The first ``n_trials`` of the search, of which ``study`` may know some already."""
    import optuna

    finished = _finished(study)[:n_trials]
    for number in range(len(finished)):
        told(_trial(finished, number))
    for number in range(len(finished), n_trials):
        study.sampler = optuna.samplers.TPESampler(seed=seed + number)
        if number == 0:
            study.enqueue_trial(dials.configured(configured))
        trial = study.ask(dials.distributions(configured))
        drawn = configured.model_copy(update={**trial.params, "trees": most_trees})
        # A zero has no place on a logarithmic scale: the settings to beat are tried as they are.
        _run(study, trial, judge, configured if number == 0 else drawn)
        finished = _finished(study)
        told(_trial(finished, number))
    return tuple(_trial(finished, number) for number in range(n_trials))


def _run(study: Any, trial: Any, judge: Judge, booster: Booster) -> None:
    from optuna.trial import TrialState

    finished = _finished(study)
    verdict = judge.judge(booster, _look(trial, finished), stop=bool(finished))
    if not finished:
        trial.set_user_attr(NOISE, noise(judge.row_losses(booster)))
    trial.set_user_attr(GROWN, verdict.grown)
    if verdict.trees is None:
        study.tell(trial, state=TrialState.PRUNED)
        return
    trial.set_user_attr(TREES, verdict.trees)
    study.tell(trial, verdict.loss)


def noise(losses: list[Any]) -> list[float]:
    """Number of folds asked, less one -> the standard error of their mean loss. ``losses``: of each row."""
    squared = [float(np.var(rows)) / len(rows) for rows in losses]
    return [float(np.sqrt(sum(squared[: n + 1])) / (n + 1)) for n in range(len(squared))]


def _look(trial: Any, finished: list[Any]) -> Look:
    leader = _best(finished)
    allowed = [SLACK * each for each in finished[0].user_attrs[NOISE]] if finished else []

    def look(step: int, loss: float) -> bool:
        trial.report(loss, step)
        ahead = None if leader is None else leader.intermediate_values.get(step)
        return ahead is not None and loss > ahead + allowed[step // LOOKS]

    return look


def _finished(study: Any) -> list[Any]:
    """Trials in order, without those that a killed process left behind."""
    from optuna.trial import TrialState

    return list(study.get_trials(deepcopy=False, states=[TrialState.COMPLETE, TrialState.PRUNED]))


def _best(finished: list[Any]) -> Any:
    from optuna.trial import TrialState

    complete = [trial for trial in finished if trial.state == TrialState.COMPLETE]
    return min(complete, key=lambda trial: (trial.value, trial.number), default=None)


def _trial(finished: list[Any], number: int) -> Trial:
    from optuna.trial import TrialState

    trial, first = finished[number], finished[0]
    if trial.state == TrialState.COMPLETE:
        loss, beside = trial.value, first.value
    else:
        step = max(trial.intermediate_values)
        loss = trial.intermediate_values[step]
        # The configured trees may have ended before: then the last that was known of them.
        known = [at for at in first.intermediate_values if at <= step]
        beside = first.intermediate_values[max(known)] if known else loss
    trees = trial.user_attrs.get(TREES)
    return Trial(number, dict(trial.params), loss, trees, trial.user_attrs[GROWN], loss - beside)
