"""A French project: whoever reads its report meets no English, from the first caution to the last check."""

import datetime as dt
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import churnlab
from churnlab.workflow.explaining import explain_customer
from french import english_in

ROOT = Path(__file__).parents[2]
SMALL = [
    "synthetic.customers=500", "models.threads=1", "evaluation.bootstrap=20", "models.churn.trees=60",
    "models.value.trees=60", "models.row_budget=2000", "backtest.origins=2",
    "suppression.max_ahead_days=40",
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory, migrated_store):
    """A small French shop, trained twice: the second model stands beside the first."""
    folder = tmp_path_factory.mktemp("boutique")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copy(migrated_store, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
            patch.delenv(name, raising=False)
        config = folder / "configs" / "synthetic.yaml"
        first = churnlab.load(config, [*SMALL, "gate.max_ece=1"])
        churnlab.train(first)
        # Who bought since an earlier date is kept off its lists: these are unlike those of the next.
        free = ["suppression.recent_purchase=false", "release.share_block=1", "release.size_block=[0, 100]"]
        again = churnlab.load(config, [*SMALL, *free, "gate.max_ece=1", "models.churn.trees=50"])
        churnlab.train(again)
        churnlab.backtest(again)
        for day in (dt.date(2025, 6, 1), dt.date(2025, 7, 1)):
            churnlab.score(again, day)
        yield again


def test_the_report_is_french(project):
    page = churnlab.review(project).report.read_text(encoding="utf-8")
    assert 'lang="fr"' in page
    for chapter in ("money", "campaign", "movements", "followed"):
        assert f'<section aria-labelledby="{chapter}">' in page
    assert "Réclamations par produit" in page
    assert len(page.encode()) < 3_000_000
    assert english_in(page) == []


def test_the_page_of_a_customer_is_french(project):
    rows = (Path(project.root) / "out").rglob("all.parquet")
    who = pq.read_table(next(rows), columns=["customer_id"])["customer_id"][0].as_py()
    page = Path(project.root) / "page.html"
    explain_customer(project, who, html=page)
    assert english_in(page.read_text(encoding="utf-8")) == []


def test_english_is_found():
    page = '<p>le risque</p><code>days_of</code><p>the</p><svg aria-label="with"></svg>'
    assert [word for word, _ in english_in(page)] == ["the", "with"]
