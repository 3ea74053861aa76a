"""The panel: one row per customer and snapshot, features beside what happened next.

customer_id  as_of        features ...        churned   value
00042        2025-01-01   12.0  3.0  web      0         118.40
00042        2025-02-01   43.0  1.0  web      missing   missing    <- its window is not complete
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

import churnlab
from churnlab import labels, shards
from churnlab.config.project import Churn, FeaturePlan, Value
from churnlab.errors import ConfigError, DataError
from churnlab.features import catalogue
from churnlab.features.feature import Description, Feature
from churnlab.features.own import Family
from churnlab.history import History, Outcome
from churnlab.shards import Shard
from churnlab.snapshots import Calendar, Snapshots

if TYPE_CHECKING:
    from churnlab.tables import Tables

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Measures = Callable[[History], Mapping[str, Floats]]


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


def build(
    shards: Iterable[Shard],
    calendar: Calendar,
    plan: FeaturePlan,
    families: Mapping[str, Family],
    churn: Churn,
    value: Value,
    watermark: int,
    *,
    measures: Measures,
    segments: Sequence[str],
    exponent: int,
    digests: Mapping[str, str],
    progress: Callable[[int], None] | None = None,
) -> Panel:
    """Features and outcomes of every snapshot of the shards; how they are cut changes no byte.

    ``watermark``: nothing is missing before it; outcomes that settle later are NaN.
    ``measures``: what else is measured on each history. ``segments``: attributes to report by.
    ``exponent``: decimals of the currency. ``digests``: of the inputs, for the fingerprint.
    ``progress`` hears how many rows are made.
    """
    parts: list[Panel] = []
    for shard in shards:
        past = History.of(shard, calendar, plan)
        part = _described(shard, past, families, measures, segments, exponent)
        parts.append(_with_outcome(part, shard, calendar, churn, value, watermark, exponent))
        if progress is not None:
            progress(sum(len(part) for part in parts))
    asked = {
        "calendar": [calendar.zone, calendar.kind],
        "features": plan.model_dump(mode="json"),
        "churn": churn.model_dump(mode="json"),
        "value": value.model_dump(mode="json"),
        "watermark": watermark,
    }
    return _stamped(_joined(parts), digests, asked)


def of_snapshot_table(
    tables: Tables,
    positive: str,
    negative: str | None,
    as_of: int,
    *,
    plan: FeaturePlan,
    families: Mapping[str, Family],
    measures: Measures,
    segments: Sequence[str],
    exponent: int,
) -> Panel:
    """One row a customer, from a table with a supplied label: its attributes are the features.

    ``positive`` is the label that means churned, ``negative`` the one that means stayed (None: the
    only other one there is). A row without a label can only be scored: ``churned`` is NaN.
    """
    shard, supplied, worth = shards.of_snapshot_table(tables, as_of)
    past = History.of(shard, Calendar("UTC"), plan)
    part = _described(shard, past, families, measures, segments, exponent)
    part = replace(part, churned=_supplied(supplied, positive, negative))
    if worth is not None:
        part = replace(part, value=worth / 10**exponent)
    asked = {"positive": positive, "negative": negative, "features": plan.model_dump(mode="json")}
    return _stamped(_joined([part]), tables.digests, asked)


def exclusions(snapshots: Snapshots, panel: Panel) -> dict[str, int]:
    """Reason -> how many (customer, as_of) have no label to learn from.

    With the rows that have one they add up to all those with known transactions.
    """
    incomplete = int(np.isnan(panel.churned).sum())
    return dict(snapshots.excluded) | ({"label_window_incomplete": incomplete} if incomplete else {})


def _described(
    shard: Shard,
    past: History,
    families: Mapping[str, Family],
    measures: Measures,
    segments: Sequence[str],
    exponent: int,
) -> Panel:
    """The rows of one shard, without outcomes."""
    made = [(feature, feature.described(family)) for family, feature in catalogue.compute(past, families)]
    numbers = [(feature, about) for feature, about in made if about.kind == "number"]
    categories = [(feature, about) for feature, about in made if about.kind == "category"]
    matrix = np.empty((len(shard.as_of), len(numbers)), dtype=np.float32)
    for column, (feature, _) in enumerate(numbers):
        matrix[:, column] = _number(feature, exponent)
    unknown = np.full(len(shard.as_of), np.nan)
    return Panel(
        customer_id=shard.customers[shard.customer],
        as_of=shard.as_of,
        numbers=matrix,
        categories={feature.name: feature.values for feature, _ in categories},
        features=tuple(about for _, about in numbers + categories),
        churned=unknown,
        value=unknown,
        measures=dict(measures(past)),
        segments={name: _segment(past, name) for name in segments},
        fingerprint="",
    )


def _number(feature: Feature, exponent: int) -> NDArray[np.float32]:
    values = feature.values.astype(np.float64)
    if feature.unit == "currency":
        values = values / 10**exponent
    if not np.isnan(feature.empty):
        values = np.where(np.isnan(values), feature.empty, values)
    with np.errstate(over="ignore"):  # said in our own words
        narrow = values.astype(np.float32)
    if np.isinf(narrow).any():
        raise DataError(
            f"the feature {feature.name} does not fit into a number of 32 bits",
            got=f"{np.nanmax(np.abs(values)):.3g}",
            mend="check the amounts it is made of, or leave its family out",
        )
    return narrow


def _segment(past: History, name: str) -> Texts:
    if past.profile is None:
        raise ConfigError(f"{name} is used as a segment, but there is no table of attributes")
    if past.profile.kind(name) == "category":
        return past.profile.category(name)
    numbers = past.profile.number(name)
    return np.array([None if np.isnan(number) else f"{number:g}" for number in numbers], dtype=object)


def _with_outcome(
    part: Panel, shard: Shard, calendar: Calendar, churn: Churn, value: Value, watermark: int, exponent: int
) -> Panel:
    def outcome(horizon_days: int) -> Outcome:
        return Outcome.of(shard, calendar, churn.gap_days, horizon_days, churn.settlement_days, watermark)

    left = outcome(churn.horizon_days)
    horizon_days = value.horizon_days or churn.horizon_days
    brought = left if horizon_days == churn.horizon_days else outcome(horizon_days)
    return replace(
        part,
        churned=labels.churned(left, gap_purchase_counts=churn.gap_purchase_counts),
        value=labels.value(
            brought,
            horizon_days=horizon_days,
            gap_days=churn.gap_days,
            discount_rate_annual=value.discount_rate_annual,
            basis=labels.value_basis(brought),
            exponent=exponent,
        ),
    )


def _joined(parts: Sequence[Panel]) -> Panel:
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
        categories=_each_joined([part.categories for part in parts]),
        measures=_each_joined([part.measures for part in parts]),
        segments=_each_joined([part.segments for part in parts]),
    )


def _each_joined(parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _supplied(supplied: Texts, positive: str, negative: str | None) -> Floats:
    found = sorted({label for label in supplied if label is not None})
    others = [label for label in found if label != positive]
    # Where nothing says which label means stayed, both must be there to be told apart.
    fits = others in ([], [negative]) if negative else not found or (positive in found and len(others) < 2)
    if not fits:
        raise DataError(
            f"the labels are not {positive!r} and {repr(negative) if negative else 'one other'}",
            got=", ".join(repr(label) for label in found[:10]) + (" ..." if len(found) > 10 else ""),
            mend="set churn.positive_label and churn.negative_label to the two labels of the table",
        )
    churned: Floats = (supplied == positive).astype(np.float64)
    churned[supplied == None] = np.nan  # noqa: E711  elementwise
    return churned


def _stamped(panel: Panel, digests: Mapping[str, str], asked: Mapping[str, Any]) -> Panel:
    """With its fingerprint: equal where inputs, questions and code are."""
    told = {
        "inputs": dict(digests),
        "asked": asked,
        "as_of": np.unique(panel.as_of).tolist(),
        "rows": len(panel),
        "features": [feature.as_dict() for feature in panel.features],
        "code": churnlab.__version__,
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return replace(panel, fingerprint=hashlib.sha256(text.encode()).hexdigest())
