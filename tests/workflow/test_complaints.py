"""Complaints by product: asked of DuckDB, and of the definition complaint by complaint."""

import datetime as dt
from collections import Counter, defaultdict
from random import Random
from statistics import median

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
from churnlab import config
from churnlab.snapshots import Calendar
from churnlab.workflow import complaints
from churnlab.workflow.asking import Asking

DAY = dt.date(2025, 4, 10)
PARIS = Calendar("Europe/Paris", "local")
AS_OF = PARIS.instant(DAY)
YEAR_AGO = oracle.moved(PARIS, AS_OF, -365)
SOURCE = {"name": "lines", "files": ["none"], "times": {"format": "native", "zone": "UTC"}}
KINDS = {
    "time": pa.int64(), "recorded_at": pa.int64(), "resolved_at": pa.int64(), "amount": pa.int64()
}  # fmt: skip
FULL = ("type", "product", "recorded_at", "resolved_at"), ("amount", "order_id", "product", "recorded_at")


def project(**changes):
    return config.from_mapping(
        {
            "project": "drawn",
            "time_zone": "Europe/Paris",
            "sources": {"transactions": [{**SOURCE, "columns": {"customer_id": "c", "time": "t"}}]},
            "churn": {"horizon_days": 60},
            **changes,
        }
    )


PLAIN = project()


def asked(contacts, lines, columns=FULL, of=PLAIN):
    tables = {"interactions": (contacts, columns[0]), "transactions": (lines, columns[1])}
    wanted = {name: ("customer_id", "time", *there) for name, (_, there) in tables.items()}
    with duckdb.connect() as con:
        for name, there in wanted.items():
            schema = pa.schema([(each, KINDS.get(each, pa.string())) for each in there])
            rows = [{each: row[each] for each in there} for row in tables[name][0]]
            con.register(name, pa.Table.from_pylist(rows, schema=schema))
        asking = Asking(wanted, {name: name for name in wanted}, lambda text: con.execute(text).fetchall())
        return complaints.asked(of, asking, DAY)


def contact(who, days, product, resolved=None, kind="complaint", recorded=None):
    ago = None if resolved is None else AS_OF - resolved * oracle.DAY
    return {"customer_id": who, "time": AS_OF - days * oracle.DAY, "product": product, "type": kind,
            "resolved_at": ago, "recorded_at": recorded}  # fmt: skip


def line(who, days, product, amount=100, order=None):
    return {"customer_id": who, "time": AS_OF - days * oracle.DAY, "product": product, "amount": amount,
            "order_id": order, "recorded_at": None}  # fmt: skip


def test_by_hand():
    contacts = [
        contact("ann", 50, "lamp", resolved=48), contact("ann", 40, "lamp", resolved=30),
        contact("bob", 30, "lamp", resolved=23), contact("bob", 20, "lamp"),
        contact("eve", 10, "lamp", resolved=0),  # at the date of the list: not known yet
        contact("eve", 9, None), contact("eve", 8, "pen", resolved=7),
        contact("ann", 7, "pen", kind="review"),
    ]  # fmt: skip
    lines = [line("ann", 60, "lamp"), line("ann", 60, "lamp", order="A"), line("ann", 59, "lamp", 1, "A")]
    lines += [line("bob", 20, "lamp", order="B"), line("bob", 10, "lamp", -100, "B"), line("eve", 9, "cup")]
    told = asked(contacts, lines)
    assert told == {
        "days": 365,
        "others": 0,
        "rows": [
            {"product": "lamp", "complaints": 5, "customers": 3, "resolved": 3, "days": 7.0, "orders": 2},
            {"product": "pen", "complaints": 1, "customers": 1, "resolved": 1, "days": 1.0, "orders": 0},
            {"product": "(none)", "complaints": 1, "customers": 1, "resolved": 0, "days": None},
        ],
    }


def drawn(seed):
    random = Random(seed)
    edges = [AS_OF, YEAR_AGO]

    def instant():
        if random.random() < 0.4:
            return random.choice(edges) + random.choice((-1, 0, 1))
        return AS_OF - random.randint(-20, 400) * oracle.DAY - random.randint(0, oracle.DAY)

    products = [None, "", "d'été", "a\\b", *(f"product {number}" for number in range(random.choice((3, 30))))]
    contacts = [
        {"customer_id": random.choice("abcdef"), "time": instant(), "product": random.choice(products),
         "type": random.choice(("complaint", "complaint", "ticket", "review")),
         "resolved_at": random.choice((None, instant())), "recorded_at": random.choice((None, instant()))}
        for _ in range(random.randint(0, 80))
    ]  # fmt: skip
    lines = [
        {"customer_id": random.choice("abcdef"), "time": instant(), "product": random.choice(products[:6]),
         "amount": random.choice((10, 500, -10, -500)), "order_id": random.choice((None, "A", "B")),
         "recorded_at": random.choice((None, instant()))}
        for _ in range(random.randint(0, 40))
    ]  # fmt: skip
    return contacts, lines


def known(row, columns, until=AS_OF):
    late = row["recorded_at"] if "recorded_at" in columns else None
    return row["time"] < until and (late is None or late < until)


def orders_with(product, lines, columns):
    baskets = defaultdict(list)
    for number, row in enumerate(lines):
        if known(row, columns) and row["product"] == product:
            order = row["order_id"] if "order_id" in columns else None
            baskets[row["customer_id"], number if order is None else order].append(row)
    return sum(
        min(row["time"] for row in basket) >= YEAR_AGO
        and ("amount" not in columns or sum(row["amount"] for row in basket) > 0)
        for basket in baskets.values()
    )


def by_definition(contacts, lines, columns, types=("complaint", "ticket")):
    of_contacts, of_lines = columns
    counted = [
        row
        for row in contacts
        if row["type"] in types and known(row, of_contacts) and row["time"] >= YEAR_AGO
    ]
    many = Counter(row["product"] for row in counted if row["product"] is not None)
    products = sorted(many, key=lambda name: (-many[name], name.encode()))
    groups = [(name, [row for row in counted if row["product"] == name]) for name in products[:15]]
    groups.append(("(others)", [row for row in counted if row["product"] in products[15:]]))
    groups.append(("(none)", [row for row in counted if row["product"] is None]))
    orders = [orders_with(name, lines, of_lines) if "product" in of_lines else 0 for name in products[:15]]
    rows = []
    for place, (name, some) in enumerate(groups):
        row = {"product": name, "complaints": len(some), "customers": len({r["customer_id"] for r in some})}
        if "resolved_at" in of_contacts:
            done = [r for r in some if r["resolved_at"] is not None and r["resolved_at"] < AS_OF]
            took = [max(0, r["resolved_at"] - r["time"]) for r in done]
            row |= {"resolved": len(done), "days": median(took) / oracle.DAY if took else None}
        if any(orders) and place < len(orders):
            row["orders"] = orders[place]
        if some:
            rows.append(row)
    return {"days": 365, "others": max(0, len(products) - 15), "rows": rows}


@pytest.mark.parametrize(
    "columns",
    [FULL, (("type", "product"), ()), (("type", "product", "resolved_at"), ("product", "order_id"))],
)
@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_the_figures_are_as_defined(columns, seed):
    contacts, lines = drawn(seed)
    told, meant = asked(contacts, lines, columns), by_definition(contacts, lines, columns)
    for row in (*told["rows"], *meant["rows"]):
        row["days"] = None if row.get("days") is None else pytest.approx(row["days"])
    assert told == meant


def test_nothing_at_the_date_or_later_and_no_order_of_rows_changes_them():
    contacts, lines = drawn(4)
    before = asked(contacts, lines)
    later = [{**row, "time": AS_OF + ahead, "type": "complaint"} for row in contacts for ahead in (0, 1)]
    late = [contact("new", 3, "lamp", recorded=AS_OF), contact("new", 3, None, recorded=AS_OF + 1)]
    assert asked([*contacts, *later, *late][::-1], lines[::-1]) == before


def test_complaints_are_those_that_raise_a_moment():
    contacts = [contact("ann", 5, "lamp"), contact("ann", 5, "pen", kind="ticket")]
    stated = project(strategy={"moments": {"complaint_types": ["ticket"]}})
    assert [row["product"] for row in asked(contacts, [], of=stated)["rows"]] == ["pen"]
    of_service = project(features={"service_types": ["complaint"]})
    assert [row["product"] for row in asked(contacts, [], of=of_service)["rows"]] == ["lamp"]
    assert asked(contacts, [], of=project(features={"service_types": []})) is None


def test_the_family_of_lines_stands_in_where_their_product_is_another_text():
    contacts = [contact("ann", 5, "lamps")]
    lines = [{**line("ann", 6, "lamp 42"), "family": "lamps"}, {**line("bob", 6, "pen"), "family": "lamps"}]
    (row,) = asked(contacts, lines, (FULL[0], (*FULL[1], "family")))["rows"]
    assert row["orders"] == 2


def test_without_a_product_nothing_is_counted():
    assert asked([], [], (("type",), ())) is None
    assert asked([], [])["rows"] == []
