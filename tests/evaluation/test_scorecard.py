"""The scorecard: what is in it, what is refused, and what is too small to be said."""

import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churnlab.errors import GateError
from churnlab.evaluation.scorecard import ALL, MEASURES, Scorecard, score_churn, score_value

ROWS = 600


@pytest.fixture
def world():
    random = np.random.default_rng(11)
    risk = random.random(ROWS).round(2)
    churned = (random.random(ROWS) < risk).astype(float)
    customer = np.array([f"secret-{number}" for number in range(ROWS)], dtype=object)
    club = np.array(["yes"] * 400 + ["no"] * 180 + ["rare"] * 8 + [None] * 12, dtype=object)
    return churned, risk, customer, {"club": club}


def test_one_figure_per_model_metric_and_segment(world):
    churned, risk, customer, segments = world
    card = score_churn(
        churned, {"ours": risk, "prior": np.full(ROWS, 0.5)}, customer, segments, bootstrap=20, seed=0
    )
    assert [row["segment"] for row in card.to_records()[::12]] == [
        ALL,
        "club: no",
        "club: rare",
        "club: yes",
        "club: (none)",
    ]
    assert len(card.figures) == 5 * 2 * len(MEASURES["churn"])
    figure = card.figure("churn", "ours", "auroc", "club: yes")
    assert figure.estimate == pytest.approx(roc_auc_score(churned[:400], risk[:400]))
    assert figure.low < figure.estimate < figure.high
    assert (figure.n, figure.positives) == (400, churned[:400].sum())


def test_rows_whose_outcome_is_not_complete_are_left_out(world):
    churned, risk, customer, _ = world
    churned[:100] = np.nan
    figure = score_churn(churned, {"m": risk}, customer, {}, bootstrap=0, seed=0).figure(
        "churn", "m", "auroc"
    )
    assert figure.n == 500
    assert figure.estimate == pytest.approx(roc_auc_score(churned[100:], risk[100:]))
    assert np.isnan(figure.low)
    assert np.isnan(figure.high)


def test_a_group_under_ten_customers_is_not_even_counted(world):
    churned, risk, customer, segments = world
    card = score_churn(churned, {"m": risk}, customer, segments, bootstrap=0, seed=0)
    figure = card.figure("churn", "m", "auroc", "club: rare")
    assert (figure.n, figure.positives, figure.reason) == (None, None, "fewer than 10 customers")
    assert np.isnan(figure.estimate)


def test_ten_rows_of_one_customer_are_still_one_customer(world):
    churned, risk, customer, segments = world
    segments["club"][:200] = "lonely"
    customer[:200] = "same"
    card = score_churn(churned, {"m": risk}, customer, segments, bootstrap=0, seed=0)
    assert card.figure("churn", "m", "auroc", "club: lonely").n is None


@pytest.mark.parametrize(("positives", "reason"), [(29, "insufficient: fewer than 30 churned"), (30, None)])
def test_below_thirty_positives_is_insufficient(positives, reason):
    churned = np.zeros(200)
    churned[:positives] = 1
    customer = np.arange(200).astype(str).astype(object)
    figure = score_churn(churned, {"m": np.linspace(0, 1, 200)}, customer, {}, bootstrap=5, seed=0).figures[0]
    assert np.isnan(figure.estimate) == (reason is not None)
    assert figure.positives == positives
    assert figure.reason == reason


def test_nearly_everyone_churned_is_insufficient_too():
    churned = np.append(np.ones(200), np.zeros(29))
    customer = np.arange(229).astype(str).astype(object)
    figure = score_churn(churned, {"m": np.linspace(0, 1, 229)}, customer, {}, bootstrap=0, seed=0).figures[0]
    assert figure.reason == "insufficient: fewer than 30 stayed"


def test_a_rule_that_only_ranks_has_no_log_loss(world):
    churned, risk, customer, _ = world
    card = score_churn(churned, {"days": 100 * risk}, customer, {}, bootstrap=0, seed=0)
    assert card.figure("churn", "days", "auroc").estimate == pytest.approx(roc_auc_score(churned, risk))
    assert np.isnan(card.figure("churn", "days", "log_loss").estimate)
    assert card.figure("churn", "days", "ece").reason.startswith("ranks only")


def test_scores_that_are_not_numbers_stop_the_gate_without_naming_anyone(world):
    churned, risk, customer, _ = world
    risk[3] = np.nan
    with pytest.raises(GateError, match="1 of 600 rows NaN or infinite") as error:
        score_churn(churned, {"m": risk}, customer, {}, bootstrap=0, seed=0)
    assert "secret" not in str(error.value)


def test_records_survive_json_and_hold_no_customer(world):
    churned, risk, customer, segments = world
    card = score_churn(churned, {"m": risk}, customer, segments, bootstrap=10, seed=0)
    text = json.dumps(card.to_records(), allow_nan=False)
    assert "secret" not in text
    back = Scorecard.from_records(json.loads(text))
    assert back.to_records() == card.to_records()
    assert back.figure("churn", "m", "auroc") == card.figure("churn", "m", "auroc")


def test_best_and_compare():
    random = np.random.default_rng(5)
    value = random.exponential(30, 300)
    customer = np.arange(300).astype(str).astype(object)
    predictions = {
        "flat": np.full(300, value.mean()),
        "noisy": value + 20 * random.random(300),
        "exact": value,
    }
    card = score_value(value, predictions, customer, {}, bootstrap=0, seed=0)
    assert [figure.model for figure in card.compare("value", "gini")] == ["exact", "noisy", "flat"]
    assert [figure.model for figure in card.compare("value", "bias")][-1] == "noisy"
    assert card.best("value", "spearman").model == "exact"
    assert card.compare("value", "spearman")[-1].model == "flat"  # constant: no rank correlation
    with pytest.raises(ValueError, match="mae must not choose"):
        card.best("value", "mae")
    assert card.best("value", "gini", "club: none") is None
    with pytest.raises(KeyError, match="did you mean 'value/exact/gini/all'"):
        card.figure("value", "exactly", "gini")


def test_metrics_for_a_tracker_are_finite_and_over_all_rows(world):
    churned, risk, customer, segments = world
    card = score_churn(churned, {"m": risk, "days": 9 * risk}, customer, segments, bootstrap=0, seed=0)
    card += score_value(churned * 40, {"m": 40 * risk}, customer, segments, bootstrap=0, seed=0)
    metrics = card.metrics()
    assert metrics["churn.m.auroc"] == card.figure("churn", "m", "auroc").estimate
    assert "churn.days.log_loss" not in metrics
    assert "value.m.gini" in metrics
    assert np.isfinite(list(metrics.values())).all()


def test_the_order_of_rows_changes_no_figure(world):
    churned, risk, customer, segments = world
    order = np.random.default_rng(1).permutation(ROWS)
    one = score_churn(churned, {"m": risk}, customer, segments, bootstrap=30, seed=3)
    shuffled = {name: values[order] for name, values in segments.items()}
    two = score_churn(churned[order], {"m": risk[order]}, customer[order], shuffled, bootstrap=30, seed=3)
    for left, right in zip(one.figures, two.figures, strict=True):
        assert (left.segment, left.n, left.reason) == (right.segment, right.n, right.reason)
        numbers = (left.estimate, left.low, left.high)
        np.testing.assert_allclose(numbers, (right.estimate, right.low, right.high), rtol=1e-10)
