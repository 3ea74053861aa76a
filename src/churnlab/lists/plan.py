"""A campaign planned: who gets which action, who is left alone, and why the others get nothing.

    eligible -> not suppressed -> not held out -> best action -> treat, test or nothing -> ranked
             -> drawn as control or not -> cut to budget and channels -> explore among the rest

Where parents are contacted once, the holdout is drawn by the parent, with all its accounts, and only the
account that would save most is a candidate: the others of the same parent have no action from there on,
whatever becomes of it.

Who is suppressed, and who may not get an action, never becomes control. Where a channel is full, those
it has no room for get the next best action in a channel with room, after everyone's first choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.campaign import Action, Campaign
from churnlab.errors import IntegrityError
from churnlab.lists import control, size_check
from churnlab.lists.control import CONTROL, EXPLORE, HOLDOUT, NOBODY, TREATED
from churnlab.lists.size_check import SizeCheck
from churnlab.strategy import budget
from churnlab.strategy.accounts import best_of_each, codes
from churnlab.strategy.actions import NONE, Choice, Flags, Ints, People, choose
from churnlab.strategy.budget import CHANNEL_FULL, SELECTED, Limits, minor, ranked
from churnlab.strategy.priority import NO_ACTION, TEST, TREAT, offer_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plan:
    """One row for each customer, in the order given, (n,) each.

    ``arm``: codes into ``control.ARMS``. ``choice``: the action thought of, whether or not it is done:
    done for whom ``arm`` says treated or explore. ``outcome``: codes into ``budget.OUTCOMES``, why a
    candidate is not on the list. ``rank``: 1 for the best of those on it, control included; 0: not on it.
    ``share``: of control among those with the same decision. ``left``: what the limits leave.
    ``kept``: whose action is left for another account of the same parent.
    """

    arm: NDArray[np.int8]
    choice: Choice
    outcome: NDArray[np.int8]
    rank: Ints
    share: Floats
    left: Limits
    kept: Flags

    @property
    def contacted(self) -> Flags:
        """Who is contacted: treated, or explored."""
        return np.asarray((self.arm == TREATED) | (self.arm == EXPLORE))

    def spent(self, exponent: int = 2) -> int:
        """Expected cost of all contacts, minor units."""
        return int(minor(self.choice.cost[self.contacted], exponent).sum())


def limits_of(campaign: Campaign, exponent: int = 2) -> Limits:
    """The campaign's limits in minor units; a part of a unit is not spent."""

    def units(amount: float | None) -> int | None:
        return None if amount is None else math.floor(round(amount * 10**exponent, 6))

    cap = campaign.test_budget
    return Limits(units(campaign.budget), dict(campaign.capacity), cap.customers, units(cap.cost))


def plan(
    ids: Any,
    people: People,
    campaign: Campaign,
    salt: str,
    allowed: Flags | None = None,
    *,
    exponent: int = 2,
    parent: Any = None,
) -> Plan:
    """Who gets which action. ``campaign.actions`` are those of a loaded configuration.

    ``ids``: texts, (n,), each once. ``salt``: the secret itself. ``allowed``: (n, actions), False where
    consent, objection, cooldown or a cap forbid it, and in the whole row of who is suppressed or not
    eligible; None: nothing is forbidden. ``exponent``: decimals of the currency. ``parent``: texts, (n,), the
    parent's id, or the account's own where it has none: of the accounts of one parent at most one is
    contacted, or left alone to measure by, and all or none are held out; None: each stands alone.
    """
    if not campaign.actions:
        raise ValueError("a campaign gets its actions when the configuration is loaded: use config.load")
    actions = campaign.actions
    allowed = np.ones((len(people), len(actions)), dtype=np.bool_) if allowed is None else allowed.copy()
    # One decision maker, one draw: a sibling's contact would reach who is never to be contacted.
    drawn_by = ids if parent is None else parent
    held = control.drawn(control.holdout_draws(drawn_by, salt, campaign.epoch), campaign.holdout)
    arm = np.where(held & allowed.any(axis=1), HOLDOUT, NOBODY).astype(np.int8)
    allowed[held] = False
    own, aside = limits_of(campaign, exponent).set_aside(campaign.explore)
    together = None if parent is None else codes(parent)[0]
    desk = _Selecting(ids, people, campaign, actions, exponent, together)
    left_alone, explored = control.campaign_draws(ids, salt, campaign.name)
    choice = choose(actions, people, allowed, exponent=exponent)
    kept = desk.keep_one(choice)
    outcome, by_cost, left = desk.selected(choice, allowed, left_alone, own)
    listed = (choice.decision > NO_ACTION) & (outcome == SELECTED)
    share = desk.share(choice)
    alone = control.drawn(left_alone, share)
    arm[listed] = np.where(alone[listed], CONTROL, TREATED)
    wanted = np.flatnonzero(desk.without_listed(listed) & control.drawn(explored, campaign.explore))
    left = desk.explore(wanted, explored, allowed, choice, arm, left.joined(aside))
    _refuse_control_treated(arm, held, alone)
    desk.refuse_twice(arm)
    ranks = desk.rank(choice, listed, by_cost=by_cost)
    return Plan(arm, choice, outcome, ranks, share, left, kept & (arm == NOBODY))


def _refuse_control_treated(arm: NDArray[np.int8], held: Flags, alone: Flags) -> None:
    """Looked at once more, after everything: nobody drawn to be left alone is contacted."""
    contacted = (arm == TREATED) | (arm == EXPLORE)
    wrong = int(((contacted & held) | ((arm == TREATED) & alone)).sum())
    if wrong:
        raise IntegrityError(
            "no list: a campaign contacts customers who were drawn to be left alone",
            got=f"{wrong:,} customers",
            mend="this is not the input's fault: report it; the lists published before are intact",
        )


@dataclass(frozen=True, eq=False)
class _Selecting:
    ids: Any
    people: People
    campaign: Campaign
    actions: Sequence[Action]
    exponent: int
    parent: Ints | None

    @property
    def channels(self) -> list[str]:
        return [action.channel for action in self.actions]

    def share(self, choice: Choice) -> Floats:
        cap = self.campaign.test_budget
        return np.where(choice.decision == TEST, cap.control, self.campaign.control)

    def keep_one(self, choice: Choice) -> Flags:
        """Of the candidates of each parent leave the one that saves most; (n,) the others, who had one."""
        kept = np.zeros(len(self.people), dtype=np.bool_)
        candidates = choice.decision > NO_ACTION
        if self.parent is None or not candidates.any():
            return kept
        # Whether an effect is proven is a matter of the action: here only what is saved counts.
        alike = np.where(candidates, TREAT, NO_ACTION).astype(np.int8)
        order = ranked(
            self.ids,
            alike,
            choice.saved,
            choice.cost,
            self.people.stake,
            by_cost=False,
            exponent=self.exponent,
        )
        kept = candidates & ~best_of_each(order, self.parent)
        choice.decision[kept] = NO_ACTION
        return kept

    def without_listed(self, listed: Flags) -> Flags:
        """(n,) who is not listed, and of no parent that anybody is listed of."""
        if self.parent is None:
            return ~listed
        return ~np.isin(self.parent, self.parent[listed])

    def refuse_twice(self, arm: NDArray[np.int8]) -> None:
        """Looked at once more: no parent has two accounts that are contacted, or left alone to measure by."""
        if self.parent is None:
            return
        drawn = self.parent[np.isin(arm, (TREATED, CONTROL, EXPLORE))]
        twice = len(drawn) - len(np.unique(drawn))
        if twice:
            raise IntegrityError(
                "no list: a campaign contacts several accounts of one parent",
                got=f"{twice:,} accounts too many",
                mend="this is not the input's fault: report it; the lists published before are intact",
            )

    def selected(
        self, choice: Choice, allowed: Flags, draws: control.Draws, limits: Limits
    ) -> tuple[Any, bool, Limits]:
        outcome = np.full(len(self.people), SELECTED, np.int8)
        waiting = choice.decision > NO_ACTION
        by_cost = self._by_cost(choice, limits)
        while waiting.any():
            order = self._order(choice, waiting, by_cost=by_cost)
            alone = control.drawn(draws, self.share(choice))
            made = budget.select(
                order, self.channels, choice.action, self._cost(choice), alone, choice.decision, limits
            )
            outcome[order], limits = made.outcome[order], made.left
            refused = waiting & (outcome == CHANNEL_FULL)
            waiting = self._elsewhere(refused, allowed, choice, limits)
        return outcome, by_cost, limits

    def _by_cost(self, choice: Choice, limits: Limits) -> bool:
        """Whether money is what runs out in the order of saved value, everyone's first choice taken."""
        if limits.budget is None:
            return False
        order = self._order(choice, choice.decision > NO_ACTION, by_cost=False)
        cost = self._cost(choice)
        return budget.money_runs_out(order, self.channels, choice.action, cost, choice.decision, limits)

    def _elsewhere(self, refused: Flags, allowed: Flags, choice: Choice, limits: Limits) -> Flags:
        """Give the refused their next best action; who has one waits again."""
        waiting = np.zeros(len(self.people), dtype=np.bool_)
        rows = np.flatnonzero(refused)
        if not len(rows) or not self.campaign.alternatives:
            return waiting
        open_ = np.array([channel not in limits.full() for channel in self.channels], dtype=np.bool_)
        other = choose(self.actions, self.people.take(rows), allowed[rows] & open_, exponent=self.exponent)
        pays = other.decision > NO_ACTION
        choice.replace(rows[pays], other.take(pays))
        waiting[rows[pays]] = True
        return waiting

    def explore(
        self, rows: Ints, draws: control.Draws, allowed: Flags, choice: Choice, arm: Any, limits: Limits
    ) -> Limits:
        """Contact some of those not selected, in the order of the draw, which knows nothing of them."""
        found = choose(
            self.actions, self.people.take(rows), allowed[rows], exponent=self.exponent, explore=True
        )
        there = found.action != NONE
        if self.parent is not None:
            in_turn = np.flatnonzero(there)[np.argsort(draws[rows[there]], kind="stable")]
            there = best_of_each(in_turn, self.parent[rows])
        rows, found = rows[there], found.take(there)
        order = np.argsort(draws[rows], kind="stable")
        everyone = np.full(len(rows), TREAT, np.int8)
        cost = minor(found.cost, self.exponent)
        free = np.zeros(len(rows), dtype=np.bool_)
        made = budget.select(order, self.channels, found.action, cost, free, everyone, limits)
        taken = made.outcome == SELECTED
        arm[rows[taken]] = EXPLORE
        choice.replace(rows[taken], found.take(taken))
        return made.left

    def rank(self, choice: Choice, listed: Flags, *, by_cost: bool) -> Ints:
        ranks = np.zeros(len(listed), np.int64)
        order = self._order(choice, listed, by_cost=by_cost)
        ranks[order] = np.arange(1, len(order) + 1)
        return ranks

    def _order(self, choice: Choice, among: Flags, *, by_cost: bool) -> Ints:
        decision = np.where(among, choice.decision, NO_ACTION).astype(np.int8)
        return ranked(
            self.ids,
            decision,
            choice.saved,
            choice.cost,
            self.people.stake,
            by_cost=by_cost,
            exponent=self.exponent,
        )

    def _cost(self, choice: Choice) -> Ints:
        return minor(choice.cost, self.exponent)


def sized(planned: Plan, actions: Sequence[Action], risk: Floats) -> SizeCheck:
    """Whether the control group can show what the treated are expected to gain. ``risk``: (n,)."""
    listed = (planned.arm == TREATED) | (planned.arm == CONTROL)
    p, after = risk[listed], risk[listed].copy()
    place = planned.choice.action[listed]
    for code in np.unique(place).tolist():
        mine = place == code
        offer = offer_of(actions[code], p[mine])
        after[mine] = p[mine] * (1 - np.asarray(offer.save_rate)) + (1 - p[mine]) * np.asarray(offer.backfire)
    without, with_contact = (math.fsum(each.tolist()) / max(len(each), 1) for each in (p, after))
    alone, treated = (int((planned.arm == code).sum()) for code in (CONTROL, TREATED))
    return size_check.check(alone, treated, without, min(without, with_contact))
