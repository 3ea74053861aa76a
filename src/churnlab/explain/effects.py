"""How the model uses a feature: all effects of the strongest at once, and one feature after the other.

Nothing here shows a single customer: a dot is ten or more who stand side by side, a line the middle of a
tenth of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.explain.canvas import (
    BLUE,
    BLUISH,
    GREY,
    PALE,
    REDDISH,
    VERMILION,
    Picture,
    draw,
    shortened,
)
from churnlab.explain.pictures import LEAST
from churnlab.explain.wording import words

Floats = NDArray[np.float64]
Locale = Literal["en", "fr"]

SHOWN = 10  # features of the beeswarm
DOTS = 120  # of a feature, at most
COLOURS = (BLUE, BLUISH, PALE, REDDISH, VERMILION)  # of its values, from low to high
SHADES = len(COLOURS)
BINS, FINE = 10, 50
CELL = 60  # rows of one value: fewer say nothing of what else matters there
WORTH = 0.05  # share of a feature's swing that is worth telling
ROWS = 9  # dots that lie above one another, at most


@dataclass(frozen=True, eq=False)
class Effect:
    """A numeric feature: (n,) values, NaN where none is known, and (n,) contributions in log odds."""

    name: str
    value: Floats
    contribution: Floats


def beeswarm(effects: Sequence[Effect], locale: Locale = "en") -> Picture:
    """Contributions of the first features, low values in one colour and high ones in another."""
    say = words(locale)
    shown = list(effects[:SHOWN])[::-1]

    def paint(axes: Any) -> None:
        axes.axvline(0, color=GREY, linewidth=0.8)
        for place, effect in enumerate(shown):
            across, up, shade = _dots(effect)
            for level in range(SHADES):
                own = shade == level
                axes.plot(across[own], place + up[own], "o", markersize=3.2, color=COLOURS[level])
            unknown = shade < 0
            axes.plot(across[unknown], place + up[unknown], "o", markersize=3.2, color=GREY)
        axes.set_yticks(range(len(shown)), [shortened(effect.name, 34) for effect in shown])
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(say["effect_axis"])
        handles = [
            axes.plot([], [], "o", markersize=5, color=COLOURS[level], label=say[word])[0]
            for level, word in ((0, "low_values"), (SHADES - 1, "high_values"))
        ]
        axes.legend(handles=handles, loc="lower right", ncols=2, bbox_to_anchor=(1, 1))
        axes.figure.suptitle(say["beeswarm_title"], x=0.01, ha="left", fontsize=11, fontweight="bold")

    alt = say["beeswarm_alt"].format(
        features=len(shown), names=", ".join(shortened(effect.name) for effect in effects[:3])
    )
    return draw("beeswarm", alt, (6.6, 1.3 + 0.38 * max(len(shown), 1)), paint, locale)


def _dots(effect: Effect) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Places and shades of dots: as many customers behind each, ten at least, side by side."""
    order = np.argsort(effect.contribution, kind="stable")
    each = max(LEAST, -(-len(order) // DOTS))
    packs = [order[start : start + each] for start in range(0, len(order) - each + 1, each)]
    across = np.array([effect.contribution[pack].mean() for pack in packs])
    ranks = _ranks(effect.value)
    means = np.array([_mean(ranks[pack]) for pack in packs])
    shade = np.where(np.isnan(means), -1, np.clip(np.nan_to_num(means) * SHADES, 0, SHADES - 1)).astype(int)
    return across, _spread(across), shade


def _ranks(values: Floats) -> Floats:
    """(n,) 0 to 1 by size, equal values alike; NaN stays."""
    known = np.isfinite(values)
    found, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ranks = np.full(len(values), np.nan)
    ranks[known] = ((np.cumsum(counts) - counts / 2) / max(known.sum(), 1))[place] if len(found) else 0.0
    return ranks


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) * 2 >= len(values) else float("nan")


def _spread(across: Floats) -> Floats:
    """How far each dot is moved up or down, so that those at one place lie beside each other."""
    if not len(across):
        return across
    width = max(float(across.max() - across.min()), 1e-9) / 60
    up, place = np.zeros(len(across)), np.round(across / width)
    for here in np.unique(place):
        own = np.flatnonzero(place == here)
        step = np.arange(len(own)) % ROWS
        up[own] = np.where(step % 2, 1, -1) * ((step + 1) // 2) * 0.09
    return up


def dependence(effect: Effect, unit: str, locale: Locale = "en", place: int = 0) -> Picture | None:
    """Contribution by value: the mean of each tenth, where four in five lie, and how many there are of each.

    ``place``: tells several pictures of one page apart. None where the values are hardly different, or
    too few are known.
    """
    say = words(locale)
    known = np.isfinite(effect.value)
    value, contribution = effect.value[known], effect.contribution[known]
    bins = _bins(value, min(BINS, len(value) // LEAST))
    parts = [part for number in np.unique(bins) if len(part := np.flatnonzero(bins == number)) >= LEAST]
    if len(parts) < 2:
        return None
    middle = np.array([np.median(value[part]) for part in parts])
    mean = np.array([contribution[part].mean() for part in parts])
    low, high = (np.array([np.quantile(contribution[part], q) for part in parts]) for q in (0.1, 0.9))

    def paint(axes: Any) -> None:
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.fill_between(middle, low, high, color=PALE, linewidth=0, label=say["four_in_five"])
        axes.plot(middle, mean, color=BLUE, marker="o", markersize=4, label=say["mean_effect"])
        _histogram(axes, value)
        axes.set(xlabel=f"{shortened(effect.name)} ({unit})" if unit else shortened(effect.name))
        axes.set_ylabel(say["effect_axis"])
        axes.set_title(shortened(effect.name))
        axes.legend(loc="best")

    alt = say["dependence_alt"].format(
        name=shortened(effect.name),
        low=_plain(f"{middle[0]:.3g}", locale),
        low_effect=_plain(f"{mean[0]:+.2f}", locale),
        high=_plain(f"{middle[-1]:.3g}", locale),
        high_effect=_plain(f"{mean[-1]:+.2f}", locale),
    )
    return draw(f"dependence-{place}", alt, (4.6, 3.3), paint, locale)


def _bins(values: Floats, parts: int = BINS) -> NDArray[np.int64]:
    """Which of so many parts each value lies in; equal values are never parted."""
    if not len(values) or parts < 2:
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, parts + 1)[1:-1]))
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def _histogram(axes: Any, values: Floats) -> None:
    """How many customers there are of each value, along the bottom; the ends hold whoever is beyond."""
    ends = np.quantile(values, [0.01, 0.99])
    if ends[0] == ends[1]:
        ends = np.array([values.min(), values.max()])
    counts, edges = np.histogram(np.clip(values, *ends), bins=20)
    counts = np.where(counts < LEAST, 0, counts)
    below, above = axes.get_ylim()
    height = 0.18 * (above - below)
    axes.bar(
        edges[:-1],
        height * counts / max(counts.max(), 1),
        np.diff(edges),
        bottom=below - height,
        align="edge",
        color=PALE,
        edgecolor="white",
        linewidth=0.4,
    )
    axes.set_ylim(below - height, above)


def _plain(number: str, locale: Locale) -> str:
    return number if locale == "en" else number.replace(".", ",")


def together(effects: Sequence[Effect], most: int = 10) -> list[tuple[str, str, float, float]]:
    """(feature, the other it depends on most, log odds, share): of each feature, the strongest first.

    Among customers of one and the same value a feature's contribution would be one number if nothing else
    mattered. Log odds: how far it swings there with the other's value being low or high (standard
    deviation); share: of all that it swings there, less what chance alone would give. Whose share is
    below ``WORTH`` is left out. A sign of an interaction, as ``shap.approximate_interactions`` is; no
    proof of one.
    """
    found = []
    for one in effects:
        size = len(one.value)
        if size < 2 * CELL:
            return []
        known = np.where(np.isfinite(one.value), one.value, -1e300)
        bins = _bins(known, min(FINE, size // CELL))
        apart = _centred(one.contribution, bins)
        whole = float((apart**2).sum())
        others = [(other.name, _explained(apart, bins, other.value)) for other in effects if other is not one]
        if whole > 0 and others:
            name, share = max(others, key=lambda each: (each[1], each[0]))
            if share >= WORTH:
                found.append((one.name, name, math.sqrt(share * whole / size), share))
    return sorted(found, key=lambda each: (-each[2], each[0]))[:most]


def _centred(values: Floats, bins: NDArray[np.int64]) -> Floats:
    means = np.bincount(bins, values) / np.maximum(np.bincount(bins), 1)
    return np.asarray(values - means[bins], dtype=np.float64)


def _explained(apart: Floats, bins: NDArray[np.int64], other: Floats) -> float:
    """The share of ``apart`` squared that goes with ``other``, adjusted for the number of cells."""
    ranks = np.nan_to_num(_ranks(other), nan=-1.0)
    cell = 3 * bins + np.where(ranks < 0, 0, np.where(ranks <= 0.5, 1, 2))
    counts, sums = np.bincount(cell), np.bincount(cell, apart)
    share = float((sums**2 / np.maximum(counts, 1)).sum()) / max(float((apart**2).sum()), 1e-300)
    left, before = len(apart) - int((counts > 0).sum()), len(apart) - len(np.unique(bins))
    return max(1 - (1 - share) * before / left, 0.0) if left > 0 else 0.0
