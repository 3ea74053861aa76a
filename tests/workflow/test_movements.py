"""The chapter about what moved: an independent count, nobody who could be named, and law."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.explain.exhibits import told
from churnlab.explain.page import Shown
from churnlab.workflow import movements
from published_lists import published, rows
from scored_people import scored

ways = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.integers(0, 40), max_size=16
)


@pytest.fixture
def two(tmp_path, monkeypatch):
    """The runs of two dates: 900 customers, of whom 60 leave and 60 come."""
    chance = np.random.default_rng(3)
    ids = [f"secret-{number}" for number in range(960)]
    value, near = chance.integers(1, 900, 960), 100 * chance.random(960)
    first = scored(ids[:900], chance.random(900), value[:900], near[:900])
    second = scored(ids[60:], chance.random(900), value[60:] + chance.integers(-50, 50, 900), near[60:])
    dates = ("2025-01-01", first), ("2025-02-01", second)
    return [next(published(tmp_path, monkeypatch, *each).glob("run=*")) for each in dates]


def counted(two):
    before, after = ({row["customer_id"]: row for row in rows(run.parent)} for run in two)
    return Counter(
        (
            before[who]["quadrant"] if who in before else "new",
            after[who]["quadrant"] if who in after else "gone",
        )
        for who in {*before, *after}
    )


def test_an_independent_count_of_the_same(two):
    (moved, top), pictures = movements.strategies(*two, "en")
    ends = [name.removeprefix("place_") for name, _ in moved.columns[1:]]
    cells = {
        (row[0].removeprefix("place_"), end): cell
        for row in moved.rows
        for end, cell in zip(ends, row[1:], strict=True)
    }
    ways = counted(two)
    assert any(cell is not None and cell >= 10 for cell in cells.values())
    for way, cell in cells.items():
        assert cell == ways[way] if cell is not None else ways[way] > 0
        assert cell is None or not 0 < cell < 10
    assert set(ways) <= set(cells)
    for before, after, customers, _ in top.rows:
        assert ways[before.removeprefix("place_"), after.removeprefix("place_")] == customers
    assert list(pictures) == list(moved.pictures) == ["flows"]
    for locale in ("en", "fr"):
        said = " ".join(told(moved, Shown(locale, "EUR")).notes)
        assert "2025-01-01" in said
        assert "{" not in said
    assert "secret" not in str((moved, top, pictures))


def test_lists_of_two_models_say_so(two, tmp_path, monkeypatch):
    other = published(
        tmp_path / "other", monkeypatch, "2025-03-01",
        scored([f"secret-{n}" for n in range(100)], np.linspace(0.1, 0.9, 100), *[np.arange(100)] * 2),
        model={"m": "2"},
    )  # fmt: skip
    (moved, *_), _ = movements.strategies(two[0], next(other.glob("run=*")), "en")
    assert ("movements_models", {}) in moved.notes
    assert ("movements_models", {}) not in movements.strategies(*two, "en")[0][0].notes


def of_phases(folder, phases, value=10.0):
    folder.mkdir()
    columns = {
        "customer_id": [f"secret-{number}" for number in range(len(phases))],
        "phase": pa.array(phases, pa.string()),
        "value_if_retained": pa.array([value] * len(phases), pa.float64()),
    }
    pq.write_table(pa.table(columns), folder / "all.parquet")
    return folder


def test_phases_and_the_goal_by_hand(tmp_path):
    # Of 40 in saturation 30 stay and 10 decline; 20 of 60 growing reach it.
    before = of_phases(tmp_path / "one", ["saturation"] * 40 + ["growth"] * 60)
    after = of_phases(
        tmp_path / "two", ["saturation"] * 30 + ["decline"] * 10 + ["saturation"] * 20 + ["growth"] * 40
    )
    (moved,), then, now = movements.phases(before, after, "EUR")
    assert [name for name, _ in moved.columns] == [
        "moved_from", "phase_decline", "phase_growth", "phase_saturation",
    ]  # fmt: skip
    assert moved.rows == (("phase_growth", 0, 40, 20), ("phase_saturation", 10, 0, 30))
    assert (then.customers, now.customers, now.left) == (0.4, 0.5, 0.25)
    assert movements.goal(after, "EUR").left is None


def test_lists_without_phases_tell_none(tmp_path):
    known, unknown = of_phases(tmp_path / "one", ["growth"] * 30), of_phases(tmp_path / "two", [None] * 30)
    assert movements.phases(unknown, unknown, "EUR") == ([], None, None)
    exhibits, then, now = movements.phases(unknown, known, "EUR")
    assert (exhibits, then) == ([], None)
    assert now.customers == 0
    assert movements.goal(unknown, "EUR") is None


@settings(max_examples=300)
@given(ways)
def test_no_way_of_few_is_told_nor_follows_from_the_others(counts):
    shown = movements.told(counts)
    assert all(counts[way] >= 10 for way in shown)
    for side in (0, 1):
        for place in {way[side] for way in counts}:
            here = [way for way in counts if way[side] == place and counts[way]]
            hidden = [way for way in here if way not in shown]
            assert len(hidden) != 1 or len(here) == 1


def test_without_few_everything_is_told():
    counts = {("a", "x"): 10, ("a", "y"): 12, ("b", "x"): 0}
    assert movements.told(counts) == {("a", "x"), ("a", "y")}
