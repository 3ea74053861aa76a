"""Likelihood, P(alive), P(buys) and expected purchases: equal to the story, told by sums and by dice."""

import numpy as np
import pytest

from churnlab.models.btyd import RepeatPurchases
from models.btyd.stories import FAMILIES, PARAMETERS, Sums, bought, lived, seen

HISTORIES = [
    [0, 0, 30],  # bought once
    [0, 0, 0],  # bought once, just now
    [1, 0.2, 1],
    [3, 10, 30.5],
    [5, 30, 30],  # bought at the observation date
    [25, 29, 30],
    [25, 9, 30],  # busy, then silent
]
WINDOWS = [(0, 13), (2, 13), (100, 300), (0, 0.001)]


def known(family, parameters=None):
    record = {"unit": "weeks", "penalty": 0.0, "log_likelihood": 0.0}
    return RepeatPurchases.from_dict(
        {**record, "family": family, "parameters": parameters or PARAMETERS[family]}
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_answer_is_the_storys(family):
    sums, model = Sums(family, PARAMETERS[family]), known(family)
    for history in HISTORIES:
        for start, horizon in WINDOWS:
            ours = [
                model.log_likelihood([history])[0],
                model.alive([history])[0],
                model.buys([history], horizon, start=start)[0],
                model.expected([history], horizon, start=start)[0],
            ]
            theirs = sums.answers(history, start, horizon)
            assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12), (history, start, horizon)


def test_by_hand():
    model = known("bg_nbd", {"r": 1.0, "alpha": 2.0, "a": 1.0, "b": 1.0})
    # Left, a / b x (2 + 2)^-2 = 1/16, against stayed, (2 + 6)^-2 = 1/64: one in five is alive.
    assert model.alive([[1, 2, 6]])[0] == pytest.approx(1 / 5)
    # A living customer of pace Gamma(2, 8) is silent for 8 with (8 / 16)^2 = 1/4.
    assert model.buys([[1, 2, 6]], 8)[0] == pytest.approx(1 / 5 * 3 / 4)
    # Who bought once is alive, of pace Gamma(1, 2 + 6): silent for 8 with 8 / 16.
    assert model.buys([[0, 0, 6]], 8)[0] == pytest.approx(1 / 2)


COUNTS = {"0 repeats": (0, 0), "1 repeat": (1, 1), "2 repeats": (2, 2), "3 and more": (3, np.inf)}


@pytest.fixture(scope="module", params=FAMILIES)
def world(request):
    """(family, histories, purchases in the 2 to 28 weeks after the observation date) of 120,000 customers."""
    random = np.random.default_rng(7)
    age = random.choice([8.0, 20.0, 39.0], 120_000)
    times = lived(request.param, PARAMETERS[request.param], len(age), random, age, until=70.0)
    return request.param, seen(times, age), bought(times, age, 2.0, 26.0)


def check_by_count(model, world):
    """Among customers with as many repeats, as many buy again, and as often, as the model says."""
    _, histories, later = world
    answers = {
        "buys": (model.buys(histories, 26.0, start=2.0), later > 0),
        "expected": (model.expected(histories, 26.0, start=2.0), later),
    }
    for name, (least, most) in COUNTS.items():
        some = (histories[:, 0] >= least) & (histories[:, 0] <= most)
        assert some.sum() > 5_000
        for answer, (ours, truth) in answers.items():
            error = (ours[some] - truth[some]).mean()
            noise = (ours[some] - truth[some]).std() / np.sqrt(some.sum())
            assert abs(error) < 4 * noise, f"{name}: {answer} is off by {error:.4f}, noise {noise:.4f}"


def test_what_customers_do_is_foreseen_whatever_their_count(world):
    check_by_count(known(world[0]), world)


def test_those_who_are_alive_are_those_who_buy_for_ever_after():
    """P(alive) is P(buys) without an end to the horizon, but for those with next to no pace."""
    histories = [[30, 30, 36], [1, 1, 3], [0, 0, 4]]
    for family in ("bg_nbd", "mbg_nbd"):
        model = known(family, {**PARAMETERS[family], "r": 40.0, "alpha": 40.0})
        np.testing.assert_allclose(model.buys(histories, 1e6), model.alive(histories), rtol=1e-9)


MUTANTS = {
    "alive as churn score": lambda model: {"buys": lambda X, horizon, *, start: model.alive(X)},
    "no gap": lambda model: {"buys": lambda X, horizon, *, start: model.buys(X, horizon)},
    "gap bought in too": lambda model: {
        "expected": lambda X, horizon, *, start: model.expected(X, horizon + start)
    },
    "everyone is alive": lambda model: {
        "buys": lambda X, horizon, *, start: model.buys(X, horizon, start=start) / model.alive(X)
    },
    "no one leaves in the gap": lambda model: {
        "buys": lambda X, horizon, *, start: (
            model.alive(X)
            * (
                1
                - (1 + horizon / (model.parameters_["alpha"] + X[:, 2]))
                ** -(model.parameters_["r"] + X[:, 0])
            )
        )
    },
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(world, name, monkeypatch):
    model = known(world[0])
    for method, mutant in MUTANTS[name](known(world[0])).items():
        monkeypatch.setattr(model, method, mutant)
    with pytest.raises(AssertionError, match="is off by"):
        check_by_count(model, world)


def test_one_story_is_not_taken_for_another(world):
    """BG/NBD's parameters told with MBG/NBD's chances to leave, and the other way round."""
    family = world[0]
    if family == "pareto_nbd":
        pytest.skip("has no twin")
    other = {"bg_nbd": "mbg_nbd", "mbg_nbd": "bg_nbd"}[family]
    with pytest.raises(AssertionError, match="is off by"):
        check_by_count(known(other, PARAMETERS[family]), world)


def test_a_fit_finds_the_story(world):
    family, histories, _ = world
    some = histories[:20_000]
    model = RepeatPurchases(family, unit="weeks").fit(some)
    assert model.log_likelihood_ >= known(family).log_likelihood(some).sum()
    assert model.parameters_ == pytest.approx(PARAMETERS[family], rel=0.2)
