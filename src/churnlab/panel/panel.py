"""The panel: one row per customer and snapshot, features beside what happened next.

customer_id  as_of        features ...        churned   value
00042        2025-01-01   12.0  3.0  web      0         118.40
00042        2025-02-01   43.0  1.0  web      missing   missing    <- its window is not complete
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError
from churnlab.features.feature import Description
from churnlab.panel.sample import Sample, Sampler
from churnlab.version import VERSION

_ROWS = 65_536  # moved at a time
_COLUMNS = 16  # 64 bytes of a row, which is what memory hands over at once
_GROUPS = ("categories", "sooner", "measures", "segments")  # of columns that have names of their own


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows in canonical order: by customer id (UTF-8 bytes), then ``as_of``.

    ``customer_id``: (n,) text. ``as_of``: (n,) int64 microseconds UTC.
    ``numbers``: (n, p) float32, NaN where there is nothing to measure; money in major units.
    ``categories``: name -> (n,) text or None.
    ``features``: the p numbers in column order, then the categories.
    ``churned``: (n,) 1, 0, or NaN while the outcome is not complete.
    ``sooner``: name -> (n,) the same for shorter windows, where ``churn.also_days`` asks.
    ``value``: (n,) major units over the value horizon, discounted, NaN while not complete.
    ``measures``: name -> (n,) float64 beside the features: what intensity and baselines are made of.
    ``segments``: name -> (n,) text or None, for reporting.
    ``sample``: how many customers these rows are a sample of, None where they are all.
    ``learned_days``: how long the outcome windows are, where too short a history allows no whole
    horizon before the last date; None: as long as was asked for everywhere.
    """

    customer_id: NDArray[np.object_]
    as_of: NDArray[np.int64]
    numbers: NDArray[np.float32]
    categories: Mapping[str, NDArray[np.object_]]
    features: tuple[Description, ...]
    churned: NDArray[np.float64]
    value: NDArray[np.float64]
    measures: Mapping[str, NDArray[np.float64]]
    segments: Mapping[str, NDArray[np.object_]]
    fingerprint: str
    sample: Sample | None = None
    learned_days: int | None = None
    sooner: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.as_of)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all features, numbers first."""
        return tuple(feature.name for feature in self.features)

    def number(self, name: str) -> NDArray[np.float64]:
        """One numeric feature or measure by name, (n,) float64; KeyError where there is none."""
        if name in self.measures:
            return self.measures[name]
        numeric = [feature.name for feature in self.features if feature.kind == "number"]
        if name not in numeric:
            raise KeyError(name)
        return self.numbers[:, numeric.index(name)].astype(np.float64)

    def frame(self) -> Any:
        """The panel as a pandas table, one column a feature: for looking, models read the panel."""
        import pandas as pd

        numeric = [feature.name for feature in self.features if feature.kind == "number"]
        return pd.DataFrame(
            {
                "customer_id": self.customer_id,
                "as_of": self.as_of.astype("datetime64[us]"),
                **dict(zip(numeric, self.numbers.T, strict=True)),
                **self.categories,
                "churned": self.churned,
                **self.sooner,
                "value": self.value,
            }
        )

    def take(self, rows: NDArray[Any]) -> Self:
        """The same panel with some of its rows: a mask, or positions."""
        return replace(
            self,
            customer_id=self.customer_id[rows],
            as_of=self.as_of[rows],
            numbers=self.numbers[rows],
            categories={name: values[rows] for name, values in self.categories.items()},
            churned=self.churned[rows],
            sooner={name: values[rows] for name, values in self.sooner.items()},
            value=self.value[rows],
            measures={name: values[rows] for name, values in self.measures.items()},
            segments={name: values[rows] for name, values in self.segments.items()},
        )


def joined(parts: Iterable[Panel], sampler: Sampler | None = None) -> Panel:
    """Parts of one panel as one, in canonical order: cut and ordered anyhow, they give the same bytes.

    A part is let go once it is copied, so that the panel is there once and not twice.
    ``sampler``: has seen the rows of the parts, and says which of them are kept.
    """
    whole: _Growing | None = None
    for part in parts:
        whole = whole or _Growing(part)
        whole.add(part, sampler)
    if whole is None:
        raise ValueError("a panel needs at least one shard")
    return whole.panel(sampler)


class _Growing:
    """A panel to which rows are added, and put in order at the end."""

    def __init__(self, first: Panel) -> None:
        self._first = first.take(np.zeros(0, np.int64))
        self._numbers = np.empty((0, first.numbers.shape[1]), np.float32)
        self._rows = 0
        self._others: dict[tuple[str, str], list[NDArray[Any]]] = {}

    def add(self, part: Panel, sampler: Sampler | None) -> None:
        _require_same(self._first, part)
        if sampler is not None and sampler.limit is not None:
            part = part.take(sampler.keeps(part.customer_id))
            # Letting go row after row would move everything each time: an eighth more may wait.
            if self._rows + len(part) > sampler.most * 9 // 8:
                self._keep(sampler)
        self._make_room(self._rows + len(part))
        self._numbers[self._rows : self._rows + len(part)] = part.numbers
        self._rows += len(part)
        for place, values in _beside(part):
            self._others.setdefault(place, []).append(values)

    def panel(self, sampler: Sampler | None) -> Panel:
        if sampler is not None and sampler.limit is not None:
            self._keep(sampler)
        self._numbers.resize((self._rows, self._numbers.shape[1]), refcheck=False)
        others = {place: np.concatenate(self._others.pop(place)) for place in list(self._others)}
        order = _canonical(others["", "customer_id"], others["", "as_of"])
        if order is not None:
            _reorder(self._numbers, order)
            others = {place: values[order] for place, values in others.items()}
        changed: dict[str, Any] = {group: {} for group in _GROUPS}
        for (group, name), values in others.items():
            (changed[group] if group else changed)[name] = values
        sample = None if sampler is None else sampler.sample
        return replace(self._first, numbers=self._numbers, sample=sample, **changed)

    def _make_room(self, rows: int) -> None:
        if rows > len(self._numbers):
            # The C library moves pages and not bytes where it can; where it cannot, a little
            # more than is needed keeps it from copying everything for every part.
            wanted = max(rows, len(self._numbers) + len(self._numbers) // 16)
            self._numbers.resize((wanted, self._numbers.shape[1]), refcheck=False)

    def _keep(self, sampler: Sampler) -> None:
        ids = np.concatenate(self._others["", "customer_id"])
        kept = np.flatnonzero(sampler.keeps(ids))
        for start in range(0, len(kept), _ROWS):
            rows = kept[start : start + _ROWS]
            # A row never moves down, so that none is overwritten before it has moved.
            self._numbers[start : start + len(rows)] = self._numbers[rows]
        self._rows = len(kept)
        self._others = {place: [np.concatenate(parts)[kept]] for place, parts in self._others.items()}


def _require_same(first: Panel, part: Panel) -> None:
    if (part.features, part.measures.keys()) == (first.features, first.measures.keys()):
        return
    other = set(part.features) ^ set(first.features)
    raise ConfigError(
        "a feature family makes other features for some customers than for others",
        got=", ".join(sorted({feature.name for feature in other})),
        mend="let its names depend on the columns and the configuration only, not on values",
    )


def _beside(part: Panel) -> Iterable[tuple[tuple[str, str], NDArray[Any]]]:
    """Everything but the numbers: (group, name), values."""
    for name in ("customer_id", "as_of", "churned", "value"):
        yield ("", name), getattr(part, name)
    for group in _GROUPS:
        for name, values in getattr(part, group).items():
            yield (group, name), values


def _canonical(customer_id: NDArray[np.object_], as_of: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The order of rows by customer (UTF-8 bytes), then date; None where they have it already."""
    # Python compares text by code point, which is the order of the UTF-8 bytes.
    ids = customer_id.tolist()
    first = [row for row in range(len(ids)) if row == 0 or ids[row] != ids[row - 1]]
    rank = {who: place for place, who in enumerate(sorted({ids[row] for row in first}))}
    lengths = np.diff(np.append(np.array(first, dtype=np.int64), len(ids)))
    ranks = np.repeat(np.array([rank[ids[row]] for row in first], dtype=np.int64), lengths)
    order = np.lexsort((as_of, ranks))
    return None if (order == np.arange(len(order))).all() else order


def in_order(panel: Panel) -> Panel:
    """The same rows in canonical order."""
    order = _canonical(panel.customer_id, panel.as_of)
    return panel if order is None else panel.take(order)


def _reorder(numbers: NDArray[np.float32], order: NDArray[np.int64]) -> None:
    # In place, some columns at a time: a copy of the whole would be the second one in memory.
    for start in range(0, numbers.shape[1], _COLUMNS):
        numbers[:, start : start + _COLUMNS] = numbers[order, start : start + _COLUMNS]


def stamped(panel: Panel, digests: Mapping[str, str], asked: Mapping[str, Any]) -> Panel:
    """With its fingerprint: equal where inputs, questions and code are."""
    told = {
        "inputs": dict(digests),
        "asked": asked,
        "as_of": np.unique(panel.as_of).tolist(),
        "rows": len(panel),
        "features": [feature.as_dict() for feature in panel.features],
        "code": VERSION,
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return replace(panel, fingerprint=hashlib.sha256(text.encode()).hexdigest())
