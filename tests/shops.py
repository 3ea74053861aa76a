"""A small shop for tests of the verbs: its configuration, and orders that are drawn alike each time."""

import numpy as np
import pandas as pd

CONFIG = """
project: shop
time_zone: UTC
sources:
  transactions:
    - name: orders
      frame: orders
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: at, amount: amount}
      complete_until: 2025-05-01
"""

ANY = """gate: {max_ece: 1}
"""  # for tests of other things: a few hundred customers and twenty trees are badly calibrated


def supplied(attributes="{}", more=""):
    """The configuration of a table of people whose label ``left`` is known; ``attributes``: as in YAML."""
    return f"""
project: shop
time_zone: UTC
sources:
  snapshot:
    - name: people
      frame: people
      columns: {{customer_id: who, label: left}}
      attributes: {attributes}
churn: {{horizon_days: 60, positive_label: "yes"}}
models: {{threads: 1, churn: {{trees: 30}}}}
evaluation: {{bootstrap: 0}}
{more}"""


def orders(customers=300, *, seed=3, most=40, stays=60, scale=1):
    """Who buys ``at`` what ``amount``: at most ``most`` orders each, before the customer leaves.

    ``stays``: days for which everybody stays at least. ``scale``: multiplies the amounts.
    """
    chance = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        days = np.cumsum(chance.exponential(chance.uniform(5, 60), most))
        left = chance.uniform(stays, 900)
        rows += [
            (f"{who:04d}", day, scale * float(chance.integers(5, 90))) for day in days if day < min(left, 480)
        ]
    table = pd.DataFrame(rows, columns=["who", "day", "amount"])
    table["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta((table["day"] * 86_400).astype(int), unit="s")
    return table.drop(columns="day")
