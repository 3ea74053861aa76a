"""Laws that every metric obeys, run over all of them."""

import numpy as np
import pytest
from scipy.special import xlogy

from churnlab.evaluation import ranking
from churnlab.evaluation.rows import checked
from churnlab.evaluation.scorecard import MEASURES

METRICS = {(task, name): measure for task, measures in MEASURES.items() for name, measure in measures.items()}
RANKING = [
    ("churn", "auroc"),
    ("churn", "average_precision"),
    ("churn", "lift_10"),
    ("value", "gini"),
    ("value", "spearman"),
]
# What a score that says the same of everyone gets.
CONSTANT = {
    "auroc": lambda _: 0.5,
    "average_precision": np.mean,
    "lift_10": lambda _: 1,
    "gini": lambda _: 0,
    "spearman": lambda _: np.nan,
    "bias": lambda _: 0,
    "ece": lambda _: 0,
    "brier": np.var,
    "rmse": np.std,
    "log_loss": lambda actual: (
        -(xlogy(actual.mean(), actual.mean()) + xlogy(1 - actual.mean(), 1 - actual.mean()))
    ),
    "mae": lambda actual: np.abs(actual - actual.mean()).mean(),
    "decile_mape": lambda _: 0,
}


def world(task, seed=0, rows=250):
    """Outcomes, and scores of 21 levels that agree with them somewhat."""
    random = np.random.default_rng(seed)
    score = random.integers(0, 21, rows) / 20
    happened = (random.random(rows) < 0.15 + 0.7 * score).astype(float)
    actual = happened if task == "churn" else (1 + 9 * happened) * random.integers(1, 50, rows)
    return actual, score if task == "churn" else 400 * score


@pytest.mark.parametrize("key", METRICS)
def test_the_order_of_rows_is_irrelevant(key):
    actual, score = world(key[0])
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(actual))
        shuffled = float(METRICS[key].function(actual[order], score[order], None))
        assert shuffled == pytest.approx(float(METRICS[key].function(actual, score, None)), rel=1e-12)


@pytest.mark.parametrize("key", METRICS)
def test_a_weight_of_two_is_the_row_twice_and_of_zero_no_row(key):
    actual, score = world(key[0])
    weight = np.random.default_rng(1).integers(0, 3, len(actual))
    weighted = METRICS[key].function(actual, score, weight)
    repeated = METRICS[key].function(np.repeat(actual, weight), np.repeat(score, weight), None)
    assert float(weighted) == pytest.approx(float(repeated), rel=1e-12)


@pytest.mark.parametrize("key", METRICS)
def test_many_resamples_at_once_are_each_alone(key):
    actual, score = world(key[0])
    weights = np.random.default_rng(2).integers(0, 3, (5, len(actual))).astype(float)
    weights[3] = 0  # a resample without a row has no figure, and disturbs no other
    together = METRICS[key].function(actual, score, weights)
    assert together.shape == (5,)
    alone = [float(METRICS[key].function(actual, score, weight)) for weight in weights]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    assert np.isnan(together[3])


@pytest.mark.parametrize("key", METRICS)
def test_the_same_score_for_everyone(key):
    actual, _ = world(key[0])
    flat = np.full(len(actual), actual.mean())
    expected = CONSTANT[key[1]](actual)
    assert float(METRICS[key].function(actual, flat, None)) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("key", RANKING)
@pytest.mark.parametrize("change", [np.exp, lambda score: 3 * score - 7, lambda score: score**3])
def test_a_rising_change_of_scale_is_irrelevant_to_ranking(key, change):
    actual, score = world(key[0])
    score = score / score.max()
    changed = float(METRICS[key].function(actual, change(score), None))
    assert changed == pytest.approx(float(METRICS[key].function(actual, score, None)), rel=1e-12)


@pytest.mark.parametrize("key", METRICS)
def test_the_truth_is_never_worse_than_noise(key):
    actual, _ = world(key[0])
    noise = actual[np.random.default_rng(3).permutation(len(actual))]
    exact, lucky = (float(METRICS[key].function(actual, score, None)) for score in (actual, noise))
    if METRICS[key].good == "high":
        assert exact > lucky
    else:
        assert exact == pytest.approx(0, abs=1e-12)
        assert abs(lucky) >= exact


@pytest.mark.parametrize("name", MEASURES["value"])
def test_another_unit_of_money_only_rescales(name):
    actual, score = world("value")
    major, minor = (
        float(MEASURES["value"][name].function(scale * actual, scale * score, None)) for scale in (1, 100)
    )
    factor = 100 if MEASURES["value"][name].unit == "currency" else 1
    assert minor == pytest.approx(factor * major, rel=1e-12)


@pytest.mark.parametrize("key", [("churn", "auroc"), ("value", "gini"), ("value", "spearman")])
def test_the_opposite_order_is_the_opposite_figure(key):
    actual, score = world(key[0])
    there, back = (float(METRICS[key].function(actual, sign * score, None)) for sign in (1, -1))
    assert there + back == pytest.approx(1 if key[1] == "auroc" else 0)


def row_by_row(actual, score, weight):
    """Mutant: no blocks of equal scores, so that their order decides."""
    order = np.argsort(-score, kind="stable")
    return weight[..., order], weight[..., order] * actual[order]


def of_the_first_resample(actual, score, weight):
    """Mutant: one resample's weights for all of them."""
    outcome, scored, counts = checked(actual, score, weight)
    return outcome, scored, counts if counts.ndim == 1 else np.broadcast_to(counts[0], counts.shape)


@pytest.mark.parametrize(
    "key", [("churn", "auroc"), ("churn", "average_precision"), ("churn", "lift_10"), ("value", "gini")]
)
def test_a_planted_mutant_is_caught(monkeypatch, key):
    monkeypatch.setattr(ranking, "_blocks", row_by_row)
    with pytest.raises(AssertionError, match="comparison failed"):
        test_the_order_of_rows_is_irrelevant(key)
    monkeypatch.undo()
    monkeypatch.setattr(ranking, "checked", of_the_first_resample)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_many_resamples_at_once_are_each_alone(key)
