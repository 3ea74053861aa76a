"""A shop whose customers fade without stopping, from its orders to its lists."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab import tracking
from churnlab.config import Tracking
from churnlab.errors import DataError, IntegrityError
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import scoring_panel, training_panel

CONFIG = (
    shops.CONFIG
    + """churn: {kind: partial, horizon_days: 60, gap_days: 7}
models: {threads: 1, churn: {trees: 60, learning_rate: 0.1}, value: {trees: 60, learning_rate: 0.1}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
DAY = dt.date(2025, 5, 1)
DAYS = 486  # from 1 January 2024 to 1 May 2025
HALF_LIFE = 45  # days in which what a fading customer buys halves
STOPPED = 20  # customers who stopped long ago: they have nothing to decline from


def orders(customers=350, seed=4):
    """Most begin to fade one day, and go on buying less and less; everybody buys twice as much in winter."""
    chance = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        days = np.cumsum(chance.exponential(chance.uniform(4, 12), 150))
        ends = 200 if who < STOPPED else DAYS - 1
        fades = chance.uniform(100, 1.2 * DAYS)
        size = chance.uniform(20, 200)
        for day in days[days < ends]:
            winter = 2.0 if 300 < day < 370 else 1.0
            amount = size * winter * chance.gamma(6, 1 / 6) * 0.5 ** (max(day - fades, 0) / HALF_LIFE)
            rows.append((f"{who:04d}", day, max(round(amount, 2), 0.01)))
    table = pd.DataFrame(rows, columns=["who", "day", "amount"])
    table["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta((table["day"] * 86_400).astype(int), unit="s")
    return table.drop(columns="day")


def loaded(folder, *overrides):
    (folder / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    return churnlab.load(folder / "shop.yaml", overrides)


@pytest.fixture(scope="module")
def table():
    return orders()


def made(project, table):
    with opened(project, {"orders": table}) as opening:
        return training_panel(opening)


def told(panel):
    values = (panel.numbers, panel.churned, panel.value, panel.as_of)
    return panel.fingerprint, panel.customer_id.tolist(), *(each.tobytes() for each in values)


def test_it_is_learned_listed_and_told(tracked, table):
    project, frames = loaded(tracked), {"orders": table}
    trained = churnlab.train(project, frames=frames)
    auroc = {
        each.model: each.estimate
        for each in trained.scorecard.figures
        if (each.task, each.metric) == ("churn", "auroc")
    }
    assert auroc["boosted"] > 0.75
    assert auroc["boosted"] > auroc["recency"] + 0.1  # who fades is not silent
    assert "pace" not in auroc  # purchases go on
    store = tracking.open_store(Tracking(), project.project, tracked)
    kept = json.loads(tracking.Run.of(store, trained.run_id).read_text("evidence.json"))
    assert (kept["churn_rule"]["wording"], kept["churn_rule"]["kept"]) == ("partial_rule", "50")
    assert kept["exclusions"]["nothing_to_decline_from"] > STOPPED

    scored = churnlab.score(project, DAY, frames=frames)
    assert scored.excluded["nothing_to_decline_from"] >= STOPPED
    rows = pq.read_table(scored.folder / "all.parquet").to_pandas()
    assert not set(rows["customer_id"]) & {f"{who:04d}" for who in range(STOPPED)}
    # Whoever declines still brings something, and less than by not declining.
    assert ((rows["value_at_stake"] > 0) & (rows["value_at_stake"] < rows["value_if_retained"])).all()
    assert not [note for note in scored.notes if "silent" in note]
    with pytest.raises(DataError, match="a customer who is left out: nothing_to_decline_from"):
        churnlab.explain_customer(project, "0000", DAY, frames)
    with pytest.raises(IntegrityError, match=r"churn\.decline: trained 0\.5, now 0\.4"):
        churnlab.score(loaded(tracked, "churn.decline=0.4"), DAY, frames=frames)


def defined(table, as_of, *, days=60, gap=7, kept=0.5, season=None):
    """Customer -> whether he or she declined, by pandas; of those who brought something before."""
    day = pd.Timestamp(as_of)

    def brought(start, end):
        window = table[
            (table["at"] >= day + pd.Timedelta(days=start)) & (table["at"] < day + pd.Timedelta(days=end))
        ]
        return (100 * window["amount"]).round().astype(int).groupby(window["who"]).sum()

    before, after = brought(-days, 0), brought(gap, gap + days)
    known = table.loc[table["at"] < day, "who"].unique()
    season = season or after.reindex(known, fill_value=0).sum() / before.sum()
    return dict(after.reindex(before.index, fill_value=0) < kept * season * before)


def test_labels_are_what_the_orders_say(tmp_path, table):
    panel, excluded = made(loaded(tmp_path, "engine.cache=none"), table)
    for day in ("2024-05-01", "2024-12-01", "2025-02-01"):
        rows = panel.as_of == pd.Timestamp(day).value // 1_000
        assert dict(zip(panel.customer_id[rows], panel.churned[rows] == 1, strict=True)) == defined(
            table, day
        )
    assert 0.1 < panel.churned.mean() < 0.5
    # Everybody buys half as much once the winter is over: that is no decline.
    declined, fell = (defined(table, "2025-01-10", season=season) for season in (None, 1.0))
    assert sum(fell.values()) > 1.5 * sum(declined.values())
    assert np.isfinite(panel.churned).all()
    assert set(excluded) == {"nothing_to_decline_from"}


def test_cold_warm_and_off_and_however_cut_it_is_the_same_panel(tmp_path, table):
    panel, excluded = made(loaded(tmp_path, "engine.cache=none"), table)
    mixed = table.sample(frac=1, random_state=2)
    for frame, *how in (
        (table,),
        (table,),  # from the cache
        (mixed, "engine.cache=none", "engine.shard_events=300"),
        (mixed, "engine.cache=none", "engine.shard_events=5000", "engine.threads=1"),
    ):
        again, left_out = made(loaded(tmp_path, *how), frame)
        assert told(again)[1:] == told(panel)[1:]
        assert left_out == excluded
    budget = f"models.row_budget={len(panel) // 3}"
    sample, _ = made(loaded(tmp_path, budget), table)
    mine = np.isin(panel.customer_id, sample.customer_id)
    assert sample.churned.tolist() == panel.churned[mine].tolist()


@pytest.mark.parametrize("change", ["churn.decline=0.3", "churn.horizon_days=50", "churn.gap_days=0"])
def test_another_meaning_is_another_panel(tmp_path, table, change):
    panel, _ = made(loaded(tmp_path), table)
    kept, _ = made(loaded(tmp_path, change), table)
    plain, _ = made(loaded(tmp_path, change, "engine.cache=none"), table)
    assert told(kept) == told(plain)
    assert kept.fingerprint != panel.fingerprint


def test_what_is_scored_is_who_was_trained_on(tmp_path, table):
    project = loaded(tmp_path)
    with opened(project, {"orders": table}) as opening:
        panel, _ = training_panel(opening)
        scored, _ = scoring_panel(opening, dt.date(2025, 2, 1))
    rows = panel.take(panel.as_of == scored.as_of[0])
    assert scored.customer_id.tolist() == rows.customer_id.tolist()
    assert scored.numbers.tobytes() == rows.numbers.tobytes()


def test_horizons_are_compared_each_with_its_own_season(tmp_path, table):
    project = loaded(tmp_path)
    found = churnlab.diagnose(project, {"orders": table})
    panel, _ = made(project, table)
    mine = next(each for each in found.candidates if each.days == 60)
    assert (mine.rows, mine.churn_rate) == (len(panel), pytest.approx(panel.churned.mean()))
    assert mine.dates == len(np.unique(panel.as_of))
    other, _ = made(loaded(tmp_path, "churn.horizon_days=120"), table)
    longer = next(each for each in found.candidates if each.days == 120)
    assert (longer.rows, longer.churn_rate) == (len(other), pytest.approx(other.churned.mean()))
    # A silence is no sign here, so none is counted, and nothing suggested.
    assert {each.silences for each in found.candidates} == {0}
    assert (found.suggested, found.infeasible) == (None, None)
    lines = "\n".join(next(iter(found.sections()))["lines"])
    assert "how long the two windows are that are compared" in lines
    assert "gaps between orders" not in lines
    cut = loaded(tmp_path, "engine.shard_events=400")
    assert churnlab.diagnose(cut, {"orders": table}).figures() == found.figures()


def test_a_history_that_is_too_short_is_told_by_how_much(tmp_path, table):
    answer = churnlab.diagnose(loaded(tmp_path, "churn.horizon_days=240"), {"orders": table})
    assert "240 days of history and 247 of gap, horizon and settlement are needed" in answer.infeasible
