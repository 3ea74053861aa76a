"""The report's tables of relations: means by hand, nothing of very few people, nothing where nobody asked."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.workflow import relating


def written(folder, kinds, ways, value=None):
    n = len(kinds)
    columns = {
        "churn_risk": pa.array([0.2, 0.4] * (n // 2)),
        "value_if_retained": pa.array([value] * n, pa.float64()),
        "relationship_type": pa.array(kinds, pa.string()),
        "cooperation_profile": pa.array(ways, pa.string()),
    }
    pq.write_table(pa.table(columns), folder / "all.parquet")
    return folder


def test_customers_risk_and_value_of_each(tmp_path):
    kinds = ["primary"] * 20 + ["secondary"] * 60 + [None] * 20
    ways = ["resistant", "neo_classical"] * 50
    types, profiles = relating.relation(written(tmp_path, kinds, ways, 12.5), 2)
    assert types.rows == (
        ("relation_primary", 20, pytest.approx(0.3), 12.5),
        ("relation_secondary", 60, pytest.approx(0.3), 12.5),
        ("relation_none", 20, pytest.approx(0.3), 12.5),
    )
    assert profiles.rows == (("relation_resistant", 50, 0.2, 12.5), ("relation_neo_classical", 50, 0.4, 12.5))
    assert [name for name, _ in types.columns] == [
        "relationship_type",
        "customers",
        "mean_risk",
        "mean_value",
    ]


def test_few_people_are_not_told_of(tmp_path):
    kinds = ["primary"] * 4 + ["secondary"] * 96
    types, profiles = relating.relation(written(tmp_path, kinds, ["independent"] * 100), 2)
    assert types.rows == (("relation_primary", None, None), ("relation_secondary", None, None))
    assert profiles.rows == (("relation_independent", 100, pytest.approx(0.3)),)


def test_lists_without_the_overlay_have_none(tmp_path):
    pq.write_table(pa.table({"churn_risk": [0.1], "value_if_retained": [1.0]}), tmp_path / "all.parquet")
    assert list(relating.relation(tmp_path, 2)) == []
