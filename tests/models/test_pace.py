"""The pace: what it reads of a panel, and how it takes a share of the models or carries them on."""

from dataclasses import replace

import numpy as np
import pytest

from churnlab.errors import DataError
from churnlab.features.feature import Description
from churnlab.models import pace
from churnlab.models.blend import NAME, Blend, Horizon
from churnlab.models.churn import ChurnModel, fit_churn, judged_churn
from churnlab.models.pace import Pace, Paces
from churnlab.models.value import ValueModel, fit_value
from churnlab.panel import Panel
from customers import QUICK

DAY = 86_400_000_000
DATES = (0, 60, 120, 180)


def shop(customers=600, seed=3, horizon=60):
    """Buyers of a steady pace of their own who leave after a purchase: what BG/NBD supposes."""
    draw = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        rate, leaves = draw.gamma(0.7, 1 / 25), draw.beta(1.2, 3)
        moments, now = [-draw.uniform(40, 160)], 0.0
        while now < 400:
            if draw.random() < leaves and len(moments) > 1:
                break
            now = moments[-1] + draw.exponential(1 / rate)
            moments.append(now)
        times, mean = np.array(moments), draw.gamma(6, 6)
        worth = draw.gamma(8, mean / 8, len(times))
        for day in DATES:
            past, after = times < day, (times >= day) & (times < day + horizon)
            days = len(np.unique(np.floor(times[past])))
            rows.append(
                (f"c{who:04}", day, days, times[past][-1] - times[past][0], day - times[past][0],
                 worth[past].sum(), day - times[past][-1], float(not after.any()), worth[after].sum())
            )  # fmt: skip
    columns = list(zip(*rows, strict=True))
    names = (*pace.READ, "days_since_last_order")
    return Panel(
        customer_id=np.array(columns[0], dtype=object),
        as_of=np.array(columns[1], dtype=np.int64) * DAY,
        numbers=np.array(columns[2:7], dtype=np.float32).T.copy(),
        categories={},
        features=tuple(
            Description(n, "rhythm", "number", "days", n, "normative", None, n + " {value}", n + " {value}")
            for n in names
        ),
        churned=np.array(columns[7]),
        value=np.array(columns[8]),
        measures={},
        segments={},
        fingerprint="",
    )


def on(panel, *days):
    return np.isin(panel.as_of, np.array(days) * DAY)


@pytest.fixture(scope="module")
def panel():
    return shop()


@pytest.fixture(scope="module")
def model(panel):
    return fitted(panel, Horizon(0, 60, 60))


def fitted(panel, horizon, **changes):
    models = QUICK.model_copy(update=changes)
    return fit_churn(panel, on(panel, 0, 60), models, horizon=horizon, seen=on(panel, 180))


def test_the_pace_knows_who_comes_back_in_any_horizon(panel):
    known = Pace.learn(panel, np.flatnonzero(on(panel, 60)), 0)
    now = panel.take(on(panel, 120))
    assert known.leaves(now, 60).mean() == pytest.approx(now.churned.mean(), abs=0.05)
    long = shop(horizon=180)
    later = long.take(on(long, 120))
    assert known.leaves(later, 180).mean() == pytest.approx(later.churned.mean(), abs=0.05)
    brought = (1 - known.leaves(later, 180)) * known.if_retained(later, 180)
    assert brought.sum() == pytest.approx(later.value.sum(), rel=0.15)
    assert Pace.from_dict(known.as_dict()).leaves(later, 9).tobytes() == known.leaves(later, 9).tobytes()


def test_a_pace_is_learned_from_the_last_date_of_its_rows_and_from_no_outcome(panel):
    some = np.flatnonzero(on(panel, 0, 60))
    blind = replace(panel, churned=np.full(len(panel), np.nan), value=np.full(len(panel), np.nan))
    alone = Pace.learn(panel, np.flatnonzero(on(panel, 60)), 0)
    assert Pace.learn(blind, some, 0) == alone or (Pace.learn(blind, some, 0).as_dict() == alone.as_dict())


def test_each_pace_of_a_panel_is_learned_once_and_is_the_one_learned_alone(panel, monkeypatch):
    some, earlier, later = (np.flatnonzero(on(panel, *days)) for days in [(0, 60), (0,), (60,)])
    alone = {start: Pace.learn(panel, some, start).as_dict() for start in (0, 7)}
    learn, learned = Pace.learn, []
    monkeypatch.setattr(Pace, "learn", lambda *asked: learned.append(asked[2]) or learn(*asked))
    paces = Paces.of(panel)
    assert set(paces.panel.names) < set(panel.names)
    # Rows of earlier dates matter to no pace: with or without them it is the same.
    assert paces.learn(some, 0) is paces.learn(later, 0)
    assert (paces.learn(some, 0).as_dict(), paces.learn(some, 7).as_dict()) == (alone[0], alone[7])
    assert paces.learn(earlier, 0).as_dict() != alone[0]
    assert paces.learn(later[::2], 0).as_dict() != alone[0]
    assert paces.learn(later[:0], 0) is None
    assert learned == [0, 7, 0, 0, 0]


def test_models_that_share_their_paces_are_those_that_do_not(panel, model):
    horizon, seen, known = Horizon(0, 60, 60), on(panel, 180), on(panel, 0, 60)
    paces, how = Paces.of(panel), {"horizon": horizon, "seen": seen}
    churn = judged_churn(panel, known, QUICK, paces=paces, **how).model
    assert churn.as_dict() == model.as_dict()
    alone = fit_value(panel, known, QUICK, same_horizon=True, **how)
    value = fit_value(panel, known, QUICK, same_horizon=True, paces=paces, **how)
    assert value.as_dict() == alone.as_dict()
    assert value.trees.content == alone.trees.content
    assert len(paces._learned) == 2  # of the last date to learn from, and of the date the models are for


def test_a_panel_without_purchases_or_with_one_each_has_no_pace(panel):
    other = replace(panel, features=panel.features[1:], numbers=panel.numbers[:, 1:])
    assert Pace.learn(other, np.arange(len(panel)), 0) is None
    numbers = panel.numbers.copy()
    numbers[:, 0], numbers[:, 1] = 1, 0
    assert Pace.learn(replace(panel, numbers=numbers), np.arange(len(panel)), 0) is None


def test_the_pace_gets_a_share_where_buyers_are_as_it_supposes_and_none_where_it_misleads(panel, model):
    assert model.blend is not None
    assert model.blend.share > 0
    shuffled = panel.numbers.copy()
    mixed = np.random.default_rng(1).permutation(len(panel))
    shuffled[:, :4] = shuffled[mixed, :4]  # of somebody else; the silence stays
    assert fitted(replace(panel, numbers=shuffled), Horizon(0, 60, 60)).blend is None


def test_what_the_pace_adds_is_one_more_reason_and_all_of_them_add_up(panel, model):
    told = model.explained(panel)
    assert [feature.name for feature in model.features][-1] == NAME
    assert told.contributions.shape == (len(panel), len(model.inputs) + 1)
    np.testing.assert_allclose(told.base + told.contributions.sum(axis=1), told.margin, atol=1e-4)
    share, trees = model.blend.share, model.trees.margin(model.recipe.matrix(panel))
    mixed = (1 - share) * trees + share * model.blend.pace.log_odds(panel, 60)
    np.testing.assert_allclose(told.margin, mixed, rtol=1e-12)
    line = model.calibration
    np.testing.assert_allclose(told.risk, 1 / (1 + np.exp(-(line.slope * mixed + line.shift))), atol=5.1e-7)
    assert told.risk.tobytes() == model.risk(panel).tobytes()
    assert told.panel.measures[NAME].tobytes() == model.blend.pace.orders(panel, 60).tobytes()
    again = ChurnModel.from_dict(model.as_dict(), model.trees)
    assert again.risk(panel).tobytes() == told.risk.tobytes()


def test_a_short_history_is_carried_on_to_the_horizon(panel):
    whole = shop(horizon=180)
    test = whole.take(on(whole, 180))
    short, long = fitted(panel, Horizon(0, 60, 60)), fitted(panel, Horizon(0, 180, 60))
    near, far = short.risk(test), long.risk(test)
    assert near.mean() > test.churned.mean() + 0.05  # an outcome of 60 days is not one of 180
    assert far.mean() == pytest.approx(test.churned.mean(), abs=0.06)
    assert (far <= near).all()
    told = long.explained(test)
    np.testing.assert_allclose(told.base + told.contributions.sum(axis=1), told.margin, atol=1e-4)


def test_the_risk_at_other_log_odds_is_the_own_one_at_the_own(panel):
    for horizon in (Horizon(0, 60, 60), Horizon(0, 180, 60)):
        model = fitted(panel, horizon)
        told = model.explained(panel)
        for row in (0, 5, 801):
            one = panel.take(np.array([row]))
            margins = np.array([told.base, told.margin[row], told.margin[row] + 1])
            risks = model.risk_at(margins, one)
            assert risks[1] == pytest.approx(told.risk[row], abs=1.5e-6)
            assert risks[2] > risks[1]


def test_without_a_pace_a_short_history_is_refused(panel):
    other = replace(panel, features=panel.features[1:], numbers=panel.numbers[:, 1:].copy())
    with pytest.raises(DataError, match=r"(?s)shorter than the horizon.*60 days, churn.horizon_days 180"):
        fitted(other, Horizon(0, 180, 60))


def test_values_without_a_pace_are_refused_and_never_left_short(panel):
    other = replace(panel, features=panel.features[1:], numbers=panel.numbers[:, 1:].copy())
    with pytest.raises(DataError, match="shorter than the horizon"):
        fit_value(other, on(panel, 0, 60), QUICK, same_horizon=True, horizon=Horizon(0, 180, 60))


def test_values_grow_with_the_orders_where_nothing_is_known_of_amounts(panel):
    numbers = panel.numbers.copy()
    numbers[:, 3] = 0  # nothing was ever spent: no Gamma-Gamma
    poor = replace(panel, numbers=numbers)
    how = {"same_horizon": True, "seen": on(panel, 180)}
    short = fit_value(poor, on(panel, 0, 60), QUICK, horizon=Horizon(0, 60, 60), **how)
    long = fit_value(poor, on(panel, 0, 60), QUICK, horizon=Horizon(0, 180, 60), **how)
    assert short.blend is None
    assert (long.blend.pace.spend, long.blend.share) == (None, 0)
    assert (long.if_retained(poor) > 1.05 * short.if_retained(poor)).mean() > 0.9


def test_values_are_carried_on_too(panel):
    whole = shop(horizon=180)
    test = whole.take(on(whole, 180))
    parts = on(panel, 0, 60), QUICK
    horizon = {"seen": on(panel, 180), "same_horizon": True}
    short = fit_value(panel, *parts, horizon=Horizon(0, 60, 60), **horizon)
    long = fit_value(panel, *parts, horizon=Horizon(0, 180, 60), **horizon)
    stayed = test.churned == 0
    brought = test.value[stayed].sum()
    assert short.if_retained(test)[stayed].sum() < 0.85 * brought
    assert long.if_retained(test)[stayed].sum() == pytest.approx(brought, rel=0.2)
    again = ValueModel.from_dict(long.as_dict(), long.trees)
    assert again.if_retained(test).tobytes() == long.if_retained(test).tobytes()


def test_a_blend_keeps_every_digit(model):
    assert Blend.from_dict(model.blend.as_dict()).as_dict() == model.blend.as_dict()
    assert Blend.from_dict(None) is None
