"""Ranking metrics: by hand, against sklearn and scipy, and against every order of tied rows."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from churnlab.evaluation.ranking import auroc, average_precision, gained, gini, lift, spearman


def drawn(seed, rows=300, levels=12):
    """Outcomes, scores with many ties, and whole weights with zeros among them."""
    random = np.random.default_rng(seed)
    score = random.integers(0, levels, rows) / levels
    actual = (random.random(rows) < 0.2 + 0.5 * score).astype(float)
    return actual, score, random.integers(0, 4, rows).astype(float)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("ours", "oracle"), [(auroc, roc_auc_score), (average_precision, average_precision_score)]
)
def test_equals_sklearn_with_ties_and_weights(seed, ours, oracle):
    actual, score, weight = drawn(seed)
    assert float(ours(actual, score)) == pytest.approx(oracle(actual, score), abs=1e-12)
    expected = oracle(actual, score, sample_weight=weight)
    assert float(ours(actual, score, weight)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_spearman_equals_scipy_on_repeated_rows(seed):
    actual, score, weight = drawn(seed)
    assert float(spearman(actual, score)) == pytest.approx(stats.spearmanr(actual, score).statistic)
    repeated = [np.repeat(values, weight.astype(int)) for values in (actual, score)]
    assert float(spearman(actual, score, weight)) == pytest.approx(stats.spearmanr(*repeated).statistic)


def test_auroc_by_hand():
    # Pairs (positive, negative): .9 beats .5 and .1; .5 ties with .5 (half) and beats .1: 3.5 of 4.
    assert float(auroc([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1])) == 3.5 / 4


def test_lift_by_hand_and_at_a_cut_through_a_tie():
    actual, score = np.zeros(20), np.arange(20.0)
    actual[[19, 18, 3, 4]] = 1
    # The best 10 % are rows 19 and 18, both positive: rate 1 against 4 / 20.
    assert float(lift(actual, score)) == pytest.approx(5)
    # All tied: the best 10 % are any two rows.
    assert float(lift(actual, np.zeros(20))) == pytest.approx(1)
    # 5 % of 10 rows is half of the best row, which is positive.
    assert float(lift([1, *[0] * 9], np.arange(10, 0, -1), share=0.05)) == pytest.approx(10)


def literal_gini(actual, order):
    """Two times the mean cumulative share of the actual value, less 1, in the paper's own code's way."""
    shares = np.cumsum(actual[list(order)]) / actual.sum()
    return 2 * shares.sum() / len(actual) - 1


def test_gini_is_the_expectation_over_all_orders_of_tied_rows():
    actual, score = np.array([5.0, 0.0, 2.0, 9.0, 1.0]), np.array([1.0, 2.0, 2.0, 2.0, 0.0])
    orders = [order for order in permutations(range(5)) if (np.diff(score[list(order)]) <= 0).all()]
    assert len(orders) == 6
    # Each step sum is 1/n above the area, in the numerator and in the divisor alike.
    mean = np.mean([literal_gini(actual, order) for order in orders]) - 1 / 5
    perfect = literal_gini(actual, np.argsort(-actual)) - 1 / 5
    assert float(gini(actual, score)) == pytest.approx(mean / perfect)


def test_gini_agrees_with_the_step_sums_of_lifetime_value_to_1_over_n():
    random = np.random.default_rng(3)
    actual = random.exponential(50, 2_000) * (random.random(2_000) < 0.3)
    score = actual + random.normal(0, 60, 2_000)
    literal = literal_gini(actual, np.argsort(-score)) / literal_gini(actual, np.argsort(-actual))
    assert float(gini(actual, score)) == pytest.approx(literal, abs=1 / 2_000)


@pytest.mark.parametrize("seed", range(3))
def test_gini_of_a_yes_or_no_is_twice_auroc_less_one(seed):
    actual, score, weight = drawn(seed)
    assert float(gini(actual, score, weight)) == pytest.approx(2 * float(auroc(actual, score, weight)) - 1)


def test_gini_ends_and_what_has_no_order():
    actual = np.array([0.0, 3.0, 8.0, 8.0])
    assert float(gini(actual, actual)) == 1
    assert float(gini(actual, -actual)) == pytest.approx(-1)
    assert np.isnan(gini([4, 4, 4], [1, 2, 3]))
    assert np.isnan(gini([0, 0, 0], [1, 2, 3]))
    assert np.isnan(gini([-5, 1, 2], [1, 2, 3]))


def test_gained_cuts_between_rows_in_a_straight_line():
    actual, score = np.array([4.0, 10.0, 6.0]), np.array([1.0, 3.0, 2.0])
    shares = [0, 1 / 6, 1 / 3, 1 / 2, 1]
    np.testing.assert_allclose(gained(actual, score, np.ones(3), shares), [0, 5, 10, 13, 20])


def test_one_kind_only_has_no_auroc():
    assert np.isnan(auroc([1, 1, 1], [1, 2, 3]))
    assert np.isnan(average_precision([0, 0], [1, 2]))


def test_refuses_what_it_cannot_measure():
    with pytest.raises(ValueError, match="same rows"):
        auroc([0, 1], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="must be 0 or 1"):
        auroc([0, 2], [0.1, 0.2])
    with pytest.raises(ValueError, match="outcome is not complete"):
        auroc([0, np.nan], [0.1, 0.2])
    with pytest.raises(ValueError, match="not negative"):
        auroc([0, 1], [0.1, 0.2], [1, -1])
