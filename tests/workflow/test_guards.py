"""What must not pass in silence: other terms, changed rows, shrunken sources, two writers, secrets."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

import churnlab
import shops
from churnlab.config import Tracking
from churnlab.errors import DataError, IntegrityError, LockedError, MachineError
from churnlab.lists import lock

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 30}, value: {trees: 30}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
DAY = dt.date(2025, 5, 1)


def orders(customers=300, scale=1):
    return shops.orders(customers, most=60, scale=scale)


@pytest.fixture
def shop(tracked):
    (tracked / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    return lambda *overrides: churnlab.load(tracked / "shop.yaml", overrides)


@pytest.fixture
def trained(kept):
    def made(root):
        (root / "shop.yaml").write_text(CONFIG, encoding="utf-8")
        churnlab.train(churnlab.load(root / "shop.yaml"), frames={"orders": orders()})

    root = kept.at("trained", made)
    return lambda *overrides: churnlab.load(root / "shop.yaml", overrides)


@pytest.mark.parametrize(
    "changed",
    ["churn.horizon_days=30", "time_zone=Asia/Tokyo", "features.service_types=[question]", "currency=JPY"],
)
def test_a_model_answers_only_the_question_it_was_trained_for(trained, changed):
    with pytest.raises(IntegrityError, match="trained on other terms") as caught:
        churnlab.score(trained(changed), DAY, frames={"orders": orders()})
    assert changed.partition("=")[0] in str(caught.value)


def test_an_own_family_that_was_edited_is_another_model(shop, tracked):
    family = """
from churnlab.features.feature import Feature
from churnlab.history import ALL
def busy(past):
    count = past.orders.last(ALL).count() * {factor}
    yield Feature("busy", count, "orders", "Orders", "economic", "{{value}}", "{{value}}")
"""
    own = "features.own=[own.py:busy]"
    (tracked / "own.py").write_text(family.format(factor=1), encoding="utf-8")
    churnlab.train(shop(own), frames={"orders": orders()})
    (tracked / "own.py").write_text(family.format(factor=1000), encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"trained on other terms.*\n.*own\.py"):
        churnlab.score(shop(own), DAY, frames={"orders": orders()})


def test_other_rows_make_other_lists_even_without_a_file(trained):
    first = churnlab.score(trained(), DAY, frames={"orders": orders()})
    again = churnlab.score(trained(), DAY, frames={"orders": orders().sample(frac=1, random_state=1)})
    other = churnlab.score(trained(), DAY, frames={"orders": orders(scale=7)})
    assert (first.existed, again.existed, other.existed) == (False, True, False)
    assert other.folder != first.folder


def test_a_second_identical_run_keeps_the_strategies_in_the_report(shop):
    reports = [
        churnlab.run(shop(), frames={"orders": orders()}).reviewed.report.read_text("utf-8") for _ in range(2)
    ]
    assert "2025-05-01" in reports[1]
    # The second has a champion to stand beside; all else is the same.
    alone, beside = (
        re.sub(r'<section aria-labelledby="champion">.*?</section>', "", page, flags=re.DOTALL)
        for page in reports
    )
    assert alone != reports[0]
    assert alone.replace("model 1", "model 2").replace("--version 1", "--version 2") == beside


def test_a_report_is_of_the_lists_made_last_or_of_a_date(trained):
    frames = {"orders": orders()}
    churnlab.score(trained(), DAY, frames=frames)
    churnlab.score(trained(), dt.date(2025, 4, 1), frames=frames)
    assert "2025-04-01" in churnlab.review(trained()).report.read_text("utf-8")
    assert "2025-05-01" in churnlab.review(trained(), DAY).report.read_text("utf-8")
    with pytest.raises(DataError, match="no lists for 2025-03-01"):
        churnlab.review(trained(), dt.date(2025, 3, 1))


def test_a_source_that_shrank_is_an_outage_until_it_is_meant(shop):
    churnlab.validate(shop(), frames={"orders": orders(400)})
    with pytest.raises(DataError, match=r"transactions\.orders: the source has shrunk"):
        churnlab.validate(shop(), frames={"orders": orders(100)})
    churnlab.validate(shop("accept_smaller=true"), frames={"orders": orders(100)})
    churnlab.validate(shop(), frames={"orders": orders(100)})


@pytest.mark.parametrize("complete_until", ["observed", "2025-05-01"])
def test_features_of_no_transactions_are_a_mistake_told_in_words(shop, tracked, complete_until):
    empty = f"complete_until: {complete_until}\n      allow_empty: true"
    config = CONFIG.replace("complete_until: 2025-05-01", empty)
    (tracked / "shop.yaml").write_text(config, encoding="utf-8")
    with pytest.raises(DataError, match="the project has no transactions"):
        churnlab.list_features(shop(), frames={"orders": orders().iloc[:0]})


def test_one_run_writes_at_a_time(shop, tracked):
    with lock.held(tracked / "out" / "shop", "another"), pytest.raises(LockedError, match="another run"):
        churnlab.validate(shop(), frames={"orders": orders()})


def test_a_password_in_an_address_is_not_repeated(tmp_path):
    from churnlab import tracking

    class Refused:
        def __init__(self, *_args, **_kwargs):
            raise OSError("cannot reach https://bob:canary-secret@tracker.example")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlflow.MlflowClient", Refused)
        with pytest.raises(MachineError, match="tracking store cannot be used") as caught:
            tracking.open_store(Tracking(uri="https://bob:canary-secret@tracker.example"), "shop", tmp_path)
    assert "canary-secret" not in str(caught.value)


def test_interactions_that_stopped_coming_stop_the_scoring(shop, tracked):
    extra = """  interactions:
    - name: contacts
      frame: contacts
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: at}
      constants: {type: question, direction: inbound}
      complete_until: 2025-02-01
churn"""
    (tracked / "shop.yaml").write_text(CONFIG.replace("churn", extra, 1), encoding="utf-8")
    contacts = orders(300).query("at < '2025-02-01'").drop(columns="amount")
    frames = {"orders": orders(), "contacts": contacts}
    churnlab.train(shop(), frames=frames)
    with pytest.raises(DataError, match="interactions are complete until 2025-02-01 only"):
        churnlab.score(shop(), DAY, frames=frames)


def test_known_churners_of_a_snapshot_table_are_on_no_list(tracked):
    chance = np.random.default_rng(1)
    people = pd.DataFrame({"who": [f"{n:04d}" for n in range(400)], "years": chance.integers(0, 9, 400)})
    people["left"] = np.where(chance.random(400) < 0.2 + 0.06 * people["years"], "yes", "no")
    text = shops.supplied("{years: {column: years, kind: number}}", shops.ANY)
    (tracked / "shop.yaml").write_text(text, encoding="utf-8")
    project = churnlab.load(tracked / "shop.yaml")
    churnlab.train(project, frames={"people": people})
    scored = churnlab.score(project, DAY, frames={"people": people})
    assert scored.totals[-1].customers == (people["left"] == "no").sum()
    assert scored.excluded == {"already_churned": (people["left"] == "yes").sum()}
