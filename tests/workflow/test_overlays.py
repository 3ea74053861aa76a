"""A small B2B world from files to lists: relations and parents over everybody, one contact a parent."""

import datetime as dt
import hmac
import json
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab.config import load
from churnlab.errors import IntegrityError
from churnlab.lists.columns import NAMES, PARENT, RELATION
from churnlab.workflow import one_listed, relating
from churnlab.workflow.opening import opened, settings
from churnlab.workflow.panels import training_panel

DAY = dt.date(2025, 5, 1)
SOURCES = """  interactions:
    - name: contacts
      frame: contacts
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: at, type: what, channel: where}
      complete_until: 2025-05-01
  customers:
    - name: accounts
      frame: accounts
      columns: {customer_id: who, parent: group}
      attributes: {town: {column: town, kind: category, static: true}}
"""
MORE = """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""
OVERLAYS = "overlays: {relation: {}, parent: true}\n"
CAMPAIGN = """campaign:
  name: spring
  salt: ${env:SHOP_SALT}
  epoch: 2025
  control: 0.2
  holdout: 0
  explore: 0
  one_per_parent: true
  actions:
    - action_id: mail
      label: {en: A letter, fr: Une lettre}
      channel: email
      contact_cost: 0
      save_rate: 0.2
      customer_benefit: news
      consent_purpose: marketing
      owner: letters
suppression: {not_required: {objections: a world without people, consents: a world without people}}
"""


def contacts():
    chance = np.random.default_rng(4)
    kinds = ["complaint", "question", "review", "referral", "opt_out"]
    return pd.DataFrame(
        {
            "who": [f"{who:04d}" for who in chance.integers(0, 300, 900)],
            "at": pd.Timestamp("2024-02-01") + pd.to_timedelta(chance.integers(0, 450, 900), unit="D"),
            "what": chance.choice(kinds, 900, p=[0.2, 0.3, 0.25, 0.15, 0.1]),
            "where": chance.choice(["phone", "web", "store"], 900),
        }
    )


def accounts():
    """Three accounts a group, but for one in four, which names none."""
    named = [None if who % 4 == 0 else f"secret-group-{who // 12}" for who in range(300)]
    towns = [("Oslo", "Bergen")[who % 2] for who in range(300)]
    return pd.DataFrame({"who": [f"{who:04d}" for who in range(300)], "group": named, "town": towns})


FRAMES = {"orders": shops.orders(seed=5, stays=20), "contacts": contacts(), "accounts": accounts()}


@pytest.fixture(scope="module")
def shop(tmp_path_factory, migrated_store):
    """``project(overlays)``: the same trained project, whatever lies over it."""
    folder = tmp_path_factory.mktemp("b2b")
    (folder / "mlflow.db").write_bytes(migrated_store.read_bytes())

    def project(*parts):
        text = "".join((shops.CONFIG, SOURCES, MORE, *parts, shops.ANY))
        (folder / "shop.yaml").write_text(text, encoding="utf-8")
        return load(folder / "shop.yaml")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
            patch.delenv(name, raising=False)
        patch.setenv("SHOP_SALT", "a salt of the shop that nobody guesses")
        churnlab.train(project(), frames=FRAMES)
        yield project


def rows_of(done):
    rows = pq.read_table(done.folder / "all.parquet").to_pylist()
    return {row["customer_id"]: row for row in rows}


@pytest.fixture(scope="module")
def plain(shop):
    return rows_of(churnlab.score(shop(), DAY, frames=FRAMES))


@pytest.fixture(scope="module")
def laid_over(shop):
    """Trained before anything was laid over it: the champion need not be trained again."""
    done = churnlab.score(shop(OVERLAYS), DAY, frames=FRAMES)
    return done, rows_of(done)


def test_what_nobody_asks_for_changes_no_run_key(shop):
    assert "overlays" not in settings(shop())
    assert (
        "one_per_parent" not in settings(shop(CAMPAIGN.replace("  one_per_parent: true\n", "")))["campaign"]
    )
    asked = settings(shop(OVERLAYS, CAMPAIGN))
    assert asked["overlays"]["parent"]
    assert asked["campaign"]["one_per_parent"]


def test_nothing_else_in_the_lists_changes(plain, laid_over):
    _, rows = laid_over
    assert set(next(iter(plain.values()))) == set(NAMES)
    assert rows.keys() == plain.keys()
    for one, row in plain.items():
        assert {name: rows[one][name] for name in NAMES if name != "run_id"} == {
            name: value for name, value in row.items() if name != "run_id"
        }


def in_the_year(events):
    """The rows of the last 365 days before the date of the lists."""
    day = pd.Timestamp(DAY)
    return events[(events["at"] >= day - pd.Timedelta(days=365)) & (events["at"] < day)]


def test_relations_are_those_of_the_events(laid_over):
    said, bought_by_all = in_the_year(FRAMES["contacts"]), in_the_year(FRAMES["orders"])
    for one, row in laid_over[1].items():
        mine = said[said["who"] == one]
        opposing = mine["what"].isin(["complaint", "opt_out"]).sum()
        voluntary = mine["what"].isin(["review", "referral"]).sum()
        assert row["dimension_socio_affective"] == pytest.approx(100 * voluntary / (voluntary + 2), abs=1e-6)
        bought = bought_by_all[bought_by_all["who"] == one]
        assert row["dimension_economic"] == pytest.approx(100 * len(bought) / (len(bought) + 6), abs=1e-6)
        if opposing >= 2 and opposing >= voluntary:
            assert row["cooperation_profile"] == "resistant"
        elif voluntary >= 3:
            assert row["cooperation_profile"] == "collaborative"
        personal = len(mine) >= 2 and 2 * mine["where"].isin(["phone", "store"]).sum() >= len(mine)
        some = len(mine) + len(bought) > 0
        expected = "primary" if voluntary >= 2 or personal else "secondary" if some else None
        assert row["relationship_type"] == expected
    profiles = {row["cooperation_profile"] for row in laid_over[1].values()}
    assert profiles >= {"resistant", "collaborative", "independent", "neo_classical"}


def test_parents_are_those_of_loops_over_everybody(laid_over):
    done, rows = laid_over
    named = zip(FRAMES["accounts"]["who"], FRAMES["accounts"]["group"], strict=True)
    group = {one: name if isinstance(name, str) else None for one, name in named}
    for one, row in rows.items():
        assert row["parent"] == group[one]
        mine = [each for each in rows if group[one] and group[each] == group[one]] or [one]
        assert row["parent_accounts"] == len(mine)
        value = sum(round(100 * rows[each]["value_if_retained"]) for each in mine)
        assert round(100 * row["parent_value_if_retained"]) == value
        weights = [max(rows[each]["value_if_retained"], 0) for each in mine]
        risk = sum(w * rows[each]["churn_risk"] for w, each in zip(weights, mine, strict=True)) / sum(weights)
        assert row["parent_churn_risk"] == pytest.approx(risk, abs=1e-6)
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert manifest["parents"]["accounts"] == len(rows)
    assert manifest["parents"]["nested"] == 0
    assert "secret-group" not in (done.folder / "manifest.json").read_text()


def test_no_feature_and_no_panel_knows_a_parent(shop):
    with opened(shop(OVERLAYS), FRAMES) as opening:
        panel, _ = training_panel(opening)
    assert not [each.name for each in panel.features if "parent" in each.name]
    assert "town" in {each.name for each in panel.features}
    assert not panel.segments
    assert not [name for name in panel.measures if name.startswith("relation_")]


def test_a_campaign_contacts_each_parent_once(shop, laid_over, caplog):
    done = churnlab.score(shop(OVERLAYS, CAMPAIGN), DAY, frames=FRAMES)
    rows = rows_of(done)
    parent = {one: row["parent"] or one for one, row in rows.items()}
    drawn = [parent[one] for one, row in rows.items() if row["arm"] in {"treated", "control"}]
    assert drawn
    assert len(drawn) == len({*drawn})
    assert {row["arm"] for row in rows.values()} >= {"treated", "control"}
    facts = json.loads((done.folder / "manifest.json").read_text())["campaign"]
    # Each parent's best candidate is on the list: nothing limits it here.
    best = {}
    for one, row in rows.items():
        if row["expected_saved_value"] is not None and row["expected_saved_value"] > 0:
            best[parent[one]] = max(best.get(parent[one], 0), row["expected_saved_value"])
    assert {*best} == {*drawn}
    for one, row in rows.items():
        if row["arm"]:
            assert row["expected_saved_value"] == best[parent[one]]
    kept = sum((row["expected_saved_value"] or 0) > 0 for row in rows.values()) - len(drawn)
    assert facts["kept_for_another"] == kept > 0
    lines = [line for section in done.told.sections("EUR") for line in section.get("lines", ())]
    assert f"  {kept:,} kept for another account of the same parent" in lines
    assert "secret-group" not in caplog.text + json.dumps(facts) + "".join(lines)
    # What explain reads in the lists: a contact would pay here, too, and goes to another.
    told = {one: one_listed.campaign_of(shop(OVERLAYS, CAMPAIGN), DAY, one) for one in sorted(rows)[:40]}
    assert {each.for_another for each in told.values()} == {True, False}
    for one, each in told.items():
        would_pay = (rows[one]["expected_saved_value"] or 0) > 0
        assert each.for_another == (would_pay and rows[one]["arm"] is None)
    # Figures of parents count everybody who was scored, those kept off the lists as well.
    assert 0 < len(rows) < len(laid_over[1])
    for one, row in rows.items():
        assert all(laid_over[1][one][column.name] == row[column.name] for column in (*PARENT, *RELATION))


def test_no_parent_of_a_held_out_account_is_contacted(shop):
    done = churnlab.score(shop(OVERLAYS, CAMPAIGN.replace("holdout: 0", "holdout: 0.3")), DAY, frames=FRAMES)
    rows = rows_of(done)
    parent = {one: row["parent"] or one for one, row in rows.items()}
    held = {parent[one] for one, row in rows.items() if row["arm"] == "holdout"}
    key = hmac.digest(b"a salt of the shop that nobody guesses", b"holdout\x002025", "sha256")
    draws = {each: hmac.digest(key, each.encode(), "sha256")[:8] for each in {*parent.values()}}
    assert held == {each for each, draw in draws.items() if int.from_bytes(draw, "big") % 10_000 < 3_000}
    assert {row["arm"] for one, row in rows.items() if parent[one] in held} == {"holdout"}
    assert len(held) < sum(row["arm"] == "holdout" for row in rows.values()), "siblings are held out as well"


def test_the_report_and_one_customer_tell_of_relations(shop, laid_over):
    project = shop(OVERLAYS)
    done, rows = laid_over
    card = churnlab.explain_customer(project, "0001", DAY, frames=FRAMES)
    row = rows["0001"]
    told = card.card
    assert told["cooperation_profile"] == row["cooperation_profile"]
    assert told["relationship_type"] == row["relationship_type"]
    assert told["dimensions"]["economic"] == row["dimension_economic"]
    (line,) = [line for line in card.lines if line.startswith("Relation: ")]
    assert row["cooperation_profile"].replace("_", "-") in line
    exhibits = {each.name: each for each in relating.relation(done.folder, 2)}
    counts = Counter(each["cooperation_profile"] for each in rows.values())
    told = {code: count for code, count, *_ in exhibits["relation_profiles"].rows if count is not None}
    assert told == {f"relation_{code}": count for code, count in counts.items() if f"relation_{code}" in told}
    assert len(told) > 1


def test_other_terms_are_still_refused(shop):
    with pytest.raises(IntegrityError, match="other terms"):
        churnlab.score(shop(OVERLAYS, "value: {discount_rate_annual: 0.2}\n"), DAY, frames=FRAMES)
