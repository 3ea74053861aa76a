"""What stands beside a model: rules, lines and the pace alone, asked of the same rows and the same window.

Where a short history is carried on to the horizon, all of them are: a baseline that answers for a
shorter window would be beaten for that alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from churnlab.folds import Fold
from churnlab.models import baselines, logistic
from churnlab.models.blend import Blend, Horizon
from churnlab.models.pace import Paces
from churnlab.panel import Panel

Floats = NDArray[np.float64]
PACE = "pace"


def pace(paces: Paces, fold: Fold, horizon: Horizon | None) -> Blend | None:
    """The pace as it was known at the test date; None where there is none."""
    if horizon is None:
        return None
    known = paces.learn(np.flatnonzero(fold.train | fold.test), horizon.start)
    return None if known is None else Blend(known, 1.0, horizon)


def risks(learned: Panel, test: Panel, paced: Blend | None) -> Mapping[str, Floats]:
    """Baseline -> its risk of the test rows."""
    found = {name: scores(test) for name, scores in baselines.churn(learned).items()}
    if paced is None:
        return found
    if paced.horizon.is_extended:  # by as much for everyone: a rule keeps its own order
        by = float(paced.further(test).mean())
        found = {name: logistic.probability(logistic.log_odds(risk) + by) for name, risk in found.items()}
    return found | {PACE: paced.pace.leaves(test, paced.horizon.days)}


def values(learned: Panel, test: Panel, days: int, paced: Blend | None) -> Mapping[str, Floats]:
    """Baseline -> the value it expects of the test rows in ``days``."""
    found = {name: scores(test) for name, scores in baselines.value(learned, days).items()}
    if paced is None or paced.pace.spend is None:
        return found
    if paced.horizon.is_extended:
        growth = paced.pace.orders(test, days) / paced.pace.orders(test, paced.horizon.learned)
        # The trailing one is a pace already; the others are means of the window that was learned.
        found = {name: amount if name == "trailing" else amount * growth for name, amount in found.items()}
    expected = (1 - paced.pace.leaves(test, days)) * paced.pace.if_retained(test, days)
    return found | {PACE: np.asarray(expected, dtype=np.float64)}
