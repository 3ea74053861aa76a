"""Between scores and lists: who is kept off them, and what may be done for the others.

block of scored customers -> those who may be on a list, each with the actions they may get
                          -> an audit of those who may not: they go no further than that
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.campaign import Action
from churnlab.lists import audit
from churnlab.lists.scored import ScoredCustomers
from churnlab.lists.suppression import BIT, Contact, Permissions
from churnlab.strategy.actions import Flags, People, candidates, moment_bits

MOST = 63  # actions: what is allowed of them is kept as bits of one whole number


@dataclass
class Screen:
    """Blocks go through ``sift``; ``excluded`` is what it kept off the lists. ``zone``: for its dates.

    ``permissions``: None where nobody is suppressed. ``actions``: () without a campaign.
    """

    permissions: Permissions | None
    actions: Sequence[Action]
    zone: str
    _audit: list[Any] = field(default_factory=list)
    _agreed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if len(self.actions) > MOST:
            raise ValueError(f"a campaign has at most {MOST} actions; got {len(self.actions)}")

    def sift(self, block: ScoredCustomers) -> tuple[ScoredCustomers, NDArray[np.uint64]]:
        """Who of ``block`` may be on a list, and which actions each of them may get, as bits."""
        if self.permissions is None:
            return block, packed(np.ones((len(block), len(self.actions)), dtype=np.bool_))
        import pyarrow as pa

        ids = pa.array(block.customer_id, pa.string())
        if self.actions:
            verdicts = self.permissions.verdicts(ids, contacts(self.actions))
            thought_of = candidates(self.actions, people(block))
            self._agreed |= {*np.flatnonzero(~(verdicts.closed & BIT["no_consent"]).all(axis=0)).tolist()}
        else:
            # A list without actions is for marketing all the same: somebody must have agreed to some.
            verdicts, thought_of = self.permissions.verdicts(ids, self.permissions.any_contact()), None
        kept = verdicts.reasons(thought_of) == 0
        if not kept.all():
            out = audit.rows(block.customer_id, block.quadrant, verdicts, self.zone, thought_of)
            self._audit.append(audit.with_places(out, block.take(~kept)))
        allowed = verdicts.allowed[kept] if self.actions else np.ones((int(kept.sum()), 0), dtype=np.bool_)
        return block.take(kept), packed(allowed)

    @property
    def unheard(self) -> list[Action]:
        """The actions to whose channel and purpose not one of the customers has agreed."""
        if self.permissions is None:
            return []
        return [action for place, action in enumerate(self.actions) if place not in self._agreed]

    @property
    def excluded(self) -> Any:
        """Everybody who was kept off, as an Arrow table; their order follows from their ids."""
        return audit.joined(self._audit)


def contacts(actions: Sequence[Action]) -> list[Contact]:
    """What each action asks of a customer's permission."""
    return [
        Contact(
            action.channel,
            action.consent_purpose,
            action.kind,
            action.action_id,
            action.cooldown_days,
            action.yearly_cap,
        )
        for action in actions
    ]


def people(block: ScoredCustomers) -> People:
    """What decides about actions, of a block."""
    nothing = np.full(len(block), None, dtype=object)
    return People(
        block.quadrant,
        nothing if block.phase is None else block.phase,
        moment_bits(nothing if block.moments is None else block.moments.codes),
        block.churn_risk,
        np.full(len(block), np.nan) if block.worth is None else block.worth.at_stake,
    )


def packed(allowed: Flags) -> NDArray[np.uint64]:
    """(n,) the (n, k) flags as bits.

    >>> packed(np.array([[True, False, True]])).tolist()
    [5]
    """
    weights = np.uint64(1) << np.arange(allowed.shape[1], dtype=np.uint64)
    return np.asarray((allowed * weights).sum(axis=1, dtype=np.uint64))


def unpacked(bits: NDArray[np.uint64], actions: int) -> Flags:
    """(n, k) the flags that ``packed`` was given."""
    places = np.arange(actions, dtype=np.uint64)
    return np.asarray((bits[:, None] >> places) & np.uint64(1), dtype=np.bool_)
