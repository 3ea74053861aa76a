"""The last look at the very bytes that would be published: nobody who is suppressed stands in them.

The files are read again from where they lie, by readers that did not write them; nothing that was
decided or counted before is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.errors import GateError, IntegrityError
from churnlab.lists.cells import inert
from churnlab.lists.identities import Identities
from churnlab.lists.matching import Flags, one

BATCH = 65_536  # rows read at once
LOOK = 1_000_000  # rows looked at together: who is refused is sorted into a table for each look
BLOCK = 1 << 22  # bytes of a CSV read at once
PARQUET = ".parquet"


@dataclass(frozen=True)
class Refused:
    """Arrow texts of ids: ``everywhere``: on no list, in whatever spelling; ``exactly``: on no list, these
    very ids (another spelling may have agreed). ``allows``: (ids, actions), Arrow texts without nulls
    -> (n,) who may get that action; None: nobody is asked.
    """

    everywhere: Any
    exactly: Any = None
    allows: Callable[[Any, Any], Flags] | None = None


@dataclass(frozen=True)
class Form:
    """How the lists are written. ``id``: the header of the customer's id."""

    id: str = "customer_id"
    delimiter: str = ","
    encoding: str = "utf-8"


def check(files: Iterable[Path], refused: Refused, same: Identities, form: Form = Form()) -> int:
    """The rows that were looked at in lists: those named ``*.parquet``, and text, whatever it is called.

    ``same``: which ids are one person; an id that the CSV escapes with ``'`` is looked at without it, too.

    Raises ``GateError`` (exit 4) where a suppressed customer stands in a list, or one with an action that
    is not allowed, ``IntegrityError`` (exit 5) where a list cannot be read back, or its CSV and its Parquet
    name different customers.
    """
    everywhere, exactly = _keys(refused.everywhere, same), _as_written(refused.exactly)
    looked, sums = 0, dict[Path, tuple[int, str]]()
    for path in sorted(files):
        found = _look(path, everywhere, exactly, refused.allows, same, form)
        _refuse(found.leaks, found.rows, f"suppressed customers stand in {path.name}")
        wrong = f"an action is named for customers who have not allowed it in {path.name}"
        _refuse(found.not_allowed, found.rows, wrong)
        looked, sums[path] = looked + found.rows, (found.rows, found.mark)
    _refuse_different(sums)
    return looked


def _refuse(leaks: int, rows: int, wrong: str) -> None:
    if leaks:
        raise GateError(
            f"no list: {wrong}",
            got=f"{leaks:,} of {rows:,} rows",  # never who
            mend="this is not the input's fault: report it; the lists published before are intact",
        )


@dataclass(frozen=True)
class _Looked:
    """Rows of a file, those of suppressed customers, those of actions that are not allowed; ``mark``: what
    stands for all ids in their order.
    """

    rows: int
    leaks: int
    not_allowed: int
    mark: str


def _look(
    path: Path,
    everywhere: Any,
    exactly: Any,
    allows: Callable[[Any, Any], Flags] | None,
    same: Identities,
    form: Form,
) -> _Looked:
    import hashlib

    rows, leaks, not_allowed, digest = 0, 0, 0, hashlib.sha256()
    try:
        for ids, actions in _looks(path, form):
            rows += len(ids)
            bare = _bare(ids)
            leaks += _leaks(ids, bare, everywhere, exactly, same)
            if allows is not None and actions is not None:
                # Parquet escapes nothing: there it is the very id that must have agreed.
                not_allowed += _not_allowed(ids, ids if path.suffix == PARQUET else bare, actions, allows)
            digest.update(_lines(bare))
    except IntegrityError:
        raise
    except Exception as error:  # whatever a reader does not like about bytes that we have written
        raise IntegrityError(
            f"{path.name}: the list cannot be read back",
            got=type(error).__name__,
            mend="check the disk and run again: the lists published before are intact",
        ) from error
    return _Looked(rows, leaks, not_allowed, digest.hexdigest())


def _bare(ids: Any) -> Any:
    """The ids without the ``'`` of a CSV; the very same array where none has one."""
    import pyarrow.compute as pc

    if not pc.any(pc.starts_with(ids, "'")).as_py():
        return ids
    return pc.replace_substring_regex(ids, r"\A'", "")


def _lines(ids: Any) -> memoryview:
    """All ids, each with a line end, as bytes."""
    import numpy as np
    import pyarrow.compute as pc

    lines = pc.binary_join_element_wise(ids, "", "\n")
    _, ends, content = lines.buffers()
    inside = np.frombuffer(ends, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(content)[inside[0] : inside[-1]] if len(lines) else memoryview(b"")


def _leaks(ids: Any, bare: Any, everywhere: Any, exactly: Any, same: Identities) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(ids):
        return 0
    forms = [same.loose(form) for form in ((ids,) if bare is ids else (ids, bare))]
    found = pc.or_(_any_form(forms, everywhere), pc.is_in(ids, value_set=exactly))
    return int(pc.sum(found.cast(pa.int64())).as_py() or 0)


def _not_allowed(ids: Any, bare: Any, actions: Any, allows: Callable[[Any, Any], Flags]) -> int:
    import pyarrow.compute as pc

    named = pc.not_equal(actions, "").fill_null(False)
    ids, bare_, actions = ids.filter(named), bare.filter(named), actions.filter(named)
    allowed = allows(ids, actions)
    if bare is not ids and not allowed.all():
        allowed = allowed | allows(bare_, actions)
    return int((~allowed).sum())


def _any_form(forms: list[Any], refused: Any) -> Any:
    from functools import reduce

    import pyarrow.compute as pc

    return reduce(pc.or_, (pc.is_in(form, value_set=refused) for form in forms))


def _keys(ids: Any, same: Identities) -> Any:
    import pyarrow.compute as pc

    return pc.unique(same.loose(one(ids)))


def _as_written(ids: Any) -> Any:
    """Ids as they stand in Parquet, and as they stand in a CSV."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if ids is None:
        return pa.array([], pa.string())
    plain = pc.unique(one(ids))
    return pc.unique(pa.chunked_array([plain, pa.array(map(inert, plain.to_pylist()), pa.string())]))


def _looks(path: Path, form: Form) -> Iterator[tuple[Any, Any]]:
    """The same as ``_batches`` gives, as many rows together as are looked at at once."""
    import pyarrow as pa

    def together(parts: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        ids, actions = zip(*parts, strict=True)
        return pa.concat_arrays(ids), None if actions[0] is None else pa.concat_arrays(actions)

    held: list[tuple[Any, Any]] = []
    for ids, actions in _batches(path, form):
        if ids.null_count:
            raise IntegrityError("a list has a row without customer_id", got=f"{ids.null_count} rows")
        held.append((ids, None if actions is None else one(actions).cast(pa.string())))
        if sum(len(part) for part, _ in held) >= LOOK:
            yield together(held)
            held = []
    if held:
        yield together(held)


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
    # Arrow's reader, which neither writes lists nor reads sources; Python's own takes six times as long.
    import pyarrow as pa
    import pyarrow.csv

    header = _header(path, form)
    wanted = [name for name in header if name in {form.id, "action_id"}]
    texts = pa.schema([(name, pa.string()) for name in wanted])
    yield pa.RecordBatch.from_pylist([], schema=texts)
    if form.id not in wanted:
        return
    encoding = (
        "utf-8" if form.encoding.startswith("utf-8") else form.encoding
    )  # a mark at the start is read over
    wrong: list[int] = []

    def refuse(row: Any) -> str:
        wrong.append(row.actual_columns)
        return "error"

    try:
        with pyarrow.csv.open_csv(
            path,
            pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK, encoding=encoding),
            pyarrow.csv.ParseOptions(
                delimiter=form.delimiter, newlines_in_values=True, invalid_row_handler=refuse
            ),
            pyarrow.csv.ConvertOptions(include_columns=wanted, column_types=texts, strings_can_be_null=False),
        ) as reader:
            yield from reader
    except pa.ArrowInvalid:
        if wrong:  # what Arrow says of it quotes the row
            raise IntegrityError(f"{path.name}: a row has {wrong[0]} of {len(header)} cells") from None
        raise


def _header(path: Path, form: Form) -> list[str]:
    """The names in the first row. All bytes must be text and every quote closed, in columns that nobody
    looks at, too.
    """
    import csv
    from codecs import getincrementaldecoder

    decoder, quotes = getincrementaldecoder(form.encoding)(), 0
    with path.open("rb") as file:
        while part := file.read(BLOCK):
            decoded = decoder.decode(part)
            quotes += decoded.count('"')
        decoder.decode(b"", final=True)
    if quotes % 2:
        raise ValueError("a quote is not closed")
    with path.open(encoding=form.encoding, newline="") as file:
        return next(csv.reader(file, strict=True, delimiter=form.delimiter), [])


def _refuse_different(sums: Mapping[Path, tuple[int, str]]) -> None:
    for path, told in sums.items():
        beside = path.with_suffix(PARQUET)
        if path.suffix != PARQUET and sums.get(beside, told) != told:
            raise IntegrityError(
                f"{path.name} and {beside.name} do not name the same customers in the same order",
                got=f"{told[0]:,} and {sums[beside][0]:,} rows",
                mend="check the disk and run again: the lists published before are intact",
            )
