"""One customer in words: of which day, with which horizons, and what is said of an id that nobody has."""

import datetime as dt
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab import cli
from churnlab.errors import ConfigError, DataError, IntegrityError

SHOP = (
    shops.CONFIG.replace("frame: orders", "files: [orders.parquet]")
    + """churn: {horizon_days: 60, also_days: [15, 30]}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
features: {families: [recency, frequency, monetary, tenure]}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
COMPLETE, LATE, EARLY = dt.date(2025, 5, 1), dt.date(2025, 4, 20), dt.date(2025, 3, 1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, migrated_store):
    """A trained shop in a folder of its own, which has published nothing yet."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(migrated_store, folder / "mlflow.db")
    shops.orders(400, stays=20).to_parquet(folder / "orders.parquet")
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        project = churnlab.load(folder / "shop.yaml")
        churnlab.train(project)
        yield project


@pytest.fixture
def published(trained):
    """The row of one customer in the lists that were published last, though not of the latest day."""
    churnlab.score(trained, LATE)
    scored = churnlab.score(trained, EARLY)
    yield pq.read_table(scored.folder / "all.parquet").to_pylist()[3]
    shutil.rmtree(scored.folder.parents[1])


def test_it_answers_as_the_lists_published_last(trained, published):
    told = churnlab.explain_customer(trained, published["customer_id"])
    assert told.card["as_of"] == str(EARLY) == str(published["scored_at"])
    assert told.card["risk"] == published["churn_risk"]
    assert told.card["risk_within"] == {
        "15": published["churn_risk_15d"],
        "30": published["churn_risk_30d"],
    }
    assert any(f"As of {EARLY}, model " in line for line in told.lines)
    assert sum("No order in the first" in line for line in told.lines) == 2
    asked = churnlab.explain_customer(trained, published["customer_id"], LATE)
    assert asked.card["as_of"] == str(LATE)


def test_before_any_list_it_answers_for_the_day_the_data_are_complete_until(trained):
    told = churnlab.explain_customer(trained, "0003")
    assert told.card["as_of"] == str(COMPLETE)


def test_other_terms_than_trained_are_refused_as_for_lists(trained):
    other = trained.model_copy(update={"churn": trained.churn.model_copy(update={"horizon_days": 61})})
    with pytest.raises(IntegrityError, match=r"churn\.horizon_days: trained 60, now 61"):
        churnlab.explain_customer(other, "0003")


@pytest.mark.parametrize(("asked", "meant"), [("00042", "; did you mean '0042'?"), ("nobody", "")])
def test_an_id_that_nobody_has(trained, caplog, asked, meant):
    with caplog.at_level(0), pytest.raises(DataError, match="not among those scored") as caught:
        churnlab.explain_customer(trained, asked)
    assert meant in str(caught.value)
    assert ("did you mean" in str(caught.value)) == bool(meant)
    assert "0042" not in caplog.text


def test_on_the_command_line_it_is_a_mistake_in_the_data(trained, capfd):
    with pytest.raises(SystemExit) as left:
        cli.main(["explain", f"{trained.root}/shop.yaml", "--customer", "00042"])
    assert (left.value.code, "did you mean '0042'?" in capfd.readouterr().err) == (3, True)


def test_steps_lead_from_the_base_to_the_risk(trained):
    card = churnlab.explain_customer(trained, "0003").card
    assert card["base"] + sum(card["contributions"].values()) == pytest.approx(card["margin"], abs=1e-4)
    assert card["base"] + sum(step["contribution"] for step in card["steps"]) == pytest.approx(
        card["margin"], abs=1e-4
    )
    assert card["base_risk"] == card["steps"][0]["before"]
    assert card["steps"][-1]["after"] == pytest.approx(card["risk"], abs=1e-6)
    told = {reason["code"].removeprefix("lowers:") for reason in card["reasons"]}
    assert told <= {step["code"] for step in card["steps"]}


def test_cuts_are_those_of_the_lists(trained, published):
    card = churnlab.explain_customer(trained, published["customer_id"]).card
    own = {"value": published["value_if_retained"], "intensity": published["intensity"]}
    for cut in card["cuts"]:
        assert cut["own"] == pytest.approx(own[cut["axis"]], abs=0.01)
        assert cut["strategy"] != card["strategy"] == published["quadrant"]
    assert {cut["axis"] for cut in card["cuts"]} == set(own)
    assert {lever["code"] for lever in card["levers"]} <= {"silence", "orders", "spend"}


def test_who_stays_where_the_list_before_had_them_is_told_why(trained, published):
    later = churnlab.score(trained, LATE)
    rows = pq.read_table(later.folder / "all.parquet").to_pylist()
    stays = [row for row in rows if row["quadrant"] != row["quadrant_raw"]]
    assert 3 < len(stays) < len(rows) / 2
    row = next(row for row in stays if row["quadrant"] == row["quadrant_previous"])
    told = churnlab.explain_customer(trained, row["customer_id"], LATE)
    card, own = told.card, {"value": row["value_if_retained"], "intensity": row["intensity"]}
    assert card["strategy"] == row["quadrant"]
    assert (card["strategy_by_scores"], card["strategy_since"]) == (row["quadrant_raw"], str(EARLY))
    assert len(card["held"]) >= 1
    for held in card["held"]:
        band = held["give"] * held["cut"] if held["axis"] == "value" else held["give"]
        assert abs(held["own"] - held["cut"]) <= band + 1e-6
        assert held["own"] == pytest.approx(own[held["axis"]], abs=0.01)
    assert sum("By today's scores alone it would be" in line for line in told.lines) == 1
    plain = next(row for row in rows if row["quadrant"] == row["quadrant_raw"])
    assert churnlab.explain_customer(trained, plain["customer_id"], LATE).card["strategy_by_scores"] is None


def test_its_page_is_for_the_owner_and_knows_nothing_later(trained, tmp_path):
    orders, told = Path(trained.root) / "orders.parquet", []
    whole = pd.read_parquet(orders)
    later = whole["at"] >= pd.Timestamp(EARLY)
    who = whole[later]["who"].mode()[0]  # orders most from that day on
    try:
        for rows in (whole, whole[~later]):
            rows.to_parquet(orders)
            told.append(churnlab.explain_customer(trained, who, EARLY, html=tmp_path / "page.html"))
            told.append((tmp_path / "page.html").read_bytes())
    finally:
        whole.to_parquet(orders)
    assert later[whole["who"] == who].sum() > 3
    assert told[0].card == told[2].card
    assert told[1] == told[3]
    assert told[0].as_dict()["page"] == str(tmp_path / "page.html")
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_without_a_folder_is_refused_before_anything_is_read(trained, tmp_path, capfd):
    for place in (tmp_path, tmp_path / "missing" / "page.html"):
        with pytest.raises(ConfigError, match="must name a file in a folder that exists"):
            churnlab.explain_customer(trained, "0003", html=place)
    with pytest.raises(SystemExit) as left:
        cli.main(
            [
                "explain",
                f"{trained.root}/shop.yaml",
                "--customer",
                "0003",
                "--html",
                f"{tmp_path}/no/page.html",
            ]
        )
    assert (left.value.code, "create the folder" in capfd.readouterr().err) == (2, True)


def test_on_the_command_line_a_page_is_written(trained, tmp_path, capfd):
    with pytest.raises(SystemExit) as left:
        cli.main(
            ["explain", f"{trained.root}/shop.yaml", "--customer", "0003", "--html", f"{tmp_path}/page.html"]
        )
    assert left.value.code == 0
    assert "personal data" in capfd.readouterr().out
    assert b"Customer 0003" in (tmp_path / "page.html").read_bytes()


WITHOUT = """
import sys
import churnlab.cli

class Refused:
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {"pandas", "mlflow", "sklearn", "xgboost", "matplotlib"}:
            print("imported:", name)

sys.meta_path.insert(0, Refused())
churnlab.cli.main(sys.argv[1:])
"""


def test_one_customer_is_explained_without_what_takes_long_to_import(trained, published):
    config = str(Path(trained.root) / "shop.yaml")
    words = [sys.executable, "-c", WITHOUT, "explain", config, "--customer", published["customer_id"]]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "imported:" not in ran.stdout
    assert f"As of {EARLY}, model " in ran.stdout
