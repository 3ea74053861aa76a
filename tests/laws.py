"""The laws of time, each a check of one world: true of any correct program, whatever it measures."""

import operator
from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import settings

import oracle
from churnlab.config.churn import Churn, ContractRule
from churnlab.history import Lapses
from churnlab.testing import event
from measures import measured

# Each of the fifteen properties in docs/laws.md is tried on 200 drawn examples, whatever the profile.
often = settings(max_examples=max(200, settings.default.max_examples), deadline=None)

LATE = (0, 1, 3_600_000_000, 5 * oracle.DAY)


def seen_at(world, instant, like):
    """The brief measures of ``like``, of every customer at one of the instants asked."""
    found = measured(world.history(), like, brief=True)
    first = world.asked.index(instant)
    return {name: values[first :: len(world.asked)] for name, values in found.items()}


def assert_same(found, expected, why):
    """To the last bit; NaN is NaN."""
    assert found.keys() == expected.keys(), why
    for name, values in found.items():
        assert same_bits(values, expected[name]), f"{why}: {name} is {values}, not {expected[name]}"


def same_bits(values, expected):
    if values.dtype == object:
        return list(values) == list(expected)
    return values.dtype == expected.dtype and values.tobytes() == expected.tobytes()


def is_blind_to_the_future(world):
    """P1: what was measured is what the world, physically cut to what was known, would give."""
    for as_of in world.asked[::2]:
        cut = replace(world.known_before(as_of), asked=(as_of,))
        assert_same(seen_at(world, as_of, world), seen_at(cut, as_of, world), "the future changes the past")


def ignores_what_comes_later(world):
    """P2, P8: events that happened at as_of or later, or were recorded so, change nothing yet."""
    random, as_of = Random(repr(world.asked)), world.asked[0]
    known = replace(world.known_before(as_of), asked=(as_of,))
    later = known
    for table in world.events:
        for happened in (as_of, as_of - 1, as_of - 5 * oracle.DAY):
            recorded = as_of + random.choice(LATE)
            row = event(world, table, random)
            later = later.with_events(table, [{**row, "time": happened, "recorded_at": recorded}])
    assert_same(seen_at(later, as_of, world), seen_at(known, as_of, world), "what comes later shows")


def learns_late_events_in_the_end(world):
    """P8: an event that was recorded late is there once it is known."""
    as_of, recorded = world.asked[0], world.asked[0] + oracle.DAY
    row = {**event(world, "interactions", Random(1)), "time": as_of - oracle.DAY, "recorded_at": recorded}
    for when, more in ((as_of, 0), (recorded, 0), (recorded + 1, 1)):
        asked = replace(world, asked=(when,))
        counted = [
            one.history().interactions.last(30).count()
            for one in (asked, asked.with_events("interactions", [row]))
        ]
        assert (counted[1] - counted[0])[world.customers.index(row["customer"])] == more, "late or lost"


def is_each_customers_own(world):
    """P7, P13: one customer alone, all together: the same to the last bit."""
    together = measured(world.history(), world, brief=True)
    asked = len(world.asked)
    for place, customer in enumerate(world.customers):
        rows = slice(place * asked, (place + 1) * asked)
        alone = measured(world.only(customer).history(), world, brief=True)
        own = {name: values[rows] for name, values in together.items()}
        assert_same(alone, own, "other customers show")


def forgets_what_is_older_than_its_window(world):
    """P3: what lies before the window, by a microsecond or an hour, changes nothing inside it."""
    as_of, random = world.asked[0], Random(repr(world.asked))
    start = oracle.moved(world.calendar, as_of, -world.window)
    world = replace(world, asked=(as_of,))
    older = [
        {**event(world, "transactions", random), "order_id": None, "time": start - ago, "recorded_at": 0}
        for ago in (1, 3_600_000_000)
    ]
    for before, after in zip(
        *(_windowed(one) for one in (world, world.with_events("transactions", older))), strict=True
    ):
        assert list(before) == list(after), "older than its window, yet seen"


def _windowed(world):
    past = world.history()
    windows = [source.last(world.window) for source in (past.transactions, past.orders)]
    return [measure for window in windows for measure in (window.count(), window.sum("amount"))]


def needs_no_order_within_an_instant(world):
    """P4: rows at one instant may stand in any order; what depends on order is left out."""
    random, as_of = Random(repr(world.asked)), world.asked[0]
    for recorded in (as_of, 0, as_of + oracle.DAY, 0):
        row = {**event(world, "transactions", random), "customer": 2, "time": as_of - oracle.DAY}
        world = world.with_events("transactions", [{**row, "recorded_at": recorded}])
    shuffled = {table: tuple(random.sample(rows, len(rows))) for table, rows in world.events.items()}
    shuffled = replace(world, events=shuffled)
    found, expected = (measured(one.history(), world) for one in (world, shuffled))
    for name, values in found.items():
        by_place = {"first", "last", "std", "quantity", "score"} & set(name.split())
        if not by_place and not (name.startswith("orders") and name.endswith("channel")):
            assert same_bits(values, expected[name]), f"the order of rows shows in {name}"


def whole_returns_leave_no_trace(world):
    """Domain 13.13: an order given back before as_of is as if it had never been, and not before."""
    random, as_of = Random(repr(world.asked)), world.asked[0]
    bought = [
        {**event(world, "transactions", random), "customer": 1, "order_id": "returned", "amount": amount}
        for amount in (10, 1999, 20)
    ]
    bought = [{**line, "time": as_of - 40 * oracle.DAY, "recorded_at": 0} for line in bought]
    returned = {**bought[0], "amount": -2029, "time": as_of - random.choice((1, oracle.DAY, 35 * oracle.DAY))}
    gone = replace(world.with_events("transactions", [*bought, returned]), asked=(as_of,))
    never = replace(world, asked=(as_of,))
    assert_same(seen_at(gone, as_of, world), seen_at(never, as_of, world), "a returned order shows")
    late = {**returned, "time": as_of, "recorded_at": as_of}
    kept = replace(world.with_events("transactions", [*bought, late]), asked=(as_of,))
    still = replace(world.with_events("transactions", bought), asked=(as_of,))
    assert_same(seen_at(kept, as_of, world), seen_at(still, as_of, world), "a return shows too early")


def outcome_measured(world):
    outcome = world.outcome()
    return {
        "orders": outcome.orders.count(),
        "spent": outcome.orders.sum("amount"),
        "margin": outcome.transactions.sum("margin"),
        "lines": outcome.transactions.count(),
        "gap orders": outcome.gap_orders.count(),
        "complete": outcome.complete.astype(np.int64),
    }


def outcome_defined(world, customer, as_of):
    spans = (world.gap, world.horizon, world.settlement)
    settled = oracle.moved(world.calendar, as_of, sum(spans))
    past = oracle.Past(world, customer, as_of, until=settled)
    windows = (-world.gap, -world.gap - world.horizon)
    orders = [row for row in past.window("orders", *windows) if row["amount"] > 0]
    lines = past.window("transactions", *windows)
    return {
        "orders": len(orders),
        "spent": oracle.total(orders, "amount"),
        "margin": oracle.total(lines, "margin"),
        "lines": len(lines),
        "gap orders": sum(row["amount"] > 0 for row in past.window("orders", 0, -world.gap)),
        "complete": int(settled <= world.watermark),
    }


def outcome_is_as_defined(world):
    """P11 for labels: the outcome window, as known when settlement ended."""
    found = outcome_measured(world)
    for row, (customer, as_of) in enumerate((who, at) for who in world.customers for at in world.asked):
        for name, value in outcome_defined(world, customer, as_of).items():
            assert found[name][row] == value, f"not as defined: {name} is {found[name][row]}, not {value}"


def outcome_ends_with_settlement(world):
    """P10: neither the gap nor anything known only after settlement changes an outcome."""
    as_of = world.asked[0]
    world = replace(world, asked=(as_of,))
    expected, random = outcome_measured(world), Random(repr(world.asked))
    settled = oracle.moved(world.calendar, as_of, world.gap + world.horizon + world.settlement)
    inside = oracle.moved(world.calendar, as_of, world.gap)
    bought = {**event(world, "transactions", random), "amount": 500}
    for happened, recorded in ((settled, settled), (settled + 1, settled + 1), (inside, settled)):
        row = {**bought, "time": happened, "recorded_at": recorded}
        assert_same(outcome_measured(world.with_events("transactions", [row])), expected, "after settlement")
    for happened in {as_of, inside - 1} if world.gap else ():
        row = {**bought, "time": happened, "recorded_at": happened, "order_id": None}
        found = outcome_measured(world.with_events("transactions", [row]))
        assert operator.sub(*(sum(one.pop("gap orders")) for one in (found, dict(expected)))) == 1, "gap lost"
        unchanged = {name: values for name, values in expected.items() if name != "gap orders"}
        assert_same(found, unchanged, "the gap shows in the outcome")


FORCED = "payment_failed"


def contractual(world, lapse):
    """The question that a world asks of its contracts; settlement is as long as grace."""
    rule = ContractRule(grace_days=world.settlement, lapse=lapse, involuntary_reasons=(FORCED,))
    spans = {"gap_days": world.gap, "horizon_days": world.horizon, "settlement_days": world.settlement}
    return Churn(kind="contractual", contract=rule, **spans)


def lapses_measured(world, lapse, *, compiled=False):
    churn = contractual(world, lapse)
    found = Lapses.of(world.shard(), world.calendar, churn, world.watermark, compiled=compiled)
    return {name: getattr(found, name) for name in ("voluntary", "involuntary", "in_gap", "complete")}


def lapses_defined(world, customer, as_of, lapse):
    def ahead(days, since=as_of):
        return oracle.moved(world.calendar, since, days)

    grace, closes = world.settlement, ahead(world.gap + world.horizon)
    settled = ahead(world.gap + world.horizon + grace + world.settlement)
    known = [
        row
        for row in world.events.get("contracts", ())
        if row["customer"] == customer and max(row["time"], row["recorded_at"]) < settled
    ]
    found = {"voluntary": 0, "involuntary": 0, "in_gap": 0, "complete": settled <= world.watermark}
    for row in known:
        end = row["end"]
        if end is None or not (as_of <= end < closes) or end <= row["time"]:
            continue
        renewals = [
            other
            for other in known
            if other["time"] < min(ahead(grace, end), other["end"] or ahead(grace, end))
            and (other["end"] is None or other["end"] > end)
            and (lapse == "all" or other["time"] >= ahead(-grace, end))
        ]
        if not renewals:
            reason = "involuntary" if row["reason"] == FORCED else "voluntary"
            found["in_gap" if end < ahead(world.gap) else reason] += 1
    return found


def lapses_are_as_defined(world):
    """P11 for contracts: ends in the window without a renewal, as known when settlement ended."""
    for lapse in ("all", "any"):
        for compiled in (False, True):
            found = lapses_measured(world, lapse, compiled=compiled)
            for row, (customer, as_of) in enumerate(
                (who, at) for who in world.customers for at in world.asked
            ):
                for name, value in lapses_defined(world, customer, as_of, lapse).items():
                    assert found[name][row] == value, f"not as defined: {name}, {lapse}: {found[name][row]}"


def lapses_end_with_settlement(world):
    """P10 for contracts: what is recorded once settlement is over changes no label."""
    as_of = world.asked[0]
    world, random = replace(world, asked=(as_of,)), Random(repr(world.asked))
    spans = (world.gap, world.horizon, world.settlement, world.settlement)
    settled = oracle.moved(world.calendar, as_of, sum(spans))
    expected = lapses_measured(world, "all")
    for happened in (as_of - 1, as_of + oracle.DAY, settled):
        for end in (None, oracle.moved(world.calendar, as_of, world.gap)):
            row = {**event(world, "contracts", random), "time": happened, "end": end, "recorded_at": settled}
            found = lapses_measured(world.with_events("contracts", [row]), "all")
            assert_same(found, expected, "contracts after settlement")


LAWS = (
    is_blind_to_the_future,
    ignores_what_comes_later,
    learns_late_events_in_the_end,
    is_each_customers_own,
    forgets_what_is_older_than_its_window,
    needs_no_order_within_an_instant,
    whole_returns_leave_no_trace,
    outcome_is_as_defined,
    outcome_ends_with_settlement,
    lapses_are_as_defined,
    lapses_end_with_settlement,
)


def with_a_future(world):
    """The world as known at its first date, and the same with events at or after it, or recorded then."""
    as_of, random = world.asked[0], Random(repr(world.asked))
    known = replace(world.known_before(as_of), asked=(as_of,))
    later = known
    for table in world.events:
        for happened, recorded in ((as_of, as_of), (as_of - oracle.DAY, as_of), (as_of + 1, 0)):
            row = {**event(world, table, random), "time": happened, "recorded_at": recorded}
            later = later.with_events(table, [row])
    return known, later
