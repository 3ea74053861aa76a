"""Layers change how often something is computed, never what comes out."""

import ibis
import pytest

from churnlab.tables.layers import Layers
from loading import engine

TEXTS = ["12", "x", "", None, "007", "-1", "a1b2"]


@pytest.fixture
def texts():
    return engine().create_table("layered", ibis.memtable({"a": TEXTS}), temp=True, overwrite=True)


def shared(table):
    """Columns with a pattern and a cast in common, some of it behind a condition."""
    digits = table.a.re_search("^[0-9]+$")
    number = ibis.ifelse(digits, table.a, ibis.null("string")).try_cast("int64")
    rest = table.a.re_replace("[0-9]", "").upper()
    return table.select(
        a=table.a,
        bad=table.a.notnull() & ~digits,
        low=number < 10,
        twice=ibis.ifelse(number.notnull(), number * 2, rest.length()),
        again=ibis.ifelse(digits.fill_null(False), ibis.null("string"), rest + rest),
    )


def run(expr):
    con, layers = engine(), Layers(engine())
    layers.add(expr)
    found = con.con.execute(layers.statement()).fetchall()
    return found, layers.selects


def test_the_rows_are_the_same(texts):
    found, selects = run(shared(texts))
    assert found == engine().con.execute(engine().compile(shared(texts))).fetchall()
    assert found[0] == ("12", False, False, 24, None)
    assert found[6] == ("a1b2", True, None, 2, "ABAB")
    assert len(selects) > 1


def test_what_is_written_often_is_computed_once(texts):
    _, selects = run(shared(texts))
    sql = " ".join(sql for _, sql in selects)
    assert sql.count("REGEXP_MATCHES") == 1
    assert sql.count("TRY_CAST") == 1


def test_the_far_side_of_a_condition_stays_there(texts):
    """The replacement is asked for by some rows only: it gets no column of its own."""
    _, selects = run(shared(texts))
    assert all("REGEXP_REPLACE" not in sql for _, sql in selects[:-1])
    assert selects[-1][1].count("REGEXP_REPLACE") == 3


def test_an_expression_without_shared_parts_is_one_select(texts):
    assert len(run(texts.select(n=texts.a.length()))[1]) == 1


def test_a_layer_of_text_takes_its_place(texts):
    layers = Layers(engine())
    first = layers.add(texts.select(a=texts.a))
    second = layers.add_sql(
        f'SELECT *, length(a) AS n FROM "{first.get_name()}"', {"a": "string", "n": "int64"}
    )
    layers.add(second.select(n=second.n + 1))
    assert engine().con.execute(layers.statement()).fetchall()[:3] == [(3,), (2,), (1,)]
