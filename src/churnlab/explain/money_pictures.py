"""Pictures of money: what each strategy holds, how unevenly value is spread, what a campaign's list saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from churnlab.explain.canvas import BLUE, GREEN, GREY, PALE, VERMILION, Picture, draw
from churnlab.explain.pictures import marked, money, thousands
from churnlab.explain.wording import Locale, words

BARS = (("value_if_retained", BLUE, ""), ("value_at_stake", GREEN, "///"), ("expected_loss", VERMILION, ""))
Points = Sequence[tuple[float, float]]


def by_strategy(rows: Sequence[Mapping[str, Any]], currency: str, locale: Locale = "en") -> Picture:
    """Bars of value, of what is at stake and of expected loss. ``rows``: of the strategies that are told."""
    say = words(locale)

    def paint(axes: Any) -> None:
        places = np.arange(len(rows))
        for number, (name, colour, hatch) in enumerate(BARS):
            amounts = [row[name] for row in rows]
            style = {"color": "white", "edgecolor": colour, "hatch": hatch} if hatch else {"color": colour}
            axes.barh(places + 0.27 * (number - 1), amounts, 0.25, label=say[name], **style)
        axes.set_yticks(places, [say[row["strategy"]] for row in rows])
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(say["money_axis"].format(currency=currency))
        axes.xaxis.set_major_formatter(lambda value, _: marked(value, currency, locale))
        axes.locator_params(axis="x", nbins=6)
        axes.grid(True, axis="x")
        axes.set_title(say["money_title"])
        axes.legend(loc="best")

    told = "; ".join(
        say["money_alt_one"].format(
            strategy=say[row["strategy"]],
            value=money(row["value_if_retained"], currency, locale),
            loss=money(row["expected_loss"], currency, locale),
        )
        for row in rows
    )
    alt = say["money_alt"].format(currency=currency, strategies=told)
    return draw("money", alt, (6.4, 1.2 + 0.8 * len(rows)), paint, locale)


def lorenz(curve: Points, gini: float, share: float, locale: Locale = "en") -> Picture:
    """``curve``: as in a ``Concentration``. ``share``: of value that the best fifth holds."""
    say = words(locale)
    across, up = np.array(curve, np.float64).T * 100

    def paint(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1, label=say["lorenz_equal"])
        axes.plot(across, up, color=BLUE, label=say["lorenz_curve"])
        axes.fill_between(across, across, up, color=BLUE, alpha=0.12, linewidth=0)
        axes.axvline(80, color=VERMILION, linestyle=":", linewidth=1, label=say["lorenz_fifth"])
        axes.set(xlim=(0, 100), ylim=(min(0.0, float(up.min())), 100))
        axes.set(xlabel=say["lorenz_customers"], ylabel=say["lorenz_value"])
        axes.set_title(say["lorenz_title"])
        axes.grid(True)
        axes.legend(loc="upper left")

    alt = say["lorenz_alt"].format(gini=_decimal(gini, 2, locale), share=_decimal(100 * share, 0, locale))
    return draw("lorenz", alt, (5.4, 4.0), paint, locale)


def budget(
    curve: Sequence[Mapping[str, float]],
    planned: tuple[int, float],
    limit: float | None,
    currency: str,
    locale: Locale = "en",
) -> Picture:
    """What a list of any length is expected to save, less its cost, and to cost.

    ``curve``: ``size, cost, saved`` of each point, rising. ``planned``: customers contacted and what they
    are expected to save. ``limit``: the budget, None without one.
    """
    say = words(locale)
    size, cost, saved = ([point[name] for point in curve] for name in ("size", "cost", "saved"))
    at = None if limit is None else reach(size, cost, limit)

    def paint(axes: Any) -> None:
        axes.plot(size, saved, color=BLUE, label=say["budget_saved"])
        axes.plot(size, cost, color=VERMILION, linestyle="--", label=say["budget_cost"])
        axes.plot(*planned, "o", color=GREEN, markersize=7, label=say["budget_planned"])
        if at is not None:
            axes.axvline(at, color=GREY, linestyle=":", linewidth=1.5, label=say["budget_reach"])
        axes.axhline(0, color=PALE, linewidth=1)
        axes.set(xlabel=say["budget_size"], ylabel=say["money_axis"].format(currency=currency))
        axes.xaxis.set_major_formatter(lambda value, _: thousands(value, locale))
        axes.yaxis.set_major_formatter(lambda value, _: marked(value, currency, locale))
        axes.set_title(say["budget_title"])
        axes.grid(True)
        axes.legend(loc="best")

    alt = say["budget_alt"].format(
        size=thousands(size[-1], locale),
        saved=money(saved[-1], currency, locale),
        cost=money(cost[-1], currency, locale),
        planned=thousands(planned[0], locale),
        currency=currency,
    )
    return draw("budget", alt, (6.4, 4.0), paint, locale)


def reach(size: Sequence[float], cost: Sequence[float], limit: float) -> float | None:
    """The list size at which ``cost``, which rises, passes ``limit``; None where it never does.

    >>> reach([0, 10, 20], [0.0, 50.0, 150.0], 100.0), reach([0, 10], [0.0, 50.0], 50.0)
    (15.0, None)
    """
    if cost[-1] <= limit:
        return None
    return float(np.interp(limit, cost, size))


def _decimal(value: float, decimals: int, locale: Locale) -> str:
    text = f"{value:.{decimals}f}"
    return text if locale == "en" else text.replace(".", ",")
