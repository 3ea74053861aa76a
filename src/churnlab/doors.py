"""What all commands share: common options, how a configuration comes in and how a result leaves."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from churnlab.errors import ConfigError

if TYPE_CHECKING:
    from churnlab.config import Project

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


def project(config: Path, overrides: list[str] | None) -> Project:
    """The configuration in the file ``config``, with keys overridden."""
    from churnlab.config import load

    return load(config, overrides or [])


def approvals(checks: list[str], by: str, reason: str) -> list[Any]:
    """Checks of the release gate that somebody lets pass. Raises ConfigError where none is named."""
    from churnlab.lists.release import Approval

    if not checks and (by or reason):
        raise ConfigError("--by and --reason are of an approval", mend="say which check: --approve CHECK")
    return [Approval(check, by, reason) for check in checks]


def day(text: str) -> Any:
    """A date as written on the command line."""
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--as-of {text}: not a date", mend="write it as 2025-01-31") from None


def show(result: Any, as_json: bool) -> None:
    """Print what a verb answered: one JSON document, or tables."""
    from churnlab import display

    if as_json:
        document = json.dumps(result.as_dict(), ensure_ascii=False, indent=1, sort_keys=True)
        sys.stdout.write(document + "\n")
    else:
        display.show(result)
