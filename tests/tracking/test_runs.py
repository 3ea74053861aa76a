"""Runs end as what they were, and say what was asked; models come back as the files that went in."""

import hashlib
import os
import subprocess
import sys

import pytest

from churnlab import tracking
from churnlab.config import Tracking
from churnlab.errors import ConfigError, DataError, IntegrityError, MachineError
from churnlab.features.feature import Description


@pytest.fixture
def store(tracked):
    return tracking.open_store(Tracking(), "shop", tracked)


def status(store, run_id):
    return store.client.get_run(run_id).info.status


def test_a_run_keeps_settings_measures_and_texts(store):
    with tracking.run(store, "train", {"as_of": "2025-01-01"}) as run:
        run.log_settings({"churn": {"horizon_days": 60}, "sources": [{"name": "orders"}]})
        run.log_metrics({"auroc": 0.9, "broken": float("inf"), "missing": float("nan")})
        run.log_text("scorecard.json", '{"é": 1}')
    logged = store.client.get_run(run.run_id).data
    assert logged.params == {"cfg.churn.horizon_days": "60", "cfg.sources.0.name": "orders"}
    assert logged.metrics == {"auroc": 0.9}  # inf would be stored as 1.8e308
    assert (logged.tags["churnlab.step"], logged.tags["as_of"]) == ("train", "2025-01-01")
    assert run.read_text("scorecard.json") == '{"é": 1}'
    assert status(store, run.run_id) == "FINISHED"


def test_the_end_of_a_run_is_recorded(store):
    with tracking.run(store, "score") as run:
        assert run.end({"customers.all": 3}, {"list": {"existed": False}}) == ()
        assert status(store, run.run_id) == "FINISHED"
    logged = store.client.get_run(run.run_id).data
    assert (logged.metrics, logged.params) == ({"customers.all": 3}, {"cfg.list.existed": "False"})


@pytest.mark.parametrize("fails", ["log_batch", "get_run", "set_terminated"])
def test_a_store_that_fails_at_the_end_is_a_note_and_no_error(store, monkeypatch, fails):
    def down(*_, **__):
        raise OSError("postgres://somebody:secret@host is gone")

    with tracking.run(store, "score") as run:
        _ = run.run_id
        monkeypatch.setattr(store.client, fails, down)
        (note,) = run.end({"customers.all": 3}, {"list": {"existed": False}})
    assert note.startswith("the lists are published, but untracked: the tracking store failed (OSError)")
    assert "secret" not in note


def test_an_interrupt_at_the_end_is_still_one(store, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.client, "log_batch", interrupted)
    with pytest.raises(KeyboardInterrupt), tracking.run(store, "score") as run:
        run.end({"customers.all": 3}, {})
    monkeypatch.undo()
    assert status(store, run.run_id) == "KILLED"


@pytest.mark.parametrize(
    ("raised", "ends"),
    [(DataError("no rows"), "FAILED"), (KeyboardInterrupt(), "KILLED"), (ValueError("x"), "FAILED")],
)
def test_a_run_that_stops_early_says_so(store, raised, ends):
    with pytest.raises(type(raised)) as caught, tracking.run(store, "train") as run:
        raise raised
    assert caught.value is raised
    assert status(store, run.run_id) == ends


def test_a_run_whose_process_died_is_closed_at_the_next_start(store, tracked):
    code = """
import os, sys
from pathlib import Path
from churnlab import tracking
from churnlab.config import Tracking
store = tracking.open_store(Tracking(), "shop", Path(sys.argv[1]))
with tracking.run(store, "train") as run:
    print(run.run_id, flush=True)
    os.kill(os.getpid(), 9)
"""
    died = subprocess.run(
        [sys.executable, "-c", code, str(tracked)], capture_output=True, text=True, check=False
    )
    run_id = died.stdout.strip()
    assert status(store, run_id) == "RUNNING"
    with tracking.run(store, "score") as mine:
        tracking.open_store(Tracking(), "shop", tracked)
        assert status(store, run_id) == "KILLED"
        assert status(store, mine.run_id) == "RUNNING"  # its process, this one, is alive


def test_inside_mlflow_run_its_run_is_used_and_left_open(store, monkeypatch):
    outer = store.client.create_run(store.experiment_id).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", outer)
    with tracking.run(store, "train") as run:
        run.log_settings({"a": 1})
    assert run.run_id == outer
    assert status(store, outer) == "RUNNING"  # MLflow ends what MLflow began


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "meta.json").write_text('{"a": 1}')
    return folder


FEATURES = (
    Description(
        "orders_30d", "frequency", "number", "orders", "Orders", "economic", 0.0, "{value}", "{value}"
    ),
    Description(
        "region", "profile", "category", "category", "Region", "normative", None, "{value}", "{value}"
    ),
)


def test_a_registered_model_comes_back_with_its_digests(store, files, capfd):
    digest = hashlib.sha256((files / "meta.json").read_bytes()).hexdigest()
    with tracking.run(store, "train") as run:
        version = tracking.register(run, files, {"meta.json": digest}, FEATURES)
        tracking.move(store, version, before=None, reason="first")
        assert status(store, run.run_id) == "RUNNING"
    assert status(store, run.run_id) == "FINISHED"
    found = tracking.champion(store)
    assert (found.version, found.run_id, dict(found.digests)) == (version, run.run_id, {"meta.json": digest})
    assert (found.folder / "meta.json").read_text() == '{"a": 1}'
    assert not list(found.folder.parent.parent.rglob("*.pkl"))
    with tracking.run(store, "train") as run:
        second = tracking.register(run, files, {"meta.json": digest}, FEATURES)
    assert tracking.champion(store).version == version
    tracking.move(store, second, before=version, reason="better")
    assert tracking.champion(store).version == second != version
    assert capfd.readouterr().out == ""


def test_without_a_champion_there_is_no_score(store):
    with pytest.raises(IntegrityError, match="no model of shop has the alias champion") as caught:
        tracking.champion(store)
    assert caught.value.exit_code == 5


def test_a_store_that_cannot_be_reached_is_the_machines_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="tracking store cannot be used"):
        tracking.open_store(Tracking(uri=f"sqlite:///{tmp_path}/file/mlflow.db"), "shop", tmp_path)


def test_plain_http_to_another_host_needs_authentication(tmp_path, monkeypatch):
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="plain http to another host"):
        tracking.open_store(Tracking(uri="http://tracker.example:5000"), "shop", tmp_path)


def test_telemetry_and_pickles_are_off(store):
    assert store.project == "shop"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"


def test_two_projects_in_one_process_keep_their_own_stores(tracked, tmp_path_factory):
    first = tracking.open_store(Tracking(), "shop", tracked)
    second = tracking.open_store(Tracking(), "shop", tmp_path_factory.mktemp("other"))
    assert first.uri != second.uri
    assert "MLFLOW_TRACKING_URI" not in os.environ  # MLflow would leave its last address there
    with tracking.run(first, "train") as run:
        run.log_text("a.txt", "first")
    assert run.read_text("a.txt") == "first"


def test_a_nested_run_stands_whole_below_its_own(store):
    with tracking.run(store, "train") as run:
        nested = run.log_nested("trial 3", {"depth": 4}, {"log_loss": 0.5}, {"churnlab.trial": "3"})
    found = store.client.get_run(nested)
    assert found.data.tags["mlflow.parentRunId"] == run.run_id
    assert (found.info.run_name, found.info.status) == ("trial 3", "FINISHED")
    assert found.data.params == {"cfg.depth": "4"}
    assert (found.data.metrics, found.data.tags["churnlab.trial"]) == ({"log_loss": 0.5}, "3")
