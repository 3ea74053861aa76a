"""A published list as the files of a delivery: text beside Parquet, in parts that a CRM takes.

retain.parquet --> batches of rows, in list order --> shop_2025-05-01_retain_001.csv + .parquet
                   less the arms held back            shop_2025-05-01_retain_002.csv + .parquet
                   one file a value of split_by       ...
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.profiles import ID
from churnlab.durable import digest
from churnlab.errors import GateError
from churnlab.lists import cells, part_files
from churnlab.lists.layout import ARM, Layout
from churnlab.lists.part_files import PartFiles

BATCH = 16_384  # rows turned into text at once
NONE = "none"  # what is counted for a row without an arm
SUPPRESSED = "suppressed"  # and for one of an arm that goes, of who must not be contacted any more
OPEN = 100  # values whose files are written in one pass over the list


@dataclass(frozen=True)
class Part:
    """One file. ``of``: what all its rows have in the split column; None: nothing, or no split."""

    name: str
    rows: int
    bytes: int
    sha256: str
    of: str | None


@dataclass(frozen=True)
class Rendered:
    """``rows``: delivered. ``held_back``: arm, ``none`` or ``suppressed`` -> rows that stay here."""

    parts: tuple[Part, ...]
    rows: int
    held_back: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Going:
    """Which rows of a list are delivered. ``refused``: ids that stay here, None where nobody asked."""

    layout: Layout
    refused: Any | None

    def of_arms(self, batch: Any) -> Any:
        """Those of the arms; without a campaign also those that say none."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if ARM not in batch.schema.names:
            return pa.repeat(pa.scalar(True), batch.num_rows)
        mine = pc.is_in(batch[ARM], value_set=pa.array(self.layout.arms, pa.string()))
        return mine if self.layout.drawn else pc.or_(pc.is_null(batch[ARM]), mine)

    def rows(self, batch: Any) -> Any:
        """Those of the arms, less those who are refused."""
        import pyarrow.compute as pc

        mine = self.of_arms(batch)
        return mine if self.refused is None else pc.and_not(mine, pc.is_in(batch[ID], value_set=self.refused))


def write(source: Path, stage: Path, stem: str, layout: Layout, refused: Any | None = None) -> Rendered:
    """Write the list ``source`` (Parquet) into ``stage`` as files that begin with ``stem``.

    ``refused``: Arrow texts, ids of who must not be contacted: their rows stay here.

    Raises ``GateError`` where an id would run as a formula and the policy refuses that, where the
    encoding lacks a character, or where one row alone is larger than a file may be.
    """
    import pyarrow.parquet as pq

    parts: list[Part] = []
    rows = 0
    going = Going(layout, refused)
    with pq.ParquetFile(source) as list_:
        values, held_back = _looked_at(list_, going)
        for start in range(0, len(values), OPEN):
            for value, files in _written(list_, stage, stem, going, values[start : start + OPEN]).items():
                rows += files.rows
                parts += [_described(stage / name, count, value) for name, count in files.written.items()]
    return Rendered(tuple(parts), rows, held_back)


def _written(
    list_: Any, stage: Path, stem: str, going: Going, values: list[str | None]
) -> dict[str | None, PartFiles]:
    """The files of these values, in one pass over the list."""
    layout = going.layout
    with contextlib.ExitStack() as still_open:
        files = {
            value: still_open.enter_context(
                part_files.opened(stage, _stem(stem, value, layout), layout, list_.schema_arrow)
            )
            for value in values
        }
        for table in _tables(list_, going):
            _deal(table, files, layout.split_by)
    return files


def _described(path: Path, rows: int, of: str | None) -> Part:
    # Digested as it is on the disk, not as it was meant to be.
    return Part(path.name, rows, path.stat().st_size, digest(path), of)


def _looked_at(list_: Any, going: Going) -> tuple[list[str | None], dict[str, int]]:
    """The values that get files of their own ([None] without a split), and rows held back by arm."""
    import pyarrow.compute as pc

    values, held_back, layout = set[str | None](), Counter[str](), going.layout
    asked = (layout.split_by, ARM, *([] if going.refused is None else [ID]))
    wanted = [name for name in dict.fromkeys(asked) if name in list_.schema_arrow.names]
    if not wanted:
        return [None], {}
    for batch in list_.iter_batches(BATCH, columns=wanted, use_threads=False):
        arms, mine = going.of_arms(batch), going.rows(batch)
        if ARM in wanted:
            held_back.update(arm or NONE for arm in batch.filter(pc.invert(arms))[ARM].to_pylist())
        suppressed = arms.true_count - mine.true_count
        held_back.update({SUPPRESSED: suppressed} if suppressed else {})
        if layout.split_by is not None:
            values.update(batch.filter(mine)[layout.split_by].unique().to_pylist())
    in_order = sorted(values, key=lambda value: (value is None, value or ""))
    return in_order or [None], dict(sorted(held_back.items()))


def _tables(list_: Any, going: Going) -> Iterator[Any]:
    """The rows that are delivered, in list order."""
    import pyarrow as pa

    layout = going.layout
    ours = [column.name for column in layout.columns]
    needed = [name for name in list_.schema_arrow.names if name in ours or name in {layout.split_by, ARM}]
    for batch in list_.iter_batches(BATCH, columns=needed, use_threads=False):
        mine = batch.filter(going.rows(batch))
        if layout.formula_policy == "refuse":
            _check_ids(mine[ID])
        yield pa.Table.from_batches([mine])


def _check_ids(ids: Any) -> None:
    found = cells.formulas(ids)
    if found:
        raise GateError(
            "nothing delivered: a spreadsheet would run ids as formulas",
            got=f"{found:,} of {len(ids):,} ids looked at",
            mend="mend the ids, or allow a ' before them: lists.formula_policy: escape",
        )


def _deal(table: Any, files: Mapping[str | None, PartFiles], split_by: str | None) -> None:
    import pyarrow.compute as pc

    if split_by is None:
        files[None].add(table)
        return
    column = table[split_by]
    for value in column.unique().to_pylist():
        if value in files:
            same = pc.is_null(column) if value is None else pc.equal(column, value)
            files[value].add(table.filter(same).combine_chunks())


def _stem(stem: str, value: str | None, layout: Layout) -> str:
    """How the files of a value begin. No text is used as it was found: the record says what it is.

    >>> from types import SimpleNamespace
    >>> _stem("shop_retain", "../Ann O'Neil", SimpleNamespace(split_by="owner"))
    'shop_retain_ann-o-neil-78f18036'
    """
    if layout.split_by is None:
        return stem
    if value is None:
        return f"{stem}_none"
    plain = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:40]
    return f"{stem}_{plain or 'x'}-{hashlib.sha256(value.encode()).hexdigest()[:8]}"
