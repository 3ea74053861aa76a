"""Did the risks come true? The check of a calibration on a later fold, which it was not learned on.

Expected and observed leavers per tenth of rows, by risk: their ratio should lie within [0.8, 1.25]. It
can leave these bounds by luck, as the calibration error can pass its limit, so there are three answers:
``calibrated``, ``miscalibrated`` where luck explains it no more, and ``uncertain`` in between.

slope      of the outcome's log odds on the risk's: 1. Below 1, risks are too far from their mean.
intercept  what the log odds of everybody lack: 0. Above 0, more left than was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from churnlab.evaluation.probability import BINS, ece
from churnlab.evaluation.ranking import gained
from churnlab.evaluation.rows import Floats, binary, checked, ratio, without_nan

Verdict = Literal["calibrated", "uncertain", "miscalibrated", "insufficient"]
LOW, HIGH = 0.8, 1.25  # observed / expected
MAX_ECE = 0.03
MIN_EACH = 30  # rows that churned, and that stayed: fewer show nothing
LUCK = 2.81  # standard errors that one of ten true deciles passes in one fold of twenty
SKEW = 1.6  # leavers more, since counts of the rare are skewed: (LUCK ** 2 - 1) / 6, and half a leaver
ONE_IN_20 = 1.645
DECILES = np.arange(1, 11) / 10
INSIDE = 1e-6  # risks have six decimals: 0 and 1 have the log odds of their neighbours
STEPS, CLOSE = 50, 1e-10
HALVINGS, FAR = 45, 50.0  # of the log odds between which an intercept lies


@dataclass(frozen=True)
class OutOfTime:
    """What later outcomes say of risks; ``reasons`` says why the verdict is not ``calibrated``.

    ``ece_by_luck``: the calibration error to expect of as many rows if the risks were true.
    ``ratio``: observed / expected leavers of all rows. ``deciles``: see ``decile_ratios``; none where
    the rows are too few, and NaN for the numbers.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    ece: float = np.nan
    ece_by_luck: float = np.nan
    slope: float = np.nan
    intercept: float = np.nan
    ratio: float = np.nan
    deciles: tuple[Mapping[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values; None where there is no number, since JSON has no NaN."""
        return {
            **without_nan(vars(self)),
            "reasons": list(self.reasons),
            "deciles": [without_nan(row) for row in self.deciles],
        }


def out_of_time(churned: ArrayLike, risk: ArrayLike) -> OutOfTime:
    """Judge ``risk`` by the outcomes of a fold later than all it was learned on, one row a customer."""
    outcome, probability, _ = checked(churned, risk)
    binary(outcome)
    left = int(outcome.sum())
    if min(left, len(outcome) - left) < MIN_EACH:
        few = f"fewer than {MIN_EACH} churned, or fewer than {MIN_EACH} stayed"
        return OutOfTime("insufficient", (few,))
    error, (usual, most) = float(ece(outcome, probability)), luck(probability)
    deciles = tuple(decile_ratios(outcome, probability))
    proven, possible = _complaints(error, most, deciles)
    verdict: Verdict = "miscalibrated" if proven else "uncertain" if possible else "calibrated"
    return OutOfTime(
        verdict,
        (*proven, *possible),
        error,
        usual,
        float(slope(outcome, probability)),
        float(intercept(outcome, probability)),
        float(ratio(outcome.sum(), probability.sum())),
        deciles,
    )


def decile_ratios(churned: ArrayLike, risk: ArrayLike) -> Iterator[Mapping[str, Any]]:
    """Per decile, lowest risks first: ``decile``, ``expected`` and ``observed`` leavers, their ``ratio``.

    ``verdict``: ``holds`` within the bounds, ``off`` where even luck would not bring it there, else
    ``unsure``. Equal risks are spread over the deciles they reach.
    """
    outcome, probability, counts = checked(churned, risk)
    spread = probability * (1 - probability)
    sums = (gained(each, probability, counts, DECILES) for each in (probability, outcome, spread))
    parts = (np.diff(each, prepend=0.0)[::-1].tolist() for each in sums)
    for number, (expected, observed, variance) in enumerate(zip(*parts, strict=True)):
        low, high = LOW * expected, HIGH * expected
        luck = LUCK * max(variance, 0.0) ** 0.5 + SKEW
        near = low - luck <= observed <= high + luck
        yield {
            "decile": number + 1,
            "expected": expected,
            "observed": observed,
            "ratio": float(ratio(observed, expected)),
            "verdict": "holds" if low <= observed <= high else "unsure" if near else "off",
        }


def slope(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Calibration slope (Cox, 1958): of log odds that churned on log odds of the risk, with a level.

    NaN where it has no end: one kind of outcome only, equal risks, or risks that part the two kinds.
    """
    outcome, logit, counts = _on_log_odds(actual, risk, weight)
    design = np.stack([np.ones(len(logit)), logit], axis=1)
    found = np.zeros((*counts.shape[:-1], 2))
    settled: NDArray[np.bool_] = np.zeros(counts.shape[:-1], dtype=np.bool_)
    for _ in range(STEPS):
        chance = _probability(found @ design.T)
        gradient = (counts * (outcome - chance)) @ design
        curve = np.einsum("...n,ni,nj->...ij", counts * chance * (1 - chance), design, design)
        step = (np.linalg.pinv(curve, hermitian=True) @ gradient[..., None])[..., 0]
        settled = np.asarray((np.abs(step) < CLOSE * (1 + np.abs(found))).all(axis=-1))
        if settled.all():
            break
        found = _improved(outcome, counts, design, found, step)
    there = counts > 0
    least = np.where(there, logit, np.inf).min(axis=-1, initial=np.inf)
    most = np.where(there, logit, -np.inf).max(axis=-1, initial=-np.inf)
    return np.where(settled & _both(outcome, counts) & (most > least), found[..., 1], np.nan)


def intercept(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """What must be added to the log odds of each risk for their sum to be that of the leavers."""
    outcome, logit, counts = _on_log_odds(actual, risk, weight)
    left = (counts * outcome).sum(axis=-1)
    low, high = np.full(left.shape, -FAR), np.full(left.shape, FAR)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = (counts * _probability(middle[..., None] + logit)).sum(axis=-1) >= left
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(_both(outcome, counts), (low + high) / 2, np.nan)


def _on_log_odds(actual: ArrayLike, risk: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, ...]:
    outcome, probability, counts = checked(actual, risk, weight)
    binary(outcome)
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError(f"a risk must lie in 0..1; got {probability.min()} to {probability.max()}")
    inside = np.clip(probability, INSIDE, 1 - INSIDE)
    return outcome, np.log(inside) - np.log1p(-inside), counts


def _probability(logit: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -logit)), dtype=np.float64)


def _improved(outcome: Floats, weight: Floats, design: Floats, found: Floats, step: Floats) -> Floats:
    """A step on, halved where the full one, taken from far away, would make the loss larger."""

    def loss(at: Floats) -> Floats:
        logit = at @ design.T
        return np.asarray((weight * (np.logaddexp(0, logit) - outcome * logit)).sum(axis=-1))

    before = loss(found)
    for _ in range(STEPS):
        worse = loss(found + step) > before * (1 + CLOSE)
        if not worse.any():
            break
        step = np.where(worse[..., None], step / 2, step)
    return found + step


def _both(outcome: Floats, weight: Floats) -> NDArray[np.bool_]:
    """Whether both kinds of outcome have any weight: (...)."""
    return np.asarray(((weight @ outcome) > 0) & ((weight @ (1 - outcome)) > 0))


def luck(risk: Floats) -> tuple[float, float]:
    """The calibration error of true risks: its mean, and what 95 of 100 draws of outcomes stay below."""
    held = np.searchsorted(np.arange(1, BINS) / BINS, risk, side="right")
    variance = np.bincount(held, risk * (1 - risk), minlength=BINS)
    # A bin's gap is half a normal: mean sqrt(2 / pi), variance 1 - 2 / pi, of its standard deviation.
    usual = np.sqrt(variance * 2 / np.pi).sum()
    spread = np.sqrt((variance * (1 - 2 / np.pi)).sum())
    return float(usual / len(risk)), float((usual + ONE_IN_20 * spread) / len(risk))


def _complaints(
    error: float, luck: float, deciles: Sequence[Mapping[str, Any]]
) -> tuple[list[str], list[str]]:
    """What is proven against the risks, and what may be luck."""
    said: dict[str, list[str]] = {"off": [], "unsure": [], "holds": []}
    if error > MAX_ECE:
        said["off" if error > luck else "unsure"].append(f"calibration error {error:.3f}, above {MAX_ECE}")
    for row in deciles:
        said[row["verdict"]].append(
            f"decile {row['decile']}: {row['observed']:.0f} left, {row['expected']:.1f} expected"
        )
    return said["off"], [f"{text} (may be luck)" for text in said["unsure"]]
