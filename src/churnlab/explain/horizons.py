"""The picture of a diagnosis: churn rate and share that comes back, by horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from churnlab.explain.canvas import BLUE, GREEN, GREY, VERMILION, Picture, draw
from churnlab.explain.wording import Locale, words

Row = tuple[int, float | None, float | None]  # horizon in days, churn rate, share that comes back


def horizons(
    rows: Sequence[Row], chosen: int, suggested: int | None, most: float, locale: Locale = "en"
) -> Picture:
    """Both shares by horizon, with the one configured, the one suggested, and the share allowed."""
    say = words(locale)

    def paint(axes: Any) -> None:
        churned = [(days, 100 * share) for days, share, _ in rows if share is not None]
        returned = [(days, 100 * share) for days, _, share in rows if share is not None]
        for known, colour, line, mark, label in (
            (churned, VERMILION, "-", "o", say["horizon_churn"]),
            (returned, BLUE, "--", "s", say["horizon_return"]),
        ):
            if known:
                days, shares = zip(*known, strict=True)
                axes.plot(days, shares, color=colour, linestyle=line, marker=mark, markersize=4, label=label)
        axes.axhline(100 * most, color=GREY, linewidth=1, linestyle=":", label=say["horizon_allowed"])
        axes.axvline(chosen, color=GREY, linewidth=1, label=say["horizon_chosen"].format(days=chosen))
        if suggested is not None:
            label = say["horizon_suggested"].format(days=suggested)
            axes.axvline(suggested, color=GREEN, linewidth=1.5, linestyle="-.", label=label)
        axes.set(ylim=(0, 100), xlim=(0, 1.03 * max(row[0] for row in rows)))
        axes.set(xlabel=say["horizon_days"], ylabel=say["horizon_share"])
        axes.set_title(say["horizon_title"])
        axes.grid(True)
        axes.legend(loc="upper right")

    told = "-" if suggested is None else str(suggested)
    return draw(
        "horizons", say["horizon_alt"].format(chosen=chosen, suggested=told), (6.4, 4.0), paint, locale
    )
