"""A second look at bytes before they are published: permissions asked anew for what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from churnlab.config.campaign import Action
from churnlab.lists import screen
from churnlab.lists.matching import Flags
from churnlab.lists.suppression import Permissions

BATCH = 65_536  # rows asked about at once


def actions_allowed(permissions: Permissions, actions: Sequence[Action]) -> Callable[[Any, Any], Flags]:
    """What is asked of rows that name an action: (ids, actions), Arrow texts -> (n,) who may get theirs.

    An action that nobody has configured is allowed to nobody.
    """
    import pyarrow as pa

    contacts = screen.contacts(actions)
    known = pa.array([action.action_id for action in actions], pa.string())

    def allowed(ids: Any, named: Any) -> Iterator[Flags]:
        import pyarrow.compute as pc

        for start in range(0, len(ids), BATCH):
            place = pc.index_in(named.slice(start, BATCH), value_set=known).fill_null(-1).to_numpy()
            verdicts = permissions.verdicts(ids.slice(start, BATCH), contacts)
            yield (place >= 0) & verdicts.allowed[np.arange(len(place)), place]

    return lambda ids, named: np.concatenate([np.zeros(0, dtype=np.bool_), *allowed(ids, named)])
