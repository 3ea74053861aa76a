"""featuretools: deep feature synthesis with a cutoff time for every customer and date.

One synthesis a window (its training windows end at the cutoff), the closest primitives, on a world
without refunds: orders are then one frame for all dates, as featuretools needs them to be. Its
windows leave out an event at the very start of the window and its cutoffs let in one at the cutoff;
at microseconds no event stands there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.answers import Answers, finish
from benchmarks.peers.asked import Asked, asked

WINDOWS = (7, 30, 90, 180, 365, None)
LONG = {30, 90, 180, 365}
KINDS = {"contacts": "own", "messages": "ours", "requests": "request", "review": "review", "open": "open"}


def entities(question: Asked):
    import featuretools as ft

    lines = pd.read_parquet(question.transactions)
    contacts = pd.read_parquet(question.interactions)
    for frame in (lines, contacts):
        frame["time"] = pd.to_datetime(frame["time"], unit="us")
    orders = lines.groupby(["customer_id", "order_id"], as_index=False).agg(
        time=("time", "min"), amount=("amount", "sum"), discount=("discount", "sum"), lines=("amount", "size")
    )
    lines["line"] = np.arange(len(lines))
    contacts["contact"] = np.arange(len(contacts))
    own = contacts["direction"] == "inbound"
    which = {
        "own": own,
        "ours": ~own,
        "request": contacts["type"].isin(["complaint", "ticket"]),
        "review": contacts["type"] == "review",
        "open": contacts["type"] == "open",
    }
    found = ft.EntitySet("shop")
    customers = pd.DataFrame({"customer_id": np.unique(orders["customer_id"])})
    found.add_dataframe(customers, "customers", index="customer_id")
    columns = ["customer_id", "product", "family", "channel", "store", "line", "time"]
    found.add_dataframe(
        lines[columns], "lines", index="line", time_index="time", logical_types=_text(columns)
    )
    found.add_dataframe(orders, "orders", index="order_id", time_index="time")
    for name, rows in which.items():
        some = contacts.loc[rows, ["customer_id", "type", "campaign", "contact", "time"]]
        found.add_dataframe(
            some, name, index="contact", time_index="time", logical_types=_text(some.columns.tolist())
        )
    for name in ("lines", "orders", *which):
        found.add_relationship("customers", "customer_id", name, "customer_id")
    return found


def _text(columns: list[str]) -> dict[str, str]:
    texts = {"product", "family", "channel", "store", "type", "campaign"}
    return {name: "Categorical" for name in columns if name in texts}


def names(days: int | None) -> Iterator[tuple[str, str]]:
    """(ours, theirs) for what one window gives."""
    ever, span = days is None, f"_{days}d"
    if ever:
        yield from (("orders_ever", "COUNT(orders)"), ("spend_ever", "SUM(orders.amount)"))
        yield from (("contacts_ever", "COUNT(own)"), ("gap_mean", "AVG_TIME_BETWEEN(orders.time, unit=days)"))
        yield from (
            ("first_order_value", "FIRST(orders.amount)"),
            ("last_order_value", "LAST(orders.amount)"),
        )
        yield "days_since_last_order", "TIME_SINCE_LAST(orders.time, unit=days)"
        yield "tenure_days", "TIME_SINCE_FIRST(orders.time, unit=days)"
        for ours, theirs in KINDS.items():
            single = {"contacts": "contact", "messages": "message", "requests": "request"}.get(ours, ours)
            yield f"days_since_last_{single}", f"TIME_SINCE_LAST({theirs}.time, unit=days)"
        return
    yield from ((f"orders{span}", "COUNT(orders)"), (f"spend{span}", "SUM(orders.amount)"))
    for ours, theirs in KINDS.items():
        if days in LONG or ours in {"contacts", "messages"}:
            yield f"{ours}{span}", f"COUNT({theirs})"
    if days in LONG:
        yield f"average_order{span}", "MEAN(orders.amount)"
        for column, plural in {
            "product": "products",
            "family": "families",
            "store": "stores",
            "channel": "channels",
        }.items():
            yield f"{plural}{span}", f"NUM_UNIQUE(lines.{column})"
    if days in {90, 365}:
        yield f"lines_per_order{span}", "MEAN(orders.lines)"
    if days == 365:
        yield "largest_order_365d", "MAX(orders.amount)"
        yield "contact_types_365d", "NUM_UNIQUE(own.type)"
        yield "campaigns_answered_365d", "NUM_UNIQUE(own.campaign)"
        yield "message_campaigns_365d", "NUM_UNIQUE(ours.campaign)"


def main() -> None:
    warnings.filterwarnings("ignore")
    import featuretools as ft
    from featuretools import primitives as p

    question = asked()
    shop = entities(question)
    first = shop["orders"].groupby("customer_id", observed=True)["time"].min()
    instants = [pd.Timestamp(date, unit="us") for date in question.dates]
    cutoffs = pd.concat(
        [pd.DataFrame({"customer_id": first.index[first < at], "time": at}) for at in instants],
        ignore_index=True,
    )
    made: dict[str, np.ndarray] = {}
    for days in WINDOWS:
        wanted = dict(names(days))
        aggregations = (
            [p.Count, p.Sum, p.First, p.Last]
            + [make(unit="days") for make in (p.TimeSinceLast, p.TimeSinceFirst, p.AvgTimeBetween)]
            if days is None
            else [p.Count, p.Sum, p.Mean, p.Max, p.NumUnique]
        )
        defined = ft.dfs(
            entityset=shop,
            target_dataframe_name="customers",
            agg_primitives=aggregations,
            trans_primitives=[],
            max_depth=1,
            features_only=True,
        )
        chosen = [feature for feature in defined if feature.get_name() in wanted.values()]
        missing = set(wanted.values()) - {feature.get_name() for feature in chosen}
        if missing:
            raise SystemExit(f"featuretools does not make {sorted(missing)}")
        matrix = ft.calculate_feature_matrix(
            chosen,
            shop,
            cutoff_time=cutoffs,
            training_window=None if days is None else ft.Timedelta(days, "d"),
            include_cutoff_time=False,
        )
        matrix = matrix.loc[pd.MultiIndex.from_frame(cutoffs)] if matrix.index.nlevels == 2 else matrix
        for ours, theirs in wanted.items():
            made[ours] = matrix[theirs].to_numpy(dtype=np.float64, na_value=np.nan)
    answers = Answers(question.customers)
    for number, at in enumerate(instants):
        rows = np.flatnonzero(cutoffs["time"] == at)
        ids = cutoffs["customer_id"].astype(object).to_numpy()[rows]
        answers.add(number, ids, ((name, _clean(name, values[rows])) for name, values in made.items()))
    finish(answers, question.out, features=len(made))


def _clean(name: str, values: np.ndarray) -> np.ndarray:
    """Of no rows, featuretools says nothing where a count or sum is 0."""
    counts = name.startswith(
        ("days_since", "average", "largest", "lines_per", "gap", "tenure", "first", "last")
    )
    return values if counts else np.nan_to_num(values, nan=0.0)


if __name__ == "__main__":
    main()
