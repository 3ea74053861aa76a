"""How long a silence says that a customer has left: by the customer's own rhythm, as known at ``as_of``."""

from __future__ import annotations

import operator

import numpy as np

from churnlab.config.churn import AdaptiveRule
from churnlab.errors import ConfigError
from churnlab.history.past import History
from churnlab.history.units import ALL, Floats, Ints

PRIOR = 3  # the population's gap counts as much as three of the customer's own


def own_gap(past: History, population_days: float) -> Floats:
    """(n,) days between a customer's orders: the middle gap so far, drawn towards the population's.

    Of no repeat it is the population's; the more gaps there are, the more it is the customer's own.
    """
    if past.orders is None:
        raise ConfigError("a customer's own rhythm is read from transactions, and this project has none")
    orders = past.orders.where("amount", operator.gt, 0).last(ALL)
    gaps = np.maximum(orders.count() - 1, 0)
    middle = np.where(gaps > 0, orders.gaps("median"), 0.0)
    answer: Floats = (gaps * middle + PRIOR * population_days) / (gaps + PRIOR)
    return answer


def own_horizon(past: History, rule: AdaptiveRule, longest: int) -> Ints:
    """(n,) whole days: ``times`` the own gap, at least ``least_days`` and at most ``longest``."""
    if rule.population_gap_days is None:
        raise ConfigError("churn.adaptive.population_gap_days must say the middle gap of all customers")
    return horizon_of(own_gap(past, rule.population_gap_days), rule, longest)


def horizon_of(gap: Floats, rule: AdaptiveRule, longest: int) -> Ints:
    """(n,) the same of own gaps that are known already."""
    return np.rint(rule.times * gap).clip(rule.least_days, longest).astype(np.int64)
