"""A picture of who moved: two columns of places, and ribbons between them as wide as customers are many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from churnlab.explain.canvas import BLUE, GREEN, GREY, INK, PURPLE, VERMILION, Picture, draw
from churnlab.explain.pictures import thousands
from churnlab.explain.wording import words

Locale = Literal["en", "fr"]

COLOURS = {"retain": BLUE, "win_back": VERMILION, "rationalise": GREEN, "release": PURPLE}
ORDER = ("retain", "win_back", "rationalise", "release", "unclassified", "new", "gone")
SPACE = 0.04  # of the height, between places
LEFT, RIGHT, BAR = 0.0, 1.0, 0.05


@dataclass(frozen=True)
class Flow:
    """Customers who went from the place ``before`` to ``after``; ``value``: major units or None."""

    before: str
    after: str
    customers: int
    value: float | None


@dataclass(frozen=True)
class _Ribbon:
    """From ``low`` up on each side, ``height`` wide: shares of everybody."""

    place: str
    left: float
    right: float
    height: float
    stays: bool


def flows(moves: Sequence[Flow], before: str, after: str, locale: Locale = "en") -> Picture:
    """Who went from each place to each. ``before``, ``after``: the dates of the lists, as text."""
    say = words(locale)
    starts = _totals(moves, "before")
    ends = _totals(moves, "after")
    everyone = max(sum(starts.values()), 1)
    left, right = _floors(starts, everyone), _floors(ends, everyone)

    def paint(axes: Any) -> None:
        for ribbon in _ribbons(moves, left, right, everyone):
            _ribbon(axes, ribbon)
        for x, floors, totals in ((LEFT - BAR, left, starts), (RIGHT, right, ends)):
            for place, floor in floors.items():
                axes.bar(x, totals[place] / everyone, BAR, floor, align="edge", color=_colour(place))
                _label(
                    axes,
                    say[f"place_{place}"],
                    x,
                    floor + totals[place] / everyone / 2,
                    totals[place],
                    locale,
                )
        axes.set(xlim=(-0.6, 1.6), xticks=[], yticks=[])
        axes.invert_yaxis()
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.set_title(f"{before}  →  {after}", loc="center")

    moved = sum(move.customers for move in moves if move.before != move.after)
    counts = {"customers": thousands(everyone, locale), "moved": thousands(moved, locale)}
    alt = say["flows_alt"].format(before=before, after=after, **counts)
    return draw("flows", alt, (6.4, 4.6), paint)


def _totals(moves: Sequence[Flow], side: Literal["before", "after"]) -> dict[str, int]:
    totals = dict.fromkeys(ORDER, 0)
    for move in moves:
        totals[getattr(move, side)] += move.customers
    return {place: customers for place, customers in totals.items() if customers}


def _floors(totals: Mapping[str, int], everyone: int) -> dict[str, float]:
    floors, height = {}, 0.0
    for place, customers in totals.items():
        floors[place] = height
        height += customers / everyone + SPACE
    return floors


def _ribbons(
    moves: Sequence[Flow], left: Mapping[str, float], right: Mapping[str, float], everyone: int
) -> Iterator[_Ribbon]:
    # Side by side without crossing at either end: in the order of the places there.
    out, into = dict(left), dict(right)
    heights = {(move.before, move.after): move.customers / everyone for move in moves}
    starts = {}
    for pair in _pairs(left, right):
        starts[pair] = out[pair[0]]
        out[pair[0]] += heights.get(pair, 0.0)
    for before, after in sorted(
        _pairs(left, right), key=lambda pair: (ORDER.index(pair[1]), ORDER.index(pair[0]))
    ):
        height = heights.get((before, after), 0.0)
        if height:
            yield _Ribbon(before, starts[before, after], into[after], height, before == after)
            into[after] += height


def _pairs(left: Mapping[str, float], right: Mapping[str, float]) -> Sequence[tuple[str, str]]:
    return [(before, after) for before in left for after in right]


def _ribbon(axes: Any, ribbon: _Ribbon) -> None:
    across = np.linspace(LEFT, RIGHT, 24)
    bend = across**2 * (3 - 2 * across)
    floor = ribbon.left + (ribbon.right - ribbon.left) * bend
    shade = 0.25 if ribbon.stays else 0.6
    axes.fill_between(
        across, floor, floor + ribbon.height, color=_colour(ribbon.place), alpha=shade, linewidth=0
    )


def _colour(place: str) -> str:
    return COLOURS.get(place, GREY)


def _label(axes: Any, text: str, x: float, y: float, customers: int, locale: Locale) -> None:
    on_left = x < LEFT
    place = x - 0.03 if on_left else x + BAR + 0.03
    axes.text(
        place, y, f"{text}\n{thousands(customers, locale)}", ha="right" if on_left else "left", va="center",
        color=INK, fontsize=9,
    )  # fmt: skip
