"""Parameters of greatest likelihood: searched from several places, then solved to the digits that are kept.

A search that stops early stops elsewhere on another machine. This one ends with Newton's steps, until
nothing moves, and says so where nothing comes to rest: some histories do not tell customers who left
from customers who buy seldom, and then likelihood goes on rising towards infinite parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize

from churnlab.errors import ConfigError, DataError
from churnlab.models.btyd.rows import Floats

# Logarithms of positive parameters -> what is to be small, and its slopes.
Objective = Callable[[Floats], tuple[float, Floats]]

EDGE = float(np.log(1e5))  # logarithms beyond it are as good as infinite
STEPS, NUDGE, DIGITS = 50, 1e-5, 7
CLOSE, NOISE = 1e-10, 1e-6  # a step that is nothing; one that may be, if steps no longer shrink


def solve(
    objective: Objective, starts: Sequence[Floats], penalty: float, model: str, names: Sequence[str]
) -> Floats:
    """(k,) positive parameters that make ``objective`` smallest, from the best of ``starts``, (k,) each.

    ``penalty``: how much ``penalty / 2`` times the squares of their logarithms weigh, 0 for not at all.
    Raises ``DataError`` where they do not come to rest.
    """
    if not penalty >= 0:
        raise ConfigError(f"{model}: penalty is below 0", got=str(penalty), mend="give 0, or a little more")

    def penalised(logs: Floats) -> tuple[float, Floats]:
        value, slopes = objective(logs)
        return value + penalty / 2 * float((logs**2).sum()), slopes + penalty * logs

    bounds = [(-EDGE, EDGE)] * len(names)
    found = [
        minimize(penalised, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds) for start in starts
    ]
    best = min(found, key=lambda each: float(each.fun))
    logs, still = _polished(penalised, best.x)
    if not still:
        reached = ", ".join(f"{name} {value:.3g}" for name, value in zip(names, np.exp(logs), strict=True))
        raise DataError(
            f"{model}: the data do not determine its parameters",
            got=f"no rest at {reached}, where the longest age and the mean value are 1",
            mend="fit more customers or a longer time, take another model, or set a small penalty (0.1)",
        )
    return np.asarray(np.exp(logs), dtype=np.float64)


def rounded(value: float) -> float:
    """Seven digits: those on which machines agree.

    >>> rounded(1 / 3)
    0.3333333
    """
    return float(f"{value:.{DIGITS - 1}e}")


def _polished(objective: Objective, logs: Floats) -> tuple[Floats, bool]:
    """Newton's steps from ``logs``, and whether they came to rest at a minimum inside the edges."""
    value, slopes = objective(logs)
    size = np.inf
    for _ in range(STEPS):
        curves, ways = np.linalg.eigh(_curve(objective, logs))
        step = -ways @ (ways.T @ slopes / np.maximum(np.abs(curves), 1e-12))
        before, size = size, float(np.abs(step).max())
        if size <= CLOSE or before / 2 < size <= NOISE:
            return logs, bool(curves[0] > 0)
        step /= max(size, 1.0)
        while (after := objective(logs + step))[0] > value + 1e-12 * abs(value) and np.abs(
            step
        ).max() > CLOSE:
            step = step / 2
        logs = logs + step
        value, slopes = after
        if np.abs(logs).max() > EDGE:
            break
    return logs, False


def _curve(objective: Objective, logs: Floats) -> Floats:
    """(k, k) second derivatives, by differences of slopes."""
    nudges = NUDGE * np.eye(len(logs))
    rows = [(objective(logs + nudge)[1] - objective(logs - nudge)[1]) / (2 * NUDGE) for nudge in nudges]
    curve = np.stack(rows)
    return np.asarray((curve + curve.T) / 2, dtype=np.float64)
