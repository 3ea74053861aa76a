"""One figure a line: {"name", "figure", "goal", "ok", "beside"}; never edited by hand."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "results"
SIGNS = {"<=": operator.le, ">=": operator.ge}


def figure(
    name: str, value: float, goal: str | None = None, beside: Mapping[str, object] | None = None
) -> dict[str, object]:
    """A line; ``goal`` such as "<=1.5" decides whether it is ok.

    >>> figure("features.1m.1.cpu_to_bound", 1.2, "<=1.5")["ok"]
    True
    """
    line: dict[str, object] = {"name": name, "figure": _short(value)}
    if goal is not None:
        line |= {"goal": goal, "ok": SIGNS[goal[:2]](value, float(goal[2:]))}
    return line | ({"beside": dict(beside)} if beside else {})


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def store(path: Path, figures: Iterable[Mapping[str, object]], replaces: tuple[str, ...]) -> None:
    """Write figures; lines whose name begins with one of ``replaces`` go, others stay."""
    kept: list[Mapping[str, object]] = []
    if path.exists():
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        kept = [line for line in lines if not line["name"].startswith(replaces)]
    path.parent.mkdir(exist_ok=True)
    written = sorted([*kept, *figures], key=lambda line: str(line["name"]))
    path.write_text("".join(json.dumps(line) + "\n" for line in written), encoding="utf-8")


def read(path: Path) -> dict[str, dict[str, object]]:
    """Name -> line."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["name"]: line for line in lines}
