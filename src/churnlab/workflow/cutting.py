"""Whose cuts a new model places customers by: those of the champion, unless learning anew was asked for.

Cuts that followed every model would move customers from list to list for no reason of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import IntegrityError
from churnlab.models import files
from churnlab.strategy.thresholds import Thresholds
from churnlab.tracking import Store

KEY, PLAN, SINCE = "thresholds", "thresholds_plan", "thresholds_since"


@dataclass(frozen=True)
class Cuts:
    """``plan``: the settings behind them. ``since``: the version that learned them, None: this one."""

    thresholds: Thresholds
    plan: Mapping[str, Any]
    since: str | None = None

    def as_extra(self) -> dict[str, Any]:
        """What is stored with the model."""
        return {KEY: self.thresholds.as_dict(), PLAN: dict(self.plan), SINCE: self.since}

    @classmethod
    def told(cls, extra: Mapping[str, Any]) -> str:
        """Where the cuts of a model come from, in words."""
        since = extra[SINCE]
        if since is None:
            return "learned in this training"
        return f"those of version {since}; strategy.relearn: true learns them anew"


def settled(project: Project, store: Store, learned: Thresholds, basis: str | None) -> Cuts:
    """The cuts of a new model. ``learned``: what it would learn by itself; ``basis``: of its value.

    Those of the champion stay as long as the settings behind them are the same. A champion that cannot be
    read, or that had no cut on an axis that there is now, has none to keep.
    """
    plan = _plan(project, basis)
    if not project.strategy.relearn and tracking.alias(store) is not None:
        try:
            champion = tracking.champion(store)
            extra = files.load(champion.folder, champion.digests).extra
        except IntegrityError:
            extra = {}
        if extra.get(PLAN) == plan:
            kept = Thresholds.from_dict(extra[KEY])
            if (kept.value_if_retained is None, kept.intensity is None) == (
                learned.value_if_retained is None,
                learned.intensity is None,
            ):
                # The same cuts learned again: the files of both models may then be the same to the byte.
                return Cuts(kept, plan, extra[SINCE] if kept == learned else extra[SINCE] or champion.version)
    return Cuts(learned, plan)


def _plan(project: Project, basis: str | None) -> dict[str, Any]:
    """What makes a cut mean the same: how it is set, and what the value on its axis is."""
    strategy = project.strategy.model_dump(
        mode="json", include={"value", "intensity", "by", "groups", "min_group"}
    )
    value = project.value.model_dump(mode="json")
    days = project.value.horizon_days or project.churn.horizon_days
    about = {"kind": project.churn.kind, "currency": project.currency, "basis": basis}
    return {**strategy, "axis": {**value, **about, "horizon_days": days}}
