"""Logistic regression by Newton's method: few weights, solved to the last digits that are kept.

A solver that stops early stops elsewhere with another number of threads. This one goes on until
nothing changes, and keeps nine digits: the same rows give the same bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS, CLOSE, DIGITS = 100, 1e-13, 9
SURE = 1e-6  # risks have six decimals


def fit(design: Floats, target: Floats, penalty: float) -> Floats:
    """(k,) weights of least log loss plus ``penalty / 2`` times their squares, the last one's excepted.

    ``design``: (n, k), its last column ones. ``target``: (n,) between 0 and 1.
    """
    ridge = np.full(design.shape[1], penalty)
    ridge[-1] = 0.0
    weights = np.zeros(design.shape[1])
    share = min(max(float(target.mean()), 1e-6), 1 - 1e-6)
    weights[-1] = np.log(share / (1 - share))
    loss = _loss(design, target, ridge, weights)
    for _ in range(STEPS):
        risk = probability(design @ weights)
        slope = design.T @ (target - risk) - ridge * weights
        curve = (design * (risk * (1 - risk))[:, None]).T @ design + np.diag(ridge)
        # Where columns are equal and nothing is penalised, least squares takes the smallest weights.
        step = np.linalg.lstsq(curve, slope)[0]
        reached = weights + step
        # A full step may overshoot from far away: halve it until the loss falls.
        while (after := _loss(design, target, ridge, reached)) > loss and np.abs(step).max() > CLOSE:
            step = step / 2
            reached = weights + step
        gain, weights, loss = loss - after, reached, after
        if gain <= CLOSE * abs(loss):
            break
    return _digits(weights)


def probability(logit: Floats) -> Floats:
    """1 / (1 + exp(-logit)), without an overflow far out."""
    return np.asarray(np.exp(-np.logaddexp(0, -logit)), dtype=np.float64)


def log_odds(risk: Floats) -> Floats:
    """(n,) the other way round; none is nearer to certain than ``SURE``, so that all are finite."""
    inside = np.clip(risk, SURE, 1 - SURE)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)


def _loss(design: Floats, target: Floats, ridge: Floats, weights: Floats) -> float:
    logit = design @ weights
    return float((np.logaddexp(0, logit) - target * logit).sum() + (ridge * weights**2).sum() / 2)


def _digits(weights: Floats) -> Floats:
    return np.array([float(f"{weight:.{DIGITS - 1}e}") for weight in weights.tolist()])
