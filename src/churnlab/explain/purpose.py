"""What a model is for, whom it is asked about and what it must not be used for, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from churnlab.explain.wording import words

if TYPE_CHECKING:
    from churnlab.explain.report import ReportContent

STRATEGIES = ("retain", "rationalise", "win_back", "release")
REFUSED = ("price", "credit", "work", "legal", "certain", "others")


def decides(report: ReportContent) -> str:
    """What decision the model serves: in the project's words, or in ours, by what it can tell."""
    if report.purpose:
        return report.purpose
    say, cuts = words(report.locale), report.thresholds
    if cuts.get("value_if_retained") is None or cuts.get("intensity") is None:  # nobody is placed
        return say["purpose_risk"]
    return say["purpose_default"].format(strategies=", ".join(say[name] for name in STRATEGIES))


def asked_about(report: ReportContent) -> str:
    """Whose risk it states; empty where training has not kept it."""
    say, who = words(report.locale), report.population
    if not who:
        return ""
    if who["kind"] in {"supplied", "contract"}:
        return say[f"purpose_{who['kind']}"]
    told = [say["purpose_orders"].format(orders=who["orders"])]
    if who["lost_after_days"] is not None:
        lost = "purpose_won_back" if who["kind"] == "win_back" else "purpose_lost"
        told.append(say[lost].format(days=who["lost_after_days"]))
    return " ".join(told)


def refused(report: ReportContent) -> Sequence[str]:
    """What it must not be used for: the project's own list, or the one that suits every project."""
    if report.refused_uses is not None:
        return report.refused_uses
    say = words(report.locale)
    return [say[f"purpose_refused_{name}"] for name in REFUSED]
