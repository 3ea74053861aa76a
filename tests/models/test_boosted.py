"""Trees: exact contributions, bytes that only rows and seed decide, and files that cannot be read."""

import numpy as np
import pytest
import xgboost

from churnlab.config import Booster
from churnlab.errors import IntegrityError
from churnlab.models import boosted
from churnlab.models.boosted import Trees

DIALS = Booster(trees=20, depth=3, learning_rate=0.2)


def rows(n=600, seed=0):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, 4)).astype(np.float32)
    matrix[::5, 1] = np.nan
    target = (random.random(n) < 1 / (1 + np.exp(-2 * matrix[:, 0]))).astype(float)
    return matrix, target


def fitted(matrix, target, objective="binary:logistic", seed=3, threads=1):
    return boosted.fit(matrix, target, DIALS, objective, seed=seed, threads=threads)


def test_margins_and_contributions_are_xgboosts_own():
    matrix, target = rows()
    trees = fitted(matrix, target)
    oracle = xgboost.Booster(model_file=bytearray(trees.content))
    data = xgboost.DMatrix(matrix)
    np.testing.assert_allclose(1 / (1 + np.exp(-trees.margin(matrix))), oracle.predict(data), atol=1e-6)
    parts, base = trees.contributions(matrix)
    np.testing.assert_array_equal(np.column_stack([parts, np.full(600, base)]), _contribs(oracle, data))
    np.testing.assert_allclose(base + parts.sum(axis=1), trees.margin(matrix), atol=1e-4)


def _contribs(oracle, data):
    return oracle.predict(data, pred_contribs=True).astype(np.float64)


def test_threads_do_not_change_a_byte_and_seeds_do():
    matrix, target = rows()
    assert fitted(matrix, target, threads=2).content == fitted(matrix, target).content
    assert fitted(matrix, target, seed=4).content != fitted(matrix, target).content


def test_every_dial_is_obeyed():
    matrix, target = rows()
    plain = fitted(matrix, target).content
    for dial, value in {
        "trees": 19,
        "depth": 2,
        "learning_rate": 0.1,
        "subsample": 0.5,
        "colsample": 0.5,
        "min_child_weight": 40,
        "reg_lambda": 9,
    }.items():
        other = DIALS.model_copy(update={dial: value})
        turned = boosted.fit(matrix, target, other, "binary:logistic", seed=3, threads=1)
        assert turned.content != plain, dial


def test_tweedie_margins_are_logs_of_amounts():
    matrix, _ = rows()
    amount = np.exp(matrix[:, 0]) * 20
    trees = fitted(matrix, amount, "reg:tweedie")
    assert np.exp(trees.margin(matrix)).mean() == pytest.approx(amount.mean(), rel=0.15)
    parts, base = trees.contributions(matrix)
    np.testing.assert_allclose(base + parts.sum(axis=1), trees.margin(matrix), atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"{", b"not json at all", b'{"learner": {}}'])
def test_what_xgboost_cannot_read_is_an_integrity_error(content):
    with pytest.raises(IntegrityError, match="a model file cannot be read"):
        Trees(content).require_readable()


def test_no_rows_have_no_margins():
    matrix, target = rows()
    trees = fitted(matrix, target)
    parts, _ = trees.contributions(matrix[:0])
    assert (trees.margin(matrix[:0]).shape, parts.shape) == ((0,), (0, 4))
