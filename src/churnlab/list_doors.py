"""The commands about lists: to make and compare them, to deliver them, to verify what was delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from churnlab import doors
from churnlab.doors import AsOf, ConfigFile, Debug, Json, Overrides
from churnlab.errors import ConfigError, GateError


def score(
    config: ConfigFile,
    as_of: AsOf = None,
    approve: Annotated[
        list[str] | None,
        typer.Option("--approve", metavar="CHECK", help="Let this check of the release gate pass."),
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who lets it pass; it is recorded.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Publish and record nothing, and say what would be.")
    ] = False,
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Score every eligible customer with the champion; write one list per strategy."""
    from churnlab import display, workflow

    if as_of is None:
        raise ConfigError(
            "score needs --as-of: no clock decides what a list says",
            mend="add --as-of YYYY-MM-DD, the day after the last complete one at the latest",
        )
    approvals = doors.approvals(approve or [], by, reason)
    project, day = doors.project(config, set_), doors.day(as_of)
    try:
        with display.progress() as progress:
            result = workflow.score(project, day, progress=progress, approvals=approvals, dry_run=dry_run)
    except GateError as refused:  # of a dry run: what would be held back is kept nowhere else
        if refused.result is not None:
            doors.show(refused.result, json_)
        raise
    doors.show(result, json_)


def compare(
    before: Annotated[Path, typer.Argument(metavar="LIST", help="The folder of a date's lists.")],
    after: Annotated[Path, typer.Argument(metavar="LIST", help="That of a later date.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the same as a page with a picture.")
    ] = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Compare two lists: who moved from which strategy to which, in customers and in money."""
    from churnlab import workflow

    doors.show(workflow.compare(before, after, html=html), json_)


def deliver(
    config: ConfigFile,
    as_of: AsOf = None,
    list_: Annotated[
        str | None,
        typer.Option("--list", metavar="NAME,...", help="Which lists; else those of export.lists."),
    ] = None,
    redeliver: Annotated[
        str | None, typer.Option("--redeliver", metavar="REASON", help="Deliver again; why is recorded.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Hand nothing over, and say what would be.")
    ] = False,
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Deliver the published lists to the CRM, as it imports them; each list once."""
    from churnlab import display, workflow

    day = doors.day(as_of) if as_of else None
    names = None if list_ is None else [name.strip() for name in list_.split(",")]
    with display.progress() as progress:
        result = workflow.deliver(
            doors.project(config, set_), day, names, redeliver=redeliver, dry_run=dry_run, progress=progress
        )
    doors.show(result, json_)


def ledger(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Verify the ledger of deliveries, line by line, and what the destination still has."""
    from churnlab import workflow

    doors.show(workflow.verify_ledger(doors.project(config, set_)), json_)
