"""What it costs to score everyone: from files to published lists, and exact reasons beside XGBoost's.

    python -m benchmarks.scoring            # SIZE=1m,10m by default

The models are trained, untimed, on every k-th customer of the same world: the project's defaults for
the lists, 300 trees of depth 6 for the reasons. End to end is features, risk and value, exact
reasons in words, strategy, and lists as Parquet and CSV, in one process, beside the bound of
`benchmarks.features` in turns with it. Before a figure is told, every eligible customer must be on
exactly one list, and reasons must be XGBoost's own to 2e-5.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import features_figures, measuring, results_file, worlds
from benchmarks.answers import Mismatch
from benchmarks.measuring import Cost, Side
from benchmarks.results_file import figure
from benchmarks.worlds import DATES, SIZES, World

RESULTS = results_file.FOLDER / "scoring.jsonl"
CLOSE = 2e-5
BIG = 10_000_000
XGBOOST = {"3.2": ">=100", "3.4": ">=25"}  # its contributions became four times quicker in between
ELIGIBLE = """
SELECT count(DISTINCT customer_id) FROM (
    SELECT customer_id, order_id FROM '{path}' WHERE time < {date} GROUP BY 1, 2 HAVING sum(amount) > 0)
"""


def main(sizes: tuple[str, ...] | None = None) -> list[dict[str, object]]:
    """Measure every size, print the table, keep the figures."""
    sizes = sizes or tuple(os.environ.get("SIZE", "1m,10m").split(","))
    unknown = [size for size in sizes if size not in SIZES]
    if unknown:
        raise SystemExit(f"no size {unknown[0]!r}; there are: {', '.join(SIZES)}")
    figures: list[dict[str, object]] = []
    for size in sizes:
        world = worlds.world(SIZES[size])
        measuring.warm([world.transactions, world.interactions])
        with tempfile.TemporaryDirectory(prefix="churnlab-bench-") as folder:
            figures += measured(size, world, Path(folder), with_reasons=size == sizes[0])
    stored = ("scoring.reasons.", *(f"scoring.{size}." for size in sizes))
    results_file.store(RESULTS, figures, stored)
    print(features_figures.table(figures))
    return figures


def measured(
    size: str, world: World, folder: Path, *, with_reasons: bool, runs: int = 3
) -> list[dict[str, object]]:
    """All figures of one size."""
    print(f"{world.rows:,} + {world.rows:,} events: training on a sample", file=sys.stderr, flush=True)
    measuring.once(_side("score_models", world, folder / "trained"))
    figures = _reasons(world, folder) if with_reasons else []
    expected = eligible(world)
    lists = _side("score_churnlab", world, folder / "lists", str(folder / "trained" / "models"))
    measuring.once(lists)  # fills numba's cache
    check_lists(folder / "lists", expected)
    bound = _side("bound", world, folder / "bound", "aggregate")
    turns = runs if world.rows <= BIG else 1
    sides = [Side("bound", bound.command, turns), Side("churnlab", lists.command, turns)]
    costs, _ = measuring.in_turns(sides, lambda _: check_lists(folder / "lists", expected))
    return figures + _figures(size, world.rows, costs, expected)


def eligible(world: World) -> int:
    """How many customers must be on the lists, by SQL."""
    import duckdb

    with duckdb.connect() as con:
        query = ELIGIBLE.format(path=world.transactions, date=DATES[-1])
        return int(con.execute(query).fetchall()[0][0])


def check_lists(folder: Path, expected: int) -> None:
    """Every eligible customer is in the list of all, once, and in that of one strategy."""
    import duckdb

    run = max(folder.glob("lists/run=*"))
    alone = ", ".join(f"'{path}'" for path in sorted(run.glob("*.parquet")) if path.stem != "all")
    counts = "SELECT count(*), count(DISTINCT customer_id)"
    with duckdb.connect() as con:
        everyone = con.execute(f"{counts} FROM '{run / 'all.parquet'}'").fetchall()[0]
        dealt = con.execute(f"{counts} FROM read_parquet([{alone}])").fetchall()[0]
    if {*everyone, *dealt} != {expected}:
        raise Mismatch(f"customers on lists: all {everyone}, by strategy {dealt}, eligible {expected}")


def _side(module: str, world: World, out: Path, *more: str) -> Side:
    command = (sys.executable, "-m", f"benchmarks.peers.{module}", str(world.folder), "1", str(out), *more)
    return Side(module, command)


def _figures(size: str, rows: int, costs: Mapping[str, Cost], customers: int) -> list[dict[str, object]]:
    ours, bound = costs["churnlab"], costs["bound"]
    name, big = f"scoring.{size}", rows >= BIG
    beside = {what: {"bound": round(getattr(bound, what), 3)} for what in ("cpu", "wall", "mib")}
    return [
        figure(f"{name}.customers", customers, None, {"runs": ours.runs}),
        figure(f"{name}.cpu_seconds", ours.cpu, None, beside["cpu"]),
        figure(f"{name}.wall_seconds", ours.wall, None, beside["wall"]),
        figure(f"{name}.peak_mib", ours.mib, "<=1024" if big else None, beside["mib"]),
        figure(f"{name}.cpu_to_bound", ours.cpu / bound.cpu, "<=8" if big else None),
        figure(f"{name}.us_per_customer", 1e6 * ours.cpu / customers),
    ]


def _reasons(world: World, folder: Path) -> list[dict[str, object]]:
    import xgboost

    side = _side("score_reasons", world, folder / "reasons", str(folder / "trained" / "deep"))
    said = measuring.once(side)[1]
    if said["difference"] > CLOSE:
        raise Mismatch(f"reasons differ from XGBoost's by {said['difference']:.3g}")
    version = ".".join(xgboost.__version__.split(".")[:2])
    ours, theirs = said["explained_us"], said["xgboost_us"]
    return [
        figure("scoring.reasons.us_per_row", ours, "<=25", {f"xgboost {version}": round(theirs, 1)}),
        figure("scoring.reasons.difference", said["difference"], "<=2e-5", {"same_top": said["top"]}),
        figure("scoring.reasons.xgboost_to_churnlab", theirs / ours, XGBOOST.get(version)),
        figure("scoring.reasons.sentences_us_per_row", said["sentences_us"]),
    ]


if __name__ == "__main__":
    main()
