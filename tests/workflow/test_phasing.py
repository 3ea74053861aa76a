"""Phases and moments from files to lists: the past decides, tables may be missing, explain says the same."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab import tracking
from churnlab.models import files
from churnlab.panel.panel import joined
from churnlab.strategy.lifecycle import Phase
from churnlab.strategy.moments import Moment
from churnlab.workflow import phasing
from churnlab.workflow.explaining import explain_customer
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import scoring_blocks, scoring_panel

DAY = dt.date(2025, 5, 1)
MORE = """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
strategy: {moments: {drop_least: 10}}
"""
CONTACTS = """  interactions:
    - name: contacts
      frame: contacts
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: at, type: what, resolved_at: solved}
      complete_until: 2025-05-01
"""
CODES = {str(phase) for phase in Phase}
READ = ["customer_id", "quadrant", "phase", "critical_moment", "critical_due", "critical_all"]


def contacts():
    chance = np.random.default_rng(2)
    at = pd.Timestamp("2024-02-01") + pd.to_timedelta(chance.integers(0, 450, 600), unit="D")
    solved = at + pd.to_timedelta(chance.integers(1, 40, 600), unit="D")
    kinds = ["complaint", "question", "payment_failed", "opt_out", "notice"]
    return pd.DataFrame(
        {
            "who": [f"{who:04d}" for who in chance.integers(0, 300, 600)],
            "at": at,
            "what": chance.choice(kinds, 600, p=[0.2, 0.6, 0.08, 0.08, 0.04]),
            "solved": solved.where(chance.random(600) < 0.6),
        }
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory, migrated_store):
    """``score(frames, contacts=...)``: the rows of the lists, and the manifest."""
    folder = tmp_path_factory.mktemp("life")
    (folder / "mlflow.db").write_bytes(migrated_store.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
            patch.delenv(name, raising=False)
        frames = {"orders": shops.orders(seed=5, stays=20), "contacts": contacts()}
        (folder / "shop.yaml").write_text(shops.CONFIG + CONTACTS + MORE + shops.ANY, encoding="utf-8")
        project = churnlab.load(folder / "shop.yaml")
        churnlab.train(project, frames=frames)
        yield project, frames


def scored(project, frames):
    done = churnlab.score(project, DAY, frames=frames)
    rows = pq.read_table(done.folder / "all.parquet", columns=READ).to_pylist()
    return {row["customer_id"]: row for row in rows}, json.loads((done.folder / "manifest.json").read_text())


def test_everybody_has_one_phase_and_moments_that_hang_together(shop):
    rows, manifest = scored(*shop)
    # Whoever bought once here did so long ago.
    assert {row["phase"] for row in rows.values()} == CODES - {"start"}
    assert manifest["season"]["events"]["customers"] > 30
    seen = set()
    for row in rows.values():
        codes = row["critical_all"].split("+") if row["critical_all"] else []
        seen |= {*codes}
        assert (row["critical_moment"] is None) == (not codes)
        assert (row["critical_due"] is None) == (not codes)
        if codes:
            assert row["critical_moment"] in codes
            gravest = max(Moment(code).severity for code in codes)
            assert Moment(row["critical_moment"]).severity == gravest
            assert row["critical_due"] >= DAY
    assert {"rhythm_slip", "complaint_open", "value_drop", "payment_failed", "opt_out"} <= seen


def test_what_happens_later_changes_no_phase_and_no_moment(shop):
    project, frames = shop
    rows, before = scored(project, frames)
    orders, asked = frames["orders"], frames["contacts"]
    later = orders.assign(at=pd.Timestamp(DAY) + pd.to_timedelta(np.arange(len(orders)), unit="h"))
    more = {
        "orders": pd.concat([orders, later]).sample(frac=1, random_state=1),
        "contacts": pd.concat([asked, asked.assign(at=pd.Timestamp(DAY), what="complaint")]),
    }
    again, after = scored(project, more)
    assert again == rows
    assert after["season"] == before["season"]
    solved_later = asked["solved"].where(asked["solved"] < pd.Timestamp(DAY))
    assert scored(project, {**frames, "contacts": asked.assign(solved=solved_later)})[0] == rows


def test_explain_says_what_the_list_says(shop):
    project, frames = shop
    rows, _ = scored(project, frames)
    chosen = {row["critical_moment"]: who for who, row in rows.items()}
    for who in [*chosen.values()][:4]:
        card = explain_customer(project, who, DAY, frames).card
        due = rows[who]["critical_due"]
        assert card["phase"] == rows[who]["phase"]
        assert card["critical_moment"] == rows[who]["critical_moment"]
        assert card["critical_due"] == (due and due.isoformat())
        assert "+".join(card["critical_all"]) == (rows[who]["critical_all"] or "")


def test_a_decline_of_the_list_before_is_remembered(shop):
    project, frames = shop
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    champion = tracking.champion(store)
    extra = files.load(champion.folder, champion.digests).extra
    with opened(project, frames) as opening:
        measures = phasing.measured(project, extra)
        asked = joined(part for part, _ in scoring_blocks(opening, DAY, measures))
    plain = phasing.placed(asked, project, extra, None).phase
    declined = np.full(len(asked), "decline", dtype=object)
    kept = phasing.placed(asked, project, extra, None, previous=declined).phase
    moved = plain != kept
    assert moved.any()
    assert set(kept[moved]) == {"decline"}
    assert not moved[np.isin(plain, ["lost", "decline"])].any()


def test_without_contacts_and_without_amounts(shop, tmp_path_factory, migrated_store):
    folder = tmp_path_factory.mktemp("bare")
    (folder / "mlflow.db").write_bytes(migrated_store.read_bytes())
    bare = shops.CONFIG.replace(", amount: amount", "")
    (folder / "shop.yaml").write_text(bare + MORE + shops.ANY, encoding="utf-8")
    project, frames = churnlab.load(folder / "shop.yaml"), {"orders": shop[1]["orders"][["who", "at"]]}
    churnlab.train(project, frames=frames)
    rows, manifest = scored(project, frames)
    assert {row["phase"] for row in rows.values()} <= CODES
    assert manifest["season"]["value"]["ratio"] == 1
    assert "complaint_open" not in "".join(row["critical_all"] or "" for row in rows.values())


def test_a_table_of_labels_has_no_phases(shop):
    project, frames = shop
    with opened(project, frames) as opening:
        panel, _ = scoring_panel(opening, DAY)
    assert phasing.placed(panel, project, {"references": None}, None) is None
    without = replace(panel, measures={})
    assert phasing.placed(without, project, {"references": {}}, None) is None
