"""Training with a search: told in the report and in the run, with a run below it for each trial."""

import json

import pytest

import churnlab
import shops
from churnlab import tracking
from churnlab.config import Tracking

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 30}, value: {trees: 30}}
evaluation: {bootstrap: 0}
tuning: {n_trials: 3, most_trees: 30}
"""
    + shops.ANY
)


@pytest.fixture
def shop(tracked):
    (tracked / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    return churnlab.load(tracked / "shop.yaml")


def nested(store, run_id):
    found = store.client.search_runs(
        [store.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'", order_by=["start_time ASC"]
    )
    return {
        run.info.run_name: (run.info.status, dict(run.data.params), dict(run.data.metrics)) for run in found
    }


def test_each_trial_is_a_run_below_the_training_and_a_second_training_resumes_them(shop, tracked):
    frames = {"orders": shops.orders(300, most=60)}
    first = churnlab.train(shop, frames=frames)
    journals = list(tracked.glob("**/tuning/*.journal"))
    assert len(journals) == 1
    kept = journals[0].read_bytes()
    second = churnlab.train(shop, frames=frames)
    assert journals[0].read_bytes() == kept  # nothing was tried again
    store = tracking.open_store(Tracking(), shop.project, tracked)
    trials = nested(store, first.run_id)
    assert sorted(trials) == ["trial 0", "trial 1", "trial 2"]
    assert nested(store, second.run_id) == trials  # a run lists all of its trials, resumed or not
    status, params, metrics = trials["trial 0"]
    assert status == "FINISHED"
    assert (params["cfg.depth"], params["cfg.trees"]) == ("3", "30")
    run = store.client.get_run(first.run_id)
    assert run.data.metrics["tuning_trials"] == 3
    assert run.data.metrics["tuning_configured_loss"] == metrics["log_loss"]
    told = [note for note in first.notes if note.startswith("tuning: 3 trials on")]
    assert len(told) == 1
    evidence = json.loads(tracking.Run.of(store, first.run_id).read_text("evidence.json"))
    assert told[0] in evidence["notes"]
