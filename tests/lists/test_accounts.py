"""Overlays in lists: their columns where they are asked for, in CSV and Parquet, and nowhere else."""

import csv
import io
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from churnlab.lists import spool
from churnlab.lists.accounts import Gathering
from churnlab.lists.columns import COLUMNS, NAMES, PARENT, RELATION, Added, columns_of
from churnlab.strategy.relation import Relations
from scored_people import CUT, STAMP, files_of, scored, texts

IDS = [f"{number:03}" for number in range(60)]
BOTH = replace(STAMP, relation=True, parents=True)


def related(n):
    """Relations that differ from one to the next, some of them unknown."""
    numbers = np.arange(n) % 7 * 12.5
    missing = np.where(np.arange(n) % 5 == 0, np.nan, numbers)
    kinds = texts([(None, "primary", "secondary")[who % 3] for who in range(n)])
    ways = texts([(None, "resistant", "neo_classical")[who % 3] for who in range(n)])
    return Relations(numbers, numbers, missing, numbers, numbers, kinds, ways)


def people(ids=IDS):
    named = [None if int(one) % 4 == 0 else f"group {int(one) % 4}" for one in ids]
    return scored(ids, relations=related(len(ids)), parent=texts(named))


def written(*blocks, stamp=BOTH):
    return files_of(*blocks, stamp=stamp)


def rows_of(files, name="all"):
    return pq.read_table(io.BytesIO(files[f"{name}.parquet"])).to_pylist()


def test_they_stand_in_every_file_where_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(spool, "RUN", 16)
    files = written(*people().pieces(7))
    for name in ("all", "retain", "release"):
        names = pq.read_schema(io.BytesIO(files[f"{name}.parquet"])).names
        lines = list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))
        assert list(lines[0]) == names
        place = names.index("intensity_basis") + 1
        assert names[place : place + 7] == [column.name for column in RELATION]
        place = names.index("critical_all") + 1
        assert names[place : place + 5] == [column.name for column in PARENT]
        assert [one for one in names if one in NAMES] == list(NAMES)
    row = next(line for line in lines if line["customer_id"] == rows_of(files, "release")[0]["customer_id"])
    assert row["dimension_economic"].count(".") == 1
    assert len(row["dimension_economic"].split(".")[1]) == 6


def test_unasked_the_lists_are_those_of_before():
    assert columns_of() == columns_of(Added()) == COLUMNS
    assert columns_of(Added((30,))) == tuple(
        each
        for each in columns_of(Added((30,), relation=True, parents=True))
        if each not in (*RELATION, *PARENT)
    )
    names = pq.read_schema(io.BytesIO(files_of(scored(IDS))["all.parquet"])).names
    assert tuple(names) == NAMES


def test_figures_of_parents_are_sums_over_everybody():
    listed = people()
    rows = {row["customer_id"]: row for row in rows_of(written(listed))}
    values = dict(zip(listed.customer_id, np.round(listed.worth.if_retained, 2), strict=True))
    for one, row in rows.items():
        mine = [other for other in IDS if row["parent"] and rows[other]["parent"] == row["parent"]] or [one]
        assert row["parent_accounts"] == len(mine)
        assert row["parent_value_if_retained"] == pytest.approx(
            sum(values[other] for other in mine), abs=1e-9
        )
    assert {row["parent"] for row in rows.values()} == {None, "group 1", "group 2", "group 3"}
    assert rows["004"]["parent_churn_risk"] == rows["004"]["churn_risk"]


def test_blocks_and_their_order_change_no_byte(monkeypatch):
    monkeypatch.setattr(spool, "RUN", 16)
    whole = written(people())
    pieces = list(people().pieces(7))
    assert written(*pieces) == whole
    assert written(*reversed(pieces)) == whole
    assert written(people().take(np.random.default_rng(3).permutation(len(IDS)))) == whole


def test_one_overlay_comes_without_the_other():
    alone = written(replace(people(), parent=None), stamp=replace(STAMP, relation=True))
    assert {column.name for column in PARENT}.isdisjoint(rows_of(alone)[0])
    parents = written(replace(people(), relations=None), stamp=replace(STAMP, parents=True))
    assert {column.name for column in RELATION}.isdisjoint(rows_of(parents)[0])
    both = rows_of(written(people()))
    for left, right, row in zip(rows_of(alone), rows_of(parents), both, strict=True):
        assert left | right == row


def test_lists_with_parents_need_a_cut(tmp_path):
    with (
        pytest.raises(ValueError, match="need to know where high begins"),
        spool.opened(tmp_path, BOTH) as _,
    ):
        pass


def test_what_is_counted_of_parents_names_nobody():
    gathering = Gathering(CUT, 2)
    for start in range(0, len(IDS), 7):
        gathering.numbered(people(IDS[start : start + 7]))
    facts = gathering.rolled().facts()
    # Fifteen without a parent, and three groups of fifteen.
    assert facts == {
        "accounts": 60,
        "parents": 18,
        "with_several": 3,
        "accounts_of_several": 45,
        "nested": 0,
    }


def test_parents_that_name_another_are_counted_wherever_they_stand():
    named = {"001": "000", "002": "000", "000": "059", "010": "059", "011": "011"}
    block = scored(IDS, parent=texts([named.get(one) for one in IDS]))
    gathering = Gathering(CUT, 2)
    for start in range(0, len(IDS), 7):
        rows = np.arange(start, min(start + 7, len(IDS)))
        gathering.numbered(block.take(rows))
    # 001 and 002 name 000, which is one of 059: three levels, of which one is rolled up.
    assert gathering.rolled().facts()["nested"] == 2
