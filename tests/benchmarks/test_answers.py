"""No wrong answer passes: not of one customer in the sample, not of many outside it, not for other rows."""

import numpy as np
import pytest

CUSTOMERS = 5_000


def kept(path, change=None, customers=CUSTOMERS, cut=None):
    """Answers of one side about every customer at two dates, in blocks cut as asked."""
    from benchmarks.answers import Answers

    answers = Answers(CUSTOMERS)
    for date in range(2):
        number = np.arange(customers)
        spend = number * 1.5 + date
        gap = np.where(number % 3 == 0, np.nan, number / 7)
        if change is not None:
            change(date, spend, gap)
        for block in np.array_split(np.random.default_rng(1).permutation(number), cut or 1):
            ids = np.array([f"C{each:07}" for each in block], dtype=object)
            answers.add(date, ids, [("spend", spend[block].astype(np.float32)), ("gap", gap[block])])
    answers.save(path)
    return path


def test_equal_answers_pass_however_they_are_cut(tmp_path):
    from benchmarks.answers import compare

    assert compare(kept(tmp_path / "a.npz"), kept(tmp_path / "b.npz", cut=7), "peer") == 2


def one_value(date, spend, gap):
    spend[3] += date  # customer 3 is in the sample: every second, from 1 on


def a_hundred_outside_the_sample(date, spend, gap):
    spend[1_000:4_000:2] += 50


def missing_for_zero(date, spend, gap):
    gap[::3] = 0


def a_thousandth(date, spend, gap):
    gap *= 1.001


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        (one_value, "spend"),
        (a_hundred_outside_the_sample, "spend"),
        (missing_for_zero, "gap"),
        (a_thousandth, "gap"),
    ],
)
def test_a_planted_wrong_feature_is_caught(tmp_path, change, feature):
    from benchmarks.answers import Mismatch, compare

    with pytest.raises(Mismatch, match=f"peer differs in {feature}"):
        compare(kept(tmp_path / "a.npz"), kept(tmp_path / "b.npz", change), "peer")


def test_other_customers_are_caught(tmp_path):
    from benchmarks.answers import Mismatch, compare

    with pytest.raises(Mismatch, match="asks about other customers"):
        compare(kept(tmp_path / "a.npz"), kept(tmp_path / "b.npz", customers=CUSTOMERS - 1), "peer")


def test_a_feature_that_churnlab_does_not_make_is_named(tmp_path):
    from benchmarks.answers import Answers, Mismatch, compare

    other = Answers(CUSTOMERS)
    other.add(0, ["C0000001"], [("spend", np.ones(1)), ("luck", np.ones(1))])
    other.save(tmp_path / "b.npz")
    with pytest.raises(Mismatch, match="what churnlab does not: luck"):
        compare(kept(tmp_path / "a.npz"), tmp_path / "b.npz", "peer")
