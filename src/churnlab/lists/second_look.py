"""A second look at published bytes: nobody is both listed and kept off, and nobody's action is forbidden.

Permissions are asked anew, for the very ids and actions that stand in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from churnlab.config.campaign import Action
from churnlab.errors import GateError
from churnlab.lists import audit, screen
from churnlab.lists.suppression import Permissions

BATCH = 65_536  # rows held at once


def both(stage: Path) -> None:
    """Raise ``GateError`` where a customer of the audit stands in a list, letter for letter."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    kept_off = pq.read_table(stage / f"{audit.NAME}.parquet", columns=["customer_id"])["customer_id"]
    with pq.ParquetFile(stage / "all.parquet") as file:
        for batch in file.iter_batches(BATCH, columns=["customer_id"]):
            found = pc.sum(pc.is_in(batch["customer_id"], value_set=kept_off.combine_chunks())).as_py()
            if found:
                raise _refused("customers who were kept off stand in a list", found)


def actions_allowed(stage: Path, permissions: Permissions, actions: Sequence[Action]) -> None:
    """Raise ``GateError`` where the list of everybody names an action that the customer has not allowed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    contacts, names = screen.contacts(actions), pa.array([action.action_id for action in actions])
    with pq.ParquetFile(stage / "all.parquet") as file:
        for batch in file.iter_batches(BATCH, columns=["customer_id", "action_id"]):
            named = batch.filter(pc.is_valid(batch["action_id"]))
            place = pc.index_in(named["action_id"], value_set=names).to_numpy(zero_copy_only=False)
            allowed = permissions.verdicts(named["customer_id"], contacts).allowed
            wrong = int((~allowed[np.arange(len(place)), place]).sum())
            if wrong:
                raise _refused("an action is named for customers who have not allowed it", wrong)


def _refused(what: str, customers: int) -> GateError:
    return GateError(
        f"no list: {what}",
        got=f"{customers:,} customers",
        mend="this is not the input's fault: report it; the lists published before are intact",
    )
