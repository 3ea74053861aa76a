"""From shards to a panel: what was known of every snapshot, beside what happened next."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.churn import Kind
from churnlab.config.project import FeaturePlan, SnapshotPlan
from churnlab.errors import ConfigError, DataError
from churnlab.features import catalogue
from churnlab.features.feature import Description, Feature
from churnlab.features.own import Family
from churnlab.history import History, eligible
from churnlab.panel import declines, outcomes
from churnlab.panel.outcomes import Ahead, of_some
from churnlab.panel.panel import Panel, joined, stamped
from churnlab.panel.sample import Sampler
from churnlab.shards import Shard
from churnlab.snapshots import Calendar

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]
Measures = Callable[[History], Mapping[str, Floats]]

PARENT = "parent"  # asked for like a segment; no attribute can have this name


@dataclass(frozen=True, eq=False)
class Questions:
    """What is asked of every shard: which dates, which customers, which features, and what else.

    ``as_ofs``: rising instants. ``who``: who counts at each. ``measures``: what else is measured on
    each history. ``segments``: attributes to report by. ``exponent``: decimals of the currency.
    ``compiled``: whether compiled code measures; the answers are the same. ``kind``: of churn, which
    decides who can leave. ``compared_days``: whoever is asked brought something in them; None: or not.
    """

    as_ofs: Sequence[int]
    calendar: Calendar
    plan: FeaturePlan
    families: Mapping[str, Family]
    who: SnapshotPlan
    measures: Measures
    segments: Sequence[str]
    exponent: int
    compiled: bool = False
    kind: Kind = "non_contractual"
    compared_days: int | None = None


def answered(
    shard: Shard, questions: Questions, ahead: Ahead | None = None, sampler: Sampler | None = None
) -> tuple[Panel, Mapping[str, int]]:
    """The rows of one shard by customer id, then date; and how many candidates do not count, by reason.

    Without ``ahead`` what happened next is not asked, and is NaN. ``sampler`` sees everyone who counts;
    of those whom it can already tell that it will not keep, nothing is measured.
    """
    asked = eligible.candidates(shard, questions.as_ofs)
    past = History.of(asked, questions.calendar, questions.plan, compiled=questions.compiled)
    counts, excluded = eligible.eligible(past, questions.who, questions.kind)
    excluded |= declines.set_aside_nothing(past, counts, questions.compared_days)
    if ahead is not None:
        excluded |= outcomes.set_aside(asked, counts, questions.calendar, ahead, compiled=questions.compiled)
    if sampler is not None:
        wanted = sampler.see(asked.customers[asked.customer[counts]])
        counts[np.flatnonzero(counts)[~wanted]] = False
        if sampler.limit is not None:
            asked = of_some(asked, counts)
            past = History.of(asked, questions.calendar, questions.plan, compiled=questions.compiled)
            counts = counts[counts]
    part = described(
        asked, past, questions.families, questions.measures, questions.segments, questions.exponent, counts
    )
    if ahead is not None:
        part = outcomes.added(
            part,
            of_some(asked, counts),
            questions.calendar,
            ahead,
            questions.exponent,
            compiled=questions.compiled,
        )
    return part, excluded


def build(
    blocks: Iterable[tuple[Panel, Mapping[str, int]]],
    questions: Questions,
    ahead: Ahead | None,
    digests: Mapping[str, str],
    sampler: Sampler | None = None,
) -> tuple[Panel, dict[str, int]]:
    """All blocks as one panel; how shards are cut changes no byte. And who was left out, by reason.

    The reasons and the rows with a label add up to all (customer, as_of) with known transactions.
    """
    panel, excluded = gathered(blocks, questions, sampler)
    return finished(panel, excluded, questions, ahead, digests)


def gathered(
    blocks: Iterable[tuple[Panel, Mapping[str, int]]], questions: Questions, sampler: Sampler | None = None
) -> tuple[Panel, dict[str, int]]:
    """All blocks as one panel that is not stamped yet, and how many candidates do not count, by reason."""
    excluded: Counter[str] = Counter()

    def parts() -> Iterator[Panel]:
        for part, reasons in blocks:
            excluded.update(reasons)
            if len(part):
                yield part

    found = parts()
    first = next(found, None)
    if first is None:
        raise nobody(questions, excluded)
    panel = joined(chain([first], found), sampler)
    return panel, dict(excluded)


def finished(
    panel: Panel,
    left_out: Mapping[str, int],
    questions: Questions,
    ahead: Ahead | None,
    digests: Mapping[str, str],
) -> tuple[Panel, dict[str, int]]:
    """A gathered panel with its fingerprint, and all who are not learned from, by reason."""
    excluded = Counter(left_out)
    asked: dict[str, Any] = {
        "calendar": [questions.calendar.zone, questions.calendar.kind],
        "features": questions.plan.model_dump(mode="json"),
        "who": questions.who.model_dump(mode="json"),
    }
    if questions.kind != "non_contractual":
        asked["kind"] = questions.kind
    if ahead is not None:
        asked |= {
            "churn": ahead.churn.meaning(),
            "value": ahead.value.model_dump(mode="json"),
            "watermark": ahead.watermark,
        }
        excluded["label_window_incomplete"] += int(np.isnan(panel.churned).sum())
    if panel.sample is not None:
        asked |= {"sample": dataclasses.asdict(panel.sample)}
        excluded["not_in_sample"] += panel.sample.of_rows - panel.sample.rows
    return stamped(panel, digests, asked), {reason: rows for reason, rows in excluded.items() if rows}


def nobody(questions: Questions, excluded: Mapping[str, int]) -> DataError:
    """What to say where no customer counts. ``excluded``: reason -> how many do not."""
    days = [questions.calendar.date(int(as_of)) for as_of in questions.as_ofs]
    who, reasons = questions.who, ", ".join(f"{reason} {rows}" for reason, rows in excluded.items() if rows)
    return DataError(
        f"nobody can be asked about at any of {len(days)} snapshot dates, {days[0]} to {days[-1]}",
        got=f"customers with known transactions, summed over the dates: {sum(excluded.values())}; {reasons}",
        mend=f"choose dates after the first transactions, or lower snapshots.min_orders ({who.min_orders})"
        + (f" or raise snapshots.lost_after_days ({who.lost_after_days})" if who.lost_after_days else ""),
    )


def described(
    shard: Shard,
    past: History,
    families: Mapping[str, Family],
    measures: Measures,
    segments: Sequence[str],
    exponent: int,
    counts: Flags | None = None,
) -> Panel:
    """The rows of one shard, without outcomes. ``counts``: (n,) which of its snapshots get one; None: all."""
    shard = shard if counts is None else of_some(shard, counts)

    def kept(values: NDArray[Any]) -> NDArray[Any]:
        return values if counts is None or counts.all() else values[counts]

    numbers: list[tuple[Description, NDArray[np.float32]]] = []
    categories: list[tuple[Description, Texts]] = []
    for family, feature in catalogue.each(past, families):  # narrowed while it is still in the cache
        about = feature.described(family)
        if about.kind == "number":
            numbers.append((about, kept(_number(feature, exponent))))
        else:
            categories.append((about, kept(feature.values)))
    unknown = np.full(len(shard.as_of), np.nan)
    return Panel(
        customer_id=shard.customers[shard.customer],
        as_of=shard.as_of,
        numbers=_beside([values for _, values in numbers], len(shard.as_of)),
        categories={about.name: values for about, values in categories},
        features=tuple(about for about, _ in [*numbers, *categories]),
        churned=unknown,
        value=unknown,
        measures={name: kept(values) for name, values in measures(past).items()},
        segments={name: kept(_segment(past, name)) for name in segments},
        fingerprint="",
    )


def _beside(columns: Sequence[NDArray[np.float32]], rows: int) -> NDArray[np.float32]:
    """(n, p) the columns side by side."""
    matrix = np.empty((rows, len(columns)), dtype=np.float32)
    for place, values in enumerate(columns):
        matrix[:, place] = values
    return matrix


def _number(feature: Feature, exponent: int) -> NDArray[np.float32]:
    values = np.asarray(feature.values, dtype=np.float64)
    if feature.unit == "currency":
        values = values / 10**exponent
    if not np.isnan(feature.empty) and (missing := np.isnan(values)).any():
        values = values.copy()
        values[missing] = feature.empty
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
    if name == PARENT:
        parent = None if past.profile is None else past.profile.parent
        if parent is None:
            raise ConfigError(
                "overlays.parent is true, but the table of customers has no column parent",
                mend="map it in sources.customers.columns, or leave overlays.parent out",
            )
        return parent
    if past.profile is None:
        raise ConfigError(f"{name} is used as a segment, but there is no table of attributes")
    if past.profile.kind(name) == "category":
        return past.profile.category(name)
    numbers = past.profile.number(name)
    return np.array([None if np.isnan(number) else f"{number:g}" for number in numbers], dtype=object)
