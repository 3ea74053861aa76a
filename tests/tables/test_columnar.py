"""Parquet: native types, row numbers across row groups, and columns read by name only."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import DataError
from churnlab.tables import columnar
from sources import COLUMNS, engine, lines, staged, values


def write(folder, table, name="orders.parquet", **options):
    pq.write_table(table, folder / name, **options)
    return name


TYPES = {
    "VARCHAR": pa.array(["00123", "NA", "", None]).dictionary_encode(),
    "BIGINT": pa.array([9007199254740993, 2, 3, None]),
    "DOUBLE": pa.array([0.1, float("nan"), float("inf"), None]),
    "DECIMAL(12,2)": pa.array([Decimal("1.50"), Decimal(2), Decimal(3), None], pa.decimal128(12, 2)),
    "DATE": pa.array([dt.date(2025, 1, 3)] * 3 + [None]),
    "TIMESTAMP": pa.array([dt.datetime(2025, 1, 3, 12)] * 3 + [None], pa.timestamp("us")),
    "TIMESTAMP WITH TIME ZONE": pa.array(
        [dt.datetime(2025, 1, 3, 12)] * 3 + [None], pa.timestamp("us", "UTC")
    ),
    "BOOLEAN": pa.array([True, False, True, None]),
    "INTEGER": pa.array([1, 2, 3, None], pa.int32()),
}


@pytest.mark.parametrize("kind", TYPES)
def test_values_keep_their_types(tmp_path, kind):
    name = write(tmp_path, pa.table({"id": ["a", "b", "c", "d"], "date": ["d"] * 4, "amount": TYPES[kind]}))
    result, rows = staged(tmp_path, name)
    described = engine().con.execute(f"DESCRIBE {result.name}").fetchall()
    assert {row[0]: row[1] for row in described}["amount"] == kind
    found = pa.array([row[4] for row in rows], TYPES[kind].type if kind != "VARCHAR" else None)
    expected = TYPES[kind].cast(pa.string()) if kind == "VARCHAR" else TYPES[kind]
    assert found.to_string() == expected.to_string()


def test_int96_timestamps(tmp_path):
    times = pa.array([dt.datetime(1600, 1, 1), dt.datetime(2025, 1, 3, 12)], pa.timestamp("us"))
    table = pa.table({"id": ["a", "b"], "date": times, "amount": ["1", "2"]})
    _, rows = staged(tmp_path, write(tmp_path, table, use_deprecated_int96_timestamps=True))
    assert [row[3] for row in rows] == times.to_pylist()


def test_rows_are_numbered_from_1_across_row_groups_and_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(columnar, "_BATCH", 7)
    ids = [f"C{n}" for n in range(50)]
    table = pa.table({"id": ids, "date": ids, "amount": ids})
    result, rows = staged(tmp_path, write(tmp_path, table, row_group_size=11))
    assert lines(rows) == list(range(1, 51))
    assert [row[2] for row in rows] == ids
    assert result.read == 50


def test_names_that_arrow_would_read_as_paths(tmp_path):
    table = pa.table({"a.b": ["C1"], "a": [{"b": "nested"}], 'x"; y': ["2"]})
    name = write(tmp_path, table)
    _, rows = staged(tmp_path, name, columns={"customer_id": "a.b", "time": "a.b", "amount": "a.b"})
    assert values(rows) == [("C1", "C1", "C1")]


def test_text_that_is_not_utf_8(tmp_path):
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
    )
    name = write(tmp_path, pa.table({"id": broken, "date": ["d"], "amount": ["1"]}))
    with pytest.raises(DataError, match=r"cannot be read as Parquet"):
        staged(tmp_path, name)


def test_two_columns_of_one_name(tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"])] * 4, ["id", "date", "amount", "id"])
    with pytest.raises(DataError, match=r"two columns are named id"):
        staged(tmp_path, write(tmp_path, table))


def test_no_rows(tmp_path):
    table = pa.table({name: pa.array([], pa.string()) for name in COLUMNS.values()})
    result, rows = staged(tmp_path, write(tmp_path, table))
    assert (result.read, rows) == (0, [])


def test_real_parquet(public_data):
    """Complete Journey's transactions: as many rows as its README says, ids as they are."""
    mapped = {"customer_id": "customer_id", "time": "timestamp", "amount": "sales_value"}
    result, _ = staged(public_data, "complete_journey/transactions.parquet", columns=mapped)
    total = (
        engine().con.execute(f"SELECT count(DISTINCT customer_id), max(line) FROM {result.name}").fetchone()
    )
    assert (result.read, *total) == (1_469_307, 2_469, 1_469_307)
