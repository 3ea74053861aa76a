"""The pictures of a review: is the risk right, does the order help, is the money right, what counts.

Every function takes plain values and returns a Picture; none shows fewer than ten customers at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.ranking import gained
from churnlab.explain.attributions import Share
from churnlab.explain.canvas import BLUE, GREEN, GREY, INK, PALE, PURPLE, VERMILION, Picture, draw, shortened
from churnlab.explain.wording import words
from churnlab.tables.money import exponent

Floats = NDArray[np.float64]
Locale = Literal["en", "fr"]

LEAST = 10  # customers behind anything that is drawn
LINES = (
    (BLUE, "-"),
    (VERMILION, "--"),
    (GREEN, "-."),
    (PURPLE, ":"),
    (GREY, (0, (5, 1))),
    (INK, (0, (1, 1))),
)


def calibration(table: Sequence[Mapping[str, float]], locale: Locale = "en") -> Picture:
    """Predicted risk against the share that left, per bin of ``probability.calibration_table``."""
    say = words(locale)
    bins = [row for row in table if row["n"] >= LEAST]
    gap = max((abs(row["observed"] - row["predicted"]) for row in bins), default=0.0)

    def paint(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1, label=say["exact"])
        predicted = [100 * row["predicted"] for row in bins]
        observed = [100 * row["observed"] for row in bins]
        most = max((row["n"] for row in bins), default=1)
        sizes = [12 + 110 * row["n"] / most for row in bins]
        axes.plot(predicted, observed, color=BLUE, linewidth=1)
        axes.scatter(predicted, observed, s=sizes, color=BLUE, label=say["bin"], zorder=3)
        axes.set(xlim=(0, 100), ylim=(0, 100), xlabel=say["predicted_risk"], ylabel=say["observed_share"])
        axes.set_title(say["calibration_title"])
        axes.grid(True)
        legend = axes.legend(loc="upper left")
        for handle in legend.legend_handles[1:]:
            handle.set_sizes([40])

    return draw(
        "calibration", say["calibration_alt"].format(bins=len(bins), gap=100 * gap), (5.4, 4.0), paint, locale
    )


def gain(churned: Floats, risks: Mapping[str, Floats], locale: Locale = "en") -> Picture:
    """Share of those who left among the customers contacted first, per model: (n,) each."""
    say = words(locale)
    known = np.isfinite(churned)
    shares = np.linspace(0, 1, 51)
    every = np.ones(int(known.sum()))
    reached = {
        name: 100 * gained(churned[known], risk[known], every, shares) / max(churned[known].sum(), 1)
        for name, risk in list(risks.items())[: len(LINES)]
    }

    def paint(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=PALE, linewidth=1.5, label=say["anyone"])
        for (name, curve), (colour, line) in zip(reached.items(), LINES, strict=False):
            axes.plot(100 * shares, curve, color=colour, linestyle=line, label=shortened(name, 28))
        axes.set(xlim=(0, 100), ylim=(0, 100), xlabel=say["contacted"], ylabel=say["reached"])
        axes.set_title(say["gain_title"])
        axes.grid(True)
        axes.legend(loc="lower right")

    first = next(iter(reached), None)
    tenth = reached[first][5] if first is not None else 0.0
    return draw("gain", say["gain_alt"].format(share=tenth), (5.4, 4.0), paint, locale)


def drivers(shares: Sequence[Share], name: str, title: str, locale: Locale = "en", top: int = 15) -> Picture:
    """Bars of the largest shares of what the model used; ``name`` tells pictures of one page apart."""
    say = words(locale)
    shown = list(shares[:top])[::-1]

    def paint(axes: Any) -> None:
        percent = [100 * one.share for one in shown]
        bars = axes.barh(range(len(shown)), percent, color=BLUE, height=0.7)
        axes.set_yticks(range(len(shown)), [shortened(one.name, 34) for one in shown])
        axes.bar_label(bars, [_decimal(one, locale) for one in percent], padding=3, fontsize=9)
        axes.set(xlabel=say["driver_share"], xlim=(0, 1.12 * max(percent, default=1.0) or 1.0))
        axes.tick_params(axis="y", length=0)
        axes.figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")

    leading = (say["driver"].format(name=shortened(one.name), share=100 * one.share) for one in shares[:3])
    return draw(
        name, f"{title}. {', '.join(leading)}.", (5.8, 0.9 + 0.28 * max(len(shown), 1)), paint, locale
    )


def value_deciles(table: Sequence[Mapping[str, float]], currency: str, locale: Locale = "en") -> Picture:
    """Mean predicted and actual value per tenth of customers, of ``money.decile_table``."""
    say = words(locale)
    rows = [row for row in table if row["n"] >= LEAST]

    def paint(axes: Any) -> None:
        places = np.arange(len(rows))
        axes.bar(places - 0.2, [row["predicted"] for row in rows], 0.4, color=BLUE, label=say["predicted"])
        actual = [row["actual"] for row in rows]
        axes.bar(
            places + 0.2, actual, 0.4, color="white", edgecolor=VERMILION, hatch="////", label=say["actual"]
        )
        axes.set_xticks(places, [f"{row['decile']:.0f}" for row in rows])
        axes.set(xlabel=say["decile"], ylabel=say["mean_value"].format(currency=currency))
        axes.set_title(say["deciles_title"])
        axes.grid(True, axis="y")
        axes.yaxis.set_major_formatter(lambda value, _: marked(value, currency, locale))
        axes.legend(loc="upper left")

    ends = (rows[0], rows[-1]) if rows else ({"predicted": 0.0, "actual": 0.0},) * 2
    alt = say["deciles_alt"].format(
        low=money(ends[0]["predicted"], currency, locale),
        low_actual=money(ends[0]["actual"], currency, locale),
        high=money(ends[1]["predicted"], currency, locale),
        high_actual=money(ends[1]["actual"], currency, locale),
        currency=currency,
    )
    return draw("deciles", alt, (5.8, 3.6), paint, locale)


def _decimal(value: float, locale: Locale) -> str:
    text = f"{value:.0f}" if value >= 10 else f"{value:.1f}"
    return text if locale == "en" else text.replace(".", ",")


def money(value: float, currency: str, locale: Locale) -> str:
    """An amount with the decimals of its currency, as long as they matter.

    >>> money(12.5, "EUR", "en"), money(12.5, "KWD", "en"), money(12.4, "JPY", "en"), money(1250, "KWD", "en")
    ('12.50', '12.500', '12', '1,250')
    """
    decimals = exponent(currency) if 0 < abs(value) < 100 else 0
    text = f"{round(value, decimals) + 0.0:,.{decimals}f}"
    return text if locale == "en" else text.replace(",", "\u202f").replace(".", ",")


def marked(value: float, currency: str, locale: Locale) -> str:
    """The same beside an axis, where whole amounts need no decimals.

    >>> marked(20, "EUR", "en"), marked(0.25, "KWD", "en")
    ('20', '0.250')
    """
    return thousands(value, locale) if value == round(value) else money(value, currency, locale)


def thousands(value: float, locale: Locale) -> str:
    """A whole number with its thousands apart.

    >>> thousands(1234.6, "en"), thousands(-0.2, "en")
    ('1,235', '0')
    """
    text = f"{round(value) + 0:,}"
    return text if locale == "en" else text.replace(",", "\u202f")
