"""Parents on their way into lists: gathered from everybody who is scored, known once all are.

block, block, ...  -> id, parent, value, risk, intensity of each     (some 60 bytes an account)
everybody          -> what the accounts of each parent are together
rows of a list     -> the columns parent_* of those rows
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.lists.gate import SCORE_DECIMALS
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy import accounts
from churnlab.strategy.accounts import Parents
from churnlab.strategy.thresholds import Thresholds
from churnlab.strategy.worth import rounded

Ints = NDArray[np.int64]


class Gathering:
    """Takes blocks with ``numbered``, whose columns are rounded as they will be in the lists."""

    def __init__(self, cut: Thresholds, exponent: int) -> None:
        self._cut, self._exponent = cut, exponent
        self._blocks: list[Any] = []
        self._rows = 0

    def numbered(self, block: ScoredCustomers) -> ScoredCustomers:
        """The same block, each account with its place among everybody."""
        import pyarrow as pa

        columns: dict[str, Any] = {
            "customer_id": pa.array(block.customer_id, pa.string()),
            "parent": pa.array(
                np.full(len(block), None, dtype=object) if block.parent is None else block.parent, pa.string()
            ),
            "churn_risk": rounded(block.churn_risk, SCORE_DECIMALS),
            "intensity": rounded(block.intensity, SCORE_DECIMALS),
        }
        if block.worth is not None:
            columns["value_if_retained"] = rounded(block.worth.if_retained, self._exponent)
        self._blocks.append(pa.table(columns))
        first, self._rows = self._rows, self._rows + len(block)
        return replace(block, account=np.arange(first, self._rows))

    def rolled(self) -> Rolled:
        """What is known of the parents of everybody."""
        import pyarrow as pa

        everybody = pa.concat_tables(self._blocks)
        self._blocks.clear()
        return Rolled.of(everybody, self._cut, self._exponent)


@dataclass(frozen=True, eq=False)
class Rolled:
    """The parents of everybody who was scored, in the order in which they were taken.

    ``ids``: (p,) one a parent, Arrow. ``nested``: accounts whose parent is an account that names another.
    """

    parents: Parents
    ids: Any
    nested: int

    @classmethod
    def of(cls, everybody: Any, cut: Thresholds, exponent: int) -> Rolled:
        """``everybody``: an Arrow table with the columns of a list that parents are made of."""
        valued = "value_if_retained" in everybody.column_names
        numbers = {
            name: np.asarray(everybody[name].to_numpy(), np.float64)
            for name in ("churn_risk", "intensity", *(("value_if_retained",) if valued else ()))
        }
        who, named = everybody["customer_id"], everybody["parent"]
        code, ids = accounts.codes(accounts.named(who, named))
        value = numbers.get("value_if_retained")
        rolled = accounts.rolled(code, value, numbers["churn_risk"], numbers["intensity"], cut, exponent)
        return cls(rolled, ids, accounts.nested(who, named))

    def named(self, rows: Ints) -> Any:
        """(n,) the id of the parent of each of the accounts ``rows``, Arrow."""
        return self.ids.take(self.parents.code[rows])

    def columns(self, rows: Ints) -> dict[str, Any]:
        """Name -> what the lists say of the parents of the accounts ``rows``."""
        import pyarrow as pa

        parent = self.parents.code[rows]
        return {
            "parent_accounts": pa.array(self.parents.accounts[parent], pa.int64()),
            "parent_value_if_retained": pa.array(self.parents.value[parent], pa.float64(), from_pandas=True),
            "parent_churn_risk": pa.array(self.parents.risk[parent], pa.float64(), from_pandas=True),
            "parent_quadrant": pa.array(self.parents.quadrant[parent], pa.string()),
        }

    def facts(self) -> dict[str, int]:
        """What the manifest says: counts, nobody's id."""
        several = self.parents.accounts > 1
        return {
            "accounts": len(self.parents.code),
            "parents": len(self.parents.accounts),
            "with_several": int(several.sum()),
            "accounts_of_several": int(self.parents.accounts[several].sum()),
            "nested": self.nested,
        }
