"""The quarantine file: whole, private, complete, and the same bytes for the same rows."""

import pyarrow.parquet as pq
import pytest

from churnlab.errors import MachineError
from churnlab.tables import checked, quarantine
from loading import QUARANTINE, loaded, quarantined

LINES = [",2025-06-01,1,", "a,x,1,", 'b,2025-06-01,"1,5",', "c,2025-06-01,1,a\x07b", "d,2025-06-01,1,"]
BAD = "\n".join(["customer_id,time,amount,store", *LINES, ""])


def test_every_fault_has_its_row(tmp_path):
    loaded(tmp_path, BAD)
    rows = quarantined(tmp_path)
    assert [(row["line"], row["column"], row["raw"], row["reason"]) for row in rows] == [
        (2, "customer_id", None, "customer_id_missing"),
        (3, "time", "x", "time_not_a_time"),
        (4, "amount", "1,5", "amount_not_a_number"),
        (5, "store", "a\x07b", "store_control_character"),
    ]
    assert {row["source"] for row in rows} == {"transactions.transactions:transactions.csv"}
    assert all(row["expected"] == checked.expected(row["reason"]) for row in rows)


def test_a_row_with_several_faults_is_set_aside_once_for_the_first(tmp_path):
    loaded(tmp_path, "customer_id,time,amount\n,x,y\na,2025-06-01,1\n")
    assert [row["reason"] for row in quarantined(tmp_path)] == ["customer_id_missing"]


def test_only_the_owner_may_read_it(tmp_path):
    loaded(tmp_path, BAD)
    assert (tmp_path / QUARANTINE).stat().st_mode & 0o777 == 0o600


def test_the_same_rows_give_the_same_bytes_and_an_earlier_file_is_replaced(tmp_path):
    loaded(tmp_path, BAD)
    first = (tmp_path / QUARANTINE).read_bytes()
    loaded(tmp_path, BAD)
    assert (tmp_path / QUARANTINE).read_bytes() == first
    loaded(tmp_path, "customer_id,time\na,2025-06-01\n")
    assert quarantined(tmp_path) == []
    assert pq.read_schema(tmp_path / QUARANTINE).names == list(quarantine.COLUMNS)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    loaded(tmp_path, BAD)
    before = (tmp_path / QUARANTINE).read_bytes()
    monkeypatch.setenv("CHURNLAB_FAILPOINT", "load.quarantine:enospc")
    with pytest.raises(MachineError, match="No space left on device"):
        loaded(tmp_path, "customer_id,time\na,2025-06-01\n")
    assert (tmp_path / QUARANTINE).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [QUARANTINE, "transactions.csv"]


def test_a_long_value_is_cut(tmp_path):
    loaded(tmp_path, f"customer_id,time\n{'x' * 5_000},2025-06-01\na,2025-06-01\n")
    assert [len(row["raw"]) for row in quarantined(tmp_path)] == [1_000]


@pytest.mark.parametrize("fault", checked.FAULTS)
def test_every_reason_names_its_column_and_what_was_expected(fault):
    reason = f"recorded_at_{fault}"
    assert checked.meaning_of(reason) == "recorded_at"
    assert checked.expected(reason) == checked.FAULTS[fault]
