"""The rows of the lists: their columns, their order on an independent sort, ties, empty strategies."""

import datetime as dt
import functools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.lists.columns import COLUMNS, NAMES
from churnlab.strategy.moments import Moments
from scored_people import STAMP, listed, ranked, scored, texts

# domain.md section 11, and the label.
DOMAIN_ORDER = [
    "customer_id",
    "population",
    "run_id",
    "model_version",
    "scored_at",
    "valid_until",
    "segment",
    "quadrant",
    "quadrant_raw",
    "quadrant_previous",
    "quadrant_since",
    "phase",
    "churn_risk",
    "risk_band",
    "value_if_retained",
    "value_p10",
    "value_p90",
    "value_expected",
    "value_at_stake",
    "value_basis",
    "expected_loss",
    "intensity",
    "intensity_basis",
    "critical_moment",
    "critical_due",
    "critical_all",
    "action_id",
    "action_channel",
    "action_label",
    "expected_saved_value",
    "expected_cost",
    "uplift_source",
    "decision",
    "rank_in_list",
    "reason_1_code",
    "reason_1_text",
    "reason_2_code",
    "reason_2_text",
    "reason_3_code",
    "reason_3_text",
    "arm",
    "owner",
    "currency",
    "quadrant_label",
]
PLACES = ("retain", "rationalise", "win_back", "release", "unclassified")


def test_columns_are_those_of_the_domain_in_its_order():
    assert list(NAMES) == DOMAIN_ORDER
    assert listed(scored(["a", "b"])).schema.names == DOMAIN_ORDER
    assert all(column.meaning for column in COLUMNS)


def test_by_hand():
    # At stake is nine tenths of the value: Amel loses .1 x 738 = 73.80, Zoé .2 x 810 = 162 and is first.
    people = scored(["amel", "zoé", "bruno"], [0.1, 0.2, 0.5], [820, 900, 640.004], [72, 50, np.nan])
    rows = listed(people).to_pylist()
    assert [row["customer_id"] for row in rows] == ["zoé", "amel", "bruno"]
    assert [row["rank_in_list"] for row in rows] == [1, 2, 1]
    assert [row["quadrant"] for row in rows] == ["retain", "retain", "unclassified"]
    zoe, amel, bruno = rows
    assert (zoe["expected_loss"], amel["expected_loss"]) == (162, 73.8)
    assert amel["value_expected"] == 746.2  # .9 x 820 + .1 x 82
    assert (bruno["value_if_retained"], bruno["intensity"]) == (640, None)
    assert (zoe["scored_at"].isoformat(), zoe["valid_until"].isoformat()) == ("2025-02-01", "2025-03-03")
    assert (zoe["population"], zoe["currency"], zoe["value_basis"]) == ("at_risk", "EUR", "margin")
    assert (zoe["quadrant_label"], zoe["quadrant_raw"]) == ("Retain", "retain")
    assert (zoe["reason_1_text"], zoe["reason_2_text"]) == ("last order 1 days ago", None)


def test_labels_are_in_the_language_of_the_project():
    rows = listed(
        scored(["a", "b"], intensity=[90, 90], value=[900, 1]), stamp=replace(STAMP, locale="fr")
    ).to_pylist()
    assert [row["quadrant_label"] for row in rows] == ["Fidélisation", "Rationalisation"]


def test_without_value_the_risk_ranks_and_money_is_empty():
    rows = listed(scored(["a", "b", "c"], [0.2, 0.9, 0.5], valued=False)).to_pylist()
    assert [row["customer_id"] for row in rows] == ["b", "c", "a"]
    assert {row["quadrant"] for row in rows} == {"unclassified"}
    money = [column.name for column in COLUMNS if column.kind == "money"]
    assert all(row[name] is None for row in rows for name in (*money, "value_basis"))


def independent_order(people):
    """Pairwise comparison in plain Python: strategy, loss down, value down, bytes of the id."""

    def compare(one, other):
        for key, sign in (("place", 1), ("loss", -1), ("value", -1), ("id", 1)):
            if one[key] != other[key]:
                return sign if one[key] > other[key] else -sign
        return 0

    rows = [
        {
            "place": PLACES.index(people.quadrant[i]),
            "loss": people.worth.expected_loss[i],
            "value": people.worth.if_retained[i],
            "id": people.customer_id[i].encode(),
        }
        for i in range(len(people))
    ]
    return [row["id"].decode() for row in sorted(rows, key=functools.cmp_to_key(compare))]


ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
few = st.sampled_from([0.0, 0.25, 0.5, 1.0])  # ties everywhere


@given(
    st.lists(
        st.tuples(ids, few, st.sampled_from([0.0, 200.0, 300.0]), st.sampled_from([np.nan, 10.0, 50.0])),
        min_size=2,
        max_size=12,
        unique_by=lambda row: row[0],
    ).filter(lambda rows: len({row[1] for row in rows}) > 1),
    st.randoms(use_true_random=False),
)
def test_order_and_ties_whatever_the_order_of_the_input(rows, random):
    people = scored(*zip(*rows, strict=True))
    table = listed(people)
    assert table["customer_id"].to_pylist() == independent_order(people)
    order = random.sample(range(len(rows)), len(rows))
    # The reasons travel with their customer; the rank follows the order.
    assert listed(people.take(np.array(order))).equals(table)
    seen = dict.fromkeys(PLACES, 0)
    for row in table.to_pylist():
        seen[row["quadrant"]] += 1
        assert row["rank_in_list"] == seen[row["quadrant"]]


def test_ties_go_by_the_bytes_of_the_id():
    # "Z" (5a) < "a" (61) < "é" (c3 a9) < U+FF5E (ef bd 9e) < U+1F600 (f0 9f 98 80); not so in UTF-16.
    names = ["\U0001f600", "\uff5e", "é", "a", "Z", "risk"]
    table = listed(scored(names, [0.5] * 5 + [0.6], [100] * 6, [10] * 6))
    assert table["customer_id"].to_pylist() == ["risk", "Z", "a", "é", "\uff5e", "\U0001f600"]


def test_every_strategy_is_there_and_together_they_are_all():
    people = scored([f"c{i}" for i in range(40)])
    with ranked(people) as everybody:
        parts = {name: list(everybody.batches(name)) for name in everybody.sizes}
    assert list(parts) == list(PLACES)
    assert parts["unclassified"] == []
    assert sum(everybody.sizes.values()) == 40
    together = [row for name in PLACES for table in parts[name] for row in table.to_pylist()]
    assert together == listed(people).to_pylist()
    assert all(table.schema.names == DOMAIN_ORDER for tables in parts.values() for table in tables)


def test_totals_are_of_what_is_written():
    people = scored([f"c{i}" for i in range(40)])
    written = listed(people).to_pylist()
    with ranked(people) as everybody:
        *strategies, whole = everybody.totals
    cents = [round(row["expected_loss"] * 100) for row in written]
    assert round(whole.expected_loss * 100) == sum(cents)
    assert sum(row.customers for row in strategies) == whole.customers == 40
    for row in strategies:
        of_it = [one for one in written if one["quadrant"] == row.strategy]
        assert row.value_at_stake == pytest.approx(sum(one["value_at_stake"] for one in of_it), abs=1e-6)
    with ranked(scored(["a", "b"], valued=False)) as everybody:
        assert everybody.totals[-1].expected_loss is None


def test_optional_columns_are_passed_on():
    people = scored(
        ["a", "b"],
        [0.9, 0.1],
        [10, 10],
        [10, 10],
        segment=texts(["B2B", None]),
        population=texts(["lost", "at_risk"]),
        quadrant_raw=texts(["win_back", "release"]),
        phase=texts(["lost", "growth"]),
        moments=Moments(
            texts(["rhythm_slip", None]),
            np.array(["2025-02-09", "NaT"], dtype="datetime64[D]"),
            texts(["rhythm_slip+value_drop", None]),
        ),
    )
    rows = listed(people).to_pylist()
    assert [row["segment"] for row in rows] == ["B2B", None]
    assert [row["population"] for row in rows] == ["lost", "at_risk"]
    assert [row["quadrant_raw"] for row in rows] == ["win_back", "release"]
    assert [row["phase"] for row in rows] == ["lost", "growth"]
    critical = [(row["critical_moment"], row["critical_due"], row["critical_all"]) for row in rows]
    assert critical == [("rhythm_slip", dt.date(2025, 2, 9), "rhythm_slip+value_drop"), (None, None, None)]


def test_who_stood_there_before_has_the_date_and_who_did_not_that_of_this_list():
    since = np.array(["2024-12-01", "NaT"], dtype="datetime64[D]")
    was = texts(["retain", None])
    rows = listed(scored(["a", "b"], quadrant_previous=was, quadrant_since=since)).to_pylist()
    found = {row["customer_id"]: (row["quadrant_previous"], row["quadrant_since"]) for row in rows}
    assert found == {"a": ("retain", dt.date(2024, 12, 1)), "b": (None, STAMP.scored_at)}
    assert {row["quadrant_since"] for row in listed(scored(["a"])).to_pylist()} == {STAMP.scored_at}
