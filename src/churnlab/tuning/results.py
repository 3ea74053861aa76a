"""What a search leaves behind: its trials, and the booster that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from churnlab.config.project import Booster
from churnlab.explain.canvas import Picture


@dataclass(frozen=True)
class Trial:
    """One setting of the dials, and what the folds said of it.

    ``loss``: mean log loss over the folds, over those asked so far where it was given up.
    ``trees``: how many were best, None where it was given up. ``grown``: trees of all folds together.
    ``behind``: its loss less that of the first trial at the same point.
    """

    number: int
    dials: Mapping[str, float]
    loss: float
    trees: int | None
    grown: int
    behind: float

    @property
    def given_up(self) -> bool:
        """Whether it fell behind before all folds had been asked."""
        return self.trees is None


@dataclass(frozen=True)
class Tuned:
    """``booster``: what to fit; ``note``: what was found, in a sentence.

    ``gain``, ``error``: how much lower the log loss of the best trial is than that of the configured
    settings, and the standard error of that.
    ``weights``: dial -> share of the differences between trials, the largest first; empty for too few.
    """

    booster: Booster
    trials: tuple[Trial, ...]
    best: Trial
    gain: float
    error: float
    note: str
    weights: Mapping[str, float]
    picture: Picture | None

    def metrics(self) -> dict[str, float]:
        """For the run: how many trials, and what they found."""
        return {
            "tuning_trials": len(self.trials),
            "tuning_given_up": sum(trial.given_up for trial in self.trials),
            "tuning_configured_loss": self.trials[0].loss,
            "tuning_best_loss": self.best.loss,
            "tuning_gain": self.gain,
            "tuning_gain_error": self.error,
        }
