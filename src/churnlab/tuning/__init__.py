"""Choose the boosters' dials on folds before the test date: the only importer of Optuna.

    dials     what is searched, and where
    judging   the folds, binned once; a booster grows on each of them until later rows stop gaining
    search    trials one after the other, each from its own seed; those that fall behind are given up
    journal   trials on disk as they end, so that a search that was killed goes on
    choice    the best trial against the configured settings: more than noise, or they stay
    weight    which dials mattered, and its picture

Off unless asked for. Nothing it sees is settled later than the test date.
"""

from churnlab.tuning.results import Trial, Tuned
from churnlab.tuning.tune import tune

__all__ = ["Trial", "Tuned", "tune"]
