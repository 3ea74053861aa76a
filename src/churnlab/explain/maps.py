"""Two pictures of where things stand: customers on the two axes of the strategy, and the label in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.explain.canvas import BLUE, GREEN, GREY, INK, PALE, PURPLE, VERMILION, Picture, draw
from churnlab.explain.pictures import LEAST, thousands
from churnlab.explain.wording import words

Floats = NDArray[np.float64]
Locale = Literal["en", "fr"]

FINEST, COARSEST = 6, 2  # cells on each side of a threshold
UNDRAWN = 0.10  # the share of customers in cells too small to draw that is still worth a finer grid

COLOURS = {"retain": BLUE, "win_back": VERMILION, "rationalise": GREEN, "release": PURPLE}

CORNERS: Mapping[str, dict[str, Any]] = {
    "retain": {"xy": (0.99, 0.985), "xycoords": "axes fraction", "ha": "right", "va": "top"},
    "win_back": {"xy": (0.01, 0.985), "xycoords": "axes fraction", "ha": "left", "va": "top"},
    "rationalise": {"xy": (0.99, 0.015), "xycoords": "axes fraction", "ha": "right", "va": "bottom"},
    "release": {"xy": (0.01, 0.015), "xycoords": "axes fraction", "ha": "left", "va": "bottom"},
}


@dataclass(frozen=True)
class Cell:
    """Customers of a rectangle: its middle on both axes, how many they are, their strategy."""

    intensity: float
    value: float
    customers: int
    strategy: str


def cells(value: Floats, intensity: Floats, cut: tuple[float, float]) -> tuple[tuple[Cell, ...], int]:
    """The finest grid that hides few, and how many customers its small cells hide.

    ``value``, ``intensity``: (n,) with NaN for whoever has no place; ``cut``: value, intensity.
    Cells never reach across a threshold, and none of fewer than ten customers is returned.
    """
    placed = np.isfinite(value) & np.isfinite(intensity)
    for per_side in range(FINEST, COARSEST - 1, -1):
        drawn, hidden = _grid(value[placed], intensity[placed], cut, per_side)
        if hidden <= UNDRAWN * placed.sum():
            break
    return drawn, hidden


def quadrant_map(
    value: Floats,
    intensity: Floats,
    cut: tuple[float, float],
    currency: str,
    locale: Locale = "en",
) -> Picture:
    """Everyone on the two axes, as circles that stand for ten customers or more."""
    say = words(locale)
    drawn, hidden = cells(value, intensity, cut)
    most, scale = max((cell.customers for cell in drawn), default=1), _scale(cut[0])

    def paint(axes: Any) -> None:
        _circles(axes, drawn, most)
        axes.set_yscale("asinh", linear_width=scale)
        low, high = _frame([cell.value for cell in drawn], scale)
        axes.set(xlim=(0, 100), ylim=(low, high), xlabel=say["intensity_axis"])
        axes.set_ylabel(say["value_axis"].format(currency=currency))
        axes.axvline(cut[1], color=INK, linewidth=0.9)
        axes.axhline(cut[0], color=INK, linewidth=0.9)
        axes.set_yticks(_ticks(low, high, scale))
        axes.yaxis.set_major_formatter(lambda amount, _: thousands(amount, locale))
        axes.minorticks_off()
        axes.set_title(say["map_title"])
        for strategy, corner in CORNERS.items():
            axes.annotate(say[strategy], color=COLOURS[strategy], fontweight="bold", **corner)

    alt = say["map_alt"].format(customers=sum(cell.customers for cell in drawn), most=most, hidden=hidden)
    return draw("map", alt, (5.8, 4.4), paint, locale)


def _circles(axes: Any, drawn: Sequence[Cell], most: int) -> None:
    for strategy, tenth in sorted({(cell.strategy, _tenth(cell, most)) for cell in drawn}):
        own = [cell for cell in drawn if (cell.strategy, _tenth(cell, most)) == (strategy, tenth)]
        # Areas, not widths, stand for customers; ten sizes make a far smaller file than fifty.
        axes.plot(
            [cell.intensity for cell in own],
            [cell.value for cell in own],
            "o",
            markersize=17 * np.sqrt(tenth / 10),
            markeredgewidth=0,
            color=COLOURS[strategy],
            alpha=0.75,
        )


def _tenth(cell: Cell, most: int) -> int:
    return -(-10 * cell.customers // most)


def _grid(
    value: Floats, intensity: Floats, cut: tuple[float, float], per_side: int
) -> tuple[tuple[Cell, ...], int]:
    scale = _scale(cut[0])
    # Equal steps of asinh: near zero like the amounts, further up like their logarithm.
    bent = np.arcsinh(value / scale)
    # The ends of the axis would be two customers' own amounts: whoever is beyond joins the last cells.
    ends = (float(np.quantile(bent, 0.01)), float(np.quantile(bent, 0.99))) if len(bent) else (0.0, 1.0)
    up = _edges(float(np.arcsinh(cut[0] / scale)), per_side, ends)
    across = _edges(cut[1], per_side, (0.0, 100.0))
    row = _place(bent, up, value >= cut[0], per_side)
    column = _place(intensity, across, intensity >= cut[1], per_side)
    drawn, hidden = [], 0
    places, counts = np.unique(row * 2 * per_side + column, return_counts=True)
    for place, customers in zip(places.tolist(), counts.tolist(), strict=True):
        if customers < LEAST:
            hidden += customers
            continue
        at_row, at_column = divmod(place, 2 * per_side)
        middle = np.sinh((up[at_row] + up[at_row + 1]) / 2) * scale
        centre = np.clip((across[at_column] + across[at_column + 1]) / 2, 0, 100)
        strategy = STRATEGIES[at_row >= per_side, at_column >= per_side]
        drawn.append(Cell(float(centre), float(middle), customers, strategy))
    return tuple(drawn), hidden


STRATEGIES = {  # high value, high intensity
    (True, True): "retain",
    (True, False): "win_back",
    (False, True): "rationalise",
    (False, False): "release",
}


def _place(scores: Floats, edges: Floats, high: NDArray[np.bool_], per_side: int) -> NDArray[np.intp]:
    # The side is decided by the score itself, as in the lists; only the place on that side by the edges.
    found = np.searchsorted(edges, scores, side="right") - 1
    return np.where(high, np.clip(found, per_side, 2 * per_side - 1), np.clip(found, 0, per_side - 1))


def _scale(cut: float) -> float:
    return abs(cut) if abs(cut) >= 1 else 1.0


def _edges(cut: float, per_side: int, ends: tuple[float, float]) -> Floats:
    # Both sides exist, even where nobody stands on one of them.
    low = ends[0] if ends[0] < cut else cut - 1
    high = ends[1] if ends[1] > cut else cut + 1
    return np.append(np.linspace(low, cut, per_side + 1), np.linspace(cut, high, per_side + 1)[1:])


def _frame(values: Sequence[float], scale: float) -> tuple[float, float]:
    # A tenth of the height above and below is left for the names of the strategies.
    bent = np.arcsinh(np.array([0.0, scale, *values]) / scale)
    room = 0.1 * float(np.ptp(bent))
    low, high = np.sinh([bent.min() - room, bent.max() + room]) * scale
    return float(low), float(high)


def _ticks(low: float, high: float, scale: float) -> list[float]:
    steps = [sign * digit * 10.0**power for power in range(10) for digit in (1, 3) for sign in (-1, 1)]
    kept, apart = [0.0], 0.07 * (np.arcsinh(high / scale) - np.arcsinh(low / scale))
    for step in sorted((one for one in steps if low <= one <= high), key=abs, reverse=True):
        if min(abs(np.arcsinh(step / scale) - np.arcsinh(one / scale)) for one in kept) >= apart:
            kept.append(step)
    return sorted(kept)


@dataclass(frozen=True)
class Dates:
    """When customers are looked at, and what the label waits for. Days are of the project's calendar.

    ``observation_days``: the longest window of the features. A customer may be younger, and what is counted
    since the first order looks further back. ``train``, ``test``: snapshot dates, rising; any may be empty.
    """

    observation_days: int
    gap_days: int
    horizon_days: int
    settlement_days: int
    train: tuple[date, ...]
    test: tuple[date, ...]


def timeline(dates: Dates, locale: Locale = "en") -> Picture:
    """How a label is made, on the real dates: what is observed, the gap, the outcome, the settlement."""
    say = words(locale)
    folds = {"fold_train": dates.train, "fold_test": dates.test}
    rows = [(say[name], asked) for name, asked in folds.items() if asked]

    def paint(axes: Any) -> None:
        from matplotlib.dates import AutoDateLocator, DateFormatter

        for place, (_, asked) in enumerate(rows):
            _bars(axes, -place, asked, dates)
        axes.set_yticks([-place for place in range(len(rows))], [name for name, _ in rows])
        axes.set_ylim(-len(rows) + 0.45, 0.55)
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=9)
        axes.set_xlabel(say["date_axis"])
        axes.figure.suptitle(say["timeline_title"], x=0.01, ha="left", fontsize=11, fontweight="bold")
        _legend(axes.figure, dates, say)

    alt = " ".join(
        say["timeline_alt" if len(asked) > 1 else "timeline_alt_one"].format(
            fold=name, count=len(asked), first=asked[0], last=asked[-1]
        )
        for name, asked in rows
    )
    return draw("timeline", alt, (5.8, 1.9 + 0.45 * len(rows)), paint, locale)


PARTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("observation", "observation_days", {"color": PALE}),
    ("gap", "gap_days", {"facecolor": "white", "edgecolor": GREY, "linestyle": ":"}),
    ("outcome", "horizon_days", {"color": BLUE}),
    ("settlement", "settlement_days", {"facecolor": "white", "edgecolor": BLUE, "hatch": "////"}),
)


def _bars(axes: Any, height: float, asked: tuple[date, ...], dates: Dates) -> None:
    # The windows of the last snapshot; the earlier ones only as marks, or they would overlap.
    start = asked[-1] - timedelta(days=dates.observation_days)
    for _, days, style in PARTS:
        length = timedelta(days=getattr(dates, days))
        if length:
            axes.barh(height, length, left=start, height=0.4, linewidth=0.8, **style)
        start += length
    axes.plot(list(asked), [height + 0.32] * len(asked), "v", color=INK, markersize=5, clip_on=False)


def _legend(figure: Any, dates: Dates, say: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Line2D([], [], marker="v", color=INK, linestyle="", label=say["snapshot"])]
    for name, days, style in PARTS:
        length = getattr(dates, days)
        if length:
            handles.append(Patch(**style, label=say[name].format(days=length)))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
