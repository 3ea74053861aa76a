"""Shards hold exactly the events of the customers asked about, in an order that the data alone decide."""

import random

import ibis
import numpy as np
import pytest

from churnlab.shards import EVER, NEVER, each
from churnlab.snapshots import DAY, HOUR, Snapshots
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


def snapshots(ids, as_ofs=(DAY, 9 * DAY)):
    rows = [(customer, as_of) for customer in sorted(ids, key=str.encode) for as_of in as_ofs]
    customer_id, as_of = zip(*rows, strict=True) if rows else ((), ())
    return Snapshots(np.array(customer_id, dtype=object), np.array(as_of, dtype=np.int64))


def decoded(shards):
    """Table -> rows with texts for codes, and the snapshots, in the order of the shards."""
    rows = {}
    for shard in shards:
        tables = {**shard.events, **({"customers": shard.attributes} if shard.attributes else {})}
        for name, columns in tables.items():
            assert all(len(values) == len(columns["customer"]) for values in columns.values())
            plain = {column: values.tolist() for column, values in columns.items()}
            plain["customer"] = [shard.customers[code] for code in plain["customer"]]
            for (table, column), texts in shard.texts.items():
                if table == name:
                    assert texts.tolist() == sorted(set(texts), key=str.encode)
                    plain[column] = [None if code < 0 else texts[code] for code in plain[column]]
            rows.setdefault(name, []).extend(
                dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)
            )
        asked = zip(shard.customers[shard.customer], shard.as_of.tolist(), strict=True)
        rows.setdefault("asked", []).extend(asked)
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
                missing = {"quantity": "nan", "size": "nan", "amount": 0, "product": None, "city": None}
                missing |= {"resolved_at": NEVER, "joined_at": NEVER, "valid_from": EVER}
                missing["recorded_at"] = event.get("time")
                rows[name].append({c: missing[c] if v is None else v for c, v in row.items()})
    return rows


def bag(rows):
    # As text, so that NaN equals NaN; the two zeros are one.
    return sorted(repr({c: 0.0 if v == 0.0 else str(v) for c, v in row.items()}) for row in rows)


@pytest.mark.parametrize(("seed", "size"), [(0, 10**6), (1, 1), (2, 70)])
def test_shards_hold_the_events_of_those_asked_about(seed, size):
    events, ids = events_of(seed), IDS[seed:]
    shards = list(each(world(events, attributes=ATTRIBUTES), snapshots(ids), "UTC", size))
    found, wanted = decoded(shards), expected(events, ids)
    assert [customer for shard in shards for customer in shard.customers] == sorted(ids, key=str.encode)
    assert found["asked"] == [(c, t) for c in sorted(ids, key=str.encode) for t in (DAY, 9 * DAY)]
    for name, rows in wanted.items():
        kept = [{column: row[column] for column in rows[0]} for row in found[name]] if rows else found[name]
        assert bag(kept) == bag(rows)
        time = "valid_from" if name == "customers" else "time"
        order = [(row["customer"].encode(), row[time]) for row in found[name]]
        assert order == sorted(order)


def same(one, other):
    assert len(one) == len(other)
    for left, right in zip(one, other, strict=True):
        for name in left.events:
            assert left.events[name].keys() == right.events[name].keys()
            for column, values in left.events[name].items():
                assert values.dtype == right.events[name][column].dtype
                assert values.tobytes() == right.events[name][column].tobytes(), (name, column)
        assert {k: v.tolist() for k, v in left.texts.items()} == {
            k: v.tolist() for k, v in right.texts.items()
        }
        np.testing.assert_equal(left.attributes, right.attributes)


@pytest.mark.parametrize("seed", [3, 4])
def test_the_order_of_rows_and_columns_and_threads_change_no_byte(seed):
    events, draw = events_of(seed), random.Random(seed)
    mixed = {}
    for name, rows in events.items():
        columns = draw.sample(list(rows[0]), len(rows[0]))
        mixed[name] = [{column: row[column] for column in columns} for row in draw.sample(rows, len(rows))]
    other = world(mixed, attributes=ATTRIBUTES, con=ibis.duckdb.connect(threads=1))
    straight = each(world(events, attributes=ATTRIBUTES), snapshots(IDS), "Europe/Paris", 70)
    same(list(straight), list(each(other, snapshots(IDS), "Europe/Paris", 70)))


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


def test_whole_customers_in_shards_of_about_the_size_asked_for(monkeypatch):
    monkeypatch.setattr("churnlab.shards._BATCH_ROWS", 7)  # batches end inside customers
    tables, asked = world({"transactions": many()}), snapshots({f"{n:04}" for n in range(300)}, [60 * DAY])
    whole = decoded(each(tables, asked, "UTC", 10**6))
    assert len(whole["transactions"]) == 3000
    for size in (1, 50, 500):
        shards = list(each(tables, asked, "UTC", size))
        assert decoded(shards) == whole
        weights = [len(s.events["transactions"]["time"]) + len(s.as_of) for s in shards]
        assert all(w <= size or len(s.customers) == 1 for s, w in zip(shards, weights, strict=True))
        # As few as can be: each shard is full, in that the next customer would not fit.
        assert all(
            w + np.sum(n.events["transactions"]["customer"] == 0) + 1 > size
            for w, n in zip(weights, shards[1:], strict=False)
        )


def test_local_parts_of_an_instant():
    # 1970-02-01 00:30 in Paris is 23:30 UTC the day before; a Sunday.
    tables = world({"transactions": [{"customer_id": "a", "time": 31 * DAY - HOUR // 2}]})
    (shard,) = each(tables, snapshots("a"), "Europe/Paris", 10)
    events = shard.events["transactions"]
    assert [int(events[part][0]) for part in ("day", "month", "weekday", "hour")] == [31, 1, 6, 0]


def test_nobody_asked_about_no_shard():
    tables = world({"transactions": [{"customer_id": "a", "time": 0}]})
    assert list(each(tables, snapshots(()), "UTC", 10)) == []


def test_a_broken_order_of_snapshots_is_refused():
    tables = world({"transactions": [{"customer_id": "a", "time": 0}]})
    twice = Snapshots(np.array(["a", "a"], dtype=object), np.array([5, 5]))
    with pytest.raises(ValueError, match="unique and sorted by customer_id"):
        next(each(tables, twice, "UTC", 10))


def test_nothing_is_left_behind_when_the_reader_stops_early():
    tables = world({"transactions": many()})
    shards = each(tables, snapshots({f"{n:04}" for n in range(300)}), "UTC", 50)
    next(shards)
    shards.close()
    assert tables.con.list_tables() == ["transactions"]


def test_the_two_zeros_are_one():
    lines = [{"customer_id": "a", "time": 5, "quantity": zero} for zero in (0.0, -0.0)]
    (shard,) = each(world({"transactions": lines}), snapshots("a"), "UTC", 10)
    assert not np.signbit(shard.events["transactions"]["quantity"]).any()
