"""What the reader of a report has to know before anything else, beside what training itself noted.

That a bound was loosened, that a simpler model does as well, that the test date is no longer untouched: none
of it forbids the model, and each of it changes how its figures are to be read. In English, as all notes are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from churnlab.config import Gate
from churnlab.evaluation.gate import Verdict

FEW_LOOKS = 3  # at the test date: up to here its figures count as those of an untouched window
# Bounds that let more pass the larger they are, and those that do the smaller they are.
LOOSER_ABOVE = (
    "max_loss", "max_lift_loss", "max_ece", "max_ece_worse", "max_slice_loss", "max_gini_loss",
    "max_bias_worse", "slice_rows", "slice_positives",
)  # fmt: skip
LOOSER_BELOW = ("min_positives",)


def loosened(bounds: Gate) -> Iterator[str]:
    """Every bound of the gate that lets more pass than it does unless configured."""
    for name in (*LOOSER_ABOVE, *LOOSER_BELOW):
        default, asked = Gate.model_fields[name].default, getattr(bounds, name)
        if (asked > default) if name in LOOSER_ABOVE else (asked < default):
            yield f"the gate was loosened: gate.{name} is {asked:g}, by default {default:g}"


def tied(verdict: Verdict) -> Iterator[str]:
    """The best baseline, where the model is not shown to order customers better."""
    for check in verdict.checks:
        low = check.figures.get("average_precision.low")
        if low is None or low > 0:
            continue
        gain, high = (check.figures[f"average_precision.{end}"] for end in ("difference", "high"))
        yield (
            f"{check.name.partition(' ')[2]}, a simple baseline, may rank as well as the model: average "
            f"precision {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
        )


def matched(backtest: Path) -> Iterator[str]:
    """Models of the last backtest that ours are not shown to be better than, at its last comparison."""
    try:
        told = json.loads(backtest.read_text(encoding="utf-8"))
        found = [each for each in told["differences"] if each["metric"] in {"log_loss", "gini"}]
        last: dict[str, Mapping[str, Any]] = {str(each["metric"]): each for each in found}
        for metric, each in last.items():
            if each["verdict"] in {"alike", "worse"}:
                other, ours, theirs = str(each["other"]), float(each["ours"]), float(each["theirs"])
                yield (
                    f"the backtest does not show the model to be better than {other}: "
                    f"{_METRICS[metric]} {ours:.3f}, {other} {theirs:.3f}"
                )
    except (OSError, ValueError, KeyError, TypeError):  # none was run, or another version wrote it
        return


def worn(looks: Mapping[str, Any]) -> Iterator[str]:
    """That the test date has been looked at more often than a few times."""
    if looks.get("looks", 0) > FEW_LOOKS:
        yield (
            f"the test date {looks['date']} has been looked at {looks['looks']} times: the more looks, "
            "the less untouched its figures"
        )


_METRICS = {"log_loss": "log loss", "gini": "normalised Gini"}
