"""Every deliberate error: what went wrong, what was found, how to mend it, and the exit code it means.

A user's mistake never shows a traceback; the command line prints ``str(error)`` and leaves with
``error.exit_code``. The wording of errors that more than one place raises lives here, in class
methods, so that raising one is a line.

    0 done    1 a bug of ours    2 usage or config    3 data contract    4 release gate
    5 integrity    6 locked    7 environment (disk, permission, memory)    130 interrupted
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ChurnlabError(Exception):
    """What happened, what was found and what mends it: at most three lines.

    >>> print(ChurnlabError("orders.csv: no column 'customer_id'", got="id, date", mend="map it"))
    orders.csv: no column 'customer_id'
    got: id, date
    mend: map it
    """

    exit_code = 1

    def __init__(self, what: str, got: str | None = None, mend: str | None = None) -> None:
        self.what, self.got, self.mend = what, got, mend
        lines = [what]
        if got is not None:
            lines.append(f"got: {got}")
        if mend is not None:
            lines.append(f"mend: {mend}")
        super().__init__("\n".join(lines))


class ConfigError(ChurnlabError):
    """The configuration or the command cannot be followed; no data has been read yet."""

    exit_code = 2

    @classmethod
    def missing_environment(cls, where: str, name: str) -> ConfigError:
        return cls(
            f"{where}: the environment variable {name} is not set",
            mend=f"set it, for example: export {name}=...",
        )


class DataError(ChurnlabError):
    """An input breaks its contract; nothing is published."""

    exit_code = 3


class GateError(ChurnlabError):
    """Scores or lists exist, but must not be released. ``result``: what was done before, to be shown."""

    exit_code = 4
    result: object = None


class HeldError(GateError):
    """Lists are whole, but wait in a folder of their own until somebody has looked at them."""


class NotPromotedError(GateError):
    """A training is whole and recorded, but no list may be made with what it left: see ``result``."""

    def __init__(self, what: str, got: str | None = None, mend: str | None = None, *, result: object) -> None:
        super().__init__(what, got, mend)
        self.result = result


class IntegrityError(ChurnlabError):
    """A model, list or input is not the one that was recorded: no trustworthy answer."""

    exit_code = 5


class LockedError(ChurnlabError):
    """Another run is writing to the same place."""

    exit_code = 6


class MachineError(ChurnlabError):
    """Disk, permission, memory or a service that the run needs is not available."""

    exit_code = 7


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` where a known name is close, else an empty text.

    >>> did_you_mean("horizon_dais", ["gap_days", "horizon_days"])
    "; did you mean 'horizon_days'?"
    >>> did_you_mean("zzz", ["gap_days"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
