"""What `backtest` answers: the whole table for machines, the parts that decide for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.evaluation.coverage import Coverage
from churnlab.evaluation.scorecard import ALL, Scorecard, Task
from churnlab.workflow.backtesting.at import At, shorter
from churnlab.workflow.backtesting.figures import OURS, Choice, Difference
from churnlab.workflow.backtesting.offers import Campaign
from churnlab.workflow.covering import TITLE
from churnlab.workflow.fitting import CHURN, VALUE
from churnlab.workflow.results import HEADINGS, Section, blanks, shown

_SHOWN: Mapping[Task, tuple[str, ...]] = {
    "churn": ("auroc", "average_precision", "log_loss", "brier", "ece"),
    "value": ("gini", "decile_mape", "bias", "rmse", "mae"),
}
_GROUPED: Mapping[Task, tuple[str, ...]] = {"churn": ("auroc", "log_loss", "ece"), "value": ("gini", "bias")}


@dataclass(frozen=True)
class Backtested:
    """Every model and baseline at every origin. ``cards``: origin, or the earlier ones together -> figures.

    ``trials``: settings that were tried on this project so far. ``looks``: how often the last origin was
    looked at, this time included: each look that is followed by a change wears it out a little.
    """

    origins: tuple[At, ...]
    cards: Mapping[str, Scorecard]
    differences: tuple[Difference, ...]
    choices: tuple[Choice, ...]
    coverage: Mapping[str, tuple[Coverage, ...]]
    campaigns: tuple[Campaign, ...]
    trials: int
    looks: int
    resumed: int
    notes: tuple[str, ...]
    run_id: str
    table: Path
    pictures: tuple[Path, ...]

    def figures(self) -> dict[str, Any]:
        """Everything but when and where: the same inputs give the same."""
        return {
            "origins": [each.as_dict() for each in self.origins],
            "figures": [
                {"origin": where, **record}
                for where, card in self.cards.items()
                for record in card.to_records()
            ],
            "differences": [each.as_dict() for each in self.differences],
            "choices": [each.as_dict() for each in self.choices],
            "coverage": [
                {"origin": where, **asdict(group)}
                for where, groups in self.coverage.items()
                for group in groups
            ],
            "campaigns": [each.as_dict() for each in self.campaigns],
            "notes": list(self.notes),
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.figures(),
            "trials": self.trials,
            "looks": self.looks,
            "run_id": self.run_id,
            "table": str(self.table),
            "pictures": [str(each) for each in self.pictures],
        }

    def metrics(self) -> dict[str, float]:
        """For the run: our figures at the last origin, and what the choices cost."""
        last = self.cards[self.origins[-1].origin].metrics()
        regrets = {f"regret.{each.task}": each.regret for each in self.choices if each.regret is not None}
        return last | regrets | {"looks": self.looks, "trials": self.trials}

    def sections(self) -> Iterator[Section]:
        yield self._timeline()
        for task, what in (("churn", "Churn"), ("value", "Value")):
            for where, card in self.cards.items():
                if where in {self.origins[-1].origin, *self._pooled()}:
                    told = f"{where}, together" if where in self._pooled() else f"{where}, the last origin"
                    yield from _table(card, task, f"{what}: {told}")  # type: ignore[arg-type]
        yield from shorter(self.origins)
        yield from self._compared()
        yield from self._by_group()
        yield from self._covered()
        yield from self._campaigned()
        yield {"title": "How it was chosen", "lines": [*self._chosen(), *self._counted()]}
        if self.notes:
            yield {"title": "Worth knowing", "lines": [f"  {note}" for note in self.notes]}
        lines = [f"  table     {self.table}", *(f"  picture   {each}" for each in self.pictures)]
        yield {"title": "Written", "lines": lines}

    def _pooled(self) -> list[str]:
        return [where for where in self.cards if where not in {each.origin for each in self.origins}]

    def _timeline(self) -> Section:
        return {
            "title": "Origins: every model as it would have been then",
            "columns": (
                *("origin", "days", "learned from", "judged", "left", "risk", "AUROC", "log loss"),
                *("calibration", "value off"),
            ),
            "rows": [self._origin(each) for each in self.origins],
            "lines": ["  * the last origin: nothing was chosen by it"],
        }

    def _origin(self, at: At) -> tuple[str, ...]:
        card, totals = self.cards[at.origin], at.totals
        actual, predicted = totals.get("value_actual"), totals.get("value_predicted")
        off = None if not actual or predicted is None else predicted / actual - 1
        return (
            f"{at.origin} *" if at.is_last else at.origin,
            "-" if at.days is None else str(at.days),
            f"{at.learned_rows:,}",
            f"{at.rows:,}",
            _percent(totals["churned_share"]),
            _percent(totals["risk_mean"]),
            *shown([card.figure("churn", CHURN, "auroc")]),
            *shown([card.figure("churn", CHURN, "log_loss")]),
            at.calibration.verdict,
            "-" if off is None else f"{off:+.1%}",
        )

    def _compared(self) -> Iterator[Section]:
        if not self.differences:
            return
        yield {
            "title": "Ours against the best of the others, on the same rows",
            "columns": ("origin", "", "metric", "best of the others", "theirs", "ours", "difference", ""),
            "texts": 4,
            "rows": [
                (
                    each.where,
                    each.task,
                    HEADINGS[each.metric],
                    each.other,
                    f"{each.theirs:.3f}",
                    f"{each.ours:.3f}",
                    _difference(each),
                    each.verdict,
                )
                for each in self.differences
            ],
            "lines": ["  in brackets 95 % intervals over customers, both measured on the same resamples"],
        }

    def _by_group(self) -> Iterator[Section]:
        where = next(iter(self._pooled()), self.origins[-1].origin)
        card = self.cards[where]
        groups = [name for name in dict.fromkeys(f.segment for f in card.figures) if name != ALL]
        if not groups:
            return
        tasks = [task for task in ("churn", "value") if any(f.task == task for f in card.figures)]
        asked = [(task, metric) for task in tasks for metric in _GROUPED[task]]  # type: ignore[index]
        found = [
            [card.figure(t, CHURN if t == "churn" else VALUE, m, group) for group in groups]  # type: ignore[arg-type]
            for t, m in asked
        ]
        sizes = ["-" if each.n is None else f"{each.n:,}" for each in found[0]]
        yield {
            "title": f"Our models by group: {where}",
            "columns": ("group", "rows", *(HEADINGS[metric] for _, metric in asked)),
            "rows": list(zip(groups, sizes, *map(shown, found), strict=True)),
        }

    def _covered(self) -> Iterator[Section]:
        rows = [
            (where, group.group, f"{group.n:,}", *map(_percent, (group.below, group.within, group.above)))
            for where, groups in self.coverage.items()
            for group in groups
        ]
        if rows:
            yield {
                "title": TITLE,
                "columns": ("origin", "customers", "rows", "below", "within", "above"),
                "texts": 2,
                "rows": rows,
                "lines": list(self._total()),
            }

    def _total(self) -> Iterator[str]:
        """The total of the portfolio, which no interval of single customers says anything of."""
        ratios = [
            actual / predicted
            for each in self.origins
            if (actual := each.totals.get("value_actual")) is not None
            and (predicted := each.totals.get("value_predicted"))
        ]
        last_known = self.origins[-1].totals.get("value_actual") is not None
        if len(ratios) > 1 and last_known:
            before, last = ratios[:-1], ratios[-1]
            low, high = min(before), max(before)
            inside = "within" if low <= last <= high else "outside"
            yield (
                f"  all customers together brought {low:.2f} to {high:.2f} times what was expected at the "
                f"earlier origins; at the last {last:.2f}: {inside}"
            )

    def _campaigned(self) -> Iterator[Section]:
        for each in self.campaigns:
            profit, low, high = each.planned_profit
            best, shortest, longest = each.best
            planned = f"{profit:,.0f}{_between(low, high)}"
            sizes = f"{best:,.0f} customers{_between(shortest, longest)}"
            lines = [
                f"  planned: {each.planned:,} of {each.customers:,}, which would have brought {planned}",
                f"  best with hindsight: {sizes}, {each.best_profit:,.0f}",
            ]
            if each.empc is not None:
                ranked = sorted(each.empc.items(), key=lambda item: (-item[1], item[0]))
                told = ", ".join(f"{name} {money:.2f}" for name, money in ranked[:4])
                lines.append(f"  expected maximum profit per customer: {told}")
                lines.append("    if some 30 % accepted, whatever save_rate is, and all were worth the mean")
            yield {"title": f"What the list of {each.where} would have brought", "lines": lines}

    def _chosen(self) -> Iterator[str]:
        for each in self.choices:
            metric = HEADINGS[each.metric]
            before = f"{each.on_earlier:.4f} in the mean of the earlier origins"
            told = f"  {each.task}: {each.model}, {metric} {before}"
            if each.regret is not None:
                told += (
                    f"; at the last {each.at_last:.4f}, with hindsight {each.best_at_last}: "
                    f"regret {each.regret:.4f}"
                )
            yield told
        others = [each.model for each in self.choices if each.model not in OURS]
        if others:
            named = ", ".join(dict.fromkeys(others))
            yield (
                f"  {named}: here to compare with; `train` makes boosted and two_part. "
                "docs/models.md says what can be done"
            )
        if not self.choices:
            yield "  no origin is settled before the last: nothing could be chosen"

    def _counted(self) -> Iterator[str]:
        yield f"  settings tried in searches so far: {self.trials:,}; looks at the last origin: {self.looks}"


def _table(card: Scorecard, task: Task, title: str) -> Iterator[Section]:
    figures = [figure for figure in card.figures if figure.task == task and figure.segment == ALL]
    if not figures:
        return
    by_place = {(figure.model, figure.metric): figure for figure in figures}
    models: Sequence[str] = list(dict.fromkeys(figure.model for figure in figures))
    columns = [shown([by_place[model, metric] for model in models]) for metric in _SHOWN[task]]
    yield {
        "title": title,
        "columns": ("model", *(HEADINGS[metric] for metric in _SHOWN[task])),
        "rows": list(zip(models, *columns, strict=True)),
        "lines": list(blanks(figure for figure in figures if figure.metric in _SHOWN[task])),
    }


def _difference(each: Difference) -> str:
    interval = "" if np.isnan(each.low) else f" [{each.low:+.3f}, {each.high:+.3f}]"
    return f"{each.estimate:+.3f}{interval}"


def _between(low: float, high: float) -> str:
    return "" if np.isnan(low) else f" [{low:,.0f}, {high:,.0f}]"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
