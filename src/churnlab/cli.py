"""The command line: thin doors to the workflow.

Results go to stdout (tables, or one JSON document with --json), progress and messages to stderr.
Heavy libraries are imported inside commands, so that --help answers at once.
"""

from __future__ import annotations

import json
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from churnlab import mishaps
from churnlab.errors import ChurnlabError, ConfigError, NotPromotedError

if TYPE_CHECKING:
    from churnlab.config import Project

app = typer.Typer(
    help="Decide which customers to keep: from transaction histories to scored campaign lists.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="The project's YAML file.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one key, such as churn.horizon_days=90."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="YYYY-MM-DD", help="The customers as they were known before this day."),
]


@app.command()
def validate(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Read and check every source; set bad rows aside; write the data report."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.validate(_project(config, set_), progress=progress)
    _show(result, json_)


@app.command()
def diagnose(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Compare horizons: churn rate, who comes back, and what the data allow."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.diagnose(_project(config, set_), progress=progress)
    _show(result, json_)


@app.command()
def features(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """List the features that a project's sources allow: name, unit, meaning, dimension."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.list_features(_project(config, set_), progress=progress)
    _show(result, json_)


@app.command()
def train(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Fit, calibrate, evaluate beside baselines, register; champion if the gate says so."""
    from churnlab import display, workflow

    try:
        with display.progress() as progress:
            result = workflow.train(_project(config, set_), progress=progress)
    except NotPromotedError as refused:
        _show(refused.result, json_)
        raise
    _show(result, json_)


@app.command()
def backtest(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """Judge every model and baseline at dates of the past; interrupted, it goes on."""
    from churnlab import display, workflow

    with display.progress() as progress:
        result = workflow.backtest(_project(config, set_), progress=progress)
    _show(result, json_)


@app.command()
def models(config: ConfigFile, set_: Overrides = None, json_: Json = False, debug: Debug = False) -> None:  # noqa: ARG001
    """List the registered versions: date, the gate's verdict and reason, and who is champion."""
    from churnlab import workflow

    _show(workflow.list_models(_project(config, set_)), json_)


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

    _show(workflow.rollback(_project(config, set_), to, reason=reason), json_)


@app.command()
def score(
    config: ConfigFile,
    as_of: AsOf = None,
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
    with display.progress() as progress:
        result = workflow.score(_project(config, set_), _day(as_of), progress=progress)
    _show(result, json_)


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
    set_: Overrides = None,
    json_: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Write the explanation report of the champion: one self-contained HTML file."""
    from churnlab import display, workflow

    day = _day(as_of) if as_of else None
    with display.progress() as progress:
        result = workflow.review(
            _project(config, set_), day, interactive=interactive, with_ids=with_ids, progress=progress
        )
    _show(result, json_)


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

    day = _day(as_of) if as_of else None
    with display.progress() as progress:
        project = _project(config, set_)
        result = workflow.explain_customer(project, customer, day, html=html, progress=progress)
    _show(result, json_)


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

    day = _day(as_of) if as_of else None
    with display.progress() as progress:
        result = workflow.run(_project(config, set_), day, progress=progress)
    _show(result, json_)


@app.command()
def schema() -> None:
    """Print the JSON Schema that editors check a project's YAML with."""
    from churnlab.config import schema as document

    sys.stdout.write(document())


def _project(config: Path, overrides: list[str] | None) -> Project:
    from churnlab.config import load

    return load(config, overrides or [])


def _day(text: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--as-of {text}: not a date", mend="write it as 2025-01-31") from None


def _show(result: Any, as_json: bool) -> None:
    from churnlab import display

    if as_json:
        document = json.dumps(result.as_dict(), ensure_ascii=False, indent=1, sort_keys=True)
        sys.stdout.write(document + "\n")
    else:
        display.show(result)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code; a user's mistake is told in words."""
    signal.signal(signal.SIGTERM, _interrupt)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = _call(given)
    except KeyboardInterrupt:
        code = _say("interrupted; nothing half-written was published", 130)
    except ChurnlabError as error:
        code = _say(str(error), error.exit_code)
    except MemoryError:
        code = _say(
            "out of memory\nmend: lower engine.memory and engine.shard_events, or use a larger machine", 7
        )
    except OSError as error:
        if "--debug" in given:
            traceback.print_exc()
        code = _say(mishaps.of_the_machine(error), 7)
    except Exception as error:  # noqa: BLE001 - the last door: a bug of ours, told in a line
        code = _say(mishaps.bug(error, given), 1)
    sys.exit(code)


def _call(arguments: list[str]) -> int:
    from typer.main import get_command

    command = get_command(app)
    try:
        answer = command.main(args=arguments, prog_name="churnlab", standalone_mode=False)
    except ChurnlabError:
        if "--debug" in arguments:
            traceback.print_exc()
        raise
    except Exception as error:
        # Typer ships its own copy of click in some versions: known by its interface, not its class.
        if hasattr(error, "format_message"):
            return _say(str(error.format_message()), 2)
        if type(error).__name__ == "Abort":
            raise KeyboardInterrupt from None
        raise
    return answer if isinstance(answer, int) else 0


def _say(message: str, code: int) -> int:
    sys.stderr.write(message.rstrip() + "\n")
    return code


def _interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
