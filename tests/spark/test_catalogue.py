"""Tables of Spark's catalogue: the panel that files give, and what does not fit is refused in words."""

import dataclasses
import datetime as dt
import hashlib

import pytest

from churnlab import spark
from churnlab.errors import ConfigError, DataError
from churnlab.snapshots import DAY
from on_spark import MARKS
from panels_alike import assert_same

pytestmark = MARKS

NAMES = {"transactions": "shop_lines", "interactions": "shop_contacts", "customers": "shop_people"}
VERSIONS = {"transactions": "8233411", "interactions": "5", "customers": "17"}


@pytest.mark.parametrize(
    ("names", "versions", "told"),
    [
        ({"transaction": "lines"}, {"transaction": "1"}, "transaction: no such table; did you mean"),
        ({"transactions": "lines"}, {}, "transactions: nothing names its version"),
        ({"transactions": "lines"}, {"transactions": ""}, "transactions: nothing names its version"),
        ({"customers": "people"}, {"customers": "1"}, "a table of transactions is needed"),
    ],
)
def test_a_mistake_is_told_before_spark_is_asked(project, names, versions, told):
    with pytest.raises(ConfigError, match=told):
        spark.of_catalogue(None, project, names, versions)


@pytest.fixture(scope="module")
def files(session, saved):
    return spark.of_folder(session, saved)


@pytest.fixture
def catalogue(session, files, project):
    """``catalogue(customers=change)``: the tables by their names, some of them changed before."""

    def named(project=project, **changes):
        for table, name in NAMES.items():
            change = changes.get(table, lambda frame: frame)
            change(files.frames[table]).createOrReplaceTempView(name)
        return spark.of_catalogue(session, project, NAMES, VERSIONS)

    yield named
    for name in NAMES.values():
        session.catalog.dropTempView(name)


def test_the_panel_is_that_of_the_files(catalogue, files, project):
    tables = catalogue(transactions=lambda lines: lines.selectExpr("'unread' AS remark", "*"))
    assert set(tables.columns["transactions"]) == set(files.columns["transactions"])
    assert tables.rows == sum(files.frames[table].count() for table in NAMES)
    assert tables.known.digests == {
        f"{table}: {name}": hashlib.sha256(VERSIONS[table].encode()).hexdigest()
        for table, name in NAMES.items()
    }
    same = dataclasses.replace(
        files, frames={table: files.frames[table] for table in NAMES}, known=tables.known
    )
    made, left_out = spark.panel(tables, project, shards=3)
    expected, why = spark.panel(same, project, shards=2)
    assert_same(made, expected)
    assert left_out == why
    assert len(set(made.as_of)) > 3


def test_it_is_complete_until_the_day_declared_or_the_last_event(catalogue, files, project):
    last = files.frames["transactions"].agg({"time": "max"}).first()[0]
    assert catalogue().known.watermarks["transactions"] == last + 1
    lines = project.sources.transactions[0].model_copy(update={"complete_until": dt.date(2025, 7, 1)})
    sources = project.sources.model_copy(update={"transactions": (lines,)})
    declared = catalogue(project.model_copy(update={"sources": sources})).known.watermarks
    assert declared["transactions"] % DAY == 22 * DAY // 24  # midnight in Paris, in summer
    assert declared["transactions"] < last


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda people: people.drop("city"), "customers: the table has no column city"),
        (
            lambda people: people.withColumnRenamed("city", "town").selectExpr("*", "1.5D AS city"),
            "customers: city is not of type string",
        ),
    ],
)
def test_a_column_that_is_missing_or_of_another_type_is_named(catalogue, change, told):
    with pytest.raises(DataError, match=told):
        catalogue(customers=change)
