"""Shards hold exactly the events of every customer, in an order that the data alone decide."""

import errno
import os
import random
import threading
from time import sleep

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import MachineError
from churnlab.shards import EVER, NEVER, Limits, can_compile, each, mapped
from churnlab.shards.columns import Bytes
from churnlab.shards.order import rows_in_order
from churnlab.snapshots import DAY, HOUR
from worlds import world

IDS = ["a", "B", "é", "z", "\uffee", "\U0001f600", "00123", "123"]  # UTF-16 order differs in the last texts


def events_of(seed):
    """A world with ties, missing values and few distinct values, so that order is put to the test."""
    draw = random.Random(seed)

    def one(**columns):
        return {"customer_id": draw.choice(IDS)} | {name: draw.choice(of) for name, of in columns.items()}

    line = {
        "time": [DAY, DAY + 1, -7, draw.randrange(10**15)],
        "recorded_at": [None, 2 * DAY, 3 * DAY],
        "amount": [None, -5, 900],
        "quantity": [None, 1.5, 0.0, -0.0],
        "order_id": [None, "1", "12", "é"],
        "product": [None, "", "b", "\uffee", "\U0001f600"],
    }
    contact = {"time": [5, 6, DAY], "type": ["complaint", "visit"], "resolved_at": [None, 9, DAY]}
    profile = {
        "valid_from": [None, 0, 9],
        "joined_at": [None, 3],
        "city": [None, "Paris"],
        "size": [None, 3.0],
    }
    return {
        "transactions": [one(**line) for _ in range(400)],
        "interactions": [one(**contact) for _ in range(60 * (seed > 0))],
        "customers": [one(**profile) for _ in range(12)],
    }


ATTRIBUTES = {"city": "category", "size": "number"}


def decoded(shards):
    """Table -> rows with texts for codes, by customer whatever the order of the shards."""
    rows = {}
    for shard in shards:
        tables = {**shard.events, **({"customers": shard.attributes} if shard.attributes else {})}
        for name, columns in tables.items():
            assert all(len(values) == len(columns["customer"]) for values in columns.values())
            plain = {column: values.tolist() for column, values in columns.items()}
            plain["customer"] = [shard.customers[code] for code in plain["customer"]]
            for (table, column), texts in shard.texts.items():
                if table == name:
                    assert len(set(texts)) == len(texts)
                    assert column == "order_id" or texts.tolist() == sorted(texts, key=str.encode)
                    plain[column] = [None if code < 0 else texts[code] for code in plain[column]]
            rows.setdefault(name, []).extend(
                dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)
            )
        rows.setdefault("everyone", []).extend(shard.customers)
    for found in rows.values():
        found.sort(key=lambda row: (row["customer"] if isinstance(row, dict) else row).encode())
    return rows


def expected(events, ids):
    """The same from the lists themselves; the order of ties is left open."""
    rows = {}
    for name, found in events.items():
        rows[name] = []
        for event in found:
            if event["customer_id"] in ids:
                row = {"customer": event["customer_id"]} | event
                del row["customer_id"]
                missing = {"quantity": "nan", "size": "nan", "amount": 0}
                missing |= dict.fromkeys(["product", "city", "order_id"])
                missing |= {"resolved_at": NEVER, "joined_at": NEVER, "valid_from": EVER}
                missing["recorded_at"] = event.get("time")
                rows[name].append({c: missing[c] if v is None else v for c, v in row.items()})
    return rows


def bag(rows):
    # As text, so that NaN equals NaN; the two zeros are one.
    return sorted(repr({c: 0.0 if v == 0.0 else str(v) for c, v in row.items()}) for row in rows)


PATHS = {
    "whole": {},
    "numpy": {"shard_events": 70},
    "numpy, no memory": {"shard_events": 70, "memory": 0},
    "compiled": {"shard_events": 70, "compiled": True},
    "compiled, no memory, threads": {"shard_events": 1, "memory": 0, "compiled": True, "threads": 2},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("seed", [0, 1])
def test_shards_hold_every_customer_with_all_events(seed, path):
    events = events_of(seed)
    ids = {line["customer_id"] for line in events["transactions"]}
    found = decoded(each(world(events, attributes=ATTRIBUTES), "UTC", Limits(**PATHS[path])))
    assert found["everyone"] == sorted(ids, key=str.encode)
    for name, rows in expected(events, ids).items():
        kept = [{column: row[column] for column in rows[0]} for row in found[name]] if rows else found[name]
        assert bag(kept) == bag(rows)
        time = "valid_from" if name == "customers" else "time"
        order = [(row["customer"].encode(), row[time]) for row in found[name]]
        assert order == sorted(order)


def test_who_never_bought_is_nobody():
    events = {
        "transactions": [{"customer_id": "a", "time": 5}],
        "interactions": [{"customer_id": who, "time": 5, "type": "visit"} for who in "ab"],
    }
    for path in PATHS.values():
        found = decoded(each(world(events), "UTC", Limits(**path)))
        assert [row["customer"] for row in found["interactions"]] == found["everyone"] == ["a"]


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert repr(one[name]) == repr(other[name]), name


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("seed", [3, 4])
def test_no_order_of_rows_or_columns_and_no_path_changes_anything(seed, path):
    """P4, P5, P11: ties too are in an order that the data alone decide."""
    events, draw = events_of(seed), random.Random(seed)
    mixed = {}
    for name, rows in events.items():
        columns = draw.sample(list(rows[0]), len(rows[0]))
        mixed[name] = [{column: row[column] for column in columns} for row in draw.sample(rows, len(rows))]
    other = world(mixed, attributes=ATTRIBUTES, con=ibis.duckdb.connect(threads=1))
    straight = decoded(each(world(events, attributes=ATTRIBUTES), "Europe/Paris", Limits()))
    found = decoded(each(other, "Europe/Paris", Limits(**PATHS[path])))
    for rows in (*straight.values(), *found.values()):
        for row in rows:
            if isinstance(row, dict):  # columns come in the order of the input
                ordered = dict(sorted(row.items()))
                row.clear()
                row.update(ordered)
    same(found, straight)


def test_one_customer_alone():
    tables = world({"transactions": many()})
    (shard,) = each(tables, "UTC", Limits(shard_events=50), only="0042")
    assert shard.customers.tolist() == ["0042"]
    assert shard.size == sum(line["customer_id"] == "0042" for line in many())
    assert list(each(tables, "UTC", Limits(), only="somebody else")) == []


def many(customers=300, lines=3000):
    draw = random.Random(5)
    return [
        {
            "customer_id": f"{draw.randrange(customers):04}",
            "time": draw.randrange(50) * DAY,
            "amount": draw.randrange(3),
        }
        for _ in range(lines)
    ]


@pytest.mark.parametrize("compiled", [False, True])
def test_whole_customers_in_shards_of_about_the_size_asked_for(monkeypatch, compiled):
    monkeypatch.setattr("churnlab.shards.reading._CHUNK_ROWS", (700, 700))  # customers come in several chunks
    monkeypatch.setattr("churnlab.shards.reading._BATCH_ROWS", 90)
    tables = world({"transactions": many()})
    whole = decoded(each(tables, "UTC", Limits(compiled=compiled)))
    assert len(whole["transactions"]) == 3000
    for size in (1, 50, 500):
        shards = list(each(tables, "UTC", Limits(shard_events=size, memory=9_000, compiled=compiled)))
        everyone = [customer for shard in shards for customer in shard.customers]
        assert len(everyone) == len(set(everyone)) == 300
        assert decoded(shards) == whole
        # Dealt by chance: about 6 shards of 500 events, and never one that holds nearly all.
        assert max(shard.size for shard in shards) <= max(3 * size, 40)


def test_local_parts_of_an_instant():
    # 1970-02-01 00:30 in Paris is 23:30 UTC the day before; a Sunday.
    tables = world({"transactions": [{"customer_id": "a", "time": 31 * DAY - HOUR // 2}]})
    (shard,) = each(tables, "Europe/Paris", Limits())
    events = shard.events["transactions"]
    assert [int(events[part][0]) for part in ("day", "month", "weekday", "hour")] == [31, 1, 6, 0]


def test_no_transactions_no_shard():
    assert list(each(world({"transactions": []}), "UTC", Limits())) == []


def test_nothing_is_left_behind_when_the_reader_stops_early(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tables = world({"transactions": many()})
    shards = each(tables, "UTC", Limits(shard_events=50, memory=0, threads=2))
    next(shards)
    assert list(tmp_path.iterdir()) == []  # what is on disk has no name, so that nothing can outlive the run
    shards.close()
    assert tables.con.list_tables() == ["transactions"]


def test_an_error_in_one_shard_ends_the_work():
    tables = world({"transactions": many()})

    def work(shard):
        if "0042" in shard.customers:
            raise ValueError("found")
        return 1

    with pytest.raises(ValueError, match="found"):
        list(mapped(work, tables, "UTC", Limits(shard_events=50, threads=2)))


def test_a_full_disk_is_told_in_a_line(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", refuse)
    with pytest.raises(MachineError, match=r"(?s)No space left.*free some space"):
        list(each(world({"transactions": many()}), "UTC", Limits(memory=0)))


def test_a_disk_that_cannot_be_read_is_told_in_a_line(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.pread", refuse)
    with pytest.raises(MachineError, match=r"(?s)Input/output error.*check that disk"):
        list(each(world({"transactions": many()}), "UTC", Limits(memory=0)))


def test_what_stops_one_table_stops_the_others(monkeypatch):
    """Nobody waits for tables that are of no use any more."""
    monkeypatch.setattr("churnlab.shards.reading._CHUNK_ROWS", (10, 10))
    monkeypatch.setattr("churnlab.shards.reading._BATCH_ROWS", 10)
    failed, taken = threading.Event(), []

    def add(_self, table, _columns, _part):
        if table == "interactions":
            failed.set()
            raise ValueError("found")
        assert failed.wait(10)
        taken.append(table)
        sleep(0.01)

    monkeypatch.setattr("churnlab.shards.stream.Parts.add", add)
    visits = [{"customer_id": "a", "time": 5, "type": "visit"}]
    with pytest.raises(ValueError, match="found"):
        list(each(world({"transactions": many(), "interactions": visits}), "UTC", Limits(threads=2)))
    assert len(taken) < 100, "all 300 chunks were read"


def test_a_cut_temporary_file_is_told_and_not_read_as_zeros(monkeypatch):
    real = os.pwrite
    monkeypatch.setattr(
        "os.pwrite", lambda file, data, at: real(file, data[: len(data) // 2], at) and len(data)
    )
    with pytest.raises(MachineError, match="shorter than what was written"):
        list(each(world({"transactions": many()}), "UTC", Limits(memory=0)))


@pytest.mark.parametrize("compiled", [False, True])
def test_the_two_zeros_are_one(compiled):
    lines = [{"customer_id": "a", "time": 5, "quantity": zero} for zero in (0.0, -0.0)]
    (shard,) = each(world({"transactions": lines}), "UTC", Limits(compiled=compiled))
    assert not np.signbit(shard.events["transactions"]["quantity"]).any()


texts = st.none() | st.sampled_from(
    ["", "a", "ab", "b", "é", "\uffee", "\U0001f600", "abcdefgh", "abcdefghi"]
)
numbers = st.sampled_from([float("nan"), -1.5, 0.0, 2.0, float("inf"), -float("inf")])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), numbers, texts), max_size=60),
)
def test_both_orders_are_the_same_total_order(rows):
    customer, time, number, text = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    )
    column = Bytes.of(pa.array(text, pa.string()))
    asked = (
        np.array(customer, np.int64),
        3,
        np.array(time, np.int64),
        [np.array(number, np.float64)],
        [column],
    )
    straight, compiled = (rows_in_order(*asked, compiled=path).tolist() for path in (False, True))

    def key(row):
        missing = (0, b"") if text[row] is None else (1, text[row].encode())
        known = (0, 0.0) if number[row] != number[row] else (1, number[row])
        return customer[row], time[row], known, missing, row

    assert straight == compiled == sorted(range(len(rows)), key=key)


def test_without_a_folder_for_compiled_code_plain_numpy_is_used(monkeypatch, caplog):
    def refuse():
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr("churnlab.shards.columns.kernels", refuse)
    assert not can_compile()
    assert "no locator" in caplog.text
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not can_compile()
