"""The search: each trial from its own seed, none of the best given up, and nothing lost by a kill."""

import itertools
import signal
import subprocess
import sys

import numpy as np
import pytest

import killed_search
from churnlab.config.project import Booster
from churnlab.tuning import journal, tune
from churnlab.tuning import search as searching
from churnlab.tuning.judging import LOOKS, Verdict
from churnlab.tuning.search import search
from customers import QUICK
from killed_search import FOLDS, PANEL, PLAN

CONFIGURED = Booster()
ERROR = 0.05  # the standard error of a planted loss


class Planted:
    """A judge who knows the best dials. Losses fall with time, and waver until a fold is over."""

    def __init__(self, waver=0.0, folds=3, times=5):
        self.waver, self.folds, self.times, self.asked = waver, folds, times, []

    def final(self, booster):
        depth, rate = (booster.depth - 5) / 6, np.log10(booster.learning_rate / 0.05)
        return 0.3 + 0.2 * (depth**2 + rate**2 + (booster.subsample - 0.7) ** 2)

    def judge(self, booster, look, *, stop=True):  # noqa: ARG002 - as a judge is asked
        random = np.random.default_rng(booster.depth * 1_000 + int(booster.subsample * 1e6))
        told, grown = self.final(booster), 0
        for fold, time in itertools.product(range(self.folds), range(1, self.times + 1)):
            grown += 10
            step = fold * LOOKS + (time if time < self.times else LOOKS - 1)
            waver = self.waver if time < self.times else 0
            waved = told + 0.2 / time + waver * random.uniform(-1, 1)
            if (fold, time) != (self.folds - 1, self.times) and look(step, waved):
                self.asked.append((booster, True))
                return Verdict(waved, None, grown)
        self.asked.append((booster, False))
        return Verdict(told, booster.trees, grown)

    def row_losses(self, booster):  # noqa: ARG002
        # Of each fold: a standard deviation of 1 and 400 rows, so an error of 1/20.
        return [np.tile([0.0, 2.0], 200) for _ in range(self.folds)]


def searched(judge, n_trials, study=None, seed=0):
    study = journal.study(None, "") if study is None else study
    return search(study, judge, CONFIGURED, 50, n_trials, seed=seed, told=lambda _: None)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_a_planted_search_is_never_given_up(seed):
    # Wavering by half of what is allowed after the last fold, the best is never behind by more.
    judge = Planted(waver=searching.NOISE_SHARE * ERROR / np.sqrt(3) / 2)
    trials = searched(judge, 25, seed=seed)
    finals = [judge.final(booster) for booster, _ in judge.asked]
    best = int(np.argmin(finals))
    assert not trials[best].given_up
    assert sum(trial.given_up for trial in trials) >= 8
    assert sum(trial.grown for trial in trials) < 0.7 * 25 * 150


def test_a_rule_that_allows_no_noise_gives_up_the_best_somewhere(monkeypatch):
    """The mutant of the test above: it can fail."""
    monkeypatch.setattr(searching, "NOISE_SHARE", -0.5)
    found = []
    for seed in range(4):
        judge = Planted(waver=0.003)
        trials = searched(judge, 25, seed=seed)
        best = int(np.argmin([judge.final(booster) for booster, _ in judge.asked]))
        found.append(trials[best].given_up)
    assert any(found)


def test_noise_by_hand():
    # Variances 1 and 4 of 4 rows each: errors sqrt(1/4), and sqrt(1/4 + 4/4) / 2 of the mean of both.
    losses = [np.array([0.0, 2, 0, 2]), np.array([0.0, 4, 0, 4])]
    assert searching.noise(losses) == pytest.approx([0.5, np.sqrt(1.25) / 2])


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, second, other = (searched(Planted(), 6, seed=seed) for seed in (3, 3, 4))
    assert first == second
    assert [trial.dials for trial in first[1:]] != [trial.dials for trial in other[1:]]


def test_fifteen_trials_and_fifteen_more_are_thirty(tmp_path):
    whole = searched(Planted(waver=0.003), 30)
    first = searched(Planted(waver=0.003), 15, journal.study(tmp_path, "planted"))
    judge = Planted(waver=0.003)
    both = searched(judge, 30, journal.study(tmp_path, "planted"))
    assert len(judge.asked) == 15
    assert first == whole[:15]
    assert both == whole
    # And asking again, for as many or fewer, runs nothing.
    idle = Planted()
    assert searched(idle, 15, journal.study(tmp_path, "planted")) == whole[:15]
    assert idle.asked == []


def told(tuned):
    return tuned.trials, tuned.booster, tuned.gain, tuned.error, tuned.note


@pytest.mark.parametrize("looks", [0, 20, 55], ids=["in the first trial", "in the second", "later"])
def test_a_search_killed_in_the_middle_of_a_trial_ends_like_one_that_was_not(tmp_path, looks):
    whole = tune(PANEL, FOLDS, QUICK, PLAN)
    folder = tmp_path / "tuning"

    words = [sys.executable, killed_search.__file__, str(folder), str(looks)]
    assert subprocess.run(words, check=False, timeout=120).returncode == -signal.SIGKILL
    heard = []
    resumed = tune(PANEL, FOLDS, QUICK, PLAN, folder=folder, told=heard.append)
    assert told(resumed) == told(whole)
    assert tuple(heard) == whole.trials  # those before the kill are told as well


def test_fifteen_real_trials_and_more_are_the_whole(tmp_path):
    whole = tune(PANEL, FOLDS, QUICK, PLAN)
    tune(PANEL, FOLDS, QUICK, PLAN.model_copy(update={"n_trials": 5}), folder=tmp_path)
    assert told(tune(PANEL, FOLDS, QUICK, PLAN, folder=tmp_path)) == told(whole)
