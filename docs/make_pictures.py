"""Draw the pictures of README and docs: a label in time, phases, two lists compared, the demo's map.

Run `make demo` first; then `python docs/make_pictures.py`.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from churnlab.config.lifecycle import Lifecycle
from churnlab.evaluation.saved_value import Offer, saved_value
from churnlab.explain import maps, phases
from churnlab.explain.canvas import BLUE, INK, PALE, VERMILION, Picture, draw
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


# The six customers of docs/campaigns.md.
RISK, STAKE = np.array([0.62, 0.35, 0.85, 0.08, 0.45, 0.97]), np.array([900, 2400, 120, 3000, 260, 1500])
CALL = Offer([0.12, 0.18, 0.10, 0.15, 0.12, 0.02], 4, 15, 0.35, [0, 0.005, 0, 0.02, 0, 0])


def two_lists() -> Picture:
    """What each customer's call saves, in the order of risk and in that of saved value; two are called."""
    saved = saved_value(RISK, STAKE, CALL)
    lists = (("by churn risk", -RISK, VERMILION), ("by saved value", -saved, BLUE))
    totals = [saved[np.argsort(key)[:2]].sum() for _, key, _ in lists]

    def paint(axes: Any) -> None:
        ticks: list[tuple[float, str]] = []
        for place, ((name, key, colour), total) in enumerate(zip(lists, totals, strict=True)):
            order = np.argsort(key)
            at = np.arange(6) + 7.5 * place
            axes.bar(at, saved[order], color=[colour] * 2 + [PALE] * 4, width=0.8)
            for x, row in zip(at, order, strict=True):
                up = saved[row] >= 0
                label = f"{saved[row]:.0f}"
                axes.annotate(
                    label, (x, saved[row]), (0, 3 if up else -11), textcoords="offset points", ha="center"
                )
                ticks.append((float(x), "ABCDEF"[row]))
            axes.text(at[0] - 0.4, 172, f"two calls, {name}: {total:.1f}", color=INK, fontweight="bold")
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_xticks(*zip(*ticks, strict=True))
        axes.set_ylim(-50, 190)
        axes.set_ylabel("saved value of a call")
        axes.set_xlabel("customers A to F, in the order of each list")

    alt = (
        "Saved value of a call to each of six customers, in two orders. The two riskiest bring "
        f"{totals[0]:.1f}, the two with the highest saved value {totals[1]:.1f}."
    )
    return draw("two-lists", alt, (7.2, 3.0), paint)


def main() -> None:
    """Write the pictures."""
    (HERE / "pictures").mkdir(exist_ok=True)
    (HERE / "pictures" / "timeline.svg").write_text(maps.timeline(DATES).file(), encoding="utf-8")
    (HERE / "pictures" / "by-risk-by-saved-value.svg").write_text(two_lists().file(), encoding="utf-8")
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
