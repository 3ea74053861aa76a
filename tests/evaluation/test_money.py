"""Metrics of money: by hand, against sklearn and pandas, and the trap that MAE is."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error

from churnlab.evaluation.money import bias, decile_mape, decile_table, mae, rmse
from churnlab.evaluation.ranking import gini


def drawn(seed, rows=500):
    random = np.random.default_rng(seed)
    predicted = random.exponential(40, rows)
    return predicted * random.gamma(2, 0.5, rows), predicted, random.integers(0, 3, rows).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_equals_sklearn(seed):
    actual, predicted, weight = drawn(seed)
    assert float(mae(actual, predicted, weight)) == pytest.approx(
        mean_absolute_error(actual, predicted, sample_weight=weight)
    )
    assert float(rmse(actual, predicted, weight)) ** 2 == pytest.approx(
        mean_squared_error(actual, predicted, sample_weight=weight)
    )


@pytest.mark.parametrize("seed", range(3))
def test_decile_mape_equals_pandas_where_nothing_ties(seed):
    actual, predicted, _ = drawn(seed)
    deciles = pd.DataFrame({"actual": actual, "predicted": predicted})
    means = deciles.groupby(pd.qcut(predicted, 10, labels=False)).mean()
    expected = 100 * ((means["predicted"] - means["actual"]).abs() / means["actual"]).mean()
    assert float(decile_mape(actual, predicted)) == pytest.approx(expected)
    table = pd.DataFrame(decile_table(actual, predicted))
    np.testing.assert_allclose(table[["predicted", "actual"]], means[["predicted", "actual"]])
    assert table["decile"].tolist() == list(range(1, 11))


def test_decile_mape_by_hand():
    # Ten rows, a decile each: nine exact, one predicted 30 where 20 came: 50 % / 10.
    actual, predicted = np.array([*range(1, 10), 20.0]), np.array([*range(1, 10), 30.0])
    assert float(decile_mape(actual, predicted)) == pytest.approx(5)


def test_zero_for_everyone_is_100_percent_wrong_yet_wins_on_mae():
    actual, _, _ = drawn(0)
    actual[np.random.default_rng(0).random(500) < 0.7] = 0  # most customers bring nothing
    nothing, unbiased = np.zeros(500), np.full(500, actual.mean())
    assert float(decile_mape(actual, nothing)) == pytest.approx(100)
    assert float(bias(actual, nothing)) == -100
    assert float(gini(actual, nothing)) == 0
    assert float(bias(actual, unbiased)) == pytest.approx(0)
    assert float(mae(actual, nothing)) < float(mae(actual, unbiased))


def test_a_decile_that_brought_nothing_has_no_percentage():
    actual, predicted = np.array([0.0, *range(1, 10)]), np.arange(10.0)
    assert np.isnan(decile_mape(actual, predicted))
    assert np.isnan(bias([0, -1, 1], [1, 1, 1]))


def test_a_decile_table_of_rows_that_do_not_divide_by_ten_keeps_the_totals():
    actual, predicted, _ = drawn(1, rows=37)
    table = decile_table(actual, predicted)
    assert sum(row["actual"] * row["n"] for row in table) == pytest.approx(actual.sum())
    assert table[0]["n"] == pytest.approx(3.7)
