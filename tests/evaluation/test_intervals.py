"""Bootstrap intervals: whole customers, the same draw whatever the order, and honest coverage."""

import time

import numpy as np
import pytest

from churnlab.evaluation import intervals
from churnlab.evaluation.intervals import difference, percentile, resamples
from churnlab.evaluation.ranking import auroc
from churnlab.evaluation.rows import ratio
from churnlab.evaluation.scorecard import score_churn, score_value


def names(count):
    return np.array([f"c{number:05d}" for number in range(count)], dtype=object)


def test_a_customers_rows_are_drawn_together():
    customer = np.repeat(names(40), 3)
    for weight in resamples(customer, 25, seed=1):
        rows = weight.reshape(len(weight), 40, 3)
        assert (rows == rows[:, :, :1]).all()
        assert (rows[:, :, 0].sum(axis=1) == 40).all()


def test_the_order_of_rows_and_the_size_of_blocks_change_no_draw(monkeypatch):
    customer, order = np.repeat(names(30), 2), np.random.default_rng(0).permutation(60)
    whole = np.concatenate(list(resamples(customer, 20, seed=5)))
    np.testing.assert_array_equal(
        np.concatenate(list(resamples(customer[order], 20, seed=5))), whole[:, order]
    )
    monkeypatch.setattr(intervals, "CELLS", 60 * 3)
    blocks = list(resamples(customer, 20, seed=5))
    assert [len(block) for block in blocks] == [3] * 6 + [2]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_percentile_by_hand_and_undefined():
    low, high = percentile(np.arange(101.0), level=0.9)
    assert (low, high) == (pytest.approx(5), pytest.approx(95))
    assert percentile(np.append(np.ones(90), [np.nan] * 4)) == (1, 1)
    assert np.isnan(percentile(np.append(np.ones(90), [np.nan] * 10))).all()
    assert np.isnan(percentile(np.empty(0))).all()


def mean(actual, score, weight=None):
    weight = np.ones(len(actual)) if weight is None else weight
    return ratio((weight * actual).sum(axis=-1), weight.sum(axis=-1))


def test_the_interval_of_a_mean_is_that_of_theory():
    actual = np.random.default_rng(2).normal(10, 3, 900)
    figures = [mean(actual, None, weight) for weight in resamples(names(900), 2_000, seed=0)]
    low, high = percentile(np.concatenate(figures))
    # Standard error 3 / sqrt(900) = .1: 95 % within 1.96 of them.
    assert (low, high) == (
        pytest.approx(actual.mean() - 0.196, abs=0.02),
        pytest.approx(actual.mean() + 0.196, abs=0.02),
    )


def test_repeated_rows_of_a_customer_do_not_narrow_the_interval():
    actual = np.random.default_rng(3).normal(0, 1, 200)
    widths = []
    for times in (1, 5):
        figures = [
            mean(np.repeat(actual, times), None, weight)
            for weight in resamples(np.repeat(names(200), times), 400, seed=0)
        ]
        low, high = percentile(np.concatenate(figures))
        widths.append(high - low)
    assert widths[0] == pytest.approx(widths[1])


def test_a_paired_difference_is_surer_than_two_intervals():
    random = np.random.default_rng(4)
    truth = random.random(1_500)
    actual = (random.random(1_500) < truth).astype(float)
    good, worse = truth, truth + random.normal(0, 0.12, 1_500)
    estimate, low, high = difference(auroc, actual, good, worse, names(1_500), times=200, seed=0)
    assert 0 < low < estimate < high
    card = score_churn(actual, {"good": good}, names(1_500), {}, bootstrap=200, seed=0)
    alone = card.figure("churn", "good", "auroc")
    assert high - low < alone.high - alone.low
    assert difference(auroc, actual, good, good, names(1_500), times=20, seed=0) == (0, 0, 0)


def test_two_hundred_resamples_of_ten_thousand_rows_take_seconds():
    random = np.random.default_rng(5)
    risk = random.random(10_000)
    actual = (random.random(10_000) < risk).astype(float)
    value = random.exponential(50, 10_000) * actual
    start = time.process_time()
    score_churn(actual, {"m": risk}, names(10_000), {}, bootstrap=200, seed=0)
    score_value(value, {"m": 50 * risk}, names(10_000), {}, bootstrap=200, seed=0)
    assert time.process_time() - start < 12  # 2 to 4 on a quiet machine
