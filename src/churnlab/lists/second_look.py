"""A second look at bytes before they are published: permissions asked anew for what they say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from churnlab.config.campaign import Action
from churnlab.errors import GateError
from churnlab.lists import screen
from churnlab.lists.suppression import Permissions

BATCH = 65_536  # rows held at once


def actions_allowed(stage: Path, permissions: Permissions, actions: Sequence[Action]) -> None:
    """Raise ``GateError`` where the list of everybody names an action that the customer has not allowed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not actions:
        return
    contacts, names = (
        screen.contacts(actions),
        pa.array([action.action_id for action in actions], pa.string()),
    )
    with pq.ParquetFile(stage / "all.parquet") as file:
        for batch in file.iter_batches(BATCH, columns=["customer_id", "action_id"]):
            named = batch.filter(pc.is_valid(batch["action_id"]))
            place = pc.index_in(named["action_id"], value_set=names).to_numpy(zero_copy_only=False)
            allowed = permissions.verdicts(named["customer_id"], contacts).allowed
            wrong = int((~allowed[np.arange(len(place)), place]).sum())
            if wrong:
                raise GateError(
                    "no list: an action is named for customers who have not allowed it",
                    got=f"{wrong:,} customers",
                    mend="this is not the input's fault: report it; the lists published before are intact",
                )
