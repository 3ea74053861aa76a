"""Who was left out of the lists and why: a file of its own, never part of a campaign file.

    customer_id   quadrant   reasons                    details
    00042         retain     no_consent+cooldown        no_consent: email/marketing; cooldown: 2025-06-20

Where they stand is kept as well (``quadrant_since``, ``phase``, values), for the next lists to go on from.

The first reason is the one that a customer is counted under. Details are dates, counts, channels and
purposes; no free text of a source is among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Literal

import numpy as np

from churnlab.errors import GateError
from churnlab.lists import cells
from churnlab.lists.commit import Output
from churnlab.lists.matching import NEVER, Flags, Ints, one
from churnlab.lists.scored import ScoredCustomers
from churnlab.lists.suppression import BIT, BY_CONTACT, REASONS, Masks, Verdicts
from churnlab.snapshots import DAY, Calendar

NAME = "excluded"
TOLD = ("customer_id", "quadrant", "reasons", "details")
KEPT = ("quadrant_since", "phase", "value_if_retained", "value_expected")
COLUMNS = (*TOLD, *KEPT)


def schema() -> Any:
    """The Arrow schema of the audit."""
    import pyarrow as pa

    others = {
        "quadrant_since": pa.date32(),
        "value_if_retained": pa.float64(),
        "value_expected": pa.float64(),
    }
    return pa.schema([(name, others.get(name, pa.string())) for name in COLUMNS])


def rows(ids: Any, quadrant: Any, verdicts: Verdicts, zone: str, candidates: Flags | None = None) -> Any:
    """The customers of a block who are suppressed, as an Arrow table.

    ``ids``, ``quadrant``: (n,) texts. ``candidates``: as for ``Verdicts.reasons``.
    """
    import pyarrow as pa

    against = verdicts.reasons(candidates)
    out = np.flatnonzero(against)
    chosen = [one(pa.array(texts, pa.string())).take(out) for texts in (ids, quadrant)]
    named = _by_mask(against[out], lambda mask: "+".join(_named(mask)))
    closed = np.where(np.ones_like(verdicts.closed, bool) if candidates is None else candidates,
                      verdicts.closed, np.uint16(0))[out]  # fmt: skip
    details = _details(verdicts, against[out], closed, out, zone)
    wanted = schema()
    unknown = [pa.nulls(len(out), wanted.field(name).type) for name in KEPT]
    return pa.table([*chosen, named, details, *unknown], schema=wanted)


def with_places(table: Any, block: ScoredCustomers) -> Any:
    """The same with where its customers stand. ``block``: those of the table, in its order."""
    import pyarrow as pa

    worth = block.worth
    known = {
        "quadrant_since": block.quadrant_since,
        "phase": block.phase,
        "value_if_retained": None if worth is None else worth.if_retained,
        "value_expected": None if worth is None else worth.expected,
    }
    wanted = schema()
    for name, values in known.items():
        if values is not None:
            field = wanted.field(name)
            column = pa.array(values, field.type, from_pandas=True)
            table = table.set_column(wanted.get_field_index(name), field, column)
    return table


def joined(blocks: Sequence[Any]) -> Any:
    """All blocks as one table, by the bytes of the id: their order changes nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.concat_tables([schema().empty_table(), *blocks]).combine_chunks()
    return table.take(pc.sort_indices(table["customer_id"].cast(pa.binary())))


def counts(table: Any) -> dict[str, dict[str, int]]:
    """Customers by their first reason, which add up to all, and by any of their reasons; no ids.

    >>> import pyarrow as pa
    >>> told = pa.table({"reasons": ["objection", "objection+minor"]})
    >>> counts(told)
    {'first': {'objection': 2}, 'any': {'objection': 2, 'minor': 1}}
    """
    import pyarrow.compute as pc

    first: dict[str, int] = {}
    every: dict[str, int] = {}
    for pair in pc.value_counts(table["reasons"]).to_pylist():
        reasons = pair["values"].split("+")
        first[reasons[0]] = first.get(reasons[0], 0) + pair["counts"]
        for reason in reasons:
            every[reason] = every.get(reason, 0) + pair["counts"]
    order = [reason for reason in REASONS if reason in every]
    return {"first": {r: first[r] for r in order if r in first}, "any": {r: every[r] for r in order}}


def reconcile(eligible: int, listed: int, suppressed: Mapping[str, int], not_selected: int) -> None:
    """Raise ``GateError`` unless eligible = on the lists + suppressed by first reason + not selected."""
    parts = listed + sum(suppressed.values()) + not_selected
    if eligible != parts:
        raise GateError(
            "no list: the customers do not add up",
            got=f"{eligible:,} eligible; {listed:,} on lists + {sum(suppressed.values()):,} suppressed "
            f"+ {not_selected:,} not selected = {parts:,}",
            mend="this is not the input's fault: report it with the configuration",
        )


def outputs(table: Any, newline: Literal["lf", "crlf"] = "lf") -> dict[str, Output]:
    """``excluded.csv`` and ``excluded.parquet``, to be published beside the lists (mode 0600)."""
    described = "\n".join(f"{field.name} {field.type}" for field in schema())
    end = {"lf": "\n", "crlf": "\r\n"}[newline]

    def write_csv(file: BinaryIO) -> None:
        file.write((",".join(COLUMNS) + end).encode())
        file.writelines(_lines(batch, end) for batch in table.to_batches(max_chunksize=100_000))

    def write_parquet(file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        pq.write_table(table, file, compression="zstd", compression_level=3, row_group_size=100_000)

    return {
        f"{NAME}.csv": Output(write_csv, table.num_rows, described),
        f"{NAME}.parquet": Output(write_parquet, table.num_rows, described),
    }


def _lines(batch: Any, end: str) -> bytes:
    cells_of = ([_cell(text) for text in column.to_pylist()] for column in batch.columns)
    return "".join(",".join(row) + end for row in zip(*cells_of, strict=True)).encode()


def _cell(value: Any) -> str:
    # As in the lists: text in quotes that no spreadsheet runs, nothing where there is nothing.
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return '"' + cells.inert(value).replace('"', '""') + '"'


def _named(mask: int) -> list[str]:
    return [reason for reason in REASONS if mask & int(BIT[reason])]


def _by_mask(masks: Masks | Ints, text: Any) -> Any:
    """(m,) a text for each mask; every different mask is told once."""
    import pyarrow as pa

    different, places = np.unique(masks, return_inverse=True)
    return pa.array([text(int(mask)) for mask in different], pa.string()).take(pa.array(places.ravel()))


def _details(verdicts: Verdicts, against: Masks, closed: Masks, rows: Ints, zone: str) -> Any:
    """(m,) "reason: detail; ..." in the order of the reasons, of ``rows`` of the verdicts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for reason in REASONS:
        theirs = (against & BIT[reason]) > 0
        if theirs.any():
            told = _detail(reason, verdicts, closed, rows, zone)
            texts = pc.if_else(pc.is_valid(told), pc.binary_join_element_wise(reason, told, ": "), reason)
            parts.append(pc.if_else(pa.array(theirs), texts, None))
    if not parts:
        return pa.array([], pa.string())
    return pc.binary_join_element_wise(*parts, "; ", null_handling="skip")


def _detail(reason: str, verdicts: Verdicts, closed: Masks, rows: Ints, zone: str) -> Any:
    """(m,) what is known beside a reason, null where nothing is."""
    import pyarrow as pa

    if reason in verdicts.when:
        return _days(verdicts.when[reason][rows], zone)
    if reason == "yearly_cap":
        return pa.array(verdicts.contacted[rows]).cast(pa.string())
    if reason not in BY_CONTACT:
        return pa.nulls(len(rows), pa.string())
    labels = [f"{contact.channel}/{contact.purpose}" for contact in verdicts.contacts]
    named: list[str] = list(dict.fromkeys(labels))
    stopped = np.zeros((len(rows), len(named)), dtype=bool)
    for place, label in enumerate(labels):
        stopped[:, named.index(label)] |= (closed[:, place] & BIT[reason]) > 0
    weights = 1 << np.arange(len(named), dtype=object)
    masks = (stopped @ weights) if len(named) > 60 else stopped @ weights.astype(np.int64)
    return _by_mask(masks, lambda mask: ", ".join(n for place, n in enumerate(named) if mask >> place & 1))


def _days(instants: Ints, zone: str) -> Any:
    """(m,) local dates as text; null for what never happened or happened on an unknown day."""
    import pyarrow as pa

    known = instants > NEVER + 1
    days = Calendar(zone).walls(np.where(known, instants, 0)) // DAY
    dates = pa.array(days.astype(np.int32)).cast(pa.date32()).cast(pa.string())
    return pa.compute.if_else(pa.array(known), dates, None)
