"""The season's statements: asked of DuckDB, and of the definition customer by customer."""

import datetime as dt
from collections import defaultdict
from random import Random

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from churnlab import config
from churnlab.snapshots import Calendar
from churnlab.strategy.season import Turn
from churnlab.workflow import seasonality

DAY = dt.date(2025, 4, 10)  # clocks changed eleven days ago
EXTRA = {"references": {"g_pop": 20.0, "a50": None, "b50": None, "c50": None}}
SOURCE = {"name": "lines", "files": ["none"], "times": {"format": "native", "zone": "UTC"}}
PROJECT = config.from_mapping(
    {
        "project": "drawn",
        "time_zone": "Europe/Paris",
        "sources": {"transactions": [{**SOURCE, "columns": {"customer_id": "c", "time": "t"}}]},
        "churn": {"horizon_days": 60},
    }
)
PARIS = Calendar("Europe/Paris", "local")
AS_OF = PARIS.instant(DAY)
KINDS = (  # columns of transactions, of interactions
    (("amount", "order_id", "recorded_at", "margin"), ("direction", "recorded_at")),
    (("amount",), ()),
    (("order_id",), None),
    (("amount", "order_id"), ("direction",)),
)


def drawn(seed):
    """Events of a few customers, half of them on an edge of a window."""
    random = Random(seed)
    edges = [oracle.moved(PARIS, AS_OF, -days * times) for days in (60, 90) for times in (0, 1, 2, 3)]

    def instant():
        edge = random.choice(edges) + random.choice((-1, 0, 1))
        return edge if random.random() < 0.5 else AS_OF - random.randint(0, 300) * oracle.DAY

    def rows(many, columns):
        return [{name: make(random, instant) for name, make in columns.items()} for _ in range(many)]

    transactions = rows(
        150,
        {
            "customer_id": lambda random, _: random.choice("abcd"),
            "time": lambda _, instant: instant(),
            "recorded_at": lambda random, instant: random.choice((None, None, instant())),
            "amount": lambda random, _: random.choice((10, 500, 30, -10)),
            "margin": lambda random, _: random.choice((7, 3, -2)),
            "order_id": lambda random, _: random.choice((None, "A", "B", *map(str, range(40)))),
        },
    )
    interactions = rows(
        60,
        {
            "customer_id": lambda random, _: random.choice("abcd"),
            "time": lambda _, instant: instant(),
            "recorded_at": lambda random, instant: random.choice((None, instant())),
            "direction": lambda random, _: random.choice((None, "inbound", "outbound")),
        },
    )
    return transactions, interactions


def window(instant, days):
    """0 for the last window, 1 and 2 for those before, None outside."""
    starts = [oracle.moved(PARIS, AS_OF, -days * times) for times in range(4)]
    return next((times for times in range(3) if starts[times + 1] <= instant < starts[times]), None)


def known(row, columns):
    recorded = row["recorded_at"] if "recorded_at" in columns else None
    return row["time"] < AS_OF and (recorded is None or recorded < AS_OF)


def turn(happened, days):
    """``happened``: (customer, time, amount)."""
    sums = defaultdict(lambda: [0, 0, 0])
    for who, time, amount in happened:
        place = window(time, days)
        if place is not None:
            sums[who][place] += amount
    there = [sums[who] for who in sums if all(total > 0 for total in sums[who])]
    return Turn(days, len(there), sum(last for last, *_ in there), sum(before for _, before, _ in there))


def by_definition(transactions, interactions, lines, contacts):
    inside = [row for row in transactions if known(row, lines) and window(row["time"], 60) is not None]
    baskets = defaultdict(list)
    for number, row in enumerate(inside):
        order = row["order_id"] if "order_id" in lines else None
        baskets[row["customer_id"], number if order is None else order].append(row)
    happened = [
        (who, min(row["time"] for row in basket), 1)
        for (who, _), basket in baskets.items()
        if "amount" not in lines or sum(row["amount"] for row in basket) > 0
    ]
    if contacts is not None:
        happened += [
            (row["customer_id"], row["time"], 1)
            for row in interactions
            if known(row, contacts) and ("direction" not in contacts or row["direction"] == "inbound")
        ]
    column = next((name for name in ("margin", "amount") if name in lines), None)
    value = Turn(90)
    if column:
        spent = [(row["customer_id"], row["time"], row[column]) for row in transactions if known(row, lines)]
        value = turn(spent, 90)
    return turn(happened, 60), value


def asked(transactions, interactions, lines, contacts):
    tables = {"transactions": (transactions, lines), "interactions": (interactions, contacts)}
    columns = {
        name: ("customer_id", "time", *wanted) for name, (_, wanted) in tables.items() if wanted is not None
    }
    with duckdb.connect() as con:
        for name, wanted in columns.items():
            types = {
                "time": pa.int64(),
                "recorded_at": pa.int64(),
                "amount": pa.int64(),
                "margin": pa.int64(),
            }
            schema = pa.schema([(each, types.get(each, pa.string())) for each in wanted])
            rows = [{each: row[each] for each in wanted} for row in tables[name][0]]
            con.register(name, pa.Table.from_pylist(rows, schema=schema))

        def row(statement):
            return tuple(int(number or 0) for number in con.execute(statement).fetchone())

        names = {name: name for name in columns}
        found = seasonality.asked(PROJECT, columns, names, EXTRA, DAY, row)
    return found.events, found.value


@pytest.mark.parametrize(("lines", "contacts"), KINDS)
@given(seed=st.integers(0, 10_000))
def test_the_totals_are_as_defined(lines, contacts, seed):
    transactions, interactions = drawn(seed)
    assert asked(transactions, interactions, lines, contacts) == by_definition(
        transactions, interactions, lines, contacts
    )


def test_nothing_at_the_date_or_later_and_no_order_of_rows_changes_them():
    transactions, interactions = drawn(1)
    everything = KINDS[0]
    before = asked(transactions, interactions, *everything)
    assert before[0].customers >= 2
    later = [{**row, "time": AS_OF + ahead} for row in transactions for ahead in (0, 1)]
    late = [{**row, "recorded_at": AS_OF} for row in transactions]
    assert asked([*transactions, *later, *late][::-1], interactions[::-1], *everything) == before


def test_many_customers_are_told_of_by_a_fifth_of_them(monkeypatch):
    transactions, interactions = drawn(2)
    renamed = {"a": "one 3", "b": "two 7", "c": "three m", "d": "four 0"}
    for row in (*transactions, *interactions):
        row["customer_id"] = renamed[row["customer_id"]]
    everything = KINDS[0]
    whole = asked(transactions, interactions, *everything)
    assert whole == by_definition(transactions, interactions, *everything), "so few are not enough"
    monkeypatch.setattr(seasonality, "MANY", 1)
    assert asked(transactions, interactions, *everything) == whole, "a fifth of them are not enough"
    monkeypatch.setattr(seasonality, "ENOUGH", 1)
    some = [
        [row for row in rows if not row["customer_id"].endswith("0")] for rows in (transactions, interactions)
    ]
    fifth = asked(transactions, interactions, *everything)
    assert fifth == by_definition(*some, *everything) != whole


def test_newcomers_and_those_who_left_make_no_season():
    def lines(who, windows):
        # Three orders in each of these windows, 0 the last.
        return [
            {"customer_id": who, "time": AS_OF - (60 * place + 10 * nth + 5) * oracle.DAY, "amount": 100}
            for place in windows
            for nth in range(3)
        ]

    stays = [line for n in range(40) for line in lines(f"stays {n}", (0, 1, 2))]
    comes = [line for n in range(40) for line in lines(f"comes {n}", (0, 1))]
    comes += [line for n in range(40) for line in lines(f"fresh {n}", (0,))]
    leaves = [line for n in range(80) for line in lines(f"leaves {n}", (1, 2))]
    for rows in (stays, stays + comes, stays + leaves):
        events, _ = asked(rows, [], ("amount",), None)
        assert (events, events.ratio) == (Turn(60, 40, 120, 120), 1.0)
    high = stays + [line for n in range(40) for line in lines(f"stays {n}", (0,))]
    assert asked(high, [], ("amount",), None)[0].ratio == 2


def test_the_edges_are_local_midnights():
    # Summer time ended on 27 October, inside the first window, and began on 30 March, inside the last.
    hour, edges = 3_600_000_000, seasonality._edges(PARIS, DAY, 60)
    assert edges[-1] == AS_OF
    assert [int(edge) for edge in np.diff(edges)] == [
        60 * oracle.DAY + hour, 60 * oracle.DAY, 60 * oracle.DAY - hour,
    ]  # fmt: skip
