"""The picture of phases: which one a customer of some purchases is in, by silence and trend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from churnlab.config.lifecycle import Lifecycle
from churnlab.explain.canvas import BLUE, GREEN, GREY, INK, PURPLE, VERMILION, Picture, draw
from churnlab.explain.wording import Locale, words

COLOURS = {"lost": PURPLE, "decline": VERMILION, "growth": BLUE, "saturation": GREEN}
FURTHEST, LOWEST, HIGHEST = 5.0, -0.8, 0.8  # own gaps of silence; trends
Point = tuple[float, float]  # silence in own gaps, trend


def phase_map(rules: Lifecycle, customers: Mapping[str, Point], locale: Locale = "en") -> Picture:
    """Phases after exploration on two axes, with some customers; inside the dashed lines a decline ends."""
    say = words(locale)

    def paint(axes: Any) -> None:
        _areas(axes, rules, say)
        _band(axes, rules)
        for name, (silence, trend) in customers.items():
            axes.plot([silence], [trend], "o", color=INK, markersize=5)
            axes.annotate(name, (silence, trend), xytext=(6, 4), textcoords="offset points")
        axes.set(xlim=(0, FURTHEST), ylim=(LOWEST, HIGHEST))
        axes.set(xlabel=say["phases_silence"], ylabel=say["phases_trend"])
        axes.set_xticks([0, 1, rules.recover_gaps, rules.decline_gaps, 3, rules.lost_gaps, FURTHEST])
        axes.set_yticks([LOWEST, rules.decline_trend, rules.recover_trend, 0, rules.growth_trend, HIGHEST])
        axes.set_title(say["phases_title"])

    alt = say["phases_alt"].format(names=", ".join(customers))
    return draw("phases", alt, (6.4, 4.2), paint)


def _areas(axes: Any, rules: Lifecycle, say: Mapping[str, str]) -> None:
    down, slow, gone, up = rules.decline_trend, rules.decline_gaps, rules.lost_gaps, rules.growth_trend
    areas = (  # phase, left, right, bottom, top
        ("growth", 0, slow, up, HIGHEST),
        ("saturation", 0, slow, down, up),
        ("decline", 0, slow, LOWEST, down),
        ("decline", slow, gone, LOWEST, HIGHEST),
        ("lost", gone, FURTHEST, LOWEST, HIGHEST),
    )
    for phase, left, right, bottom, top in areas:
        axes.fill_between([left, right], bottom, top, color=COLOURS[phase], alpha=0.16, linewidth=0)
    names = {
        "growth": (0.05, HIGHEST - 0.06),
        "saturation": (0.05, up - 0.06),
        "decline": (0.05, down - 0.06),
        "lost": (gone + 0.05, HIGHEST - 0.06),
    }
    for phase, (left, top) in names.items():
        label = say[f"phase_{phase}"]
        axes.text(left, top, label, color=COLOURS[phase], fontweight="bold", va="top")
    again = {"color": COLOURS["decline"], "fontweight": "bold", "va": "top"}
    axes.text(slow + 0.05, HIGHEST - 0.06, say["phase_decline"], **again)


def _band(axes: Any, rules: Lifecycle) -> None:
    """Where a decline is over."""
    line = {"color": GREY, "linestyle": "--", "linewidth": 1}
    axes.plot([rules.recover_gaps] * 2, [rules.recover_trend, HIGHEST], **line)
    axes.plot([0, rules.recover_gaps], [rules.recover_trend] * 2, **line)
