"""From measured costs to figures, goals and a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmarks.measuring import Cost, exponent
from benchmarks.results_file import figure

Measured = Mapping[tuple[int, int], tuple[dict[str, Cost], dict[str, int]]]
Figures = list[dict[str, object]]
BIG = 10_000_000  # rows from which goals hold: below, starting up is most of it


def of_size(size: str, rows: int, found: Measured) -> Figures:
    """All figures of one size."""
    figures: Figures = []
    for (measured_rows, dates), (costs, equal) in sorted(found.items()):
        if measured_rows != rows:
            continue
        name = f"features.{size}.{dates}"
        for what, unit in (("cpu", "cpu_seconds"), ("wall", "wall_seconds"), ("mib", "peak_mib")):
            values = {side: float(f"{getattr(cost, what):.4g}") for side, cost in costs.items()}
            goal = _memory_goal(rows, dates) if what == "mib" else None
            figures.append(figure(f"{name}.{unit}", values.pop("churnlab"), goal, values))
        checked = {side: count for side, count in equal.items() if "makes" not in side}
        if checked:
            made = equal["churnlab makes"]
            figures.append(figure(f"{name}.equal", min(checked.values()), ">=60", checked | {"of": made}))
        runs = {side: cost.runs for side, cost in costs.items()}
        figures.append(figure(f"{name}.runs", runs.pop("churnlab"), None, runs))
        figures += _ratios(name, rows, dates, costs)
    return figures + _dates_ratio(size, rows, found)


def _memory_goal(rows: int, dates: int) -> str | None:
    if rows < BIG:
        return None
    return "<=768" if dates == 1 and rows == BIG else "<=1024"


def _ratios(name: str, rows: int, dates: int, costs: Mapping[str, Cost]) -> Figures:
    ours, big = costs["churnlab"], rows >= BIG
    figures: Figures = []
    if "bound" in costs:
        bound = costs["bound"]
        # At 100 M only the wall clock is a goal: reading from disk is most of it.
        cpu_goal = "<=1.5" if rows == BIG else None
        figures.append(figure(f"{name}.cpu_to_bound", ours.cpu / bound.cpu, cpu_goal))
        figures.append(figure(f"{name}.wall_to_bound", ours.wall / bound.wall, "<=1.5" if big else None))
    goals = {("pandas", 1): ">=10", ("duckdb", 1): ">=3.5", ("duckdb", 12): ">=15"}
    for side in ("duckdb", "polars", "pandas"):
        if side in costs:
            goal = goals.get((side, dates)) if rows == BIG else None
            figures.append(figure(f"{name}.{side}_to_churnlab_cpu", costs[side].cpu / ours.cpu, goal))
    return figures


def _dates_ratio(size: str, rows: int, found: Measured) -> Figures:
    if (rows, 1) not in found or (rows, 12) not in found:
        return []
    one, twelve = (found[rows, dates][0]["churnlab"] for dates in (1, 12))
    goal = "<=2.2" if rows == BIG else None
    return [
        figure(f"features.{size}.12.cpu_to_one_date", twelve.cpu / one.cpu, goal),
        figure(f"features.{size}.12.wall_to_one_date", twelve.wall / one.wall, goal),
    ]


def growth(found: Measured) -> Figures:
    """How CPU grows with rows (at one date), and with dates (at the largest size that has several)."""
    figures: Figures = []
    sizes = sorted(rows for rows, dates in found if dates == 1)
    if len(sizes) > 1:
        by_side = _exponents({rows: found[rows, 1][0] for rows in sizes})
        last = {rows: found[rows, 1][0] for rows in sizes[-2:]}
        figures.append(figure("features.growth.rows", by_side.pop("churnlab"), "<=1.0", by_side))
        steepest = _exponents(last)
        # Between the two largest sizes only: starting up flattens the line through all of them.
        figures.append(figure("features.growth.rows_last", steepest.pop("churnlab"), "<=1.0", steepest))
    largest = max((rows for rows, dates in found if dates == 6), default=0)
    for rows in sorted({rows for rows, dates in found if dates == 6}):
        by_side = _exponents({dates: found[rows, dates][0] for r, dates in found if r == rows})
        goal = "<=0.5" if rows == largest else None
        figures.append(
            figure(f"features.growth.dates_{rows // 1_000_000}m", by_side.pop("churnlab"), goal, by_side)
        )
    return figures


def _exponents(costs: Mapping[int, Mapping[str, Cost]]) -> dict[str, float]:
    """Of every side that was measured at two points or more."""
    names = dict.fromkeys(name for at in costs.values() for name in at)
    points = {name: [(size, at[name].cpu) for size, at in costs.items() if name in at] for name in names}
    return {
        name: round(exponent(*zip(*pairs, strict=True)), 3)
        for name, pairs in points.items()
        if len(pairs) > 1
    }


def featuretools(costs: Mapping[str, Cost], equal: int) -> Figures:
    ours, theirs = costs["churnlab"], costs["featuretools"]
    beside = {"featuretools": float(f"{theirs.cpu:.4g}")}
    return [
        figure("features.10k.12.cpu_seconds", ours.cpu, None, beside),
        figure("features.10k.12.peak_mib", ours.mib, None, {"featuretools": round(theirs.mib)}),
        figure("features.10k.12.equal", equal, ">=40", {"featuretools": equal}),
        figure("features.10k.12.featuretools_to_churnlab_cpu", theirs.cpu / ours.cpu, ">=30"),
    ]


def table(figures: Iterable[Mapping[str, object]]) -> str:
    """Plain text, one figure a line."""
    lines = []
    for line in figures:
        beside = line.get("beside") or {}
        assert isinstance(beside, dict)
        others = ", ".join(f"{name} {value:g}" for name, value in beside.items())
        verdict = "" if "ok" not in line else ("ok" if line["ok"] else "MISSED")
        lines.append(
            f"{line['name']!s:<46} {line['figure']:>10g}  {line.get('goal', '')!s:<8} {verdict:<7} {others}"
        )
    return "\n".join(lines)
