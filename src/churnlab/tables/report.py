"""The data report: one static page on what was read, what was set aside, and what the rest looks like.

No script, no address, no customer: the page can be sent to anyone who may know how the business does.
The same tables give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from churnlab.tables.checked import expected
from churnlab.tables.counts import by_size
from churnlab.tables.histograms import LEAST, histograms
from churnlab.tables.tables import Tables
from churnlab.tables.times import local_day

_PARTS = ("read", "accepted", "quarantined", "duplicates", "out_of_period")


def page(tables: Tables, project: str, zone: str, currency: str) -> str:
    """The report as HTML. ``zone``: the business zone, whose days and months are counted."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Everything but our own pictures is escaped: file names and notes come from outside.
    environment = Environment(
        loader=PackageLoader("churnlab.tables"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = _grouped
    counts = [asdict(count) for count in tables.counts]
    return environment.get_template("data_report.html.j2").render(
        project=project,
        zone=zone,
        currency=currency,
        parts=_PARTS,
        counts=counts,
        total={part: sum(count[part] for count in counts) for part in _PARTS},
        reasons=list(_reasons(tables)),
        spans=list(_spans(tables, zone)),
        notes=tables.notes,
        pictures=list(histograms(tables, zone, currency)),
        least=LEAST,
        digests=sorted(tables.digests.items()),
    )


def _grouped(number: int) -> str:
    """``1469307`` as ``1 469 307``, with spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")


def _reasons(tables: Tables) -> Iterator[dict[str, Any]]:
    for count in tables.counts:
        for reason, rows in by_size(count.reasons):
            place = f"{count.table}.{count.source}"
            share = rows / count.read
            yield {
                "place": place,
                "reason": reason,
                "rows": rows,
                "share": share,
                "expected": expected(reason),
            }


def _spans(tables: Tables, zone: str) -> Iterator[dict[str, Any]]:
    for name in tables.stored:
        rows = tables.table(name)
        measures = {"rows": rows.count(), "customers": rows.customer_id.nunique()}
        if "time" in tables.columns(name):
            measures |= {"first": rows.time.min(), "last": rows.time.max()}
        found = tables.con.to_pyarrow(rows.aggregate(**measures)).to_pylist()[0]
        times = {**found, "until": tables.watermarks.get(name)}
        days = {
            key: "" if times.get(key) is None else local_day(times[key], zone).isoformat()
            for key in ("first", "last", "until")
        }
        yield {"table": name, "rows": found["rows"], "customers": found["customers"], **days}
