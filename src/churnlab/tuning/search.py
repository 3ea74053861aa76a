"""Trials one after the other, each drawn from a seed of its own; those that fall behind are given up.

What a trial is follows from those before it and from its seed alone. So a longer search begins with
the trials of a shorter one, and one that was killed goes on as if nothing had happened: the
unfinished trial is drawn again, the same.

A trial is given up when its loss is higher than the best one's was, after the same time of boosting
or at the end of the same fold, by more than

    NOISE_SHARE (at the end of a fold END_SHARE) of the standard error of a loss: on the same rows two
                settings differ by about so much by chance
    GAIN_SHARE  of what the best one still gained in that fold: so much others may catch up

docs/tuning.md compares the rule with others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from churnlab.config.project import Booster
from churnlab.tuning import dials
from churnlab.tuning.judging import LOOKS, Judge, Look, end_of, is_end
from churnlab.tuning.results import Trial

NOISE_SHARE, END_SHARE, GAIN_SHARE = SHARES = (0.3, 0.1, 0.05)
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
    ahead: dict[int, float] = {} if leader is None else leader.intermediate_values
    error: list[float] = finished[0].user_attrs[NOISE] if finished else []

    def look(step: int, loss: float) -> bool:
        trial.report(loss, step)
        if step not in ahead:
            return False
        share = END_SHARE if is_end(step) else NOISE_SHARE
        still_gained = ahead[step] - ahead.get(end_of(step), leader.value)
        allowed = share * error[step // LOOKS] + GAIN_SHARE * max(still_gained, 0)
        return bool(loss > ahead[step] + allowed)

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
