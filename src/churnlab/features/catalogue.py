"""The families of features, and what every feature must hold to.

Each feature belongs to one dimension of the relationship it measures:

    economic         exchange and money: spend, order values, margin, refunds
    informational    what both sides can observe: silence, frequency, change of pace, the profile
    normative        rules and habits shared: intervals, tenure, contracts, repeated products, hours
    political        power and dependence: breadth, discounts, messages sent, calls for help
    socio-affective  attachment: what the customer does with us without having to

The dimension is the author's judgement of what a number stands for, not a finding of the model. It
serves the report: "the risk of these customers is a matter of habit" can be acted on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np

from churnlab.config.project import FeaturePlan
from churnlab.errors import ConfigError
from churnlab.features import own
from churnlab.features.breadth import breadth
from churnlab.features.contract import contract
from churnlab.features.engagement import engagement
from churnlab.features.feature import Dimension, Feature
from churnlab.features.frequency import frequency
from churnlab.features.monetary import monetary
from churnlab.features.own import Family
from churnlab.features.pressure import pressure
from churnlab.features.profile import profile
from churnlab.features.recency import recency
from churnlab.features.rhythm import rhythm
from churnlab.features.season import season
from churnlab.features.service import service
from churnlab.features.tenure import tenure
from churnlab.features.trend import trend
from churnlab.history import History
from churnlab.history.units import infinite

FAMILIES: dict[str, Family] = {
    "recency": recency,
    "frequency": frequency,
    "monetary": monetary,
    "rhythm": rhythm,
    "trend": trend,
    "breadth": breadth,
    "engagement": engagement,
    "service": service,
    "pressure": pressure,
    "contract": contract,
    "tenure": tenure,
    "season": season,
    "profile": profile,
}

NAME = re.compile(r"[a-z][a-z0-9_]*")


def select(plan: FeaturePlan, root: Path) -> Mapping[str, Family]:
    """The families a project asked for, in its order, then its own. ``root``: the project's folder."""
    families = {name: FAMILIES[name] for name in plan.families}
    return families | own.select(plan.own, root, FAMILIES)


def compute(past: History, families: Mapping[str, Family]) -> list[tuple[str, Feature]]:
    """(family, feature) of every feature, checked: names unique, one finite value or NaN a snapshot."""
    return list(each(past, families))


def each(past: History, families: Mapping[str, Family]) -> Iterator[tuple[str, Feature]]:
    """The same one by one: whoever takes what it needs of each lets go of its values at once."""
    maker: dict[str, str] = {}
    for family, function in families.items():
        for feature in function(past):
            if feature.name in maker:
                raise ConfigError(
                    f"features: family {family} makes {feature.name}, which exists already",
                    got=f"{feature.name} of family {maker[feature.name]}",
                    mend="rename one of them (an attribute in sources, a feature in your own function)",
                )
            _check(family, feature, len(past.as_of))
            maker[feature.name] = family
            yield family, feature


def _check(family: str, feature: Feature, size: int) -> None:
    wrong = _fault(feature, size)
    if wrong is not None:
        what, got, mend = wrong
        raise ConfigError(f"features: {feature.name} of family {family} {what}", got=got, mend=mend)


def _fault(feature: Feature, size: int) -> tuple[str, str, str] | None:
    """(what, got, mend) of the first thing wrong with a feature."""
    values = feature.values
    if not isinstance(values, np.ndarray) or values.shape != (size,):
        got = f"shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        return "needs one value per snapshot", got, f"give a numpy array of shape ({size},)"
    if values.dtype != object and values.dtype.kind not in "iuf":
        return (
            "has values of a kind that is not known",
            str(values.dtype),
            "use whole numbers, floats or text",
        )
    if values.dtype.kind == "f" and infinite(values):
        return "is infinite", "inf", "divide with churnlab.history.ratio, which gives NaN instead"
    return _fault_of_words(feature.name, feature.dimension, (feature.en, feature.fr))


@lru_cache(maxsize=4096)  # the same words come with every shard
def _fault_of_words(name: str, dimension: str, sentences: tuple[str, ...]) -> tuple[str, str, str] | None:
    if not NAME.fullmatch(name):
        return "has no plain name", repr(name), "use lower case letters, digits and underscores"
    if dimension not in get_args(Dimension):
        return (
            "has an unknown dimension",
            str(dimension),
            f"use one of {', '.join(get_args(Dimension))}",
        )
    for template in sentences:
        try:
            template.format(value="", reference="")
        except (KeyError, IndexError, ValueError):
            return "has a sentence that cannot be filled", template, "use {value} and {reference} only"
        if "{value}" not in template:
            return "has a sentence without {value}", template, "say where the value goes"
    return None
