"""What a staged table looks like: a column a meaning, products by factor, constants, attributes."""

import pytest

from churnlab.config import Source
from churnlab.tables.staging import stage
from sources import COLUMNS, ORDERS, ROWS, engine, lines, staged, values, written


def columns(result):
    return [row[0] for row in engine().con.execute(f"DESCRIBE {result.name}").fetchall()]


def test_products_and_constants(tmp_path):
    name = written(tmp_path, "id,date,price,count\nC1,d,2.50,3\n")
    mapped = {
        "customer_id": "id",
        "time": "date",
        "amount": {"multiply": ["count", "price"]},
        "order_id": "id",
    }
    odd = 'it\'s "one"; DROP TABLE x'
    result, rows = staged(tmp_path, name, columns=mapped, constants={"type": odd, "currency": "EUR"})
    assert columns(result) == [
        *(
            "source_file",
            "line",
            "customer_id",
            "time",
            "amount__1",
            "amount__2",
            "order_id",
            "type",
            "currency",
        )
    ]
    assert rows == [("orders.csv", 2, "C1", "d", "3", "2.50", "C1", odd, "EUR")]


def test_attributes(tmp_path):
    written(tmp_path, "id,Select,age\nC1,x,41\n")
    source = Source.model_validate(
        {
            "name": "people",
            "files": ["orders.csv"],
            "columns": {"customer_id": "id"},
            "attributes": {
                "select": {"column": "Select", "kind": "category", "static": True},
                "age": {"column": "age", "kind": "number", "static": True},
            },
        }
    )
    result = stage(source, table="customers", con=engine(), root=tmp_path, data_roots=(), frames={})
    assert columns(result) == ["source_file", "line", "customer_id", "attribute__select", "attribute__age"]
    assert engine().con.execute(f"FROM {result.name}").fetchall() == [("orders.csv", 2, "C1", "x", "41")]


def test_files_stack_whatever_they_are_packed_in(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    written(tmp_path, ORDERS, "1.csv")
    written(tmp_path, ORDERS.replace(b"C", b"D"), "2.csv.gz")
    table = pa.table({name: [row[n] for row in ROWS] for n, name in enumerate(COLUMNS.values())})
    pq.write_table(table, tmp_path / "3.parquet")
    result, rows = staged(tmp_path, "*")
    assert values(rows) == ROWS + [(row[0].replace("C", "D"), *row[1:]) for row in ROWS] + ROWS
    assert lines(rows) == [2, 3, 4, 2, 3, 4, 1, 2, 3]
    assert list(result.digests) == ["1.csv", "2.csv.gz", "3.parquet"]


def test_staging_again_replaces(tmp_path):
    name = written(tmp_path, ORDERS)
    first, _ = staged(tmp_path, name)
    second, rows = staged(tmp_path, name)
    assert first == second
    assert len(rows) == 3


def test_nothing_is_left_behind(tmp_path):
    written(tmp_path, "code,name\nP1,milk\n", "products.csv")
    name = written(tmp_path, "id,date,amount,product\nC1,d,1,P1\n")
    lookup = {"files": ["products.csv"], "keys": {"product": "code"}, "columns": {"family": "name"}}
    result, _ = staged(tmp_path, name, lookups=[lookup], columns=COLUMNS | {"family": "family"})
    others = "SELECT table_name FROM duckdb_tables() WHERE NOT starts_with(table_name, 'staged_')"
    tables = engine().con.execute(others).fetchall()
    views = engine().con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    assert (tables, views) == ([], [])
    assert result.name == "staged_orders"


@pytest.mark.parametrize("size", [1, 30, 10_000])
def test_the_size_of_blocks_changes_nothing(tmp_path, monkeypatch, size):
    text = "id,date,amount\n" + "".join(f'C{n},"2025-01-{n % 28 + 1:02d}",{n}\n' for n in range(300))
    text = text.replace("C77,", 'C77,"open').replace("C99,", "C99,,")
    whole = staged(tmp_path, written(tmp_path, text))
    monkeypatch.setattr("churnlab.tables.decode.BLOCK", size)
    assert staged(tmp_path, "orders.csv") == whole
    assert [each.line for each in whole[0].rejects] == [79, 101]
