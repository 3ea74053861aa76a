"""The three stories of buying told twice more, without a line of churnlab's: as dice, and as sums.

``lived`` draws customers who buy and leave as each story has it. ``Sums`` knows what a customer with a
given pace and a given way of leaving does, and averages that over a grid of both: the definition of
every answer, at a thousand times the cost.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, gamma

FAMILIES = ("bg_nbd", "mbg_nbd", "pareto_nbd")
# Moderate ones, so that grids and draws are no trouble: near those of CDNOW, in weeks.
PARAMETERS = {
    "bg_nbd": {"r": 0.8, "alpha": 6.0, "a": 0.9, "b": 2.5},
    "mbg_nbd": {"r": 0.9, "alpha": 7.0, "a": 0.8, "b": 1.9},
    "pareto_nbd": {"r": 0.7, "alpha": 9.0, "s": 0.7, "beta": 12.0},
}


def lived(family, parameters, n, random, age, until):
    """[(purchase times after the first), ...] of n customers, to ``until``, as NaN-padded rows (n, most)."""
    pace = random.gamma(parameters["r"], 1 / parameters["alpha"], n)
    if family == "pareto_nbd":
        leaves = random.exponential(1 / random.gamma(parameters["s"], 1 / parameters["beta"], n))
        chance = np.zeros(n)
    else:
        chance = random.beta(parameters["a"], parameters["b"], n)
        leaves = np.where((random.random(n) < chance) & (family == "mbg_nbd"), 0.0, np.inf)
    times, now = [], np.zeros(n)
    while (now < until).any():
        now = now + random.exponential(1 / pace)
        now = np.where(now < np.minimum(leaves, until), now, np.inf)
        times.append(np.where(np.isfinite(now), now, np.nan))
        now = np.where(random.random(n) < chance, np.inf, now)  # that one was the last
    return np.stack(times, axis=1)


def seen(times, age):
    """(n, 3): repeats, recency, age, of ``lived`` customers observed at ``age``, (n,)."""
    past = np.where(times < age[:, None], times, np.nan)
    repeats = np.isfinite(past).sum(axis=1)
    recency = np.where(repeats > 0, np.nanmax(np.c_[past, np.zeros(len(past))], axis=1), 0)
    return np.c_[repeats, recency, age].astype(float)


def bought(times, age, start, horizon):
    """(n,) purchases in [age + start, age + start + horizon)."""
    ahead = times - age[:, None]
    return ((ahead >= start) & (ahead < start + horizon)).sum(axis=1)


@dataclass
class Sums:
    """What is expected of one customer, from the story of one who has a known pace and way of leaving."""

    family: str
    parameters: dict

    def __post_init__(self):
        r, alpha, third, fourth = self.parameters.values()
        logs = np.arange(-60, 9, 0.1)
        self.pace = np.exp(logs)[:, None]
        weight = (gamma.pdf(self.pace, r, scale=1 / alpha) * self.pace)[:, :1]
        if self.family == "pareto_nbd":
            self.leaving = self.pace.T
            other = gamma.pdf(self.leaving, third, scale=1 / fourth) * self.leaving
        else:
            odds = np.arange(-60, 60, 0.1)
            self.leaving, stays = 1 / (1 + np.exp(-odds))[None], 1 / (1 + np.exp(odds))[None]
            self.stays = stays
            other = beta.pdf(self.leaving, third, fourth) * self.leaving * stays
            other = np.where(np.isfinite(other), other, 0)
        self.weight = weight * other / (weight.sum() * other.sum())

    def ends(self, repeats, recency, age):
        """Densities of a history that ends alive, and of one that ends with a departure."""
        pace, leaving = self.pace, self.leaving
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            buying = pace**repeats
            if self.family == "pareto_nbd":
                both = pace + leaving
                gone = buying * leaving / both * (np.exp(-both * recency) - np.exp(-both * age))
                return buying * np.exp(-both * age), gone
            chances = repeats + (self.family == "mbg_nbd")
            alive = buying * np.exp(-pace * age) * self.stays**chances
            left = buying * np.exp(-pace * recency) * self.stays ** (chances - 1) * leaving
            return alive, left if chances else 0 * alive

    def ahead(self, start, horizon):
        """P(a purchase) and purchases in the window, of a customer who is alive."""
        pace, leaving = self.pace, self.leaving
        rate = leaving if self.family == "pareto_nbd" else pace * leaving  # of leaving, per unit of time
        there = np.exp(-rate * start)
        if self.family == "pareto_nbd":
            buys = pace / (pace + rate) * -np.expm1(-(pace + rate) * horizon)
        else:
            buys = -np.expm1(-pace * horizon)  # the next purchase comes before the next chance to leave
        return there * buys, there * pace * -np.expm1(-rate * horizon) / rate

    def answers(self, history, start, horizon):
        """log likelihood, P(alive), P(buys), expected purchases."""
        alive, left = self.ends(*history)
        whole = (self.weight * (alive + left)).sum()
        stays = self.weight * alive / whole
        return [np.log(whole), stays.sum(), *((stays * each).sum() for each in self.ahead(start, horizon))]
