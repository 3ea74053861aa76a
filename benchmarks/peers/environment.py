"""The environment of peers that are not in the project's lock, built on first use."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parents[1]
FOLDER = HERE / ".peers"
WANTED = HERE / "peers-requirements.txt"


def python() -> Path | None:
    """The interpreter of an environment that is there and as wanted; None where it is not."""
    stamp = FOLDER / "installed"
    fresh = stamp.is_file() and stamp.read_text(encoding="utf-8") == _wanted()
    return FOLDER / "bin" / "python" if fresh else None


def build() -> Path | None:
    """The same, built where it is missing; None, with the reason on stderr, where that fails."""
    found = python()
    if found is not None:
        return found
    print(f"installing {WANTED.name} into {FOLDER.name}, once", file=sys.stderr, flush=True)
    venv.create(FOLDER, clear=True, with_pip=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    command = [FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", "--requirement", WANTED]
    done = subprocess.run(command, check=False, stdout=sys.stderr)
    if done.returncode:
        print("the peers cannot be installed: polars and featuretools are left out", file=sys.stderr)
        return None
    (FOLDER / "installed").write_text(_wanted(), encoding="utf-8")
    return python()


def _wanted() -> str:
    return hashlib.sha256(WANTED.read_bytes()).hexdigest()
