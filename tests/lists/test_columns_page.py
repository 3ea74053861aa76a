"""The page on list columns names every column there is."""

from pathlib import Path

from churnlab.lists.columns import COLUMNS


def test_every_column_is_on_the_page():
    page = (Path(__file__).parents[2] / "docs" / "lists.md").read_text(encoding="utf-8")
    assert [c.name for c in COLUMNS if f"| `{c.name}` | {c.kind} | {c.meaning} |" not in page] == []


def test_the_columns_that_can_be_asked_for_are_there_too():
    page = (Path(__file__).parents[2] / "docs" / "lists.md").read_text(encoding="utf-8")
    place = page.index("| `churn_risk` |")
    assert page[place:].split("\n")[1].startswith("| `churn_risk_30d`, ... | score |")
