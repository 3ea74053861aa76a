"""Folds go forward: nothing is learnt from a label that was open when the rows of the test were scored."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab import folds
from churnlab.errors import DataError
from churnlab.snapshots import DAY, Calendar
from laws import often

PARIS = Calendar("Europe/Paris")
UTC = Calendar("UTC")


def days(*numbers):
    return np.array(numbers, dtype=np.int64) * DAY


def monthly(first, count, calendar=UTC):
    months = [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count)
    ]
    return np.array([calendar.instant(month) for month in months])


def shown(instants, calendar=UTC):
    return [calendar.date(instant).isoformat() for instant in instants]


def test_by_hand():
    # Monthly in 2025, tail 14 + 30 + 10 = 54 days. Test: 1 November, the last. 1 September + 54 is
    # 25 October, settled before it; 1 October + 54 is 24 November, so October is left out.
    as_of = monthly(date(2025, 3, 1), 9)
    fold = folds.time_fold(as_of, np.ones(9, dtype=bool), 54, UTC)
    assert shown(fold.test_as_of) == ["2025-11-01"]
    assert shown(fold.train_as_of) == [f"2025-0{month}-01" for month in range(3, 10)]
    assert fold.train.tolist() == [True] * 7 + [False] * 2
    assert np.flatnonzero(fold.test).tolist() == [8]


def test_a_label_settled_at_the_very_test_date_may_be_learnt_from():
    as_of, known = days(0, 10, 20), np.ones(3, dtype=bool)
    assert folds.time_fold(as_of, known, 10, UTC).train_as_of == (0, 10 * DAY)
    assert folds.time_fold(as_of, known, 11, UTC).train_as_of == (0,)


def test_too_few_dates():
    with pytest.raises(DataError, match=r"(?s)no snapshot date is old enough.*2 dates .*, 11 days of gap"):
        folds.time_fold(days(0, 10), np.ones(2, dtype=bool), 11, UTC)
    with pytest.raises(DataError, match="no row has a complete label"):
        folds.time_fold(days(0, 10), np.zeros(2, dtype=bool), 1, UTC)
    with pytest.raises(DataError, match=r"(?s)test_as_of 1970-01-06 is not a snapshot date.*got: 2 dates"):
        folds.time_fold(days(0, 10), np.ones(2, dtype=bool), 1, UTC, test_as_of=5 * DAY)


panels = st.lists(
    st.tuples(st.sampled_from(range(0, 200, 9)) | st.integers(0, 200), st.booleans()), min_size=1, max_size=40
)


def overlaps(found, as_of, tail, calendar):
    """By definition, in plain Python: whether some label was open when a later part begins."""
    ends = [calendar.instant(calendar.date(t) + timedelta(days=tail)) for t in as_of.tolist()]

    def last_end(flags):
        return max((end for end, flag in zip(ends, flags, strict=True) if flag), default=-(10**18))

    return last_end(found.train) > min(as_of[found.test], default=10**18)


def check_forward(rows, tail, fold_of):
    as_of = np.array([PARIS.instant(date(2025, 1, 1) + timedelta(days=day)) for day, _ in rows])
    labelled = np.array([known for _, known in rows])
    try:
        found = fold_of(as_of, labelled, tail)
    except DataError:
        return
    for fold in found:
        parts = fold.train.astype(int) + fold.test
        assert not (parts > 1).any(), "a row in two parts"
        assert not parts[~labelled].any(), "a row without a label"
        assert not overlaps(fold, as_of, tail, PARIS), "not settled"
        assert fold.train.any()
        assert fold.test.any()
        for name in ("train", "test"):
            assert tuple(np.unique(as_of[getattr(fold, name)])) == getattr(fold, f"{name}_as_of")


# Law 3: no label that is learned from is open when the rows of the test are scored.
@often
@given(panels, st.integers(1, 90))
def test_time_folds_never_look_ahead(rows, tail):
    check_forward(rows, tail, lambda *asked: [folds.time_fold(*asked, PARIS)])


@often
@given(panels, st.integers(1, 60), st.integers(1, 4))
def test_earlier_folds_are_settled_before_the_test(rows, tail, count):
    def found(as_of, labelled, tail):
        test = folds.time_fold(as_of, labelled, tail, PARIS).test_as_of[0]
        chosen = folds.earlier(as_of, labelled, tail, PARIS, test, count)
        assert len(chosen) <= count
        assert [f.test_as_of for f in chosen] == sorted(f.test_as_of for f in chosen)
        for fold in chosen:
            assert (PARIS.ahead(as_of[fold.test | fold.train], tail) <= test).all()
        return chosen

    check_forward(rows, tail, found)


MUTANTS = {
    "embargo forgotten": lambda as_of, moment, *_: as_of < moment,
    "a day short": lambda as_of, moment, tail, calendar: calendar.ahead(as_of, tail - 1) <= moment,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    rows = [(day, True) for day in range(0, 200, 9)]  # a tail of 10 days is a day more than a step
    check_forward(rows, 10, lambda *asked: [folds.time_fold(*asked, PARIS)])
    monkeypatch.setattr(folds, "settled", MUTANTS[name])
    with pytest.raises(AssertionError, match="not settled"):
        check_forward(rows, 10, lambda *asked: [folds.time_fold(*asked, PARIS)])


def people(size=103, seed=0):
    draw = np.random.default_rng(seed)
    ids = np.array([f"{number:05}" for number in range(size)], dtype=object)
    churned = np.where(draw.random(size) < 0.3, 1.0, 0.0)
    churned[draw.random(size) < 0.1] = np.nan
    return ids, churned


def test_customer_folds_deal_everyone_once_and_evenly():
    ids, churned = people()
    found = folds.customer_folds(ids, churned, 7, repeats=2, folds=5)
    assert len(found) == 10
    for repeat in (found[:5], found[5:]):
        assert (sum(fold.test.astype(int) for fold in repeat) == ~np.isnan(churned)).all()
        rates = [churned[fold.test].sum() for fold in repeat]
        sizes = [fold.test.sum() for fold in repeat]
        assert max(rates) - min(rates) <= 1
        assert max(sizes) - min(sizes) <= 1
    for fold in found:
        parts = fold.train.astype(int) + fold.test
        assert (parts == ~np.isnan(churned)).all()
    assert not np.array_equal(found[0].test, found[5].test)


def test_customer_folds_depend_on_ids_and_seed_only():
    ids, churned = people()
    order = np.random.default_rng(1).permutation(len(ids))
    straight = folds.customer_folds(ids, churned, 7)
    mixed = folds.customer_folds(ids[order], churned[order], 7)
    assert all(np.array_equal(a.test[order], b.test) for a, b in zip(straight, mixed, strict=True))
    other = folds.customer_folds(ids, churned, 8)
    assert not np.array_equal(straight[0].test, other[0].test)


def test_a_customer_with_several_rows_stays_together():
    ids, churned = people()
    rows = np.repeat(np.arange(len(ids)), 3)
    for fold in folds.customer_folds(ids[rows], churned[rows], 7):
        assert not set(ids[rows][fold.train]) & set(ids[rows][fold.test])


def test_too_few_customers_to_deal():
    ids, churned = np.array(list("abcdef"), dtype=object), np.array([1.0, 1, 0, 0, 0, np.nan])
    with pytest.raises(DataError, match="got: 2 churned, 3 stayed"):
        folds.customer_folds(ids, churned, 7, folds=3)
