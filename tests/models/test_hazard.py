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
from churnlab.models.hazard import Hazard, Interval, fit_hazard, periods, spread
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
@pytest.mark.parametrize("first", [True, False])
def test_intervals_without_a_single_event_keep_the_law(leaving, first):
    """All events of the horizon come in its first 30 days, or all of them after 60."""
    panel, _ = planted(300, leaving=leaving)
    early = panel.churned if first else np.full(len(panel), float(not leaving))
    churn, model = fitted(replace(panel, sooner=dict.fromkeys(panel.sooner, early)), leaving=leaving)
    assert [interval.trees is None for interval in model.intervals] == [not first, True, first]
    risk = np.linspace(0, 1, len(panel)).round(6)
    risks = model.risks(churn.recipe, panel, risk)
    check_law(model, risks, risk)
    # Nothing is left for the days after, or all of it.
    np.testing.assert_allclose(risks[60], risk if first else float(not leaving), atol=2e-4)


def test_an_interval_that_nobody_begins_is_no_mistake():
    """Everybody's event comes in the first 30 days."""
    told = [np.ones(40), np.ones(40)]
    (rows, event), (none, nothing) = periods(told, np.arange(40), leaving=True)
    assert (len(rows), event.sum(), len(none), len(nothing)) == (40, 40, 0, 0)
    panel, _ = planted(40, leaving=True)
    all_gone = replace(
        panel, churned=np.ones(len(panel)), sooner=dict.fromkeys(panel.sooner, np.ones(len(panel)))
    )
    spans = {"also_days": ALSO, "days": DAYS, "learned_days": DAYS}
    model = fit_hazard(all_gone, on(panel, 0), Recipe.learn(panel), QUICK, **spans, leaving=True)
    assert [interval.share for interval in model.intervals] == [1, 0, 0]
    risk = np.full(len(panel), 0.4)
    np.testing.assert_allclose(model.risks(Recipe.learn(panel), panel, risk)[30], risk, atol=2e-6)


def test_periods_by_hand():
    # Labels at 30, 60 and 90 days: a leaves in the second interval, b never, c in the first; of d
    # nothing is known after 30 days, and e is not asked for.
    told = [
        np.array([0.0, 0.0, 1.0, 0.0, 0.0]),
        np.array([1.0, 0.0, 1.0, NAN, 1.0]),
        np.array([1.0, 0.0, 1.0, 1.0, 1.0]),
    ]
    asked = np.array([0, 1, 2, 3])
    expected = [([0, 1, 2, 3], [0, 0, 1, 0]), ([0, 1], [1, 0]), ([1], [0])]
    found = [(rows.tolist(), event.tolist()) for rows, event in periods(told, asked, leaving=True)]
    assert found == expected
    # Where orders are the event, 0 is the label of whoever had one.
    other = [1 - label for label in told]
    found = [(rows.tolist(), event.tolist()) for rows, event in periods(other, asked, leaving=False)]
    assert found == expected


def flat(*hazards, ends=ALL, leaving=True):
    """The same hazard for everybody, interval by interval."""
    intervals = tuple(Interval(end, share, None) for end, share in zip(ends, hazards, strict=True))
    return Hazard(intervals, ALSO, DAYS, leaving)


def test_hazards_by_hand():
    # Hazards of .2, .5 and .2: still without the event are .8, .4 and .32, so .2, .6 and .68 had it.
    parts = flat(0.2, 0.5, 0.2).parts(np.zeros((1, 2), np.float32))
    np.testing.assert_allclose(parts, [[0.2 / 0.68, 0.6 / 0.68]])
    risks = [spread(np.array([0.68]), each, leaving=True).item() for each in parts[0]]
    assert risks == [0.2, 0.6]
    away = [spread(np.array([0.32]), each, leaving=False).item() for each in parts[0]]
    assert away == [0.8, 0.4]


def test_beyond_what_was_learned_the_last_interval_goes_on():
    # Learned: 30 and 45 days, each a cumulative hazard of 1. 15 days bring 1: 60 days 3, 90 days 5.
    one = 1 - np.exp(-1)
    model, nobody = flat(one, one, ends=(30, 45)), np.zeros((1, 2), np.float32)
    np.testing.assert_allclose(model.parts(nobody), np.expm1([[-1, -3]]) / np.expm1(-5))
    alone = flat(one, ends=(20,))  # 20 days bring 1: 30 days 1.5, 60 days 3, 90 days 4.5
    np.testing.assert_allclose(alone.parts(nobody), np.expm1([[-1.5, -3]]) / np.expm1(-4.5))


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


def test_rows_are_made_block_by_block(models, monkeypatch):
    """Neither the rows of an interval nor those of all intervals ever stand together."""
    panel, churn, model = models
    most, fit = [], boosted.fit

    def spied(rows, *args, **kwargs):
        def make(start, end):
            most.append(end - start)
            return rows.make(start, end)

        return fit(Rows(rows.shape, make), *args, **kwargs)

    monkeypatch.setattr(boosted, "BLOCK", 64 * len(churn.recipe.columns))
    monkeypatch.setattr(boosted, "fit", spied)
    spans = {"also_days": ALSO, "days": DAYS, "learned_days": DAYS}
    again = fit_hazard(panel, on(panel, 0), churn.recipe, QUICK, **spans, leaving=model.leaving)
    assert again == model
    assert max(most) == 64


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
    assert files.save(tmp_path, loaded) == digests
    assert (loaded.also_days, files.load(plain, before).also_days) == (ALSO, ())
    assert files.load(whole, None).hazard == model


def test_the_booster_has_the_dials_of_the_churn_model(models):
    panel, churn, model = models
    dials = QUICK.model_copy(update={"churn": Booster(trees=3)})
    spans = {"also_days": ALSO, "days": DAYS, "learned_days": DAYS}
    few = fit_hazard(panel, on(panel, 0), churn.recipe, dials, **spans, leaving=model.leaving)
    assert len(few.content) < len(model.content) / 5
