"""The panel: one row per customer and snapshot, features beside what happened next.

customer_id  as_of        features ...        churned   value
00042        2025-01-01   12.0  3.0  web      0         118.40
00042        2025-02-01   43.0  1.0  web      missing   missing    <- its window is not complete
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError
from churnlab.features.feature import Description
from churnlab.version import VERSION


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows in canonical order: by customer id (UTF-8 bytes), then ``as_of``.

    ``customer_id``: (n,) text. ``as_of``: (n,) int64 microseconds UTC.
    ``numbers``: (n, p) float32, NaN where there is nothing to measure; money in major units.
    ``categories``: name -> (n,) text or None.
    ``features``: the p numbers in column order, then the categories.
    ``churned``: (n,) 1, 0, or NaN while the outcome is not complete.
    ``value``: (n,) major units over the value horizon, discounted, NaN while not complete.
    ``measures``: name -> (n,) float64 beside the features: what intensity and baselines are made of.
    ``segments``: name -> (n,) text or None, for reporting.
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
                "value": self.value,
            }
        )

    def take(self, rows: NDArray[Any]) -> Self:
        """The same panel with some of its rows: a mask, or positions in rising order."""
        return replace(
            self,
            customer_id=self.customer_id[rows],
            as_of=self.as_of[rows],
            numbers=self.numbers[rows],
            categories={name: values[rows] for name, values in self.categories.items()},
            churned=self.churned[rows],
            value=self.value[rows],
            measures={name: values[rows] for name, values in self.measures.items()},
            segments={name: values[rows] for name, values in self.segments.items()},
        )


def joined(parts: Sequence[Panel]) -> Panel:
    """Parts of one panel, in canonical order, as one."""
    if not parts:
        raise ValueError("a panel needs at least one shard")
    first = parts[0]
    for part in parts[1:]:
        if (part.features, part.measures.keys()) != (first.features, first.measures.keys()):
            other = set(part.features) ^ set(first.features)
            raise ConfigError(
                "a feature family makes other features for some customers than for others",
                got=", ".join(sorted({feature.name for feature in other})),
                mend="let its names depend on the columns and the configuration only, not on values",
            )

    return replace(
        first,
        customer_id=np.concatenate([part.customer_id for part in parts]),
        as_of=np.concatenate([part.as_of for part in parts]),
        numbers=np.concatenate([part.numbers for part in parts]),
        churned=np.concatenate([part.churned for part in parts]),
        value=np.concatenate([part.value for part in parts]),
        categories=_eachjoined([part.categories for part in parts]),
        measures=_eachjoined([part.measures for part in parts]),
        segments=_eachjoined([part.segments for part in parts]),
    )


def _eachjoined(parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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
