"""Customers who are lost already, scored by a project of their own and listed beside the others.

Their question is another one (who comes back?), so they have models, a gate and a report of their own:
a second configuration with ``churn.kind: win_back``. Here both meet in the same lists: a second life
worth as much as a valuable customer's is won back, another is released, however close they once were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from churnlab import tracking
from churnlab.config import Project, load
from churnlab.errors import ConfigError
from churnlab.lists.scored import ScoredCustomers
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy import quadrants
from churnlab.strategy.thresholds import Thresholds
from churnlab.tracking import Champion
from churnlab.workflow import phasing, standing, terms
from churnlab.workflow.opening import Opened, own_digests, settings_digest
from churnlab.workflow.panels import scoring_blocks
from churnlab.workflow.placing import Around, Placed, place
from churnlab.workflow.sifting import Sifted

# What must be the same in both configurations: lists hold both populations, of the same sources.
SAME = ("sources", "root", "time_zone", "calendar", "currency", "locale", "data_roots")
# Kinds of churn that ask about everybody with orders who is not lost.
NOT_LOST = ("non_contractual", "partial")


@dataclass(frozen=True, eq=False)
class SecondLife:
    """The project of those who are lost, and its champion. ``note``: of a champion nobody has signed."""

    project: Project
    champion: Champion
    models: Models
    note: str | None

    @property
    def version(self) -> str:
        """As rows of the lists name what scored them."""
        return f"{self.project.project} {self.champion.version}"

    @classmethod
    def of(cls, project: Project, models: Models) -> SecondLife | None:
        """That of ``project``; None where it names none. Nothing is read of the data yet.

        ``models``: those of the customers who are not lost.
        """
        if project.lists.lost is None:
            return None
        own = load(Path(project.root) / project.lists.lost)
        _require_alike(project, own)
        store = tracking.open_store(own.tracking, own.project, Path(own.root), later=True)
        champion = tracking.champion(store)
        its = files.load(champion.folder, champion.digests)
        terms.check(own, its.extra["terms"])
        _require_same_money(project, own, models.extra["value_basis"], its.extra["value_basis"])
        return cls(own, champion, its, standing.require_usable(own, store, champion.version))

    def inputs(self) -> dict[str, str]:
        """SHA-256 of what its scores follow from beside the sources."""
        digests = {f"lost {name}": digest for name, digest in self.champion.digests.items()}
        families = {f"lost {name}": digest for name, digest in own_digests(self.project).items()}
        return {**digests, **families, "lost configuration": settings_digest(self.project)}

    def notes(self, customers: int, too_few: int) -> tuple[str, ...]:
        """Who scored how many. ``too_few``: those lost already, of whom it wants more orders."""
        name, least = self.project.project, self.project.snapshots.min_orders
        told = (
            f"{customers:,} customers are lost already: scored by version {self.champion.version} of {name}, "
            "and placed by the value of their second life"
        )
        others = (
            f"{too_few:,} more are lost already and on no list: {name} asks for {least} orders "
            "(snapshots.min_orders)"
        )
        return (told, *([others] if too_few else []), *([self.note] if self.note else []))

    def blocks(
        self, opening: Opened, day: dt.date, around: Around, cut: Thresholds, sifted: Sifted
    ) -> Iterator[ScoredCustomers]:
        """Everyone lost at ``day``, some at a time, or nobody. ``cut``: that of the customers who are not.

        ``sifted`` counts them, and who is not asked about here.
        """
        its, measures = (
            replace(opening, project=self.project),
            phasing.measured(self.project, self.models.extra),
        )
        for panel, left_out in scoring_blocks(its, day, measures, may_be_nobody=True):
            sifted.add(len(panel), left_out)
            if len(panel):
                yield self.placed(panel, opening.project, around, cut).customers

    def placed(self, panel: Panel, main: Project, around: Around, cut: Thresholds) -> Placed:
        """Everyone in ``panel``, who are all lost, where the lists of ``main`` have them."""
        whole = place(panel, self.models, self.project, around)
        scored = whole.customers
        groups = panel.segments.get(main.strategy.by or "")
        value = np.full(len(scored), np.nan) if scored.worth is None else scored.worth.if_retained
        # On the value axis alone: how close somebody once was says little of who is gone.
        closeness = np.where(np.isnan(value), np.nan, 0.0)
        one_axis = cut.without_intensity()
        raw = quadrants.assign(value, closeness, one_axis, groups=groups)
        previous = scored.quadrant_previous
        give = main.strategy.hysteresis
        now = quadrants.assign(value, closeness, one_axis, groups=groups, previous=previous, give=give)
        since = scored.quadrant_since
        if previous is not None and around.previous is not None:
            since = np.where(
                now == previous, around.previous.of(scored.customer_id).since, np.datetime64("NaT")
            )
        population = np.full(len(scored), "lost", dtype=object)
        lost = replace(scored, quadrant=now, quadrant_raw=raw, quadrant_since=since, population=population)
        return replace(whole, customers=lost)


def _require_alike(main: Project, own: Project) -> None:
    key = f"lists.lost: {main.lists.lost}"
    _require_not_lost(main, key)
    for name in SAME:
        if getattr(main, name) != getattr(own, name):
            raise ConfigError(
                f"{key}: {name} there is not that of this project",
                mend=f"set the same {name} in both: they look at the same customers at the same dates",
            )
    if own.churn.kind != "win_back":
        raise ConfigError(
            f"{key}: it does not ask who comes back",
            got=f"churn.kind: {own.churn.kind}",
            mend="set churn.kind: win_back there",
        )
    days = main.snapshots.lost_after_days, own.snapshots.lost_after_days
    if days[0] is None or days[0] != days[1]:
        raise ConfigError(
            f"{key}: the two disagree on who is lost, and a customer would be on the lists twice or never",
            got=f"snapshots.lost_after_days: {days[0]} here, {days[1]} there",
            mend="set the same number of days in both",
        )
    for name, mine, its in (
        ("churn.also_days", main.churn.also_days, own.churn.also_days),
        ("lists.segment", main.segment, own.segment),
        ("overlays", main.overlays, own.overlays),
    ):
        if mine != its:
            raise ConfigError(
                f"{key}: {name} differs, and both stand in the same columns",
                got=f"{mine} here, {its} there",
                mend="set the same in both",
            )


def _require_not_lost(main: Project, key: str) -> None:
    """Raise ConfigError where who is asked about is not who is not lost: no customer is in both halves."""
    if main.sources.snapshot:
        got, who = "sources.snapshot", "everybody in a snapshot table"
    elif main.churn.kind not in NOT_LOST:
        asked = {
            "contractual": "those with a contract that runs, silent or not",
            "win_back": "the lost alone",
        }
        got, who = f"churn.kind: {main.churn.kind}", asked[main.churn.kind]
    else:
        return
    raise ConfigError(
        f"{key}: this project asks about {who}, and a customer would be on the lists twice or never",
        got=got,
        mend=f"take lists.lost out, or ask about those not lost yet (churn.kind: {' or '.join(NOT_LOST)})",
    )


def _require_same_money(main: Project, own: Project, mine: str | None, its: str | None) -> None:
    """Raise ConfigError where one cut cannot be put through the values of both."""
    days = [project.value.horizon_days or project.churn.horizon_days for project in (main, own)]
    told = (
        ("value.horizon_days (or churn.horizon_days)", *days),
        ("value.discount_rate_annual", main.value.discount_rate_annual, own.value.discount_rate_annual),
        ("what the value is made of", mine, its),
    )
    for name, here, there in told:
        if here != there:
            raise ConfigError(
                f"lists.lost: {main.lists.lost}: {name} differs, and one cut of value is put through both",
                got=f"{here} here, {there} there",
                mend="set the same in both, and train again",
            )
