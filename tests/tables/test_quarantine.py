"""The quarantine file: whole, private, complete, and the same bytes for the same rows."""

import pyarrow.parquet as pq
import pytest

from churnlab.errors import DataError, MachineError
from churnlab.tables import checked, quarantine
from loading import QUARANTINE, loaded, project, quarantined, source

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


def test_records_the_reader_gave_up_stand_beside_them_and_count(tmp_path):
    header = "customer_id,time,amount\n"
    files = {
        "a.csv": header + "a,2025-06-01,5\nb,2025-06-01\n",
        "b.csv": header + "b,2025-06-01,1,2\nc,x,1\n",
    }
    (count,) = loaded(tmp_path, files).counts
    assert (count.read, count.accepted, count.reasons) == (4, 1, {"field_count": 2, "time_not_a_time": 1})
    assert [(row["source"], row["line"], row["reason"]) for row in quarantined(tmp_path)] == [
        ("transactions.transactions:a.csv", 3, "field_count"),
        ("transactions.transactions:b.csv", 2, "field_count"),
        ("transactions.transactions:b.csv", 3, "time_not_a_time"),
    ]


def test_what_describes_a_person_is_in_the_file_but_not_in_the_error(tmp_path):
    content = "customer_id,age\n" + "".join(f"c{n},4{n} years\n" for n in range(6))
    age = {"age": {"column": "age", "kind": "number", "static": True}}
    people = source(tmp_path, content, table="customers", attributes=age)
    with pytest.raises(DataError, match=r"first: customers\.csv line 2, column age\n"):
        project(tmp_path, {"customers": [people]})
    assert [row["raw"] for row in quarantined(tmp_path)] == [f"4{n} years" for n in range(6)]


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
