"""Panels drawn with a known truth: silence raises the risk, orders lower it, spend is what is worth."""

import numpy as np

from churnlab.config import Booster, Models
from churnlab.features.feature import Description
from churnlab.panel import Panel

DAY = 24 * 3600 * 10**6
NUMBERS = ("days_since_last_order", "orders_90d", "spend_90d", "noise", "flat", "empty", "month_sine")
LOYALTY = {"Lyon": 2, "Nice": -1, "Paris": 1}
CITIES = tuple(LOYALTY)
# Small, and on one thread: many fits, on machines that are shared.
QUICK = Models(
    threads=1, churn=Booster(trees=40, learning_rate=0.1), value=Booster(trees=40, learning_rate=0.1)
)


def described(name, kind="number"):
    return Description(name, "own", kind, "days", name, "economic", None, "{value}", "{value}")


def drawn(customers=400, dates=(0, 30, 60), seed=0, cities=CITIES):
    """``customers`` seen on each of ``dates`` (days), who leave with the chance that ``truth`` says."""
    random = np.random.default_rng(seed)
    rows, when = customers * len(dates), np.tile(np.array(dates) * DAY, customers)
    silence, orders = random.exponential(40, rows).round(1), random.poisson(2, rows)
    spend = (orders * random.gamma(2, 15, rows)).round(2)
    city = np.array(cities, dtype=object)[random.integers(0, len(cities), rows)]
    city[random.random(rows) < 0.1] = None
    churned = (random.random(rows) < truth(silence, orders, city)).astype(float)
    value = np.where(churned == 1, 0, (10 + spend) * random.gamma(2, 0.5, rows)).round(2)
    noise = random.normal(size=rows)
    noise[::7] = np.nan
    season = np.sin(when / DAY)
    columns = [silence, orders, spend, noise, np.ones(rows), np.full(rows, np.nan), season]
    return Panel(
        customer_id=np.repeat([f"{number:05}" for number in range(customers)], len(dates)).astype(object),
        as_of=when,
        numbers=np.stack(columns, axis=1).astype(np.float32),
        categories={"city": city},
        features=(*(described(name) for name in NUMBERS), described("city", "category")),
        churned=churned,
        value=value,
        measures={},
        segments={},
        fingerprint="drawn",
    )


def truth(silence, orders, city):
    """(n,) the chance of leaving."""
    at_home = np.array([LOYALTY.get(name, 0) for name in city])
    return 1 / (1 + np.exp(-(silence / 20 - 2 - orders / 2 - at_home)))


def on(panel, *days):
    """(n,) whether a row is of one of these days."""
    return np.isin(panel.as_of, np.array(days) * DAY)
