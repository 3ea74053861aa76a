"""What each verb answers: plain values for machines, titled sections for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from churnlab.evaluation.gate import Verdict
from churnlab.evaluation.scorecard import ALL, MEASURES, UNDEFINED, Figure, Scorecard, Task
from churnlab.features.feature import Description
from churnlab.tables import SourceCount
from churnlab.workflow import verdicts
from churnlab.workflow.covering import Held
from churnlab.workflow.scored import Scored

Section = Mapping[str, Any]

HEADINGS = {
    "auroc": "AUROC",
    "average_precision": "avg. precision",
    "lift_10": "lift 10 %",
    "log_loss": "log loss",
    "brier": "Brier",
    "ece": "ECE",
    "gini": "norm. Gini",
    "decile_mape": "decile MAPE %",
    "bias": "bias %",
    "rmse": "RMSE",
    "spearman": "Spearman",
    "mae": "MAE",
}

_NO_DECILES = "a tenth of these customers brought nothing, and no error is a percentage of nothing"


@dataclass(frozen=True)
class Validated:
    """What was read and what was set aside."""

    counts: tuple[SourceCount, ...]
    notes: tuple[str, ...]
    report: Path
    quarantine: Path | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "sources": [plain_count(count) for count in self.counts],
            "notes": list(self.notes),
            "report": str(self.report),
            "quarantine": None if self.quarantine is None else str(self.quarantine),
        }

    def sections(self) -> Iterator[Section]:
        yield {
            "title": "What was read: read = accepted + quarantined + duplicates + out of period",
            "columns": ("table", "source", "read", "accepted", "quarantined", "duplicates", "out of period"),
            "texts": 2,
            "rows": [
                (
                    count.table,
                    count.source,
                    *(f"{n:,}" for n in (count.read, count.accepted, count.quarantined)),
                    *(f"{n:,}" for n in (count.duplicates, count.out_of_period)),
                )
                for count in self.counts
            ],
        }
        reasons = [
            f"  {count.source}: {number:,} x {reason}"
            for count in self.counts
            for reason, number in count.reasons.items()
        ]
        if reasons:
            yield {"title": "Set aside, and why", "lines": reasons}
        if self.notes:
            yield {"title": "Worth knowing", "lines": [f"  {note}" for note in self.notes]}
        where = [f"  data report  {self.report}"]
        if self.quarantine is not None:
            where.append(f"  quarantine   {self.quarantine}")
        yield {"title": "Written", "lines": where}


def plain_count(count: SourceCount) -> dict[str, Any]:
    """The counts of one source as plain values."""
    plain = asdict(count)
    plain["reasons"] = dict(count.reasons)
    return plain


@dataclass(frozen=True)
class Listed:
    """The features that a project's sources allow."""

    features: tuple[Description, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"features": [feature.as_dict() for feature in self.features]}

    def sections(self) -> Iterator[Section]:
        yield {
            "title": f"{len(self.features)} features",
            "columns": ("name", "family", "unit", "dimension", "meaning"),
            "texts": 5,
            "rows": [(f.name, f.family, f.unit, f.dimension, f.meaning) for f in self.features],
        }


@dataclass(frozen=True)
class Trained:
    """The registered models, and how they did on dates nothing else looked at."""

    version: str
    run_id: str
    about: Mapping[str, Any]
    scorecard: Scorecard
    notes: tuple[str, ...]
    verdict: Verdict
    held: Held | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "gate": self.verdict.as_dict(),
            "run_id": self.run_id,
            "about": dict(self.about),
            "scorecard": self.scorecard.to_records(),
            "intervals": None if self.held is None else self.held.as_dict(),
            "notes": list(self.notes),
        }

    def sections(self) -> Iterator[Section]:
        width = max(len(key) for key in self.about)
        yield {
            "title": "Trained on",
            "lines": [f"  {key.replace('_', ' '):<{width}}  {value}" for key, value in self.about.items()],
        }
        for task, what in (("churn", "Churn risk"), ("value", "Value")):
            figures = [f for f in self.scorecard.figures if f.task == task and f.segment == ALL]
            if figures:
                yield self._table(task, f"{what} beside baselines, on the untouched test date", figures)  # type: ignore[arg-type]
        if self.held is not None:
            yield self.held.section()
        if self.notes:
            yield {"title": "Worth knowing", "lines": [f"  {note}" for note in self.notes]}
        yield verdicts.section(self.version, self.verdict)

    @staticmethod
    def _table(task: Task, title: str, figures: Sequence[Figure]) -> Section:
        metrics = list(MEASURES[task])
        models = list(dict.fromkeys(figure.model for figure in figures))
        by_place = {(figure.model, figure.metric): figure for figure in figures}
        columns = [shown([by_place[model, metric] for model in models], interval=True) for metric in metrics]
        return {
            "title": title,
            "columns": ("model", *(HEADINGS[metric] for metric in metrics)),
            "rows": list(zip(models, *columns, strict=True)),
            "lines": [
                f"  {figures[0].n:,} rows; in brackets 95 % intervals over customers",
                *blanks(figures),
            ],
        }


def blanks(figures: Iterable[Figure]) -> Iterator[str]:
    """Why some cells of a table of ``figures`` hold a dash, a line for each reason."""
    under: dict[str, list[str]] = {}
    for figure in figures:
        if figure.estimate != figure.estimate:  # NaN
            undefined = figure.metric == "decile_mape" and figure.reason == UNDEFINED
            why = _NO_DECILES if undefined else figure.reason or UNDEFINED
            under.setdefault(why, []).append(HEADINGS[figure.metric])
    for why, metrics in under.items():
        yield f"  - under {', '.join(dict.fromkeys(metrics))}: {why}"


def shown(column: Sequence[Figure], *, interval: bool = False) -> list[str]:
    """The cells of one column, all of one precision. ``interval``: beside those that are worth one."""
    known = [abs(figure.estimate) for figure in column if figure.estimate == figure.estimate]
    digits = 3 if max(known, default=0.0) < 10 else 1
    return [_cell(figure, digits, interval=interval) for figure in column]


def _cell(figure: Figure, digits: int, *, interval: bool) -> str:
    if figure.estimate != figure.estimate:  # NaN
        return "-"
    text = f"{figure.estimate:,.{digits}f}"
    if interval and figure.low == figure.low and figure.metric in {"auroc", "gini"}:
        text += f" [{figure.low:.{digits}f}, {figure.high:.{digits}f}]"
    return text


@dataclass(frozen=True)
class Reviewed:
    """Where the explanation report is; ``look``: the page of single customers, where it was asked for."""

    report: Path
    look: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"report": str(self.report)} | ({"look": str(self.look)} if self.look else {})

    def sections(self) -> Iterator[Section]:
        yield {"title": "Explanation report", "lines": [f"  {self.report}"]}
        if self.look:
            yield {"title": "Single customers, for those who may see them", "lines": [f"  {self.look}"]}


@dataclass(frozen=True)
class Explained:
    """One customer in words. ``page``: where the same is as HTML, None where nobody asked."""

    card: Mapping[str, Any]
    lines: tuple[str, ...]
    page: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        return dict(self.card) | ({} if self.page is None else {"page": str(self.page)})

    def sections(self) -> Iterator[Section]:
        yield {"title": self.lines[0], "lines": self.lines[1:]}
        if self.page is not None:
            yield {
                "title": "Page with personal data, readable by its owner only",
                "lines": [f"  {self.page}"],
            }


@dataclass(frozen=True)
class Ran:
    """The whole job."""

    validated: Validated
    trained: Trained
    scored: Scored
    reviewed: Reviewed

    def as_dict(self) -> dict[str, Any]:
        return {
            "validated": self.validated.as_dict(),
            "trained": self.trained.as_dict(),
            "scored": self.scored.as_dict(),
            "reviewed": self.reviewed.as_dict(),
        }

    def sections(self) -> Iterator[Section]:
        for part in (self.validated, self.trained, self.scored, self.reviewed):
            yield from part.sections()
