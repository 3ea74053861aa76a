"""`review --interactive` from end to end: whom it shows, whom it leaves out, and who may read it."""

import re
import stat
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import churnlab
from churnlab import cli
from churnlab.errors import ConfigError, DataError
from churnlab.explain import look
from churnlab.workflow import interactive
from scored_people import files_of
from shops import ANY, CONFIG, orders
from shown_pages import drawn_people

MODELS = """
churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, migrated_store):
    """A project with a champion and lists, whose ids can be told from any other text."""
    import shutil

    folder = tmp_path_factory.mktemp("look")
    shutil.copy(migrated_store, folder / "mlflow.db")
    (folder / "shop.yaml").write_text(CONFIG + MODELS + ANY, encoding="utf-8")
    bought = orders(300)
    bought["who"] = "canary-" + bought["who"]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        project = churnlab.load(folder / "shop.yaml")
        done = churnlab.run(project, frames={"orders": bought})
    return folder, project, done


def test_the_page_is_private_and_holds_no_id(shop):
    folder, project, done = shop
    reviewed = churnlab.review(project, interactive=True)
    assert reviewed.look == folder / "out" / "shop" / "look.html"
    assert stat.S_IMODE(reviewed.look.stat().st_mode) == 0o600
    page = reviewed.look.read_bytes()
    assert b"canary" not in page
    assert f'"customers":{done.scored.totals[-1].customers}'.encode() in page
    assert reviewed.look.read_bytes() == churnlab.review(project, interactive=True).look.read_bytes()
    # Nothing of it is kept with the run.
    assert not list(Path(folder / "mlartifacts").rglob("look.html"))


def test_ids_are_shown_to_whoever_asks_for_them(shop):
    _, project, done = shop
    page = churnlab.review(project, interactive=True, with_ids=True).look.read_text(encoding="utf-8")
    listed = pq.read_table(done.scored.folder / "all.parquet")["customer_id"].to_pylist()
    assert set(re.findall(r"canary-\d+", page)) == set(listed)


def test_a_review_alone_writes_no_page_of_customers(shop):
    folder, project, _ = shop
    (folder / "out" / "shop" / "look.html").unlink(missing_ok=True)
    reviewed = churnlab.review(project)
    assert reviewed.look is None
    assert "look" not in reviewed.as_dict()
    assert not (folder / "out" / "shop" / "look.html").exists()


def test_the_command_line_asks_for_it(shop, capsys):
    folder, _, _ = shop
    with pytest.raises(SystemExit) as ended:
        cli.main(["review", str(folder / "shop.yaml"), "--interactive", "--json"])
    assert ended.value.code == 0
    assert "look.html" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        cli.main(["review", str(folder / "shop.yaml"), "--with-ids"])
    assert ended.value.code == 2
    assert "ids are shown on the interactive page only" in capsys.readouterr().err


def test_ids_without_the_page_are_refused(shop):
    with pytest.raises(ConfigError, match="interactive page only"):
        churnlab.review(shop[1], with_ids=True)


def test_without_lists_there_is_nothing_to_look_at(shop):
    with pytest.raises(DataError, match="nothing to look at"):
        interactive.write_look(shop[1], "1", {}, None, with_ids=False)


@pytest.mark.parametrize("valued", [True, False])
def test_of_too_many_those_with_most_at_stake_are_shown(tmp_path, valued):
    path = tmp_path / "all.parquet"
    path.write_bytes(files_of(drawn_people(500, valued=valued))["all.parquet"])
    whole = pq.read_table(path).to_pandas()
    by = "expected_loss" if valued else "churn_risk"
    rows, hidden = interactive._first(path, 120, with_ids=True)
    assert (rows.num_rows, hidden) == (120, 380)
    found = rows[by].to_numpy()
    assert (np.diff(found) <= 0).all()
    wanted = whole.sort_values(by, ascending=False, kind="stable").head(120)
    assert rows["customer_id"].to_pylist() == wanted["customer_id"].tolist()
    assert "customer_id" not in interactive._first(path, 120, with_ids=False)[0].column_names


def test_row_groups_make_no_difference(tmp_path):
    path = tmp_path / "all.parquet"
    path.write_bytes(files_of(drawn_people(300))["all.parquet"])
    whole = interactive._first(path, 200, with_ids=True)
    pq.write_table(pq.read_table(path), path, row_group_size=7)
    assert interactive._first(path, 200, with_ids=True)[0].equals(whole[0])
    assert look.MOST == 50_000
