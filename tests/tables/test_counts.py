"""How much may be set aside: both sides of every limit."""

import pytest

from churnlab.errors import DataError
from churnlab.tables.counts import allowed, excused
from loading import QUARANTINE, loaded, reasons


def world(bad, good, cell="x"):
    lines = [f"c{number},2025-06-01,{cell if number < bad else 1}\n" for number in range(bad + good)]
    return "customer_id,time,amount\n" + "".join(lines)


@pytest.mark.parametrize(("bad", "good"), [(5, 0), (5, 995), (6, 5_994)])
def test_the_default_limit_is_kept(tmp_path, bad, good):
    tables = loaded(tmp_path, world(bad, good), allow_empty=True)
    assert tables.counts[0].quarantined == bad


@pytest.mark.parametrize(("bad", "good"), [(6, 0), (6, 5_993)])
def test_one_row_above_it_stops_the_load(tmp_path, bad, good):
    with pytest.raises(DataError, match=f"{bad} of {bad + good} rows were set aside, at most 5 may be"):
        loaded(tmp_path, world(bad, good))


@pytest.mark.parametrize(("limit", "most"), [(0, 0), (3, 3), (0.1, 2), (0.5, 10), (1.0, 1)])
def test_a_declared_limit(tmp_path, limit, most):
    tables = loaded(tmp_path, world(most, 20 - most), max_quarantined=limit)
    assert tables.counts[0].quarantined == most
    with pytest.raises(DataError, match=f"{most + 1} of 20 rows were set aside, at most {most} may be"):
        loaded(tmp_path, world(most + 1, 19 - most), max_quarantined=limit)


def test_the_limit_never_exceeds_a_thousand():
    assert allowed(None, 10**8) == 1_000


def test_known_faults_are_excused_up_to_their_share(tmp_path):
    known = {"expected_quarantine": {"amount_not_a_number": 0.3}}
    # Of 100 rows 30 are known to be bad, and 5 more may be.
    assert loaded(tmp_path, world(35, 65), **known).counts[0].quarantined == 35
    with pytest.raises(DataError, match="6 of 100 rows were set aside, at most 5 may be"):
        loaded(tmp_path, world(36, 64), **known)


def test_another_fault_is_not_excused(tmp_path):
    with pytest.raises(DataError, match="6 of 10 rows were set aside"):
        loaded(tmp_path, world(6, 4), expected_quarantine={"amount_missing": 1.0})
    assert excused({"amount_not_a_number": 6}, {"amount_missing": 1.0}, 10) == 0


def test_the_error_says_where_and_shows_no_customer(tmp_path):
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, world(6, 0, cell="12 EUR"))
    lines = str(caught.value).split("\n")
    assert len(lines) == 3
    assert (
        lines[1] == "got: amount_not_a_number 6; first: transactions.csv line 2, column amount holds '12 EUR'"
    )
    assert QUARANTINE in lines[2]
    assert set(reasons(tmp_path).values()) == {"amount_not_a_number"}  # kept for reading


def test_the_error_shows_the_most_frequent_fault_that_is_not_known(tmp_path):
    rows = ["a,2025-06-01,?", *["b,when,1"] * 7, "c,2025-06-01,x", *["d,2025-06-01,"] * 9]
    content = "\n".join(["customer_id,time,amount", *rows]) + "\n"
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, content)
    assert str(caught.value).split("\n")[1] == (
        "got: amount_missing 9; first: transactions.csv line 11, column amount; "
        "also time_not_a_time 7, amount_not_a_number 2"
    )
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, content, expected_quarantine={"amount_missing": 0.5})
    assert str(caught.value).split("\n")[1] == (
        "got: time_not_a_time 7; first: transactions.csv line 3, column time holds 'when'; "
        "also amount_missing 9, amount_not_a_number 2"
    )


def test_a_bad_id_is_never_shown(tmp_path):
    lines = "".join(f" secret{number},2025-06-01\n" for number in range(6))
    with pytest.raises(DataError, match=r"first: transactions\.csv line 2, column customer_id\n") as caught:
        loaded(tmp_path, "customer_id,time\n" + lines)
    assert "secret" not in str(caught.value)


def test_no_rows_at_all(tmp_path):
    with pytest.raises(DataError, match=r"transactions\.transactions: no rows"):
        loaded(tmp_path, "customer_id,time\n")
    assert loaded(tmp_path, "customer_id,time\n", allow_empty=True).counts[0].read == 0


def test_no_rows_left_says_where_they_went(tmp_path):
    content = "customer_id,time\na,2025-06-01\n,2025-06-01\n"
    with pytest.raises(
        DataError, match="no rows are left\ngot: 2 read, 1 set aside, 1 out of period, 0 duplicates"
    ):
        loaded(tmp_path, content, since="2025-07-01")
