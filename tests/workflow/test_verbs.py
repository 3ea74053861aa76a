"""The verbs from end to end on a small generated world: whole, repeatable, and silent about people."""

import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab import cli, tracking
from churnlab.errors import DataError, GateError, IntegrityError
from churnlab.lists import commit
from churnlab.models import files
from churnlab.strategy.worth import rounded
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import scoring_panel
from churnlab.workflow.placing import place

ROOT = Path(__file__).parents[2]
SMALL = [
    "synthetic.customers=500",
    "models.threads=1",
    "evaluation.bootstrap=20",
    "models.churn.trees=60",
    "models.value.trees=60",
    "gate.max_ece=1",  # five hundred customers and sixty trees: other things are tested here
]
DAY = dt.date(2025, 7, 1)


@pytest.fixture(scope="module")
def in_memory():
    """The models that training made, as they were before they were files."""
    return []


@pytest.fixture(scope="module")
def done(tmp_path_factory, migrated_store, in_memory):
    """A finished run in a folder of its own, and its configuration."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copy(migrated_store, folder / "mlflow.db")
    config = folder / "configs" / "synthetic.yaml"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
            patch.delenv(name, raising=False)
        save = files.save
        patch.setattr(files, "save", lambda to, models: (in_memory.append(models), save(to, models))[1])
        project = churnlab.load(config, SMALL)
        result = churnlab.run(project)
    return folder, config, project, result


def digests(folder):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != "manifest.json"
    }


def test_every_row_and_every_customer_is_accounted_for(done):
    _, _, project, result = done
    for count in result.validated.counts:
        assert count.read == count.accepted + count.quarantined + count.duplicates + count.out_of_period
    orders = result.validated.counts[0]
    assert (
        orders.duplicates > 0,
        orders.reasons["amount_not_a_number"],
        orders.reasons["amount_missing"],
    ) == (True, 2, 1)
    everyone = pq.read_table(result.scored.folder / "all.parquet")
    parts = [
        pq.read_table(result.scored.folder / f"{name}.parquet")
        for name in ("retain", "rationalise", "win_back", "release", "unclassified")
    ]
    assert everyone.num_rows == sum(part.num_rows for part in parts) == result.scored.totals[-1].customers
    assert len(set(everyone["customer_id"].to_pylist())) == everyone.num_rows
    panel, out = churnlab.make_panel(project), pq.read_table(result.scored.folder / "excluded.parquet")
    assert set(everyone["customer_id"].to_pylist()).isdisjoint(out["customer_id"].to_pylist())
    assert sum(result.scored.told.suppressed.values()) == out.num_rows > 0
    assert everyone.num_rows + out.num_rows >= len(np.unique(panel.customer_id.astype(str)))


def test_lists_say_what_the_domain_says(done):
    rows = pq.read_table(done[3].scored.folder / "all.parquet").to_pandas()
    p, retained = rows["churn_risk"], rows["value_if_retained"]
    assert p.between(0, 1).all()
    assert rows["intensity"].between(0, 100).all()
    assert np.allclose(rows["value_expected"], (1 - p) * retained, atol=0.006)  # one horizon: V0 = 0
    assert np.allclose(rows["expected_loss"], p * rows["value_at_stake"], atol=0.006)
    assert (rows["value_p10"] <= rows["value_p90"]).all()
    assert (rows["value_p10"][p > 0.1] == 0).all()  # more than one in ten like them leave
    assert (retained <= rows["value_p90"])[p < 0.1].mean() > 0.9
    assert set(rows["value_basis"]) == {"margin"}
    assert set(rows["quadrant_label"]) <= {"Fidélisation", "Rationalisation", "Reconquête", "Abandon"}
    for _, part in rows.groupby("quadrant"):
        others = ~part["arm"].isin(["treated", "control", "explore"])
        assert not others[: (~others).sum()].any(), "who is contacted comes first"
        assert part["expected_loss"][others].is_monotonic_decreasing
        assert part["rank_in_list"].tolist() == list(range(1, len(part) + 1))
    told = rows[["reason_1_text", "reason_2_text", "reason_3_text"]].to_numpy().ravel()
    assert not any(word in text.lower() for text in told if text for word in ("because", "parce que", "nan"))


def test_the_models_beat_the_baselines_where_the_truth_is_known(done):
    card = done[3].trained.scorecard
    best = card.figure("churn", "boosted", "auroc").estimate
    assert best > card.figure("churn", "recency", "auroc").estimate > 0.5
    assert (
        card.figure("value", "two_part", "gini").estimate
        > card.figure("value", "segment_mean", "gini").estimate
    )
    # Who had left by the world's own account is found at the top.
    truth = pd.read_csv(done[0] / "data" / "synthetic" / "truth.csv.gz", sep=";", dtype=str)
    left = pd.to_datetime(truth["depart"], format="%d/%m/%Y").to_numpy() < np.datetime64("2025-06-01")
    gone = set(truth["client"][left])
    rows = pq.read_table(done[3].scored.folder / "all.parquet").to_pandas()
    risk_gone = rows["churn_risk"][rows["customer_id"].isin(gone)].mean()
    risk_here = rows["churn_risk"][~rows["customer_id"].isin(gone)].mean()
    assert risk_gone > risk_here + 0.3


def test_the_same_again_is_a_no_op_and_elsewhere_the_same_bytes(done, tmp_path, migrated_store):
    folder, config, project, result = done
    again = churnlab.score(project, DAY)
    assert (again.existed, again.folder) == (True, result.scored.folder)
    shutil.copytree(folder / "configs", tmp_path / "configs")
    shutil.copytree(folder / "data", tmp_path / "data")
    shutil.copy(migrated_store, tmp_path / "mlflow.db")
    (tmp_path / "out" / "synthetic").mkdir(parents=True)
    shutil.copy(folder / "out" / "synthetic" / "campaign.salt", tmp_path / "out" / "synthetic")
    elsewhere = churnlab.run(churnlab.load(tmp_path / "configs" / config.name, [*SMALL, "models.threads=2"]))
    assert elsewhere.scored.existed is False
    assert elsewhere.scored.folder.name == result.scored.folder.name  # the same run key
    assert digests(elsewhere.scored.folder) == digests(result.scored.folder)
    first, second = (
        path.read_text(encoding="utf-8") for path in (result.reviewed.report, elsewhere.reviewed.report)
    )
    assert first == second


def test_a_score_is_what_training_saw_of_that_day(done):
    """P14: one feature code path. The last training date, scored, has the rows of the panel."""
    _, _, project, _ = done
    panel = churnlab.make_panel(project)
    with opened(project) as opening:
        last = int(panel.as_of.max())
        asked, _ = scoring_panel(opening, opening.calendar.date(last))
    rows = panel.take(panel.as_of == last)
    assert asked.customer_id.tolist() == rows.customer_id.tolist()
    np.testing.assert_array_equal(asked.numbers, rows.numbers)


def test_registered_and_fetched_the_models_score_as_they_did_in_memory(done, in_memory):
    """Law: train -> registry -> score is the model that was fitted, to the bit; lists cut the last digits."""
    _, _, project, result = done
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    fitted, fetched = in_memory[0], files.load(champion.folder, champion.digests)
    assert fetched is not fitted
    with opened(project) as opening:
        panel, _ = scoring_panel(opening, DAY)
    np.testing.assert_array_equal(fetched.churn.risk(panel), fitted.churn.risk(panel))
    assert len(np.unique(fitted.churn.risk(panel))) > 50
    for value in ("if_retained", "if_churned"):
        np.testing.assert_array_equal(
            getattr(fetched.value, value)(panel), getattr(fitted.value, value)(panel)
        )
    assert fetched.extra == json.loads(json.dumps(fitted.extra))
    placed = place(panel, fitted, project).customers
    out = pq.read_table(result.scored.folder / "excluded.parquet")["customer_id"].to_pylist()
    placed = placed.take(~np.isin(placed.customer_id.astype(str), out))
    rows = pq.read_table(result.scored.folder / "all.parquet").to_pandas().sort_values("customer_id")
    assert rows["customer_id"].tolist() == placed.customer_id.tolist()
    assert rows["churn_risk"].tolist() == rounded(placed.churn_risk, 6).tolist()
    assert rows["value_if_retained"].tolist() == rounded(placed.worth.if_retained, 2).tolist()
    assert rows["quadrant"].tolist() == placed.quadrant.tolist()
    assert rows["reason_1_text"].tolist() == placed.reason_texts[:, 0].tolist()


NOT_BEFORE_A_SHARD = (
    "mlflow",
    "sqlalchemy",
    "alembic",
    "fastapi",
    "sklearn",
    "xgboost",
    "shap",
    "optuna",
    "matplotlib",
    "jinja2",
    "numba",
)
UP_TO_THE_FIRST_SHARD = """
import os, sys
import churnlab.cli, churnlab.panel

def answered(*_, **__):
    print(sorted(set(sys.modules) & set(sys.argv.pop().split())), flush=True)
    os._exit(0)

churnlab.panel.answered = answered
churnlab.cli.main(sys.argv[1:-1])
"""


def test_scoring_reaches_its_first_shard_without_what_it_needs_later_or_never(done):
    """MLflow takes as long to load as a million rows; compiled code does not pay in a small world."""
    _, config, _, _ = done
    asked = ["score", str(config), "--as-of", str(DAY), *(word for each in SMALL for word in ("--set", each))]
    words = [sys.executable, "-c", UP_TO_THE_FIRST_SHARD, *asked, " ".join(NOT_BEFORE_A_SHARD)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.returncode) == ("[]", 0), ran.stderr


def test_people_and_machines_stay_out_of_reports_and_tracking(done):
    folder, _, _, result = done
    ids = pq.read_table(result.scored.folder / "all.parquet")["customer_id"].to_pylist()
    wanted = [text.encode() for text in ids[:200]]
    written = [result.reviewed.report, result.validated.report, folder / "mlflow.db"]
    written += [path for path in (folder / "mlartifacts").rglob("*") if path.is_file()]
    # Six digits can stand in any number: an id counts where it stands alone, as one would print it.
    for path in written:
        tokens = set(re.findall(rb"(?<![0-9A-Za-z.])0[0-9]{5}(?![0-9A-Za-z])", path.read_bytes()))
        assert tokens.isdisjoint(wanted), path
    for path in [result.reviewed.report, *(folder / "mlartifacts").rglob("*.json")]:
        assert str(folder).encode() not in path.read_bytes(), path
    page = result.reviewed.report.read_text(encoding="utf-8")
    assert "http:" not in page
    assert "https:" not in page


def test_a_french_report_names_the_dimensions_in_french_in_pictures_too(done):
    page = done[3].reviewed.report.read_text(encoding="utf-8")
    first = re.search(r"dimension de la relation\. ([\w-]+)", page)[1]
    assert first in {"économique", "informationnelle", "normative", "politique", "socio-affective"}


def test_mlflow_has_the_run_with_all_that_matters(done):
    import mlflow

    folder, _, _, result = done
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}", f"sqlite:///{folder / 'mlflow.db'}")
    run = client.get_run(result.trained.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["cfg.churn.horizon_days"] == "90"
    assert (
        run.data.metrics["churn.boosted.auroc"]
        == result.trained.scorecard.figure("churn", "boosted", "auroc").estimate
    )
    assert {"churnlab.fingerprint", "churnlab.test_dates"} <= set(run.data.tags)
    kept = {each.path for each in client.list_artifacts(run.info.run_id)}
    assert {"evidence.json", "config.json", "scorecard.json", "pictures"} <= kept
    version = client.get_model_version_by_alias("synthetic", "champion")
    assert version.version == int(result.trained.version) or version.version == result.trained.version
    assert {key for key in version.tags if key.startswith("sha256.")} == {
        "sha256.churn.json",
        "sha256.meta.json",
        "sha256.value.json",
    }


def test_the_registered_model_answers_through_mlflow_too(done):
    import mlflow

    folder, _, _, result = done
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.set_registry_uri(f"sqlite:///{folder / 'mlflow.db'}")
    served = mlflow.pyfunc.load_model(f"models:/synthetic/{result.trained.version}")
    answer = served.predict(
        pd.DataFrame({"days_since_last_order": [5.0, 300.0], "segment": ["particulier", "new"]})
    )
    assert list(answer.columns) == ["churn_risk", "value_if_retained"]
    assert answer["churn_risk"].between(0, 1).all()


def test_one_customer_is_explained_in_words_that_add_up(done):
    _, _, project, result = done
    rows = pq.read_table(result.scored.folder / "all.parquet").to_pandas()
    one = rows.iloc[0]
    told = churnlab.explain_customer(project, one["customer_id"])
    assert told.card["risk"] == one["churn_risk"]
    assert told.card["reasons"][0]["text"] == one["reason_1_text"]
    assert told.card["base"] + sum(told.card["contributions"].values()) == pytest.approx(
        told.card["margin"], abs=1e-4
    )
    with pytest.raises(DataError, match="is not among those scored"):
        churnlab.explain_customer(project, "nobody")


def test_a_date_beyond_the_data_is_refused(done):
    with pytest.raises(DataError, match="complete until 2025-07-01 only"):
        churnlab.score(done[2], dt.date(2025, 7, 20))


def test_without_a_trusted_model_there_is_no_score(done):
    folder, _, project, _ = done
    lists = folder / "out" / "synthetic" / "lists"
    before = commit.current(lists / "2025-07-01")
    changed = {path: path.read_bytes() for path in (folder / "mlartifacts").rglob("model/churn.json")}
    assert changed
    try:
        for path, content in changed.items():
            path.write_bytes(content[:-2] + b" " + content[-1:])
        with pytest.raises(IntegrityError, match="not those that were registered") as caught:
            churnlab.score(project, dt.date(2025, 6, 1))
    finally:
        for path, content in changed.items():
            path.write_bytes(content)
    assert caught.value.exit_code == 5
    assert not (lists / "2025-06-01").exists()
    assert commit.current(lists / "2025-07-01") == before


def shop(folder, extra=""):
    text = f"""
project: shop
time_zone: UTC
currency: EUR
sources:
  transactions:
    - name: orders
      frame: orders
      times: {{format: native, zone: UTC}}
      columns: {{customer_id: who, time: at{extra}}}
churn: {{horizon_days: 60}}
models: {{threads: 1, churn: {{trees: 30}}, value: {{trees: 30}}}}
evaluation: {{bootstrap: 0}}
gate: {{max_ece: 1}}
"""
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    return churnlab.load(folder / "shop.yaml")


def orders(customers, seed=3):
    chance = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        rate, leaves = chance.uniform(5, 60), chance.uniform(60, 900)
        days = np.cumsum(chance.exponential(rate, 40))
        rows += [(f"{who:04d}", day, float(chance.integers(5, 90))) for day in days if day < min(leaves, 500)]
    table = pd.DataFrame(rows, columns=["who", "day", "amount"])
    table["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta((table["day"] * 86_400).astype(int), unit="s")
    return table.drop(columns="day")


def test_without_amounts_customers_are_listed_by_risk_and_the_run_says_why(tracked):
    project = shop(tracked)
    result = churnlab.run(project, frames={"orders": orders(300)})
    assert {row.strategy: row.customers for row in result.scored.totals}[
        "unclassified"
    ] == result.scored.totals[-1].customers
    assert any("no value axis" in note for note in result.scored.notes)
    rows = pq.read_table(result.scored.folder / "unclassified.parquet").to_pandas()
    assert rows["churn_risk"].is_monotonic_decreasing
    assert rows["value_if_retained"].isna().all()


def test_too_few_customers_to_train_is_said_with_numbers(tracked):
    with pytest.raises(DataError, match="too little to train on") as caught:
        churnlab.train(shop(tracked, ", amount: amount"), frames={"orders": orders(12)})
    assert "12 customers" in str(caught.value)
    assert "champion" not in str(caught.value), "there is none"
    assert "nothing was registered" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_feature_that_knows_the_answer_is_refused_and_the_champion_stays(tracked):
    table = pd.DataFrame({"who": [f"{n:04d}" for n in range(600)], "left": ["no", "yes", "no"] * 200})
    table["status"] = table["left"].map({"no": "active", "yes": "closed"})
    table["age"] = np.arange(600) % 50
    text = shops.supplied("{status: {column: status, kind: category}, years: {column: age, kind: number}}")
    (tracked / "shop.yaml").write_text(text, encoding="utf-8")
    project = churnlab.load(tracked / "shop.yaml")
    with pytest.raises(GateError, match="suspected_leak: status") as caught:
        churnlab.train(project, frames={"people": table})
    assert caught.value.exit_code == 4
    with pytest.raises(IntegrityError, match="no model of shop"):
        tracking.champion(tracking.open_store(project.tracking, "shop", tracked))


def test_the_command_line_prints_json_for_machines(done, capfd):
    _, config, _, result = done
    arguments = [part for item in SMALL for part in ("--set", item)]
    with pytest.raises(SystemExit) as left:
        cli.main(["score", str(config), "--as-of", "2025-07-01", "--json", *arguments])
    out, err = capfd.readouterr()
    assert left.value.code == 0
    answer = json.loads(out)
    assert (answer["existed"], answer["model_version"]) == (True, result.trained.version)
    assert "check transactions.orders" in err


def test_features_are_listed_with_their_meaning(done):
    listed = churnlab.list_features(done[2]).features
    assert len(listed) >= 120
    assert all(feature.meaning and feature.en and feature.fr for feature in listed)
