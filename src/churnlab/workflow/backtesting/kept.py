"""What the candidates said at each origin, on disk as soon as it is known: numbers by row, no ids.

A backtest that was killed goes on with the next origin; and within one, after the last candidate that
took long: each leaves a part, which goes when the answers are whole. A file's key says all that its
numbers depend on, so that other rows, settings or code never go on with them; one that is not whole is
made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.durable import on_disk
from churnlab.panel import Panel, code, pieces
from churnlab.panel.pieces import Piece
from churnlab.workflow.backtesting.candidates import Answers, Arrays, Keep
from churnlab.workflow.backtesting.origins import Origin
from churnlab.workflow.opening import Opened, code_version, settings

_KEPT = 200  # files, the newest
_CODE = ("models", "evaluation", "folds", "workflow", "panel", "config", "snapshots", "labels")
_READ = ("models", "churn", "value", "backtest", "time_zone")
_TASKS = ("risk", "value", "sooner")
_ENDS = ("at_stake", "low", "high")


def key(opening: Opened, origin: Origin, last: Origin, rows: str) -> str:
    """SHA-256 of everything that the answers at ``origin`` depend on. ``rows``: the digest of its panel."""
    resolved = settings(opening.project)
    # How many origins there are, who counts as new and what a list would cost change none of them.
    resolved["backtest"] = {"amounts": resolved["backtest"]["amounts"]}
    fold = b"".join(np.packbits(flags).tobytes() for flags in (origin.fold.train, origin.fold.test))
    facts = {
        "panel": rows,
        "settings": {name: resolved[name] for name in _READ},
        "origin": [origin.days, origin.value_days, origin.is_last, list(last.fold.test_as_of)],
        "fold": hashlib.sha256(fold).hexdigest(),
        "code": [code_version(), f"scipy {metadata.version('scipy')}", code.of_packages(_CODE)],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def digest(panel: Panel) -> str:
    """SHA-256 of the rows themselves: whatever made them, other rows have another one."""
    told = hashlib.sha256(json.dumps([feature.as_dict() for feature in panel.features]).encode())
    for values in (panel.numbers, panel.as_of, panel.churned, panel.value):
        told.update(np.ascontiguousarray(values).data)
    texts = [panel.customer_id, *panel.categories.values()]
    told.update(json.dumps([each.tolist() for each in texts]).encode())
    told.update(json.dumps([panel.learned_days, sorted(panel.measures)]).encode())
    for name in sorted(panel.measures):
        told.update(np.ascontiguousarray(panel.measures[name]).data)
    for name in sorted(panel.sooner):
        told.update(np.ascontiguousarray(panel.sooner[name]).data)
    return told.hexdigest()


def load(folder: Path, name: str) -> Answers | None:
    """The answers of that key; None where there are none that are whole."""
    piece = Piece.opened(_path(folder, name), name)
    if piece is None:
        return None
    try:
        risks, values, sooner = (
            {model: piece.array(f"{task}.{model}") for model in piece.facts[task]} for task in _TASKS
        )
        ends = {each: piece.array(each) for each in _ENDS}
        return Answers(risks, values, sooner=sooner, **ends)
    finally:
        piece.close()


def save(folder: Path, name: str, answers: Answers) -> None:
    """Keep ``answers`` under their key; of many, the newest are kept."""
    said: Mapping[str, Mapping[str, Any]] = dict(
        zip(_TASKS, (answers.risks, answers.values, answers.sooner), strict=True)
    )
    arrays = {f"{task}.{model}": each for task, models in said.items() for model, each in models.items()}
    arrays |= {each: getattr(answers, each) for each in _ENDS}
    order = {task: list(models) for task, models in said.items()}
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        pieces.write(_path(folder, name), name, order, arrays)
        # One backtest at a time, origin after origin: other keys' are of one that was given up.
        for part in folder.glob("*.part"):
            part.unlink()
        newest = sorted(folder.glob("*.piece"), key=lambda path: (path.stat().st_mtime, path.name))
        for path in newest[:-_KEPT]:
            path.unlink()


def parts(folder: Path, name: str) -> Keep:
    """Keeps the arrays of each candidate of the origin with that key."""

    def keep(part: str, make: Callable[[], Arrays]) -> Arrays:
        path, key = folder / f"{name}.{part}.part", f"{name}.{part}"
        piece = Piece.opened(path, key)
        if piece is not None:
            try:
                return {each: piece.array(each) for each in piece.facts["order"]}
            finally:
                piece.close()
        made = make()
        with on_disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
            pieces.write(path, key, {"order": list(made)}, made)
        return made

    return keep


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.piece"
