"""The list before: who stood where since when, found by id whatever the hash, and only if unchanged."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import IntegrityError
from churnlab.lists import previous
from churnlab.lists.previous import Previous

DAY = dt.date(2026, 1, 31)


def known(**places):
    """Customer -> (quadrant, since)."""
    table = pa.table(
        {
            "customer_id": pa.array(list(places), pa.string()),
            "quadrant": pa.array([place for place, _ in places.values()], pa.string()).dictionary_encode(),
            "quadrant_since": pa.array([since for _, since in places.values()], pa.date32()),
            "phase": pa.array(
                ["growth" if who == "a" else None for who in places], pa.string()
            ).dictionary_encode(),
        }
    )
    return Previous(DAY, "0" * 64, table)


def ids(*names):
    return np.array(names, dtype=object)


def test_each_customer_is_found_and_a_stranger_is_not():
    before = known(a=("retain", dt.date(2025, 1, 1)), b=("release", DAY)).of(ids("b", "x", "a"))
    assert before.quadrant.tolist() == ["release", None, "retain"]
    assert before.phase.tolist() == [None, None, "growth"]
    assert np.array_equal(
        before.since, np.array(["2026-01-31", "NaT", "2025-01-01"], "datetime64[D]"), equal_nan=True
    )


def test_nobody_was_there():
    assert known().of(ids("a", "b")).quadrant.tolist() == [None, None]
    assert known(a=("retain", DAY)).of(ids()).quadrant.tolist() == []


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=20), st.data())
def test_hashes_that_meet_confuse_nobody(names, data):
    hashes = {name: data.draw(st.integers(0, 2), label=name) for name in names}
    asked = data.draw(st.lists(st.sampled_from([*names, "stranger"]), max_size=20)) if names else []
    everybody = known(**{name: (f"q{number}", DAY) for number, name in enumerate(names)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            previous, "_hashes", lambda some: np.array([hashes.get(one, 1) for one in some], dtype=np.int64)
        )
        found = everybody.of(ids(*asked)).quadrant.tolist()
    expected = {name: f"q{number}" for number, name in enumerate(names)}
    assert found == [expected.get(one) for one in asked]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A published run with a list and those kept off it, the second without a date."""
    columns = {"customer_id": ["a"], "quadrant": ["retain"], "churn_risk": [0.5]}
    since = pa.array([dt.date(2025, 12, 1)], pa.date32())
    pq.write_table(pa.table({**columns, "quadrant_since": since}), tmp_path / "all.parquet")
    pq.write_table(pa.table(columns | {"customer_id": ["b"]}), tmp_path / "excluded.parquet")
    said = {
        "as_of": DAY.isoformat(),
        "sha256": "5" * 64,
        "inputs": {},
        "files": {name: {"sha256": previous.digest(tmp_path / name)} for name in previous.FILES},
    }
    monkeypatch.setattr(previous.manifest, "read", lambda folder: said)
    return tmp_path


def test_those_kept_off_the_lists_are_known_too_and_stand_since_that_list_where_nothing_says_otherwise(run):
    before = Previous.read(run).of(ids("a", "b"))
    assert before.quadrant.tolist() == ["retain", "retain"]
    assert before.since.astype(str).tolist() == ["2025-12-01", "2026-01-31"]


def test_one_customer_alone(run):
    assert Previous.read(run, "b").table.num_rows == 1


@pytest.mark.parametrize("harm", ["other bytes", "no file"])
def test_a_list_that_was_changed_is_not_built_on(run, harm):
    path = run / "all.parquet"
    path.unlink() if harm == "no file" else path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IntegrityError, match="list before") as caught:
        Previous.read(run)
    assert harm in caught.value.got
