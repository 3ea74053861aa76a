"""Tuning: chosen on its own folds, the same choice every time, by more than noise or not at all."""

import numpy as np
import pytest

from churnlab.config.project import Tuning
from churnlab.errors import DataError
from churnlab.evaluation.probability import log_loss
from churnlab.folds import Fold
from churnlab.models import boosted
from churnlab.models.recipe import Recipe
from churnlab.tuning import choice, tune
from customers import QUICK, drawn, on

PANEL = drawn(200, dates=(0, 30, 60, 90))
FOLDS = [
    Fold(on(PANEL, 0), on(PANEL, 30), (0,), (30,)),
    Fold(on(PANEL, 0, 30), on(PANEL, 60), (0, 30), (60,)),
]


def plan(n_trials, most_trees=60):
    return Tuning(n_trials=n_trials, most_trees=most_trees)


def loss(booster, panel=PANEL):
    """By its definition: fitted anew on each fold, judged by the fold's later rows."""
    losses = []
    for fold in FOLDS:
        train, test = np.flatnonzero(fold.train), np.flatnonzero(fold.test)
        recipe = Recipe.learn(panel, train)
        how = {"seed": QUICK.seed, "threads": 1}
        trees = boosted.fit(
            recipe.rows(panel, train), panel.churned[train], booster, "binary:logistic", **how
        )
        margin = trees.margins(recipe.rows(panel, test))
        losses.append(float(log_loss(panel.churned[test], 1 / (1 + np.exp(-margin)))))
    return np.mean(losses)


def test_the_loss_of_a_trial_is_that_of_a_plain_fit_with_its_dials_and_trees():
    told, shares = [], []
    tuned = tune(PANEL, FOLDS, QUICK, plan(6), progress=shares.append, told=told.append)
    assert tuple(told) == tuned.trials
    assert shares == pytest.approx(np.arange(1, 7) / 6)
    complete = [trial for trial in tuned.trials if not trial.given_up]
    for trial in complete:
        booster = QUICK.churn.model_copy(update={**trial.dials, "trees": trial.trees})
        assert trial.loss == pytest.approx(loss(booster), abs=1e-6)
    assert tuned.best.loss == min(trial.loss for trial in complete)
    assert tuned.gain == pytest.approx(tuned.trials[0].loss - tuned.best.loss, abs=1e-6)


def test_the_first_trial_is_the_configuration_itself_with_all_of_its_trees():
    tuned = tune(PANEL, FOLDS, QUICK, plan(1))
    assert tuned.booster == QUICK.churn
    (trial,) = tuned.trials
    assert (trial.trees, trial.grown) == (40, 80)
    assert trial.dials == {name: getattr(QUICK.churn, name) for name in trial.dials}
    assert "none was better than the configured settings" in tuned.note


def test_dials_outside_the_search_and_zeros_are_still_tried_first():
    odd = QUICK.churn.model_copy(update={"depth": 12, "reg_lambda": 0, "min_child_weight": 0})
    tuned = tune(PANEL, FOLDS, QUICK.model_copy(update={"churn": odd}), plan(1))
    assert tuned.booster == odd
    assert tuned.trials[0].loss == pytest.approx(loss(odd), abs=1e-6)


def test_settings_that_learn_nothing_are_replaced_and_the_sentence_says_by_how_much():
    poor = QUICK.model_copy(update={"churn": QUICK.churn.model_copy(update={"trees": 1})})
    tuned = tune(PANEL, FOLDS, poor, plan(8))
    assert tuned.booster != poor.churn
    assert tuned.booster.trees == tuned.best.trees
    assert tuned.gain > 2 * tuned.error > 0
    assert f"trees {tuned.best.trees} (log loss {tuned.best.loss:.4f} instead of" in tuned.note
    # A valid section of the configuration: what it says can be written there.
    assert type(tuned.booster).model_validate(tuned.booster.model_dump()) == tuned.booster


def test_where_nothing_can_be_told_the_configured_settings_stay():
    deaf = drawn(200, dates=(0, 30, 60, 90))
    deaf.churned[:] = np.random.default_rng(1).random(len(deaf)) < 0.3
    still = QUICK.churn.model_copy(update={"trees": 1, "learning_rate": 0.01})
    models = QUICK.model_copy(update={"churn": still})
    tuned = tune(deaf, FOLDS, models, plan(8))
    assert tuned.booster == still
    assert "stay" in tuned.note or "none was better" in tuned.note


def test_what_happens_at_the_test_date_is_not_seen():
    """The rows of the final window are poisoned in every way there is: no trial changes by a bit."""
    seen = tune(PANEL, FOLDS, QUICK, plan(4))
    for label in (np.nan, 1.0, -7.0):
        later = drawn(200, dates=(0, 30, 60, 90))
        final = on(PANEL, 90)
        later.churned[final] = label
        later.numbers[final] = np.nan if np.isnan(label) else 1e9
        later.categories["city"][final] = "Atlantis"
        poisoned = tune(later, FOLDS, QUICK, plan(4))
        assert (poisoned.trials, poisoned.gain, poisoned.error) == (seen.trials, seen.gain, seen.error)
        assert poisoned.booster == seen.booster


def test_the_rows_that_are_judged_by_are_seen():
    # The poison above is one that a look would notice.
    later = drawn(200, dates=(0, 30, 60, 90))
    later.numbers[on(PANEL, 60)] = 1e9
    assert tune(later, FOLDS, QUICK, plan(1)).trials != tune(PANEL, FOLDS, QUICK, plan(1)).trials


def test_without_folds_there_is_nothing_to_choose_by():
    with pytest.raises(DataError, match=r"(?s)no earlier fold to tune on.*tuning.n_trials to 0"):
        tune(PANEL, [], QUICK, plan(3))
    everybody_stayed = drawn(200, dates=(0, 30, 60, 90))
    everybody_stayed.churned[on(PANEL, 0, 30, 60)] = 0
    with pytest.raises(DataError, match=r"(?s)no earlier fold.*2 earlier, in which everybody stayed"):
        tune(everybody_stayed, FOLDS, QUICK, plan(3))


def test_gains_of_one_customer_count_together():
    # By hand: customers gain 3, 1 and -1, mean 1; variance (4 + 0 + 4) / 2 = 4, of the sum 3 x 4.
    customers = np.array(["a", "b", "a", "c"], dtype=object)
    gain, error = choice.by_customer(np.array([1.0, 1.0, 2.0, -1.0]), customers)
    assert (gain, error) == pytest.approx((3, np.sqrt(12)))
    assert not choice.is_clear(gain, error)
    assert choice.is_clear(3, 1.4)
    assert not choice.is_clear(3, 1.5)
    assert choice.by_customer(np.ones(2), np.array(["a", "a"], dtype=object)) == (2, np.inf)


def test_few_trials_say_nothing_of_the_dials_and_more_say_the_same_every_time():
    assert tune(PANEL, FOLDS, QUICK, plan(3)).picture is None
    first, second = (tune(PANEL, FOLDS, QUICK, plan(12, most_trees=20)) for _ in range(2))
    assert first.weights == second.weights
    assert sum(first.weights.values()) == pytest.approx(1)
    assert list(first.weights.values()) == sorted(first.weights.values(), reverse=True)
    assert first.picture.svg == second.picture.svg
    assert "Share of the differences between 12 trials" in first.picture.alt
