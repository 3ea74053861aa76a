"""Risks of several horizons: a planted hazard is found, none is ever at odds with another."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.config import Booster
from churnlab.models import boosted, files
from churnlab.models.boosted import Rows
from churnlab.models.churn import fit_churn
from churnlab.models.files import Models
from churnlab.models.hazard import Hazard, fit_hazard, numbered, periods, spread
from churnlab.models.recipe import Recipe
from customers import QUICK, described, drawn, on

NAN = np.nan
ALSO, DAYS = (30, 60), 90
ALL = (*ALSO, DAYS)
SLOW, FAST = 1 / 200, 1 / 40  # events a day


def planted(customers=1_500, *, leaving, seed=1):
    """Customers whose event comes with a constant hazard: of the panel, and (n,) how many a day."""
    random = np.random.default_rng(seed)
    panel = drawn(customers, dates=(0, 30), seed=seed)
    hazard = np.where(random.random(len(panel)) < 0.5, SLOW, FAST)
    comes = random.exponential(1 / hazard)
    labels = {days: ((comes < days) == leaving).astype(float) for days in ALL}
    numbers = np.stack([np.log(hazard), panel.numbers[:, 3]], axis=1).astype(np.float32)
    planted = replace(
        panel,
        numbers=numbers,
        features=(described("speed"), described("noise")),
        categories={},
        churned=labels[DAYS],
        sooner={f"churned_{days}d": labels[days] for days in ALSO},
    )
    return planted, hazard


def fitted(panel, *, leaving, learned_days=DAYS, models=QUICK):
    known = on(panel, 0)
    churn = fit_churn(panel, known, models)
    spans = {"also_days": ALSO, "days": DAYS, "learned_days": learned_days}
    return churn, fit_hazard(panel, known, churn.recipe, models, **spans, leaving=leaving)


@pytest.mark.parametrize("leaving", [True, False])
def test_a_planted_hazard_is_found(leaving):
    panel, hazard = planted(leaving=leaving)
    churn, model = fitted(panel, leaving=leaving)
    test = panel.take(on(panel, 30))
    risks = model.risks(churn.recipe, test, churn.risk(test))
    for days in ALSO:
        gone = 1 - np.exp(-days * hazard[on(panel, 30)])  # .14 and .53 in 30 days, .26 and .78 in 60
        true = gone if leaving else 1 - gone
        for speed in (SLOW, FAST):
            rows = hazard[on(panel, 30)] == speed
            assert risks[days][rows].mean() == pytest.approx(true[rows][0], abs=0.04), (days, speed)
        assert np.abs(risks[days] - true).mean() < 0.05


@pytest.fixture(scope="module", params=[True, False], ids=["leaving", "ordering"])
def models(request):
    panel, _ = planted(300, leaving=request.param)
    return panel, *fitted(panel, leaving=request.param)


def check_law(model, risks, whole):
    """Each horizon against the next, the longest being that of the churn model itself."""
    steps = [*risks.values(), whole]
    assert list(risks) == list(ALSO)
    for short, long in itertools.pairwise(steps):
        assert ((short <= long) if model.leaving else (short >= long)).all()
        assert ((short >= 0) & (short <= 1)).all()


@given(whole=st.lists(st.integers(0, 10**6), min_size=1, max_size=20), seed=st.integers(0, 99))
def test_no_horizon_is_at_odds_with_a_longer_one(models, whole, seed):
    """Whatever the churn model says, certainty included, of whatever customers."""
    panel, churn, model = models
    random = np.random.default_rng(seed)
    some = panel.take(random.integers(0, len(panel), len(whole)))
    wild = np.where(
        random.random(some.numbers.shape) < 0.3, NAN, 1e3 * random.normal(size=some.numbers.shape)
    )
    some = replace(some, numbers=wild.astype(np.float32))
    risk = np.array(whole) / 10**6  # six decimals, as the churn model says them
    check_law(model, model.risks(churn.recipe, some, risk), risk)


@pytest.mark.parametrize("leaving", [True, False])
def test_hazards_that_nothing_is_known_of_keep_the_law(leaving):
    """A target that never comes, or always: hazards at their ends."""
    panel, _ = planted(300, leaving=leaving)
    for label in (0.0, 1.0):
        flat = np.full(len(panel), label)
        same = replace(panel, churned=flat, sooner=dict.fromkeys(panel.sooner, flat))
        recipe = Recipe.learn(same)
        model = fit_hazard(
            same,
            on(same, 0),
            recipe,
            QUICK,
            also_days=ALSO,
            days=DAYS,
            learned_days=DAYS,
            leaving=leaving,
        )
        risk = np.linspace(0, 1, len(same)).round(6)
        check_law(model, model.risks(recipe, same, risk), risk)


def test_periods_by_hand():
    # Labels at 30, 60 and 90 days: a leaves in the second interval, b never, c in the first; of d
    # nothing is known after 30 days, and e is not asked for.
    told = [
        np.array([0.0, 0.0, 1.0, 0.0, 0.0]),
        np.array([1.0, 0.0, 1.0, NAN, 1.0]),
        np.array([1.0, 0.0, 1.0, 1.0, 1.0]),
    ]
    rows, number, event = periods(told, np.array([0, 1, 2, 3]), leaving=True)
    assert rows.tolist() == [0, 1, 2, 3, 0, 1, 1]
    assert number.tolist() == [0, 0, 0, 0, 1, 1, 2]
    assert event.tolist() == [0, 0, 1, 0, 1, 0, 0]
    # Where orders are the event, 0 is the label of whoever had one.
    _, number, event = periods([1 - label for label in told], np.array([0, 1, 2, 3]), leaving=False)
    assert number.tolist() == [0, 0, 0, 0, 1, 1, 2]
    assert event.tolist() == [0, 0, 1, 0, 1, 0, 0]


def test_hazards_add_up_by_hand(monkeypatch):
    # Hazards of .2, .5 and .2: S = .8, .4, .32; with .32 of the whole horizon kept as it is.
    said = [0.2, 0.5, 0.2]
    monkeypatch.setattr(
        boosted.Trees,
        "margin",
        lambda _, matrix: np.full(
            len(matrix), np.log(said[int(matrix[0, -1])] / (1 - said[int(matrix[0, -1])]))
        ),
    )
    model = Hazard(boosted.Trees(b""), ALSO, DAYS, ALL, leaving=True)
    share = model.shares(np.zeros((1, 2), np.float32))[0]
    np.testing.assert_allclose(share, np.log([0.8, 0.4]) / np.log(0.32))
    risks = [spread(np.array([1 - 0.32]), each, leaving=True).item() for each in share]
    assert risks == [0.2, 0.6]
    away = [spread(np.array([0.32]), each, leaving=False).item() for each in share]
    assert away == [0.8, 0.4]


def test_beyond_what_was_learned_the_last_interval_goes_on(monkeypatch):
    # Learned: 30 and 45 days, hazards -log S of 1 and 2. 15 days bring 1: 60 days 3, 90 days 5.
    margin = np.log(np.expm1(1.0))  # a hazard of 1 - exp(-1)
    monkeypatch.setattr(boosted.Trees, "margin", lambda _, matrix: np.full(len(matrix), margin))
    model = Hazard(boosted.Trees(b""), ALSO, DAYS, (30, 45), leaving=False)
    np.testing.assert_allclose(model.shares(np.zeros((1, 2), np.float32)), [[1 / 5, 3 / 5]])
    alone = Hazard(boosted.Trees(b""), ALSO, DAYS, (20,), leaving=False)
    np.testing.assert_allclose(alone.shares(np.zeros((1, 2), np.float32)), [[30 / 90, 60 / 90]])


def test_a_part_of_the_horizon_can_be_learned(models):
    panel, churn, model = models
    spans = {"also_days": ALSO, "days": DAYS, "learned_days": 45}
    short = fit_hazard(panel, on(panel, 0), churn.recipe, QUICK, **spans, leaving=model.leaving)
    assert short.ends == (30, 45)
    risk = churn.risk(panel)
    check_law(short, short.risks(churn.recipe, panel, risk), risk)


def test_a_row_alone_has_the_risks_it_has_among_others(models):
    panel, churn, model = models
    risk = churn.risk(panel)
    among = model.risks(churn.recipe, panel, risk)
    for row in (0, 7, len(panel) - 1):
        alone = model.risks(churn.recipe, panel.take(np.array([row])), risk[[row]])
        assert {days: each.tobytes() for days, each in alone.items()} == {
            days: each[row].tobytes() for days, each in among.items()
        }


def test_rows_are_made_when_they_are_asked_for():
    asked = []

    def make(start, end):
        asked.append((start, end))
        return np.arange(2 * start, 2 * end, dtype=np.float32).reshape(-1, 2)

    rows = numbered(Rows((4, 2), make), np.array([0, 0, 1, 2], np.float32))
    assert (rows.shape, asked) == ((4, 3), [])
    assert rows.make(1, 3).tolist() == [[2, 3, 0], [4, 5, 1]]
    assert asked == [(1, 3)]


def test_only_training_rows_decide_and_threads_do_not(models):
    panel, churn, model = models
    late = on(panel, 30)
    hidden = {name: np.where(late, NAN, values) for name, values in panel.sooner.items()}
    mixed = replace(panel, churned=np.where(late, NAN, panel.churned), sooner=hidden)
    again = fit_hazard(
        mixed,
        on(panel, 0),
        churn.recipe,
        QUICK.model_copy(update={"threads": 2}),
        also_days=ALSO,
        days=DAYS,
        learned_days=DAYS,
        leaving=model.leaving,
    )
    assert again == model


def test_it_is_kept_with_the_models_and_absent_where_it_is_not_asked_for(models, tmp_path):
    _, churn, model = models
    plain, whole = tmp_path / "plain", tmp_path / "whole"
    for folder in (plain, whole):
        folder.mkdir()
    before = files.save(plain, Models(churn, None, {}))
    digests = files.save(whole, Models(churn, None, {}, model))
    assert sorted(before) == ["churn.json", "meta.json"]
    assert b"hazard" not in (plain / "meta.json").read_bytes()
    assert sorted(digests) == ["churn.json", "hazard.json", "meta.json"]
    assert digests["churn.json"] == before["churn.json"]
    loaded = files.load(whole, digests)
    assert loaded.hazard == model
    assert (loaded.also_days, files.load(plain, before).also_days) == (ALSO, ())
    assert files.load(whole, None).hazard == model


def test_the_booster_has_the_dials_of_the_churn_model(models):
    panel, churn, model = models
    dials = QUICK.model_copy(update={"churn": Booster(trees=3)})
    spans = {"also_days": ALSO, "days": DAYS, "learned_days": DAYS}
    few = fit_hazard(panel, on(panel, 0), churn.recipe, dials, **spans, leaving=model.leaving)
    assert len(few.trees.content) < len(model.trees.content) / 5
