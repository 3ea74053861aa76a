"""The last look at the very bytes that would be published: nobody who is suppressed stands in them.

The files are read again from where they lie, by readers that did not write them; nothing that was
decided or counted before is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churnlab.errors import GateError, IntegrityError
from churnlab.lists.identities import Identities
from churnlab.lists.matching import one

BATCH = 65_536  # rows held at once
PARQUET = ".parquet"


@dataclass(frozen=True)
class Refused:
    """Arrow texts of ids: ``everywhere``: on no list; ``by_action``: action -> not with that action."""

    everywhere: Any
    by_action: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """How the lists are written. ``id``: the header of the customer's id."""

    id: str = "customer_id"
    delimiter: str = ","
    encoding: str = "utf-8"


def check(files: Iterable[Path], refused: Refused, same: Identities, form: Form = Form()) -> int:
    """The rows that were looked at in lists: those named ``*.parquet``, and text, whatever it is called.

    ``same``: which ids are one person; an id that the CSV escapes with ``'`` is looked at without it, too.

    Raises ``GateError`` (exit 4) where a suppressed customer stands in a list, ``IntegrityError``
    (exit 5) where a list cannot be read back, or its CSV and its Parquet name different customers.
    """
    everywhere = _keys(refused.everywhere, same)
    by_action = {action: _keys(ids, same) for action, ids in refused.by_action.items()}
    looked, sums = 0, dict[Path, tuple[int, str]]()
    for path in sorted(files):
        rows, leaks, mark = _look(path, everywhere, by_action, same, form)
        if leaks:
            raise GateError(
                f"no list: suppressed customers stand in {path.name}",
                got=f"{leaks:,} of {rows:,} rows",  # never who
                mend="this is not the input's fault: report it; the lists published before are intact",
            )
        looked, sums[path] = looked + rows, (rows, mark)
    _refuse_different(sums)
    return looked


def _look(
    path: Path, everywhere: Any, by_action: Mapping[str, Any], same: Identities, form: Form
) -> tuple[int, int, str]:
    """(rows, rows of suppressed customers, what stands for all ids in their order)."""
    import hashlib

    rows, leaks, digest = 0, 0, hashlib.sha256()
    try:
        for ids, actions in _batches(path, form):
            rows += len(ids)
            leaks += _leaks(ids, actions, everywhere, by_action, same)
            for text in ids.to_pylist():
                digest.update(text.removeprefix("'").encode() + b"\n")
    except IntegrityError:
        raise
    except Exception as error:  # whatever a reader does not like about bytes that we have written
        raise IntegrityError(
            f"{path.name}: the list cannot be read back",
            got=type(error).__name__,
            mend="check the disk and run again: the lists published before are intact",
        ) from error
    return rows, leaks, digest.hexdigest()


def _leaks(ids: Any, actions: Any, everywhere: Any, by_action: Mapping[str, Any], same: Identities) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if ids.null_count:
        raise IntegrityError("a list has a row without customer_id", got=f"{ids.null_count} rows")
    found = _any_form(ids, everywhere, same)
    for action, refused in by_action.items() if actions is not None else ():
        mine = pc.equal(actions, action).fill_null(False)
        found = pc.or_(found, pc.and_(mine, _any_form(ids, refused, same)))
    return int(pc.sum(found.cast(pa.int64())).as_py() or 0)


def _any_form(ids: Any, refused: Any, same: Identities) -> Any:
    import pyarrow.compute as pc

    bare = pc.replace_substring_regex(ids, r"\A'", "")
    inside = [pc.is_in(same.loose(form), value_set=refused) for form in (ids, bare)]
    return pc.or_(*inside)


def _keys(ids: Any, same: Identities) -> Any:
    import pyarrow.compute as pc

    return pc.unique(same.loose(one(ids)))


def _batches(path: Path, form: Form) -> Iterator[tuple[Any, Any]]:
    """Ids and, where the list has them, actions, as Arrow texts."""
    import pyarrow as pa

    reader = _parquet if path.suffix == PARQUET else _text
    for batch in reader(path, form):
        if form.id not in batch.schema.names:
            raise IntegrityError(f"{path.name}: the list has no column {form.id}")
        actions = batch["action_id"] if "action_id" in batch.schema.names else None
        yield one(batch[form.id]).cast(pa.string()), actions


def _parquet(path: Path, form: Form) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        wanted = [name for name in file.schema_arrow.names if name in {form.id, "action_id"}]
        yield from file.iter_batches(BATCH, columns=wanted)


def _text(path: Path, form: Form) -> Iterator[Any]:
    # Python's own reader: another one than what is used to read sources.
    import csv

    import pyarrow as pa

    with path.open(encoding=form.encoding, newline="") as file:
        lines = csv.reader(file, strict=True, delimiter=form.delimiter)
        header = next(lines, [])
        wanted = [place for place, name in enumerate(header) if name in {form.id, "action_id"}]
        schema = pa.schema([(header[place], pa.string()) for place in wanted])
        held: list[list[str]] = [[] for _ in wanted]
        for row in lines:
            if len(row) != len(header):
                raise IntegrityError(f"{path.name}: a row has {len(row)} of {len(header)} cells")
            for texts, place in zip(held, wanted, strict=True):
                texts.append(row[place])
            if held and len(held[0]) >= BATCH:
                yield pa.record_batch([pa.array(texts, pa.string()) for texts in held], schema=schema)
                held = [[] for _ in wanted]
        yield pa.record_batch([pa.array(texts, pa.string()) for texts in held], schema=schema)


def _refuse_different(sums: Mapping[Path, tuple[int, str]]) -> None:
    for path, told in sums.items():
        beside = path.with_suffix(PARQUET)
        if path.suffix != PARQUET and sums.get(beside, told) != told:
            raise IntegrityError(
                f"{path.name} and {beside.name} do not name the same customers in the same order",
                got=f"{told[0]:,} and {sums[beside][0]:,} rows",
                mend="check the disk and run again: the lists published before are intact",
            )
