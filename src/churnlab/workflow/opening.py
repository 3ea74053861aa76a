"""Open a project: its engine, its checked tables, its calendar. Every verb starts here."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churnlab import engine, tables
from churnlab.config import Project
from churnlab.config.meanings import HISTORIES
from churnlab.durable import digest
from churnlab.errors import ConfigError, DataError
from churnlab.features.own import Family
from churnlab.lists import lock
from churnlab.shards import Limits, can_compile
from churnlab.snapshots import Calendar, zones_version
from churnlab.tables import Tables
from churnlab.version import VERSION
from churnlab.workflow import shrinking

if TYPE_CHECKING:
    from churnlab.history import History

Progress = Callable[[str, float | None], None]

COMPILED_FROM = 300_000  # events: below, compiled code takes longer to load than it saves
MOST_EVENTS = 250_000  # in a shard: what the processor's caches like best
EVENT_BYTES = 6_000  # of memory for each event of a shard, with all that is made of it
DATE_BYTES = 300  # and for each date at which its customer is looked at
COUNTS = "data/counts.json"  # in the project's output: what each source had the last time
# Of the machine, or of what happens to lists once they are made: no byte of a list differs for it.
_APART = {"root", "data_roots", "engine", "tracking", "export", "release"}
Frames = Mapping[str, Any]


def silent(step: str, share: float | None) -> None:
    """The progress of a caller who does not want to see any."""


@dataclass(frozen=True)
class Opened:
    """A project whose sources have been read and checked."""

    project: Project
    tables: Tables
    calendar: Calendar
    progress: Progress
    frames: Frames = field(default_factory=dict)

    def read(
        self, wanted: Collection[str], quarantine: Path | None = None, *, remarks: bool = False
    ) -> Tables:
        """More of the project's tables, beside those that are open.

        ``quarantine``: the file for rows set aside. ``remarks``: whether somebody reads their notes.
        """
        con = self.tables.con
        return _load(self.project, con, self.frames, self.progress, wanted, quarantine, remarks=remarks)

    @property
    def root(self) -> Path:
        """The project's folder; all relative paths start there."""
        return Path(self.project.root)

    @property
    def out(self) -> Path:
        """The folder that everything is written to."""
        return out_folder(self.project)

    @property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of everything that is read: the inputs, and the files of own feature families."""
        return {**self.tables.digests, **own_digests(self.project)}

    @property
    def has_histories(self) -> bool:
        """Whether there are transactions, and not only a snapshot table with a supplied label."""
        return bool(self.project.sources.transactions)

    @property
    def watermark(self) -> int:
        """The instant before which nothing is missing that an outcome is read from."""
        read = ["transactions", *(["contracts"] if self.project.churn.kind == "contractual" else [])]
        return min(self.tables.watermarks[table] for table in read)

    @property
    def families(self) -> Mapping[str, Family]:
        """The feature families that the project asks for."""
        from churnlab.features import catalogue

        return catalogue.select(self.project.features, self.root)

    def limits(self, dates: int = 1, only: str | None = None) -> Limits:
        """How much of the tables is held at once, and whether compiled code is worth its loading.

        ``dates``: how many snapshots are asked of each customer. ``only``: the one customer to look for,
        whose few rows are done before compiled code is loaded.
        """
        asked = self.project.engine
        memory = engine.size(asked.memory)
        events = sum(count.accepted for count in self.tables.counts)
        each_event = EVENT_BYTES + DATE_BYTES * dates
        return Limits(
            memory=memory,
            shard_events=asked.shard_events or max(1_000, min(MOST_EVENTS, memory // each_event)),
            threads=asked.threads,
            compiled=only is None and events >= COMPILED_FROM and can_compile(),
        )

    @property
    def value_days(self) -> int:
        """The value horizon: the churn horizon where none is given."""
        return self.project.value.horizon_days or self.project.churn.horizon_days


def own_digests(project: Project) -> dict[str, str]:
    """File or module of each own feature family -> SHA-256 of its source."""
    found = {}
    for spec in project.features.own:
        place = spec.rpartition(":")[0].strip()
        if place.endswith(".py"):
            path = Path(project.root) / place
        else:
            module = importlib.util.find_spec(place)
            path = Path(module.origin) if module is not None and module.origin else Path(place)
        if path.is_file():
            found[f"features {place}"] = digest(path)
    return found


def code_version() -> str:
    """What computes: this package, the libraries whose arithmetic a score rests on, the rules of clocks."""
    libraries = ("duckdb", "numpy", "scikit-learn", "xgboost")
    versions = (f"{name} {metadata.version(name)}" for name in libraries)
    return " ".join([f"churnlab {VERSION}", *versions, zones_version()])


def out_folder(project: Project) -> Path:
    """Where a project's results are written."""
    return Path(project.root) / project.lists.folder / project.project


@contextmanager
def writing(project: Project) -> Iterator[None]:
    """Be the only run that writes for ``project``; ``LockedError`` (exit 6) names another one."""
    with lock.held(out_folder(project), project.project):
        yield


@contextmanager
def opened(
    project: Project,
    frames: Frames | None = None,
    progress: Progress = silent,
    *,
    keep: bool = False,
    remarks: bool = True,
    wanted: Collection[str] = HISTORIES,
) -> Iterator[Opened]:
    """Read and check all sources of ``project``; the tables last as long as the context.

    ``keep``: write the quarantine, and compare the counts with those of the last time. ``remarks``: ask
    for what is worth knowing of sound rows, the notes of the tables. ``wanted``: the tables to read.
    """
    _write_synthetic(project)
    folder = out_folder(project) / "data"
    if keep:
        folder.mkdir(parents=True, exist_ok=True)
    with engine.session(project.engine.memory, project.engine.threads) as con:
        quarantine = folder / "quarantine.parquet" if keep else None
        loaded = _load(project, con, frames or {}, progress, wanted, quarantine, remarks=remarks)
        if keep:
            counts = out_folder(project) / COUNTS
            shrinking.check(loaded.counts, counts, accept=project.accept_smaller)
            shrinking.keep(loaded.counts, counts)
        calendar = Calendar(project.time_zone, project.calendar)
        yield Opened(project, loaded, calendar, progress, frames or {})


def _load(
    project: Project,
    con: Any,
    frames: Frames,
    progress: Progress,
    wanted: Collection[str],
    quarantine: Path | None,
    *,
    remarks: bool,
) -> Tables:
    return tables.load(
        project.sources,
        root=Path(project.root),
        data_roots=project.data_roots,
        zone=project.time_zone,
        currency=project.currency,
        con=con,
        frames=frames,
        quarantine=quarantine,
        progress=lambda step: progress(step, None),
        remarks=remarks,
        wanted=wanted,
    )


def _write_synthetic(project: Project) -> None:
    if project.synthetic is None:
        return
    from churnlab.tables import synthetic

    folder = Path(project.root) / project.synthetic.folder
    if not all((folder / name).is_file() for name in synthetic.FILES):
        synthetic.write_world(folder, project.synthetic.customers, project.synthetic.seed)


def settings(project: Project) -> dict[str, Any]:
    """The resolved configuration as plain values, without what is the machine's own, or the delivery's."""
    resolved = project.model_dump(mode="json", exclude=_APART)
    resolved["models"].pop("threads")
    resolved["churn"] = project.churn.meaning()
    # What nobody asks for is left out: it changes no run key.
    if project.overlays is None:
        del resolved["overlays"]
    if project.campaign is not None and not project.campaign.one_per_parent:
        del resolved["campaign"]["one_per_parent"]
    for table in resolved["sources"].values():
        for source in table:
            source["files"] = [_label(file) for file in source["files"]]
            for lookup in source["lookups"]:
                lookup["files"] = [_label(file) for file in lookup["files"]]
            if source["duckdb"]:
                source["duckdb"]["path"] = _label(source["duckdb"]["path"])
    return resolved


def _label(path: str) -> str:
    # Where a file lies on this machine changes nothing that is computed from it.
    return path if path.startswith("package:") else path.replace("\\", "/").rpartition("/")[2]


def settings_digest(project: Project) -> str:
    """SHA-256 of the resolved configuration."""
    text = json.dumps(settings(project), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def scoring_date(opening: Opened, as_of: dt.date | None) -> dt.date:
    """The date to score: the one asked for, or the day the data is complete until.

    Raises ``DataError`` where the data ends more than a day before ``as_of``: customers would look
    silent because nobody has told us yet what they bought.
    """
    if not opening.has_histories:
        return as_of or _stated_date(opening.project)
    complete = opening.calendar.date(opening.tables.watermarks["transactions"])
    day = as_of or complete
    for table, until in {"transactions": complete, **_declared(opening)}.items():
        if day > until + dt.timedelta(days=1):
            raise DataError(
                f"the {table} are complete until {until} only",
                got=f"the date to score is {day}, {(day - until).days} days later",
                mend="deliver the missing days, or score an earlier date with --as-of",
            )
    return day


def _declared(opening: Opened) -> dict[str, dt.date]:
    """Until when each table of events is complete, where that was declared and not only observed."""
    found = {}
    for table, mark in opening.tables.watermarks.items():
        sources = getattr(opening.project.sources, table)
        if all(isinstance(source.complete_until, dt.date) for source in sources):
            found[table] = opening.calendar.date(mark)
    return found


def _stated_date(project: Project) -> dt.date:
    # A table without histories has no last event to go by, and no clock decides what a list says.
    stated = project.sources.snapshot[0].complete_until
    if isinstance(stated, dt.date):
        return stated
    raise ConfigError(
        "a snapshot table has no dates: the day its lists are for must be said",
        mend="add --as-of YYYY-MM-DD, or set sources.snapshot.0.complete_until",
    )


def measures(past: History) -> Mapping[str, Any]:
    """What the panel keeps beside the features: the parts of intensity, and the way to a second purchase."""
    from churnlab.strategy import intensity, repeats

    return {**intensity.measures(past), **repeats.measures(past)}
