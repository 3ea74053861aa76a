"""What was seen of the customers of a shard, sent to the driver and counted together there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from churnlab.lists.gate import Gate
from churnlab.models.files import Models
from churnlab.strategy.summary import Sums
from churnlab.tables.money import exponent
from churnlab.workflow.cautions import Cautions
from churnlab.workflow.drifting import Drift
from churnlab.workflow.opening import Opened


@dataclass(frozen=True)
class Tally:
    """Gate, totals, cautions, drift, who was left out by reason: whole numbers, the same in any order."""

    gate: Gate
    sums: Sums
    cautions: Cautions
    drift: Drift
    excluded: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, opening: Opened, models: Models) -> Self:
        """Nobody was seen yet."""
        decimals = exponent(opening.project.currency)
        return cls(Gate(decimals), Sums(decimals), Cautions(opening, models), Drift.of(models))

    def note(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        seen = self.cautions
        return {
            "gate": asdict(self.gate),
            "sums": asdict(self.sums),
            "cautions": {
                "customers": seen.customers,
                "labelled": seen.labelled,
                "silent": seen.silent,
                "unseen": dict(seen.unseen),
            },
            "drift": self.drift.note(),
            "excluded": dict(self.excluded),
        }

    def join(self, note: Mapping[str, Any]) -> None:
        """Count in what a task saw."""
        self.gate.join(Gate(**note["gate"]))
        self.sums.join(Sums(**note["sums"]))
        self.drift.join(note["drift"])
        self.excluded.update(note["excluded"])
        seen = self.cautions
        its = replace(seen, **{**note["cautions"], "unseen": Counter(note["cautions"]["unseen"])})
        seen.customers += its.customers
        seen.labelled += its.labelled
        seen.silent += its.silent
        seen.unseen.update(its.unseen)
