"""Rows on their one pass: they keep their order, and nothing that an error tells is lost on the way."""

import numpy as np
import pytest

from churnlab.errors import DataError
from churnlab.tables import duplicates
from loading import engine, loaded, project, source

ROWS = 300_000  # three batches and more, so that two threads have something to mix up


def test_rows_stay_in_the_order_they_came(tmp_path):
    import pyarrow as pa

    numbers = np.arange(ROWS)
    times = pa.array(1_700_000_000_000_000 + numbers, pa.timestamp("us", "UTC"))
    content = pa.table({"customer_id": (numbers % 97).astype(str), "time": times})
    loaded(tmp_path, content, times={"format": "native", "zone": "UTC"})
    found = engine().con.execute('SELECT "__line" FROM churnlab_transactions').fetchnumpy()["__line"]
    assert np.array_equal(found, numbers + 1)


def test_an_error_of_a_reader_keeps_its_words(tmp_path, monkeypatch):
    """It passes through the engine's threads, which would hand on a text of their own."""
    from churnlab.tables.columnar import ParquetFile

    def batches(self, wanted):
        raise DataError("orders.parquet: the disk is gone")
        yield

    monkeypatch.setattr(ParquetFile, "batches", batches)
    import pyarrow as pa

    with pytest.raises(DataError, match=r"^orders\.parquet: the disk is gone$"):
        loaded(tmp_path, pa.table({"customer_id": ["a"], "time": ["2025-01-01"]}))


@pytest.mark.parametrize("at_once", [1, 2, 3, 1 << 24])
def test_equal_rows_are_found_however_many_are_held_at_once(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(duplicates, "AT_ONCE", at_once)
    lines = "a,2025-01-01,1\na,2025-01-01,1\nb,2025-01-01,1\nc,,2\na,2025-01-01,1\nb,2025-01-01,2\n"
    tables = loaded(tmp_path, "customer_id,time,amount\n" + lines, max_quarantined=1)
    assert "transactions: 2 rows equal another row; without an event_key both count as events" in tables.notes


def test_files_are_told_apart_by_their_labels_in_every_source(tmp_path):
    """Files are numbers inside; what people read has their names, also where two sources are stacked."""
    import pyarrow.parquet as pq

    head = "customer_id,time,amount,event_id,recorded_at\n"
    row = "a,2025-01-01,{},{},2025-01-0{}\n"
    first = {"z.csv": head + row.format(1, "e1", 2), "y.csv": head + row.format(5, "e2", 2)}
    second = {"x.csv": head + row.format(2, "e1", 3)}
    declared = {"event_key": ["event_id"], "conflicts": "latest"}
    sources = [
        source(tmp_path, first, name="web", **declared),
        source(tmp_path, second, name="shop", **declared),
    ]
    tables = project(tmp_path, {"transactions": sources})
    assert [(count.source, count.accepted, count.duplicates) for count in tables.counts] == [
        ("web", 1, 1),
        ("shop", 1, 0),
    ]
    conflicts = pq.read_table(tmp_path / "conflicts_transactions.parquet").to_pylist()
    assert [(each["source"], each["kept"]) for each in conflicts] == [
        ("transactions.web:z.csv", False),
        ("transactions.shop:x.csv", True),
    ]
