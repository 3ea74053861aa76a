"""Parcels: every row arrives once, whole, in its shard; a row of nobody is refused, not lost."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import DataError
from churnlab.panel.sample import places
from churnlab.shards.columns import Bytes
from churnlab.spark import parcels

SCHEMA = pa.schema([("customer_id", pa.string()), ("time", pa.int64()), ("product", pa.string())])
rows = st.tuples(
    st.sampled_from(["007", "7", "🦊", "O'B"]), st.integers(0, 9), st.sampled_from([None, "a", "é"])
)


def batch(drawn, *, coded):
    columns = [[row[place] for row in drawn] for place in range(3)]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    if coded:  # as a Parquet reader gives it
        arrays[2] = arrays[2].dictionary_encode()
    return pa.record_batch(arrays, names=SCHEMA.names)


def arrived(sent, shards):
    """Row -> the shards it arrived in, and how often."""
    found = Counter()
    for shard in range(shards if sent else 0):
        parts = [part.filter(pa.compute.equal(part["shard"], shard)) for part in sent]
        group = pa.Table.from_batches(parts)
        tables = parcels.gathered(group, {"transactions": SCHEMA, "contracts": SCHEMA})
        assert len(tables["contracts"]) == 0
        for row in tables["transactions"].cast(SCHEMA).to_pylist():
            found[tuple(row.values()), shard] += 1
    return found


@given(
    st.lists(st.lists(rows, min_size=1, max_size=8), max_size=5),
    st.integers(1, 4),
    st.integers(1, 9),
    st.booleans(),
)
def test_every_row_arrives_once_with_all_of_its_customer(batches, shards, held, coded):
    deal = parcels.Deal(shards)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcels, "PARCEL_ROWS", held)
        sent = list(parcels.dealt((batch(drawn, coded=coded) for drawn in batches), "transactions", deal))
    found = arrived(sent, shards)
    counts = Counter()
    for (row, _), number in found.items():
        counts[row] += number
    assert counts == Counter(row for drawn in batches for row in drawn)
    homes = {(row[0], shard) for row, shard in found}
    assert len(homes) == len({who for who, _ in homes}), "a customer was torn"


def hashed_one_by_one(text):
    """The definition, in Python's own whole numbers."""
    factor, mix, whole = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 2**64
    number = sum((byte + 1) * factor ** (place + 1) for place, byte in enumerate(text.encode())) % whole
    for _ in range(2):
        number = (number ^ (number >> 32)) * mix % whole
    return number ^ (number >> 32)


@given(st.lists(st.text(max_size=40), max_size=9), st.integers(0, 3))
def test_only_the_bytes_of_an_id_decide_its_hash(ids, skipped):
    column = pa.array(ids, pa.string()).slice(skipped)
    assert parcels.hashed(Bytes.of(column)).tolist() == [hashed_one_by_one(who) for who in ids[skipped:]]


def test_customers_are_dealt_evenly():
    for ids in ([f"c{number:08}" for number in range(20_000)], [str(7 * number) for number in range(20_000)]):
        shares = np.bincount(parcels.Deal(16).shard_of(pa.chunked_array([ids[:9_000], ids[9_000:]])))
        # 1,250 each; five standard deviations are about 170.
        assert shares.min() > 1_080
        assert shares.max() < 1_420


def test_texts_that_come_often_travel_as_codes_and_others_as_they_are():
    often = batch([("7", time, "ab"[time % 2]) for time in range(100)], coded=False)
    sent = list(parcels.dealt([often], "transactions", parcels.Deal(1)))
    assert pa.types.is_dictionary(parcels.unpacked_rows(sent[0]["rows"][0].as_buffer())["product"].type)
    seldom = batch([("7", time, str(time)) for time in range(100)], coded=True)
    sent += list(parcels.dealt([seldom], "transactions", parcels.Deal(1)))
    assert parcels.unpacked_rows(sent[1]["rows"][0].as_buffer())["product"].type == pa.string()
    assert sum(arrived(sent, 1).values()) == 200  # both kinds in one group


@given(st.integers(0, 2**64 - 1))
def test_customers_beyond_the_limit_are_left_out_everywhere(limit):
    ids = [f"{number:03}" for number in range(50)]
    sent = list(
        parcels.dealt([batch([(who, 1, None) for who in ids], coded=False)], "t", parcels.Deal(3, 7, limit))
    )
    kept = {who for who, place in zip(ids, places(ids, 7), strict=True) if int(place) < limit}
    names = {row["customer_id"] for part in sent for content in part["rows"]
             for row in parcels.unpacked_rows(content.as_buffer()).to_pylist()}  # fmt: skip
    assert names == kept


@pytest.mark.parametrize("column", ["customer_id", "time"])
def test_a_row_of_nobody_is_refused_with_a_count(column):
    whole = pa.Table.from_batches([batch([("7", 1, "a"), ("7", 2, None)], coded=False)])
    place = whole.column_names.index(column)
    broken = whole.set_column(place, column, pa.array([None, whole[column][1].as_py()], whole[column].type))
    with pytest.raises(DataError, match=rf"{column} is missing.*\ngot: 1 of 2 rows"):
        list(parcels.dealt(broken.to_batches(), "transactions", parcels.Deal(2)))


def test_a_refusal_travels_as_a_parcel():
    record = {"kind": "DataError", "what": "no", "got": None, "mend": None}
    group = pa.Table.from_batches([parcels.refusal(record)])
    assert parcels.refusals(group) == [record]
    assert json.loads(group["rows"][0].as_py()) == record
