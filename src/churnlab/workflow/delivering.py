"""`deliver`: the published lists as files a CRM imports, each handed over once; and the ledger of that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from churnlab.config import Project
from churnlab.config.export import LIST_NAMES
from churnlab.errors import ConfigError, DataError, MachineError, did_you_mean
from churnlab.lists import commit, layout, ledger, package
from churnlab.lists.database import Database
from churnlab.lists.delivery import DELIVERED, Asked, Desk, Destination, Outcome
from churnlab.lists.outbox import Outbox, Stages
from churnlab.lists.package import SCORES, Meant
from churnlab.lists.storage import Storage
from churnlab.tables.money import exponent
from churnlab.tracking.changes import actor
from churnlab.workflow import published
from churnlab.workflow.delivered import Delivered, Verified
from churnlab.workflow.opening import Frames, Progress, out_folder, silent, writing
from churnlab.workflow.rechecking import Rechecking, rechecking

LONGEST = 500  # letters of a reason


def deliver(
    project: Project,
    as_of: dt.date | None = None,
    lists: Sequence[str] | None = None,
    *,
    frames: Frames | None = None,
    redeliver: str | None = None,
    dry_run: bool = False,
    today: dt.date | None = None,
    progress: Progress = silent,
) -> Delivered:
    """Deliver the published lists of ``as_of`` (None: of the latest date), each once.

    ``lists``: which of them; None: ``export.lists``. ``redeliver``: why those that were delivered are
    to be delivered again. ``dry_run``: write the files to see that they can be, and hand nothing over.
    ``today``: None: the day it is in the project's time zone. ``frames``: those of a project that says
    who must not be contacted, and names frames: that is read anew, as of today.

    Raises ``DataError`` (exit 3) where no lists were published, ``GateError`` (exit 4) where a list is
    no longer valid, a later one was delivered or who must not be contacted is in doubt,
    ``IntegrityError`` (exit 5) where the lists, the ledger or what was delivered is not what it was,
    ``LockedError`` (exit 6) beside another run.
    """
    names, reason = _named(lists or project.export.lists), _reason(redeliver)
    today = today or _today(project.time_zone)
    with writing(project):
        run = _run(project, as_of)
        progress("verify the published lists", None)
        manifest = commit.verify(run)
        asked = [_asked(project, run, manifest, name) for name in names]
        with rechecking(project, run, manifest, today, frames, progress) as recheck:
            desk = _desk(project, recheck, dry_run=dry_run)
            desk.open(project.project)
            progress("deliver", None)
            outcomes = tuple(desk.deliver(asked, today, reason))
    return Delivered(
        as_of=str(manifest["as_of"]),
        run=run,
        profile=project.export.profile,
        where=desk.label,
        outcomes=outcomes,
        notes=tuple(_notes(project, desk, asked, outcomes)),
    )


def verify_ledger(project: Project) -> Verified:
    """Prove that no line of the ledger of deliveries was changed, and that what is there still is it.

    Raises ``IntegrityError`` (exit 5) that names the line, or the delivery.
    """
    folder = out_folder(project)
    if not folder.is_dir():
        return Verified(folder / ledger.NAME, (), 0, 0, ("nothing was delivered yet",))
    with writing(project):
        found = ledger.verify(folder)
        ours = [
            line.facts
            for line in found.lines
            if line.facts.get("kind") == DELIVERED
            and line.facts["destination"] == project.export.destination.label
        ]
        destination = _destination(project)[0] if ours else None
        there = sum(
            destination.check(package.name(facts["list_id"], facts["delivery"]), facts["sha256"])
            for facts in ours
            if destination is not None
        )
    notes = (
        [f"{len(ours) - there:,} of {len(ours):,} deliveries are no longer there"]
        if there < len(ours)
        else []
    )
    if found.torn:
        notes.append("a killed run left half a line at the end: the next delivery removes it")
    return Verified(folder / ledger.NAME, found.lines, there, len(ours) - there, tuple(notes))


def _today(zone: str) -> dt.date:
    return dt.datetime.now(ZoneInfo(zone)).date()


def _run(project: Project, as_of: dt.date | None) -> Path:
    """The run that CURRENT names, of ``as_of`` or of the latest date."""
    runs = {run.parent.name: run for run in published.lists(project, as_of)}
    if not runs:
        of = f" of {as_of}" if as_of else ""
        raise DataError(
            f"there are no lists{of} to deliver",
            got=f"none published in {out_folder(project) / 'lists'}",
            mend=f"churnlab score CONFIG --as-of {as_of or 'YYYY-MM-DD'}",
        )
    return runs[max(runs)]


def _desk(project: Project, recheck: Rechecking, *, dry_run: bool) -> Desk:
    destination, stages = _destination(project)
    return Desk(
        folder=out_folder(project),
        label=project.export.destination.label,
        destination=destination,
        stages=stages,
        group_may_read=project.export.destination.group_may_read,
        now=lambda: dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        actor=actor(),
        rechecking=recheck,
        dry_run=dry_run,
    )


def _destination(project: Project) -> tuple[Destination, Stages]:
    """Where deliveries go, and where they are prepared."""
    asked, out = project.export.destination, out_folder(project)
    ours = out / "outbox"
    if asked.postgres is not None:
        return Database.of(asked.postgres), Stages.of(ours, out)
    if asked.url is not None:
        return Storage.of(asked.url, asked.options), Stages.of(ours, out)
    if asked.folder is None:
        return Outbox(ours), Stages.of(ours, out)
    folder = Path(project.root) / asked.folder
    if not folder.is_dir():  # made here, it would hide that a disk is not mounted
        raise MachineError(
            f"export.destination.folder: {folder} is not there", mend="make it, or mount the disk it is on"
        )
    return Outbox(folder), Stages.of(folder, out)


def _asked(project: Project, run: Path, manifest: Mapping[str, Any], name: str) -> Asked:
    import pyarrow.parquet as pq

    source = run / f"{name}.parquet"
    if source.name not in manifest["files"]:
        raise DataError(
            f"{run}: has no list {name}", mend="choose among its lists with --list or export.lists"
        )
    lists, drawn = project.lists, manifest.get("campaign")
    return Asked(
        meant=Meant(
            project=project.project,
            campaign=str(drawn["name"]) if drawn else SCORES,
            as_of=dt.date.fromisoformat(manifest["as_of"]),
            list=name,
            run_key=str(manifest["run_key"]),
            destination=project.export.destination.label,
            profile=project.export.profile,
        ),
        source=source,
        layout=layout.of(
            project.export,
            pq.read_schema(source),
            newline=lists.newline,
            formula_policy=lists.formula_policy,
            exponent=exponent(str(manifest["currency"])),
            drawn=bool(drawn),
        ),
        model_version=str(manifest["model_version"]),
        valid_until=_valid_until(run, manifest),
    )


def _valid_until(run: Path, manifest: Mapping[str, Any]) -> dt.date:
    """The last day the run's lists may be used, as the manifest says; before it did, as their rows say."""
    if "valid_until" in manifest:
        return dt.date.fromisoformat(manifest["valid_until"])
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    days = pq.read_table(run / "all.parquet", columns=["valid_until"])["valid_until"]
    day = pc.min(days).as_py()
    if not isinstance(day, dt.date):
        raise DataError(f"{run}: the lists do not say until when they are valid", mend="churnlab score again")
    return day


def _named(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in LIST_NAMES:
            hint = did_you_mean(name, LIST_NAMES)
            raise ConfigError(f"--list {name}: no such list{hint}", mend=f"among {', '.join(LIST_NAMES)}")
    return tuple(dict.fromkeys(names))


def _reason(text: str | None) -> str | None:
    if text is None:
        return None
    reason = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not 0 < len(reason) <= LONGEST:
        raise ConfigError(
            "--redeliver: say why in a line",
            got=f"{len(reason):,} characters",
            mend=f"1 to {LONGEST} of them",
        )
    return reason


def _replacing(project: Project) -> str:
    if project.export.destination.postgres is not None:
        return "takes the place of another run's list of this date, whose rows are deleted:"
    return "replaces another run's list of this date, which still lies there and must not be used:"


def _notes(
    project: Project, desk: Desk, asked: Sequence[Asked], outcomes: Sequence[Outcome]
) -> Iterator[str]:
    if all(outcome.state == "was delivered before" for outcome in outcomes):
        yield "all of them were delivered before: nothing to do; again only with --redeliver REASON"
    ours = {outcome.list_id for outcome in outcomes}
    others = [record for record in desk.completed if record.facts["list_id"] not in ours]
    if others:
        yield f"the lines of {len(others):,} earlier deliveries were missing in the ledger, and are written"
    for each, outcome in zip(asked, outcomes, strict=True):
        replaced = desk.replaced(each.meant)
        if outcome.state == "was delivered before":
            if not desk.stands(each.meant):
                yield (
                    f"{outcome.list}: another run's list of this date was delivered since and took its place;"
                    " this one again only with --redeliver REASON"
                )
            continue
        if outcome.delivery > 1 and project.export.destination.postgres is None:
            yield f"{outcome.list}: what was delivered of it before still lies there and must not be used"
        if replaced:
            yield f"{outcome.list}: {_replacing(project)} {', '.join(replaced)}"
