"""RavenStack as shipped: contracts that end and are not replaced, against plain Python on the files."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churnlab

ROOT = Path(__file__).parents[2]
QUICK = ["models.threads=1", "evaluation.bootstrap=20", "models.churn.trees=40", "models.value.trees=40"]


@pytest.fixture(scope="module")
def project(public_data, tmp_path_factory):
    tracked = tmp_path_factory.mktemp("ravenstack")
    shutil.copytree(ROOT / "configs", tracked / "configs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHURNLAB_DATA", str(public_data))
        return churnlab.load(tracked / "configs" / "ravenstack.yaml", QUICK)


def left(contracts, as_of, days=90, grace=30):
    """Account -> whether a subscription of it ends in ``days`` from ``as_of`` on and no other replaces it."""
    day = dt.timedelta(days=1)
    found = {}
    for account, own in contracts.groupby("account_id"):
        rows = [
            (start, None if pd.isna(end) else end)
            for start, end in zip(own["start_date"], own["end_date"], strict=True)
        ]
        if any(start < as_of and (end is None or end >= as_of) for start, end in rows):
            ends = [
                end
                for start, end in rows
                if end is not None and as_of <= end < as_of + days * day and end > start
            ]
            found[account] = any(
                not any(
                    end - grace * day <= start < end + grace * day and (other is None or other > end)
                    for start, other in rows
                )
                for end in ends
            )
    return found


def test_labels_are_what_the_files_say(project, public_data):
    panel = churnlab.make_panel(project)
    contracts = pd.read_parquet(public_data / "ravenstack_saas" / "subscriptions.parquet")
    contracts = contracts.assign(
        **{name: pd.to_datetime(contracts[name]) for name in ("start_date", "end_date")}
    )
    for day in ("2024-05-01", "2024-09-01"):
        as_of = pd.Timestamp(day)
        rows = panel.as_of == as_of.value // 1_000
        expected = left(contracts, as_of)
        assert dict(zip(panel.customer_id[rows], panel.churned[rows] == 1, strict=True)) == expected
    assert panel.churned[rows].sum() == 30
    # Complete until 2025-01-01, less 90 days and 30 of grace: no later date has a label.
    assert pd.Timestamp(int(panel.as_of.max()), unit="us") == pd.Timestamp("2024-09-01")
    assert np.isfinite(panel.churned).all()


def test_what_is_read_is_accounted_for(project):
    found = churnlab.validate(project)
    accepted = {count.source: (count.read, count.accepted) for count in found.counts}
    assert accepted == {
        "bookings": (5_000, 5_000),
        "subscriptions": (5_000, 5_000),
        "usage": (25_000, 25_000),
        "tickets": (2_000, 2_000),
        "accounts": (500, 500),
    }
    assert "contracts: 778 rows have an amount of 0" in "\n".join(found.notes)


def test_the_verbs_run_and_find_noise(project):
    trained = churnlab.train(project)
    risk = next(
        f for f in trained.scorecard.figures if (f.task, f.model, f.metric) == ("churn", "boosted", "auroc")
    )
    assert 0.35 < risk.estimate < 0.75  # the data are made of chance
    scored = churnlab.score(project, dt.date(2025, 1, 1))
    assert sum(row.customers for row in scored.totals if row.strategy != "all") == 500
    assert not [note for note in scored.notes if "silent" in note]  # silence says nothing under contract


def test_the_diagnosis_suggests_no_horizon(project):
    found = churnlab.diagnose(project)
    assert (found.suggested, found.infeasible, list(found.told())) == (None, None, [])
    rates = [each.churn_rate for each in found.candidates]
    assert rates == sorted(rates)  # the longer the window, the more contracts end in it
    assert {each.silences for each in found.candidates} == {0}
