"""What a model was trained to mean: scoring under other terms would be another question.

Feature names can agree while their meaning does not: a horizon, a time zone, the types that count as
calls for help, or the text of an own family may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from churnlab.config import Project
from churnlab.errors import IntegrityError
from churnlab.workflow.opening import own_digests

_OWN = "features "  # the files of own families, as ``own_digests`` names them
_SHORTER = "churn.also_days"
_ADDED = frozenset(
    {"features.families", "features.own", _SHORTER}
)  # more of them, and the rest means the same


def of(project: Project) -> dict[str, Any]:
    """The settings that decide what features, label and value mean, by their place in the file."""
    terms = {
        "time_zone": project.time_zone,
        "calendar": project.calendar,
        "currency": project.currency,
        **{f"churn.{key}": value for key, value in project.churn.meaning().items()},
        **{f"value.{key}": value for key, value in project.value.model_dump(mode="json").items()},
        **{f"features.{key}": value for key, value in project.features.model_dump(mode="json").items()},
        "snapshots.min_orders": project.snapshots.min_orders,
        "snapshots.lost_after_days": project.snapshots.lost_after_days,
    }
    return terms | own_digests(project)


def meaning(trained: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a model's terms that say what is asked, and not only what it is answered from."""
    return {key: value for key, value in trained.items() if key not in _ADDED and not key.startswith(_OWN)}


def check(project: Project, trained: Mapping[str, Any]) -> None:
    """Raise ``IntegrityError`` (exit 5) where ``project`` asks for something else than was trained."""
    other = differences(project, trained)
    if other:
        raise IntegrityError(
            "the champion was trained on other terms than the configuration now states",
            got="; ".join(other[:3]),
            mend="put it back, or train again: churnlab train CONFIG",
        )


def differences(project: Project, trained: Mapping[str, Any], *, added: bool = False) -> list[str]:
    """Each term that ``project`` states otherwise than a model was trained on, with both values.

    ``added``: leave out what may be added and the rest still means the same: families, own ones that are
    new, risks of shorter horizons.
    """
    asked = of(project)
    other = [key for key in sorted({*asked, *trained}) if asked.get(key) != trained.get(key)]
    # A shorter horizon that nobody asks for any more is left out of the lists: the others say the same.
    if not {*asked.get(_SHORTER, ())} - {*trained.get(_SHORTER, ())}:
        other = [key for key in other if key != _SHORTER]
    if added:
        own = own_digests(project)
        other = [key for key in other if key not in _ADDED and not (key in own and key not in trained)]
    return [f"{key}: trained {trained.get(key)}, now {asked.get(key)}" for key in other]
