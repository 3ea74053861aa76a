"""Who of a published list may no longer be contacted on the day that it is delivered.

published list, and what is known today -> ids that stay here -> files without them, looked at once more
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.config.campaign import Action
from churnlab.config.profiles import ID
from churnlab.errors import GateError
from churnlab.lists import last_check, screen
from churnlab.lists.last_check import Form, Refused
from churnlab.lists.layout import Layout
from churnlab.lists.matching import Flags, one
from churnlab.lists.package import RECORD
from churnlab.lists.suppression import Contact, Permissions

ACTION = "action_id"
BATCH = 65_536  # rows decided about at once


@dataclass(frozen=True, eq=False)
class Recheck:
    """What is known on that day. ``actions``: those of the campaign, () without one. ``drawn``: whether a
    campaign made the lists. ``told``: for the record of a delivery. ``confirm``: raises ``GateError``
    where it is known no longer.
    """

    permissions: Permissions
    actions: Sequence[Action]
    drawn: bool
    told: Mapping[str, Any]
    confirm: Callable[[], object]

    def refused(self, source: Path) -> Any:
        """The ids on the list ``source`` (Parquet) of who may not be contacted, each once, Arrow texts.

        Where a row names an action, its channel and purpose count; else what is against any contact, and
        in lists that no campaign has drawn from also who agrees to no marketing any more. An id in another
        spelling of one that is refused is refused. ``GateError`` for an action that the configuration no
        longer has.
        """
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        wanted = [name for name in pq.read_schema(source).names if name in {ID, ACTION}]
        table = pq.read_table(source, columns=wanted, use_threads=False).combine_chunks()
        # A list without actions is for marketing all the same: somebody must still agree to some.
        marketing = () if self.drawn else self.permissions.any_contact()
        against = [self._against(batch, marketing) for batch in table.to_batches(max_chunksize=BATCH)]
        ids = one(table[ID])
        keys = self.permissions.same.loose(ids)
        refused = pc.unique(keys.filter(np.concatenate([np.zeros(0, dtype=bool), *against])))
        return pc.unique(ids.filter(pc.is_in(keys, value_set=refused)))

    def look(self, stage: Path, layout: Layout, refused: Any) -> None:
        """Read the files in ``stage`` again: ``GateError`` where one of ``refused``, or of those whom
        the sources refuse everything, stands in one.
        """
        import pyarrow as pa

        everywhere = pa.concat_arrays([self.permissions.refused(), refused])
        files = [path for path in stage.iterdir() if path.name != RECORD]
        last_check.check(files, Refused(everywhere), self.permissions.same, _form(layout))

    def _against(self, batch: Any, marketing: Sequence[Contact]) -> Flags:
        """(n,) who must not be contacted: with the action of their row, or in any way of ``marketing``."""
        import pyarrow as pa

        refused = self.permissions.verdicts(batch[ID], marketing).reasons() != 0
        if ACTION in batch.schema.names:
            rows, place = self._named(batch[ACTION])
            ids = batch[ID].take(pa.array(rows))
            closed = self.permissions.verdicts(ids, screen.contacts(self.actions)).closed
            refused[rows] |= closed[np.arange(len(rows)), place] != 0
        return np.asarray(refused)

    def _named(self, actions: Any) -> tuple[Any, Any]:
        """The rows that name an action, and the place of each among the actions."""
        import pyarrow as pa
        import pyarrow.compute as pc

        known = pa.array([action.action_id for action in self.actions], pa.string())
        rows = np.flatnonzero(actions.is_valid().to_numpy(zero_copy_only=False))
        place = pc.index_in(actions.take(pa.array(rows)), value_set=known).fill_null(-1)
        found = place.to_numpy(zero_copy_only=False)
        if (found < 0).any():
            raise GateError(
                "no delivery: the lists name actions that the campaign no longer has",
                got=f"{(found < 0).sum():,} of {len(actions):,} rows looked at",
                mend="churnlab score again, and deliver its lists",
            )
        return rows, found


def _form(layout: Layout) -> Form:
    header = next(
        header for column, header in zip(layout.columns, layout.headers, strict=True) if column.name == ID
    )
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    return Form(header, layout.dialect.delimiter, encoding)
