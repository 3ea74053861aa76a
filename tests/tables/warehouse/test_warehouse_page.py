"""The page on warehouses: its configuration runs against a Postgres, and gives what files give."""

import random
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from churnlab import config
from churnlab.workflow.panels import make_panel

PAGE = Path(__file__).parents[3] / "docs" / "warehouses.md"

pytestmark = pytest.mark.postgres


def purchases():
    """(client, ordered_at, total, order_line) of 120 customers over 18 months, some lines twice."""
    chance = random.Random(4)
    rows = []
    for client in range(120):
        day, rate = chance.uniform(0, 200), chance.uniform(8, 60)
        while day < 545:
            rows.append((client, day, round(chance.lognormvariate(3, 1), 2), len(rows)))
            day += chance.expovariate(1 / rate)
    rows += chance.sample(rows, 50)
    chance.shuffle(rows)
    return rows


def permissions():
    return re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]


@pytest.fixture
def shop(postgres_dsn, monkeypatch):
    """The page's table in a database, and its configuration; the reader has the page's permissions only."""
    import psycopg

    monkeypatch.setenv("SHOP_DATABASE", postgres_dsn.replace("tester@", "churnlab_reader@"))
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("DROP SCHEMA IF EXISTS sales CASCADE; CREATE SCHEMA sales")
        connection.execute(
            "CREATE TABLE sales.orders"
            " (client text, ordered_at timestamptz, total numeric(12, 2), order_line int)"
        )
        start = "timestamptz '2024-01-01 09:00+00'"
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO sales.orders VALUES (%s, {start} + %s * interval '1 day', %s, %s)",
                [(f"{client:05d}", day, total, line) for client, day, total, line in purchases()],
            )
        connection.execute(permissions().replace("shop TO", "postgres TO"))
        try:
            yield connection
        finally:
            connection.execute("DROP OWNED BY churnlab_reader; DROP ROLE churnlab_reader")
            connection.execute("DROP SCHEMA sales CASCADE")


def test_the_panel_is_that_of_the_files_to_the_bit(shop, tmp_path):
    text = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]
    declared = yaml.safe_load(text)
    there = make_panel(config.from_mapping(declared, folder=tmp_path))
    rows = shop.execute("SELECT * FROM sales.orders").fetchall()
    names = ["client", "ordered_at", "total", "order_line"]
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), tmp_path / "orders.parquet")
    source = declared["sources"]["transactions"][0]
    del source["warehouse"]
    source["files"] = ["orders.parquet"]
    here = make_panel(config.from_mapping(declared, folder=tmp_path))
    assert len(there.customer_id) > 200
    assert list(there.customer_id) == list(here.customer_id)
    assert np.array_equal(there.as_of, here.as_of)
    assert there.names == here.names
    assert there.numbers.tobytes() == here.numbers.tobytes()
    assert there.churned.tobytes() == here.churned.tobytes()
    assert there.value.tobytes() == here.value.tobytes()
    assert {name: values.tobytes() for name, values in there.measures.items()} == {
        name: values.tobytes() for name, values in here.measures.items()
    }
