"""Rows of a panel travel and come back as they were, to the bit."""

from dataclasses import replace

import numpy as np
import pytest

from churnlab.panel import Panel
from churnlab.spark.parcels import packed_rows, unpacked_rows
from churnlab.spark.rows import as_panel, as_rows
from churnlab.workflow.panels import training_panel
from panels_alike import assert_same


def test_a_panel_comes_back(opening):
    panel, _ = training_panel(opening)
    back = as_panel(unpacked_rows(packed_rows(as_rows(panel))))
    assert_same(panel, Panel(**{**vars(back), "fingerprint": panel.fingerprint}))
    assert np.isnan(panel.numbers).any()
    assert {None, "Paris"} <= set(panel.categories["city"])


def test_labels_of_shorter_windows_come_back(opening):
    churn = opening.project.churn.model_copy(update={"also_days": (10, 20)})
    asked = replace(opening, project=opening.project.model_copy(update={"churn": churn}))
    panel, _ = training_panel(asked)
    back = as_panel(unpacked_rows(packed_rows(as_rows(panel))))
    assert list(back.sooner) == ["churned_10d", "churned_20d"]
    assert_same(panel, Panel(**{**vars(back), "fingerprint": panel.fingerprint}))


@pytest.mark.parametrize("rows", [0, 3])
def test_a_panel_of_nobody_or_without_numbers_comes_back(opening, rows):
    panel, _ = training_panel(opening)
    few = panel.take(np.arange(rows))
    back = as_panel(as_rows(few))
    assert_same(few, Panel(**{**vars(back), "fingerprint": few.fingerprint}))
    bare = Panel(
        **{
            **vars(few),
            "numbers": few.numbers[:, :0],
            "features": tuple(each for each in few.features if each.kind == "category"),
        }
    )
    assert as_panel(as_rows(bare)).numbers.shape == (rows, 0)
