"""Judge boosters on folds in time: bins are made once, and every trial grows its trees on them.

    fold 1   learn |-----|  judge     time of boosting = trees x learning rate: at equal times fast and
    fold 2   learn |--------|  judge  slow learners are about equally far, so trials are compared there
    fold 3   learn |-----------|  judge

A trial's number of trees is where the mean of the folds' losses is lowest. That is one dial more,
read off the same later rows as the others, and all of them are settled before the test date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Booster, Models
from churnlab.errors import DataError
from churnlab.folds import Fold
from churnlab.models import boosted
from churnlab.models.boosted import Bins, Grown
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
# Told after each unit of boosting time and each fold: (step, mean loss so far) -> whether to give up.
Look = Callable[[int, float], bool]

UNIT = 0.5  # of boosting time, between two looks
PATIENCE = 0.5  # boosting time without a better loss, after which a fold has nothing more to say
FEWEST = 10  # trees without a better loss, for fast learners
ASKED = 0.1  # boosting time after which later rows are asked again, if more than one tree grew
LOOKS = 1_000  # steps of a fold: its times, and its end
_LEAST = 1e-6


def end_of(step: int) -> int:
    """The step at which the fold of this one is over."""
    return step - step % LOOKS + LOOKS - 1


def is_end(step: int) -> bool:
    """Whether a fold is over at this step."""
    return step == end_of(step)


@dataclass(frozen=True)
class Verdict:
    """``loss``: the mean over the folds asked. ``trees``: None where the trial was given up."""

    loss: float
    trees: int | None
    grown: int


@dataclass(frozen=True, eq=False)
class Judged:
    """One fold: its bins, and the outcomes and customers of the rows it judges by, (n,) each."""

    bins: Bins
    outcome: Floats
    customer_id: NDArray[np.object_]

    def losses(self, risk: Floats) -> Floats:
        """(n,) log loss of each row."""
        inside = np.clip(risk, _LEAST, 1 - _LEAST)
        return -np.log(np.where(self.outcome == 1, inside, 1 - inside))


@dataclass(eq=False)
class Judge:
    """Folds that boosters are judged on, the oldest and smallest first."""

    folds: Sequence[Judged]
    seed: int
    threads: int
    # Row losses that are compared in the end: of the configured settings, and of the best so far.
    _first: tuple[Booster, list[Floats]] | None = field(default=None, init=False)
    _best: tuple[Booster, list[Floats], float] | None = field(default=None, init=False)

    @classmethod
    def of(cls, panel: Panel, folds: Sequence[Fold], models: Models, stack: ExitStack) -> Judge:
        """Bin the rows of each fold, which lasts as long as ``stack``."""
        learning = [np.flatnonzero(fold.train) for fold in folds]
        judging = [np.flatnonzero(fold.test) for fold in folds]
        recipes = [Recipe.learn(panel, rows) for rows in learning]
        numbers = sum(len(rows) * len(each.columns) for rows, each in zip(learning, recipes, strict=True))
        made = []
        for learn, judge, recipe in zip(learning, judging, recipes, strict=True):
            bins = boosted.bins(
                recipe.rows(panel, learn),
                panel.churned[learn],
                recipe.rows(panel, judge),
                panel.churned[judge],
                threads=models.threads,
                stack=stack,
                on_disk=numbers > boosted.EXTERNAL,  # all folds are kept at once
            )
            made.append(Judged(bins, panel.churned[judge], panel.customer_id[judge]))
        return cls(made, models.seed, models.threads)

    def judge(self, booster: Booster, look: Look, *, stop: bool = True) -> Verdict:
        """Grow up to ``booster.trees`` on each fold. ``stop`` False: all of them, and none is chosen."""
        patience = max(FEWEST, round(PATIENCE / booster.learning_rate)) if stop else None
        curves: list[Floats] = []
        grown: list[Grown] = []
        trees_grown = 0
        for number, fold in enumerate(self.folds):
            earlier = [curve.min() for curve in curves]

            def so_far(loss: float, earlier: list[float] = earlier) -> float:
                return float(np.mean([*earlier, loss]))

            def told(time: int, loss: float, first: int = number * LOOKS) -> bool:
                return time < LOOKS - 1 and look(first + time, so_far(loss))

            watch = _Watch(fold, booster, _every(booster), patience, told)
            grown.append(self._grown(fold, booster, watch, watch.every))
            curves.append(np.array(watch.curve))
            trees_grown += watch.trees
            last = number + 1 == len(self.folds)
            if watch.given_up or (not last and look(end_of(number * LOOKS), so_far(watch.best))):
                return Verdict(so_far(watch.best), None, trees_grown)
        length = min(map(len, curves))
        mean = np.mean([curve[:length] for curve in curves], axis=0)
        at = int(np.argmin(mean)) if stop else length - 1
        trees, loss = min((at + 1) * _every(booster), booster.trees), float(mean[at])
        kept = booster.model_copy(update={"trees": trees})
        if not stop:
            self._first = kept, self._rows(grown, trees)
        elif self._best is None or loss < self._best[2]:
            self._best = kept, self._rows(grown, trees), loss
        return Verdict(loss, trees, trees_grown)

    def row_losses(self, booster: Booster) -> list[Floats]:
        """Fold -> (n,) log loss of each row it judges by, of exactly ``booster.trees``."""
        for kept in (self._first, self._best):
            if kept is not None and kept[0] == booster:
                return kept[1]
        grown = [self._grown(fold, booster, _unwatched, booster.trees) for fold in self.folds]
        return self._rows(grown, booster.trees)

    def _rows(self, grown: list[Grown], trees: int) -> list[Floats]:
        return [fold.losses(each.risk(trees)) for fold, each in zip(self.folds, grown, strict=True)]

    def _grown(self, fold: Judged, booster: Booster, watch: Callable[[Floats], bool], every: int) -> Grown:
        how = {"seed": self.seed, "threads": self.threads, "every": every}
        return boosted.grow(fold.bins, booster, watch=watch, **how)


def _every(booster: Booster) -> int:
    return max(1, int(ASKED / booster.learning_rate + 1e-9))


def usable(panel: Panel, folds: Sequence[Fold]) -> list[Fold]:
    """The folds with both outcomes among the rows they learn from, and among those they judge by.

    Raises ``DataError`` where there is none.
    """

    def both(rows: NDArray[np.bool_]) -> bool:
        return bool(0 < panel.churned[rows].sum() < rows.sum())

    found = [fold for fold in folds if both(fold.train) and both(fold.test)]
    if not found:
        raise DataError(
            "there is no earlier fold to tune on",
            got="no snapshot date before the test date is settled before another"
            if not folds
            else f"{len(folds)} earlier, in which everybody stayed or everybody left",
            mend="set tuning.n_trials to 0, or add older data",
        )
    return found


def _unwatched(_: Floats) -> bool:
    return False


@dataclass
class _Watch:
    """Follows one fold: keeps its losses, tells them, and stops where nothing is gained any more."""

    fold: Judged
    booster: Booster
    every: int
    patience: int | None
    told: Callable[[int, float], bool]
    curve: list[float] = field(default_factory=list)
    trees: int = 0
    best: float = np.inf
    best_at: int = 0
    given_up: bool = False

    def __call__(self, risk: Floats) -> bool:
        loss = float(self.fold.losses(risk).mean())
        self.curve.append(loss)
        earlier, before = self.trees, min(self.best, self.curve[0])
        self.trees = min(self.trees + self.every, self.booster.trees)
        if loss < self.best:
            self.best, self.best_at = loss, self.trees
        time = self._time(self.trees)
        if time > self._time(earlier):
            # What the loss was at that very time, which most often falls between two looks.
            over = (self.trees - time * UNIT / self.booster.learning_rate) / (self.trees - earlier)
            self.given_up = self.told(time, self.best + over * (before - self.best))
        return self.given_up or (self.patience is not None and self.trees - self.best_at >= self.patience)

    def _time(self, trees: int) -> int:
        return int(trees * self.booster.learning_rate / UNIT + 1e-9)
