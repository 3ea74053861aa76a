"""Who is on no list where two projects ask: those not lost yet by one, those lost already by the other.

    known before the date   =   at risk  +  lost already, listed   +  left out, by reason

    main     scored                 | already_lost                        | not_enough_orders, ...
    second   not_lost, or too few   | listed     | fewer orders than ITS snapshots.min_orders
                                                   -> lost_not_enough_orders

Nobody is left out without a reason: where these numbers do not add up, there are no lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from churnlab.errors import IntegrityError

LOST, FEW_ORDERS = "already_lost", "not_enough_orders"
LOST_FEW_ORDERS = "lost_not_enough_orders"


@dataclass
class Sifted:
    """What became of everybody one project asked about. ``min_orders``: how many orders it asks for."""

    min_orders: int
    taken: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, taken: int, reasons: Mapping[str, int]) -> None:
        """Count some more: ``taken`` have a row, the others a reason."""
        self.taken += taken
        self.reasons.update(reasons)

    @property
    def asked(self) -> int:
        """Everybody who was looked at."""
        return self.taken + sum(self.reasons.values())


def of_both(main: Sifted, second: Sifted) -> dict[str, int]:
    """Reason -> customers whom neither project lists.

    Of two customers whom the first calls lost, the second wants four orders and one has two:

    >>> of_both(Sifted(1, 5, Counter(already_lost=2)), Sifted(4, 1, Counter(not_lost=3, not_enough_orders=3)))
    {'lost_not_enough_orders': 1}

    Or the second asks for fewer orders, and lists one whom the first had set aside for that:

    >>> of_both(Sifted(4, 5, Counter(not_enough_orders=2)), Sifted(1, 1, Counter(not_lost=6)))
    {'not_enough_orders': 1}

    Raises ``IntegrityError`` where the two do not add up to everybody.
    """
    found = Counter(main.reasons)
    lost = found.pop(LOST, 0)
    if second.min_orders > main.min_orders:
        found[LOST_FEW_ORDERS] = lost - second.taken
    elif second.min_orders < main.min_orders:
        found[FEW_ORDERS] -= second.taken - lost
    _require_everybody(main, second, found)
    return {reason: rows for reason, rows in found.items() if rows}


def _require_everybody(main: Sifted, second: Sifted, found: Counter[str]) -> None:
    told = main.taken + second.taken + sum(found.values())
    if main.asked == second.asked == told and min(found.values(), default=0) >= 0:
        return
    raise IntegrityError(
        "no list: customers would be on the lists twice, or left out without a reason",
        got=f"{main.asked:,} known by this project, {second.asked:,} by that of lists.lost; "
        f"{main.taken:,} + {second.taken:,} listed and {sum(found.values()):,} left out",
        mend="this is not the input's fault: report it; the lists published before are intact",
    )
