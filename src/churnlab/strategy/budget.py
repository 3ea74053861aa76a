"""Who is on the list when money and channels are limited: from the best customer down, as long as it fits.

    order   treat before test; then saved value, or where money is what runs out saved value per expected
            cost; ties by value at stake, then by the bytes of the id
    turn    a customer is on the list if its channel has room and its cost fits what is left. The treated
            use up room and money; those drawn as control use nothing.

Whether a customer is on the list never depends on its own arm, only on the arms of those before it. So
those drawn as control are a random part of the very list that is treated: same order, same cuts.

    turn          1        2          3        4          5      budget 10, costs 4, 4, 4, 4, 2
    drawn as      treated  control    treated  treated    treated
    left before   10       6          6        2          2
    on the list   yes      yes        yes      no         yes    8 are spent on 1 and 3, 2 on 5

Where a cost no longer fits, a smaller one further down may. Money is in whole minor units: the sum of
what the list shows never exceeds the budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.actions import texts
from churnlab.strategy.priority import NO_ACTION, TEST, Codes, Floats

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

SELECTED, CHANNEL_FULL, OVER_BUDGET, TEST_CAP = 0, 1, 2, 3
OUTCOMES = ("", "channel_full", "over_budget", "test_cap")  # why a candidate is not on the list
LARGEST = 10**11  # minor units one contact may cost: sums over ten million customers stay exact


@dataclass(frozen=True)
class Limits:
    """What may still be spent. None: no such limit. Money in whole minor units.

    ``channels``: channel -> contacts. ``tests``, ``test_cost``: of decision test, within the rest.
    """

    budget: int | None = None
    channels: Mapping[str, int] | None = None
    tests: int | None = None
    test_cost: int | None = None

    def __post_init__(self) -> None:
        for given in (self.budget, self.tests, self.test_cost, *(self.channels or {}).values()):
            if given is not None and given < 0:
                raise ValueError(f"a limit must be 0 or more; got {given}")

    def set_aside(self, share: float) -> tuple[Self, Self]:
        """The same less ``share`` of money and contacts, and that share as limits of their own.

        >>> kept, aside = Limits(1_000, {"phone": 250}).set_aside(0.01)
        >>> (kept.budget, kept.channels), (aside.budget, aside.channels)
        ((990, {'phone': 248}), (10, {'phone': 2}))
        """
        channels = {name: int(room * share) for name, room in (self.channels or {}).items()}
        budget = None if self.budget is None else int(self.budget * share)
        left = {name: room - channels[name] for name, room in (self.channels or {}).items()}
        less = None if self.budget is None or budget is None else self.budget - budget
        return replace(self, budget=less, channels=left), type(self)(budget, channels)

    def joined(self, other: Limits) -> Self:
        """These limits with what is left of ``other``."""
        channels = {name: room + (other.channels or {})[name] for name, room in (self.channels or {}).items()}
        both = None if self.budget is None or other.budget is None else self.budget + other.budget
        return replace(self, budget=both, channels=channels)

    def full(self) -> frozenset[str]:
        """Channels without room."""
        return frozenset(name for name, room in (self.channels or {}).items() if room == 0)


def minor(amounts: Floats, exponent: int) -> Ints:
    """Whole minor units of amounts that are rounded to them already. NaN is 0."""
    units = np.rint(np.nan_to_num(amounts) * 10**exponent)
    if (np.abs(units) > 2.0**62).any():
        raise ValueError(f"an amount is beyond 64 bits of minor units: {np.abs(units).max():g}")
    return np.asarray(units, np.int64)


def ranked(
    ids: Any, decision: Codes, saved: Floats, cost: Floats, stake: Floats, *, by_cost: bool, exponent: int = 2
) -> Ints:
    """The rows of those to be contacted, best first; the order of the rows does not matter.

    ``ids``: texts, (n,), numpy or Arrow. ``saved``, ``cost``, ``stake``: major units, (n,).
    ``by_cost``: saved value per expected cost, for a limit of money; who costs nothing comes first.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = np.flatnonzero(decision > NO_ACTION)
    earned, paid = (minor(each[rows], exponent) for each in (saved, cost))
    first, free = earned.astype(np.float64), np.zeros(len(rows), np.int64)
    if by_cost:
        first = np.divide(earned, paid, out=np.full(len(rows), np.inf), where=paid > 0)
        free = np.where(paid == 0, earned, 0)  # infinitely good all of them: the most saved comes first
    table = pa.table(
        {
            "decision": decision[rows],
            "first": first,
            "free": free,
            "stake": stake[rows],
            "id": texts(ids).take(pa.array(rows)).cast(pa.binary()),
        }
    )
    keys = [(name, "ascending" if name == "id" else "descending") for name in table.column_names]
    return np.asarray(rows[pc.sort_indices(table, sort_keys=keys).to_numpy()])


@dataclass(frozen=True, eq=False)
class Selection:
    """``outcome``: (n,) codes into ``OUTCOMES``, of all rows that had a turn. ``left``: the limits after."""

    outcome: Codes
    left: Limits


def select(
    order: Ints,
    channel: Sequence[str],
    place: Ints,
    cost: Ints,
    control: Flags,
    decision: Codes,
    limits: Limits,
) -> Selection:
    """Who of ``order`` is on the list.

    ``channel``: the channel of each action; ``place``: (n,) the action of each customer. ``cost``: (n,)
    minor units. ``control``: (n,) who is left alone if selected. ``decision``: (n,).
    """
    if len(cost) and (cost.max() > LARGEST or cost.min() < 0):
        raise ValueError(f"a contact costs 0 to {LARGEST} minor units; got {cost.min()} to {cost.max()}")
    names = sorted(set(channel))
    codes = np.array([names.index(name) for name in channel], np.int64)[place]
    room = np.array([(limits.channels or {}).get(name, -1) for name in names], np.int64)
    desk = _Desk(codes, cost, ~control, room, np.full(len(cost), SELECTED, np.int8))
    tests = decision[order] == TEST
    money = desk.serve(order[~tests], limits.budget, None, over=OVER_BUDGET)
    purse = min((each for each in (money, limits.test_cost) if each is not None), default=None)
    tight = TEST_CAP if purse is not None and purse != money else OVER_BUDGET
    rest = desk.serve(order[tests], purse, limits.tests, over=tight)
    spent = 0 if purse is None or rest is None else purse - rest
    used = int((desk.uses[order] & tests & (desk.outcome[order] == SELECTED)).sum())
    left = Limits(
        None if money is None else money - spent,
        {name: int(room[names.index(name)]) if name in names else each for name, each in _rooms(limits)},
        None if limits.tests is None else limits.tests - used,
        None if limits.test_cost is None else limits.test_cost - spent,
    )
    return Selection(desk.outcome, left)


def _rooms(limits: Limits) -> list[tuple[str, int]]:
    return list((limits.channels or {}).items())


def money_runs_out(
    order: Ints, channel: Sequence[str], place: Ints, cost: Ints, decision: Codes, limits: Limits
) -> bool:
    """Whether money, and not channels, would end a list in this order if everyone on it were treated.

    Nobody's arm is asked: what order a list has must not depend on who is left alone.
    """
    if limits.budget is None:
        return False
    nobody = np.zeros(len(cost), dtype=np.bool_)
    made = select(order, channel, place, cost, nobody, decision, limits)
    return bool((made.outcome == OVER_BUDGET).any())


@dataclass(frozen=True, eq=False)
class _Desk:
    """Customers served in their order. ``room``: per channel, -1 without limit; used up on the way."""

    channel: Ints
    cost: Ints
    uses: Flags
    room: Ints
    outcome: Codes

    def serve(self, rows: Ints, money: int | None, places: int | None, *, over: int) -> int | None:
        """The money left. ``over``: the outcome where money is missing."""
        left, free = money, places
        while len(rows):
            open_, placed = self._room(rows, free)
            stop = len(rows) if left is None else self._first_misfit(rows, open_ & placed, left)
            self.outcome[rows[:stop][~open_[:stop]]] = CHANNEL_FULL
            self.outcome[rows[:stop][open_[:stop] & ~placed[:stop]]] = TEST_CAP
            taken = rows[:stop][(open_ & placed)[:stop]]
            taken = taken[self.uses[taken]]
            np.subtract.at(self.room, self.channel[taken][self.room[self.channel[taken]] >= 0], 1)
            if left is not None:
                left -= int(self.cost[taken].sum())
            if free is not None:
                free -= len(taken)
            rows = self._still_fits(rows[stop:], left, over)
        return left

    def _room(self, rows: Ints, free: int | None) -> tuple[Flags, Flags]:
        """Whose channel has room at its turn, and for whom there is a place, if money were no object."""
        uses, channel = self.uses[rows], self.channel[rows]
        open_ = np.ones(len(rows), dtype=np.bool_)
        for code in np.flatnonzero(self.room >= 0).tolist():
            mine = channel == code
            open_[mine] = _before(uses[mine]) < self.room[code]
        placed = np.ones(len(rows), dtype=np.bool_)
        if free is not None:
            placed = _before(uses & open_) < free
        return open_, placed

    def _first_misfit(self, rows: Ints, in_turn: Flags, left: int) -> int:
        cost = self.cost[rows]
        misfit = in_turn & (_before(np.where(in_turn & self.uses[rows], cost, 0)) + cost > left)
        found = np.flatnonzero(misfit)
        return int(found[0]) if len(found) else len(rows)

    def _still_fits(self, rows: Ints, left: int | None, over: int) -> Ints:
        if left is None:
            return rows
        fits = self.cost[rows] <= left
        full = self.room[self.channel[rows]] == 0
        self.outcome[rows[~fits]] = over
        self.outcome[rows[full]] = CHANNEL_FULL
        return np.asarray(rows[fits & ~full])


def _before(amounts: NDArray[Any]) -> Ints:
    """What those before each row use up."""
    counted = amounts.astype(np.int64)
    return np.cumsum(counted) - counted


@dataclass(frozen=True, eq=False)
class BudgetCurve:
    """Money by list size, (m + 1,) each, major units: from nobody to every candidate, in list order."""

    size: Ints
    cost: Floats
    saved: Floats

    @classmethod
    def of(cls, order: Ints, saved: Floats, cost: Floats, exponent: int = 2) -> Self:
        """``order``: see ``ranked``. Every sum is of whole minor units.

        >>> curve = BudgetCurve.of(np.array([1, 0]), np.array([5.0, 9.0]), np.array([2.0, 4.0]))
        >>> curve.size.tolist(), curve.cost.tolist(), curve.saved.tolist()
        ([0, 1, 2], [0.0, 4.0, 6.0], [0.0, 9.0, 14.0])
        """
        sums = [
            np.append(0, np.cumsum(minor(each, exponent)[order])) / 10**exponent for each in (cost, saved)
        ]
        return cls(np.arange(len(order) + 1), *sums)
