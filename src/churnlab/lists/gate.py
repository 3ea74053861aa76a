"""What stops a list before it exists: scores that are missing, impossible, or tell nobody apart.

Blocks of customers are looked at as they come; what was found is told once all were seen, so that
the message is the same however the customers were cut into blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import GateError
from churnlab.lists.columns import risk_within
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.worth import rounded

SCORE_DECIMALS = 6
_IDS = "customer_id is empty or no text"


@dataclass
class Gate:
    """What was seen of the blocks so far. ``exponent``: decimals of the currency."""

    exponent: int
    customers: int = 0
    _faults: dict[str, int] = field(default_factory=dict)  # what is wrong -> customers, in order of asking
    _lowest: float = np.inf
    _highest: float = -np.inf

    def admits(self, scored: ScoredCustomers) -> bool:
        """Whether these rows may be on a list; what is wrong with them is kept for ``check``."""
        found = _faults(scored, self.exponent)
        for what, customers in found.items():
            self._faults[what] = self._faults.get(what, 0) + customers
        self.customers += len(scored)
        if len(scored):
            risk = rounded(scored.churn_risk, SCORE_DECIMALS)
            self._lowest = min(self._lowest, float(risk.min()))
            self._highest = max(self._highest, float(risk.max()))
        return not any(found.values())

    def join(self, other: Gate) -> None:
        """Count in what another gate has seen, of other customers."""
        for what, customers in other._faults.items():
            self._faults[what] = self._faults.get(what, 0) + customers
        self.customers += other.customers
        self._lowest = min(self._lowest, other._lowest)
        self._highest = max(self._highest, other._highest)

    def check(self) -> None:
        """Raise GateError where something was wrong with a block, or where there was nobody."""
        if not self.customers:
            raise GateError(
                "no list: nobody was scored",
                got="0 customers",
                mend="check as_of and the eligibility rules under snapshots",
            )
        for what, customers in self._faults.items():
            # Only counts: an id in an error would travel into logs.
            if customers and what == _IDS:
                raise GateError(f"{what} in {customers:,} of {self.customers:,} rows")
            if customers:
                raise GateError(
                    f"no list: {what}",
                    got=f"{customers:,} of {self.customers:,} customers",
                    mend="no list is released with such scores: train again, or put the last champion back",
                )

    def check_together(self, repeated: int, formulas: int) -> None:
        """Raise GateError where the customers together are no list.

        ``repeated``: rows whose id came before. ``formulas``: rows whose id would have to be altered.
        """
        if repeated:
            raise GateError(
                f"customer_id repeats in {repeated:,} of {self.customers:,} rows: a customer is scored once",
                mend="this is not the input's fault: report it with the configuration",
            )
        if self.customers > 1 and self._lowest == self._highest:
            raise GateError(
                f"churn_risk is the same for all {self.customers:,} customers: the model tells nobody apart",
                got=f"{self._lowest:.6f} everywhere",
                mend="train again, and look at the features in the report",
            )
        if formulas:
            # An altered id is another customer: stop, unless the project asks for it.
            raise GateError(
                "customer_id: a spreadsheet would run ids that start with = + - @ or a control character",
                got=f"{formulas:,} of {self.customers:,} ids",
                mend="set lists.formula_policy: escape (a leading ' in the CSV, none in the Parquet)",
            )


def _faults(scored: ScoredCustomers, exponent: int) -> dict[str, int]:
    """What may be wrong with a block -> in how many rows it is, zeros too: always in this order."""
    risk, known = scored.churn_risk, {str(code) for code in Strategy}
    found = {
        _IDS: _no_texts(scored.customer_id.tolist()),
        "churn_risk is missing or infinite": _many(~np.isfinite(risk)),
        "churn_risk is outside 0 to 1": _many((risk < 0) | (risk > 1)),
        "quadrant is no known strategy": _strangers(scored.quadrant.tolist(), known),
    }
    for days, sooner in scored.sooner.items():
        # Not below 0 or above 1: so neither missing nor infinite either.
        found[f"{risk_within(days)} is no risk between 0 and 1"] = _many(~((sooner >= 0) & (sooner <= 1)))
    for name, amounts in scored.amounts.items():
        found[f"{name} is missing or infinite"] = _many(~np.isfinite(amounts))
        # Beyond this a float64 no longer holds every minor unit, and sums would not reconcile.
        found[f"{name} is too large to be an amount"] = _many(np.abs(amounts) > 2**53 / 10**exponent)
    near = scored.intensity[~np.isnan(scored.intensity)]
    found["intensity is outside 0 to 100"] = _many(~((near >= 0) & (near <= 100)))
    return found


def _no_texts(ids: list[Any]) -> int:
    # All of them at once, before each of them by itself: this is asked of everybody.
    if set(map(type, ids)) == {str} and all(ids):
        return 0
    return sum(not isinstance(one, str) or not one for one in ids)


def _strangers(codes: list[Any], known: set[str]) -> int:
    return 0 if known.issuperset(codes) else sum(code not in known for code in codes)


def _many(wrong: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(wrong))
