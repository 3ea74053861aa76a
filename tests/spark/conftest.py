"""One Spark session for all tests of this folder: a start takes longer than most of them."""

import datetime as dt
import gc
import importlib.util
import os
import shutil
import warnings

import pytest

from churnlab import config, spark
from churnlab.snapshots import Calendar
from churnlab.tables import store
from churnlab.workflow.opening import Opened, silent
from worlds import drawn, world

PARIS = Calendar("Europe/Paris")
# The clocks of Paris go forward between the first two.
EDGES = [PARIS.instant(dt.date(2025, *day)) for day in ((3, 15), (4, 1), (6, 1), (9, 1))]

# Ids that readers, sorters and shells get wrong: zeros, case, accents in two forms, quotes, letters
# beyond the first plane. In UTF-8 the last two stand the other way round than in UTF-16.
IDS = [
    "007",
    "7",
    "a",
    "A",
    "O'Brien",
    'say "x"',
    "a,b",
    "é",
    "e\u0301",
    "=1+1",
    "\ufb01n",
    "🦊",
    "NaN",
    "null",
]


def missing():
    """Why there is no Spark here; None where there is."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'churnlab[spark]'"
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "there is no Java runtime, such as openjdk-17-jre-headless"
    return None


@pytest.fixture(scope="session")
def session():
    """A local Spark of two tasks; the test is skipped where there is none."""
    if why := missing():
        pytest.skip(why)
    with spark.local(2) as started:
        yield started


@pytest.fixture(autouse=True)
def _sockets_collected():
    """PySpark's forgotten sockets go before another test would be blamed for them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def tricky():
    """Events of a world with late records, refunds, five tables and the ids above."""
    events = drawn(7, EDGES, customers=40, lines=700)
    names = {f"{number:03}": name for number, name in enumerate(IDS)}
    return {
        table: [{**row, "customer_id": names.get(row["customer_id"], row["customer_id"])} for row in rows]
        for table, rows in events.items()
    }


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project whose tables are given, not read."""
    source = {"files": ["none.csv"], "times": {"format": "native", "zone": "UTC"}}
    plain = {"customer_id": "customer_id", "time": "time"}
    return config.from_mapping(
        {
            "project": "tricky",
            "time_zone": "Europe/Paris",
            "sources": {
                "transactions": [{"name": "lines", **source, "columns": plain}],
                "customers": [
                    {
                        "name": "people",
                        **source,
                        "columns": {"customer_id": "customer_id"},
                        "attributes": {"city": {"column": "city", "kind": "category", "static": True}},
                    }
                ],
            },
            "snapshots": {"every": 30, "min_history_days": 60},
            "churn": {"horizon_days": 30, "gap_days": 7, "settlement_days": 7},
            "value": {"horizon_days": 60},
            "features": {"windows": [7, 30, 90], "service_types": ["complaint"]},
            "evaluation": {"segments": ["city"]},
        }
    ).model_copy(update={"root": str(tmp_path_factory.mktemp("project"))})


@pytest.fixture(scope="session")
def checked(tricky):
    """The world as checked tables of the embedded engine."""
    return world(tricky, attributes={"city": "category", "size": "number"}, watermark=EDGES[-1])


@pytest.fixture(scope="session")
def saved(checked, tmp_path_factory):
    """The same tables as a folder of Parquet files."""
    folder = tmp_path_factory.mktemp("tables") / "saved"
    store.save(checked, folder)
    return folder


@pytest.fixture
def opening(checked, project):
    """The project as the local verbs see it."""
    return Opened(project, checked, PARIS, silent)
