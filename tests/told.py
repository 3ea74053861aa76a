"""Rows to explain: a few features with sentences, and panels of their values."""

import numpy as np

from churnlab.features.feature import Description
from churnlab.features.sentences import said
from churnlab.panel import Panel


def number(name, family="frequency", unit="orders", words=("{value} {period}", "{value} {period}"), days=30):
    return Description(
        name, family, "number", unit, f"Count of {name}", "economic", None, **said(*words, days)
    )


def category(name):
    return Description(
        name, "profile", "category", "text", f"{name} of the customer", "informational", None,
        **said(f"{name}: {{value}}", f"{name} : {{value}}"),
    )  # fmt: skip


SILENCE = number(
    "days_since_last_order", "recency", "days", ("last order {value} ago", "dernière commande il y a {value}")
)
SPEND = number(
    "spend_90d", "monetary", "currency", ("{value} spent {period}", "{value} dépensés {period}"), 90
)
ORDERS = [number(f"orders_{days}d", days=days) for days in (30, 90)]
CLUB, GENDER = category("club"), category("gender")
FEATURES = (SILENCE, SPEND, *ORDERS, CLUB, GENDER)
REFERENCE = {"days_since_last_order": 21.0, "spend_90d": 1234.5, "orders_30d": 2.0, "club": "yes"}


def panel(numbers, clubs=None, genders=None, features=FEATURES):
    rows = len(numbers)
    nothing = np.zeros(rows)
    return Panel(
        customer_id=np.array([f"secret-{row}" for row in range(rows)], dtype=object),
        as_of=np.zeros(rows, np.int64),
        numbers=np.array(numbers, np.float32).reshape(rows, 4),
        categories={
            "club": np.array(clubs or ["no"] * rows, dtype=object),
            "gender": np.array(genders or ["f"] * rows, dtype=object),
        },
        features=features,
        churned=nothing,
        value=nothing,
        measures={},
        segments={},
        fingerprint="",
    )
