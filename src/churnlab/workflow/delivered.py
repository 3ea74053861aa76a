"""What `deliver` and `ledger` answer: plain values for machines, a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.lists.delivery import Outcome
from churnlab.lists.ledger import Line

_SHOWN = 20  # lines of a ledger that are shown to a person


@dataclass(frozen=True)
class Delivered:
    """What became of each list. ``where``: the destination in words; ``run``: the published run."""

    as_of: str
    run: Path
    profile: str
    where: str
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of,
            "run": str(self.run),
            "profile": self.profile,
            "destination": self.where,
            "lists": [outcome.as_dict() for outcome in self.outcomes],
            "notes": list(self.notes),
        }

    def sections(self) -> Iterator[Mapping[str, Any]]:
        yield {
            "title": f"Lists of {self.as_of} for {self.profile}, to {self.where}",
            "columns": ("list", "list_id", "what became of it", "rows", "held back", "files", "line"),
            "texts": 3,
            "rows": [_row(outcome) for outcome in self.outcomes],
            "lines": [f"  {note}" for note in self.notes],
        }


@dataclass(frozen=True)
class Verified:
    """A ledger whose chain holds. ``there``, ``gone``: deliveries that the destination still has, or not."""

    path: Path
    lines: tuple[Line, ...]
    there: int
    gone: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "ledger": str(self.path),
            "last_hash": self.lines[-1].hash if self.lines else None,
            "lines": [
                {"sequence": line.sequence, "time": line.time, **line.facts, "hash": line.hash}
                for line in self.lines
            ],
            "there": self.there,
            "gone": self.gone,
            "notes": list(self.notes),
        }

    def sections(self) -> Iterator[Mapping[str, Any]]:
        last = f", the last sealed as {self.lines[-1].hash}" if self.lines else ""
        yield {
            "title": f"{self.path}: {len(self.lines):,} lines, none changed{last}",
            "columns": ("line", "time", "list", "as of", "delivery", "rows", "to", "reason"),
            "texts": 4,
            "rows": [_line(line) for line in self.lines[-_SHOWN:]],
            "lines": [f"  {note}" for note in self.notes],
        }


def _row(outcome: Outcome) -> tuple[str, ...]:
    files = f"{len(outcome.files):,}" if outcome.files else "-"
    line = "-" if outcome.line is None else f"{outcome.line:,}"
    held_back = f"{sum(outcome.held_back.values()):,}"
    return (outcome.list, outcome.list_id, outcome.state, f"{outcome.rows:,}", held_back, files, line)


def _line(line: Line) -> tuple[str, ...]:
    told = ("list", "as_of", "delivery", "rows", "destination", "reason")
    return (f"{line.sequence:,}", line.time, *(str(line.facts.get(name) or "-") for name in told))
