"""From folds to a booster: search, choose, and say what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from churnlab.config.project import Booster, Models, Tuning
from churnlab.folds import Fold
from churnlab.panel import Panel
from churnlab.tuning import choice, journal, weight
from churnlab.tuning.dials import DIALS
from churnlab.tuning.judging import Judge, usable
from churnlab.tuning.results import Trial, Tuned
from churnlab.tuning.search import search


def tune(
    panel: Panel,
    folds: Sequence[Fold],
    models: Models,
    plan: Tuning,
    *,
    folder: Path | None = None,
    progress: Callable[[float], None] = lambda _: None,
    told: Callable[[Trial], None] = lambda _: None,
) -> Tuned:
    """The churn booster's dials with the lowest mean log loss over ``folds``, judged by their later rows.

    ``folder``: where trials are kept, so that an equal search goes on there; None: nowhere.
    ``told``: hears of every trial when it has ended, and of those kept from earlier at once.
    """
    folds = usable(panel, folds)
    ended: list[Trial] = []

    def heard(trial: Trial) -> None:
        ended.append(trial)
        told(trial)
        progress(len(ended) / plan.n_trials)

    with ExitStack() as stack:
        judge = Judge.of(panel, folds, models, stack)
        study = journal.study(folder, journal.key(panel, folds, models, plan))
        trials = search(
            study, judge, models.churn, plan.most_trees, plan.n_trials, seed=models.seed, told=heard
        )
        best = min((each for each in trials if not each.given_up), key=lambda each: (each.loss, each.number))
        found = _booster(models.churn, best)
        gain, error = choice.gained(judge, models.churn, found)
    chosen = found if choice.is_clear(gain, error) else models.churn
    shares = weight.weights(trials, models.churn, models.seed)
    note = _note(trials, len(folds), best, gain, error, chosen if chosen is found else None)
    return Tuned(chosen, trials, best, gain, error, note, shares, weight.picture(shares, len(trials)))


def _booster(configured: Booster, trial: Trial) -> Booster:
    if trial.number == 0:
        return configured
    return configured.model_copy(update={**trial.dials, "trees": trial.trees})


def _note(
    trials: Sequence[Trial], folds: int, best: Trial, gain: float, error: float, chosen: Booster | None
) -> str:
    given_up = sum(trial.given_up for trial in trials)
    begun = f"tuning: {len(trials)} trials on {folds} folds before the test date, {given_up} given up; "
    if best.number == 0:
        return f"{begun}none was better than the configured settings, log loss {trials[0].loss:.4f}"
    compared = (
        f"log loss {best.loss:.4f} instead of {trials[0].loss:.4f}, better by {gain:.4f} +- {error:.4f}"
    )
    if chosen is None:
        return f"{begun}the configured settings stay: the best trial is not clearly better ({compared})"
    settings = ", ".join(f"{name} {getattr(chosen, name):.3g}" for name in (*DIALS, "trees"))
    return f"{begun}{settings} ({compared})"
