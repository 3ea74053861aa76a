"""The reasons' contributions are Shapley values: the shap package, given the same trees, agrees."""

import numpy as np
import pytest
import xgboost

from churnlab.config import Booster
from churnlab.models import boosted


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of shap's own imports
def test_contributions_are_those_of_shap():
    import shap

    chance = np.random.default_rng(5)
    matrix = chance.normal(size=(400, 6)).astype(np.float32)
    matrix[chance.random(matrix.shape) < 0.1] = np.nan
    target = (np.nan_to_num(matrix[:, 0]) + np.nan_to_num(matrix[:, 1]) ** 2 > 0.7).astype(np.float64)
    trees = boosted.fit(matrix, target, Booster(trees=25), "binary:logistic", seed=1, threads=1)
    contributions, base = trees.contributions(matrix)
    oracle = shap.TreeExplainer(xgboost.Booster(model_file=bytearray(trees.content)))
    np.testing.assert_allclose(contributions, oracle.shap_values(matrix), atol=1e-5)
    np.testing.assert_allclose(contributions.sum(axis=1) + base, trees.margin(matrix), atol=1e-4)
