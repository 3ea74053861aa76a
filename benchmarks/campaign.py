"""What it costs to make campaign lists of customers who were scored: from their scores to published files.

    python -m benchmarks.campaign           # CUSTOMERS=1000000 by default

Who may be contacted, who gets which action, who is left alone, lists as CSV and Parquet, the audit of
who was kept off, the last look at the bytes, publishing. Before a figure is told, every customer must be
on the list of all and on that of one strategy, or in the audit.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import features_figures, measuring, results_file
from benchmarks.answers import Mismatch
from benchmarks.measuring import Cost, Side
from benchmarks.results_file import figure

RESULTS = results_file.FOLDER / "campaign.jsonl"
GOAL = 1_000_000  # the customers that the goals are of
SECONDS, MIB = "<=30", "<=2048"


def main(customers: int | None = None, runs: int = 3) -> list[dict[str, object]]:
    """Measure, print the table, keep the figures."""
    customers = customers or int(os.environ.get("CUSTOMERS", GOAL))
    with tempfile.TemporaryDirectory(prefix="churnlab-bench-") as folder:
        out = Path(folder) / "out"
        module = ("-m", "benchmarks.peers.campaign_lists", str(customers), str(out))
        side = Side("churnlab", (sys.executable, *module), runs)
        costs, said = measuring.in_turns([side], lambda _: check(out, customers))
    figures = _figures(customers, costs["churnlab"], said["churnlab"])
    results_file.store(RESULTS, figures, (f"campaign.{_short(customers)}.",))
    print(features_figures.table(figures))
    return figures


def check(out: Path, customers: int) -> None:
    """Everybody stands on the list of all and on one other, as CSV and as Parquet, or in the audit."""
    import duckdb

    run = max(out.glob("lists/run=*"))
    for kind, read in (("csv", "read_csv"), ("parquet", "read_parquet")):
        options = ", all_varchar = true, union_by_name = true" if kind == "csv" else ""
        alone = [str(path) for path in run.glob(f"*.{kind}") if path.stem not in {"all", "excluded"}]
        counts = []
        with duckdb.connect() as con:
            for files in ([str(run / f"all.{kind}")], alone, [str(run / f"excluded.{kind}")]):
                query = f"SELECT count(*), count(DISTINCT customer_id) FROM {read}({files}{options})"
                counts.append(con.execute(query).fetchall()[0])
        listed, dealt, kept_off = counts
        if (
            listed != dealt
            or any(rows != each for rows, each in counts)
            or listed[0] + kept_off[0] != customers
        ):
            raise Mismatch(f"{kind}: on the list of all {listed}, by strategy {dealt}, kept off {kept_off}")


def _figures(customers: int, cost: Cost, said: Mapping[str, Any]) -> list[dict[str, object]]:
    name, goal = f"campaign.{_short(customers)}", customers == GOAL
    load = {"runs": cost.runs, "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    arms = said["arms"]
    return [
        figure(f"{name}.listed", said["sizes"]["all.csv"], None, {"audit": said["sizes"]["excluded.csv"]}),
        figure(f"{name}.contacted", arms["treated"] + arms["explore"], None, {"control": arms["control"]}),
        figure(f"{name}.cpu_seconds", cost.cpu, SECONDS if goal else None, load),
        figure(f"{name}.wall_seconds", cost.wall),
        figure(f"{name}.peak_mib", cost.mib, MIB if goal else None),
        figure(f"{name}.us_per_customer", 1e6 * cost.cpu / customers),
        figure(f"{name}.published_mb", said["bytes"] / 1e6),
        *(
            figure(f"{name}.stage.{what.replace(' ', '_').replace(',', '')}", seconds)
            for what, seconds in said["stages"].items()
        ),
    ]


def _short(customers: int) -> str:
    """1000000 -> 1m, 20000 -> 20k."""
    if customers % 10**6 == 0:
        return f"{customers // 10**6}m"
    return f"{customers // 1000}k" if customers % 1000 == 0 else str(customers)


if __name__ == "__main__":
    main()
