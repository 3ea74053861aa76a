"""The same features in plain pandas, as a careful analyst writes them: a mask per window, then groupby."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

DAY = 86_400_000_000
WINDOWS = (7, 30, 90, 180, 365)
ALL = 36_500
MONTH = 30.4375  # days
AGES = (0, 7, 14, 28, 56, 112, 224, 448)
COLUMNS = {"product": "products", "family": "families", "store": "stores", "channel": "channels"}


class Frames:
    """Lines, orders and contacts as frames, orders gathered once, refunds kept beside them.

    All lines of an order that were bought stand at one instant, as in every generated world.
    """

    def __init__(self, transactions: pd.DataFrame, interactions: pd.DataFrame, types: list[str]) -> None:
        self.types = types
        bought = transactions["amount"].to_numpy() > 0
        self.bought, self.refunds = transactions[bought], transactions[~bought]
        first = dict.fromkeys(("time", "day", "month", "weekday", "hour"), "first")
        self.orders = (
            self.bought.groupby(["customer", "order_id"], sort=False)
            .agg({**first, "amount": "sum", "discount": "sum", "product": "size"})
            .rename(columns={"product": "lines"})
            .reset_index()
            .sort_values(["customer", "time"], kind="stable")
        )
        self.inbound = interactions[interactions["direction"] == 0]
        self.outbound = interactions[interactions["direction"] == 1]
        self.contacts = interactions

    def known(self, as_of: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Orders net of the refunds known at a date, lines bought, refunds; without what is wholly undone."""
        orders, bought, refunds = (
            within(frame, as_of, ALL) for frame in (self.orders, self.bought, self.refunds)
        )
        if not len(refunds):
            return orders, bought, refunds
        back = refunds.groupby("order_id").agg(back=("amount", "sum"), back_lines=("amount", "size"))
        orders = orders.join(back, on="order_id")
        orders["amount"] += orders.pop("back").fillna(0).astype(np.int64)
        orders["lines"] += orders.pop("back_lines").fillna(0).astype(np.int64)
        gone = orders.loc[orders["amount"] == 0, "order_id"]
        stands = [frame[~frame["order_id"].isin(gone)] for frame in (bought, refunds)]
        return orders[orders["amount"] > 0], stands[0], stands[1]


def within(frame: pd.DataFrame, as_of: int, older: int, newer: int = 0) -> pd.DataFrame:
    time = frame["time"].to_numpy()
    return frame[(time >= as_of - older * DAY) & (time < as_of - newer * DAY)]


def count(frame: pd.DataFrame) -> pd.Series:
    return frame.groupby("customer").size()


def distinct(frame: pd.DataFrame, column: str) -> pd.Series:
    pairs = frame.loc[frame[column] >= 0, ["customer", column]]  # -1: missing
    return pairs.drop_duplicates().groupby("customer").size()


def total(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame.groupby("customer")[column].sum()


def features(frames: Frames, as_of: int, customers: int) -> Iterator[tuple[str, np.ndarray]]:
    """(name, (customers,) values) of one snapshot date."""
    everyone = pd.RangeIndex(customers)

    def counted(series: pd.Series) -> np.ndarray:
        return series.reindex(everyone, fill_value=0).to_numpy()

    def measured(series: pd.Series) -> np.ndarray:
        return series.reindex(everyone).to_numpy(dtype=float)

    def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(whole == 0, np.nan, part / whole)

    orders, bought, refunds = frames.known(as_of)
    ever = orders
    by_customer = ever.groupby("customer")
    number = counted(by_customer.size())
    first, last = measured(by_customer["time"].first()), measured(by_customer["time"].last())
    silence, tenure = (as_of - last) / DAY, (as_of - first) / DAY
    yield "days_since_last_order", silence
    for rank in (2, 3, 5, 10):
        ranked = by_customer.nth(-rank).set_index("customer")["time"]
        yield f"days_since_order_{rank}", (as_of - measured(ranked)) / DAY
    yield from _rhythm(ever, number, silence, measured, share)

    now = {days: within(orders, as_of, days) for days in sorted({*WINDOWS, *(2 * days for days in WINDOWS)})}
    before = {days: within(orders, as_of, 2 * days, days) for days in WINDOWS}
    counts = {days: counted(count(frame)) for days, frame in now.items()}
    sums = {days: counted(total(frame, "amount")) for days, frame in now.items()}
    paid = {days: counted(total(within(bought, as_of, days), "amount")) for days in WINDOWS}
    back = {days: counted(total(within(refunds, as_of, days), "amount")) for days in WINDOWS}
    for days in WINDOWS:
        yield f"orders_{days}d", counts[days]
        yield f"spend_{days}d", paid[days] + back[days]
    yield "refunds_365d", counted(count(within(refunds, as_of, 365)))
    yield "refund_share_365d", share(-back[365], paid[365])
    for days in WINDOWS[1:]:
        yield f"active_days_{days}d", counted(distinct(now[days], "day"))
        yield f"average_order_{days}d", share(sums[days], counts[days])
        discount = counted(total(now[days], "discount"))
        yield f"discount_share_{days}d", share(discount, discount + sums[days])
    for days in WINDOWS[:-1]:
        then = counted(count(before[days]))
        yield f"orders_trend_{days}d", np.log((counts[days] + 1) / (then + 1))
        yield f"spend_now_share_{days}d", share(sums[days], sums[2 * days])
        pace = counts[days] / np.minimum(days, tenure)
        yield f"pace_{days}d", share(pace, counts[365] / np.minimum(365, tenure))
        if days > WINDOWS[0]:
            mean = share(counted(total(before[days], "amount")), then)
            yield f"average_order_change_{days}d", share(share(sums[days], counts[days]), mean)
    yield "orders_ever", number
    spend_ever = counted(total(bought, "amount")) + counted(total(refunds, "amount"))
    yield "spend_ever", spend_ever
    yield "active_months_365d", counted(distinct(now[365], "month"))
    weeks = [within(orders, as_of, 7 * week + 7, 7 * week) for week in range(12)]
    yield "active_weeks_84d", sum((counted(count(week)) > 0).astype(int) for week in weeks)
    ages = [within(orders, as_of, older, newer) for newer, older in pairwise(AGES)]
    yield "orders_recent_weighted", sum(counted(count(age)) / 2.0**n for n, age in enumerate(ages))
    yield "spend_recent_weighted", sum(counted(total(age, "amount")) / 2.0**n for n, age in enumerate(ages))
    amount = by_customer["amount"]
    yield "first_order_value", measured(amount.first())
    yield "last_order_value", measured(amount.last())
    yield "last_order_to_average", share(measured(amount.last()), measured(amount.mean()))
    year = now[365].groupby("customer")["amount"]
    yield "largest_order_365d", measured(year.max())
    yield "order_value_spread_365d", share(measured(year.std(ddof=0)), measured(year.mean()))
    for days in (90, 365):
        yield f"lines_per_order_{days}d", measured(now[days].groupby("customer")["lines"].mean())
    yield "tenure_days", tenure
    yield "active_span_days", (last - first) / DAY
    yield "silence_share", share(silence, tenure)
    yield "orders_per_month", share(number * MONTH, np.maximum(tenure, MONTH))
    yield "spend_per_month", share(spend_ever * MONTH, np.maximum(tenure, MONTH))
    yield "weekend_share_365d", share(counted(count(now[365][now[365]["weekday"] >= 5])), counts[365])
    yield "evening_share_365d", share(counted(count(now[365][now[365]["hour"] >= 18])), counts[365])
    yield from _breadth(bought, as_of, counted, share)
    yield from _contacts(frames, as_of, counts, counted, measured, share)


def _rhythm(ever, number, silence, measured, share):
    gap = ever["time"].diff()[ever["customer"] == ever["customer"].shift()] / DAY
    gaps = gap.groupby(ever["customer"])
    mean, spread, longest = measured(gaps.mean()), measured(gaps.std(ddof=0)), measured(gaps.max())
    last = measured(gaps.last())
    yield "gaps", np.maximum(number - 1, 0)
    yield "gap_mean", mean
    yield "gap_median", measured(gaps.median())
    yield "gap_longest", longest
    yield "gap_spread", spread
    yield "gap_variation", share(spread, mean)
    yield "gap_last", last
    yield "gap_last_to_mean", share(last, mean)
    yield "silence_to_mean_gap", silence / np.maximum(mean, 1)
    yield "silence_to_longest_gap", silence / np.maximum(longest, 1)


def _breadth(bought, as_of, counted, share):
    windows = {days: within(bought, as_of, days) for days in WINDOWS[1:]}
    before = within(bought, as_of, 180, 90)
    for column, plural in COLUMNS.items():
        various = {days: counted(distinct(frame, column)) for days, frame in windows.items()}
        for days, values in various.items():
            yield f"{plural}_{days}d", values
            if column == "product":
                yield f"repeat_share_{days}d", 1 - share(values, counted(count(windows[days])))
        yield f"{plural}_trend_90d", np.log((various[90] + 1) / (counted(distinct(before, column)) + 1))
        known = within(bought, as_of, ALL, 90)
        yield f"new_{plural}_90d", counted(distinct(bought, column)) - counted(distinct(known, column))


def _contacts(frames, as_of, orders, counted, measured, share):
    def since_last(frame):
        known = within(frame, as_of, ALL)
        return (as_of - measured(known.groupby("customer")["time"].max())) / DAY

    sent = {days: counted(count(within(frames.outbound, as_of, days))) for days in WINDOWS}
    own = {days: counted(count(within(frames.inbound, as_of, days))) for days in WINDOWS}
    for days in WINDOWS:
        yield f"contacts_{days}d", own[days]
        yield f"messages_{days}d", sent[days]
    year = within(frames.inbound, as_of, 365)
    yield "contacts_ever", counted(count(within(frames.inbound, as_of, ALL)))
    yield "contact_types_365d", counted(distinct(year, "type"))
    yield "contact_months_365d", counted(distinct(year, "month"))
    yield "campaigns_answered_365d", counted(distinct(year, "campaign"))
    yield "message_campaigns_365d", counted(distinct(within(frames.outbound, as_of, 365), "campaign"))
    yield "days_since_last_contact", since_last(frames.inbound)
    yield "days_since_last_message", since_last(frames.outbound)
    for days in (90, 365):
        yield f"answers_per_message_{days}d", share(own[days], sent[days])
        yield f"messages_per_order_{days}d", share(sent[days], orders[days])
    code = {name: place for place, name in enumerate(frames.types)}
    kinds = {
        "requests": frames.contacts[frames.contacts["type"].isin([code["complaint"], code["ticket"]])],
        "review": frames.contacts[frames.contacts["type"] == code["review"]],
        "open": frames.contacts[frames.contacts["type"] == code["open"]],
    }
    for name, frame in kinds.items():
        for days in WINDOWS[1:]:
            yield f"{name}_{days}d", counted(count(within(frame, as_of, days)))
        yield f"days_since_last_{name.rstrip('s')}", since_last(frame)
