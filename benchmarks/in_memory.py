"""What features cost once a shard is in memory: churnlab beside plain pandas, on generated histories.

    python -m benchmarks.in_memory [LINES]     # 1,000,000 lines and as many contacts, 12 monthly dates

Each side runs in a process of its own, which makes the same data first; CPU seconds are those of the
features alone, peak memory is the whole process. churnlab makes every feature it has, pandas those
that are written there; what both make must be equal.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LINES = 1_000_000
GOAL_CPU = 5.0  # seconds
TYPES = ("review", "open")


def main(lines: int = LINES) -> list[dict[str, object]]:
    """Run both sides, compare, and write the figures as JSON lines."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = (_apart(side, lines, Path(folder)) for side in ("churnlab", "pandas"))
        compared = _compare(Path(folder))
    size = f"{lines // 1000}k"
    figures = [
        _figure(f"in_memory.{size}.cpu_seconds", ours["cpu"], GOAL_CPU * lines / LINES, theirs["cpu"]),
        _figure(f"in_memory.{size}.peak_mib", ours["mib"], 1_024.0, theirs["mib"]),
        {
            "name": f"in_memory.{size}.cpu_ratio",
            "figure": round(theirs["cpu"] / ours["cpu"], 2),
            "goal": ">=3",
            "ok": theirs["cpu"] >= 3 * ours["cpu"],
            "beside": {"features": {"churnlab": ours["features"], "pandas": theirs["features"]}},
        },
        {"name": f"in_memory.{size}.equal", "figure": compared, "goal": ">=120", "ok": compared >= 120},
    ]
    results = Path(__file__).parent / "results" / "in_memory.jsonl"
    results.parent.mkdir(exist_ok=True)
    lines_out = [json.dumps(figure) for figure in figures]
    print("\n".join(lines_out))
    results.write_text("\n".join(lines_out) + "\n", encoding="utf-8")
    return figures


def _figure(name: str, ours: float, goal: float, theirs: float) -> dict[str, object]:
    ok, goal_text = ours <= goal, f"<={goal:g}"
    return {"name": name, "figure": round(ours, 2), "goal": goal_text, "ok": ok, "beside": {"pandas": theirs}}


def _apart(side: str, lines: int, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.in_memory", "--side", side, str(lines), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _side(side: str, lines: int, folder: Path) -> None:
    from benchmarks import generated

    shard = generated.shard(lines)
    started = time.process_time()
    made = {"churnlab": _churnlab, "pandas": _pandas}[side](shard)
    cpu = time.process_time() - started
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.savez(folder / f"{side}.npz", **made)
    print(json.dumps({"cpu": round(cpu, 2), "mib": round(mib), "features": len(made)}))


def _churnlab(shard) -> dict[str, np.ndarray]:
    from benchmarks import generated
    from churnlab.config import FeaturePlan
    from churnlab.features.catalogue import FAMILIES, compute
    from churnlab.history import History
    from churnlab.workflow.opening import MOST_EVENTS

    plan, made = FeaturePlan(engagement_types=TYPES, service_types=("complaint", "ticket")), {}
    start = 0
    for part in generated.parts(shard, MOST_EVENTS):
        end = start + len(part.as_of)
        for _, feature in compute(History.of(part, generated.CALENDAR, plan), FAMILIES):
            if feature.name not in made:
                made[feature.name] = np.empty(len(shard.as_of), dtype=np.float32)
            made[feature.name][start:end] = feature.values
        start = end
    return made


def _pandas(shard) -> dict[str, np.ndarray]:
    import pandas as pd

    from benchmarks import generated
    from benchmarks.pandas_features import Frames, features

    frames = Frames(*(pd.DataFrame(shard.events[table]) for table in generated.TEXTS), list(generated.TYPES))
    customers, dates, made = len(shard.customers), generated.DATES, {}
    for place, as_of in enumerate(dates.tolist()):
        for name, values in features(frames, as_of, customers):
            if name not in made:
                made[name] = np.empty((customers, len(dates)), dtype=np.float32)
            made[name][:, place] = values
    return {name: values.ravel() for name, values in made.items()}


def _compare(folder: Path) -> int:
    """How many features both make, all of them equal."""
    with np.load(folder / "churnlab.npz") as ours, np.load(folder / "pandas.npz") as theirs:
        missing = sorted(set(theirs.files) - set(ours.files))
        if missing:
            raise SystemExit(f"only pandas makes {', '.join(missing)}")
        for name in theirs.files:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-4, err_msg=name)
        return len(theirs.files)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        _side(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        for figure in main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES):
            print(json.dumps(figure))
