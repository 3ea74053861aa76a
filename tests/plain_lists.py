"""What a list is, the plain way: one table of everybody, sorted at once, written cell by cell.

An oracle for ``churnlab.lists``, with which it shares the columns and the schema only.
"""

import datetime as dt
import functools
import io
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.lists.columns import COLUMNS, schema
from churnlab.strategy.quadrants import Strategy

PLACES = [str(code) for code in Strategy]
TRIGGERS = set("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
NO_WIDTH = {*map(chr, [*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2065), 0xFEFF])}


def rows(people, stamp):
    """Everybody as dicts without a rank, in the order of the input."""
    worth = people.worth

    def amount(values, i):
        return None if values is None else np.round(values[i], stamp.exponent) + 0.0

    return [
        {
            "customer_id": people.customer_id[i],
            "population": "at_risk" if people.population is None else people.population[i],
            "run_id": stamp.run_id,
            "model_version": stamp.model_version,
            "scored_at": stamp.scored_at,
            "valid_until": stamp.valid_until,
            "segment": None if people.segment is None else people.segment[i],
            "quadrant": people.quadrant[i],
            "quadrant_raw": (people.quadrant if people.quadrant_raw is None else people.quadrant_raw)[i],
            "quadrant_previous": None if people.quadrant_previous is None else people.quadrant_previous[i],
            "quadrant_since": since(people, i) or stamp.scored_at,
            "phase": None if people.phase is None else people.phase[i],
            "churn_risk": np.round(people.churn_risk[i], 6) + 0.0,
            "risk_band": people.risk_band[i],
            "value_if_retained": amount(worth and worth.if_retained, i),
            "value_p10": amount(people.value_p10, i),
            "value_p90": amount(people.value_p90, i),
            "value_expected": amount(worth and worth.expected, i),
            "value_at_stake": amount(worth and worth.at_stake, i),
            "value_basis": stamp.value_basis if worth else None,
            "expected_loss": amount(worth and worth.expected_loss, i),
            "intensity": None if np.isnan(people.intensity[i]) else np.round(people.intensity[i], 6) + 0.0,
            "intensity_basis": people.intensity_basis[i],
            "critical_moment": people.moments and people.moments.primary[i],
            "critical_due": people.moments and people.moments.due[i].item(),
            "critical_all": people.moments and people.moments.codes[i],
            **{f"reason_{n + 1}_code": people.reason_codes[i, n] for n in range(3)},
            **{f"reason_{n + 1}_text": people.reason_texts[i, n] for n in range(3)},
            "currency": stamp.currency,
            "quadrant_label": Strategy(people.quadrant[i]).label(stamp.locale),
        }
        for i in range(len(people))
    ]


def since(people, i):
    """The day since when, None where that is not before this list."""
    days = people.quadrant_since
    return None if days is None or np.isnat(days[i]) else days[i].item()


def compare(one, other):
    """Pairwise: strategy, then loss (or risk) down, value down, bytes of the id up."""
    loss = "churn_risk" if one["expected_loss"] is None else "expected_loss"
    keys = [
        lambda row: PLACES.index(row["quadrant"]),
        lambda row: -row[loss],
        lambda row: -(row["value_if_retained"] or 0),
        lambda row: row["customer_id"].encode(),
    ]
    for key in keys:
        if key(one) != key(other):
            return -1 if key(one) < key(other) else 1
    return 0


def table(people, stamp):
    """Everybody in list order, with ranks."""
    ordered = sorted(rows(people, stamp), key=functools.cmp_to_key(compare))
    seen = dict.fromkeys(PLACES, 0)
    for row in ordered:
        seen[row["quadrant"]] += 1
        row["rank_in_list"] = seen[row["quadrant"]]
    return pa.Table.from_pylist(ordered, schema=schema())


def cell(column, value, exponent):
    if value is None:
        return ""
    if column.kind in {"id", "text"}:
        return '"' + inert(value).replace('"', '""') + '"'
    if isinstance(value, dt.date):
        return value.isoformat()
    return {"score": "%.6f", "money": f"%.{exponent}f", "count": "%d"}[column.kind] % value


def inert(text):
    for letter in text:
        if letter in TRIGGERS:
            return "'" + text
        if not letter.isspace() and unicodedata.category(letter) != "Cc" and letter not in NO_WIDTH:
            break
    return text


def csv(whole, exponent=2, end="\n"):
    """A table as the bytes of a CSV."""
    lines = [",".join(column.name for column in COLUMNS)]
    for row in whole.to_pylist():
        lines.append(",".join(cell(column, row[column.name], exponent) for column in COLUMNS))
    return "".join(line + end for line in lines).encode()


def parquet(whole):
    """A table as the bytes of a Parquet file, written at once."""
    file = io.BytesIO()
    pq.write_table(
        whole.combine_chunks(), file, version="2.6", compression="zstd", compression_level=3,
        row_group_size=100_000,
    )  # fmt: skip
    return file.getvalue()


def files(people, stamp, exponent=2, end="\n"):
    """Name -> bytes of every list."""
    everybody = table(people, stamp)
    mask = everybody["quadrant"].to_numpy(zero_copy_only=False)
    parts = {name: everybody.filter(pa.array(mask == name)) for name in PLACES} | {"all": everybody}
    found = {}
    for name, part in parts.items():
        found[f"{name}.csv"] = csv(part, exponent, end)
        found[f"{name}.parquet"] = parquet(part)
    return found
