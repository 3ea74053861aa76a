"""The registry read without MLflow says what MLflow says, or nothing; a late store loses no record."""

import sqlite3
import time
from pathlib import Path

import pytest

from churnlab import tracking
from churnlab.config import Tracking
from churnlab.errors import ConfigError, DataError, IntegrityError, MachineError
from churnlab.tracking import local
from churnlab.tracking.registry import ALIAS


def later(folder, **tracked):
    return tracking.open_store(Tracking(**tracked), "shop", folder, later=True)


def registered(store, folder, version, digest="d1", location=None):
    """A version as training registers it, without the seconds that logging a model takes."""
    if version == 1:
        store.client.create_registered_model("shop")
    place = folder / "mlartifacts" / f"it's {version}, é"
    (place / "artifacts" / "model").mkdir(parents=True)
    source = location or place.as_uri()
    made = store.client.create_model_version("shop", source, run_id=None, tags={"sha256.meta.json": digest})
    store.client.set_model_version_tag("shop", made.version, "churnlab.run", f"run {version}")
    store.client.set_registered_model_alias("shop", ALIAS, made.version)
    return place


@pytest.fixture
def store(tracked):
    return tracking.open_store(Tracking(), "shop", tracked)


def test_the_champion_is_mlflow_s_own_and_mlflow_stays_away(store, tracked):
    registered(store, tracked, 1)
    place = registered(store, tracked, 2, "d2")
    store.client.set_registered_model_alias("shop", "challenger", "1")
    closed = later(tracked)
    found = tracking.champion(closed)
    assert found == tracking.champion(store)
    assert (found.version, found.run_id, dict(found.digests)) == ("2", "run 2", {"meta.json": "d2"})
    assert found.folder == place / "artifacts" / "model"
    assert not closed.is_open
    store.client.set_registered_model_alias("shop", ALIAS, "1")
    assert tracking.champion(closed).version == "1"


def test_what_only_mlflow_can_tell_is_left_to_it(store, tracked):
    assert local.record(store.uri, "shop", ALIAS) is None  # nothing is registered
    registered(store, tracked, 1, location="s3://bucket/model")
    assert local.record(store.uri, "shop", ALIAS) is None  # its files are elsewhere
    registered(store, tracked, 2)
    assert local.record(store.uri, "shop", ALIAS).version == "2"
    assert local.record(store.uri, "shop", "other") is None
    assert local.record(store.uri, "other", ALIAS) is None
    assert local.record(store.uri + "?timeout=5", "shop", ALIAS) is None
    assert local.record("https://tracker.example", "shop", ALIAS) is None
    assert local.record(f"sqlite:///{tracked / 'none.db'}", "shop", ALIAS) is None
    assert not (tracked / "none.db").exists()
    with sqlite3.connect(tracked / "mlflow.db") as database:  # a store of another make
        database.execute("ALTER TABLE model_versions RENAME COLUMN storage_location TO place")
    database.close()
    assert local.record(store.uri, "shop", ALIAS) is None


def test_without_a_champion_a_late_store_says_so_too(tracked):
    with pytest.raises(IntegrityError, match="no model of shop has the alias champion"):
        tracking.champion(later(tracked))


def test_another_champion_than_the_one_that_scored_is_noticed(store, tracked):
    registered(store, tracked, 1)
    scored = tracking.champion(later(tracked))
    tracking.confirm(store, scored)
    registered(store, tracked, 2, "d2")
    with pytest.raises(IntegrityError, match="another champion than the one that scored") as caught:
        tracking.confirm(store, scored)
    assert "scored by version 1; version 2 has the alias" in str(caught.value)
    with sqlite3.connect(tracked / "mlflow.db") as database:  # the same version, other files
        database.execute("UPDATE model_version_tags SET value = 'd3' WHERE version = 2 AND value = 'd2'")
    database.close()
    with pytest.raises(IntegrityError, match="another champion"):
        tracking.confirm(store, tracking.Champion("2", "run 2", Path(), {"meta.json": "d2"}))


def test_a_late_run_keeps_its_time_of_start(tracked):
    closed, before = later(tracked), int(time.time() * 1000)
    with tracking.run(closed, "score", {"as_of": "2025-01-01"}) as run:
        assert not closed.is_open
        entered = int(time.time() * 1000)
        time.sleep(0.05)
        run.log_metrics({"customers": 3})
        assert closed.client.get_run(run.run_id).info.status == "RUNNING"
    kept = closed.client.get_run(run.run_id)
    assert before <= kept.info.start_time <= entered
    assert (kept.info.status, kept.data.tags["as_of"]) == ("FINISHED", "2025-01-01")


def test_a_late_run_that_fails_is_recorded(tracked):
    closed = later(tracked)
    with pytest.raises(DataError, match="no rows"), tracking.run(closed, "score") as run:
        raise DataError("no rows")
    kept = closed.client.get_run(run.run_id)
    assert (kept.info.status, kept.data.tags["churnlab.error"]) == ("FAILED", "no rows")


def test_where_the_store_is_out_of_reach_the_first_error_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    closed = later(tmp_path, uri=f"sqlite:///{tmp_path}/file/mlflow.db")
    with pytest.raises(DataError, match="no rows"), tracking.run(closed, "score"):
        raise DataError("no rows")
    with pytest.raises(MachineError, match="tracking store cannot be used"), tracking.run(closed, "score"):
        pass


def test_an_address_is_refused_at_once(tmp_path, monkeypatch):
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="plain http to another host"):
        later(tmp_path, uri="http://tracker.example:5000")
