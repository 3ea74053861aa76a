"""Several horizons from end to end: risks that agree with each other, with the truth, and with silence."""

import datetime as dt
import itertools
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab import tracking
from churnlab.errors import IntegrityError
from churnlab.lists.columns import NAMES
from churnlab.workflow import panels
from churnlab.workflow.fitting import fit
from churnlab.workflow.opening import opened

SHOP = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 40}, value: {trees: 20}}
features: {families: [recency, frequency, monetary, tenure]}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
SOONER = "churn.also_days=[15,30]"
DAY = dt.date(2025, 5, 1)
ALSO = {"churn_risk_15d", "churn_risk_30d"}


@pytest.fixture(scope="module")
def frames():
    return {"orders": shops.orders(400, stays=20)}


@pytest.fixture
def shop(tracked):
    (tracked / "shop.yaml").write_text(SHOP, encoding="utf-8")
    return lambda *overrides: churnlab.load(tracked / "shop.yaml", overrides)


def rows_of(scored):
    return pq.read_table(scored.folder / "all.parquet").to_pandas()


@pytest.fixture(scope="module")
def both(tmp_path_factory, migrated_store, frames):
    """(shop, trained, its list) with shorter horizons, and the list made before, without them."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copy(migrated_store, folder / "mlflow.db")
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")

    def shop(*overrides):
        return churnlab.load(folder / "shop.yaml", overrides)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        churnlab.train(shop(), frames=frames)
        plain = rows_of(churnlab.score(shop(), DAY, frames=frames))
        trained = churnlab.train(shop(SOONER), frames=frames)
        yield shop, trained, churnlab.score(shop(SOONER), DAY, frames=frames), plain


def test_lists_have_risks_that_agree_and_all_else_is_as_before(both, frames):
    shop, trained, scored, plain = both
    assert trained.verdict.promoted, "the same question, with a column more"
    rows = rows_of(scored)
    names = [name for name in rows if name not in ALSO]
    assert names == list(NAMES)
    assert set(rows) - set(names) == ALSO
    told = ["run_id", "model_version"]
    pd.testing.assert_frame_equal(rows[names].drop(columns=told), plain.drop(columns=told))
    # Who orders within 15 days orders within 30: staying away only becomes less likely.
    steps = [rows[name] for name in ("churn_risk_15d", "churn_risk_30d", "churn_risk")]
    for short, long in itertools.pairwise(steps):
        assert (short >= long).all()
        assert (short > long).mean() > 0.9
    csv = pd.read_csv(scored.folder / "all.csv", dtype={"customer_id": str})
    assert list(csv) == list(rows)
    np.testing.assert_allclose(csv["churn_risk_15d"], rows["churn_risk_15d"], atol=1e-9)
    # However the stream is cut.
    before = (scored.folder / "all.parquet").read_bytes()
    shutil.rmtree(scored.folder.parent)
    again = churnlab.score(shop(SOONER, "engine.shard_events=1000"), DAY, frames=frames)
    assert (again.folder / "all.parquet").read_bytes() == before


def test_every_horizon_is_judged_beside_what_is_naive(both):
    shop, trained, _, _ = both
    notes = [note for note in trained.notes if note.startswith("within ")]
    assert [note.split(":")[0] for note in notes] == ["within 15 days", "within 30 days"]
    project = shop()
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    figures = store.client.get_run(trained.run_id).data.metrics
    for days in (15, 30):
        said = {name: figures[f"churn_{days}d.{name}"] for name in ("log_loss", "naive", "even", "ece")}
        assert said["log_loss"] < said["naive"]
        assert said["ece"] < 0.15
        assert figures[f"churn_{days}d.rows"] > 100


def test_mlflow_serves_the_risks_of_shorter_horizons_too(both, frames):
    import mlflow

    shop, trained, scored, _ = both
    project = shop(SOONER)
    uri = f"sqlite:///{Path(project.root) / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    served = mlflow.pyfunc.load_model(f"models:/shop/{trained.version}")
    names = ["churn_risk", "churn_risk_15d", "churn_risk_30d", "value_if_retained"]
    assert served.metadata.get_output_schema().input_names() == names
    with opened(project, frames) as opening:
        panel, _ = panels.scoring_panel(opening, DAY)
    answer = served.predict(panel.frame().reindex(columns=served.metadata.get_input_schema().input_names()))
    assert list(answer) == names
    listed = rows_of(scored).set_index("customer_id").loc[panel.customer_id, names[:3]]
    np.testing.assert_array_equal(answer[names[:3]].to_numpy(), listed.to_numpy())


def test_fewer_horizons_than_learned_are_left_out_and_no_more_are_made_up(both, frames):
    shop, _, scored, plain = both
    whole, told = rows_of(scored), ["run_id", "model_version"]
    fewer = rows_of(churnlab.score(shop("churn.also_days=[30]"), DAY, frames=frames))
    pd.testing.assert_frame_equal(
        fewer.drop(columns=told), whole.drop(columns=["churn_risk_15d", *told]), check_exact=True
    )
    none = rows_of(churnlab.score(shop(), DAY, frames=frames))
    pd.testing.assert_frame_equal(none.drop(columns=told), plain.drop(columns=told), check_exact=True)
    with pytest.raises(
        IntegrityError, match=r"other terms.*\n.*churn\.also_days: trained \[15, 30\], now \[15, 45"
    ):
        churnlab.score(shop("churn.also_days=[15,45]"), DAY, frames=frames)


def test_a_kept_panel_knows_the_labels_and_only_they_are_made_anew(shop, frames, monkeypatch):
    def made(*overrides):
        with opened(shop(*overrides), frames) as opening:
            return panels.training_panel(opening)[0]

    made()
    asked, answered = [], panels.panels.answered

    def spied(shard, questions, *args):
        asked.append(tuple(questions.families))
        return answered(shard, questions, *args)

    monkeypatch.setattr(panels.panels, "answered", spied)
    first = made(SOONER)
    assert set(asked) == {()}, "features do not depend on how long a window is"
    asked.clear()
    kept, anew = made(SOONER), made(SOONER, "engine.cache=none")
    assert list(kept.sooner) == ["churned_15d", "churned_30d"]
    for name, values in kept.sooner.items():
        assert values.tobytes() == first.sooner[name].tobytes() == anew.sooner[name].tobytes()
    assert kept.fingerprint == anew.fingerprint != made().fingerprint


def test_of_a_young_shop_the_last_days_are_carried_on(shop, frames):
    """No outcome of 200 days is settled by the test date: a part is learned, and horizons beyond it told."""
    with opened(shop("churn.horizon_days=200", "churn.also_days=[30,120]"), frames) as opening:
        panel, _ = panels.training_panel(opening)
        fitted = fit(opening, panel)
    assert panel.learned_days == 100
    assert fitted.hazard.ends == (30, 100)
    naive = [metric for each in fitted.sooner for metric in each.metrics() if metric.endswith("naive")]
    assert naive == ["churn_30d.naive"]  # of 120 days nothing was known in training
    test = panel.take(fitted.fold.test)
    risks = fitted.hazard.risks(fitted.churn.recipe, test, fitted.churn.risk(test))
    assert (risks[30] >= risks[120]).all()
    assert (risks[120] >= fitted.churn.risk(test)).all()


CLUB = """
project: club
time_zone: UTC
sources:
  transactions:
    - name: bookings
      frame: contracts
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: begins, amount: fee}
      complete_until: 2025-05-01
  contracts:
    - name: contracts
      frame: contracts
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: begins, end: ends, type: plan}
      complete_until: 2025-05-01
churn: {kind: contractual, horizon_days: 90, also_days: [30, 60], contract: {grace_days: 0}}
snapshots: {min_history_days: 180}
models: {threads: 1, churn: {trees: 100}, value: {trees: 20}}
features: {families: [contract]}
evaluation: {bootstrap: 0, accepted_leaks: [contract_type]}  # the truth is in the plan, and nowhere else
"""
RATES = {"monthly": 1 / 90, "yearly": 1 / 360}  # ends a day, as constant as atoms decay


def contracts(customers=5_000, seed=4):
    chance = np.random.default_rng(seed)
    plan = np.where(chance.random(customers) < 0.5, "monthly", "yearly")
    begins = chance.uniform(0, 450, customers)  # from 2024-01-01
    ends = begins + chance.exponential([1 / RATES[each] for each in plan])
    begin = pd.Timestamp("2024-01-01")
    table = pd.DataFrame({"who": [f"{number:04d}" for number in range(customers)], "plan": plan, "fee": 10.0})
    table["begins"] = begin + pd.to_timedelta((begins * 86_400).astype(int), unit="s")
    table["ends"] = begin + pd.to_timedelta((ends * 86_400).astype(int), unit="s")
    table.loc[ends > 486, "ends"] = pd.NaT  # to come after 2025-05-01
    return table


def test_a_planted_hazard_comes_out_at_every_horizon(tracked):
    (tracked / "club.yaml").write_text(CLUB + shops.ANY, encoding="utf-8")
    frames = {"contracts": contracts()}
    project = churnlab.load(tracked / "club.yaml")
    churnlab.train(project, frames=frames)
    rows = rows_of(churnlab.score(project, DAY, frames=frames))
    plan = rows["customer_id"].map(frames["contracts"].set_index("who")["plan"])
    columns = {30: "churn_risk_30d", 60: "churn_risk_60d", 90: "churn_risk"}
    for days, name in columns.items():
        for each, rate in RATES.items():
            # Monthly: .28, .49, .63; yearly: .08, .15, .22.
            told, true = rows[name][plan == each].mean(), 1 - np.exp(-days * rate)
            assert told == pytest.approx(true, abs=0.05), (days, each)
    for short, long in itertools.pairwise(rows[name] for name in columns.values()):
        assert (short <= long).all()
