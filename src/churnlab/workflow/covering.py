"""Did the intervals of value hold at the test date? What a training tells people, machines and its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.coverage import Coverage, coverages
from churnlab.models.pace import ACTIVE
from churnlab.models.value import ValueModel
from churnlab.panel import Panel

Floats = NDArray[np.float64]
TENTH = "decile "
TITLE = "Did the intervals of value hold? 10 % should lie above, 10 % at most below"


@dataclass(frozen=True)
class Held:
    """``groups``: all, those who bought once and again, and tenths of expected value.

    ``ratio``: what all customers together brought, in multiples of what was expected; ``usual``: its least
    and most on the dates learned from, None where nobody knows.
    """

    groups: tuple[Coverage, ...]
    ratio: float
    usual: tuple[float, float] | None

    @classmethod
    def at(
        cls, model: ValueModel, test: Panel, risk: Floats, retained: Floats, expected: Floats
    ) -> Held | None:
        """Of the rows ``test``; None where no value of theirs is known, or none was expected.

        ``risk``, ``retained``, ``expected``: (n,) what the models say of them.
        """
        known = np.isfinite(test.value)
        if not known.any() or expected[known].sum() <= 0:
            return None
        split = {}
        if ACTIVE in test.names:
            often = test.number(ACTIVE) > 1
            split = {"bought once": ~often, "bought again": often}
        low, high = model.interval(test, risk, retained)
        groups = coverages(test.value, low, high, expected, split, test.customer_id)
        return cls(groups, float(test.value[known].sum() / expected[known].sum()), model.total)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        usual = None if self.usual is None else list(self.usual)
        return {"groups": [asdict(group) for group in self.groups], "total": self.ratio, "usual": usual}

    def metrics(self) -> dict[str, float]:
        """For the run: how often the interval held in each group, and the total."""
        shares = {f"value.coverage.{each.group.replace(' ', '_')}": each.within for each in self.groups}
        return shares | {"value.total_to_expected": self.ratio}

    def section(self) -> Mapping[str, Any]:
        """A table of the groups, and a line each of the tenths and of the total."""
        named = [each for each in self.groups if not each.group.startswith(TENTH)]
        return {
            "title": TITLE,
            "columns": ("customers", "rows", "below", "within", "above"),
            "rows": [
                (each.group, f"{each.n:,}", *(f"{x:.1%}" for x in (each.below, each.within, each.above)))
                for each in named
            ],
            "lines": [f"  {line}" for line in self._lines()],
        }

    def _lines(self) -> Iterator[str]:
        tenths = [each for each in self.groups if each.group.startswith(TENTH)]
        if tenths:
            above = [each.above for each in tenths]
            yield f"by tenths of expected value {min(above):.1%} to {max(above):.1%} lay above"
        told = f"all customers together brought {self.ratio:.2f} times what was expected"
        if self.usual is not None:
            low, high = self.usual
            where = "within" if low <= self.ratio <= high else "outside"
            told += f"; on the dates learned from {low:.2f} to {high:.2f} times: {where}"
        yield told
