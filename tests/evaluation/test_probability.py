"""Metrics of probabilities: by hand, and against sklearn."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from churnlab.evaluation.probability import brier, calibration_table, ece, log_loss


def drawn(seed):
    random = np.random.default_rng(seed)
    risk = random.random(400)
    return (random.random(400) < risk).astype(float), risk, random.integers(0, 3, 400).astype(float)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("ours", "oracle"), [(log_loss, sklearn_log_loss), (brier, brier_score_loss)])
def test_equals_sklearn(seed, ours, oracle):
    actual, risk, weight = drawn(seed)
    assert float(ours(actual, risk)) == pytest.approx(oracle(actual, risk))
    assert float(ours(actual, risk, weight)) == pytest.approx(oracle(actual, risk, sample_weight=weight))


def test_log_loss_of_a_certain_mistake_is_finite():
    assert float(log_loss([1, 0], [0.0, 0.0])) == pytest.approx(sklearn_log_loss([1, 0], [0.0, 0.0]))
    assert float(log_loss([1, 0], [1.0, 0.0])) == pytest.approx(0, abs=1e-15)


def test_ece_by_hand():
    # Bin [.2, .3): 4 rows, predicted .25, observed .5: gap .25. Bin [.9, 1]: 1 row, gap .05.
    actual, risk = [1, 1, 0, 0, 1], [0.25, 0.25, 0.25, 0.25, 0.95]
    assert float(ece(actual, risk)) == pytest.approx((4 * 0.25 + 1 * 0.05) / 5)


@pytest.mark.parametrize("seed", range(3))
def test_ece_equals_its_definition_in_plain_python(seed):
    actual, risk, weight = drawn(seed)
    bins = {}
    for outcome, probability, count in zip(actual, risk, weight, strict=True):
        bins.setdefault(min(int(probability * 10), 9), []).append((count, outcome - probability))
    gap = sum(abs(sum(count * error for count, error in rows)) for rows in bins.values())
    assert float(ece(actual, risk, weight)) == pytest.approx(gap / weight.sum())


def test_an_edge_belongs_to_the_bin_above_and_one_to_the_last():
    table = calibration_table([0, 1, 0, 1], [0.3, 0.7, 0.29, 1.0])
    assert [(row["low"], row["n"]) for row in table] == [(0.2, 1), (0.3, 1), (0.7, 1), (0.9, 1)]


def test_calibration_table_by_hand():
    table = calibration_table([1, 0, 0, 1], [0.12, 0.14, 0.16, 0.95])
    assert table[0] == {
        "low": 0.1,
        "high": 0.2,
        "n": 3,
        "predicted": pytest.approx(0.14),
        "observed": pytest.approx(1 / 3),
    }
    assert table[1]["observed"] == 1


@pytest.mark.parametrize("metric", [log_loss, brier, ece])
def test_refuses_scores_that_are_no_probabilities(metric):
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
        metric([0, 1], [0.5, 1.5])
