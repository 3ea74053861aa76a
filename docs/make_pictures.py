"""Draw the pictures of README and docs: the time line of a label, phases, and the demo's strategy map.

Run `make demo` first; then `python docs/make_pictures.py`.
"""

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from churnlab.config.lifecycle import Lifecycle
from churnlab.explain import maps, phases
from churnlab.lists import commit

HERE = Path(__file__).parent
DATES = maps.Dates(
    observation_days=365,
    gap_days=14,
    horizon_days=60,
    settlement_days=14,
    train=(date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)),
    test=(date(2024, 12, 1),),
)

CUSTOMERS = {"Amel": (1.5, -0.13), "Chloé": (0.6, 0.36), "Bruno": (3.2, -0.3), "Denis": (4.5, -0.6)}


def main() -> None:
    """Write all of them."""
    (HERE / "pictures").mkdir(exist_ok=True)
    (HERE / "pictures" / "timeline.svg").write_text(maps.timeline(DATES).file(), encoding="utf-8")
    drawn = phases.phase_map(Lifecycle(), CUSTOMERS)
    (HERE / "pictures" / "phases.svg").write_text(drawn.file(), encoding="utf-8")
    lists = max((HERE.parent / "out" / "complete_journey" / "lists").glob("????-??-??"))
    run = commit.current(lists)
    if run is None:
        raise SystemExit("no published lists: run `make demo` first")
    everyone = pq.read_table(run / "all.parquet", columns=["value_if_retained", "intensity", "quadrant"])
    value, near = (everyone[name].to_numpy() for name in ("value_if_retained", "intensity"))
    high = everyone["quadrant"].to_numpy(zero_copy_only=False)
    cut = min(value[[each in {"retain", "win_back"} for each in high]])
    drawn = maps.quadrant_map(
        value, near, (float(cut), 50.0), json.loads((run / "manifest.json").read_text())["currency"]
    )
    (HERE / "pictures" / "strategies.svg").write_text(drawn.file(), encoding="utf-8")


if __name__ == "__main__":
    main()
