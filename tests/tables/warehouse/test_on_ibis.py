"""The way through Ibis, tried on Postgres: BigQuery and Snowflake take the same one."""

import pytest

from both_doors import COLUMNS, declared, load, told
from churnlab.config.warehouse import WarehouseTable
from churnlab.errors import ConfigError, DataError, MachineError
from churnlab.tables.warehouse import judging, on_ibis

pytestmark = pytest.mark.postgres

SETUP = """
    DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop;
    CREATE TABLE shop.orders AS SELECT
        CASE WHEN g % 50 = 0 THEN ' C' ELSE 'C' END || lpad((g % 37)::text, 3, '0') AS id,
        CASE WHEN g % 11 = 0 THEN '2025-03-30 02:30' ELSE '2025-0' || (1 + g % 9) || '-17' END AS date,
        (g % 1000 - 3)::numeric(9, 2) AS amount, 'e' || (g % 900) AS event FROM generate_series(1, 1000) g
"""
KEYED = {"columns": COLUMNS | {"event_id": "event"}, "event_key": ["event_id"], "max_quarantined": 0.9}


@pytest.fixture
def through_ibis(postgres_dsn, monkeypatch):
    """Warehouses are reached through Ibis, also where they are a Postgres."""
    pytest.importorskip("ibis.backends.postgres")
    import psycopg

    monkeypatch.setenv("SHOP", postgres_dsn)
    monkeypatch.setattr(judging, "opened", on_ibis.on_ibis)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(SETUP)
        yield connection


def test_the_same_rows_and_reasons(through_ibis, tmp_path):
    through_ibis.execute(
        "UPDATE shop.orders SET amount = 9, date = '2025-05-05', id = 'C1' WHERE event = 'e5'"
    )
    through_ibis.execute(
        "DELETE FROM shop.orders a USING shop.orders b WHERE a.event = b.event AND a.ctid > b.ctid"
    )
    through_ibis.execute("INSERT INTO shop.orders SELECT * FROM shop.orders WHERE event < 'e3'")
    found = []
    for door in ("postgres", "warehouse"):
        (tmp_path / door).mkdir()
        found.append(told(tmp_path / door, declared(door, **KEYED)))
    assert found[0] == found[1]
    assert found[1]["counts"][0].duplicates > 0
    assert len(found[1]["counts"][0].reasons) == 3


def test_a_table_that_changes_between_two_statements_is_refused(through_ibis, tmp_path, monkeypatch):
    landed = judging._land

    def disturbed(*args):
        through_ibis.execute("DELETE FROM shop.orders WHERE amount > 500")
        return landed(*args)

    monkeypatch.setattr(judging, "_land", disturbed)
    with pytest.raises(DataError, match=r"the table changed while it was read\ngot: .* sound rows counted"):
        load(tmp_path, declared("warehouse", max_quarantined=0.9))


def test_mistakes_are_told_without_the_words_of_a_driver(through_ibis, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="the warehouse refused a statement\ngot: ") as caught:
        load(
            tmp_path, declared("warehouse", query="SELECT 'secret-value'::int AS id, '' AS date, 1 AS amount")
        )
    assert "secret-value" not in str(caught.value)
    with pytest.raises(DataError, match="no column 'amounts'; did you mean 'amount'"):
        load(tmp_path, declared("warehouse", columns=COLUMNS | {"amount": "amounts"}))
    monkeypatch.setenv("SHOP", "postgresql://tester:hunter2@127.0.0.1:1/postgres")
    with pytest.raises(MachineError, match=r"cannot connect to the warehouse of \$\{env:SHOP\}") as refused:
        load(tmp_path, declared("warehouse"))
    assert "hunter2" not in str(refused.value)


def test_a_missing_driver_is_named(monkeypatch, tmp_path):
    import ibis

    def absent(_):
        raise ImportError

    monkeypatch.setenv("SHOP", "bigquery://shop-project/sales")
    monkeypatch.setattr(ibis, "connect", absent)
    place = {"engine": "bigquery", "dsn": "${env:SHOP}", "table": "sales.orders"}
    with pytest.raises(ConfigError, match=r"needs its driver\nmend: pip install 'churnlab\[bigquery\]'"):
        load(tmp_path, declared("warehouse") | {"warehouse": place})


@pytest.mark.parametrize(
    ("engine", "table", "sql"),
    [
        ("bigquery", "shop-project.sales.orders", "`shop-project`.`sales`.`orders`"),
        ("snowflake", 'SHOP.PUBLIC.odd" name', '"SHOP"."PUBLIC"."odd"" name"'),
        ("snowflake", "ORDERS", '"ORDERS"'),
    ],
)
def test_names_are_quoted(engine, table, sql):
    place = WarehouseTable(engine=engine, dsn="${env:SHOP}", table=table)
    assert on_ibis.relation(place) == sql
