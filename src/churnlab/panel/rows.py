"""From shards to a panel: what was known of every snapshot, beside what happened next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from churnlab import labels
from churnlab.config.project import Churn, FeaturePlan, Value
from churnlab.errors import ConfigError, DataError
from churnlab.features import catalogue
from churnlab.features.feature import Feature
from churnlab.features.own import Family
from churnlab.history import History, Outcome
from churnlab.panel.panel import Panel, joined, stamped
from churnlab.shards import Shard
from churnlab.snapshots import Calendar, Snapshots

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Measures = Callable[[History], Mapping[str, Floats]]


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
        part = described(shard, past, families, measures, segments, exponent)
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
    return stamped(joined(parts), digests, asked)


def exclusions(snapshots: Snapshots, panel: Panel) -> dict[str, int]:
    """Reason -> how many (customer, as_of) have no label to learn from.

    With the rows that have one they add up to all those with known transactions.
    """
    incomplete = int(np.isnan(panel.churned).sum())
    return dict(snapshots.excluded) | ({"label_window_incomplete": incomplete} if incomplete else {})


def described(
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
