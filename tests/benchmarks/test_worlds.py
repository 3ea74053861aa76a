"""Generated worlds: the size asked for, the form of checked tables, the same bytes, and few rows at once."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def test_a_world_has_the_rows_asked_for_in_the_form_of_checked_tables(tmp_path):
    from benchmarks import worlds
    from churnlab.config.meanings import TABLES

    world = worlds.world(26_000, folder=tmp_path)
    for name in ("transactions", "interactions"):
        table = pq.read_table(world.folder / f"{name}.parquet")
        assert len(table) == world.rows == 26_000
        for column, dtype in zip(table.schema.names, table.schema.types, strict=True):
            kind, _ = TABLES[name][column]
            assert dtype == (pa.int64() if kind in {"time", "money"} else pa.string()), column
        time = table["time"].to_numpy()
        assert (np.diff(time) >= 0).all(), "an export is in order of time"
        assert time[0] >= worlds.START
        assert time[-1] < worlds.START + worlds.SPAN * worlds.DAY
        assert 1_200 < len(table["customer_id"].unique()) <= 2_000 == world.customers


def test_refunds_give_back_a_line_of_an_order_that_was_bought_before(tmp_path, monkeypatch):
    from benchmarks import worlds

    monkeypatch.setattr(worlds, "CHUNK", 7_000)
    table = pq.read_table(worlds.world(20_000, folder=tmp_path).transactions)
    assert len(table) == 20_000
    assert (np.diff(table["time"].to_numpy()) >= 0).all()
    rows = table.to_pylist()
    bought = {}
    refunds = 0
    for row in rows:  # in order of time
        lines = bought.setdefault((row["customer_id"], row["order_id"]), [])
        if row["amount"] > 0:
            lines.append((row["time"], row["amount"], row["product"]))
            continue
        refunds += 1
        time, amount, product = lines[0]
        assert (-row["amount"], row["product"]) == (amount, product)
        assert worlds.DAY <= row["time"] - time <= 60 * worlds.DAY
    assert 150 < refunds < 400  # some 3 % of 10,000 orders
    assert all(len({time for time, _, _ in lines}) == 1 for lines in bought.values()), "bought at once"


def test_customers_are_unevenly_busy_and_only_buy_while_they_are_customers(tmp_path):
    from benchmarks import worlds

    people = worlds.People(worlds.customers_of(39_000), 1)
    table = pq.read_table(worlds.world(39_000, folder=tmp_path).interactions)
    who = np.array([int(name[1:]) for name in table["customer_id"].to_pylist()])
    day = (table["time"].to_numpy() - worlds.START) // worlds.DAY
    assert (people.joined[who] <= day).all()
    assert (day < people.left[who]).all()
    counts = np.sort(np.bincount(who, minlength=people.number))
    assert counts[-300:].sum() > 3 * counts[:300].sum()


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path):
    from benchmarks import worlds

    one, two, other = (
        worlds.world(5_000, seed=seed, folder=tmp_path / name)
        for name, seed in (("one", 1), ("two", 1), ("other", 2))
    )
    assert one.digests == two.digests
    assert one.digests["transactions"] != other.digests["transactions"]
    read = hashlib.sha256(one.transactions.read_bytes()).hexdigest()
    assert one.digests["transactions"] == read


def test_an_unfinished_world_is_made_again(tmp_path):
    from benchmarks import worlds

    whole = worlds.world(2_000, folder=tmp_path)
    (whole.folder / "world.json").unlink()
    whole.transactions.write_bytes(b"half")
    again = worlds.world(2_000, folder=tmp_path)
    assert pq.read_metadata(again.transactions).num_rows == 2_000


def test_rows_come_in_chunks_that_do_not_grow_with_the_world(monkeypatch):
    from benchmarks import worlds

    monkeypatch.setattr(worlds, "CHUNK", 1_000)
    people = worlds.People(worlds.customers_of(20_000), 1)
    chunks = [len(chunk) for chunk in worlds.transactions(people, 20_000, 1, 0.03)]
    assert chunks == [1_000] * 20
    assert [len(chunk) for chunk in worlds.interactions(people, 20_500, 1)] == pytest.approx(
        [976] * 21, abs=1
    )
