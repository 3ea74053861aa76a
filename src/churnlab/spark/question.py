"""What every task of a job must know: settings as plain values, schemas, models as bytes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.config.machine import Tracking
from churnlab.config.project import FeaturePlan
from churnlab.config.sources import Source, Sources
from churnlab.errors import ConfigError
from churnlab.features.own import Family
from churnlab.panel import Ahead, Questions
from churnlab.panel.declines import Seasons
from churnlab.snapshots import Calendar
from churnlab.spark.inputs import SparkTables
from churnlab.strategy.season import Season
from churnlab.tables import Tables
from churnlab.tracking import Champion
from churnlab.workflow import phasing
from churnlab.workflow.opening import Opened, measures, silent
from churnlab.workflow.panels import questions


@dataclass(frozen=True)
class Question:
    """Sent with each task, so it is small: no table, no session, no connection, no secret.

    ``project``: without sources, folders and tracker. ``columns``: table -> column -> Arrow type.
    ``attributes``: name -> number or category. ``as_ofs``: rising instants. ``watermark``: None where
    nothing is asked about what happened next. ``seasons``: as ``Ahead`` has them.
    ``own``: file -> text, of own families. ``season``: of all customers at the scoring date.
    ``models``: file name -> bytes; ``digests``: the SHA-256 each must have.
    """

    project: Project
    columns: Mapping[str, Mapping[str, str]]
    attributes: Mapping[str, str]
    as_ofs: tuple[int, ...]
    segments: tuple[str, ...]
    exponent: int
    compiled: bool
    watermark: int | None = None
    seasons: Seasons | None = None
    own: Mapping[str, str] = field(default_factory=dict)
    season: Season | None = None
    models: Mapping[str, bytes] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, opening: Opened, tables: SparkTables, as_ofs: Sequence[int], watermark: int | None = None
    ) -> Question:
        """What is asked at ``as_ofs``, rising instants, of a project whose tables are in Spark."""
        asked = questions(opening, as_ofs)  # an own family that cannot be read is told before any job
        return cls(
            project=_bare(opening.project),
            columns=tables.columns,
            attributes={name: each.kind for name, each in tables.known.attributes.items()},
            as_ofs=tuple(as_ofs),
            segments=tuple(asked.segments),
            exponent=asked.exponent,
            compiled=asked.compiled,
            watermark=watermark,
            own=_own_files(opening.project),
        )

    def answered_by(self, champion: Champion) -> Question:
        """The same, with the models that answer: plain files, as they were registered."""
        models = {name: (champion.folder / name).read_bytes() for name in champion.digests}
        return replace(self, models=models, digests=dict(champion.digests))

    @property
    def schemas(self) -> dict[str, Any]:
        """Table -> Arrow schema of its rows."""
        import pyarrow as pa

        types = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64()}
        return {
            table: pa.schema([(name, types[kind]) for name, kind in columns.items()])
            for table, columns in self.columns.items()
        }

    @property
    def questions(self) -> Questions:
        """The same, as the local path asks them."""
        project = self.project
        return Questions(
            as_ofs=self.as_ofs,
            calendar=Calendar(project.time_zone, project.calendar),
            plan=project.features,
            families=_families(
                project.features.model_dump_json(), json.dumps(dict(self.own), sort_keys=True)
            ),
            who=project.snapshots,
            measures=phasing.measured(project, self.trained.extra) if self.models else measures,
            segments=self.segments,
            exponent=self.exponent,
            compiled=self.compiled,
            kind=project.churn.kind,
            compared_days=project.churn.compared_days,
        )

    @property
    def ahead(self) -> Ahead | None:
        """What happened next, where it is asked."""
        if self.watermark is None:
            return None
        return Ahead(self.project.churn, self.project.value, self.watermark, self.seasons)

    @property
    def opening(self) -> Opened:
        """The project as the local verbs see it once its sources are read, without any row."""
        calendar = Calendar(self.project.time_zone, self.project.calendar)
        return Opened(self.project, Tables(None, (), {}, {}, {}, (), {}), calendar, silent)

    @property
    def trained(self) -> Any:
        """The models, read once in a worker, their digests checked before they are parsed."""
        return _trained(tuple(sorted(self.models.items())), tuple(sorted(self.digests.items())))


def _bare(project: Project) -> Project:
    """The settings that rows depend on: where data, tracker and secrets are stays on the driver."""
    source: Any = Source  # their names are all that is kept, whatever else a source may come to need
    named = {
        table: tuple(source.model_construct(name=each.name) for each in getattr(project.sources, table))
        for table in Sources.model_fields
    }
    away = {"root": ".", "data_roots": (), "sources": Sources.model_construct(None, **named)}
    return project.model_copy(update={**away, "tracking": Tracking()})


def _own_files(project: Project) -> dict[str, str]:
    """The text of each file that holds an own family; installed modules must be on the workers already."""
    files = {spec.rpartition(":")[0].strip() for spec in project.features.own}
    found = {}
    for name in sorted(file for file in files if file.endswith(".py")):
        try:
            found[name] = (Path(project.root) / name).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"features.own: {name} cannot be read", got=error.strerror, mend="check the path"
            ) from None
    return found


@lru_cache(maxsize=4)
def _families(plan: str, own: str) -> Mapping[str, Family]:
    from churnlab.features import catalogue

    # Files of this run only, gone once they are read: a worker may not share the driver's disk.
    with tempfile.TemporaryDirectory(prefix="churnlab-own-") as folder:
        for name, text in json.loads(own).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return catalogue.select(FeaturePlan.model_validate_json(plan), Path(folder))


@lru_cache(maxsize=2)
def _trained(contents: tuple[tuple[str, bytes], ...], digests: tuple[tuple[str, str], ...]) -> Any:
    from churnlab.models import files

    with tempfile.TemporaryDirectory(prefix="churnlab-models-") as folder:
        for name, content in contents:
            (Path(folder) / Path(name).name).write_bytes(content)
        return files.load(Path(folder), dict(digests))
