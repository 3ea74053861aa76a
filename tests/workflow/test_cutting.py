"""Cuts that stay: a new model places customers where the champion would, until learning anew is asked for."""

from pathlib import Path

import pytest

import churnlab
import shops
from churnlab import tracking
from churnlab.models import files

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
features: {families: [recency, frequency, monetary]}
evaluation: {bootstrap: 0}
gate: {max_ece: 1, max_ece_worse: 1}
"""
)


@pytest.fixture
def trained(tracked):
    """Train on orders of other amounts each time; the cuts of the version, whether promoted or not."""
    (tracked / "shop.yaml").write_text(CONFIG, encoding="utf-8")

    def train(scale, *overrides):
        project = churnlab.load(tracked / "shop.yaml", overrides)
        done = churnlab.train(project, frames={"orders": shops.orders(scale=scale)})
        store = tracking.open_store(project.tracking, project.project, Path(project.root))
        version = tracking.fetched(store, done.version)
        return done, files.load(version.folder, version.digests).extra

    return train


def test_the_cuts_of_the_champion_stay_until_learning_anew_is_asked_for(trained):
    first, learned = trained(1)
    assert learned["thresholds_since"] is None
    assert first.about["cuts"] == "learned in this training"
    second, kept = trained(10)
    assert kept["thresholds"] == learned["thresholds"]
    assert kept["thresholds_since"] == first.version
    assert f"those of version {first.version}" in second.about["cuts"]
    _, anew = trained(10, "strategy.relearn=true")
    assert anew["thresholds_since"] is None
    ratio = anew["thresholds"]["value_if_retained"] / learned["thresholds"]["value_if_retained"]
    assert 5 < ratio < 20, "ten times the amounts"


def test_other_settings_of_the_axes_learn_other_cuts(trained):
    trained(1)
    _, other = trained(1, "strategy.value={mode: quantile, at: 0.5}")
    assert other["thresholds"]["value_learned"].startswith("quantile 0.5")
    assert other["thresholds_since"] is None
