"""The scorecard: every model beside its baselines, per metric and segment, each figure with its interval.

task   model     metric  segment    estimate  low   high  n     positives
churn  boosted   auroc   all        .91       .89   .93   2203  412
churn  recency   auroc   all        .85       .82   .87   2203  412
churn  boosted   auroc   club: no   -                     180   11         <- fewer than 30 churned
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import GateError, did_you_mean
from churnlab.evaluation import money, probability, ranking
from churnlab.evaluation.intervals import Metric, percentile, resamples
from churnlab.evaluation.rows import FEW, Floats, without_nan

Task = Literal["churn", "value"]
ALL = "all"
UNDEFINED = "undefined here"
MIN_POSITIVES = 30  # of each kind: below, a figure is luck
MIN_CUSTOMERS = FEW  # below, a group's figures speak of people one could name


@dataclass(frozen=True)
class Measure:
    """A metric and what is good: ``high``, ``low``, near ``zero``, or ``None``: never choose by it."""

    function: Metric
    good: Literal["high", "low", "zero"] | None
    unit: str = ""
    probabilities: bool = False


MEASURES: Mapping[Task, Mapping[str, Measure]] = {
    "churn": {
        "auroc": Measure(ranking.auroc, "high"),
        "average_precision": Measure(ranking.average_precision, "high"),
        "lift_10": Measure(ranking.lift, "high", "times"),
        "log_loss": Measure(probability.log_loss, "low", probabilities=True),
        "brier": Measure(probability.brier, "low", probabilities=True),
        "ece": Measure(probability.ece, "low", probabilities=True),
    },
    "value": {
        "gini": Measure(ranking.gini, "high"),
        "decile_mape": Measure(money.decile_mape, "low", "%"),
        "bias": Measure(money.bias, "zero", "%"),
        "rmse": Measure(money.rmse, "low", "currency"),
        "spearman": Measure(ranking.spearman, "high"),
        "mae": Measure(money.mae, None, "currency"),
    },
}


@dataclass(frozen=True)
class Figure:
    """One estimate with its 95 % interval; NaN and a ``reason`` where there is none to give.

    ``n``: rows; ``positives``: those that churned, or that brought anything. Both are None where the
    group is too small to speak of.
    """

    task: Task
    model: str
    metric: str
    segment: str
    estimate: float
    low: float
    high: float
    n: int | None
    positives: int | None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values; None where there is no number, since JSON has no NaN."""
        return without_nan(asdict(self))


@dataclass(frozen=True)
class Scorecard:
    """Figures in the order they were made: segment by segment, model by model."""

    figures: tuple[Figure, ...]

    def __add__(self, other: Scorecard) -> Scorecard:
        return Scorecard(self.figures + other.figures)

    def to_records(self) -> list[dict[str, Any]]:
        """One plain dict per figure, for JSON and tables."""
        return [figure.as_dict() for figure in self.figures]

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]]) -> Self:
        """The scorecard that ``to_records`` wrote."""
        numbers = ("estimate", "low", "high")
        return cls(
            tuple(
                Figure(**{**row, **{key: np.nan if row[key] is None else row[key] for key in numbers}})
                for row in records
            )
        )

    def figure(self, task: Task, model: str, metric: str, segment: str = ALL) -> Figure:
        """The one figure asked for."""
        for figure in self.figures:
            if (figure.task, figure.model, figure.metric, figure.segment) == (task, model, metric, segment):
                return figure
        names = [f"{f.task}/{f.model}/{f.metric}/{f.segment}" for f in self.figures]
        asked = f"{task}/{model}/{metric}/{segment}"
        raise KeyError(f"no figure {asked}{did_you_mean(asked, names)}")

    def compare(self, task: Task, metric: str, segment: str = ALL) -> tuple[Figure, ...]:
        """Every model's figure, the best first, those without one last; ties by name.

        Refuses a metric that must not choose between models (MAE).
        """
        good = MEASURES[task][metric].good
        if good is None:
            raise ValueError(f"{metric} must not choose a {task} model: predicting zero wins on it")
        rank = {"high": lambda x: -x, "low": lambda x: x, "zero": abs}[good]
        asked = [f for f in self.figures if (f.task, f.metric, f.segment) == (task, metric, segment)]
        return tuple(
            sorted(asked, key=lambda f: (np.isnan(f.estimate), np.nan_to_num(rank(f.estimate)), f.model))
        )

    def best(self, task: Task, metric: str, segment: str = ALL) -> Figure | None:
        """The best figure, or None where no model has one."""
        ranked = self.compare(task, metric, segment)
        return ranked[0] if ranked and not np.isnan(ranked[0].estimate) else None

    def metrics(self) -> dict[str, float]:
        """``{"churn.boosted.auroc": .91, ...}`` over all rows, finite ones only: for a tracker."""
        return {
            f"{figure.task}.{figure.model}.{figure.metric}": figure.estimate
            for figure in self.figures
            if figure.segment == ALL and np.isfinite(figure.estimate)
        }


def score_churn(
    churned: Floats,
    risks: Mapping[str, Floats],
    customer: NDArray[np.object_],
    segments: Mapping[str, NDArray[np.object_]],
    *,
    bootstrap: int,
    seed: int,
) -> Scorecard:
    """Measure ``risks`` (model -> (n,)) against ``churned`` ((n,) 1, 0, NaN while not complete).

    A baseline that only ranks (days of silence, say) is measured by its order alone.
    """
    return _score("churn", churned, risks, customer, segments, bootstrap=bootstrap, seed=seed)


def score_value(
    value: Floats,
    predictions: Mapping[str, Floats],
    customer: NDArray[np.object_],
    segments: Mapping[str, NDArray[np.object_]],
    *,
    bootstrap: int,
    seed: int,
) -> Scorecard:
    """Measure ``predictions`` (model -> (n,) major units) against ``value`` ((n,), NaN: not complete)."""
    return _score("value", value, predictions, customer, segments, bootstrap=bootstrap, seed=seed)


def _score(
    task: Task,
    actual: Floats,
    scores: Mapping[str, Floats],
    customer: NDArray[np.object_],
    segments: Mapping[str, NDArray[np.object_]],
    *,
    bootstrap: int,
    seed: int,
) -> Scorecard:
    known = np.isfinite(actual)
    for model, score in scores.items():
        missing = int((~np.isfinite(score[known])).sum())
        if missing:
            raise GateError(
                f"{task} model {model!r}: scores must be finite",
                got=f"{missing} of {int(known.sum())} rows NaN or infinite",
                mend="look at the features of the last run: a column may have become empty or huge",
            )
    figures: list[Figure] = []
    for name, rows in _groups(segments, known):
        group = _Group(task, name, actual[rows], customer[rows], bootstrap, seed)
        for model, score in scores.items():
            figures.extend(group.measure(model, score[rows]))
    return Scorecard(tuple(figures))


def _groups(
    segments: Mapping[str, NDArray[np.object_]], known: NDArray[np.bool_]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield ALL, known
    for name, values in segments.items():
        empty = np.array([value is None for value in values], dtype=bool)
        for value in sorted({str(one) for one in values[known & ~empty]}):
            yield f"{name}: {value}", known & ~empty & (values == value)
        if (known & empty).any():
            yield f"{name}: (none)", known & empty


@dataclass(frozen=True, eq=False)
class _Group:
    task: Task
    segment: str
    actual: Floats
    customer: NDArray[np.object_]
    bootstrap: int
    seed: int

    def measure(self, model: str, score: Floats) -> Iterator[Figure]:
        measures = MEASURES[self.task]
        reason = self._too_few()
        if reason is not None:
            for metric in measures:
                yield self._figure(model, metric, (np.nan,) * 3, reason)
            return
        ranks_only = self.task == "churn" and bool(((score < 0) | (score > 1)).any())
        fit = {name: m.function for name, m in measures.items() if not (ranks_only and m.probabilities)}
        drawn: dict[str, list[Floats]] = {name: [] for name in fit}
        for weight in resamples(self.customer, self.bootstrap, self.seed):
            for name, function in fit.items():
                drawn[name].append(function(self.actual, score, weight))
        for name in measures:
            if name not in fit:
                yield self._figure(model, name, (np.nan,) * 3, "ranks only: its scores are no probabilities")
                continue
            estimate = float(fit[name](self.actual, score, None))
            low, high = percentile(np.concatenate(drawn[name])) if drawn[name] else (np.nan, np.nan)
            yield self._figure(model, name, (estimate, low, high), UNDEFINED if np.isnan(estimate) else None)

    def _too_few(self) -> str | None:
        positives = int((self.actual > 0).sum())
        stayed = len(self.actual) - positives
        if len(set(self.customer)) < MIN_CUSTOMERS:
            return f"fewer than {MIN_CUSTOMERS} customers"
        if positives < MIN_POSITIVES:
            kind = "churned" if self.task == "churn" else "brought any value"
            return f"insufficient: fewer than {MIN_POSITIVES} {kind}"
        if self.task == "churn" and stayed < MIN_POSITIVES:
            return f"insufficient: fewer than {MIN_POSITIVES} stayed"
        return None

    def _figure(self, model: str, metric: str, numbers: tuple[float, ...], reason: str | None) -> Figure:
        estimate, low, high = numbers
        shown = len(set(self.customer)) >= MIN_CUSTOMERS
        rows, positives = (len(self.actual), int((self.actual > 0).sum())) if shown else (None, None)
        return Figure(self.task, model, metric, self.segment, estimate, low, high, rows, positives, reason)
