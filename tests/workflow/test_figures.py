"""The chapter with the figures to follow: by hand."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.explain.exhibits import told
from churnlab.explain.page import Shown
from churnlab.strategy.transitions import Goal
from churnlab.workflow import figures
from churnlab.workflow.figures import Standing

HALF = Goal(0.5, 0.6, 0.1)


def kpis(**changes):
    windows = [
        {"days": 90, "orders": 300, "buyers": 100, "again": 40},
        {"days": 365, "orders": 900, "buyers": 160, "again": 120},
    ]
    churn = {"date": "2025-01-01", "eligible": 150, "left": 60}
    return {"customers": 200, "windows": windows, "churn": churn, **changes}


def standing(date="2025-07-01", equity=1_100.0, told_of=None, goal=HALF):
    return Standing(date, 180, equity, kpis() if told_of is None else told_of, goal)


def test_two_lists_by_hand():
    before = standing("2025-06-01", 1_000.0, {}, None)
    rates, lists = figures.followed(standing(), before)
    assert rates.rows == (
        ("2025-07-01", 90, 300, 100, 0.5, 0.4),
        ("2025-07-01", 365, 900, 160, 0.8, 0.75),
    )
    assert lists.rows == (
        ("2025-07-01", 180, 1_100.0, "2025-01-01", 0.4, 0.5, 0.6, 0.1),
        ("2025-06-01", 180, 1_000.0, None, None, None, None, None),
    )
    said = " ".join(told(lists, Shown("en", "EUR")).notes)
    assert "Since 2025-06-01 customer equity has grown by 100, which is 10.0%." in said
    assert "A dash: not known of that list" in said
    shrunk = figures.followed(before, standing("2025-05-01"))
    assert "shrunk by 100, which is 9.1%" in " ".join(told(list(shrunk)[-1], Shown("en", "EUR")).notes)
    for exhibit in (rates, lists):
        assert "{" not in " ".join(told(exhibit, Shown("fr", "EUR")).notes)


def test_satisfaction_of_ten_answers_or_more():
    windows = [
        {"days": 90, "orders": 300, "buyers": 100, "again": 40, "answers": 9, "score": 4.0},
        {"days": 365, "orders": 900, "buyers": 160, "again": 120, "answers": 10, "score": 3.5},
    ]
    rates, _ = figures.followed(standing(told_of=kpis(windows=windows)), None)
    assert rates.columns[-2:] == (("answers", "count"), ("satisfaction", "decimal"))
    assert [row[-2:] for row in rates.rows] == [(None, None), (10, 3.5)]
    assert ("satisfaction_said", {}) in rates.notes


@pytest.mark.parametrize(
    ("buyers", "again", "shown"),
    [
        (9, 9, (None, None, None, None)),
        (100, 4, (300, 100, 0.5, None)),
        (195, 100, (300, 195, None, 100 / 195)),
    ],
)
def test_few_people_are_not_told_of(buyers, again, shown):
    windows = [{"days": 90, "orders": 300, "buyers": buyers, "again": again}]
    rates, _ = figures.followed(standing(told_of=kpis(windows=windows)), None)
    assert rates.rows[0][2:] == shown


def complained(product, complaints, customers, resolved=0, days=None, **orders):
    return {"product": product, "complaints": complaints, "customers": customers, "resolved": resolved,
            "days": days, **orders}  # fmt: skip


def test_complaints_by_hand():
    rows = [
        complained("orders", 40, 30, 30, 2.5, orders=1_000),
        complained("pen", 12, 12, 9, 1.0, orders=0),
        complained("(others)", 500, 400, 500, 3.0),
        complained("(none)", 50, 40),
    ]
    of = {"days": 365, "others": 7, "rows": rows}
    _, table, _ = figures.followed(standing(told_of=kpis(complaints=of)), standing("2025-06-01"))
    assert [name for name, _ in table.columns] == [
        "complained_of", "complaints", "complainers", "complaints_open", "complaints_resolved",
        "days_to_resolve", "complaints_per_100",
    ]  # fmt: skip
    assert table.rows == (
        ("orders", 40, 30, 10, 0.75, 2.5, 4.0),
        ("pen", 12, 12, None, None, None, None),
        ("(others)", 500, 400, 0, 1.0, 3.0, None),
        ("(none)", 50, 40, 50, 0.0, None, None),
    )
    shown = told(table, Shown("fr", "EUR"))
    assert [row[0][1] for row in shown.rows] == ["orders", "pen", "autres produits", "aucun produit indiqué"]
    said = " ".join(told(table, Shown("en", "EUR")).notes)
    assert "Other products: 7 more" in said
    assert "{" not in said + " ".join(shown.notes)


@pytest.mark.parametrize(
    ("resolved", "shown"),
    [
        (0, (40, 0.0, None)),
        (1, (None, None, None)),  # 39 open of 40 would say one
        (9, (None, None, None)),
        (10, (30, 0.25, 2.5)),
        (30, (10, 0.75, 2.5)),
        (31, (None, None, 2.5)),
        (40, (0, 1.0, 2.5)),
    ],
)
def test_neither_part_of_the_complaints_gives_few_of_the_other_away(resolved, shown):
    of = {"days": 365, "others": 0, "rows": [complained("lamp", 40, 30, resolved, 2.5)]}
    _, table, _ = figures.followed(standing(told_of=kpis(complaints=of)), None)
    assert table.rows == (("lamp", 40, 30, *shown),)
    assert (("complaints_dash", {}) in table.notes) == (None in shown)


def test_products_that_few_complained_of_are_not_told_of():
    rows = [complained("lamp", 400, 300), complained("pen", 12, 10), complained("cup", 30, 9)]
    of = {"days": 365, "others": 0, "rows": rows}
    _, table, _ = figures.followed(standing(told_of=kpis(complaints=of)), None)
    assert [row[:3] for row in table.rows] == [("lamp", 400, 300), ("pen", None, None), ("cup", None, None)]
    assert all(cell is None for row in table.rows[1:] for cell in row[1:])
    assert ("complaints_dash", {}) in table.notes


def test_what_contacts_do_not_tell_has_no_column():
    row = {"product": "lamp", "complaints": 40, "customers": 30}
    of = {"days": 365, "others": 0, "rows": [row]}
    _, table, _ = figures.followed(standing(told_of=kpis(complaints=of)), None)
    assert table.columns == (("complained_of", "product"), ("complaints", "count"), ("complainers", "count"))
    nobody = {"days": 365, "others": 0, "rows": []}
    assert len(list(figures.followed(standing(told_of=kpis(complaints=nobody)), None))) == 2


def test_without_value_phases_or_data_little_is_told():
    (lists,) = figures.followed(standing(equity=None, told_of={}, goal=None), None)
    assert lists.columns == (("list_of", "date"), ("scored_count", "count"))
    assert lists.rows == (("2025-07-01", 180),)


def test_equity_is_of_everybody_scored(tmp_path):
    def write(name, values):
        ids = [f"{name}-{number}" for number in range(len(values))]
        table = {"customer_id": ids, "value_expected": pa.array(values, pa.float64())}
        pq.write_table(pa.table(table), tmp_path / name)

    write("all.parquet", [10.5, 20.25, None])
    write("excluded.parquet", [100.0])
    found = figures.standing(tmp_path, {"as_of": "2025-07-01", "currency": "EUR"}, None)
    assert (found.customers, found.equity, found.kpis) == (4, 130.75, {})
    write("all.parquet", [None])
    write("excluded.parquet", [None])
    assert figures.standing(tmp_path, {"as_of": "2025-07-01", "currency": "EUR"}, None).equity is None
