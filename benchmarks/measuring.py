"""Runs in processes of their own, in turns, and what each cost: CPU with children, wall, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]


# A process begins with the peak memory of the one that started it: so a small one starts the sides.
LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - started
cpu = used.ru_utime + used.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), cpu, wall, used.ru_maxrss]))
"""


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
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, *side.command]
    done = subprocess.run(command, check=False, cwd=ROOT, env=settings, stdout=subprocess.PIPE)
    *said_lines, last = done.stdout.decode().splitlines()
    status, cpu, wall, maxrss = json.loads(last)
    if status:
        raise Failed(f"{side.name} ended with {status}")
    said: dict[str, float] = json.loads(said_lines[-1])
    cpu, wall = cpu - said.get("checking_cpu", 0), wall - said.get("checking_wall", 0)
    return Cost(cpu, wall, _mib(maxrss)), said


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
