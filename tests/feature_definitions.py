"""The definition of every feature, written once more in plain Python over lists.

Nothing here is shared with what it judges, except the calendar, which has tests of its own.
"""

import datetime as dt
import itertools
import math
import statistics
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from churnlab.config import FeaturePlan
from churnlab.features.catalogue import FAMILIES, compute

DAY, NAN = 86_400_000_000, float("nan")
WINDOWS = (7, 30, 90)
PLAN = FeaturePlan(windows=WINDOWS, engagement_types=("review",), service_types=("complaint", "ticket"))


def over(a, b):
    return a / b if b else NAN


def mean(values):
    return over(sum(values), len(values))


class Events(list):
    """Events known before an instant, oldest first, with that instant and the calendar."""

    def __init__(self, events, world, as_of):
        super().__init__(sorted(events, key=lambda event: event["time"]))
        self.world, self.as_of = world, as_of

    def where(self, wanted):
        return Events(filter(wanted, self), self.world, self.as_of)

    def between(self, older, newer=0):
        back = lambda days: int(self.world.calendar.back(np.array([self.as_of]), days)[0])
        start, end = back(older), back(newer)
        return self.where(lambda event: start <= event["time"] < end)

    def all(self, column):
        return [event[column] for event in self if event[column] is not None]

    def since(self, nth_last=1):
        return (self.as_of - self[-nth_last]["time"]) / DAY if len(self) >= nth_last else NAN

    def gaps(self):
        return [(b["time"] - a["time"]) / DAY for a, b in itertools.pairwise(self)]

    def local(self):
        zone = ZoneInfo(self.world.calendar.zone)
        epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return [(epoch + dt.timedelta(microseconds=event["time"])).astimezone(zone) for event in self]

    def days(self):
        return len({moment.date() for moment in self.local()})

    def months(self):
        return len({(moment.year, moment.month) for moment in self.local()})


def known(world, table, customer, as_of):
    rows = [row for row in world.events[table] if row["customer"] == customer]
    return Events([row for row in rows if max(row["time"], row["recorded_at"]) < as_of], world, as_of)


def bought(lines):
    """(lines, orders) without the orders that were given back to the last cent."""
    groups = {}
    for place, line in enumerate(lines):
        groups.setdefault(line["order_id"] or place, []).append(line)
    kept = [
        group
        for group in groups.values()
        if sum(line["amount"] for line in group) != 0 or max(line["amount"] for line in group) <= 0
    ]
    orders = [
        {
            "time": group[0]["time"],
            "amount": sum(line["amount"] for line in group),
            "discount": sum(line["discount"] for line in group),
            "lines": len(group),
        }
        for group in kept
    ]
    chosen = {id(line) for group in kept for line in group}
    return lines.where(lambda line: id(line) in chosen), Events(orders, lines.world, lines.as_of)


def of_orders(orders):
    silence, gaps, n = orders.since(), orders.gaps(), len(orders)
    average = statistics.fmean(gaps) if gaps else NAN
    spread = statistics.pstdev(gaps) if gaps else NAN
    tenure = orders.since(n) if n else NAN
    own = ((n - 1) * statistics.median(gaps) if gaps else 0) + 3 * 60
    last_five = statistics.fmean(gaps[-5:]) if gaps else NAN
    months = max(tenure / 30.4375, 1)
    row = {
        "days_since_last_order": silence,
        **{f"days_since_order_{rank}": orders.since(rank) for rank in (2, 3, 5, 10)},
        "silence_ratio": silence * (max(n - 1, 0) + 3) / own,
        "silence_to_mean_gap": silence / max(average, 1) if gaps else NAN,
        "silence_to_longest_gap": silence / max(*gaps, 1) if gaps else NAN,
        "silence_deviation": (silence - average) / (spread + 1) if n > 2 else NAN,
        "missed_orders": over(silence * n, tenure),
        "orders_ever": n,
        "active_days_ever": orders.days(),
        "active_months_90d": orders.between(90).months(),
        "active_weeks_84d": sum(bool(orders.between(7 * week + 7, 7 * week)) for week in range(12)),
        "orders_recent_weighted": halved(orders, lambda _: 1),
        "spend_recent_weighted": halved(orders, lambda order: order["amount"]),
        "gaps": max(n - 1, 0),
        "gap_mean": average,
        "gap_median": statistics.median(gaps) if gaps else NAN,
        "gap_longest": max(gaps, default=NAN),
        "gap_last": gaps[-1] if gaps else NAN,
        "gap_spread": spread,
        "gap_variation": over(spread, average),
        "gap_last_to_mean": over(gaps[-1] if gaps else NAN, average),
        "gap_mean_last_5": last_five,
        "gap_stretch": over(last_five, average),
        "gap_longest_30d": max(orders.between(30).gaps(), default=NAN),
        "tenure_days": tenure,
        "active_span_days": sum(gaps) if n else NAN,
        "silence_share": over(silence, tenure),
        "orders_per_month": n / months if n else NAN,
        "active_month_share": orders.months() / (tenure / 30.4375 + 1),
        "first_order_value": orders[0]["amount"] if n else NAN,
        "last_order_value": orders[-1]["amount"] if n else NAN,
        "last_order_to_average": over(orders[-1]["amount"], mean(orders.all("amount"))) if n else NAN,
    }
    for days in WINDOWS:
        now, before = orders.between(days), orders.between(2 * days, days)
        row |= {
            f"orders_{days}d": len(now),
            f"active_days_{days}d": now.days(),
            f"average_order_{days}d": mean(now.all("amount")),
            f"lines_per_order_{days}d": mean(now.all("lines")),
            f"discount_share_{days}d": over(
                sum(now.all("discount")), sum(now.all("discount")) + sum(now.all("amount"))
            ),
            f"orders_trend_{days}d": math.log((len(now) + 1) / (len(before) + 1)),
            f"spend_now_share_{days}d": over(
                sum(now.all("amount")), sum(orders.between(2 * days).all("amount"))
            ),
            f"average_order_change_{days}d": over(mean(now.all("amount")), mean(before.all("amount"))),
            f"pace_{days}d": over(len(now) / min(days, tenure), len(orders.between(90)) / min(90, tenure))
            if n
            else NAN,
        }
    longest = orders.between(90)
    return row | {
        "largest_order_90d": max(longest.all("amount"), default=NAN),
        "order_value_spread_90d": statistics.pstdev(longest.all("amount")) / mean(longest.all("amount"))
        if longest
        else NAN,
        "weekend_share_90d": over(sum(moment.weekday() >= 5 for moment in longest.local()), len(longest)),
        "evening_share_90d": over(sum(moment.hour >= 18 for moment in longest.local()), len(longest)),
        "orders_same_season_last_year": len(orders.between(365, 335)) if tenure >= 365 else NAN,
    }


def halved(orders, weight):
    ages = (0, 7, 14, 28, 56, 112, 224, 448)
    return sum(
        weight(order) / 2**halvings
        for halvings, (newer, older) in enumerate(itertools.pairwise(ages))
        for order in orders.between(older, newer)
    )


def of_lines(lines, tenure):
    got = lines.where(lambda line: line["amount"] > 0)
    row = {
        "spend_ever": sum(lines.all("amount")),
        "spend_per_month": sum(lines.all("amount")) / max(tenure / 30.4375, 1),
        "refunds_90d": sum(amount < 0 for amount in lines.between(90).all("amount")),
        "refund_share_90d": over(
            -sum(amount for amount in lines.between(90).all("amount") if amount < 0),
            sum(got.between(90).all("amount")),
        ),
    }
    for days in WINDOWS:
        row[f"spend_{days}d"] = sum(lines.between(days).all("amount"))
        row[f"margin_{days}d"] = sum(lines.between(days).all("margin"))
        row[f"repeat_share_{days}d"] = 1 - over(
            len(set(got.between(days).all("product"))), len(got.between(days).all("product"))
        )
    for column, plural in (("product", "products"), ("category", "categories"), ("channel", "channels")):
        different = lambda events, column=column: set(events.all(column))
        for days in WINDOWS:
            row[f"{plural}_{days}d"] = len(different(got.between(days)))
        now, before = len(different(got.between(30))), len(different(got.between(60, 30)))
        row[f"{plural}_trend_30d"] = math.log((now + 1) / (before + 1))
        old = different(got.between(36_500, 30))
        row[f"new_{plural}_30d"] = len(different(got) - old)
    return row


def of_contacts(contacts):
    kinds = {
        "contacts": lambda event: event["direction"] == "inbound",
        "messages": lambda event: event["direction"] == "outbound",
        "review": lambda event: event["type"] == "review",
        "requests": lambda event: event["type"] in ("complaint", "ticket"),
    }
    row = {}
    for name, wanted in kinds.items():
        some = contacts.where(wanted)
        row |= {f"{name}_{days}d": len(some.between(days)) for days in WINDOWS}
        row[f"days_since_last_{name.removesuffix('s')}"] = some.since()
    own, ours = contacts.where(kinds["contacts"]), contacts.where(kinds["messages"])
    answered = sum(
        (event["resolved_at"] or contacts.as_of) < contacts.as_of
        for event in contacts.where(kinds["requests"])
    )
    return row | {
        "contacts_ever": len(own),
        "contact_types_90d": len(set(own.between(90).all("type"))),
        "contact_months_90d": own.between(90).months(),
        **{
            f"answers_per_message_{days}d": over(len(own.between(days)), len(ours.between(days)))
            for days in (30, 90)
        },
        "last_score": own.all("score")[-1] if own.all("score") else NAN,
        "average_score_90d": mean(own.between(90).all("score")),
        "open_requests": len(contacts.where(kinds["requests"])) - answered,
        "resolved_requests": answered,
    }


def of_contracts(contracts):
    ended = [end for end in contracts.all("end") if end < contracts.as_of]
    n = len(contracts)
    return {
        "contracts_ever": n,
        "renewals": max(n - 1, 0),
        "active_contracts": n - len(ended),
        "contract_tenure_days": contracts.since(n) if n else NAN,
        "days_since_contract_start": contracts.since(),
        "days_since_contract_end": (contracts.as_of - max(ended)) / DAY if ended else NAN,
        "contract_amount": contracts[-1]["amount"] if n else NAN,
        "contract_type": contracts[-1]["type"] if n else None,
        "contracts_90d": len(contracts.between(90)),
    }


def of_campaigns(campaigns):
    return {
        **{f"campaign_contacts_{days}d": len(campaigns.between(days)) for days in WINDOWS},
        "days_since_last_campaign": campaigns.since(),
        "campaigns_90d": len(set(campaigns.between(90).all("campaign"))),
    }


def of_profile(world, customer, as_of):
    rows = [row for row in world.attributes if row["customer"] == customer and row["valid_from"] < as_of]
    row = max(rows, key=lambda row: row["valid_from"], default=None)
    if row is None or (row["valid_to"] is not None and row["valid_to"] < as_of):
        row = {"city": None, "age": None, "joined_at": None}
    joined = row["joined_at"]
    return {
        "city": row["city"],
        "age": NAN if row["age"] is None else row["age"],
        "days_since_joining": NAN if joined is None or joined >= as_of else (as_of - joined) / DAY,
    }


def defined(world, customer, as_of):
    """{feature: value} of one customer at one instant."""
    lines, orders = bought(known(world, "transactions", customer, as_of))
    orders = orders.where(lambda order: order["amount"] > 0)
    row = of_orders(orders)
    row |= of_lines(lines, row["tenure_days"]) | of_contacts(known(world, "interactions", customer, as_of))
    row |= of_contracts(known(world, "contracts", customer, as_of))
    row |= of_campaigns(known(world, "campaigns", customer, as_of)) | of_profile(world, customer, as_of)
    for days in (30, 90):
        orders_then = len(orders.between(days))
        row[f"messages_per_order_{days}d"] = over(row[f"messages_{days}d"], orders_then)
    return row


def check_definition(world):
    made = {feature.name: feature.values for _, feature in compute(world.history(PLAN), FAMILIES)}
    where = [(customer, as_of) for customer in world.customers for as_of in world.asked]
    for place, (customer, as_of) in enumerate(where):
        for name, wanted in defined(world, customer, as_of).items():
            if name in made:  # the families decide which windows they use; see the test of names
                value = made[name][place]
                assert value == wanted or value == pytest.approx(wanted, nan_ok=True), (
                    f"{name} is not as defined"
                )
