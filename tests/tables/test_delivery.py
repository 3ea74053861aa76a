"""A manifest proves that files are whole: the digest first, the parser second (K21, K26, K28, K30)."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.config.sources import Source
from churnlab.errors import DataError, IntegrityError
from churnlab.tables.staging import stage
from loading import engine

ORDERS = b"id,when,total\nC1,2025-01-03,3000\nC2,2025-01-04,30\n"


def entry(path, **said):
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **said}


def staged(folder, *files, manifest="manifest.json"):
    source = Source.model_validate(
        {
            "name": "orders",
            "files": list(files),
            "manifest": manifest,
            "times": {"format": "iso", "zone": "UTC"},
            "columns": {"customer_id": "id", "time": "when", "amount": "total"},
        }
    )
    return stage(source, table="transactions", con=engine(), root=folder, data_roots=(), frames={})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_bytes(ORDERS)
    listed = {"files": [entry(tmp_path / "orders.csv", bytes=len(ORDERS), rows=2)]}
    (tmp_path / "manifest.json").write_text(json.dumps(listed))
    return tmp_path


def test_k43_a_new_column_is_told_or_refused(folder):
    source = {
        "name": "orders",
        "files": ["orders.csv"],
        "times": {"format": "iso", "zone": "UTC"},
        "columns": {"customer_id": "id", "time": "when"},
    }

    def read(**more):
        checked = Source.model_validate({**source, **more})
        return stage(checked, table="transactions", con=engine(), root=folder, data_roots=(), frames={})

    assert any("total" in note for note in read().notes)
    with pytest.raises(DataError, match="other columns than were agreed"):
        read(unmapped="refuse")


def test_a_whole_delivery_is_read(folder):
    assert staged(folder, "orders.csv").read == 2


def test_k26_a_file_cut_mid_line_is_not_the_one_listed(folder):
    (folder / "orders.csv").write_bytes(ORDERS[:-1])
    with pytest.raises(IntegrityError, match=r"orders\.csv: not the file that manifest\.json lists"):
        staged(folder, "orders.csv")


def test_k28_every_flipped_bit_of_a_parquet_file_is_found_before_it_is_parsed(tmp_path):
    pq.write_table(pa.table({"id": ["C1"], "when": ["2025-01-03"], "total": ["30"]}), tmp_path / "o.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [entry(tmp_path / "o.parquet")]}))
    whole = (tmp_path / "o.parquet").read_bytes()
    assert staged(tmp_path, "o.parquet").read == 1
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        (tmp_path / "o.parquet").write_bytes(damaged)
        with pytest.raises(IntegrityError, match="not the file that") as caught:
            staged(tmp_path, "o.parquet")
        assert caught.value.exit_code == 5


def test_k21_a_name_like_a_leftover_is_read_if_it_is_listed(folder):
    (folder / "orders.csv").rename(folder / "orders (1).csv")
    with pytest.raises(DataError, match="looks like a leftover"):
        staged(folder, "orders*.csv")
    (folder / "manifest.json").write_text(json.dumps({"files": [entry(folder / "orders (1).csv")]}))
    assert staged(folder, "orders*.csv").read == 2


def test_k30_a_manifest_names_nothing_outside(folder):
    for name in ("../other.csv", "/etc/hosts"):
        (folder / "manifest.json").write_text(json.dumps({"files": [{"name": name, "sha256": "0"}]}))
        with pytest.raises(IntegrityError, match="names a file outside"):
            staged(folder, "orders.csv")


def test_files_and_list_must_agree(folder):
    (folder / "more.csv").write_bytes(ORDERS.replace(b"C1", b"C3"))
    with pytest.raises(DataError, match=r"more\.csv: not listed in manifest\.json"):
        staged(folder, "orders.csv", "more.csv")
    both = {"files": [entry(folder / "orders.csv"), entry(folder / "more.csv")]}
    (folder / "manifest.json").write_text(json.dumps(both))
    with pytest.raises(DataError, match="lists files that are not read"):
        staged(folder, "orders.csv")
    wrong = {"files": [entry(folder / "orders.csv", rows=3)]}
    (folder / "manifest.json").write_text(json.dumps(wrong))
    with pytest.raises(DataError, match="other rows than listed"):
        staged(folder, "orders.csv")


@pytest.mark.parametrize("text", ["", "[]", '{"files": [{"name": "orders.csv"}]}', '{"files": [1]}', "{"])
def test_what_is_no_manifest_is_refused(folder, text):
    (folder / "manifest.json").write_text(text or " ")
    with pytest.raises(IntegrityError, match="not a delivery manifest"):
        staged(folder, "orders.csv")
