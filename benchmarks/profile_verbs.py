"""Where the seconds of every verb go: a dozen rows a verb, by what the code is for.

    python -m benchmarks.profile_verbs complete_journey     # through configs/, needs the extra `examples`
    python -m benchmarks.profile_verbs 10m                  # a generated world, from its Parquet files

Each verb runs in a process of its own on one thread (so that one profile sees everything) and is
profiled function by function; what a function spends in libraries counts for the innermost module of
churnlab that called them. Every second is counted once. Starting the interpreter and importing come
first; the total is the CPU of the whole process. A table per verb is printed and kept in
results/profile_NAME.json, which docs/performance.md shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VERBS = ("validate", "features", "diagnose", "train", "score", "review", "explain")
ROWS = 12
# What code is for, by the longest part of its path that is known here.
PURPOSES: Mapping[str, str] = {
    "tables": "load and check",
    "engine": "load and check",
    "config": "configuration",
    "shards": "shards: partition, order",
    "history": "features",
    "features": "features",
    "panel": "panel",
    "panel/cache": "panel cache",
    "labels": "labels",
    "folds": "folds",
    "models": "fit and predict",
    "models/recipe": "model matrix",
    "models/trees": "fit and predict",
    "models/shapley": "exact contributions",
    "models/compiled": "exact contributions",
    "evaluation": "evaluation",
    "explain": "report and pictures",
    "explain/attributions": "reasons",
    "explain/reasons": "reasons",
    "explain/choosing": "reasons",
    "explain/compiled": "reasons",
    "strategy": "intensity and strategy",
    "lists": "lists",
    "tracking": "tracking (MLflow)",
    "durable": "files",
    "workflow": "between the steps",
}
IMPORTS, OTHER = "imports", "between the steps"


def main(name: str) -> None:
    """Profile every verb on one project; print and keep the tables."""
    with tempfile.TemporaryDirectory(prefix="churnlab-profile-") as folder:
        tables = {verb: _apart(name, verb, Path(folder)) for verb in VERBS}
    path = ROOT / "benchmarks" / "results" / f"profile_{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    for verb, rows in tables.items():
        print(f"\n{name}: {verb}")
        for purpose, seconds in rows.items():
            print(f"  {purpose:<28}{seconds:>9.2f} s")


def _apart(name: str, verb: str, folder: Path) -> dict[str, float]:
    out = folder / f"{verb}.json"
    command = [sys.executable, "-m", "benchmarks.profile_verbs", "--verb", name, verb, str(folder), str(out)]
    settings = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(command, check=True, cwd=ROOT, env=settings, stdout=sys.stderr)
    rows: dict[str, float] = json.loads(out.read_text(encoding="utf-8"))
    return rows


def _verb(name: str, verb: str, folder: Path, out: Path) -> None:
    import cProfile
    import pstats

    # CPU, not the clock: the machine may be busy with other things.
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    _run(name, verb, folder)
    profile.disable()
    import churnlab

    stats: Any = pstats.Stats(profile)
    rows = grouped(stats.stats, str(Path(churnlab.__file__).parent))
    rows["the whole process, CPU"] = round(time.process_time(), 2)
    out.write_text(json.dumps(rows), encoding="utf-8")


def _run(name: str, verb: str, folder: Path) -> None:
    import churnlab
    from churnlab.config import load

    asked: Any
    overrides = [f"lists.folder={folder}", "engine.threads=1", "models.threads=1"]
    if name == "complete_journey":
        tracking = [f"tracking.uri=sqlite:///{folder}/mlflow.db", f"tracking.artifacts={folder}/artifacts"]
        asked, day = load(ROOT / "configs" / f"{name}.yaml", [*overrides, *tracking]), "2017-11-01"
    else:
        asked, day = _shop(name, folder), "2025-11-26"
    import datetime as dt

    verbs: Mapping[str, Callable[[], object]] = {
        "validate": lambda: churnlab.validate(asked),
        "features": lambda: churnlab.list_features(asked),
        "diagnose": lambda: churnlab.diagnose(asked),
        "train": lambda: churnlab.train(asked),
        "score": lambda: churnlab.score(asked, dt.date.fromisoformat(day)),
        "review": lambda: churnlab.review(asked),
        "explain": lambda: churnlab.explain_customer(asked, _someone(folder), dt.date.fromisoformat(day)),
    }
    verbs[verb]()


def _someone(folder: Path) -> str:
    """A customer of the lists that were scored before."""
    import pyarrow.parquet as pq

    lists = next(folder.rglob("retain.parquet"))
    return str(pq.read_table(lists, columns=["customer_id"])["customer_id"][0].as_py())


def _shop(name: str, folder: Path) -> Any:
    from benchmarks import shop, worlds

    world = worlds.world(worlds.SIZES[name])
    models = {"threads": 1, "row_budget": 200_000}
    engine = {"memory": shop.MEMORY, "threads": 1}
    return shop.project(world.transactions, world.interactions, folder, models=models, engine=engine)


def grouped(stats: Mapping[Any, Any], package: str) -> dict[str, float]:
    """Purpose -> seconds, the largest first, at most ``ROWS``; every second once.

    ``stats``: of pstats, function -> (calls, _, own seconds, seconds with callees, callers).
    """
    owners = _owners(stats, package)
    seconds: dict[str, float] = defaultdict(float)
    for function, (_, _, own, _, _) in stats.items():
        for purpose, share in owners[function].items():
            seconds[purpose] += own * share
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    kept = dict(ordered[: ROWS - 1])
    rest = sum(value for _, value in ordered[ROWS - 1 :])
    kept |= {OTHER: kept.get(OTHER, 0.0) + rest} if rest else {}
    return {purpose: round(value, 2) for purpose, value in kept.items() if value >= 0.005}


def _owners(stats: Mapping[Any, Any], package: str) -> dict[Any, dict[str, float]]:
    """Function -> shares of its own time by purpose: its module's, or else its callers'."""
    owners = {function: _fixed(function, package) for function in stats}
    for _ in range(30):  # callers of callers: shares settle long before
        changed = 0.0
        for function, (_, _, _, _, callers) in stats.items():
            if _fixed(function, package):
                continue
            mixed = _mixed(callers, owners)
            before = owners[function] or {}
            changed += sum(abs(mixed.get(p, 0) - before.get(p, 0)) for p in {*mixed, *before})
            owners[function] = mixed
        if changed < 1e-6:
            break
    return {function: shares or {OTHER: 1.0} for function, shares in owners.items()}


def _mixed(callers: Mapping[Any, Any], owners: Mapping[Any, dict[str, float]]) -> dict[str, float]:
    weights = {caller: max(float(times[2]), 1e-12) for caller, times in callers.items() if owners.get(caller)}
    total = sum(weights.values())
    mixed: dict[str, float] = defaultdict(float)
    for caller, weight in weights.items():
        for purpose, share in owners[caller].items():
            mixed[purpose] += share * weight / total
    return dict(mixed)


def _fixed(function: tuple[str, int, str], package: str) -> dict[str, float]:
    """What is known without asking callers: modules of churnlab, and the machinery of imports."""
    file, _, name = function
    if file.startswith("<frozen importlib") or name == "<module>":
        return {IMPORTS: 1.0}
    if not file.startswith(package):
        return {}
    parts = Path(file).relative_to(package).with_suffix("").parts
    for size in range(len(parts), 0, -1):
        purpose = PURPOSES.get("/".join(parts[:size]))
        if purpose:
            return {purpose: 1.0}
    return {OTHER: 1.0}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--verb"]:
        _verb(sys.argv[2], sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "complete_journey")
