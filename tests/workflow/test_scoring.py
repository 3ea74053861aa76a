"""Scoring as a stream: how the customers are cut changes no byte, and what fails leaves all as it was."""

import datetime as dt
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

import churnlab
import shops
from churnlab.errors import DataError, MachineError
from churnlab.lists import commit, spool

CONFIG = (
    shops.CONFIG
    + """  customers:
    - name: people
      frame: people
      columns: {customer_id: who}
      attributes: {town: {column: town, kind: category, static: true}}
snapshots: {min_orders: 2}
churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
DAY = dt.date(2025, 5, 1)


def orders():
    return shops.orders(seed=5, stays=20)


def people(*towns, customers=300):
    ids = [f"{who:04d}" for who in range(customers)]
    return pd.DataFrame({"who": ids, "town": [towns[who % len(towns)] for who in range(customers)]})


@pytest.fixture
def shop(kept):
    """A trained project: ``score(overrides)`` makes its lists."""
    root = kept.at("trained", trained)
    # A town that training did not know: it has to be counted over all blocks.
    frames = {"orders": orders(), "people": people("Oslo", "Tromsø")}

    def score(*overrides, day=DAY):
        return churnlab.score(churnlab.load(root / "shop.yaml", overrides), day, frames=frames)

    return root / "out" / "shop", score


def trained(root):
    (root / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    frames = {"orders": orders(), "people": people("Oslo", "Bergen")}
    churnlab.train(churnlab.load(root / "shop.yaml"), frames=frames)


def quadrants(done):
    """Customer -> (quadrant, by today's scores alone, in the list before, since when)."""
    names = ["quadrant", "quadrant_raw", "quadrant_previous", "quadrant_since"]
    columns = pq.read_table(done.folder / "all.parquet", columns=["customer_id", *names]).to_pydict()
    return dict(
        zip(columns["customer_id"], zip(*(columns[name] for name in names), strict=True), strict=True)
    )


def test_a_list_remembers_the_one_before_it_and_nobody_moves_for_nothing(shop):
    _, score = shop
    narrow = ("strategy.hysteresis.value=0", "strategy.hysteresis.intensity=0")
    earlier, day = DAY - dt.timedelta(days=28), DAY
    was = quadrants(score(day=earlier))
    assert all(place == (place[0], place[0], None, earlier) for place in was.values())
    second = score(day=day)
    now, alone = quadrants(second), quadrants(score(*narrow, day=day))
    both = sorted(set(was) & set(now))
    assert len(both) > 50
    for who in both:
        quadrant, raw, previous, since = now[who]
        assert previous == was[who][0]
        assert since == (earlier if quadrant == previous else day)
        assert raw == alone[who][0] == alone[who][1]
    kept = [who for who in both if now[who][0] != now[who][1]]
    assert kept, "some are inside the band"
    assert all(now[who][0] == was[who][0] for who in kept if now[who][1] != "unclassified")
    # The earlier date knows nothing of the later one, and the later one depends on the earlier.
    assert score(day=earlier).existed
    assert score(day=day).existed
    assert f"lists of {earlier}" in second.folder.joinpath("manifest.json").read_text(encoding="utf-8")


def contents(folder):
    """Every byte of a run, but for the manifest's info."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files["manifest.json"] = files["manifest.json"].split(b'"info"')[0]
    return files


def test_how_customers_are_cut_changes_no_byte_and_no_word(shop, monkeypatch):
    out, score = shop
    blocks = []
    add = spool.Spool.add
    monkeypatch.setattr(spool.Spool, "add", lambda self, block: (blocks.append(len(block)), add(self, block)))
    answers = []
    for overrides in ((), ("engine.shard_events=1000",), ("engine.shard_events=1000", "engine.threads=1")):
        shutil.rmtree(out / "lists", ignore_errors=True)
        done = score(*overrides)
        answers.append((contents(done.folder), done.totals, done.excluded, done.notes, len(blocks)))
        blocks.clear()
    assert answers[0][:4] == answers[1][:4] == answers[2][:4]
    assert answers[0][4] < answers[1][4], "the shards did become smaller"
    _, totals, excluded, notes, _ = answers[0]
    assert totals[-1].customers + excluded["not_enough_orders"] == orders()["who"].nunique()
    assert any("of customers have a value that training did not know" in note for note in notes)
    assert any("silent for more than 120 days" in note for note in notes)


@pytest.mark.parametrize("where", ["spool.write", "spool.merge", "list.all"])
def test_a_full_disk_stops_the_scoring_and_leaves_all_as_it_was(shop, monkeypatch, where):
    out, score = shop
    score()
    day = out / "lists" / DAY.isoformat()
    before, there = commit.current(day), sorted(path.name for path in out.iterdir())
    kept = contents(before)
    monkeypatch.setenv("CHURNLAB_FAILPOINT", f"{where}:enospc")
    with pytest.raises(MachineError, match="No space left on device"):
        score("lists.valid_days=10")
    assert commit.current(day) == before
    assert contents(before) == kept
    assert sorted(path.name for path in out.iterdir()) == there
    assert sorted(path.name for path in day.iterdir()) == [".lock", "CURRENT", before.name]


def test_a_day_before_everybody_is_refused(shop):
    out, score = shop
    with pytest.raises(DataError, match="nobody can be asked about") as caught:
        score(day=dt.date(2023, 6, 1))
    assert caught.value.exit_code == 3
    assert not (out / "lists").exists()


@pytest.mark.parametrize("fails", ["log_batch", "set_terminated"])
def test_a_tracker_that_fails_after_publishing_leaves_the_lists_and_a_note(shop, monkeypatch, fails):
    out, score = shop
    published, publish = [], commit.publish

    def then_down(*given, **more):
        published.append(publish(*given, **more))

        def down(*_, **__):
            raise MlflowException("the database is locked")

        monkeypatch.setattr(MlflowClient, fails, down)
        return published[0]

    monkeypatch.setattr(commit, "publish", then_down)
    done = score()  # no error: exit 0
    assert commit.current(out / "lists" / DAY.isoformat()) == done.folder == published[0].path
    commit.verify(done.folder)
    assert done.notes[-1].startswith("the lists are published, but untracked")
    monkeypatch.undo()
    again = score()
    assert again.existed
    assert not [note for note in again.notes if "untracked" in note]


def test_a_tracker_that_fails_before_publishing_publishes_nothing(shop, monkeypatch):
    out, score = shop

    def down(*_, **__):
        raise MlflowException("the database is locked")

    monkeypatch.setattr(MlflowClient, "log_batch", down)
    with pytest.raises(MlflowException, match="the database is locked"):
        score()
    assert commit.current(out / "lists" / DAY.isoformat()) is None
