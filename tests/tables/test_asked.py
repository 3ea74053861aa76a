"""Small questions: the answers that Ibis gives, as plain values."""

import datetime as dt

import ibis
import pytest

from churnlab import engine
from churnlab.tables import asked


@pytest.fixture
def orders():
    with engine.session("500MB", threads=1) as con:
        con.con.execute("""CREATE TABLE orders AS SELECT * FROM (VALUES
            ('a', 10, 1.5, DATE '2025-01-01'), ('a', NULL, 2.5, NULL), ('b', 30, NULL, DATE '2025-01-03'))
            AS t(who, amount, weight, day)""")
        yield con, con.table("orders")


def test_rows_and_values_are_those_of_ibis(orders):
    con, rows = orders
    each = rows.group_by("who").aggregate(n=rows.count(), sum=rows.amount.sum(), last=rows.day.max())
    each = each.order_by("who")
    assert asked.records(con, each) == con.to_pyarrow(each).to_pylist() == [
        {"who": "a", "n": 2, "sum": 10, "last": dt.date(2025, 1, 1)},
        {"who": "b", "n": 1, "sum": 30, "last": dt.date(2025, 1, 3)},
    ]  # fmt: skip
    assert asked.count(con, rows) == 3
    assert asked.value(con, rows.weight.sum()) == 4.0
    assert asked.value(con, rows.filter(rows.who == "c").amount.sum()) is None
    assert type(asked.value(con, rows.amount.sum())) is int, "not the engine's decimal"


def test_what_is_no_engine_of_ours_is_asked_in_arrow(orders):
    class Warehouse:
        def to_pyarrow(self, expr):
            return con.to_pyarrow(expr.as_table())

    con, rows = orders
    assert asked.count(Warehouse(), rows) == 3
    assert asked.records(Warehouse(), rows.select("who").distinct().order_by("who")) == [
        {"who": "a"},
        {"who": "b"},
    ]
    assert asked.value(Warehouse(), rows.amount.max() + ibis.literal(1)) == 31
