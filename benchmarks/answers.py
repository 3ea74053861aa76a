"""What one side answered, kept small enough to compare: everything of some customers, totals of all.

A side hands over blocks of rows as it makes them. Of about two thousand customers every value is
kept; of all rows how many there were, how many values were missing, and their sums. Two sides agree
when they asked about the same rows and all of that is equal, for every feature that both make.
The time that keeping takes is counted apart, so that it can be taken off the figures.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

SAMPLE = 2_000  # customers, about
RELATIVE, ABSOLUTE = 1e-4, 1e-5


class Mismatch(SystemExit):
    """Two sides differ: nothing may be printed."""


class Answers:
    """The blocks of one side, date by date. ``customers``: how many the world has."""

    def __init__(self, customers: int) -> None:
        self._every = max(1, customers // SAMPLE)
        self._kept: dict[int, tuple[list[np.ndarray], list[dict[str, np.ndarray]]]] = {}
        self._totals: dict[int, dict[str, np.ndarray]] = {}
        self._rows: dict[int, int] = {}
        self.cpu = self.wall = 0.0

    def add(self, date: int, ids: Any, columns: Iterable[tuple[str, Any]]) -> None:
        """Rows of one date: their customers' ids, and the value of every feature."""
        cpu, wall = time.process_time(), time.perf_counter()
        number = _numbers(ids)
        sample = np.flatnonzero(number % self._every == self._every // 2)
        keys, blocks = self._kept.setdefault(date, ([], []))
        totals = self._totals.setdefault(date, {})
        kept: dict[str, np.ndarray] = {}
        for name, column in columns:
            values = np.asarray(column)
            if len(values) != len(number):
                raise Mismatch(f"{name} has {len(values)} values for {len(number)} customers")
            kept[name] = values[sample].astype(np.float64)
            totals[name] = totals.get(name, np.zeros(3)) + _total(values)
        keys.append(number[sample])
        blocks.append(kept)
        self._rows[date] = self._rows.get(date, 0) + len(number)
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall

    def save(self, path: Path) -> None:
        """Write everything kept, dates in order, customers rising."""
        arrays: dict[str, np.ndarray] = {}
        names: list[str] = []
        for date, (keys, blocks) in sorted(self._kept.items()):
            key = np.concatenate(keys)
            order = np.argsort(key, kind="stable")
            names = sorted(self._totals[date])
            arrays[f"{date}.keys"] = key[order]
            arrays[f"{date}.values"] = np.array(
                [np.concatenate([block[name] for block in blocks])[order] for name in names]
            )
            arrays[f"{date}.totals"] = np.array([self._totals[date][name] for name in names])
            arrays[f"{date}.rows"] = np.array(self._rows[date])
        arrays["names"] = np.array(names)
        np.savez(path, **arrays)


def _numbers(ids: Any) -> np.ndarray:
    """C0001234 -> 1234."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(ids, pa.Array | pa.ChunkedArray):
        texts = ids.cast(pa.large_string())
    else:
        texts = pa.array(ids, pa.large_string())
    return np.asarray(pc.cast(pc.utf8_slice_codeunits(texts, 1), pa.int64()).to_numpy(zero_copy_only=False))


def _total(values: np.ndarray) -> np.ndarray:
    """(missing, sum, sum of sizes)"""
    if values.dtype.kind != "f":
        return np.array([0, values.sum(dtype=np.float64), np.abs(values).sum(dtype=np.float64)])
    known = values[~np.isnan(values)]
    sums = known.sum(dtype=np.float64), np.abs(known).sum(dtype=np.float64)
    return np.array([len(values) - len(known), *sums])


def compare(ours: Path, theirs: Path, side: str) -> int:
    """How many features both made, all of them equal; raises ``Mismatch`` at the first difference."""
    with np.load(ours) as mine, np.load(theirs) as other:
        names = sorted(set(mine["names"].tolist()) & set(other["names"].tolist()))
        only = sorted(set(other["names"].tolist()) - set(names))
        if only or not names:
            raise Mismatch(f"{side} makes what churnlab does not: {', '.join(only) or 'nothing in common'}")
        rows = [np.flatnonzero(np.isin(found["names"], names)) for found in (mine, other)]
        dates = [key.split(".")[0] for key in mine.files if key.endswith(".rows")]
        for date in dates:
            _compare_date(mine, other, date, names, rows, side)
        return len(names)


def _compare_date(
    mine: Any, other: Any, date: str, names: list[str], rows: list[np.ndarray], side: str
) -> None:
    if f"{date}.rows" not in other.files:
        raise Mismatch(f"{side} has no rows at date {date}")
    asked = int(mine[f"{date}.rows"]), int(other[f"{date}.rows"])
    if asked[0] != asked[1] or not np.array_equal(mine[f"{date}.keys"], other[f"{date}.keys"]):
        raise Mismatch(f"{side} asks about other customers: {asked[1]} rows at date {date}, not {asked[0]}")
    values = [found[f"{date}.values"][place] for found, place in zip((mine, other), rows, strict=True)]
    totals = [found[f"{date}.totals"][place] for found, place in zip((mine, other), rows, strict=True)]
    for place, name in enumerate(names):
        one, two = values[0][place], values[1][place]
        same = np.isclose(one, two, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
        if not same.all():
            worst = int(np.flatnonzero(~same)[0])
            who = int(mine[f"{date}.keys"][worst])
            raise Mismatch(
                f"{side} differs in {name}: {int((~same).sum())} of {len(same)} sampled rows at date {date}, "
                f"such as {one[worst]} against {two[worst]} of generated customer {who}"
            )
        (missing, total, size), (their_missing, their_total, _) = totals[0][place], totals[1][place]
        if missing != their_missing or abs(total - their_total) > RELATIVE * size + ABSOLUTE:
            raise Mismatch(
                f"{side} differs in {name} over all rows at date {date}: "
                f"sum {total} against {their_total}, missing {missing:g} against {their_missing:g}"
            )


def finish(answers: Answers, out: Path, **more: object) -> None:
    """Save, and say on stdout what the caller needs to know of this side."""
    cpu, wall = time.process_time(), time.perf_counter()
    answers.save(out)
    taken: Mapping[str, object] = {
        "checking_cpu": answers.cpu + time.process_time() - cpu,
        "checking_wall": answers.wall + time.perf_counter() - wall,
        **more,
    }
    print(json.dumps(taken))
