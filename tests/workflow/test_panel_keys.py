"""Keys: a setting that is not in the key of a family changes nothing of it."""

from pathlib import Path

import numpy as np
import pytest

from churnlab import shards
from churnlab.config.project import FeaturePlan, SnapshotPlan
from churnlab.features import catalogue
from churnlab.panel import Questions, answered, gathered
from churnlab.snapshots import DAY, Calendar
from churnlab.strategy.intensity import measures
from churnlab.workflow.panel_keys import read_by
from worlds import drawn, world

UTC = Calendar("UTC")
AS_OFS = [20_000 * DAY, 20_060 * DAY]
PLAN = FeaturePlan(windows=(30, 90), engagement_types=("email",), service_types=("complaint",))
CHANGES = {
    "windows": (14, 60),
    "engagement_types": ("complaint", "question"),
    "service_types": ("email",),
}


@pytest.fixture(scope="module")
def tables():
    return world(drawn(4, AS_OFS), attributes={"city": "category", "size": "number"})


def of_families(tables, plan):
    """Family -> its features and their bytes."""
    families = catalogue.select(plan, Path())
    asked = Questions(AS_OFS, UTC, plan, families, SnapshotPlan(), measures, (), exponent=2)
    blocks = shards.mapped(lambda shard: answered(shard, asked), tables, "UTC", shards.Limits())
    panel, _ = gathered(blocks, asked)
    numeric = [feature for feature in panel.features if feature.kind == "number"]
    return {
        family: (
            [feature for feature in panel.features if feature.family == family],
            panel.numbers[:, [one.family == family for one in numeric]].tobytes(),
            [
                panel.categories[one.name].tolist()
                for one in panel.features
                if one.family == family and one.kind == "category"
            ],
        )
        for family in families
    }


@pytest.mark.parametrize("setting", CHANGES)
def test_what_is_not_in_the_key_changes_nothing(tables, setting):
    other = PLAN.model_copy(update={setting: CHANGES[setting]})
    before, after = of_families(tables, PLAN), of_families(tables, other)
    moved = {family for family in before if before[family] != after[family]}
    keyed = {
        family
        for family, function in catalogue.FAMILIES.items()
        if read_by(function.__module__, PLAN) != read_by(function.__module__, other)
    }
    assert moved <= keyed
    # And the draw is one that shows it.
    assert (
        moved
        >= {"windows": {"frequency"}, "engagement_types": {"engagement"}, "service_types": {"service"}}[
            setting
        ]
    )
    if setting != "windows":
        assert len(keyed) == 1


def test_an_own_family_may_read_anything():
    assert set(read_by(None, PLAN)) == set(CHANGES)


def test_the_draw_has_rows(tables):
    found = of_families(tables, PLAN)
    assert len(np.frombuffer(found["recency"][1], np.float32)) > 0
