"""What each candidate horizon would call churn, counted shard by shard: the counts add up."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Value
from churnlab.history import ALL, History, eligible
from churnlab.history.silences import LONGEST, Silences
from churnlab.panel import declines, outcomes
from churnlab.panel.declines import Seasons
from churnlab.panel.outcomes import Ahead, of_some
from churnlab.panel.rows import Questions
from churnlab.shards import Shard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RHYTHMS = ("one order", "under 30 days", "30 to 60 days", "60 to 120 days", "120 days or more")
_EDGES = (30, 60, 120)  # days: the middle gap of a customer's orders so far


@dataclass(frozen=True, eq=False)
class Counts:
    """``rows``, ``churned``: (horizons, rhythms) labelled rows, and those labelled 1."""

    rows: Ints
    churned: Ints
    silences: Silences

    def __add__(self, other: Counts) -> Counts:
        mine, its = self.silences, other.silences
        silences = Silences(mine.reached + its.reached, mine.ended + its.ended, mine.gaps + its.gaps)
        return Counts(self.rows + other.rows, self.churned + other.churned, silences)

    @classmethod
    def total(cls, parts: Sequence[Counts]) -> Counts:
        """The counts of several shards together."""
        return reduce(operator.add, parts)

    def gap(self, share: float) -> float | None:
        """The days that ``share`` of the closed gaps do not exceed; None without any."""
        several = self.silences.gaps
        if not several.sum():
            return None
        return float(np.searchsorted(np.cumsum(several), share * several.sum()))


def counted(
    shard: Shard,
    questions: Questions,
    ahead: Ahead,
    horizons: Sequence[int],
    seasons: Sequence[Seasons | None] | None = None,
) -> Counts:
    """The counts of one shard. ``ahead.churn`` says what churn is, its horizon apart.

    ``seasons``: of each horizon, where churn is partial.
    """
    calendar, churn = questions.calendar, ahead.churn
    rows = np.zeros((len(horizons), len(RHYTHMS)), dtype=np.int64)
    left = rows.copy()
    if questions.as_ofs:
        asked = eligible.candidates(shard, questions.as_ofs)
        past = History.of(asked, calendar, questions.plan, compiled=questions.compiled)
        counts, _ = eligible.eligible(past, questions.who, questions.kind)
        rhythm = _rhythm(past)
        for place, days in enumerate(horizons):
            fixed = churn.model_copy(update={"horizon_days": days, "horizon": "fixed"})
            other = Ahead(fixed, Value(), ahead.watermark, seasons[place] if seasons else None)
            able = counts.copy()
            declines.set_aside_nothing(past, able, fixed.compared_days)
            label = outcomes.churned(of_some(asked, able), calendar, other, compiled=questions.compiled)
            known = np.isfinite(label)
            rows[place] = _by(rhythm[able][known])
            left[place] = _by(rhythm[able][known & (label == 1)])
    whole = eligible.candidates(shard, [ahead.watermark])
    everything = History.of(whole, calendar, questions.plan, compiled=questions.compiled)
    silences = Silences.of(everything, calendar, horizons, churn.settlement_days, ahead.watermark)
    return Counts(rows, left, silences)


def _rhythm(past: History) -> Ints:
    """(n,) the place in ``RHYTHMS`` of each customer's middle gap so far."""
    if past.orders is None:
        raise AssertionError("asked of a project without transactions")
    gap = past.orders.where("amount", operator.gt, 0).last(ALL).gaps("median")
    return np.where(np.isnan(gap), 0, 1 + np.searchsorted(_EDGES, np.nan_to_num(gap), side="right"))


def _by(rhythm: Ints) -> Ints:
    return np.bincount(rhythm, minlength=len(RHYTHMS))


def shares(part: Ints, whole: Ints) -> list[float | None]:
    """``part / whole``, None where there is nobody."""
    return [float(some / every) if every else None for some, every in zip(part, whole, strict=True)]


def none(horizons: Sequence[int]) -> Counts:
    """The counts of nobody."""
    empty = np.zeros(len(horizons), dtype=np.int64)
    nobody = np.zeros((len(horizons), len(RHYTHMS)), dtype=np.int64)
    return Counts(nobody, nobody, Silences(empty, empty, np.zeros(LONGEST + 1, dtype=np.int64)))


def describe(counts: Counts, place: int) -> Mapping[str, float | None]:
    """Rhythm -> share of labelled rows that are churn, at one horizon."""
    found = shares(counts.churned[place], counts.rows[place])
    return dict(zip(RHYTHMS, found, strict=True))
