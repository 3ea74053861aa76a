"""Newton's method: scikit-learn's weights, to the digits that are kept, whatever the rows are like."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from churnlab.models import logistic


def rows(n=500, columns=4, seed=1):
    random = np.random.default_rng(seed)
    design = random.normal(size=(n, columns))
    target = (random.random(n) < 1 / (1 + np.exp(-2 * design[:, 0] + 0.5))).astype(float)
    return design, target


@pytest.mark.parametrize("penalty", [0.001, 7.0, 1e4])
def test_weights_are_scikit_learns(penalty):
    design, target = rows()
    oracle = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000).fit(design, target)
    weights = logistic.fit(np.c_[design, np.ones(500)], target, penalty)
    np.testing.assert_allclose(weights, [*oracle.coef_[0], oracle.intercept_[0]], rtol=1e-4, atol=1e-6)


def test_by_hand():
    # A quarter of the rows leave: log(1/4 / 3/4) = -log 3, whatever the penalty on other weights.
    design, target = np.ones((8, 1)), np.array([1, 1, 0, 0, 0, 0, 0, 0.0])
    assert logistic.fit(design, target, penalty=5.0).tolist() == pytest.approx([-np.log(3)])


def test_equal_columns_share_their_weight():
    design, target = rows(columns=1)
    left, right, _ = logistic.fit(np.c_[design, design, np.ones(500)], target, penalty=0.0)
    assert left == pytest.approx(right, rel=1e-6)


def test_the_order_of_sums_changes_no_digit_that_is_kept():
    design, target = rows(20_000)
    design = np.c_[design, np.ones(20_000)]
    shuffled = np.random.default_rng(0).permutation(20_000)
    once = logistic.fit(design, target, 1.0)
    assert logistic.fit(design[shuffled], target[shuffled], 1.0).tolist() == once.tolist()
    assert once.tolist() == [float(f"{weight:.8e}") for weight in once]


def test_no_overflow_far_out():
    assert logistic.probability(np.array([-1e6, 0.0, 1e6])).tolist() == [0, 0.5, 1]
