"""The panel that training learns from: kept or computed, sampled or whole, cut anyhow, the same bytes."""

import sys
from pathlib import Path

import numpy as np
import pytest

import churnlab
import shops
from churnlab import panel as panels
from churnlab.workflow import panels as module
from churnlab.workflow.fitting import fit
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import training_panel

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
features: {families: [recency, frequency, monetary, season], own: [own.py:busy]}
evaluation: {bootstrap: 0}
"""
)
OWN = """
from churnlab.features.feature import Feature
from half import HALF

def busy(past):
    orders = past.orders.last(60).count() * HALF
    yield Feature("busy", orders, "orders", "Half of the orders", "normative", "{value}", "{value}")
"""


def orders():
    return shops.orders(260)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    (tmp_path / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "half.py").write_text("HALF = 0.5\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return lambda *overrides: churnlab.load(tmp_path / "shop.yaml", overrides)


@pytest.fixture
def computed(monkeypatch):
    """The families that were measured, shard by shard."""
    seen, answered = [], panels.answered

    def spied(shard, asked, *args):
        seen.append(tuple(asked.families))
        return answered(shard, asked, *args)

    monkeypatch.setattr(module.panels, "answered", spied)
    return seen


def made(project, frame=None):
    with opened(project, {"orders": orders() if frame is None else frame}) as opening:
        return training_panel(opening)


def told(panel):
    return (
        panel.fingerprint,
        panel.customer_id.tolist(),
        panel.as_of.tobytes(),
        panel.numbers.tobytes(),
        panel.churned.tobytes(),
        panel.value.tobytes(),
        [values.tobytes() for values in panel.measures.values()],
        panel.features,
        panel.sample,
    )


ALL = {("recency", "frequency", "monetary", "season", "busy")}


def trees(project):
    with opened(project, {"orders": orders()}) as opening:
        fitted = fit(opening, training_panel(opening)[0])
    return fitted.churn.trees.content, fitted.churn.as_dict(), fitted.value.trees.content, fitted.notes


def test_cold_warm_and_off_make_the_same_models(shop, computed):
    off = trees(shop("engine.cache=none"))
    assert not Path(shop().root, "out", "shop", "cache").exists()
    computed.clear()
    cold = trees(shop())
    assert set(computed) == ALL
    computed.clear()
    warm = trees(shop())
    assert computed == []
    assert off == cold == warm


def test_exclusions_and_fingerprint_are_those_without_a_cache(shop, computed):
    loyal = "snapshots.min_orders=5"
    panel, excluded = made(shop("engine.cache=none", loyal))
    for _ in range(2):
        kept, left_out = made(shop(loyal))
        assert told(kept) == told(panel)
        assert left_out == excluded
    assert excluded["not_enough_orders"] > 0


@pytest.mark.parametrize("file", ["own.py", "half.py"])
def test_an_edited_own_family_recomputes_only_itself(shop, computed, tmp_path, file, monkeypatch):
    made(shop())
    computed.clear()
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(text.replace("last(60)", "last(30)").replace("0.5", "0.25"))
    monkeypatch.delitem(sys.modules, "half", raising=False)
    kept, _ = made(shop())
    assert set(computed) == {("busy",)}
    assert told(kept) == told(made(shop("engine.cache=none"))[0])


def test_an_added_family_recomputes_only_itself(shop, computed):
    made(shop())
    computed.clear()
    more = "features.families=[recency,frequency,monetary,season,rhythm]"
    kept, _ = made(shop(more))
    assert set(computed) == {("rhythm",)}
    assert told(kept) == told(made(shop(more, "engine.cache=none"))[0])


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ("value.horizon_days=30", {()}),  # an outcome needs no feature
        ("churn.gap_days=0", set()),  # as it was
        ("evaluation.bootstrap=3", set()),
        ("models.churn.depth=2", set()),
        ("engine.memory=500MB", set()),
        ("features.windows=[30,90]", ALL),
        ("features.service_types=[ticket]", {("busy",)}),  # an own family may read anything
        ("snapshots.min_orders=2", ALL),
        ("churn.horizon_days=30", ALL),  # other dates
        ("calendar=fixed", ALL),
        ("time_zone=Asia/Tokyo", ALL),
        ("currency=JPY", ALL),
        ("models.seed=5", ALL),
    ],
)
def test_what_a_setting_changes_is_computed_again(shop, computed, change, again):
    made(shop())
    computed.clear()
    kept, excluded = made(shop(change))
    assert set(computed) == again
    plain, left_out = made(shop(change, "engine.cache=none"))
    assert told(kept) == told(plain)
    assert excluded == left_out


def test_other_rows_are_another_panel(shop, computed):
    made(shop())
    computed.clear()
    other = orders()
    other.loc[5, "amount"] += 1
    kept, _ = made(shop(), other)
    assert set(computed) == ALL
    assert told(kept) == told(made(shop("engine.cache=none"), other)[0])


def test_a_sample_is_of_whole_customers_whatever_the_shards(shop):
    whole, everyone_left_out = made(shop("engine.cache=none"))
    budget = f"models.row_budget={len(whole) // 3}"
    panel, left_out = made(shop(budget, "engine.cache=none"))
    assert len(whole) // 4 < len(panel) <= len(whole) // 3
    assert panel.sample.rows == len(panel)
    assert (panel.sample.of_rows, panel.sample.of_customers) == (len(whole), len(set(whole.customer_id)))
    mine = np.isin(whole.customer_id.astype(str), panel.customer_id.astype(str))
    assert whole.numbers[mine].tobytes() == panel.numbers.tobytes()
    assert whole.churned[mine].tobytes() == panel.churned.tobytes()
    # Everyone is still accounted for.
    incomplete = "label_window_incomplete"
    labelled = len(panel) - left_out.get(incomplete, 0)
    assert labelled + sum(left_out.values()) == sum(everyone_left_out.values()) + len(
        whole
    ) - everyone_left_out.get(incomplete, 0)
    for other in ("engine.shard_events=500", "engine.threads=1", "engine.cache=1GB", "engine.cache=1GB"):
        again, _ = made(shop(budget, "engine.cache=none", other))
        assert told(again) == told(panel), other


def test_of_those_who_are_not_kept_little_is_measured(shop, monkeypatch):
    measured, described = [], panels.rows.described

    def spied(shard, *args):
        measured.append(len(shard.as_of))
        return described(shard, *args)

    monkeypatch.setattr(panels.rows, "described", spied)
    few = ("engine.cache=none", "engine.shard_events=100", "engine.threads=1")
    made(shop(*few, "models.row_budget=100000"))
    whole = sum(measured)
    measured.clear()
    made(shop(*few, "models.row_budget=60"))
    assert sum(measured) < whole / 3


def test_a_sample_is_told(shop):
    budget = "models.row_budget=1200"
    with opened(shop(budget), {"orders": orders()}) as opening:
        panel, _ = training_panel(opening)
        notes = fit(opening, panel).notes
    assert panel.sample.note in notes
    assert "learned from and judged by" in panel.sample.note
    whole = made(shop())[0]
    assert whole.sample is None


def test_below_the_budget_nothing_changes(shop):
    panel = made(shop())[0]
    exactly = made(shop("engine.cache=none", f"models.row_budget={len(panel)}"))[0]
    assert told(exactly) == told(panel)
