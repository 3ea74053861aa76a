"""The single checks of the registry gate: each says what was asked, what came, and whether it is met."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Gate
from churnlab.evaluation import intervals, money, probability, ranking
from churnlab.evaluation.calibrated import luck
from churnlab.evaluation.intervals import Metric
from churnlab.evaluation.leaks import Leak
from churnlab.evaluation.rows import Floats

RANKED: Mapping[str, Metric] = {"average_precision": ranking.average_precision, "lift_10": ranking.lift}
_CALLED = {"average_precision": "average precision", "lift_10": "lift 10 %"}


@dataclass(frozen=True)
class Check:
    """One comparison. ``said``: what came, ``asked``: what was asked of it, empty where it speaks for itself.

    ``passed`` None: it could not be made. ``blocks``: a failure keeps the champion.
    """

    name: str
    passed: bool | None
    said: str
    figures: Mapping[str, float] = field(default_factory=dict)
    blocks: bool = True
    asked: str = ""

    @property
    def told(self) -> str:
        """What came beside what was asked, on one line."""
        return f"{self.said} (asked: {self.asked})" if self.asked else self.said

    def as_dict(self) -> dict[str, Any]:
        """Plain values; None where there is no number, since JSON has no NaN."""
        figures = {name: float(each) if np.isfinite(each) else None for name, each in self.figures.items()}
        return {**vars(self), "figures": figures}


@dataclass(frozen=True, eq=False)
class Window:
    """The held-out rows, (n,) each: outcome 1 or 0, value or NaN, who, and segment -> its values."""

    churned: Floats
    value: Floats
    customer: NDArray[np.object_]
    segments: Mapping[str, NDArray[np.object_]]
    seed: int

    @property
    def counts(self) -> tuple[int, int]:
        """Rows that churned, and that stayed."""
        left = int((self.churned == 1).sum())
        return left, int((self.churned == 0).sum())


@dataclass(frozen=True, eq=False)
class Scores:
    """What one model says of the rows of a window. ``value`` None: it has no model of value."""

    risk: Floats
    value: Floats | None = None


def positives(window: Window, bounds: Gate) -> Check:
    """Whether there are enough of either outcome to judge anything."""
    left, stayed = window.counts
    said, asked = f"{left:,} rows churned, {stayed:,} stayed", f"{bounds.min_positives:,} of each"
    figures = {"churned": left, "stayed": stayed, "needed": bounds.min_positives}
    return Check("positives", min(left, stayed) >= bounds.min_positives, said, figures, asked=asked)


def leak(found: Sequence[Leak], accepted: Collection[str]) -> Check:
    """Features that seem to know the answer, but for those that a person has accepted by name."""
    told: dict[bool, list[str]] = {True: [], False: []}
    for each in found:
        told[each.feature in accepted].append(f"{each.feature} {each.sign} {each.figure:.3f}")
    said = "; ".join(told[False]) or "none"
    if told[True]:
        said += f"; accepted by name: {', '.join(told[True])}"
    figures = {f"{each.feature} {each.sign}": each.figure for each in found if each.feature not in accepted}
    return Check("leak", not figures, said, figures, asked="none suspected")


def calibrated(window: Window, challenger: Scores, bounds: Gate) -> Check:
    """Whether the calibration error is small, or no larger than luck makes that of true risks."""
    error, most = float(probability.ece(window.churned, challenger.risk)), luck(challenger.risk)[1]
    asked = f"{bounds.max_ece:.3f} at most"
    if most > bounds.max_ece:
        asked += f", or {most:.3f}, which luck gives so few rows"
    figures = {"challenger": error, "bound": bounds.max_ece, "by_luck": most}
    return Check("ece", error <= max(bounds.max_ece, most), f"{error:.3f}", figures, asked=asked)


def as_calibrated(window: Window, challenger: Scores, champion: Scores, bounds: Gate) -> Check:
    """Whether the calibration error is not clearly above the champion's.

    What luck explains is no sign against the challenger: of few rows, equal models differ by more.
    """
    error, before = (float(probability.ece(window.churned, each.risk)) for each in (challenger, champion))
    most, worse = luck(challenger.risk)[1], error - before
    said, asked = f"{error:.3f}, champion {before:.3f}: {worse:+.3f}", f"+{bounds.max_ece_worse} at most"
    within = worse <= bounds.max_ece_worse
    if not within and error <= most:
        asked += f", or {most:.3f}, which luck gives so few rows"
    figures = {"challenger": error, "champion": before, "difference": worse, "bound": bounds.max_ece_worse}
    return Check("ece_worse", within or error <= most, said, figures | {"by_luck": most}, asked=asked)


def ranks(window: Window, challenger: Scores, champion: Scores, bounds: Gate) -> Iterator[Check]:
    """Whether those who leave are found at the top as well as by the champion."""
    for name in RANKED:
        figures = compared(window, name, challenger.risk, champion.risk, bounds)
        bound = _bound(name, bounds)
        passed = bool(figures["low"] >= bound)  # NaN, no interval to speak of, is no pass
        yield Check(name, passed, _told(figures), figures | {"bound": bound}, asked=_least(bound))


def slices(window: Window, challenger: Scores, champion: Scores, bounds: Gate) -> Iterator[Check]:
    """Whether no group of customers is served much worse than by the champion."""
    for segment, values in window.segments.items():
        texts = np.array(["(none)" if value is None else str(value) for value in values], dtype=object)
        for value in sorted(set(texts.tolist())):
            rows = texts == value
            churned = window.churned[rows]
            left = int(churned.sum())
            few = min(left, len(churned) - left) < bounds.slice_positives
            if few or len(churned) < bounds.slice_rows:
                continue
            now, before = (float(ranking.auroc(churned, each.risk[rows])) for each in (challenger, champion))
            figures = {
                "challenger": now,
                "champion": before,
                "difference": now - before,
                "bound": -bounds.max_slice_loss,
                "rows": len(churned),
                "churned": left,
            }
            said = f"AUROC {now:.3f}, champion {before:.3f}: {now - before:+.3f}"
            within = now - before >= -bounds.max_slice_loss - 1e-12
            asked = f"{-bounds.max_slice_loss} at least"
            yield Check(f"slice {segment}: {value}", within, said, figures, asked=asked)


def worth(window: Window, challenger: Scores, champion: Scores, bounds: Gate) -> Iterator[Check]:
    """Whether amounts are ranked as well, and their sum is not further off, as by the champion."""
    if champion.value is None:
        return
    if challenger.value is None:
        yield Check("value", False, "the champion has a value model, the challenger has none")
        return
    known = np.isfinite(window.value)
    actual, mine, theirs = window.value[known], challenger.value[known], champion.value[known]
    if not known.any() or float(actual.max()) <= 0:
        yield Check("value", None, "no value window is over after the test date: not measured", blocks=False)
        return
    amounts = Window(actual, actual, window.customer[known], {}, window.seed)
    figures = compared(amounts, "gini", mine, theirs, bounds)
    passed = bool(figures["low"] >= -bounds.max_gini_loss)
    yield Check("value_gini", passed, _told(figures), figures, asked=_least(-bounds.max_gini_loss))
    now, before = float(money.bias(actual, mine)), float(money.bias(actual, theirs))
    worse = abs(now) - abs(before)
    said = f"{now:+.1f} %, champion {before:+.1f} %: {worse:+.1f} points further off"
    asked = f"+{bounds.max_bias_worse} points at most"
    sizes = {"challenger": now, "champion": before, "difference": worse, "bound": bounds.max_bias_worse}
    yield Check("value_bias", bool(worse <= bounds.max_bias_worse), said, sizes, asked=asked)


def baselines(
    window: Window, challenger: Scores, others: Mapping[str, Floats], bounds: Gate
) -> Iterator[Check]:
    """How the challenger ranks beside the best rule that a spreadsheet could apply.

    Rules are no candidates: they give no reasons and no value. So they are named, unless the
    configuration asks for more.
    """
    found = {name: float(ranking.average_precision(window.churned, risk)) for name, risk in others.items()}
    if not found:
        return
    best = min(found, key=lambda name: (-found[name], name))
    both = {name: compared(window, name, challenger.risk, others[best], bounds) for name in RANKED}
    passed = all(each["low"] >= _bound(name, bounds) for name, each in both.items())
    said = "; ".join(f"{_CALLED[name]} {_told(figures, best)}" for name, figures in both.items())
    if not passed:
        said = f"not shown to rank as well: {said}"
    elif both["average_precision"]["low"] > 0:
        said = f"ranks better: {said}"
    else:
        said = f"a tie: {best} alone ranks as well, but gives no reasons; {said}"
    asked = f"lower ends of {_bound('average_precision', bounds)} and {_bound('lift_10', bounds)} at least"
    figures = {f"{name}.{key}": value for name, each in both.items() for key, value in each.items()}
    blocks = bounds.baselines == "refuse"
    yield Check(f"baseline {best}", passed, said, figures, blocks=blocks, asked=asked)


def compared(window: Window, name: str, first: Floats, second: Floats, bounds: Gate) -> dict[str, float]:
    """A metric of both scores, and their difference with its 95 % interval over customers drawn alike."""
    metric = ranking.gini if name == "gini" else RANKED[name]
    one, other = float(metric(window.churned, first, None)), float(metric(window.churned, second, None))
    if np.array_equal(first, second):  # the same on every resample: nothing to draw
        estimate, low, high = 0.0, 0.0, 0.0
    else:
        estimate, low, high = intervals.difference(
            metric, window.churned, first, second, window.customer, times=bounds.bootstrap, seed=window.seed
        )
    return {"challenger": one, "other": other, "difference": estimate, "low": low, "high": high}


def _bound(name: str, bounds: Gate) -> float:
    return -(bounds.max_lift_loss if name == "lift_10" else bounds.max_loss)


def _least(bound: float) -> str:
    return f"lower end of {bound} at least"


def _told(figures: Mapping[str, float], other: str = "champion") -> str:
    return (
        f"{figures['challenger']:.3f}, {other} {figures['other']:.3f}: "
        f"{figures['difference']:+.3f} [{figures['low']:+.3f}, {figures['high']:+.3f}]"
    )
