"""A Postgres server of the tests' own: made in a temporary folder, on a socket only, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_DEBIAN = Path("/usr/lib/postgresql")


def _program(name):
    beside = sorted(_DEBIAN.glob(f"*/bin/{name}")) if _DEBIAN.is_dir() else []
    return shutil.which(name) or (str(beside[-1]) if beside else None)


def _owner():
    """Whom the server runs as: it refuses root, so then an ordinary user of the machine."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return pytest.skip("Postgres refuses to run as root, and there is no user postgres or nobody")


@pytest.fixture(scope="session")
def postgres_dsn():
    """The address of a running server with an empty database; skipped where Postgres is not installed."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if not initdb or not pg_ctl:
        pytest.skip("Postgres is not installed: no initdb, no pg_ctl")
    pytest.importorskip("psycopg", reason="the extra churnlab[postgres] is not installed")
    owner = _owner()
    # A short path: the address of a socket is limited to about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    run_as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = folder / "server"

    def run(*command):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": 120}
        subprocess.run(command, check=True, cwd=folder, **quiet, **run_as)

    run(initdb, "-D", server, "-U", "tester", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run(pg_ctl, "-D", server, "-l", folder / "log", "-w", "-o", settings, "start")
    try:
        yield f"postgresql://tester@/postgres?host={folder}"
    finally:
        run(pg_ctl, "-D", server, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
