"""Files that are either whole or not there, whatever happens while they are written.

Ordinary writers leave half a file behind when they are killed, and a rename can reach the disk
before the bytes it names. Here bytes go to a file of another name, are forced to the disk, and only
then take their place; the folder, which holds the name, is forced after them.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from churnlab.errors import MachineError

PRIVATE, SHARED = 0o600, 0o666  # the second is narrowed by the user's own mask


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Replace ``path`` by ``content``: a reader sees the old file or the new one, never a part.

    ``private``: only this user may read it, as for everything that holds customer ids.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with on_disk(path):
        try:
            with create(temporary, private=private) as file:
                file.write(content)
                flush(file)
            failpoint("whole.rename")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def create(path: Path, *, private: bool = False) -> BinaryIO:
    """A new file to write bytes to; one that is already there is emptied."""
    mode = PRIVATE if private else SHARED
    # The mode is given at birth: at no instant can others read what only this user may.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb")


def flush(file: BinaryIO) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: a renamed file is safe only after this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Turn what the disk refuses while ``path`` is read or written into one line and exit code 7."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename or path}: {error.strerror or error}"
        raise MachineError(f"cannot write or read {what}", got=_space(path), mend=_mend(error)) from error


def _space(path: Path) -> str:
    for folder in (path, *path.parents):
        with contextlib.suppress(OSError):
            free = os.statvfs(folder)
            return f"{free.f_bavail * free.f_frsize:,} bytes free on that disk"
    return "no such disk"


def _mend(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "free some space, or write to another disk, and run again: what was there before is intact"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "give this user the right to write there, or choose another folder"
    return "check that disk and folder, and run again: what was there before is intact"


def failpoint(name: str) -> None:
    """Where the tests make a run die: ``CHURNLAB_FAILPOINT=name:kill|enospc|eio``. Else nothing."""
    where, _, how = os.environ.get("CHURNLAB_FAILPOINT", "").partition(":")
    if where != name:
        return
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    code = getattr(errno, how.upper())
    raise OSError(code, os.strerror(code))
