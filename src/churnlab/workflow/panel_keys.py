"""What each piece of a training panel is made from: where all of it is equal, the piece is, too."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from churnlab.config import FeaturePlan
from churnlab.config.meanings import SUPPRESSION
from churnlab.features import catalogue
from churnlab.panel import Questions, code
from churnlab.panel.cache import Keys, key
from churnlab.workflow.opening import Opened, code_version, settings

# Who is asked about, and how a past is read: everything left of the features.
_ROWS = ("config", "tables", "shards", "history", "panel", "engine", "snapshots")
_TYPES = ("engagement_types", "service_types")


def of(opening: Opened, asked: Questions) -> Keys:
    """The keys of the panel that ``asked`` asks for."""
    project = opening.project
    resolved = settings(project)
    # Who must not be contacted changes no panel.
    resolved["sources"] = {
        table: sources for table, sources in resolved["sources"].items() if table not in SUPPRESSION
    }
    rows = key(
        "rows",
        _versions(),
        code.of_packages(_ROWS),
        opening.tables.digests,
        [resolved[name] for name in ("sources", "time_zone", "currency", "calendar", "snapshots")],
        list(asked.as_ofs),
        [project.models.row_budget, project.models.seed],
        # Who can leave, and where that depends on what came after, who is left out.
        *(
            []
            if asked.kind == "non_contractual"
            else [resolved["churn"], opening.watermark, code.of_packages(["labels"])]
        ),
    )
    outcome = key(
        rows, "outcome", code.of_packages(["labels"]), resolved["churn"], resolved["value"], opening.watermark
    )
    measured = (
        *(code.of_module(f"churnlab.strategy.{name}") for name in ("intensity", "repeats")),
        code.of_packages(["features"]),
    )
    beside = key(rows, "beside", measured, asked.segments, read_by(None, project.features))
    own = {spec.rpartition(":")[2].strip(): spec for spec in project.features.own}
    families = {name: key(rows, name, _of_family(name, own.get(name), opening)) for name in asked.families}
    return Keys(rows, outcome, beside, families)


def read_by(module: str | None, plan: FeaturePlan) -> dict[str, Any]:
    """The settings that a family may read: windows, and what its code names. None: any of them."""
    named = [name for name in _TYPES if module is None or code.mentions(module, name)]
    resolved = plan.model_dump(mode="json")
    return {name: resolved[name] for name in ("windows", *named)}


def _of_family(name: str, own: str | None, opening: Opened) -> list[Any]:
    """The family's own text with all that it imports, what every family goes through, and its settings."""
    plan, common = opening.project.features, code.of_module("churnlab.features.feature")
    if own is None:
        module = catalogue.FAMILIES[name].__module__
        return [common, code.of_module(module), read_by(module, plan)]
    place = own.rpartition(":")[0].strip()
    # Whatever it imports of ours is its code, too.
    return [own, code.of_own(place, opening.root), code.of_packages(["features"]), read_by(None, plan)]


def _versions() -> list[str]:
    return [
        code_version(),
        f"pyarrow {metadata.version('pyarrow')}",
        platform.python_version(),
        platform.machine(),
    ]
