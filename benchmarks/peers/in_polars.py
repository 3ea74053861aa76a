"""Polars: the features as lazy expressions on its streaming engine, two-step groupings for variety.

As in SQL, orders are gathered once and refunds kept beside them; what needs the intervals between
orders one by one is left out, and so are days and months with an order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl

from benchmarks.answers import Answers, finish
from benchmarks.peers.asked import Asked, asked

DAY = 86_400_000_000
MONTH = 30.4375
WINDOWS = (7, 30, 90, 180, 365)
LONG = WINDOWS[1:]
AGES = (7, 14, 28, 56, 112, 224, 448)
COLUMNS = {"product": "products", "family": "families", "store": "stores", "channel": "channels"}
ORDER = ["customer_id", "order_id"]
instant = pl.col("time")


def prepared(question: Asked) -> tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]:
    """Orders, refunds, lines bought, contacts."""
    lines = pl.scan_parquet(question.transactions)
    bought = pl.col("amount") > 0
    orders = lines.group_by(ORDER).agg(
        instant.min(),
        pl.col("amount").filter(bought).sum().alias("paid"),
        pl.col("discount").sum(),
        bought.sum().cast(pl.Int64).alias("lines"),
    )
    refunds = lines.filter(~bought).select(*ORDER, "time", "amount")
    own = (pl.col("direction") == "inbound").alias("own")
    contacts = pl.scan_parquet(question.interactions).select("customer_id", "time", "type", "campaign", own)
    return (
        orders.collect(engine="streaming").lazy(),
        refunds.collect(engine="streaming").lazy(),
        lines.filter(bought),
        contacts,
    )


def since(as_of: int, days: float) -> pl.Expr:
    return instant >= as_of - round(days * DAY)


def at(frames: tuple[pl.LazyFrame, ...], as_of: int) -> pl.DataFrame:
    """Every feature of one date, a row a customer."""
    orders, refunds, lines, contacts = (frame.filter(instant < as_of) for frame in frames)
    back = refunds.group_by(ORDER).agg(pl.col("amount").sum().alias("back"), pl.len().alias("back_lines"))
    known = orders.join(back, on=ORDER, how="left").with_columns(
        net=pl.col("paid") + pl.col("back").fill_null(0),
        lines=pl.col("lines") + pl.col("back_lines").fill_null(0),
    )
    gone = known.filter((pl.col("net") == 0) & pl.col("back").is_not_null()).select(ORDER)
    gone = gone.collect(engine="streaming").lazy()
    ordered = known.filter(pl.col("net") > 0).group_by("customer_id").agg(*_of_orders(as_of))
    given_back = refunds.join(gone, on=ORDER, how="anti").group_by("customer_id").agg(*_of_refunds(as_of))
    bought = lines.join(gone, on=ORDER, how="anti")
    everything = ordered.join(given_back, on="customer_id", how="left").with_columns(
        pl.col(*(f"back{days}" for days in (*WINDOWS, "")), "refunds").fill_null(0)
    )
    for frame in _breadth(bought, as_of):
        everything = everything.join(frame, on="customer_id", how="left")
    contacted = contacts.group_by("customer_id").agg(*_of_contacts(as_of))
    everything = everything.join(contacted, on="customer_id", how="left")
    for frame in _contact_variety(contacts, as_of):
        everything = everything.join(frame, on="customer_id", how="left")
    made = [value.cast(pl.Float32).alias(name) for name, value in features(as_of)]
    return everything.select("customer_id", *made).collect(engine="streaming")


def _of_orders(as_of: int) -> Iterator[pl.Expr]:
    net = pl.col("net")
    for days in sorted({*WINDOWS, *(2 * days for days in WINDOWS[:-1])}):
        recent = since(as_of, days)
        yield recent.sum().cast(pl.Int64).alias(f"n{days}")
        yield net.filter(recent).sum().alias(f"net{days}")
    for days in WINDOWS:
        yield pl.col("paid").filter(since(as_of, days)).sum().alias(f"paid{days}")
    for days in LONG:
        yield pl.col("discount").filter(since(as_of, days)).sum().alias(f"discount{days}")
    for days in (90, 365):
        yield pl.col("lines").filter(since(as_of, days)).sum().alias(f"lines{days}")
    stamp, year = pl.from_epoch(instant, time_unit="us"), since(as_of, 365)
    yield (year & (stamp.dt.weekday() >= 6)).sum().alias("weekend")
    yield (year & (stamp.dt.hour() >= 18)).sum().alias("evening")
    yield (year & ~since(as_of, 275)).sum().alias("last_year")
    yield net.filter(year).max().alias("largest")
    yield net.filter(year).std(ddof=0).alias("spread")
    weight = pl.lit(0.0)
    for place, days in reversed(list(enumerate(AGES))):
        weight = pl.when(since(as_of, days)).then(0.5**place).otherwise(weight)
    yield weight.sum().alias("weighted")
    yield (weight * net).sum().alias("weighted_net")
    yield from (pl.len().cast(pl.Int64).alias("n"), net.sum().alias("net"), pl.col("paid").sum())
    yield from (instant.min().alias("first"), instant.max().alias("last"), instant.top_k(10).alias("latest"))
    yield net.sort_by(instant).first().alias("first_net")
    yield net.sort_by(instant).last().alias("last_net")


def _of_refunds(as_of: int) -> Iterator[pl.Expr]:
    amount = pl.col("amount")
    for days in WINDOWS:
        yield amount.filter(since(as_of, days)).sum().alias(f"back{days}")
    yield from (amount.sum().alias("back"), since(as_of, 365).sum().cast(pl.Int64).alias("refunds"))


def _breadth(bought: pl.LazyFrame, as_of: int) -> Iterator[pl.LazyFrame]:
    """First (customer, value), then customers: a value is seen in a window if it was seen last in it."""
    then = since(as_of, 180) & ~since(as_of, 90)
    for column, plural in COLUMNS.items():
        each = bought.group_by("customer_id", column).agg(
            instant.min().alias("first"), instant.max().alias("last"), then.any().alias("then")
        )
        seen = {f"{plural}{days}": pl.col("last") >= as_of - days * DAY for days in LONG}
        seen |= {f"{plural}_then": pl.col("then"), f"{plural}_new": pl.col("first") >= as_of - 90 * DAY}
        yield each.group_by("customer_id").agg(
            value.sum().cast(pl.Int64).alias(name) for name, value in seen.items()
        )
    yield bought.group_by("customer_id").agg(
        since(as_of, days).sum().cast(pl.Int64).alias(f"bought{days}") for days in LONG
    )


KINDS = {
    "contacts": (pl.col("own"), WINDOWS, "last_contact"),
    "messages": (~pl.col("own"), WINDOWS, "last_message"),
    "requests": (pl.col("type").is_in(["complaint", "ticket"]), LONG, "last_request"),
    "review": (pl.col("type") == "review", LONG, "last_review"),
    "open": (pl.col("type") == "open", LONG, "last_open"),
}


def _of_contacts(as_of: int) -> Iterator[pl.Expr]:
    for name, (which, windows, last) in KINDS.items():
        for days in windows:
            yield (which & since(as_of, days)).sum().cast(pl.Int64).alias(f"{name}_{days}d")
        yield instant.filter(which).max().alias(last)
    yield pl.col("own").sum().cast(pl.Int64).alias("contacts_ever")


def _contact_variety(contacts: pl.LazyFrame, as_of: int) -> Iterator[pl.LazyFrame]:
    year = contacts.filter(since(as_of, 365))
    own, ours = year.filter(pl.col("own")), year.filter(~pl.col("own"))
    for name, frame, column in (
        ("contact_types_365d", own, "type"),
        ("campaigns_answered_365d", own, "campaign"),
        ("message_campaigns_365d", ours, "campaign"),
    ):
        pairs = frame.filter(pl.col(column).is_not_null()).select("customer_id", column).unique()
        yield pairs.group_by("customer_id").agg(pl.len().cast(pl.Int64).alias(name))


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole != 0).then(part / whole)


def features(as_of: int) -> Iterator[tuple[str, pl.Expr]]:
    n, first, last = (pl.col(name) for name in ("n", "first", "last"))
    latest = pl.col("latest").list.sort(descending=True)
    silence, tenure = (as_of - last) / DAY, (as_of - first) / DAY
    yield "days_since_last_order", silence
    for rank in (2, 3, 5, 10):
        yield f"days_since_order_{rank}", (as_of - latest.list.get(rank - 1, null_on_oob=True)) / DAY
    mean = share((last - first) / DAY, n - 1)
    gap_last = (last - latest.list.get(1, null_on_oob=True)) / DAY
    few = pl.min_horizontal(n, 6)
    recent = share((last - latest.list.get(few - 1, null_on_oob=True)) / DAY, few - 1)
    yield from (("gaps", n - 1), ("gap_mean", mean), ("gap_last", gap_last))
    yield from (("gap_last_to_mean", share(gap_last, mean)), ("gap_mean_last_5", recent))
    yield "gap_stretch", share(recent, mean)
    yield "silence_to_mean_gap", silence / mean.clip(lower_bound=1)
    yield from (("missed_orders", share(silence * n, tenure)), ("tenure_days", tenure))
    yield from (("active_span_days", (last - first) / DAY), ("silence_share", share(silence, tenure)))
    months = (tenure / MONTH).clip(lower_bound=1)
    spent = pl.col("paid") + pl.col("back")
    yield from (("orders_per_month", n / months), ("spend_per_month", spent / months))
    yield from (("orders_ever", n), ("spend_ever", spent))
    yield from (
        ("orders_recent_weighted", pl.col("weighted")),
        ("spend_recent_weighted", pl.col("weighted_net")),
    )
    year = pl.col("n365")
    yield "weekend_share_365d", share(pl.col("weekend"), year)
    yield "evening_share_365d", share(pl.col("evening"), year)
    yield "orders_same_season_last_year", pl.when(tenure >= 365).then(pl.col("last_year"))
    yield "first_order_value", pl.col("first_net")
    yield "last_order_value", pl.col("last_net")
    yield "last_order_to_average", share(pl.col("last_net"), pl.col("net") / n)
    yield "largest_order_365d", pl.col("largest")
    yield "order_value_spread_365d", share(pl.col("spread"), share(pl.col("net365"), year))
    yield "refunds_365d", pl.col("refunds")
    yield "refund_share_365d", share(-pl.col("back365"), pl.col("paid365"))
    for days in (90, 365):
        yield f"lines_per_order_{days}d", share(pl.col(f"lines{days}"), pl.col(f"n{days}"))
    yield from _over_windows(tenure)
    yield from _from_lines()
    yield from _from_contacts(as_of)


def _over_windows(tenure: pl.Expr) -> Iterator[tuple[str, pl.Expr]]:
    for days in WINDOWS:
        yield f"orders_{days}d", pl.col(f"n{days}")
        yield f"spend_{days}d", pl.col(f"paid{days}") + pl.col(f"back{days}")
    for days in LONG:
        net, off = pl.col(f"net{days}"), pl.col(f"discount{days}")
        yield f"average_order_{days}d", share(net, pl.col(f"n{days}"))
        yield f"discount_share_{days}d", share(off, off + net)
    for days in WINDOWS[:-1]:
        n, both, net, both_net = (pl.col(f"{of}{d}") for of in ("n", "net") for d in (days, 2 * days))
        yield f"orders_trend_{days}d", ((n + 1) / (both - n + 1)).log()
        yield f"spend_now_share_{days}d", share(net, both_net)
        pace = n / pl.min_horizontal(pl.lit(float(days)), tenure)
        usual = pl.col("n365") / pl.min_horizontal(pl.lit(365.0), tenure)
        yield f"pace_{days}d", share(pace, usual)
        if days > WINDOWS[0]:
            yield f"average_order_change_{days}d", share(share(net, n), share(both_net - net, both - n))


def _from_lines() -> Iterator[tuple[str, pl.Expr]]:
    for plural in COLUMNS.values():
        for days in LONG:
            yield f"{plural}_{days}d", pl.col(f"{plural}{days}")
        now, then = pl.col(f"{plural}90"), pl.col(f"{plural}_then")
        yield f"{plural}_trend_90d", ((now + 1) / (then + 1)).log()
        yield f"new_{plural}_90d", pl.col(f"{plural}_new")
    for days in LONG:
        yield f"repeat_share_{days}d", 1 - share(pl.col(f"products{days}"), pl.col(f"bought{days}"))


def _from_contacts(as_of: int) -> Iterator[tuple[str, pl.Expr]]:
    for name, (_, windows, last) in KINDS.items():
        for days in windows:
            yield f"{name}_{days}d", pl.col(f"{name}_{days}d").fill_null(0)
        yield f"days_since_{last}", (as_of - pl.col(last)) / DAY
    for name in (
        "contacts_ever",
        "contact_types_365d",
        "campaigns_answered_365d",
        "message_campaigns_365d",
    ):
        yield name, pl.col(name).fill_null(0)
    for days in (90, 365):
        own, ours = (pl.col(f"{name}_{days}d").fill_null(0) for name in ("contacts", "messages"))
        yield f"answers_per_message_{days}d", share(own, ours)
        yield f"messages_per_order_{days}d", share(ours, pl.col(f"n{days}"))
    month = pl.from_epoch(pl.lit(as_of), time_unit="us").dt.month() - 1
    yield "month_sine", (month * (2 * math.pi / 12)).sin()
    yield "month_cosine", (month * (2 * math.pi / 12)).cos()


def main() -> None:
    question = asked()
    answers, count = Answers(question.customers), 0
    frames = prepared(question)
    for number, date in enumerate(question.dates):
        made = at(frames, date)
        names = made.columns[1:]
        count = len(names)
        answers.add(number, made["customer_id"].to_arrow(), ((name, made[name].to_numpy()) for name in names))
    finish(answers, question.out, features=count)


if __name__ == "__main__":
    main()
