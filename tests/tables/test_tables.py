"""Counts that must add up, and the door to checked tables."""

from dataclasses import replace

import pytest

from churnlab.errors import DataError
from churnlab.tables import SourceCount
from loading import loaded

COUNT = SourceCount("transactions", "web", 10, 5, 3, 1, 1, {"amount_missing": 2, "time_missing": 1})


@pytest.mark.parametrize("part", ["read", "accepted", "quarantined", "duplicates", "out_of_period"])
def test_a_row_that_is_not_accounted_for_is_a_bug(part):
    with pytest.raises(AssertionError, match=r"transactions\.web: the counts of rows do not add up"):
        replace(COUNT, **{part: getattr(COUNT, part) + 1})


def test_reasons_add_up_to_what_was_set_aside():
    with pytest.raises(AssertionError, match="do not add up"):
        replace(COUNT, reasons={"amount_missing": 2})


def test_columns_are_canonical_and_in_order(tmp_path):
    tables = loaded(tmp_path, "amount,time,customer_id\n1,2025-06-01,a\n")
    assert tables.columns("transactions") == ("customer_id", "time", "amount")
    assert tables.table("transactions").columns == ("customer_id", "time", "amount")
    kinds = [str(kind) for kind in tables.table("transactions").schema().types]
    assert kinds == ["string", "int64", "int64"]


def test_a_table_that_is_not_there(tmp_path):
    tables = loaded(tmp_path, "time,customer_id\n2025-06-01,a\n")
    assert tables.has("transactions")
    assert not tables.has("contracts")
    with pytest.raises(
        DataError, match="no contracts table\ngot: transactions\nmend: add a source under sources"
    ):
        tables.table("contracts")
