"""What `diagnose` answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from churnlab.config.churn import Kind
from churnlab.workflow.results import Section

# Where a silence is the sign of leaving, so that the data tell how long a silence that takes.
BY_SILENCE: tuple[Kind, ...] = ("non_contractual", "win_back")
_NO_SUGGESTION = {
    "contractual": "churn is contractual: a horizon is how far ahead an end is looked for",
    "partial": (
        "churn is a decline: a horizon is how long the two windows are that are compared, each horizon with "
        "seasons of its own, and who comes back is not asked"
    ),
}


@dataclass(frozen=True)
class Candidate:
    """One horizon.

    ``rows``: labelled customers x dates. ``silences``: how many reached it and were observed for a year
    more. ``by_rhythm``: churn rate by the customers' middle gap. ``train_dates``: of ``dates``, those
    settled before the last, on which models are tested.
    """

    days: int
    churn_rate: float | None
    rows: int
    return_rate: float | None
    silences: int
    by_rhythm: Mapping[str, float | None]
    dates: int
    train_dates: int


@dataclass(frozen=True)
class Diagnosed:
    """Candidate horizons side by side, the one suggested, and what does not work with the one chosen."""

    chosen: int
    kind: Kind
    max_return_rate: float
    candidates: tuple[Candidate, ...]
    suggested: int | None
    gap_median: float | None
    gap_p90: float | None
    infeasible: str | None
    table: Path
    picture: Path

    def figures(self) -> dict[str, Any]:
        """Everything but where it was written."""
        return {
            "horizon_days": self.chosen,
            "max_return_rate": self.max_return_rate,
            "suggested_horizon_days": self.suggested,
            "gap_median_days": self.gap_median,
            "gap_p90_days": self.gap_p90,
            "candidates": [asdict(each) for each in self.candidates],
            "warnings": list(self.told()),
        }

    def as_dict(self) -> dict[str, Any]:
        return {**self.figures(), "table": str(self.table), "picture": str(self.picture)}

    def told(self) -> Iterator[str]:
        """What to mind, in sentences."""
        if self.infeasible is not None:
            yield self.infeasible
        mine = next(each for each in self.candidates if each.days == self.chosen)
        if self.suggested is not None and self.chosen < self.suggested:
            back = f": {mine.return_rate:.0%} come back within a year" if mine.return_rate is not None else ""
            yield (
                f"the horizon of {self.chosen} days is shorter than the {self.suggested} suggested{back}; "
                "it warns early, and what those labelled churned still bring matters more"
            )

    def sections(self) -> Iterator[Section]:
        yield {
            "title": "Horizons: who would count as gone, and who of them comes back",
            "columns": ("horizon", "churn rate", "rows", "come back", "silences", "dates", "to train on"),
            "rows": [self._row(each) for each in self.candidates],
            "lines": list(self._lines()),
        }
        names = list(self.candidates[0].by_rhythm)
        yield {
            "title": "Churn rate by the customers' own rhythm: the middle gap between orders so far",
            "columns": ("horizon", *names),
            "rows": [
                (f"{each.days} days", *(_percent(each.by_rhythm[name]) for name in names))
                for each in self.candidates
            ],
        }
        notes = [f"  {note}" for note in self.told()]
        if notes:
            yield {"title": "Worth knowing", "lines": notes}
        yield {"title": "Written", "lines": [f"  table    {self.table}", f"  picture  {self.picture}"]}

    def _row(self, each: Candidate) -> tuple[str, ...]:
        mark = " *" if each.days == self.chosen else ""
        return (
            f"{each.days} days{mark}",
            _percent(each.churn_rate),
            f"{each.rows:,}",
            _percent(each.return_rate),
            f"{each.silences:,}",
            str(each.dates),
            str(each.train_dates),
        )

    def _lines(self) -> Iterator[str]:
        yield "  * configured; come back: of the silences that reached it, those that ended in the year after"
        if self.kind in _NO_SUGGESTION:
            yield f"  {_NO_SUGGESTION[self.kind]}; none is suggested"
        elif self.suggested is None:
            yield (
                f"  no suggestion: at no horizon do {self.max_return_rate:.0%} or fewer come back, "
                "of 30 silences or more that were observed for a year beyond it"
            )
        else:
            fewer = f"the shortest from which {self.max_return_rate:.0%} or fewer come back"
            yield f"  suggested: {self.suggested} days, {fewer}"
        if self.gap_p90 is not None and self.kind in BY_SILENCE:
            yield (
                f"  half of the gaps between orders last {self.gap_median:.0f} days or less, nine in ten "
                f"{self.gap_p90:.0f}: that says nothing of those who left, so it is no horizon"
            )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
