"""Is the control group large enough to see the effect? Told before the list is exported.

    controls needed    n = 7.85 [p0 q0 + p1 q1 (controls / treated)] / (p0 - p1)^2

p0 is the churn expected without any contact, p1 with it, q = 1 - p. 7.85 is (1.96 + 0.84)^2: 95 %
confidence, two-sided, and an effect of that size is found four times in five. The smallest effect that
the groups at hand can show is the same equation, a quadratic in p1, solved the other way round.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

CERTAINTY = 7.85


@dataclass(frozen=True)
class SizeCheck:
    """``expected``: churn without and with the contact. ``needed_control``, ``needed``: controls, and
    customers in all; None where no effect is expected. ``detectable``: the smallest fall of churn that
    these groups show, None where even keeping everybody would not show.
    """

    control: int
    treated: int
    expected: tuple[float, float]
    needed_control: int | None
    needed: int | None
    detectable: float | None

    @property
    def enough(self) -> bool:
        """Whether the expected effect will show."""
        without, with_contact = self.expected
        return self.detectable is not None and without - with_contact >= self.detectable

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "enough": self.enough}


def check(control: int, treated: int, without: float, with_contact: float) -> SizeCheck:
    """Groups of these sizes, for churn expected to fall from ``without`` to ``with_contact``.

    >>> found = check(1_802, 16_218, 0.25, 0.22)
    >>> found.needed_control, found.needed, found.enough, round(found.detectable, 4)
    (1802, 18020, True, 0.03)
    """
    if not 0 <= with_contact <= without <= 1:
        raise ValueError(f"churn must lie in 0..1, and fall; got {without} to {with_contact}")
    controls, customers = None, None
    if control and treated and with_contact < without:
        controls, customers = needed(without, with_contact, control / (control + treated))
    smallest = detectable(control, treated, without)
    return SizeCheck(control, treated, (without, with_contact), controls, customers, smallest)


def needed(without: float, with_contact: float, share: float) -> tuple[int, int]:
    """Controls, and customers in all, where ``share`` of them are controls.

    >>> needed(0.25, 0.22, 0.10)
    (1802, 18020)
    """
    if not 0 < share < 1 or without == with_contact:
        raise ValueError("a share of control between 0 and 1, and an effect, are needed")
    spread = without * (1 - without) + with_contact * (1 - with_contact) * share / (1 - share)
    control = int(np.ceil(round(CERTAINTY * spread / (without - with_contact) ** 2, 6)))
    return control, int(np.ceil(round(control / share, 6)))


def detectable(control: int, treated: int, without: float) -> float | None:
    """The smallest fall from ``without`` that groups of these sizes show; None where there is none.

    >>> round(detectable(500, 4_500, 0.25), 4), detectable(10, 90, 0.25)
    (0.0567, None)
    """
    if not control or not treated:
        return None
    n, k = float(control), CERTAINTY * control / treated
    # (n + k) p1^2 - (2 n p0 + k) p1 + n p0^2 - 7.85 p0 q0 = 0, the lower root.
    half = (2 * n * without + k) / 2
    rest = n * without**2 - CERTAINTY * without * (1 - without)
    if rest < 0:
        return None
    lowest = (half - np.sqrt(half**2 - (n + k) * rest)) / (n + k)
    return float(without - lowest)
