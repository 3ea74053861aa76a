"""Value if retained: unbiased in total on later rows, zero where it must be, never learned from the test."""

import json
from dataclasses import replace

import numpy as np
import pytest

from churnlab.models import boosted
from churnlab.models.levels import Levels
from churnlab.models.value import ValueModel, fit_value
from customers import QUICK, drawn, on


@pytest.fixture(scope="module")
def panel():
    return drawn(600)


@pytest.fixture(scope="module")
def both(panel):
    return on(panel, 0, 30)


@pytest.fixture(scope="module")
def model(panel, both):
    return fit_value(panel, both, QUICK, same_horizon=True)


def test_a_known_truth_is_found(model, panel):
    """Those who stay bring 10 + spend on average, by construction."""
    test = panel.take(on(panel, 60) & (panel.churned == 0))
    expected = model.if_retained(test)
    truth = 10 + test.number("spend_90d")
    assert np.corrcoef(expected, truth)[0, 1] > 0.9
    assert expected.sum() == pytest.approx(truth.sum(), rel=0.05)


def test_the_factor_is_learned_on_rows_the_trees_have_not_seen(monkeypatch):
    """Pure noise, learned by heart: judged by themselves, trees would look as sure as they are wrong."""
    panel = drawn(300, dates=(0,))
    seen = []
    fit = boosted.fit

    def spied(matrix, target, *args, **kwargs):
        seen.append(len(target))
        return fit(matrix, target, *args, **kwargs)

    monkeypatch.setattr(boosted, "fit", spied)
    every = np.ones(300, dtype=bool)
    fit_value(panel, every, QUICK, same_horizon=True)
    stayed = int((panel.churned == 0).sum())
    third = [stayed // 3, stayed // 3 + (stayed % 3 > 1), stayed // 3 + (stayed % 3 > 0)]
    assert sorted(seen) == sorted([stayed - part for part in third] + [stayed])


def test_money_in_another_unit_only_rescales(panel, model, both):
    cents = replace(panel, value=100 * panel.value)
    other = fit_value(cents, both, QUICK, same_horizon=True)
    assert other.if_retained(panel).sum() == pytest.approx(100 * model.if_retained(panel).sum(), rel=0.02)


def test_who_leaves_brings_nothing_over_the_same_horizon_and_the_mean_over_a_longer_one(panel, both):
    kept = replace(panel, value=np.where(panel.churned == 1, 7.5, panel.value))
    same = fit_value(kept, both, QUICK, same_horizon=True)
    longer = fit_value(kept, both, QUICK, same_horizon=False)
    assert same.if_churned(panel).tolist() == [0] * len(panel)
    assert set(longer.if_churned(panel)) == {7.5}
    # Only rows that may be learned from: at the test date the others brought much more.
    later = replace(kept, value=np.where(both, kept.value, 1e6))
    again = fit_value(later, both, QUICK, same_horizon=False)
    assert again.as_dict() == longer.as_dict()
    assert again.trees.content == longer.trees.content


def test_who_fades_brings_a_share_of_what_staying_would(panel, both):
    """Of a small customer a small amount is left, so that nobody is worth more gone than kept."""
    stayed = 10 + panel.number("spend_90d")
    some = np.random.default_rng(1).gamma(2, 0.5, len(panel))  # 1 in the mean
    faded = replace(panel, value=np.where(panel.churned == 1, 0.4 * stayed * some, panel.value))
    model = fit_value(faded, both, QUICK, same_horizon=False, fades=True)
    share = model.if_churned(panel) / model.if_retained(panel)
    assert share == pytest.approx(np.full(len(panel), model.churned_share))
    assert model.churned_share == pytest.approx(0.4, abs=0.04)
    again = ValueModel.from_dict(json.loads(json.dumps(model.as_dict())), model.trees)
    assert again.if_churned(panel).tolist() == model.if_churned(panel).tolist()
    gone = panel.take(on(panel, 60) & (panel.churned == 1))
    actual = faded.value[on(panel, 60) & (panel.churned == 1)]
    low, high = again.interval(gone, np.full(len(gone), 0.999), again.if_retained(gone))
    for size in (gone.number("spend_90d") > 50, gone.number("spend_90d") <= 50):
        assert ((low <= actual) & (actual <= high))[size].mean() == pytest.approx(0.8, abs=0.12)
    # Only rows that may be learned from.
    later = replace(faded, value=np.where(both, faded.value, 1e6))
    assert fit_value(later, both, QUICK, same_horizon=False, fades=True).as_dict() == model.as_dict()


def test_negative_values_count_as_nothing_and_are_counted(panel, both):
    refunds = replace(panel, value=np.where(panel.churned == 0, panel.value, np.nan).copy())
    where = np.flatnonzero(on(panel, 0) & (panel.churned == 0))[:20]
    refunds.value[where] = -50.0
    zero = replace(refunds, value=refunds.value.copy())
    zero.value[where] = 0.0
    told, silent = (fit_value(some, both, QUICK, same_horizon=True) for some in (refunds, zero))
    assert (told.floored, silent.floored) == (20, 0)
    assert told.trees.content == silent.trees.content
    assert (told.if_retained(panel) > 0).all()


def test_eight_in_ten_lie_inside_the_interval(panel, model):
    test = panel.take(on(panel, 60) & (panel.churned == 0))
    low, high = model.interval(test, np.zeros(len(test)), model.if_retained(test))
    assert (low < high).all()
    assert (test.value < low).mean() == pytest.approx(0.1, abs=0.06)
    assert (test.value > high).mean() == pytest.approx(0.1, abs=0.06)


def test_the_last_fit_learns_from_every_known_row(panel, model):
    wide = fit_value(panel, np.ones(len(panel), bool), QUICK, same_horizon=True)
    assert wide.trees.content != model.trees.content


def test_without_enough_who_bring_anything_there_is_no_model(panel, both):
    poor = replace(panel, value=np.where(np.arange(len(panel)) % 40 == 0, panel.value, 0))
    assert fit_value(poor, both, QUICK, same_horizon=True) is None
    unknown = replace(panel, value=np.full(len(panel), np.nan))
    assert fit_value(unknown, both, QUICK, same_horizon=True) is None


def test_a_date_that_brought_nothing_is_not_scaled_by(panel, both):
    """A total of zero would make every value zero."""
    closed = replace(panel, value=np.where(on(panel, 30), 0.0, panel.value))
    model = fit_value(closed, both, QUICK, same_horizon=True)
    assert model.scale > 0.5


def test_json_gives_the_same_values(model, panel):
    again = ValueModel.from_dict(json.loads(json.dumps(model.as_dict(), allow_nan=False)), model.trees)
    assert again.if_retained(panel).tobytes() == model.if_retained(panel).tobytes()
    asked = panel, np.linspace(0, 1, len(panel)), model.if_retained(panel)
    for ours, theirs in zip(again.interval(*asked), model.interval(*asked), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_risks_that_others_gave_make_intervals_honest_and_leave_the_rest_as_it_was(panel, both, model):
    """Everybody said to stay for sure: the lower end would be too high for those who left."""
    blind = np.where(both, 0.0, np.nan)
    told = fit_value(panel, both, QUICK, same_horizon=True, risk=blind)
    assert told.trees.content == model.trees.content
    assert told.if_retained(panel).tobytes() == model.if_retained(panel).tobytes()
    assert (model.levels, model.total) == (Levels(), None)
    learned = panel.take(both)
    retained = told.if_retained(learned)
    said = np.zeros(len(learned))
    naive, honest = (some.interval(learned, said, retained)[0] for some in (model, told))
    assert (learned.value < naive).mean() > 0.2
    assert (learned.value < honest).mean() < (learned.value < naive).mean() - 0.1
    assert told.levels.again[0] < 0.05
    assert told.total is None  # of two dates
    everyone = np.ones(len(panel), dtype=bool)
    three = fit_value(panel, everyone, QUICK, same_horizon=True, risk=np.zeros(len(panel)))
    assert three.total[0] <= three.total[1] < 1  # less came than was expected of people who stay


def test_risks_of_rows_that_may_not_be_learned_from_change_nothing(panel, both):
    sure, unsure = (np.where(both, 0.3, other) for other in (np.nan, 0.9))
    first, second = (fit_value(panel, both, QUICK, same_horizon=True, risk=risk) for risk in (sure, unsure))
    assert first.as_dict() == second.as_dict()
