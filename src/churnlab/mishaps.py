"""What is told where a command ended through no fault of its user: the machine's, or ours."""

from __future__ import annotations

import errno
import os
import traceback


def of_the_machine(error: OSError) -> str:
    """Which file, why, and how to mend it."""
    reason = error.strerror or str(error)
    mend = "free some space" if error.errno == errno.ENOSPC else "check that it exists and may be written"
    return f"{error.filename or 'a file'}: {reason}\nmend: {mend}"


def bug(error: Exception, arguments: list[str]) -> str:
    """Keep the traceback in a file, and say in one line where."""
    import tempfile

    if "--debug" in arguments:
        traceback.print_exc()
    handle, path = tempfile.mkstemp(prefix="churnlab-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    where = f"details in {path} (it may hold values of your data)"
    return f"this is a bug in churnlab: {type(error).__name__}; {where}"
