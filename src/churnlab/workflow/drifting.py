"""Whether the customers of today are still those that a model has learned from: its inputs, its scores.

at training   values of the test rows are cut into tenths        -> kept with the model
at scoring    every block is counted into these parts            -> whole numbers, in the manifest
afterwards    shares then beside shares now                      -> a caution, a table of the report

Blocks may come in any order and be cut anyhow: what is counted is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation import drift
from churnlab.evaluation.drift import Parts
from churnlab.explain.attributions import Attributions
from churnlab.lists.scored import ScoredCustomers
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy.worth import Worth
from churnlab.tables.money import exponent
from churnlab.workflow.fitting import CHURN, Fitted
from churnlab.workflow.opening import Opened

DRIVERS = 20  # features of the largest mean |contribution| to the risk
NAMED = 5  # of those that have moved, in a caution
RECORD = "drift"  # its name among what a model's file holds, and in the manifest
Values = NDArray[Any]
Counts = dict[str, list[int]]


def learned(opening: Opened, test: Panel, fitted: Fitted, attributions: Attributions) -> dict[str, Any]:
    """What later customers are compared with: the main drivers and the scores of the rows ``test``.

    Empty where luck alone would look like drift, and of a table of snapshots: its lists may hold those
    who stayed, its test rows everybody. ``test``: with the values behind all features explained.
    """
    if not opening.has_histories or len(test) < drift.ENOUGH:
        return {}
    drivers = [share.name for share in attributions.by_feature()[:DRIVERS] if share.mean > 0]
    inputs = {name: Parts.of(values).as_dict() for name, values in _values(test, drivers)}
    scores = {"churn_risk": fitted.risks[CHURN]}
    if fitted.value is not None:
        retained, churned = fitted.value.if_retained(test), fitted.value.if_churned(test)
        # Rounded as lists are, since many may share one amount.
        worth = Worth.of(scores["churn_risk"], retained, churned, exponent(opening.project.currency))
        scores["value_if_retained"] = worth.if_retained
    return {
        "inputs": inputs,
        "scores": {name: Parts.of(values).as_dict() for name, values in scores.items()},
    }


def _values(panel: Panel, names: list[str]) -> Iterator[tuple[str, Values]]:
    """Each feature's column, (n,) numbers or texts."""
    numeric = [feature.name for feature in panel.features if feature.kind == "number"]
    place = {name: column for column, name in enumerate(numeric)}
    wanted = [name for name in names if name in place]
    columns = np.ascontiguousarray(np.take(panel.numbers, [place[name] for name in wanted], axis=1).T)
    found: dict[str, Values] = dict(zip(wanted, columns, strict=True))
    for name in names:  # what is neither was made of other features, and stands beside them
        beside = panel.categories.get(name, panel.measures.get(name))
        yield name, found[name] if beside is None or name in found else beside


@dataclass
class Drift:
    """Look at every block with ``look``; ``then`` is empty where nothing was kept to compare with.

    ``inputs``, ``scores``: name -> customers in each part, as the model's record has the parts.
    """

    then: Mapping[str, Mapping[str, Parts]]
    customers: int = 0
    inputs: Counts = field(default_factory=dict)
    scores: Counts = field(default_factory=dict)

    @classmethod
    def of(cls, models: Models) -> Self:
        """Nobody was seen yet."""
        record = models.extra.get(RECORD) or {}
        then = {what: {name: Parts.from_dict(each) for name, each in record[what].items()} for what in record}
        return cls(then)

    def look(self, panel: Panel, customers: ScoredCustomers) -> None:
        """Count a block in. ``panel``: its rows, with the values behind all features explained."""
        if not self.then:
            return
        self.customers += len(customers)
        inputs, scores = self.then["inputs"], self.then["scores"]
        for name, values in _values(panel, list(inputs)):
            _add(self.inputs, name, inputs[name].counts(values))
        found = {"churn_risk": customers.churn_risk, **customers.amounts}
        for name, parts in scores.items():
            _add(self.scores, name, parts.counts(found[name]))

    def note(self) -> dict[str, Any]:
        """What was counted, as plain values."""
        return {"customers": self.customers, "inputs": self.inputs, "scores": self.scores}

    def join(self, note: Mapping[str, Any]) -> None:
        """Count in what another one has seen."""
        self.customers += note["customers"]
        for mine, its in ((self.inputs, note["inputs"]), (self.scores, note["scores"])):
            for name, counted in its.items():
                _add(mine, name, counted)

    def as_dict(self) -> dict[str, Any] | None:
        """For the manifest: customers in each part, and the index; None where nothing can be compared."""
        if not self.then:
            return None
        return {
            "customers": self.customers,
            **{
                what: {
                    name: {"counts": self._counted(what)[name], "psi": index}
                    for name, index in self._indexes(what).items()
                }
                for what in ("inputs", "scores")
            },
        }

    def scores_moved(self) -> dict[str, tuple[float, int]]:
        """Score -> stability index, and of how many customers with a score; of nobody, nothing."""
        known = {name: sum(counted[:-1]) for name, counted in self.scores.items()}
        return {
            name: (round(self.then["scores"][name].psi(self.scores[name]), drift.DECIMALS), customers)
            for name, customers in known.items()
            if customers
        }

    def notes(self) -> tuple[str, ...]:
        """What has moved so far that lists want a look first."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        for what in self.then and ("inputs", "scores"):
            known = {name: index for name, index in self._indexes(what).items() if index is not None}
            far = sorted((-index, name) for name, index in known.items() if index >= drift.MUCH)
            if far:
                named = ", ".join(f"{name} {-index:.2f}" for index, name in far[:NAMED])
                more = f" and {len(far) - NAMED} more" if len(far) > NAMED else ""
                yield (
                    f"warning: {len(far)} of {len(known)} {what} compared are not as they were at training "
                    f"(stability index of {drift.MUCH:g} or more): {named}{more}; the report shows them all"
                )

    def _indexes(self, what: str) -> dict[str, float | None]:
        """Name -> stability index, None of too few customers."""
        counted = self._counted(what)
        return {
            name: round(parts.psi(counted[name]), drift.DECIMALS)
            if sum(counted[name][:-1] if what == "scores" else counted[name]) >= drift.ENOUGH
            else None
            for name, parts in self.then[what].items()
            if name in counted
        }

    def _counted(self, what: str) -> Counts:
        return self.inputs if what == "inputs" else self.scores


def _add(into: Counts, name: str, counted: list[int]) -> None:
    before = into.get(name)
    into[name] = list(counted) if before is None else [a + b for a, b in zip(before, counted, strict=True)]
