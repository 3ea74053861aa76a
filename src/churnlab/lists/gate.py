"""What stops a list before it exists: scores that are missing, impossible, or tell nobody apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import GateError
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.worth import rounded

Texts = NDArray[np.object_]
Floats = NDArray[np.float64]

SCORE_DECIMALS = 6


def check(scored: ScoredCustomers, exponent: int) -> None:
    """Raise GateError where the scores must not be released. ``exponent``: decimals of the currency."""
    if not len(scored):
        raise GateError(
            "no list: nobody was scored",
            got="0 customers",
            mend="check as_of and the eligibility rules under snapshots",
        )
    _check_ids(scored.customer_id)
    _check_risk(scored.churn_risk)
    _check_strategies(scored.quadrant)
    for name, amounts in scored.amounts.items():
        _check_finite(name, amounts)
        # Beyond this a float64 no longer holds every minor unit, and sums would not reconcile.
        _refuse(np.abs(amounts) > 2**53 / 10**exponent, f"{name} is too large to be an amount")
    known = scored.intensity[~np.isnan(scored.intensity)]
    _refuse(~((known >= 0) & (known <= 100)), "intensity is outside 0 to 100")


def _check_ids(ids: Texts) -> None:
    missing = sum(not isinstance(one, str) or not one for one in ids)
    if missing:
        raise GateError(f"customer_id is empty or no text in {missing:,} of {len(ids):,} rows")
    repeated = len(ids) - len(set(ids))
    if repeated:
        raise GateError(
            f"customer_id repeats in {repeated:,} of {len(ids):,} rows: a customer is scored once",
            mend="this is not the input's fault: report it with the configuration",
        )


def _check_risk(risk: Floats) -> None:
    _check_finite("churn_risk", risk)
    _refuse((risk < 0) | (risk > 1), "churn_risk is outside 0 to 1")
    if len(risk) > 1 and np.ptp(rounded(risk, SCORE_DECIMALS)) == 0:
        raise GateError(
            f"churn_risk is the same for all {len(risk):,} customers: the model tells nobody apart",
            got=f"{risk[0]:.6f} everywhere",
            mend="train again, and look at the features in the report",
        )


def _check_strategies(quadrant: Texts) -> None:
    known = {str(code) for code in Strategy}
    _refuse(np.array([code not in known for code in quadrant]), "quadrant is no known strategy")


def _check_finite(name: str, values: Floats) -> None:
    _refuse(~np.isfinite(values), f"{name} is missing or infinite")


def _refuse(wrong: NDArray[np.bool_], what: str) -> None:
    # Only counts: an id in an error would travel into logs.
    if wrong.any():
        raise GateError(
            f"no list: {what}",
            got=f"{int(wrong.sum()):,} of {len(wrong):,} customers",
            mend="no list is released with such scores: train again, or put the last champion back",
        )
