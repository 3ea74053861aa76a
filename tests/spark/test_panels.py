"""Panels made by Spark: the local ones, to the bit, however tables and shards are cut."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from churnlab import spark
from churnlab.config.churn import Churn
from churnlab.errors import DataError
from churnlab.workflow.panels import training_panel
from on_spark import MARKS
from panels_alike import assert_same

pytestmark = MARKS


@pytest.fixture(scope="module")
def tables(session, saved):
    return spark.of_folder(session, saved)


def cut_otherwise(tables, partitions):
    """The same tables, as those of a catalogue: rows in another order and in other partitions."""
    frames = {
        table: frame.orderBy(*reversed(frame.columns)).repartition(partitions)
        for table, frame in tables.frames.items()
    }
    return dataclasses.replace(tables, frames=frames, pieces={})


def test_a_panel_is_the_local_one_to_the_bit(tables, project, opening):
    local, left_out = training_panel(opening)
    assert len(np.unique(local.as_of)) > 3
    assert np.isin([0.0, 1.0], local.churned).all()
    for shards in (1, 5):
        made, why = spark.panel(tables, project, shards=shards)
        assert_same(local, made)
        assert dict(why) == dict(left_out)


def test_labels_of_shorter_windows_are_the_local_ones(tables, project, opening):
    churn = project.churn.model_copy(update={"also_days": (10, 20)})
    asked = project.model_copy(update={"churn": churn})
    local, _ = training_panel(dataclasses.replace(opening, project=asked))
    assert 0 < local.sooner["churned_20d"].mean() < 1
    assert_same(local, spark.panel(tables, asked, shards=3)[0])
    frame = spark.panel_frame(tables, asked, shards=3)
    assert frame.columns[:6] == [
        "customer_id",
        "as_of",
        "churned",
        "value",
        "churned_10d",
        "churned_20d",
    ]


def test_partitions_and_the_order_of_rows_change_nothing(tables, project, opening):
    local, _ = training_panel(opening)
    assert_same(local, spark.panel(cut_otherwise(tables, 3), project, shards=2)[0])


@pytest.mark.parametrize("budget", [120, 10_000])
def test_a_budget_keeps_the_customers_that_the_local_sample_keeps(tables, project, opening, budget):
    models = project.models.model_copy(update={"row_budget": budget})
    small = project.model_copy(update={"models": models})
    local, left_out = training_panel(dataclasses.replace(opening, project=small))
    made, why = spark.panel(tables, small, shards=3)
    assert_same(local, made)
    assert made.sample == local.sample
    assert (made.sample is None) == (budget == 10_000)
    assert dict(why) == dict(left_out)


@pytest.mark.parametrize("budget", [120, 10_000])
def test_declines_are_measured_against_the_same_seasons(tables, project, opening, budget):
    churn = Churn(kind="partial", horizon_days=30, gap_days=7, settlement_days=7)
    models = project.models.model_copy(update={"row_budget": budget})
    fading = project.model_copy(update={"churn": churn, "models": models})
    local, left_out = training_panel(dataclasses.replace(opening, project=fading))
    assert np.isin([0.0, 1.0], local.churned).all()
    for shards in (1, 5):
        made, why = spark.panel(tables, fading, shards=shards)
        assert_same(local, made)
        assert dict(why) == dict(left_out)


def test_a_frame_holds_the_same_rows(tables, project, opening):
    local, _ = training_panel(opening)
    frame = spark.panel_frame(tables, project, shards=3).toArrow()
    assert frame.column_names == ["customer_id", "as_of", "churned", "value", *local.names]
    keys = pa.table({"id": frame["customer_id"].cast(pa.binary()), "as_of": frame["as_of"]})
    ordered = frame.take(pa.compute.sort_indices(keys, [("id", "ascending"), ("as_of", "ascending")]))
    assert ordered["customer_id"].to_pylist() == local.customer_id.tolist()
    for position, name in enumerate(local.names[: local.numbers.shape[1]]):
        np.testing.assert_array_equal(ordered[name].to_numpy(), local.numbers[:, position], name)
    assert ordered["city"].to_pylist() == local.categories["city"].tolist()


def test_nobody_is_told_as_locally(tables, project):
    plan = project.snapshots.model_copy(update={"min_orders": 1_000})
    with pytest.raises(DataError, match=r"nobody can be asked about at any of \d+ snapshot dates"):
        spark.panel(tables, project.model_copy(update={"snapshots": plan}), shards=2)
