"""What `score` answers: strategies, who is contacted, who was kept off, and what the reader should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.lists.release import Verdict
from churnlab.strategy.summary import Totals
from churnlab.workflow.contacted import Told

Section = Mapping[str, Any]


@dataclass(frozen=True)
class Rehearsed:
    """What a dry run came to: the release gate's verdict, and the folder that lists would be published in."""

    verdict: Verdict
    folder: Path

    def lines(self, *, existed: bool) -> Iterator[str]:
        """In words. ``existed``: the lists are out already."""
        yield "nothing was published, recorded or kept"
        if existed:
            yield "these lists were published before, from the same inputs: score would leave them"
        elif self.verdict.failed:
            yield "score would hold these lists back, and leave those published before:"
            yield from (f"  {each.told()}" for each in self.verdict.failed)
        else:
            yield f"release gate: {self.verdict.outcome}; score would publish these lists"
        yield f"lists  {self.folder}"


@dataclass(frozen=True)
class Scored:
    """The lists of one date; ``rehearsed``: of a dry run, which published none."""

    as_of: str
    folder: Path
    existed: bool
    version: str
    currency: str
    totals: tuple[Totals, ...]
    excluded: Mapping[str, int]
    notes: tuple[str, ...]
    told: Told | None = None
    rehearsed: Rehearsed | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of,
            **(
                {}
                if self.rehearsed is None
                else {"dry_run": True, "release": self.rehearsed.verdict.as_dict()}
            ),
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
        if self.rehearsed is not None:
            lines += [f"  {line}" for line in self.rehearsed.lines(existed=self.existed)]
            yield {"title": "Dry run", "lines": lines}
            return
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
