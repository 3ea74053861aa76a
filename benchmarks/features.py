"""What it costs to make features from files: churnlab beside others, and beside reading the files once.

    python -m benchmarks.features            # SIZE=1m,10m by default; SIZE=100m takes longer

Every side runs in a process of its own, in turns (A B C, A B C, ...), all with two threads, on files
that were read once before. CPU seconds are user and system of the whole process, imports among them;
figures are medians. No side has to make every feature, but whatever it makes must be equal to what
churnlab makes, for the same customers: that is checked after every run, and a difference ends the
benchmark before a figure is told. Compiled code is in numba's cache, as after any first run.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from benchmarks import answers, features_figures, measuring, results_file, worlds
from benchmarks.measuring import Cost, Side
from benchmarks.peers import environment
from benchmarks.worlds import SIZES, World

# How often each side runs, at most, by rows and dates: what takes minutes runs once, or not at all.
MILLION = 1_000_000
RUNS: Mapping[tuple[str, int], tuple[tuple[int, int], ...]] = {
    # (side, dates): (up to so many rows, runs), ...
    ("scan", 1): ((10 * MILLION, 3), (100 * MILLION, 1)),
    ("bound", 1): ((10 * MILLION, 3), (100 * MILLION, 1)),
    ("churnlab", 1): ((10 * MILLION, 3), (100 * MILLION, 1)),
    # At 100 M it ends out of memory with 4 GB: lists and different values in a group are not spilled.
    ("duckdb", 1): ((MILLION, 3), (10 * MILLION, 2)),
    ("polars", 1): ((MILLION, 3), (10 * MILLION, 1)),
    ("pandas", 1): ((MILLION, 3), (10 * MILLION, 1)),
    ("churnlab", 3): ((10 * MILLION, 2),),
    ("churnlab", 6): ((10 * MILLION, 2),),
    ("churnlab", 12): ((10 * MILLION, 3),),
    ("duckdb", 3): ((MILLION, 1),),
    ("duckdb", 6): ((MILLION, 1),),
    ("duckdb", 12): ((10 * MILLION, 1),),
    ("polars", 12): ((MILLION, 1),),
    ("pandas", 12): ((MILLION, 1),),
}
DATES = (1, 3, 6, 12)
RESULTS = results_file.FOLDER / "features.jsonl"
Measured = dict[tuple[int, int], tuple[dict[str, Cost], dict[str, int]]]  # (rows, dates): costs, equal


def main(sizes: tuple[str, ...] | None = None) -> list[dict[str, object]]:
    """Measure every size, print the table, keep the figures."""
    sizes = sizes or tuple(os.environ.get("SIZE", "1m,10m").split(","))
    unknown = [size for size in sizes if size not in SIZES]
    if unknown:
        raise SystemExit(f"no size {unknown[0]!r}; there are: {', '.join(SIZES)}")
    environment.build()
    figures = []
    small = measured(worlds.world(SIZES["100k"]), (1,))
    found: Measured = dict(small)
    for size in sizes:
        found |= measured(worlds.world(SIZES[size]), DATES)
    for size in dict.fromkeys(("100k", *sizes)):
        figures += features_figures.of_size(size, SIZES[size], found)
    figures += features_figures.growth(found)
    results_file.store(RESULTS, figures, tuple(f"features.{size}." for size in ("100k", "growth", *sizes)))
    beside = featuretools()
    results_file.store(RESULTS, beside, ("features.10k.",))
    figures += beside
    print(features_figures.table(figures))
    return figures


def measured(
    world: World, dates: Iterable[int], only: tuple[str, ...] | None = None, most_runs: int = 3
) -> Measured:
    """Costs of every side at one size, date count by date count; and how many features were equal."""
    measuring.warm([world.transactions, world.interactions])
    found: Measured = {}
    with tempfile.TemporaryDirectory(prefix="churnlab-bench-") as folder:
        for count in dates:
            sides = [
                side
                for side in _sides(world, count, Path(folder), most_runs)
                if not only or side.name in only
            ]
            if sides:
                print(f"{world.rows:,} + {world.rows:,} events, {count} dates", file=sys.stderr, flush=True)
                found[world.rows, count] = _compared(world, count, Path(folder), sides)
    return found


def _compared(
    world: World, count: int, folder: Path, sides: list[Side]
) -> tuple[dict[str, Cost], dict[str, int]]:
    # Once to be compared with, which also fills numba's cache; what is timed keeps nothing.
    measuring.once(_ours(world, count, folder, ()))
    equal: dict[str, int] = {}

    def check(side: Side) -> None:
        if side.name not in {"churnlab", "scan", "bound"}:
            equal[side.name] = answers.compare(_out(folder, "checked"), _out(folder, side.name), side.name)

    costs, said = measuring.in_turns(sides, check)
    return costs, equal | {
        f"{name} makes": int(line["features"]) for name, line in said.items() if "features" in line
    }


def _sides(world: World, count: int, folder: Path, most_runs: int) -> list[Side]:
    peers = environment.python()
    made = []
    for (name, dates), limits in RUNS.items():
        runs = next((runs for rows, runs in limits if world.rows <= rows), 0)
        if dates != count or not runs or (name == "polars" and peers is None):
            continue
        python = peers if name == "polars" else Path(sys.executable)
        module = "bound" if name in {"scan", "bound"} else f"in_{name}"
        extra = {"scan": ("scan",), "bound": ("aggregate",), "churnlab": ("unchecked",)}.get(name, ())
        out = str(_out(folder, name))
        command = (
            str(python),
            "-m",
            f"benchmarks.peers.{module}",
            str(world.folder),
            str(count),
            out,
            *extra,
        )
        made.append(Side(name, command, min(runs, most_runs)))
    return made


def _ours(world: World, count: int, folder: Path, extra: tuple[str, ...]) -> Side:
    module, out = "benchmarks.peers.in_churnlab", str(_out(folder, "checked"))
    return Side("checked", (sys.executable, "-m", module, str(world.folder), str(count), out, *extra))


def _out(folder: Path, name: str) -> Path:
    return folder / f"{name}.npz"


def featuretools() -> list[dict[str, object]]:
    """10 k + 10 k, 12 dates, in a world without refunds, which featuretools cannot take back in time."""
    python = environment.python()
    if python is None:
        return []
    world = worlds.world(SIZES["10k"], refunded=0)
    with tempfile.TemporaryDirectory(prefix="churnlab-bench-") as name:
        folder = Path(name)
        measuring.once(_ours(world, 12, folder, ()))
        module = "benchmarks.peers.in_featuretools"
        command = (str(python), "-m", module, str(world.folder), "12", str(_out(folder, "featuretools")))
        # What is timed keeps nothing, and must not overwrite what is compared.
        timed = folder / "timed"
        timed.mkdir()
        ours = _ours(world, 12, timed, ("unchecked",))
        sides = [Side("churnlab", ours.command), Side("featuretools", command, runs=2)]
        equal: dict[str, int] = {}
        costs, _ = measuring.in_turns(sides, partial(_check_featuretools, folder, equal))
    return features_figures.featuretools(costs, equal["featuretools"])


def _check_featuretools(folder: Path, equal: dict[str, int], side: Side) -> None:
    if side.name == "featuretools":
        equal[side.name] = answers.compare(_out(folder, "checked"), _out(folder, side.name), side.name)


if __name__ == "__main__":
    main()
