"""Baselines: what a spreadsheet would say, learned from training rows only."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from churnlab.models import baselines
from customers import described, drawn, on


@pytest.fixture(scope="module")
def panel():
    return drawn(400)


def test_everybody_has_the_share_that_left(panel):
    train = panel.take(on(panel, 0))
    prior = baselines.churn(train)["prior"](panel)
    assert set(prior) == {train.churned.mean()}


def test_recency_ranks_by_silence_and_nothing_else(panel):
    train, test = panel.take(on(panel, 0)), panel.take(on(panel, 60))
    risk, silence = baselines.churn(train)["recency"](test), test.number("days_since_last_order")
    assert (np.diff(risk[np.argsort(silence)]) >= 0).all()
    assert roc_auc_score(test.churned, risk) == roc_auc_score(test.churned, silence)
    # The curve itself: logistic regression on the logarithm of silence, on standard units.
    logs = np.log1p(train.number("days_since_last_order"))[:, None]
    middle, spread = logs.mean(), logs.std()
    oracle = LogisticRegression().fit((logs - middle) / spread, train.churned)
    points = (np.log1p(silence)[:, None] - middle) / spread
    np.testing.assert_allclose(risk, oracle.predict_proba(points)[:, 1], atol=1e-4)


def test_recency_frequency_and_spend_say_more_than_recency(panel):
    train, test = panel.take(on(panel, 0, 30)), panel.take(on(panel, 60))
    found = {name: scores(test) for name, scores in baselines.churn(train).items()}
    assert list(found) == ["prior", "recency", "logistic_rfm"]
    assert roc_auc_score(test.churned, found["logistic_rfm"]) > roc_auc_score(test.churned, found["recency"])
    assert all(((risk > 0) & (risk < 1)).all() for risk in found.values())


def test_without_orders_a_line_through_everything_takes_their_place(panel):
    features = tuple(
        replace(feature, name=f"x{place}") if feature.kind == "number" else feature
        for place, feature in enumerate(panel.features)
    )
    supplied = replace(panel, features=features)
    train, test = supplied.take(on(panel, 0, 30)), supplied.take(on(panel, 60))
    found = baselines.churn(train)
    assert list(found) == ["prior", "logistic"]
    # The city is read too: without it the line is worse.
    blind = {"city": np.full(len(panel), None, dtype=object)}
    without = replace(supplied, categories=blind)
    line = baselines.churn(without.take(on(panel, 0, 30)))["logistic"]
    better = roc_auc_score(test.churned, found["logistic"](test))
    assert better > roc_auc_score(test.churned, line(without.take(on(panel, 60)))) + 0.02


def test_trailing_spend_goes_on_at_its_pace(panel):
    """Windows of 30 and 90 days, a horizon of 60: 90 is nearer to twice the horizon, 120."""
    numbers = np.column_stack([panel.numbers, panel.number("spend_90d") / 3 - 5]).astype(np.float32)
    names = (*panel.features[:-1], described("spend_30d"), panel.features[-1])
    wide = replace(panel, numbers=numbers, features=names)
    expected = baselines.value(wide, 60)["trailing"](wide)
    np.testing.assert_allclose(expected, panel.number("spend_90d") * 60 / 90)
    short = baselines.value(wide, 10)["trailing"](wide)
    np.testing.assert_allclose(short, np.maximum(wide.number("spend_30d"), 0) / 3)  # refunds: nothing less


def test_means_by_number_of_orders(panel):
    train = panel.take(on(panel, 0))
    expected = baselines.value(train, 90)["segment_mean"](train)
    # Groups partition the training rows, so the total is met exactly.
    assert expected.sum() == pytest.approx(train.value.sum())
    for orders in np.unique(train.number("orders_90d")):
        assert len(set(expected[train.number("orders_90d") == orders])) == 1
    few = train.number("orders_90d") == 0
    assert expected[few][0] == pytest.approx(train.value[few].mean())


def test_values_not_yet_known_are_not_learned_from(panel):
    late = on(panel, 60)
    some = replace(panel, value=np.where(late, np.nan, panel.value))
    ours, theirs = baselines.value(some, 90), baselines.value(panel.take(~late), 90)
    for name in theirs:
        assert ours[name](panel).tolist() == theirs[name](panel).tolist()
