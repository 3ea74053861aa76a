"""The trials of a search in the tracking store: a run each, below that of the training."""

from __future__ import annotations

from collections.abc import Callable

from churnlab.tracking import Run
from churnlab.tuning import Trial, Tuned

Told = Callable[[Trial], None]


def unheard(trial: Trial) -> None:
    """For a caller who keeps no trials."""


def teller(run: Run) -> Told:
    """Keeps each trial when it has ended: its dials, its loss, and whether it was given up."""

    def told(trial: Trial) -> None:
        metrics = {"log_loss": trial.loss, "behind": trial.behind, "grown": trial.grown}
        run.log_nested(
            f"trial {trial.number}",
            settings={**trial.dials, "trees": "given up" if trial.trees is None else trial.trees},
            metrics=metrics,
            tags={"churnlab.trial": str(trial.number), "churnlab.given_up": str(trial.given_up).lower()},
        )

    return told


def record(run: Run, tuned: Tuned | None) -> None:
    """What a search found, if there was one: figures, and the picture of the dials that mattered."""
    if tuned is None:
        return
    run.log_metrics(tuned.metrics())
    if tuned.picture is not None:
        run.log_text(f"pictures/{tuned.picture.name}.svg", tuned.picture.file())
