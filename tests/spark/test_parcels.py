"""Parcels: every row arrives once, whole, in its shard; a row of nobody is refused, not lost."""

import json
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import DataError
from churnlab.spark import parcels

SCHEMA = pa.schema([("customer_id", pa.string()), ("time", pa.int64()), ("product", pa.string())])
rows = st.tuples(
    st.sampled_from(["007", "7", "🦊", "O'B"]), st.integers(0, 9), st.sampled_from([None, "a", "é"])
)


def batch(drawn, shards):
    columns = [[row[place] for row in drawn] for place in range(3)]
    ids = {"007": 0, "7": 1, "🦊": 2, "O'B": 3}
    shard = pa.array([ids[name] % shards for name in columns[0]], pa.int32())
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.record_batch([shard, *arrays], names=[parcels.SHARD, *SCHEMA.names])


@given(st.lists(st.lists(rows, min_size=1, max_size=8), max_size=5), st.integers(1, 4), st.integers(1, 9))
def test_every_row_arrives_once_in_its_shard(batches, shards, held):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcels, "PARCEL_ROWS", held)
        sent = list(parcels.dealt((batch(drawn, shards) for drawn in batches), "transactions"))
    table = pa.Table.from_batches(sent, sent[0].schema) if sent else None
    arrived = Counter()
    for shard in range(shards if sent else 0):
        group = table.filter(pa.compute.equal(table["shard"], shard))
        found = parcels.gathered(group, {"transactions": SCHEMA, "contracts": SCHEMA})
        assert found["transactions"].schema == SCHEMA
        assert len(found["contracts"]) == 0
        for row in found["transactions"].to_pylist():
            assert {"007": 0, "7": 1, "🦊": 2, "O'B": 3}[row["customer_id"]] % shards == shard
            arrived[tuple(row.values())] += 1
    assert arrived == Counter(row for drawn in batches for row in drawn)


@pytest.mark.parametrize("column", ["customer_id", "time"])
def test_a_row_of_nobody_is_refused_with_a_count(column):
    whole = pa.Table.from_batches([batch([("7", 1, "a"), ("7", 2, None)], 1)])
    place = whole.column_names.index(column)
    broken = whole.set_column(place, column, pa.array([None, whole[column][1].as_py()], whole[column].type))
    with pytest.raises(DataError, match=rf"{column} is missing.*\ngot: 1 of 2 rows"):
        list(parcels.dealt(broken.to_batches(), "transactions"))


def test_a_refusal_travels_as_a_parcel():
    record = {"kind": "DataError", "what": "no", "got": None, "mend": None}
    group = pa.Table.from_batches([parcels.refusal(record)])
    assert parcels.refusals(group) == [record]
    assert json.loads(group["rows"][0].as_py()) == record
