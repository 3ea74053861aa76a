"""What the candidates said at each origin, on disk as soon as it is known: numbers by row, no ids.

A backtest that was killed goes on with the next origin. A file's name says all that its numbers depend
on, so that other data, settings or code never go on with them; one that is not whole is made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.durable import on_disk, write_whole
from churnlab.panel import Panel, code
from churnlab.workflow.backtesting.candidates import Answers
from churnlab.workflow.backtesting.origins import Origin
from churnlab.workflow.opening import Opened, code_version, settings

_KEPT = 200  # files, the newest
_CODE = ("models", "evaluation", "folds", "workflow", "panel", "config")
_READ = ("models", "churn", "value", "backtest")


def key(opening: Opened, origin: Origin, last: Origin) -> str:
    """SHA-256 of everything that the answers at ``origin`` depend on."""
    resolved = settings(opening.project)
    # How many origins there are, and who counts as new, changes none of them.
    resolved["backtest"] = {"amounts": resolved["backtest"]["amounts"]}
    facts = {
        "panel": _content(origin.panel),
        "settings": {name: resolved[name] for name in _READ},
        "origin": [origin.days, origin.value_days, origin.is_last, list(last.fold.test_as_of)],
        "rows": hashlib.sha256(b"".join(np.packbits(part).tobytes() for part in _parts(origin))).hexdigest(),
        "code": [code_version(), f"scipy {metadata.version('scipy')}", code.of_packages(_CODE)],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def load(folder: Path, name: str, rows: int) -> Answers | None:
    """The answers of that key for ``rows`` rows; None where there are none that are whole."""
    path = folder / f"{name}.npz"
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            order = json.loads(str(file["order"]))
            answers = Answers(
                {each: file[f"risk.{each}"] for each in order["risks"]},
                {each: file[f"value.{each}"] for each in order["values"]},
                file["at_stake"],
                file["low"],
                file["high"],
            )
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        return None
    return answers if _whole(answers, rows) else None


def save(folder: Path, name: str, answers: Answers) -> None:
    """Keep ``answers`` under their key; of many, the newest are kept."""
    arrays: dict[str, Any] = {f"risk.{model}": risk for model, risk in answers.risks.items()}
    arrays |= {f"value.{model}": value for model, value in answers.values.items()}
    order = {"risks": list(answers.risks), "values": list(answers.values)}
    arrays |= {"at_stake": answers.at_stake, "low": answers.low, "high": answers.high}
    out = io.BytesIO()
    np.savez(out, order=json.dumps(order), **arrays)
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{name}.npz", out.getvalue(), private=True)
        newest = sorted(folder.glob("*.npz"), key=lambda path: (path.stat().st_mtime, path.name))
        for path in newest[:-_KEPT]:
            path.unlink()


def _content(panel: Panel) -> str:
    """SHA-256 of the rows themselves: whatever made them, other rows have another one."""
    told = hashlib.sha256(json.dumps([feature.as_dict() for feature in panel.features]).encode())
    for values in (panel.numbers, panel.as_of, panel.churned, panel.value):
        told.update(np.ascontiguousarray(values).data)
    texts = [panel.customer_id, *panel.categories.values()]
    told.update(json.dumps([each.tolist() for each in texts]).encode())
    told.update(json.dumps([panel.learned_days, sorted(panel.measures)]).encode())
    for name in sorted(panel.measures):
        told.update(np.ascontiguousarray(panel.measures[name]).data)
    return told.hexdigest()


def _parts(origin: Origin) -> tuple[Any, Any]:
    return origin.fold.train, origin.fold.test


def _whole(answers: Answers, rows: int) -> bool:
    ends = (answers.at_stake, answers.low, answers.high)
    said = [*answers.risks.values(), *answers.values.values(), *(ends if answers.values else ())]
    return bool(answers.risks) and all(len(each) == rows for each in said)
