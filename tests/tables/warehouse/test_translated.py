"""The statements for BigQuery and Snowflake, translated by sqlglot and run on DuckDB: right at heart?

This is no proof that the engines would agree: a translation hides how their own functions behave. But
a rule that was respelt wrongly gives other rows here.
"""

import datetime as dt
import random
import re
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot

import golden_sql
from churnlab import tables
from churnlab.config.sources import Sources
from nasty import nasty_texts
from sources import engine


def orders():
    """Texts of every kind in 2024, the year whose changes of clocks the statement knows."""
    rows = []
    for line, (client, date, amount, kind, _) in enumerate(nasty_texts(1_000)):
        seen = dt.datetime(2025, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=line * 1_234_567)
        rows.append((client, date and date.replace("2025", "2024"), seen, amount, kind, line // 2))
    kinds = [pa.string(), pa.string(), pa.timestamp("us", "UTC"), pa.string(), pa.string(), pa.int64()]
    return rows, dict(zip(golden_sql.ORDERS_SCHEMA, kinds, strict=True))


def lines():
    """Quantities and prices, margins as floats."""
    draw = random.Random(9)
    odd = [0.1, 2.675, 1.005, -0.0, 1e15, 12345678.335, 3e12 + 0.01, None, 2.5e-7, 0.125, -7.0, 1e-12]
    rows = [
        (
            draw.randrange(50),
            dt.date(2024, 1, 1) + dt.timedelta(days=draw.randrange(365)) if draw.random() < 0.9 else None,
            draw.choice([1, 2, -3, 1_000, None]),
            Decimal(draw.randrange(-(10**6), 10**6)).scaleb(-4),
            draw.choice(odd) if draw.random() < 0.5 else round(draw.uniform(-100, 100), 2),
            draw.choice([1.0, 2.0, None]),
        )
        for _ in range(1_500)
    ]
    kinds = [pa.int64(), pa.date32(), pa.int64(), pa.decimal128(10, 4), pa.float64(), pa.float64()]
    return rows, dict(zip(golden_sql.LINES_SCHEMA, kinds, strict=True))


def translated(engine_, name):
    """The extract as DuckDB reads it."""
    text = golden_sql.file(engine_, name, "extract").read_text(encoding="utf-8")
    if engine_ == "snowflake":  # sqlglot does not know these escapes
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    else:  # to DuckDB, decimals without digits have three of them after the point
        text = re.sub(r"AS (BIG)?NUMERIC\)", "AS DECIMAL(38, 10))", text)
    (sql,) = sqlglot.transpile(text, read=engine_, write="duckdb")
    return re.sub(r'"[\w-]+"\."(sales|SALES)"\."(orders|ORDERS)"', "orders", sql)


@pytest.mark.parametrize("name", ["orders", "lines"])
@pytest.mark.parametrize("engine_", golden_sql.ENGINES)
def test_the_rows_are_those_of_the_files(tmp_path, engine_, name):
    rows, kinds = {"orders": orders, "lines": lines}[name]()
    arrays = [
        pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds.values(), strict=True)
    ]
    pq.write_table(pa.table(dict(zip(kinds, arrays, strict=True))), tmp_path / "orders.parquet")
    declared = golden_sql.SOURCES[name][0] | {"files": ["orders.parquet"], "max_quarantined": 0.999}
    declared |= {"event_key": None}
    checked = tables.load(
        Sources.model_validate({"transactions": [declared]}),
        root=tmp_path,
        data_roots=[],
        zone="Europe/Paris",
        currency="EUR",
        con=engine(),
        frames={},
    )
    columns = checked.columns("transactions")
    wanted = engine().to_pyarrow(checked.table("transactions")).to_pylist()
    with duckdb.connect() as other:
        other.execute("SET TimeZone = 'UTC'; CREATE MACRO ieee_divide(a, b) AS a / b")
        other.execute(f"CREATE TABLE orders AS FROM '{tmp_path}/orders.parquet'")
        cursor = other.execute(translated(engine_, name))
        names = [each[0] for each in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in found:
        row["event_id"] = str(row["event_id"]) if "event_id" in row else None
    said = [sorted(repr([row.get(column) for column in columns]) for row in each) for each in (found, wanted)]
    assert said[0] == said[1]
    assert len(wanted) > 300
