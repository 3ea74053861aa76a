"""Which actions fit a customer, and which of those that are allowed saves most.

    fits     quadrant, phase and moments are among those of the action; a list left empty means any
             while a complaint is open: service only
             where an overlay fits (a welcome, whatever the quadrant): overlays only
    allowed  consent, objection, cooldown, yearly cap: told by who knows, one flag per customer and action
    best     the highest saved value; of equal ones the first in the catalogue

What fits follows from a handful of combinations of quadrant, phase and moments, worked out once each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.campaign import MOMENTS, QUADRANTS, Action
from churnlab.errors import did_you_mean
from churnlab.strategy.priority import NO_ACTION, Codes, Floats, Priority

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
NONE = -1  # no action
CALLS = frozenset({"phone"})  # channels that are never used below break-even for whom effort is rationalised


@dataclass(frozen=True, eq=False)
class People:
    """What decides about actions, (n,) each.

    ``quadrant``, ``phase``: texts, numpy or Arrow; a phase may be null where it is not known. ``moments``:
    bits of ``MOMENTS``. ``risk``: 0 to 1. ``stake``: value at stake, major units. Who has no risk or
    value (NaN), or no quadrant, gets no action.
    """

    quadrant: Any
    phase: Any
    moments: Ints
    risk: Floats
    stake: Floats

    def __len__(self) -> int:
        return len(self.risk)

    def take(self, rows: Any) -> Self:
        """The same with some of the rows: a mask or positions."""
        named = (texts(each).to_numpy(zero_copy_only=False) for each in (self.quadrant, self.phase))
        quadrant, phase = (each[rows] for each in named)
        return type(self)(quadrant, phase, self.moments[rows], self.risk[rows], self.stake[rows])


def texts(values: Any) -> Any:
    """Texts, numpy or Arrow, as one Arrow array of strings."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(pa.string()) if isinstance(values, pa.Array) else pa.array(values, pa.string())


def moment_bits(moments: Any, separator: str = "+") -> Ints:
    """Moments written as text, such as ``"rhythm_slip+value_drop"``, as bits, (n,); null: none.

    >>> moment_bits(["rhythm_slip", None, "complaint_open+rhythm_slip"]).tolist()
    [4, 0, 12]
    """
    written, place = coded(moments)
    return np.array([_bits(text.split(separator)) if text else 0 for text in written], np.int64)[place]


def _bits(codes: Iterable[str]) -> int:
    found = 0
    for code in codes:
        if code not in MOMENTS:
            raise ValueError(f"unknown moment {code!r}{did_you_mean(code, MOMENTS)}")
        found |= 1 << MOMENTS.index(code)
    return found


def candidates(actions: Sequence[Action], people: People) -> Flags:
    """(n, actions) which actions come into question for each customer, before anyone asks what is allowed."""
    table, combination = fits(actions, people)
    return np.asarray(table[combination])


_COMPLAINT = _bits(["complaint_open"])


def fits(actions: Sequence[Action], people: People, *, explore: bool = False) -> tuple[Flags, Ints]:
    """Which actions are for whom: (combinations, actions), and the combination of each customer, (n,).

    ``explore``: for the random slice of those not selected, which has actions of its own.
    """
    quadrants, quadrant = coded(people.quadrant)
    phases, phase = coded(people.phase)
    moments, moment = np.unique(people.moments, return_inverse=True)
    keys = (quadrant * len(phases) + phase) * len(moments) + moment
    found, combination = np.unique(keys, return_inverse=True)
    table = np.zeros((len(found), len(actions)), dtype=np.bool_)
    for row, key in enumerate(found.tolist()):
        rest, bits = divmod(key, len(moments))
        place, when = divmod(rest, len(phases))
        table[row] = _fitting(actions, quadrants[place], phases[when], int(moments[bits]), explore=explore)
    return table, combination


def coded(values: Any) -> tuple[list[str | None], Ints]:
    """The different texts, the last of them null, and the place of each one's text, (n,)."""
    encoded = texts(values).dictionary_encode()
    names = encoded.dictionary.to_pylist()
    return [*names, None], encoded.indices.fill_null(len(names)).to_numpy().astype(np.int64)


def _fitting(
    actions: Sequence[Action], quadrant: str | None, phase: str | None, moments: int, *, explore: bool
) -> Flags:
    if quadrant not in QUADRANTS:
        return np.zeros(len(actions), dtype=np.bool_)
    complaint = moments & _COMPLAINT
    flags = np.array(
        [
            quadrant in (action.quadrants or QUADRANTS)
            and (not action.phases or phase in action.phases)
            and (not action.moments or bool(moments & _bits(action.moments)))
            and (not complaint or action.kind == "service")
            and (explore or not action.explore_only)
            and not (explore and quadrant == "rationalise" and action.channel in CALLS)
            for action in actions
        ],
        dtype=np.bool_,
    )
    overlay = np.array([action.overlay for action in actions], dtype=np.bool_)
    return flags & overlay if (flags & overlay).any() else flags


@dataclass(frozen=True, eq=False)
class Choice:
    """The best action of each customer, (n,) each. Money: major units, NaN where there is no action.

    ``action``: place in the catalogue, or ``NONE``. ``decision``: codes into ``DECISIONS``; who has an
    action that does not pay keeps it, and is not contacted. ``saved``, ``low``, ``cost``: see ``Priority``.
    """

    action: Ints
    saved: Floats
    low: Floats
    cost: Floats
    decision: Codes

    @classmethod
    def nothing(cls, customers: int) -> Self:
        """No action for anybody yet."""
        saved, low, cost = (np.full(customers, np.nan) for _ in range(3))
        return cls(np.full(customers, NONE), saved, low, cost, np.full(customers, NO_ACTION, np.int8))

    def put(self, rows: Ints, action: int, found: Priority) -> None:
        """Make this the action of ``rows`` where it saves more than the one they have."""
        better = np.isnan(self.saved[rows]) | (found.saved > self.saved[rows])
        where = rows[better]
        self.action[where] = action
        for name in ("saved", "low", "cost", "decision"):
            getattr(self, name)[where] = getattr(found, name)[better]

    def take(self, rows: Any) -> Self:
        """The same with some of the rows: a mask or positions."""
        return type(self)(
            *(getattr(self, each)[rows] for each in ("action", "saved", "low", "cost", "decision"))
        )

    def replace(self, rows: Ints, other: Choice) -> None:
        """Take the choices of ``other``, one for each of ``rows``."""
        for name in ("action", "saved", "low", "cost", "decision"):
            getattr(self, name)[rows] = getattr(other, name)


def choose(
    actions: Sequence[Action],
    people: People,
    allowed: Flags | None = None,
    *,
    exponent: int = 2,
    explore: bool = False,
) -> Choice:
    """The best action that fits and is allowed, for each customer.

    ``allowed``: (n, actions), or None where nothing is forbidden. ``exponent``: decimals of the currency.
    """
    shape = (len(people), len(actions))
    if allowed is not None and allowed.shape != shape:
        raise ValueError(f"allowed must be of shape {shape}, customers and actions; got {allowed.shape}")
    table, combination = fits(actions, people, explore=explore)
    known = np.isfinite(people.risk) & np.isfinite(people.stake)
    choice = Choice.nothing(len(people))
    for place, action in enumerate(actions):
        wanted = table[combination, place] & known
        if allowed is not None:
            wanted &= allowed[:, place]
        rows = np.flatnonzero(wanted)
        if len(rows):
            choice.put(rows, place, Priority.of(action, people.risk[rows], people.stake[rows], exponent))
    return choice
