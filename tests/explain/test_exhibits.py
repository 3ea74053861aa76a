"""Exhibits: the same through JSON, told as readers of either language write."""

import json

import pytest

from churnlab.explain.exhibits import Exhibit, told
from churnlab.explain.page import Shown

LIFT = Exhibit(
    "churn",
    "lift",
    (("tenth", "count"), ("group", "text"), ("look", "words"), ("observed", "percent"), ("lift", "decimal")),
    ((1, "<b>", "chosen, caught", 0.4567, 4.5), (12_345, "all", "x", None, None)),
    (("lift_said", {"times": ("decimal", 4.5), "reached": ("percent", 0.8)}),),
    ("lift",),
)


def test_a_trip_through_json_changes_nothing():
    assert Exhibit.from_dict(json.loads(json.dumps(LIFT.as_dict()))) == LIFT


def test_cells_are_written_by_their_kinds():
    english = told(LIFT, Shown("en", "EUR"))
    assert [text for _, text in english.rows[0]] == [
        "1", "<b>", "high risk, leavers with a high risk", "45.7%", "4.50",
    ]  # fmt: skip
    assert [text for _, text in english.rows[1]] == ["12,345", "all", "x", "–", "–"]
    assert english.columns[0] == ("tenth", True)
    assert english.columns[1][1] is False
    assert "4.50 times" in english.notes[0]
    french = told(LIFT, Shown("fr", "EUR"))
    assert french.rows[1][0] == ("count", "12\u202f345")
    assert french.rows[0][3] == ("percent", "45,7\u00a0%")
    assert french.caption != english.caption


def test_the_amounts_of_a_column_have_one_precision():
    rows = ((1234.0, 12.5), (12.5, 3.0), (None, None))
    both = told(
        Exhibit("money", "lift", (("lift", "money"), ("observed", "money")), rows), Shown("en", "EUR")
    )
    assert [[text for _, text in row] for row in both.rows] == [
        ["1,234", "12.50"], ["12", "3.00"], ["–", "–"],
    ]  # fmt: skip


def test_a_row_has_as_many_cells_as_there_are_columns():
    with pytest.raises(ValueError, match="argument"):
        told(Exhibit("churn", "lift", (("tenth", "count"),), ((1, 2),)), Shown("en", "EUR"))
