"""Duplicates and keys, K23 and K75-K79: an event counts once, and one key says one thing."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import DataError
from loading import column, loaded, project, reasons, rows, source

HEADER = "event_id,customer_id,time,amount\n"
FIRST, SECOND = "e1,a,2025-06-01,5\n", "e2,a,2025-06-01,5\n"
KEYED = {"event_key": ["event_id"]}


def test_k75_an_event_said_twice_counts_once(tmp_path):
    tables = loaded(tmp_path, HEADER + FIRST + SECOND + FIRST + FIRST, **KEYED)
    assert column(tables, "event_id") == ["e1", "e2"]
    (count,) = tables.counts
    assert (count.read, count.accepted, count.duplicates) == (4, 2, 2)


def test_k75_across_files(tmp_path):
    tables = loaded(tmp_path, {"a.csv": HEADER + FIRST, "b.csv": HEADER + SECOND + FIRST}, **KEYED)
    assert column(tables, "event_id") == ["e1", "e2"]
    assert tables.counts[0].duplicates == 1


def test_k75_across_sources_the_earlier_source_keeps_its_row(tmp_path):
    one = source(tmp_path, HEADER + FIRST, name="one", **KEYED)
    two = source(tmp_path, HEADER + SECOND + FIRST, name="two", **KEYED)
    tables = project(tmp_path, {"transactions": [one, two]})
    assert column(tables, "event_id") == ["e1", "e2"]
    assert [(count.accepted, count.duplicates) for count in tables.counts] == [(1, 0), (1, 1)]


def test_k75_a_subset_of_events_repeated_changes_nothing(tmp_path):
    random.seed(75)
    lines = [f"e{n},c{n % 9},2025-06-{1 + n % 28:02},{n}\n" for n in range(200)]
    plain = rows(loaded(tmp_path, HEADER + "".join(lines), **KEYED))
    again = lines + random.sample(lines, 80)
    random.shuffle(again)
    tables = loaded(tmp_path, HEADER + "".join(again), **KEYED)
    assert rows(tables) == plain
    assert tables.counts[0].duplicates == 80


@pytest.mark.parametrize("other", ["e1,a,2025-06-01,6\n", "e1,b,2025-06-01,5\n", "e1,a,2025-06-02,5\n"])
def test_k76_one_key_that_says_two_things(tmp_path, other):
    with pytest.raises(DataError, match="1 values of event_id stand for different rows\ngot: 3 rows"):
        loaded(tmp_path, HEADER + FIRST + FIRST + other + SECOND, **KEYED)
    kept = pq.read_table(tmp_path / "conflicts_transactions.parquet").to_pylist()
    assert sorted(row["line"] for row in kept) == [2, 3, 4]
    assert {row["event_id"] for row in kept} == {"e1"}
    assert (tmp_path / "conflicts_transactions.parquet").stat().st_mode & 0o777 == 0o600


RECORDED = "event_id,customer_id,time,recorded_at,amount\n"
VERSIONS = [
    "e1,a,2025-06-01,2025-06-02,5\n",
    "e1,a,2025-06-01,2025-06-04,7\n",
    "e1,a,2025-06-01,2025-06-03,6\n",
]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_k76_the_latest_on_demand(tmp_path, order):
    content = RECORDED + "".join(VERSIONS[place] for place in order)
    tables = loaded(tmp_path, content, conflicts="latest", **KEYED)
    assert column(tables, "amount") == [700]
    assert tables.counts[0].duplicates == 2
    kept = pq.read_table(tmp_path / "conflicts_transactions.parquet").to_pylist()
    assert sorted((row["amount"], row["kept"]) for row in kept) == [(500, False), (600, False), (700, True)]


def test_k76_a_record_without_a_date_is_never_the_latest(tmp_path):
    content = RECORDED + "e1,a,2025-06-01,,9\n" + VERSIONS[0]
    assert column(loaded(tmp_path, content, conflicts="latest", **KEYED), "amount") == [500]


def test_k76_two_latest_versions_cannot_be_told_apart(tmp_path):
    content = RECORDED + VERSIONS[0] + VERSIONS[0].replace(",5", ",8")
    with pytest.raises(DataError, match="1 values of event_id have several latest rows"):
        loaded(tmp_path, content, conflicts="latest", **KEYED)


def test_k76_latest_needs_to_know_when(tmp_path):
    with pytest.raises(DataError, match=r"mend: map columns\.recorded_at"):
        loaded(tmp_path, HEADER + FIRST + FIRST.replace("5\n", "6\n"), conflicts="latest", **KEYED)


def test_a_missing_event_id_is_no_key(tmp_path):
    tables = loaded(tmp_path, HEADER + FIRST + ",a,2025-06-01,5\n,a,2025-06-01,5\n", **KEYED)
    assert column(tables, "event_id") == ["e1"]
    assert reasons(tmp_path) == {3: "event_id_missing", 4: "event_id_missing"}


def test_in_a_key_of_several_columns_nothing_is_a_value(tmp_path):
    content = "customer_id,time,store,amount\na,2025-06-01,,5\na,2025-06-01,,5\na,2025-06-01,x,5\n"
    tables = loaded(tmp_path, content, event_key=["customer_id", "time", "store"])
    assert sorted(row["store"] or "-" for row in rows(tables)) == ["-", "x"]
    assert tables.counts[0].duplicates == 1


def test_k77_without_a_key_equal_rows_are_two_purchases(tmp_path):
    content = "customer_id,time,amount\na,2025-06-01,5\na,2025-06-01,5\na,2025-06-01,5\nb,2025-06-01,5\n"
    tables = loaded(tmp_path, content)
    assert len(rows(tables)) == 4
    assert any("2 rows equal another row; without an event_key both count" in note for note in tables.notes)


def test_rows_that_differ_anywhere_are_not_reported(tmp_path):
    content = "customer_id,time,brand,category\na,2025-06-01,x,y\na,2025-06-01,y,x\na,2025-06-01,x,\n"
    assert not any("equal" in note for note in loaded(tmp_path, content).notes)


def days(first, last):
    lines = [f"c{day},2025-06-{day:02},{day}\n" for day in range(first, last + 1)]
    return "customer_id,time,amount\n" + "".join(lines)


def test_k23_overlapping_extracts_without_a_key(tmp_path):
    # Days 8 to 10 are in both.
    with pytest.raises(
        DataError, match="files overlap: 6 rows are in more than one of them\ngot: that is 100%"
    ):
        loaded(tmp_path, {"a.csv": days(1, 10), "b.csv": days(8, 15)})


def test_k23_without_remarks_what_is_refused_is_refused_and_the_rest_is_the_same(tmp_path):
    twice = {"transactions": [source(tmp_path, {"a.csv": days(1, 10), "b.csv": days(8, 15)})]}
    with pytest.raises(DataError, match="files overlap: 6 rows are in more than one of them"):
        project(tmp_path, twice, remarks=False)
    halves = [source(tmp_path, days(*part), name=f"part{part[0]}") for part in ((1, 10), (8, 15))]
    with pytest.raises(DataError, match="files overlap: 6 rows are in more than one of them"):
        project(tmp_path, {"transactions": halves}, remarks=False)
    one = {
        "transactions": [source(tmp_path, "customer_id,time,amount\nA,2025-06-01,5\na,2025-06-01,0\n" * 2)]
    }
    told, quiet = (project(tmp_path, one, remarks=remarks) for remarks in (True, False))
    assert len(told.notes) - len(quiet.notes) == 3, "an amount of 0, equal rows, ids that look alike"
    assert (quiet.counts, quiet.watermarks, rows(quiet)) == (told.counts, told.watermarks, rows(told))


def test_k23_cut_with_until_or_with_a_key(tmp_path):
    keyed = loaded(tmp_path, {"a.csv": days(1, 10), "b.csv": days(8, 15)}, event_key=["customer_id", "time"])
    assert (len(rows(keyed)), keyed.counts[0].duplicates) == (15, 3)
    early = source(tmp_path, days(1, 10), name="early", until="2025-06-08")
    late = source(tmp_path, days(8, 15), name="late")
    assert len(rows(project(tmp_path, {"transactions": [early, late]}))) == 15


PLAN = {"plan": {"column": "plan", "kind": "category"}}
STATIC = {"plan": {"column": "plan", "kind": "category", "static": True}}


def customers(tmp_path, content, attributes, **declared):
    listed = source(tmp_path, content, table="customers", attributes=attributes, **declared)
    return project(tmp_path, {"customers": [listed]})


def test_k78_a_customer_twice_without_validity(tmp_path):
    with pytest.raises(DataError, match="customers: 1 customers have more than one row"):
        customers(tmp_path, "customer_id,plan\na,x\nb,x\na,y\n", STATIC)


def test_k78_the_same_row_twice_is_fine_with_a_key(tmp_path):
    tables = customers(tmp_path, "customer_id,plan\na,x\na,x\n", STATIC, event_key=["customer_id"])
    assert rows(tables, "customers") == [{"customer_id": "a", "plan": "x"}]


VALID = "customer_id,plan,valid_from,valid_to\n"


@pytest.mark.parametrize(
    "lines",
    [
        "a,x,2025-01-01,2025-03-01\na,y,2025-02-01,\n",
        "a,x,2025-01-01,\na,y,2025-02-01,\n",
        "a,x,,2025-03-01\na,y,2025-02-28,\n",
        "a,x,2025-01-01,2025-03-01\na,y,2025-01-01,2025-03-01\n",
    ],
)
def test_validity_may_not_overlap(tmp_path, lines):
    with pytest.raises(DataError, match="the rows of 1 customers overlap in time"):
        customers(tmp_path, VALID + lines, PLAN)


def test_validity_that_meets_does_not_overlap(tmp_path):
    lines = "a,x,,2025-02-01\na,y,2025-02-01,2025-03-01\na,x,2025-04-01,\nb,x,2025-01-01,\n"
    assert len(rows(customers(tmp_path, VALID + lines, PLAN), "customers")) == 4


def test_without_an_end_a_row_holds_until_the_next(tmp_path):
    header = "customer_id,plan,valid_from\n"
    tables = customers(tmp_path, header + "a,x,2025-01-01\na,y,2025-02-01\n", PLAN)
    assert len(rows(tables, "customers")) == 2
    with pytest.raises(DataError, match="the rows of 1 customers overlap in time"):
        customers(tmp_path, header + "a,x,2025-01-01\na,y,2025-01-01\n", PLAN)


def test_k79_events_of_unknown_customers_are_kept_and_counted(tmp_path):
    orders = source(tmp_path, "customer_id,time\na,2025-06-01\nb,2025-06-01\nb,2025-06-02\n")
    known = source(tmp_path, "customer_id,plan\na,x\n", table="customers", attributes=STATIC)
    tables = project(tmp_path, {"transactions": [orders], "customers": [known]})
    assert len(rows(tables)) == 3
    assert any(
        "2 of 3 rows are of customers that the customers table does not list" in n for n in tables.notes
    )


def test_a_snapshot_has_one_row_a_customer(tmp_path):
    with pytest.raises(DataError, match="snapshot: 1 customers have more than one row"):
        loaded(tmp_path, "customer_id,label\na,1\na,0\n", table="snapshot")


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        (pa.array([1, 0]), ["0", "1"]),
        (pa.array([1.0, 0.0]), ["0", "1"]),
        (pa.array([True, False]), ["false", "true"]),
        (pa.array(["Yes", "No"]), ["No", "Yes"]),
    ],
)
def test_labels_are_text(tmp_path, labels, texts):
    content = pa.table({"customer_id": ["a", "b"], "label": labels})
    assert column(loaded(tmp_path, content, table="snapshot"), "label", "snapshot") == texts
