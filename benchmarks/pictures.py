"""The pictures of docs/performance.md, from what `make bench` kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.worlds import SIZES
from churnlab.explain.canvas import BLUE, GREEN, GREY, INK, PURPLE, VERMILION, Picture, draw

Lines = Mapping[str, Mapping[str, Any]]
STYLES = {
    "churnlab": (BLUE, "-", "o"),
    "bound": (GREY, "--", "s"),
    "duckdb": (VERMILION, "-.", "^"),
    "polars": (GREEN, ":", "D"),
    "pandas": (PURPLE, (0, (5, 1)), "v"),
    "featuretools": (INK, (0, (1, 1)), "x"),
}
NAMES = {
    "bound": "reading + one aggregate",
    "duckdb": "DuckDB SQL",
    "polars": "Polars",
}


def sides_of(line: Mapping[str, Any]) -> dict[str, float]:
    """Side -> figure, churnlab's own among them."""
    return {"churnlab": line["figure"], **line.get("beside", {})}


def rows(lines: Lines) -> Picture:
    """CPU seconds against events, at one date."""
    points: dict[str, list[tuple[float, float]]] = {}
    for size, count in SIZES.items():
        line = lines.get(f"features.{size}.1.cpu_seconds")
        for side, cpu in sides_of(line).items() if line else ():
            points.setdefault(side, []).append((2 * count, cpu))
    return _lines("cost-by-rows", "events, half of them transactions", points, "one date", log=True)


def dates(lines: Lines, size: str) -> Picture:
    """CPU seconds against dates, at one size."""
    points: dict[str, list[tuple[float, float]]] = {}
    for count in (1, 3, 6, 12):
        line = lines.get(f"features.{size}.{count}.cpu_seconds")
        for side, cpu in sides_of(line).items() if line else ():
            if side != "scan":
                points.setdefault(side, []).append((count, cpu))
    points = {side: pairs for side, pairs in points.items() if len(pairs) > 1}
    return _lines("cost-by-dates", "snapshot dates", points, f"{size} + {size} events", log=False)


def _lines(
    name: str, what: str, points: Mapping[str, list[tuple[float, float]]], at: str, *, log: bool
) -> Picture:
    def paint(axes: Any) -> None:
        for side, (colour, line, marker) in STYLES.items():
            if side in points:
                x, y = zip(*points[side], strict=True)
                label = NAMES.get(side, side)
                axes.plot(x, y, color=colour, linestyle=line, marker=marker, markersize=4, label=label)
        if log:
            axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set(xlabel=what, ylabel="CPU seconds")
        axes.set_title(f"CPU seconds to make features, {at}")
        axes.grid(True)
        axes.legend(loc="upper left")

    last = {side: pairs[-1] for side, pairs in points.items()}
    said = ", ".join(f"{NAMES.get(side, side)} {y:.3g} s" for side, (_, y) in last.items() if side in STYLES)
    most = max((x for x, _ in last.values()), default=0)
    alt = f"CPU seconds against {what}, {at}. At {most:,.0f}: {said}."
    return draw(name, alt, (6.4, 4.2), paint)


def profile(tables: Mapping[str, Mapping[str, float]], where: str) -> Picture:
    """Where the CPU of every verb goes, the largest parts first."""
    verbs = list(tables)
    totals = {verb: sum(_parts(tables[verb]).values()) for verb in verbs}
    names: dict[str, float] = {}
    for verb in verbs:
        for part, seconds in _parts(tables[verb]).items():
            names[part] = names.get(part, 0) + seconds / totals[verb]
    shown = sorted(names, key=lambda part: -names[part])[:7]
    colours = (BLUE, VERMILION, GREEN, PURPLE, GREY, "#56B4E9", "#E69F00")

    def paint(axes: Any) -> None:
        left = dict.fromkeys(verbs, 0.0)
        for part, colour in zip(shown, colours, strict=False):
            share = [100 * _parts(tables[verb]).get(part, 0) / totals[verb] for verb in verbs]
            axes.barh(verbs, share, left=[left[verb] for verb in verbs], color=colour, label=part, height=0.6)
            left = {verb: left[verb] + more for verb, more in zip(verbs, share, strict=True)}
        axes.barh(
            verbs,
            [100 - left[verb] for verb in verbs],
            left=list(left.values()),
            color="#EFEFEF",
            label="other",
            height=0.6,
        )
        axes.invert_yaxis()
        axes.set(xlim=(0, 100), xlabel="share of CPU, %")
        axes.set_title(f"Where the time goes: {where}")
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.2), ncols=3)

    first = {verb: max(_parts(tables[verb]), key=_parts(tables[verb]).__getitem__) for verb in verbs}
    said = "; ".join(
        f"{verb}: mostly {part}, {100 * tables[verb][part] / totals[verb]:.0f} %"
        for verb, part in first.items()
    )
    return draw("where-time-goes", f"Shares of CPU by purpose for each verb. {said}.", (6.8, 3.8), paint)


def _parts(rows: Mapping[str, float]) -> dict[str, float]:
    return {name: seconds for name, seconds in rows.items() if not name.startswith("the whole")}
