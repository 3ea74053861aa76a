"""Put measured figures and pictures into docs/performance.md and docs/models.md, never by hand.

    python -m benchmarks.page

Between ``<!-- measured: NAME -->`` and ``<!-- end -->`` stands what results/ says, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import pictures, results_file
from churnlab.explain.canvas import Picture

ROOT = Path(__file__).parents[1]
PAGE, MODELS = ROOT / "docs" / "performance.md", ROOT / "docs" / "models.md"
PICTURES = ROOT / "docs" / "pictures"
SIZES = ("10k", "100k", "1m", "10m", "100m")
Lines = Mapping[str, Mapping[str, Any]]
SIDES = {
    "scan": "reading every column",
    "bound": "reading + one aggregate a customer",
    "churnlab": "**churnlab**",
    "duckdb": "DuckDB SQL",
    "polars": "Polars, streaming",
    "pandas": "pandas",
    "featuretools": "featuretools",
}


def main() -> None:
    """Rewrite the pages and their pictures."""
    PICTURES.mkdir(exist_ok=True)
    for picture in drawn().values():
        (PICTURES / f"{picture.name}.svg").write_text(picture.file(), encoding="utf-8")
    for page in (PAGE, MODELS):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


def drawn() -> dict[str, Picture]:
    """The pictures that there are figures for, by the names that the page gives them."""
    lines, tables = measured(), profiles()
    made = {}
    if any(f"features.{size}.1.cpu_seconds" in lines for size in SIZES):
        made["rows_picture"] = pictures.rows(lines)
    sizes = [size for size in SIZES if f"features.{size}.6.cpu_seconds" in lines]
    if sizes:
        made["dates_picture"] = pictures.dates(lines, "1m" if "1m" in sizes else sizes[-1])
    if tables:
        name = max(tables, key=lambda each: each.endswith("m"))
        made["profile_picture"] = pictures.profile(tables[name], _where(name))
    return made


def measured(
    names: Iterable[str] = ("campaign", "features", "scoring", "spark", "tuning"),
) -> dict[str, dict[str, Any]]:
    """Name -> line, of some benchmarks."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        found |= results_file.read(results_file.FOLDER / f"{name}.jsonl")
    return found


def profiles() -> dict[str, dict[str, dict[str, float]]]:
    """Project -> verb -> purpose -> seconds."""
    paths = sorted(results_file.FOLDER.glob("profile_*.json"))
    return {path.stem.removeprefix("profile_"): json.loads(path.read_text()) for path in paths}


def filled(page: str) -> str:
    """The page with every measured part made anew."""
    lines = measured()
    makers: Mapping[str, Callable[[], str]] = {
        "features": lambda: features_table(lines),
        "goals": lambda: goals_table(lines),
        "scoring": lambda: plain_table(lines, "scoring."),
        "campaign": lambda: plain_table(lines, "campaign."),
        "spark": lambda: plain_table(lines, "spark."),
        "tuning": lambda: plain_table(lines, "tuning."),
        "value": lambda: value_table(measured(["value"])),
        "intervals": lambda: beside_table(measured(["intervals"]), "intervals.", ("as_asked", "trees")),
        "growth": lambda: plain_table(lines, "features.growth."),
        "profiles": lambda: profile_tables(profiles()),
    } | {
        name: lambda picture=picture: f"![{picture.alt}](pictures/{picture.name}.svg)"
        for name, picture in drawn().items()
    }

    def part(found: re.Match[str]) -> str:
        name = found.group(1)
        made = makers[name]().rstrip() if name in makers else "(not measured yet)"
        return f"<!-- measured: {name} -->\n{made}\n<!-- end -->"

    return re.sub(r"<!-- measured: (\w+) -->.*?<!-- end -->", part, page, flags=re.DOTALL)


def features_table(lines: Lines) -> str:
    """A row for each size, number of dates and side."""
    made = [
        "| events | dates | side | CPU s | wall s | peak MiB | features equal | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in SIZES:
        for dates in (1, 12):
            made += _sides(lines, f"features.{size}.{dates}", f"{size} + {size}", dates)
    return "\n".join(made)


def _sides(lines: Lines, name: str, events: str, dates: int) -> list[str]:
    if f"{name}.cpu_seconds" not in lines:
        return []
    by_unit = {
        unit: pictures.sides_of(lines[f"{name}.{unit}"]) if f"{name}.{unit}" in lines else {}
        for unit in ("cpu_seconds", "wall_seconds", "peak_mib", "runs")
    }
    equal = lines.get(f"{name}.equal", {}).get("beside", {})
    rows = []
    for side, title in SIDES.items():
        if side not in by_unit["cpu_seconds"]:
            continue
        cells = [by_unit[unit].get(side) for unit in ("cpu_seconds", "wall_seconds", "peak_mib")]
        same = equal.get("of" if side == "churnlab" else side, "")
        runs = by_unit["runs"].get(side, "")
        figures = " | ".join(_number(cell) for cell in cells)
        rows.append(f"| {events} | {dates} | {title} | {figures} | {same} | {_number(runs)} |")
    return rows


def _number(value: Any) -> str:
    if value in {None, ""}:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def goals_table(lines: Lines) -> str:
    """Every figure that has a goal."""
    made = ["| figure | measured | goal | |", "|---|---|---|---|"]
    for name, line in lines.items():
        if "goal" in line and not name.endswith(".equal"):
            verdict = "met" if line["ok"] else "**missed**"
            made.append(f"| {name} | {_number(line['figure'])} | {_sign(line['goal'])} | {verdict} |")
    return "\n".join(made)


def _sign(goal: str) -> str:
    return goal.replace("<=", "≤ ").replace(">=", "≥ ")


def plain_table(lines: Lines, prefix: str) -> str:
    """Figures whose names begin so, with what stands beside them."""
    made = ["| figure | measured | goal | beside |", "|---|---|---|---|"]
    for name, line in lines.items():
        if name.startswith(prefix):
            beside = ", ".join(f"{side} {value:.4g}" for side, value in line.get("beside", {}).items())
            goal = _sign(line.get("goal", ""))
            made.append(f"| {name.removeprefix(prefix)} | {line['figure']:.4g} | {goal} | {beside} |")
    return "\n".join(made)


def value_table(lines: Lines) -> str:
    """Figures of value and repurchase: churnlab's with its goal, and those of three others."""
    others = ("bg_nbd", "lifetimes", "xgboost")
    made = [
        f"| figure | churnlab | goal | | {' | '.join(others)} |",
        "|---|---|---|---|" + "---|" * len(others),
    ]
    for name, line in lines.items():
        verdict = "" if "goal" not in line else "met" if line["ok"] else "**missed**"
        beside = (line.get("beside", {}).get(other) for other in others)
        cells = ["" if figure is None else f"{figure:.4g}" for figure in beside]
        goal = _sign(line.get("goal", ""))
        figure = f"{line['figure']:.4g}"
        made.append(
            f"| {name.removeprefix('value.')} | {figure} | {goal} | {verdict} | {' | '.join(cells)} |"
        )
    return "\n".join(made)


def beside_table(lines: Lines, prefix: str, others: tuple[str, ...]) -> str:
    """Figures without goals: churnlab's, and a column for each of ``others``."""
    made = [f"| figure | churnlab | {' | '.join(others)} |", "|---|---|" + "---|" * len(others)]
    for name, line in lines.items():
        cells = " | ".join(f"{line['beside'][other]:.4g}" for other in others)
        made.append(f"| {name.removeprefix(prefix)} | {line['figure']:.4g} | {cells} |")
    return "\n".join(made)


def profile_tables(tables: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """CPU seconds, purposes down, verbs across, one table a project."""
    made: list[str] = []
    for name, verbs in tables.items():
        purposes: dict[str, float] = {}
        for rows in verbs.values():
            for purpose, seconds in rows.items():
                purposes[purpose] = purposes.get(purpose, 0) + seconds
        ordered = sorted(purposes, key=lambda purpose: (purpose.startswith("the whole"), -purposes[purpose]))
        made += ["", f"**{_where(name)}**", "", f"| CPU seconds | {' | '.join(verbs)} |"]
        made.append("|---|" + "---|" * len(verbs))
        for purpose in ordered:
            cells = " | ".join(_number(rows.get(purpose, "")) for rows in verbs.values())
            made.append(f"| {purpose} | {cells} |")
    return "\n".join(made).strip()


def _where(name: str) -> str:
    return "Complete Journey" if name == "complete_journey" else f"{name} + {name} generated events"


if __name__ == "__main__":
    main()
