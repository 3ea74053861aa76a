"""What each piece of a training panel is made from: where all of it is equal, the piece is, too."""

from __future__ import annotations

import platform
from importlib import metadata

from churnlab.features import catalogue
from churnlab.panel import Questions, code
from churnlab.panel.cache import Keys, key
from churnlab.workflow.opening import Opened, code_version, settings

# Who is asked about, and how a past is read: everything left of the features.
_ROWS = ("config", "tables", "shards", "history", "panel", "engine", "snapshots")
_PLAN = ("windows", "engagement_types", "service_types")


def of(opening: Opened, asked: Questions) -> Keys:
    """The keys of the panel that ``asked`` asks for."""
    project = opening.project
    resolved = settings(project)
    rows = key(
        "rows",
        _versions(),
        code.of_packages(_ROWS),
        opening.tables.digests,
        [resolved[name] for name in ("sources", "time_zone", "currency", "calendar", "snapshots")],
        list(asked.as_ofs),
        [project.models.row_budget, project.models.seed],
    )
    outcome = key(
        rows, "outcome", code.of_packages(["labels"]), resolved["churn"], resolved["value"], opening.watermark
    )
    measured = code.of_module("churnlab.strategy.intensity"), code.of_packages(["features"])
    plan = {name: resolved["features"][name] for name in _PLAN}
    beside = key(rows, "beside", measured, asked.segments, plan)
    own = {spec.rpartition(":")[2].strip(): spec for spec in project.features.own}
    families = {
        name: key(rows, "family", name, _code(name, own.get(name), opening), plan) for name in asked.families
    }
    return Keys(rows, outcome, beside, families)


def _code(name: str, own: str | None, opening: Opened) -> list[str]:
    """The family's own text with all that it imports, and what every family goes through."""
    common = code.of_module("churnlab.features.feature")
    if own is None:
        return [common, code.of_module(catalogue.FAMILIES[name].__module__)]
    # Whatever it imports of ours is its code, too.
    return [own, code.of_own(own.rpartition(":")[0].strip(), opening.root), code.of_packages(["features"])]


def _versions() -> list[str]:
    return [
        code_version(),
        f"pyarrow {metadata.version('pyarrow')}",
        platform.python_version(),
        platform.machine(),
    ]
