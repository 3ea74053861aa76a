"""Which dials mattered: the share of the differences between trials that each explains (fANOVA).

Hutter, Hoos and Leyton-Brown (2014), as Optuna computes it, from a fixed seed. Trials that were given
up take part with what they were behind the first one when they were: leaving them out would show
only where the good ones are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from churnlab.config.project import Booster
from churnlab.explain.canvas import BLUE, INK, Picture, draw
from churnlab.tuning import dials
from churnlab.tuning.results import Trial

LEAST = 10  # trials: of fewer, nothing is said


def weights(trials: Sequence[Trial], booster: Booster, seed: int) -> dict[str, float]:
    """Dial -> share, the largest first; none for too few trials, or where all are alike."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator

    if len(trials) < LEAST or len({trial.behind for trial in trials}) < 2:
        return {}
    study = optuna.create_study(direction="minimize")
    ends = dials.distributions(booster)
    for trial in trials:
        study.add_trial(
            optuna.trial.create_trial(params=dict(trial.dials), distributions=ends, value=trial.behind)
        )
    found = optuna.importance.get_param_importances(
        study, evaluator=FanovaImportanceEvaluator(seed=seed % 2**32)
    )
    shares = {name: float(share) for name, share in found.items()}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def picture(shares: Mapping[str, float], trials: int) -> Picture | None:
    """A bar for each dial, the largest on top."""
    if not shares:
        return None
    names = list(shares)[::-1]
    percent = [100 * shares[name] for name in names]

    def paint(axes: Any) -> None:
        bars = axes.barh(range(len(names)), percent, color=BLUE, height=0.7)
        axes.bar_label(bars, [f"{value:.0f} %" for value in percent], padding=3, color=INK)
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axes.set(xlim=(0, 115), xlabel="share of the differences between trials, %")
        axes.set_title(f"Which dials mattered, of {trials} trials")

    told = ", ".join(f"{name.replace('_', ' ')} {100 * share:.0f} %" for name, share in shares.items())
    alt = f"Share of the differences between {trials} trials: {told}."
    return draw("tuning-dials", alt, (5.4, 2.8), paint)
