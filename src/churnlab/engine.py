"""The embedded engine: one private DuckDB for a run, behind Ibis.

It lives in memory and spills to a folder of its own beyond its memory limit (measured: landing ten
million rows in a database file costs four times the processor time of landing them in memory).
Nothing is downloaded, no file outside the allowed folders can be named, and no later statement can
change that: a column called ``a"; COPY ...`` finds a locked door.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from churnlab.errors import MachineError


@contextmanager
def session(memory: str, threads: int, allowed: Sequence[Path] = ()) -> Iterator[Any]:
    """An Ibis DuckDB backend whose temporary folder lasts as long as the session.

    ``memory`` is a size such as ``2GB``; ``allowed`` are the folders that statements may read from
    and write to. Sources do not need to be among them: the readers hand their rows over.

    >>> with session("500MB", threads=1) as con:
    ...     con.con.execute("SELECT current_setting('TimeZone')").fetchone()
    ('UTC',)
    """
    import duckdb

    temp = private_folder()
    try:
        con = connect(memory, threads, temp, allowed)
        try:
            yield con
        finally:
            con.disconnect()
    except duckdb.OutOfMemoryException:
        raise MachineError(
            f"the work does not fit in {memory} of memory and the free space of {temp.parent}",
            mend="raise engine.memory, free disk space, or name a larger folder in TMPDIR",
        ) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def size(memory: str) -> int:
    """A size such as ``2GB`` in bytes.

    >>> size("1.5GB")
    1500000000
    """
    return int(float(memory[:-2]) * {"MB": 10**6, "GB": 10**9}[memory[-2:]])


def connect(memory: str, threads: int, temp: Path, allowed: Sequence[Path] = ()) -> Any:
    """An Ibis DuckDB backend in memory that spills to ``temp``; the caller closes it."""
    import ibis

    con = ibis.duckdb.connect(
        ":memory:",
        memory_limit=memory,
        threads=threads,
        temp_directory=str(temp),
        # What an extension does must not depend on what this machine has installed; icu (time
        # zones) and parquet are built in.
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )
    _no_progress_bar(con.con)
    for statement in _settings(allowed):
        con.con.execute(statement)
    return con


def _no_progress_bar(con: Any) -> None:
    import duckdb

    # In a notebook without ipywidgets DuckDB cannot draw its bar, nor be told not to.
    with contextlib.suppress(duckdb.InvalidInputException):
        con.execute("SET enable_progress_bar = false")


def _settings(allowed: Sequence[Path]) -> Iterator[str]:
    # Comparisons and casts of TIMESTAMPTZ follow the session's zone, not the business's.
    yield "SET TimeZone = 'UTC'"
    # No result may rest on it, but lines stay in file order: the reports people read are stable,
    # and landing rows costs the same either way (measured).
    yield "SET preserve_insertion_order = true"
    folders = ", ".join("'" + str(Path(folder).resolve()).replace("'", "''") + "'" for folder in allowed)
    yield f"SET allowed_directories = [{folders}]"
    yield "SET enable_external_access = false"
    yield "SET lock_configuration = true"


def private_folder() -> Path:
    """A new folder among the machine's temporary ones, which only this user reads; the caller removes it."""
    try:
        return Path(tempfile.mkdtemp(prefix="churnlab-"))  # mode 0700
    except OSError as error:
        raise MachineError(
            "no temporary folder can be made",
            got=error.strerror,
            mend="free some disk space, or name another folder in TMPDIR",
        ) from None
