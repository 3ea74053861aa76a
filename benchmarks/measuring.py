"""Runs in processes of their own, in turns, and what each cost: CPU with children, wall, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cost:
    """Of one run, or the medians of several. CPU seconds (user and system), wall seconds, peak MiB."""

    cpu: float
    wall: float
    mib: float
    runs: int = 1


@dataclass(frozen=True)
class Side:
    """Something to run. ``runs``: how often, at most: fewer for what takes minutes."""

    name: str
    command: tuple[str, ...]
    runs: int = 3
    environment: Mapping[str, str] = field(default_factory=dict)


class Failed(SystemExit):
    """A side did not get to its end: there is nothing to compare with."""


def once(side: Side) -> tuple[Cost, dict[str, float]]:
    """Run a side; its cost, less what it spent on being checked, and what it said on its last line."""
    settings = os.environ | {"POLARS_MAX_THREADS": "2", "OMP_NUM_THREADS": "2"} | dict(side.environment)
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(side.command, cwd=ROOT, env=settings, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed(f"{side.name} ended with {process.returncode}")
        out.seek(0)
        lines = out.read().decode().splitlines()
    said: dict[str, float] = json.loads(lines[-1])
    cpu = used.ru_utime + used.ru_stime - said.get("checking_cpu", 0)
    return Cost(cpu, wall - said.get("checking_wall", 0), _mib(used.ru_maxrss)), said


def _mib(maxrss: int) -> float:
    return maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def in_turns(
    sides: Iterable[Side], check: Callable[[Side], None] | None = None
) -> tuple[dict[str, Cost], dict[str, dict[str, float]]]:
    """A B C, A B C, ...: each side's medians, and what it said last.

    ``check`` sees every side after every run and raises where its answer is wrong: no cost is told
    of a wrong answer.
    """
    found: dict[str, list[Cost]] = {}
    said: dict[str, dict[str, float]] = {}
    sides = list(sides)
    for turn in range(max(side.runs for side in sides)):
        for side in (side for side in sides if turn < side.runs):
            cost, said[side.name] = once(side)
            if check is not None:
                check(side)
            found.setdefault(side.name, []).append(cost)
            _tell(side.name, turn, cost)
    return {name: _median(costs) for name, costs in found.items()}, said


def _median(costs: list[Cost]) -> Cost:
    cpu, wall, mib = (median(values) for values in zip(*((c.cpu, c.wall, c.mib) for c in costs), strict=True))
    return Cost(cpu, wall, mib, len(costs))


def _tell(name: str, turn: int, cost: Cost) -> None:
    print(
        f"  {name} run {turn + 1}: {cost.cpu:.2f} CPU s, {cost.wall:.2f} s, {cost.mib:.0f} MiB",
        file=sys.stderr,
        flush=True,
    )


def warm(paths: Iterable[Path]) -> None:
    """Read files once, so that no side pays for the disk."""
    for path in paths:
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def exponent(sizes: Iterable[float], costs: Iterable[float]) -> float:
    """The slope of log cost on log size: 1 is in proportion, 0 is for free.

    >>> round(exponent([1, 10, 100], [3, 30, 300]), 6)
    1.0
    """
    import numpy as np

    return float(np.polyfit(np.log(list(sizes)), np.log(list(costs)), 1)[0])
