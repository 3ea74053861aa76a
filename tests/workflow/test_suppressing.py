"""Lists of a project that knows who must not be contacted: all is in order, or nothing is published."""

import datetime as dt
import json
import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab
import contacting_shop
import shops
from churnlab.errors import ConfigError, GateError
from churnlab.lists import commit
from churnlab.lists.suppression import Contact
from churnlab.workflow import making, suppressing
from churnlab.workflow.opening import opened

CONFIG = (
    shops.CONFIG
    + """  customers:
    - name: people
      frame: people
"""
    + contacting_shop.REFUSALS
    + """  deceased: {attribute: state, values: [dead]}
churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
DAY = dt.date(2025, 5, 1)
EMAIL = Contact("email", "marketing")
HEADER = "id,at,channel,purpose,status\n"
IDS = [f"{who:04d}" for who in range(300)]


def answers(who=IDS):
    return HEADER + "".join(f"{each},2024-06-01,email,marketing,given\n" for each in who)


def frames():
    states = ["dead" if who % 50 == 7 else "alive" for who in range(300)]
    towns = [("Oslo", "Bergen")[who % 2] for who in range(300)]
    people = pd.DataFrame({"who": IDS, "town": towns, "state": states})
    return {"orders": shops.orders(seed=5, stays=20), "people": people}


@pytest.fixture(scope="module")
def shop(tmp_path_factory, migrated_store):
    """A trained project."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(migrated_store, folder / "mlflow.db")
    (folder / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        # Nothing is there yet that says who must not be contacted: a training does not ask for it.
        churnlab.train(churnlab.load(folder / "shop.yaml"), frames=frames())
        yield folder


@pytest.fixture
def score(shop):
    """Make the lists, from sources that are all in order to begin with."""
    shutil.rmtree(shop / "out" / "shop" / "lists", ignore_errors=True)
    (shop / "refused.csv").write_text("id\n0001\n0002\n", encoding="utf-8")
    (shop / "answers.csv").write_text(answers(), encoding="utf-8")
    return lambda *overrides, day=DAY: churnlab.score(
        churnlab.load(shop / "shop.yaml", overrides), day, frames=frames()
    )


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_list_says_what_was_known_of_who_must_not_be_contacted(score):
    done = score()
    told = commit.verify(done.folder)
    said = told["suppression"]
    assert said["required"] == ["objections", "consents"]
    assert said["dated"] == {"objections.refused": "2025-05-01", "consents.answers": "2025-05-01"}
    assert said["matched"] == {"objections": 1.0, "consents": 1.0}
    assert [count["accepted"] for count in said["counts"]] == [2, 300]
    assert {"objections.refused: refused.csv", "consents.answers: answers.csv"} <= set(told["inputs"])
    assert "0001" not in json.dumps(said)


def test_one_more_no_is_another_list_and_the_same_is_the_same(score, shop):
    first = score()
    assert score().existed
    (shop / "refused.csv").write_text("id\n0001\n0003\n", encoding="utf-8")
    assert score().folder != first.folder


def test_what_is_not_required_is_said_with_its_reason(score):
    why = "contracts only: nothing is advertised"
    done = score(f'suppression.not_required={{consents: "{why}"}}', "sources.consents=[]")
    assert commit.verify(done.folder)["suppression"]["not_required"] == {"consents": why}
    assert f"consents are not required: {why}" in done.notes


BROKEN = {
    "missing": ("answers.csv", None, "no such file"),
    "0 bytes": ("answers.csv", "", "0 bytes"),
    "empty": ("refused.csv", "id\n", "no rows"),
    "without its column": ("refused.csv", "client\n0001\n", "id"),
    "not text": ("refused.csv", b"id\n\xff\xfe\n", "do not decode"),
    "one bad row": ("answers.csv", answers() + "0001,yesterday,email,marketing,given\n", "set aside"),
    "cut": ("answers.csv", answers()[:-3], "set aside"),
    "another status": (
        "answers.csv",
        answers().replace("given", "oui"),
        r"'oui' \(first in consents\.answers, line 2\)",
    ),
    "of others": ("refused.csv", "id\nx1\nx2\n0001\n", "too few ids of objections"),
    "from the future": (
        "answers.csv",
        answers() + "0001,2025-06-01,email,marketing,given\n",
        "after the day",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_whatever_is_wrong_there_is_no_list_and_the_last_one_stays(score, shop, fault):
    before = score()
    kept = contents(before.folder)
    name, content, told = BROKEN[fault]
    if content is None:
        (shop / name).unlink()
    else:
        (shop / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(GateError, match=told) as caught:
        score("lists.valid_days=9")
    assert caught.value.exit_code == 4
    assert str(caught.value).startswith("no list: ")
    assert len(str(caught.value).splitlines()) <= 3
    assert not {"max_quarantined", "allow_empty"} & set(str(caught.value).replace(":", " ").split())
    day = before.folder.parent
    assert (commit.current(day), contents(before.folder)) == (before.folder, kept)
    assert sorted(path.name for path in day.iterdir()) == [".lock", "CURRENT", before.folder.name]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("sources.consents.0.complete_until=2025-04-29", "too old"),
        ("sources.objections.0.complete_until=2025-05-03", "dated in the future"),
        ("sources.objections.0.complete_until=observed", "does not say of which day"),
    ],
)
def test_a_source_of_another_day_is_no_list(score, override, told):
    with pytest.raises(GateError, match=told):
        score(override)


def test_nobody_may_object_only_where_somebody_has_confirmed_it(score, shop):
    (shop / "refused.csv").write_text("id\n", encoding="utf-8")
    done = score("sources.objections.0.confirmed_empty=true")
    assert commit.verify(done.folder)["suppression"]["matched"] == {"consents": 1.0}


def test_who_says_no_while_the_lists_are_made_stops_them(score, shop, monkeypatch):
    before = score()
    place = making.place

    def late(*args, **keys):
        with (shop / "refused.csv").open("a", encoding="utf-8") as file:
            file.write("0042\n")
        return place(*args, **keys)

    monkeypatch.setattr(making, "place", late)
    with pytest.raises(GateError, match="has changed while the lists were made"):
        score("lists.valid_days=9")
    assert commit.current(before.folder.parent) == before.folder


def test_who_says_no_between_list_and_delivery_is_not_handed_over(score, shop):
    score()
    project, day = churnlab.load(shop / "shop.yaml"), DAY + dt.timedelta(days=1)
    first = churnlab.deliver(project, lists=["all"], today=day, frames=frames(), dry_run=True).outcomes[0]
    assert first.held_back == {}, "who was suppressed then is on no list"
    people = pq.read_table(next(shop.glob("out/shop/lists/*/*/all.parquet")))["customer_id"].to_pylist()
    late = people[len(people) // 2]
    (shop / "refused.csv").write_text(f"id\n0001\n0002\n {late}\n", encoding="utf-8")
    with pytest.raises(GateError, match=r"objections\.refused is too old"):
        churnlab.deliver(project, lists=["all"], today=day + dt.timedelta(days=1), frames=frames())
    told = churnlab.deliver(project, lists=["all"], today=day, frames=frames()).outcomes[0]
    assert (told.rows, told.held_back) == (first.rows - 1, {"suppressed": 1})
    (file,) = (shop / "out" / "shop" / "outbox").rglob("*.parquet")
    assert pq.read_table(file)["customer_id"].to_pylist() == [who for who in people if who != late]


@pytest.mark.usefixtures("score")
def test_permissions_join_all_that_is_known_and_features_see_none_of_it(shop):
    project = churnlab.load(shop / "shop.yaml")
    with opened(project, frames()) as opening:
        assert not {"objections", "consents"} & set(opening.tables.stored)
        assert opening.tables.columns("customers") == ("customer_id", "town")
        assert set(opening.tables.attributes) == {"town"}
        found = suppressing.read(opening, DAY)
        verdicts = found.permissions.verdicts(pa.array(IDS), [EMAIL])
        suppressing.confirm(opening, found)
    suppressed = [who for who, no in zip(IDS, verdicts.reasons(), strict=True) if no]
    assert suppressed == sorted({"0001", "0002", *(f"{who:04d}" for who in range(7, 300, 50))})
    assert sorted(found.permissions.refused().to_pylist()) == suppressed


@pytest.mark.usefixtures("score")
def test_validate_counts_them_and_refuses_what_cannot_be_read(shop):
    project = churnlab.load(shop / "shop.yaml")
    done = churnlab.validate(project, frames=frames())
    assert [(c.source, c.accepted) for c in done.counts][-2:] == [("refused", 2), ("answers", 300)]
    assert "0001" not in done.report.read_text(encoding="utf-8")
    (shop / "answers.csv").write_text(HEADER + "0001,x,email,marketing,given\n", encoding="utf-8")
    with pytest.raises(GateError, match="no list: consents"):
        churnlab.validate(project, frames=frames())
    kept = shop / "out" / "shop" / "data" / "quarantine_suppression.parquet"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_spark_makes_no_lists_for_such_a_project(shop):
    spark = pytest.importorskip("churnlab.spark.scoring")
    with pytest.raises(ConfigError, match="lists on Spark do not know who must not be contacted"):
        spark.score(None, churnlab.load(shop / "shop.yaml"))
