"""The figures to follow: asked of DuckDB, and of the definition order by order."""

import datetime as dt
from collections import defaultdict
from random import Random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from churnlab import config
from churnlab.snapshots import Calendar
from churnlab.workflow import followed
from churnlab.workflow.asking import Asking

DAY = dt.date(2025, 4, 10)
SOURCE = {"name": "lines", "files": ["none"], "times": {"format": "native", "zone": "UTC"}}
PARIS = Calendar("Europe/Paris", "local")
AS_OF = PARIS.instant(DAY)
THEN = PARIS.instant(DAY - dt.timedelta(days=60 + 7 + 14))
KINDS = (  # columns of transactions, of interactions
    (("amount", "order_id", "recorded_at"), ("score", "recorded_at")),
    (("amount",), ("score",)),
    (("order_id",), None),
    ((), ()),
    (("amount", "order_id"), ("score",)),
)


def project(**changes):
    churn = {"horizon_days": 60, "gap_days": 7, "settlement_days": 14, **changes.pop("churn", {})}
    return config.from_mapping(
        {
            "project": "drawn",
            "time_zone": "Europe/Paris",
            "sources": {
                "transactions": [{**SOURCE, "columns": {"customer_id": "c", "time": "t", "amount": "a"}}]
            },
            "churn": churn,
            **changes,
        }
    )


PLAIN = project()


def drawn(seed):
    """Lines and contacts of a few customers, half of them on an edge of a window."""
    random = Random(seed)
    back = [oracle.moved(PARIS, AS_OF, -days) for days in (0, 90, 365)]
    ahead = [oracle.moved(PARIS, THEN, days) for days in (-120, 0, 7, 67)]

    def instant():
        if random.random() < 0.5:
            return random.choice(back + ahead) + random.choice((-1, 0, 1))
        return AS_OF - random.randint(-20, 500) * oracle.DAY

    lines = [
        {
            "customer_id": random.choice("abcdefgh"),
            "time": instant(),
            "recorded_at": random.choice((None, None, instant())),
            "amount": random.choice((10, 500, 30, -10, -500)),
            "order_id": random.choice((None, "A", "B", *map(str, range(9)))),
        }
        for _ in range(random.randint(5, 60))
    ]
    contacts = [
        {
            "customer_id": random.choice("abcdefgh"),
            "time": instant(),
            "recorded_at": random.choice((None, None, instant())),
            "score": random.choice((None, 0.5, 4.0, 9.25)),
        }
        for _ in range(random.randint(0, 20))
    ]
    return lines, contacts


def known(row, columns, until):
    late = row["recorded_at"] if "recorded_at" in columns else None
    return row["time"] < until and (late is None or late < until)


def orders(lines, columns, until):
    """customer -> instants of the orders that stand, as they were known before ``until``."""
    baskets = defaultdict(list)
    for number, line in enumerate(lines):
        if known(line, columns, until):
            name = line["order_id"] if "order_id" in columns else None
            baskets[line["customer_id"], (number,) if name is None else name].append(line)
    found = defaultdict(list)
    for (who, _), basket in baskets.items():
        if "amount" not in columns or sum(line["amount"] for line in basket) > 0:
            found[who].append(min(line["time"] for line in basket))
    return found


def by_definition(lines, contacts, columns, of_contacts, min_orders=1, lost=None, opens=7):
    now, before = orders(lines, columns, AS_OF), orders(lines, columns, THEN)
    figures = {"customers": len(now), "sampled": False, "windows": []}
    for days in (90, 365):
        edge = oracle.moved(PARIS, AS_OF, -days)
        many = [sum(time >= edge for time in times) for times in now.values()]
        window = {"days": days, "orders": sum(many)}
        window |= {"buyers": sum(n > 0 for n in many), "again": sum(n > 1 for n in many)}
        if of_contacts is not None and "score" in of_contacts:
            told = [
                row["score"]
                for row in contacts
                if known(row, of_contacts, AS_OF) and row["time"] >= edge and row["score"] is not None
            ]
            window |= {"answers": len(told), "score": sum(told) / len(told) if told else None}
        figures["windows"].append(window)
    start, end = (oracle.moved(PARIS, THEN, days) for days in (opens, 67))
    since = None if lost is None else oracle.moved(PARIS, THEN, -lost)
    asked = [
        who
        for who, times in before.items()
        if len(times) >= min_orders and (since is None or max(times) >= since)
    ]
    left = [who for who in asked if not any(start <= time < end for time in now.get(who, ()))]
    figures["churn"] = {"date": "2025-01-19", "eligible": len(asked), "left": len(left)}
    return figures


def asked(lines, contacts, columns, of_contacts, of=PLAIN, settled=DAY):
    tables = {"transactions": (lines, columns), "interactions": (contacts, of_contacts)}
    wanted = {name: ("customer_id", "time", *cols) for name, (_, cols) in tables.items() if cols is not None}
    kinds = {"time": pa.int64(), "recorded_at": pa.int64(), "amount": pa.int64(), "score": pa.float64()}
    with duckdb.connect() as con:
        for name, there in wanted.items():
            schema = pa.schema([(each, kinds.get(each, pa.string())) for each in there])
            rows = [{each: row[each] for each in there} for row in tables[name][0]]
            con.register(name, pa.Table.from_pylist(rows, schema=schema))

        def rows(statement):
            return con.execute(statement).fetchall()

        return followed.asked(of, Asking(wanted, {name: name for name in wanted}, rows), DAY, settled)


@pytest.mark.parametrize(("columns", "of_contacts"), KINDS)
@given(seed=st.integers(0, 10_000))
def test_the_figures_are_as_defined(columns, of_contacts, seed):
    lines, contacts = drawn(seed)
    told = asked(lines, contacts, columns, of_contacts)
    assert told == by_definition(lines, contacts, columns, of_contacts)


@given(seed=st.integers(0, 10_000))
def test_who_is_eligible_is_as_configured(seed):
    lines, contacts = drawn(seed)
    strict = project(churn={"gap_purchase_counts": True}, snapshots={"min_orders": 2, "lost_after_days": 120})
    told = asked(lines, contacts, *KINDS[0], of=strict)
    assert told == by_definition(lines, contacts, *KINDS[0], min_orders=2, lost=120, opens=0)


def test_by_hand():
    # Ann bought 200, 100 and 10 days ago, Bob 300 days ago, Eve 50 days ago and gave it back.
    def line(who, days, amount=100, order=None):
        return {"customer_id": who, "time": AS_OF - days * oracle.DAY, "amount": amount, "order_id": order,
                "recorded_at": None}  # fmt: skip

    lines = [line("ann", 200), line("ann", 100), line("ann", 10), line("bob", 300)]
    lines += [line("eve", 50, order="E"), line("eve", 40, -100, "E")]
    told = asked(lines, [], ("amount", "order_id"), None)
    assert told["customers"] == 2
    assert told["windows"] == [
        {"days": 90, "orders": 1, "buyers": 1, "again": 0},
        {"days": 365, "orders": 4, "buyers": 2, "again": 1},
    ]
    # The window of churn is 74 to 14 days ago: nobody ordered in it, and both had ordered before.
    assert told["churn"] == {"date": "2025-01-19", "eligible": 2, "left": 2}


@pytest.mark.parametrize("between", [False, True])
def test_nothing_at_the_date_or_later_and_no_order_of_rows_changes_them(between, monkeypatch):
    lines, contacts = drawn(4)
    if between:  # more lines than are told of a fifth of the customers, but only with those to come
        for row in (*lines, *contacts):
            row["customer_id"] += last_sign(row["customer_id"])
        monkeypatch.setattr(followed.seasonality, "MANY", len(lines) + 1)
        monkeypatch.setattr(followed.seasonality, "ENOUGH", 1)
    before = asked(lines, contacts, *KINDS[0])
    later = [{**row, "time": AS_OF + ahead} for row in lines for ahead in (0, 1)]
    late = [{**row, "recorded_at": AS_OF, "time": AS_OF - oracle.DAY} for row in (*lines, *contacts)]
    late = [{"score": 1.0, "amount": 5, "order_id": None, **row} for row in late]
    assert asked([*lines, *later, *late][::-1], [*contacts, *late][::-1], *KINDS[0]) == before
    assert not before["sampled"]


def last_sign(who):
    """A last character, by which a fifth of all customers is chosen."""
    return "3" if who in "abcd" else "0"


def test_of_very_many_lines_those_of_a_fifth_of_the_customers_count(monkeypatch):
    lines, contacts = drawn(2)
    for row in (*lines, *contacts):
        row["customer_id"] = {"a": "one 3", "b": "two 7"}.get(row["customer_id"], row["customer_id"] + "0")
    whole = by_definition(lines, contacts, *KINDS[0])
    monkeypatch.setattr(followed.seasonality, "MANY", 1)
    assert asked(lines, contacts, *KINDS[0]) == whole, "a fifth of them are not enough"
    monkeypatch.setattr(followed.seasonality, "ENOUGH", 1)
    some = [row for row in lines if row["customer_id"] in {"one 3", "two 7"}]
    fifth = by_definition(some, contacts, *KINDS[0])
    assert asked(lines, contacts, *KINDS[0]) == {**fifth, "sampled": True}
    assert fifth["customers"] < whole["customers"]


def test_what_is_not_settled_says_nothing():
    lines, contacts = drawn(4)
    day_before = asked(lines, contacts, *KINDS[0], settled=DAY - dt.timedelta(days=1))
    assert day_before["churn"]["date"] == "2025-01-18"


@pytest.mark.parametrize(
    "churn", [{"kind": "partial"}, {"horizon": "adaptive", "adaptive": {"population_gap_days": 40.0}}]
)
def test_another_churn_than_of_orders_in_one_window_is_not_counted_here(churn):
    lines, contacts = drawn(4)
    assert "churn" not in asked(lines, contacts, *KINDS[0], of=project(churn=churn))
