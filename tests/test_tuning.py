"""Tuning: chosen on its own folds, the same choice every time, never worse there than the defaults."""

import numpy as np
import pytest

from churnlab import tuning
from churnlab.errors import DataError
from churnlab.evaluation.probability import log_loss
from churnlab.folds import Fold
from churnlab.models.churn import fit_churn
from customers import QUICK, drawn, on

PANEL = drawn(200)
NONE = on(PANEL)
FOLDS = [Fold(on(PANEL, 0), NONE, on(PANEL, 30), (0,), (), (30,))]


def loss(booster):
    models = QUICK.model_copy(update={"churn": booster, "calibration": "none"})
    fitted = fit_churn(PANEL, FOLDS[0].train, NONE, models)
    judged = PANEL.take(FOLDS[0].test)
    return float(log_loss(judged.churned, fitted.risk(judged)))


def test_three_trials_give_dials_no_worse_than_the_defaults():
    told = []
    booster = tuning.tune(PANEL, FOLDS, QUICK, 3, told.append)
    assert told == pytest.approx([1 / 3, 2 / 3, 1])
    assert loss(booster) <= loss(QUICK.churn)
    assert booster.trees == QUICK.churn.trees
    # A valid section of the configuration: what it says can be written there.
    assert type(booster).model_validate(booster.model_dump()) == booster


def test_the_first_trial_is_the_configuration_itself():
    assert tuning.tune(PANEL, FOLDS, QUICK, 1) == QUICK.churn


def test_the_same_seed_chooses_the_same_and_another_seed_may_not():
    tried = []

    def spied(trial, *args):
        tried.append([trial.suggest_float(name, 0.01, 1) for name in ("subsample", "colsample")])
        return float(np.sum(tried[-1]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "_loss", spied)
        for models in (QUICK, QUICK, QUICK.model_copy(update={"seed": 5})):
            tuning.tune(PANEL, FOLDS, models, 4)
    first, second, other = tried[:4], tried[4:8], tried[8:]
    assert first == second
    assert first[1:] != other[1:]


def test_a_longer_search_begins_like_a_shorter_one(monkeypatch):
    seen = []
    monkeypatch.setattr(
        tuning, "_loss", lambda trial, *_: seen.append(trial.suggest_float("depth", 2, 8)) or seen[-1]
    )
    tuning.tune(PANEL, FOLDS, QUICK, 2)
    tuning.tune(PANEL, FOLDS, QUICK, 4)
    assert seen[:2] == seen[2:4]


def test_what_happens_at_the_test_date_is_not_seen():
    later = drawn(200)
    later.churned[on(PANEL, 60)] = np.nan
    later.numbers[on(PANEL, 60)] = 0
    assert tuning.tune(later, FOLDS, QUICK, 3) == tuning.tune(PANEL, FOLDS, QUICK, 3)


def test_dials_outside_the_search_are_still_tried_first():
    deep = QUICK.model_copy(update={"churn": QUICK.churn.model_copy(update={"depth": 12})})
    assert tuning.tune(PANEL, FOLDS, deep, 1).depth == 12


def test_without_folds_there_is_nothing_to_choose_by():
    with pytest.raises(DataError, match=r"(?s)no earlier fold to tune on.*tuning.n_trials to 0"):
        tuning.tune(PANEL, [], QUICK, 3)
