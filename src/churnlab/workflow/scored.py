"""What `score` answers: strategies, who is contacted, who was kept off, and what the reader should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.strategy.summary import Totals
from churnlab.workflow.contacted import Told

Section = Mapping[str, Any]


@dataclass(frozen=True)
class Scored:
    """The lists of one date."""

    as_of: str
    folder: Path
    existed: bool
    version: str
    currency: str
    totals: tuple[Totals, ...]
    excluded: Mapping[str, int]
    notes: tuple[str, ...]
    told: Told | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of,
            "folder": str(self.folder),
            "existed": self.existed,
            "model_version": self.version,
            "strategies": [row.as_dict() for row in self.totals],
            "excluded": dict(self.excluded),
            **({} if self.told is None else self.told.as_facts()),
            "notes": list(self.notes),
        }

    def sections(self) -> Iterator[Section]:
        yield {
            "title": f"Strategies on {self.as_of}, money in {self.currency}",
            "columns": (
                "strategy",
                "customers",
                "share",
                "value if retained",
                "value at stake",
                "expected loss",
                "mean risk",
            ),
            "rows": [_strategy_row(row) for row in self.totals],
        }
        if self.told is not None:
            yield from self.told.sections(self.currency)
        lines = [f"  {note}" for note in self.notes]
        lines += [f"  not asked about: {number:,} x {reason}" for reason, number in self.excluded.items()]
        if self.existed:
            lines.append("  these lists were published before, from the same inputs: nothing to do")
        lines.append(f"  lists  {self.folder}")
        yield {"title": "Written" if not self.existed else "Found", "lines": lines}


def _strategy_row(row: Totals) -> tuple[str, ...]:
    money = (row.value_if_retained, row.value_at_stake, row.expected_loss)
    return (
        row.strategy,
        f"{row.customers:,}",
        f"{row.share:.1%}",
        *("-" if amount is None else f"{amount:,.0f}" for amount in money),
        "-" if row.mean_risk is None else f"{row.mean_risk:.3f}",
    )
