"""The command line: thin doors to the workflow.

Results go to stdout (tables, or one JSON document with --json), progress and messages to stderr.
Heavy libraries are imported inside commands, so that --help answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from churnlab import doors, leaving, list_doors
from churnlab.doors import AsOf, ConfigFile, Debug, Json, Overrides
from churnlab.errors import GateError, NotPromotedError

app = typer.Typer(
    help="Decide which customers to keep: from transaction histories to scored campaign lists.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def validate(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Read and check every source; set bad rows aside; write the data report."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.validate(doors.project(config, set_), progress=progress)
    doors.show(result, json_)


@app.command()
def diagnose(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Compare horizons: churn rate, who comes back, and what the data allow."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.diagnose(doors.project(config, set_), progress=progress)
    doors.show(result, json_)


@app.command()
def features(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """List the features that a project's sources allow: name, unit, meaning, dimension."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.list_features(doors.project(config, set_), progress=progress)
    doors.show(result, json_)


@app.command()
def train(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Fit, calibrate, evaluate beside baselines, register; champion if the gate says so."""
    from churnlab import display, workflow

    try:
        with display.progress() as progress:
            result = workflow.train(doors.project(config, set_), progress=progress)
    except NotPromotedError as refused:
        doors.show(refused.result, json_)
        raise
    doors.show(result, json_)


@app.command()
def backtest(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Judge every model and baseline at dates of the past; interrupted, it goes on."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.backtest(doors.project(config, set_), progress=progress)
    doors.show(result, json_)


@app.command()
def models(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """List the registered versions: date, the gate's verdict and reason, and who is champion."""
    from churnlab import workflow

    doors.show(workflow.list_models(doors.project(config, set_)), json_)


@app.command()
def rollback(
    config: ConfigFile,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="An earlier champion; else the one before.")
    ] = None,
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Make an earlier champion the champion again; the lists then use it."""
    from churnlab import workflow

    doors.show(workflow.rollback(doors.project(config, set_), to, reason=reason), json_)


for of_lists in (list_doors.score, list_doors.compare, list_doors.deliver, list_doors.ledger):
    app.command()(of_lists)


@app.command()
def review(
    config: ConfigFile,
    as_of: AsOf = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Also write look.html: a page of single customers.")
    ] = False,
    with_ids: Annotated[
        bool, typer.Option("--with-ids", help="Show their ids on that page: personal data.")
    ] = False,
    run_: Annotated[
        str | None,
        typer.Option("--run", metavar="ID", help="A version, or the run that trained it; else the champion."),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="html|md", help="The report, or the model card in Markdown.")
    ] = "html",
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Write the explanation report of the champion, or of another version: one self-contained HTML file."""
    from churnlab import display, workflow

    day = doors.day(as_of) if as_of else None
    with display.progress() as progress:
        result = workflow.review(
            doors.project(config, set_),
            day,
            run_,
            format_,
            interactive=interactive,
            with_ids=with_ids,
            progress=progress,
        )
    doors.show(result, json_)


@app.command()
def sign(
    config: ConfigFile,
    reviewer: Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who read the report.")],
    verdict: Annotated[
        str,
        typer.Option("--verdict", metavar="VERDICT", help="approved, approved_with_conditions or rejected."),
    ],
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Conditions, or reasons.")] = "",
    version: Annotated[
        str | None, typer.Option("--version", metavar="N", help="The version that is signed.")
    ] = None,
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Record a reviewer's verdict on a version; with gate.strict, an approved candidate takes over."""
    from churnlab import workflow

    project = doors.project(config, set_)
    result = workflow.sign(project, reviewer=reviewer, verdict=verdict, comment=comment, version=version)
    doors.show(result, json_)


@app.command()
def explain(
    config: ConfigFile,
    customer: Annotated[
        str, typer.Option("--customer", metavar="ID", help="The customer's id, as in the source.")
    ],
    as_of: AsOf = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the same as one page, for your eyes only."),
    ] = None,
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Explain one customer: history, scores, strategy, reasons, and what would change them."""
    from churnlab import display, workflow

    day = doors.day(as_of) if as_of else None
    with display.progress() as progress:
        project = doors.project(config, set_)
        result = workflow.explain_customer(project, customer, day, html=html, progress=progress)
    doors.show(result, json_)


@app.command()
def run(
    config: ConfigFile,
    as_of: AsOf = None,
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Validate, train, score and review: the whole job."""
    from churnlab import display, workflow

    day = doors.day(as_of) if as_of else None
    try:
        with display.progress() as progress:
            result = workflow.run(doors.project(config, set_), day, progress=progress)
    except GateError as refused:  # what was done before it was refused is told all the same
        if refused.result is not None:
            doors.show(refused.result, json_)
        raise
    doors.show(result, json_)


@app.command()
def schema() -> None:
    """Print the JSON Schema that editors check a project's YAML with."""
    from churnlab.config import schema as document

    sys.stdout.write(document())


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code; a user's mistake is told in words."""
    from typer.main import get_command

    leaving.leave(lambda: get_command(app), sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    main()
