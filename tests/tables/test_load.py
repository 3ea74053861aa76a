"""Whole loads: public data sets with known counts, threads, types, and what the parts say of each other."""

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab import tables
from churnlab.config.sources import Sources
from churnlab.errors import ConfigError, DataError
from loading import column, engine, loaded, project, quarantined, rows, source


def public(folder, sources, zone, currency, kept=None, threads=2):
    con = ibis.duckdb.connect(threads=threads)
    con.con.execute("SET TimeZone = 'UTC'")
    return tables.load(
        Sources.model_validate({"transactions": sources}),
        root=folder,
        data_roots=[str(folder)],
        zone=zone,
        currency=currency,
        con=con,
        frames={},
        quarantine=kept,
    )


def invoices(folder, years, **declared):
    meanings = {
        "customer_id": "customer_id",
        "time": "timestamp",
        "order_id": "invoice",
        "product": "stock_code",
    }
    return {
        "name": f"lines_{years}",
        "files": [str(folder / f"online_retail/transactions_{years}.parquet")],
        "times": {"format": "native", "zone": "Europe/London", "fold": "first"},
        "numbers": {"rounding": "half_even"},
        "columns": meanings | {"amount": {"multiply": ["quantity", "unit_price"]}, "quantity": "quantity"},
        "negative_purchase": "refund",
        "expected_quarantine": {"customer_id_missing": 0.3},
        **declared,
    }


@pytest.mark.slow
def test_online_retail_goes_where_its_readme_says(public_data, tmp_path):
    first = invoices(public_data, "2009_2010", until="2010-12-01")
    second = invoices(public_data, "2010_2011")
    checked = public(public_data, [first, second], "Europe/London", "GBP", tmp_path / "q.parquet")
    old, new = checked.counts
    # Of 525,461 and 541,909 lines, 107,927 and 135,080 name no customer.
    assert (old.read, old.reasons) == (525_461, {"customer_id_missing": 107_927})
    assert (new.read, new.reasons) == (541_909, {"customer_id_missing": 135_080})
    lines = checked.table("transactions")
    assert checked.con.execute(lines.customer_id.nunique()) == 5_942
    file = public_data / "online_retail/transactions_2010_2011.parquet"
    raw = pq.read_table(file).to_pandas().dropna(subset=["customer_id"])
    pence = int((raw["quantity"] * raw["unit_price"] * 100).round().sum())
    mine = lines.filter(lines.time >= 1_291_161_600_000_000)  # 2010-12-01, when London is on UTC
    assert abs(checked.con.execute(mine.amount.sum()) - pence) <= 5  # ties of half a penny


@pytest.mark.slow
def test_online_retail_without_the_cut_is_two_overlapping_extracts(public_data):
    both = [invoices(public_data, years) for years in ("2009_2010", "2010_2011")]
    with pytest.raises(
        DataError, match=r"files overlap: .* rows are in more than one of them\ngot: that is 100%"
    ):
        public(public_data, both, "Europe/London", "GBP")


def cdnow(folder):
    return {
        "name": "orders",
        "files": [str(folder / "cdnow/transactions.parquet")],
        "times": {"format": "native", "zone": "UTC"},
        "columns": {"customer_id": "customer_id", "time": "date", "amount": "amount", "quantity": "quantity"},
    }


def test_cdnow_is_the_same_with_one_thread_and_with_two(public_data):
    loads = [public(public_data, [cdnow(public_data)], "UTC", "USD", threads=threads) for threads in (1, 2)]
    assert [load.counts[0].accepted for load in loads] == [69_659, 69_659]
    first, second = (
        load.con.to_pyarrow(load.table("transactions").order_by("customer_id", "time", "amount", "quantity"))
        for load in loads
    )
    assert first.equals(second)
    assert loads[0].con.execute(loads[0].table("transactions").customer_id.nunique()) == 23_570


def test_what_is_text_is_text_whatever_it_was(tmp_path):
    content = pa.table(
        {
            "customer_id": ["a", "b"],
            "time": ["2025-06-01", "2025-06-02"],
            "order_id": pa.array([10, 11]),
            "store": pa.array([7.0, None]),
            "channel": pa.array([True, False]),
            "quantity": pa.array([2, 3], pa.int8()),
        }
    )
    found = rows(loaded(tmp_path, content))
    assert [(row["order_id"], row["store"], row["channel"], row["quantity"]) for row in found] == [
        ("10", "7", "true", 2.0),
        ("11", None, "false", 3.0),
    ]


def test_constants_and_missing_columns(tmp_path):
    web = source(tmp_path, "customer_id,time,type\na,2025-06-01,click\n", table="interactions", name="web")
    mail = source(
        tmp_path,
        "customer_id,time\nb,2025-06-01\n",
        table="interactions",
        name="mail",
        constants={"type": "mailing", "score": "4"},
    )
    found = rows(project(tmp_path, {"interactions": [web, mail]}), "interactions")
    assert [(row["customer_id"], row["type"], row["score"]) for row in found] == [
        ("a", "click", None),
        ("b", "mailing", 4.0),
    ]


def test_types_are_a_closed_set_written_exactly_so(tmp_path):
    content = (
        "customer_id,time,type\na,2025-06-01,call\nb,2025-06-01,Call\nc,2025-06-01,\nd,2025-06-01,chat\n"
    )
    events = source(tmp_path, content, table="interactions", types=["call", "chat"])
    assert column(project(tmp_path, {"interactions": [events]}), "type", "interactions") == ["call", "chat"]
    assert [row["reason"] for row in quarantined(tmp_path)] == ["type_unknown", "type_missing"]


ATTRIBUTES = {
    "age": {"column": "age", "kind": "number", "static": True},
    "region": {"column": "region", "kind": "category", "static": True},
}


def test_attributes_are_columns_of_their_table(tmp_path):
    content = "customer_id,age,region\na,41,NA\nb,,\nc,old,x\n"
    people = source(tmp_path, content, table="customers", attributes=ATTRIBUTES)
    checked = project(tmp_path, {"customers": [people]})
    assert checked.columns("customers") == ("customer_id", "age", "region")
    assert rows(checked, "customers") == [
        {"customer_id": "a", "age": 41.0, "region": "NA"},
        {"customer_id": "b", "age": None, "region": None},
    ]
    assert [row["reason"] for row in quarantined(tmp_path)] == ["age_not_a_number"]
    assert {name: attribute.kind for name, attribute in checked.attributes.items()} == {
        "age": "number",
        "region": "category",
    }


def test_a_parent_is_written_as_ids_are_and_may_be_missing(tmp_path):
    content = "customer_id,parent\nA-1,g-2\na-3,\nb,G-2\nc,\u3000 \nd,G 2\n"
    people = source(tmp_path, content, table="customers", id_normalise="lower")
    assert parents(project(tmp_path, {"customers": [people]})) == {
        "a-1": "g-2",
        "a-3": None,
        "b": "g-2",
        "c": None,
        "d": "g 2",
    }
    content = "customer_id,parent\na, g-2 \nb,G-2\nc,  \nd,\u00a0g-2\n"
    people = source(tmp_path, content, table="customers", id_normalise="trim", name="trimmed")
    found = parents(project(tmp_path, {"customers": [people]}))
    assert found == {"a": "g-2", "b": "G-2", "c": None, "d": "g-2"}


def parents(checked):
    return {row["customer_id"]: row["parent"] for row in rows(checked, "customers")}


def whose(*named, kind=None):
    return pa.table({"customer_id": list("abcdefgh"[: len(named)]), "parent": pa.array(named, kind)})


BAD_PARENTS = {
    "P ": "space",
    " P": "space",
    "P\u00a0Q": "space",
    "\u200bP": "invisible_character",
    "P\u202e": "invisible_character",
    "P\x07": "control_character",
    "P" * 257: "too_long",
}


@pytest.mark.parametrize("wrong", BAD_PARENTS)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_parent_that_is_read_differently_by_eye_and_by_machine_is_set_aside(tmp_path, wrong, form):
    named = ["P", wrong, None, "P"]
    cells = "".join(f"{who},{parent or ''}\n" for who, parent in zip("abcd", named, strict=True))
    content = whose(*named) if form == "parquet" else f"customer_id,parent\n{cells}"
    reason = f"parent_{BAD_PARENTS[wrong]}"
    people = source(tmp_path, content, table="customers", max_quarantined=0)
    with pytest.raises(DataError, match=reason) as caught:
        project(tmp_path, {"customers": [people]})
    assert "holds" not in str(caught.value), "nobody is named"
    people["max_quarantined"] = 1
    assert parents(project(tmp_path, {"customers": [people]})) == {"a": "P", "c": None, "d": "P"}
    [row] = quarantined(tmp_path)
    assert (row["reason"], row["raw"]) == (reason, wrong)


LONG = 9_007_199_254_740_993  # 2^53 + 1: the float nearest to it is another company


def test_parents_that_are_whole_numbers_keep_every_digit(tmp_path):
    people = source(tmp_path, whose(LONG, LONG - 1, None), table="customers")
    found = parents(project(tmp_path, {"customers": [people]}))
    assert found == {"a": str(LONG), "b": str(LONG - 1), "c": None}


def test_parents_that_are_floats_are_refused_as_ids_are(tmp_path):
    people = source(tmp_path, whose(float(LONG), float(LONG - 1), None), table="customers")
    with pytest.raises(DataError, match="parent: the id column is a float"):
        project(tmp_path, {"customers": [people]})
    people["id_from_float"] = True
    with pytest.raises(DataError, match="2 float ids are not whole numbers below 2"):
        project(tmp_path, {"customers": [people]})


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_whole_float_parents_are_accepted_on_demand_and_may_be_missing(tmp_path, missing):
    people = source(tmp_path, whose(7.0, missing, 8.0), table="customers", id_from_float=True)
    assert parents(project(tmp_path, {"customers": [people]})) == {"a": "7", "b": None, "c": "8"}
    people = source(tmp_path, whose(7.0, 8.5, 8.0), table="customers", id_from_float=True)
    with pytest.raises(DataError, match="1 float ids are not whole numbers"):
        project(tmp_path, {"customers": [people]})


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ([LONG, LONG - 1, None], "group: the id column is a float, cast it at its source"),
        (["P", "P ", "\u200bP"], "2 of 3 rows were set aside"),
        ([True, False, True], "group: the column cannot hold ids"),
    ],
)
def test_parents_of_frames_are_read_as_ids_are(group, told):
    people = {"name": "people", "frame": "people", "columns": {"customer_id": "who", "parent": "group"}}
    orders = {
        "name": "orders",
        "frame": "orders",
        "times": {"format": "native", "zone": "UTC"},
        "columns": {"customer_id": "who", "time": "at"},
    }
    with pytest.raises(DataError, match=told):
        tables.load(
            Sources.model_validate(
                {"transactions": [orders], "customers": [{**people, "max_quarantined": 0}]}
            ),
            root=None,
            data_roots=(),
            zone="UTC",
            currency="EUR",
            con=engine(),
            frames={
                "orders": pd.DataFrame({"who": ["a"], "at": pd.Timestamp("2025-01-01")}),
                # A column of whole numbers with a blank is one of floats in pandas.
                "people": pd.DataFrame({"who": ["a", "b", "c"], "group": group}),
            },
        )


def test_nobody_names_a_parent(tmp_path):
    people = source(tmp_path, whose(None, None), table="customers")
    assert parents(project(tmp_path, {"customers": [people]})) == {"a": None, "b": None}


def test_an_attribute_is_of_one_kind(tmp_path):
    one = source(tmp_path, "customer_id,age\na,41\n", table="customers", name="one")
    two = source(tmp_path, "customer_id,age\nb,old\n", table="customers", name="two")
    one["attributes"] = {"age": ATTRIBUTES["age"]}
    two["attributes"] = {"age": ATTRIBUTES["age"] | {"kind": "category"}}
    with pytest.raises(ConfigError, match=r"customers\.two: attributes\.age is a category\ngot: a number"):
        project(tmp_path, {"customers": [one, two]})


def test_a_supplied_snapshot_may_not_know_a_value(tmp_path):
    content = "customer_id,label,value\na,1,12.50\nb,0,\n"
    found = rows(loaded(tmp_path, content, table="snapshot"), "snapshot")
    assert [row["value"] for row in found] == [1250, None]


def test_digests_and_progress(tmp_path):
    told = []
    content = source(tmp_path, "customer_id,time\na,2025-06-01\n")
    checked = tables.load(
        Sources.model_validate({"transactions": [content]}),
        root=tmp_path,
        data_roots=(),
        zone="UTC",
        currency="EUR",
        con=engine(),
        frames={},
        progress=told.append,
    )
    assert told == ["check transactions.transactions", "compare transactions"]
    assert list(checked.digests) == ["transactions.transactions: transactions.csv"]
    assert not list(tmp_path.glob("*.parquet"))


def test_nothing_is_left_in_the_engine_but_the_tables(tmp_path):
    def names():
        return {row[2] for row in engine().con.execute("SHOW ALL TABLES").fetchall()}

    content = "customer_id,time,amount\na,2025-06-01,1\na,2025-06-01,1\n,2025-06-01,1\n"
    loaded(tmp_path, content, name="first")
    before = names()
    loaded(tmp_path, content, name="second", event_key=["customer_id", "time"])
    assert names() == before
