"""The report's tables of phases: customers and value, nothing of very few people, nothing without phases."""

import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.workflow import lives

MANIFEST = {"season": {"events": {"ratio": 1.25}, "value": {"ratio": 0.5}}}


def written(folder, phase, value=10.0):
    quadrant = ["retain"] * 60 + ["release"] * 40
    columns = {
        "quadrant": quadrant,
        "phase": pa.array(phase, pa.string()),
        "value_if_retained": pa.array([value] * 100, pa.float64()),
    }
    pq.write_table(pa.table(columns), folder / "all.parquet")
    return folder


def test_customers_and_value_of_each_strategy(tmp_path):
    phase = ["growth"] * 20 + ["saturation"] * 40 + ["lost"] * 40
    customers, value = lives.phases(written(tmp_path, phase), MANIFEST)
    assert customers.rows == (("retain", 0, 0, 0, 0, 20, 40), ("release", 40, 0, 0, 0, 0, 0))
    assert value.rows[0] == ("retain", 0, 0, 0, 0, 200.0, 400.0)
    assert [name for name, _ in customers.columns][1:3] == ["phase_lost", "phase_decline"]
    assert customers.notes[1][1] == {"events": ("decimal", 1.25), "value": ("decimal", 0.5)}


def test_few_people_are_not_told_of(tmp_path):
    phase = ["growth"] * 3 + ["saturation"] * 57 + ["lost"] * 40
    customers, value = lives.phases(written(tmp_path, phase), {})
    for exhibit in (customers, value):
        assert exhibit.rows[0][5:] == (None, None), "the other would give it away"
    assert len(customers.notes) == 1


def test_without_value_there_is_one_table(tmp_path):
    folder = written(tmp_path, ["growth"] * 100, value=None)
    assert [each.name for each in lives.phases(folder, {})] == ["phases"]


def test_lists_without_phases_have_none(tmp_path):
    assert list(lives.phases(written(tmp_path, [None] * 100), MANIFEST)) == []
    pq.write_table(pa.table({"quadrant": ["retain"]}), tmp_path / "all.parquet")
    assert list(lives.phases(tmp_path, MANIFEST)) == []
