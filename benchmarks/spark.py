"""Scoring on a Spark of this machine beside the local verb, from the same saved tables to published lists.

    python -m benchmarks.spark            # SIZE=1m,10m RUNS=3 by default; needs Java 17 and churnlab[spark]

One `local[2]` session and one process: each side scores the world once, untimed, which starts the
workers, compiles what is compiled and fills caches; then both in turns. Each run proves its tables by
their digests, scores everyone with two threads or tasks and publishes. After each turn the lists must
be equal, row by row and column by column, as must the totals and what the manifests say of them. CPU
is that of this process and all that it started, Java and the Python workers among them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import features_figures, measuring, results_file, shop, worlds
from benchmarks.answers import Mismatch
from benchmarks.measuring import Cost, Side
from benchmarks.results_file import figure
from benchmarks.worlds import DATES, SIZES, World

if TYPE_CHECKING:
    from churnlab.config import Project
    from churnlab.workflow.results import Scored

RESULTS = results_file.FOLDER / "spark.jsonl"
TASKS = 2
BIG = 10_000_000
TICKS = os.sysconf("SC_CLK_TCK")
FORM = {"files", "sha256", "info"}  # of a manifest: which files there are, and who wrote them
Run = Callable[[], "Scored"]


def main(sizes: tuple[str, ...] | None = None) -> list[dict[str, object]]:
    """Measure every size, print the table, keep the figures."""
    sizes = sizes or tuple(os.environ.get("SIZE", "1m,10m").split(","))
    unknown = [size for size in sizes if size not in SIZES]
    if unknown:
        raise SystemExit(f"no size {unknown[0]!r}; there are: {', '.join(SIZES)}")
    figures: list[dict[str, object]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="churnlab-bench-") as folder:
            figures += measured(size, worlds.world(SIZES[size]), Path(folder))
    results_file.store(RESULTS, figures, tuple(f"spark.{size}." for size in sizes))
    print(features_figures.table(figures))
    return figures


def measured(size: str, world: World, folder: Path) -> list[dict[str, object]]:
    """All figures of one size."""
    from churnlab import spark

    _tell(f"{world.rows:,} + {world.rows:,} events: training on a sample")
    trained = folder / "trained"
    command = (sys.executable, "-m", "benchmarks.peers.score_models", str(world.folder), "1", str(trained))
    measuring.once(Side("score_models", command))
    project = shop.project(world.transactions, world.interactions, trained)
    project = project.model_copy(update={"root": str(trained)})  # where the champion is
    tables = _saved(project, world, folder / "tables")
    with spark.local(TASKS) as session:
        sides: dict[str, Run] = {
            "local": lambda: _local(project, tables),
            "spark": lambda: _on_spark(project, tables, session),
        }
        costs, customers = in_turns(sides, int(os.environ.get("RUNS", "3")))
    return _figures(size, world.rows, costs, customers)


def in_turns(sides: Mapping[str, Run], runs: int) -> tuple[dict[str, Cost], int]:
    """Both sides, once to warm up and then ``runs`` times: the medians, and the customers scored."""
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        scored = {}
        for name, run in sides.items():
            cost, scored[name] = timed(run)
            costs[name] += [cost] if turn else []
            _tell(
                f"  {name} {f'run {turn}' if turn else 'warming up'}: {cost.cpu:.2f} CPU s, {cost.wall:.2f} s"
            )
        check_equal(scored["local"], scored["spark"])
    medians = {
        name: Cost(median(one.cpu for one in each), median(one.wall for one in each), 0, runs)
        for name, each in costs.items()
    }
    return medians, int(scored["local"].totals[-1].customers)


def timed(run: Run) -> tuple[Cost, Scored]:
    """What a run cost, CPU of every process below this one."""
    before, started = ticks(), time.perf_counter()
    scored = run()
    wall = time.perf_counter() - started
    return Cost(spent(before, ticks()), wall, 0), scored


def ticks() -> dict[int, int]:
    """Process -> its CPU so far and that of its ended children, of this one and all below it."""
    fields = dict(_stats())
    below, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, stat in fields.items() if int(stat[1]) in below} - below
        below, grown = below | more, bool(more)
    return {pid: sum(map(int, fields[pid][11:15])) for pid in below}


def spent(before: Mapping[int, int], after: Mapping[int, int]) -> float:
    """CPU seconds between two looks, of those that are still there.

    Spark ends workers that had nothing to do for a minute, and nobody inherits what they have cost:
    taken off a total, it would look as if the side in between had given time back.
    """
    return sum(each - before.get(pid, 0) for pid, each in after.items()) / TICKS


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Each process and what Linux says of it, beginning with its state."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        yield int(path.parent.name), text.rpartition(")")[2].split()


def check_equal(local: Scored, made: Scored) -> None:
    """Row by row and column by column, and what the manifests say of the lists."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from churnlab.lists import commit
    from churnlab.lists.columns import schema

    for total in local.totals[:-1]:
        strategy = str(total.strategy)
        mine = pq.read_table(local.folder / f"{strategy}.parquet")
        parts = sorted((made.folder / f"quadrant={strategy}").glob("*.parquet"))
        theirs = pa.concat_tables([pq.ParquetFile(part).read() for part in parts]) if parts else None
        if theirs is None:
            different = ["rows"] if len(mine) else []
        else:
            whole = theirs.append_column("quadrant", pa.repeat(strategy, len(theirs)))
            different = [name for name in schema().names if not same_bits(mine[name], whole[name])]
        if different:
            raise Mismatch(f"{strategy}: {', '.join(different)} not equal on Spark")
    mine, theirs = commit.verify(local.folder), commit.verify(made.folder)
    if different := [name for name in mine if name not in FORM and mine[name] != theirs[name]]:
        raise Mismatch(f"manifest: {', '.join(different)} not equal on Spark")
    if (local.totals, dict(local.excluded), local.notes) != (made.totals, dict(made.excluded), made.notes):
        raise Mismatch("totals, exclusions or notes not equal on Spark")


def same_bits(one: Any, other: Any) -> bool:
    """Whether two Arrow columns hold the same, numbers to the bit: 0.0 is not -0.0."""
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_floating(one.type):
        return bool(one.equals(other))
    if one.type != other.type or not one.is_null().equals(other.is_null()):
        return False
    left, right = (each.fill_null(0.0).to_numpy() for each in (one, other))
    return bool(np.array_equal(left.view(np.int64), right.view(np.int64)))


def _saved(project: Project, world: World, folder: Path) -> Path:
    from churnlab.tables import store

    with shop.opened(project, world.transactions, world.interactions, world.rows) as opening:
        store.save(opening.tables, folder)
    return folder


def _local(project: Project, tables: Path) -> Scored:
    """What `churnlab score` does once its sources are checked."""
    from churnlab import engine, tracking
    from churnlab.models import files
    from churnlab.snapshots import Calendar
    from churnlab.tables import store
    from churnlab.workflow.opening import Opened, silent
    from churnlab.workflow.scoring import score_opened

    _forget(project, "lists")
    runs = tracking.open_store(project.tracking, project.project, Path(project.root))
    champion = tracking.champion(runs)
    models = files.load(champion.folder, champion.digests)
    calendar = Calendar(project.time_zone, project.calendar)
    with engine.session(project.engine.memory, project.engine.threads, [tables]) as con:
        opening = Opened(project, store.read(tables, con), calendar, silent)
        return score_opened(opening, runs, champion, models, calendar.date(DATES[-1]))


def _on_spark(project: Project, tables: Path, session: Any) -> Scored:
    from churnlab import spark
    from churnlab.snapshots import Calendar

    _forget(project, "partitioned")
    day = Calendar(project.time_zone, project.calendar).date(DATES[-1])
    return spark.score(spark.of_folder(session, tables), project, day)


def _forget(project: Project, form: str) -> None:
    """A run that is published already would be left as it is."""
    from churnlab.workflow.opening import out_folder

    shutil.rmtree(out_folder(project) / form, ignore_errors=True)


def _figures(size: str, rows: int, costs: Mapping[str, Cost], customers: int) -> list[dict[str, object]]:
    local, made = costs["local"], costs["spark"]
    name, goal = f"spark.{size}", "<=2" if rows >= BIG else None
    return [
        figure(f"{name}.customers", customers, None, {"runs": made.runs}),
        figure(f"{name}.cpu_seconds", made.cpu, None, {"local": round(local.cpu, 3)}),
        figure(f"{name}.wall_seconds", made.wall, None, {"local": round(local.wall, 3)}),
        figure(f"{name}.cpu_to_local", made.cpu / local.cpu),
        figure(f"{name}.wall_to_local", made.wall / local.wall, goal),
    ]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
