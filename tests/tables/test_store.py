"""Checked tables that were saved are the checked tables, or there is an error."""

import json
import re
import stat
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from churnlab import engine
from churnlab.config import load
from churnlab.errors import IntegrityError, MachineError
from churnlab.tables import store
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import training_panel
from loading import project, rows, source

PROJECT = """
project: kept
time_zone: Europe/Paris
currency: EUR
sources:
  transactions:
    - name: orders
      files: [orders.csv]
      times: {format: iso, zone: Europe/Paris, fold: first}
      columns: {customer_id: customer_id, time: time, amount: amount, channel: channel}
      negative_purchase: refund
churn: {horizon_days: 60}
"""
TRANSACTIONS = (
    "customer_id,time,amount,product\nélan,2025-01-03,12.50,\n00123,2025-02-01T10:00,-3,p\n123,,4,q\n"
)
CUSTOMERS = "customer_id,joined_at,town,age\n00123,2024-01-01,,41.5\nélan,2024-02-01,Nîmes,\n"


def checked(folder):
    """Transactions with a null, a refund and a row set aside; customers with attributes."""
    attributes = {
        "town": {"column": "town", "kind": "category", "static": True},
        "age": {"column": "age", "kind": "number", "static": True},
    }
    sources = {
        "transactions": [source(folder, TRANSACTIONS, negative_purchase="refund")],
        "customers": [source(folder, CUSTOMERS, table="customers", attributes=attributes)],
    }
    return project(folder, sources)


def leftovers(folder):
    return [path.name for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}")]


@pytest.fixture
def saved(tmp_path):
    """(what was saved, the folder)."""
    tables = checked(tmp_path)
    store.save(tables, tmp_path / "kept")
    return tables, tmp_path / "kept"


@pytest.fixture
def con(tmp_path):
    with engine.session("500MB", 1, [tmp_path]) as session:
        yield session


def test_everything_comes_back(saved, con):
    tables, folder = saved
    again = store.read(folder, con)
    for table in ("transactions", "customers"):
        assert rows(again, table) == rows(tables, table)
        assert again.columns(table) == tables.columns(table)
        assert again.table(table).schema() == tables.table(table).schema()
    assert list(again.stored) == list(tables.stored)
    kept = ("counts", "watermarks", "digests", "attributes", "notes")
    assert {name: getattr(again, name) for name in kept} == {name: getattr(tables, name) for name in kept}
    assert again.counts[0].reasons == {"time_missing": 1}
    assert rows(again)[1] == {
        "customer_id": "élan",
        "time": 1735858800_000000,  # the local midnight of 3 January in Paris, an hour before that of UTC
        "amount": 1250,
        "product": None,
    }


def test_a_panel_of_saved_tables_is_the_panel_to_the_bit(tmp_path):
    (tmp_path / "project.yaml").write_text(PROJECT)
    draw = np.random.default_rng(5)
    lines = [
        f"c{draw.integers(60)},{np.datetime64('2023-01-01') + draw.integers(900)}T{draw.integers(24):02}:30,"
        f"{draw.integers(-500, 9000) / 100:.2f},{draw.choice(['web', 'store', ''])}"
        for _ in range(1500)
    ]
    (tmp_path / "orders.csv").write_text("\n".join(["customer_id,time,amount,channel", *lines, ""]))
    with opened(load(tmp_path / "project.yaml")) as opening:
        store.save(opening.tables, tmp_path / "kept")
        first, left_out = training_panel(opening)
        with engine.session("500MB", 1, [tmp_path / "kept"]) as con:
            again = replace(opening, tables=store.read(tmp_path / "kept", con))
            second, left_out_again = training_panel(again)
    assert len(first) > 100
    assert left_out == left_out_again
    assert first.fingerprint == second.fingerprint
    assert first.numbers.tobytes() == second.numbers.tobytes()
    for name in ("customer_id", "as_of", "churned", "value"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_rows_are_cut_into_groups_and_parts_and_none_is_lost(tmp_path, con, monkeypatch):
    monkeypatch.setattr(store, "GROUP_ROWS", 4)
    monkeypatch.setattr(store, "PART_ROWS", 8)
    lines = [f"c{n},2025-01-01T00:00:{n:02}" for n in range(27)]
    tables = project(
        tmp_path, {"transactions": [source(tmp_path, "\n".join(["customer_id,time", *lines, ""]))]}
    )
    store.save(tables, tmp_path / "kept")
    parts = sorted((tmp_path / "kept").glob("*.parquet"))
    metadata = [pq.ParquetFile(part).metadata for part in parts]
    assert [part.num_rows for part in metadata] == [8, 8, 8, 3]
    assert all(part.row_group(n).num_rows <= 4 for part in metadata for n in range(part.num_row_groups))
    assert rows(store.read(tmp_path / "kept", con)) == rows(tables)
    assert store.files(tmp_path / "kept") == {"transactions": parts}


def test_a_table_without_rows(tmp_path, con):
    empty = source(tmp_path, "customer_id,time,type\n", table="interactions", allow_empty=True)
    store.save(project(tmp_path, {"interactions": [empty]}), tmp_path / "kept")
    again = store.read(tmp_path / "kept", con)
    assert rows(again, "interactions") == []
    assert str(again.table("interactions").schema()["time"]) == "int64"


def test_two_saved_folders_in_one_session(tmp_path, con):
    for name in ("a", "b"):
        content = f"customer_id,time\n{name},2025-01-01\n"
        store.save(project(tmp_path, {"transactions": [source(tmp_path, content)]}), tmp_path / name)
    first, second = (store.read(tmp_path / name, con) for name in ("a", "b"))
    assert [row["customer_id"] for row in rows(first) + rows(second)] == ["a", "b"]


def test_a_folder_whose_name_has_a_quote(tmp_path, con):
    store.save(checked(tmp_path), tmp_path / "l'été")
    assert len(rows(store.read(tmp_path / "l'été", con))) == 2


@pytest.mark.parametrize("how", ["flipped", "cut", "missing", "swapped"])
@pytest.mark.parametrize("file", ["transactions-00000.parquet", "customers-00000.parquet", "tables.json"])
def test_damage_is_an_integrity_error(saved, con, file, how):
    path = saved[1] / file
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 1
    damaged = {"flipped": content, "cut": content[:-2], "swapped": bytes(len(content)), "missing": b""}[how]
    path.write_bytes(damaged)
    if how == "missing":
        path.unlink()
    with pytest.raises(IntegrityError, match=rf"kept: the saved tables are damaged\ngot: {re.escape(file)}"):
        store.read(saved[1], con)


@pytest.mark.parametrize("key", ["watermarks", "counts", "notes", "attributes", "digests"])
def test_what_is_said_of_the_tables_cannot_be_changed_either(saved, con, key):
    path = saved[1] / "tables.json"
    said = json.loads(path.read_bytes())
    said[key] = type(said[key])()
    path.write_text(json.dumps(said))
    with pytest.raises(IntegrityError, match=r"tables\.json was changed"):
        store.read(saved[1], con)


def test_a_file_elsewhere_cannot_be_named(saved, con):
    path = saved[1] / "tables.json"
    said = json.loads(path.read_bytes())
    said["tables"]["customers"]["files"][0]["name"] = "../customers-00000.parquet"
    said["sha256"] = store._digest({name: value for name, value in said.items() if name != "sha256"})
    path.write_text(json.dumps(said))
    with pytest.raises(IntegrityError, match=r"tables\.json was changed"):
        store.read(saved[1], con)


def test_only_the_owner_may_read_them(saved):
    assert stat.S_IMODE(saved[1].stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in saved[1].iterdir()} == {0o600}


def test_a_save_that_fails_leaves_the_earlier_one(saved, con, monkeypatch):
    tables, folder = saved
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setenv("CHURNLAB_FAILPOINT", "tables.rename:enospc")
    with pytest.raises(MachineError, match="No space left on device"):
        store.save(replace(tables, notes=("another",)), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert leftovers(folder) == []
    monkeypatch.delenv("CHURNLAB_FAILPOINT")
    store.save(replace(tables, notes=("another",)), folder)
    assert store.read(folder, con).notes == ("another",)
    assert leftovers(folder) == []


def test_the_same_tables_are_the_same_bytes(saved, tmp_path):
    store.save(checked(tmp_path), tmp_path / "twice")
    first, second = (
        {path.name: path.read_bytes() for path in each.iterdir()} for each in (saved[1], tmp_path / "twice")
    )
    assert first == second
