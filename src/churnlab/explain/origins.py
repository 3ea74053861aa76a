"""Pictures of a backtest: a figure by date, one line a model; and money by the length of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from churnlab.evaluation.saved_value import ProfitCurve
from churnlab.explain.canvas import BLUE, GREY, VERMILION, Picture, draw, shortened
from churnlab.explain.pictures import LINES, thousands
from churnlab.explain.wording import Locale, words


def by_origin(
    name: str,
    origins: Sequence[str],
    figures: Mapping[str, Sequence[float | None]],
    axis: str,
    locale: Locale = "en",
    *,
    zero: bool = False,
) -> Picture:
    """A figure at each origin, the last one marked; ``figures``: model -> one each, None where unknown.

    ``axis``: the key of its words. ``zero``: draw the line that is neither too high nor too low.
    """
    say = words(locale)
    marks = ("o", "s", "^", "D", "v", "x")

    def paint(axes: Any) -> None:
        if zero:
            axes.axhline(0, color=GREY, linewidth=1)
        band = {"color": GREY, "alpha": 0.12, "linewidth": 0, "label": say["origin_last"]}
        axes.axvspan(len(origins) - 1.5, len(origins) - 0.5, **band)
        for (model, values), (colour, line), mark in zip(figures.items(), LINES, marks, strict=False):
            known = [(place, value) for place, value in enumerate(values) if value is not None]
            if known:
                places, heights = zip(*known, strict=True)
                axes.plot(
                    places,
                    heights,
                    color=colour,
                    linestyle=line,
                    marker=mark,
                    markersize=4,
                    label=shortened(model, 28),
                )
        axes.set_xticks(range(len(origins)), origins, rotation=30, ha="right")
        axes.set(xlim=(-0.5, len(origins) - 0.5), ylabel=say[axis])
        axes.set_title(say[f"{axis}_title"])
        if not zero and axes.get_ylim()[0] > 0:
            axes.set_ylabel(f"{say[axis]}\n({say['axis_cut']})")
        axes.grid(True, axis="y")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))  # beside the lines, not on them

    first, told = next(iter(figures.items()), ("", ()))
    point = "." if locale == "en" else ","
    shown = "; ".join(
        f"{origin} {value:.3g}".replace(".", point)
        for origin, value in zip(origins, told, strict=False)
        if value is not None
    )
    return draw(
        name,
        say["origins_alt"].format(figure=say[axis], model=first, values=shown),
        (6.4, 4.0),
        paint,
        locale,
    )


def profit(curve: ProfitCurve, planned: int, currency: str, locale: Locale = "en") -> Picture:
    """Expected and realised profit by list size, with the size that was planned."""
    say = words(locale)

    def paint(axes: Any) -> None:
        axes.plot(curve.size, curve.expected, color=BLUE, label=say["profit_expected"])
        axes.plot(curve.size, curve.realised, color=VERMILION, linestyle="--", label=say["profit_realised"])
        axes.axhline(0, color=GREY, linewidth=1)
        axes.axvline(planned, color=GREY, linestyle=":", linewidth=1, label=say["profit_planned"])
        axes.set(xlabel=say["profit_size"], ylabel=say["profit"].format(currency=currency))
        axes.set_title(say["profit_title"])
        axes.yaxis.set_major_formatter(lambda value, _: thousands(value, locale))
        axes.xaxis.set_major_formatter(lambda value, _: thousands(value, locale))
        axes.grid(True)
        axes.legend(loc="best")

    expected, realised = (float(each[()]) for each in curve.at(planned))
    alt = say["profit_alt"].format(
        size=thousands(planned, locale),
        expected=thousands(expected, locale),
        realised=thousands(realised, locale),
        currency=currency,
    )
    return draw("profit", alt, (6.4, 4.0), paint, locale)
