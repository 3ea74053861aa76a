"""A table of one row a customer with a supplied label becomes a panel of attributes."""

from pathlib import Path

import numpy as np
import pytest

from churnlab import panel
from churnlab.config.project import FeaturePlan
from churnlab.errors import DataError
from churnlab.features import catalogue
from churnlab.strategy.intensity import measures
from worlds import world

PLAN = FeaturePlan()
ATTRIBUTES = {"months": "number", "contract": "category"}
ROWS = [
    {"customer_id": "z", "label": "Yes", "value": 1050, "months": 3.0, "contract": "monthly"},
    {"customer_id": "\U0001f600", "label": None, "value": None, "months": None, "contract": None},
    {"customer_id": "a", "label": "No", "value": -200, "months": 0.1, "contract": "yearly"},
]


def made(rows=ROWS, positive="Yes", negative="No", segments=()):
    return panel.of_snapshot_table(
        world({"snapshot": rows}, attributes=ATTRIBUTES),
        positive,
        negative,
        0,
        plan=PLAN,
        families=catalogue.select(PLAN, Path()),
        measures=measures,
        segments=segments,
        exponent=2,
    )


def test_by_hand():
    found = made(segments=("contract", "months"))
    assert found.customer_id.tolist() == ["a", "z", "\U0001f600"]
    assert [about.name for about in found.features] == ["months", "contract"]
    assert {about.family for about in found.features} == {"profile"}
    np.testing.assert_equal(found.numbers, np.float32([[0.1], [3], [np.nan]]))
    assert found.categories["contract"].tolist() == ["yearly", "monthly", None]
    np.testing.assert_equal(found.churned, [0, 1, np.nan])
    np.testing.assert_equal(found.value, [-2, 10.5, np.nan])
    assert found.segments["contract"].tolist() == ["yearly", "monthly", None]
    assert found.segments["months"].tolist() == ["0.1", "3", None]
    assert found.as_of.tolist() == [0, 0, 0]


def test_the_order_of_rows_and_columns_changes_nothing():
    mixed = [dict(reversed(row.items())) for row in reversed(ROWS)]
    found, other = made(), made(mixed)
    assert found.fingerprint == other.fingerprint
    assert found.numbers.tobytes() == other.numbers.tobytes()
    assert found.customer_id.tolist() == other.customer_id.tolist()


def labelled(*labels):
    return [{"customer_id": str(n), "label": label, "months": 1.0} for n, label in enumerate(labels)]


def test_without_a_value_column_there_is_no_value():
    assert np.isnan(made(labelled("Yes", "No")).value).all()


@pytest.mark.parametrize(
    ("labels", "negative", "found"),
    [
        (("Yes", "No", "Maybe"), "No", "'Maybe', 'No', 'Yes'"),
        (("Yes", "No", "Maybe"), None, "'Maybe', 'No', 'Yes'"),
        (("yes", "No"), "No", "'No', 'yes'"),
        (("No", "No"), None, "'No'"),  # is it the positive one under another name?
        (("Yes", "Non"), "No", "'Non', 'Yes'"),
    ],
)
def test_other_labels_are_refused(labels, negative, found):
    with pytest.raises(DataError, match=f"(?s)the labels are not 'Yes' and.*got: {found}\n"):
        made(labelled(*labels), negative=negative)


def test_labels_that_are_fine():
    np.testing.assert_equal(made(labelled("Yes", "other", None), negative=None).churned, [1, 0, np.nan])
    np.testing.assert_equal(made(labelled("No", "No")).churned, [0, 0])
    np.testing.assert_equal(made(labelled(None, None), negative=None).churned, [np.nan, np.nan])
