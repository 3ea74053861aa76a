"""One writer at a time in a folder of lists. The kernel frees the lock of a process that dies."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from churnlab.durable import PRIVATE, on_disk
from churnlab.errors import LockedError

NAME = ".lock"
_PAUSE = 0.02  # seconds between two looks


@contextlib.contextmanager
def held(root: Path, key: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock of ``root``, or raise LockedError that says who does after ``wait`` seconds.

    ``key``: the run key, for the message that others get.
    """
    with on_disk(root):
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(root / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        if not _taken(descriptor, wait):
            raise LockedError(
                f"{root}: another run is at work there",
                got=_holder(descriptor),
                mend="wait for it to end, then run again; its lock goes with its process",
            )
        _write(descriptor, f"pid {os.getpid()} on {socket.gethostname()}, run key {key[:16]}")
        try:
            yield
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def _taken(descriptor: int, wait: float) -> bool:
    import fcntl

    give_up = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _write(descriptor: int, text: str) -> None:
    # The name is a courtesy to the next in line: a full disk must not stop the run here.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> str:
    # Between taking the lock and writing a name lies an instant: look again before giving up.
    for _ in range(10):
        name = os.pread(descriptor, 1000, 0).decode(errors="replace")
        if name and not _dead(name):
            return name
        time.sleep(_PAUSE)
    return "a process that has not said its name"


def _dead(name: str) -> bool:
    """Whether this is the name that a killed process of this machine left behind."""
    pid, _, rest = name.removeprefix("pid ").partition(" on ")
    if not pid.isdigit() or not rest.startswith(f"{socket.gethostname()},"):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # alive, and somebody else's
        pass
    return False
