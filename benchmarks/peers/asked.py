"""What every side is asked: which world, which dates, where to answer."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.worlds import DATES


@dataclass(frozen=True)
class Asked:
    """``dates``: rising instants; ``out``: where the answers go."""

    transactions: Path
    interactions: Path
    rows: int
    customers: int
    dates: tuple[int, ...]
    out: Path


def asked() -> Asked:
    """From the command line: WORLD DATES OUT."""
    folder, count, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    about = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    return Asked(
        folder / "transactions.parquet",
        folder / "interactions.parquet",
        about["rows"],
        about["customers"],
        DATES[-count:],
        out,
    )
