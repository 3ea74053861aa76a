"""Four small pictures of checked tables, as SVG text: the same rows, the same bytes."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from churnlab.tables.money import exponent
from churnlab.tables.tables import Tables
from churnlab.tables.times import local_day, midnight

LEAST = 10  # customers behind a bar; fewer could be recognised
_MONTHS = 600
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # no clock, no foreign address
_STYLE = {
    "svg.fonttype": "path",
    "svg.hashsalt": "churnlab",
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same letters everywhere
    "font.size": 9,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Picture:
    """``svg`` is the one text of the report that is not escaped: it is ours, letter by letter."""

    title: str
    caption: str
    svg: Markup


def histograms(tables: Tables, zone: str, currency: str) -> Iterator[Picture]:
    """Events a month, customers by first order, orders a customer, amounts; labels of a snapshot."""
    if tables.has("snapshot"):
        yield from _labels(tables)
    if not tables.has("transactions"):
        return
    lines = tables.table("transactions")
    bounds = _months(tables, zone)
    names = [f"{local_day(bound, zone):%Y-%m}" for bound in bounds[:-1]]
    yield _bars(
        "Lines a month",
        "Accepted transaction lines by local month.",
        names,
        _binned(tables, lines, "time", bounds),
    )
    first = lines.group_by("customer_id").aggregate(time=lines.time.min())
    firsts = _binned(tables, first, "time", bounds)
    yield _bars(
        "Customers by month of first line", "Each customer once, in the month first seen.", names, firsts
    )
    sizes = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 10**12]
    lines_each = lines.group_by("customer_id").aggregate(lines=lines.count())
    yield _bars(
        "Lines a customer",
        "How many customers have that many lines.",
        [_range(low, high) for low, high in itertools.pairwise(sizes)],
        _binned(tables, lines_each, "lines", sizes),
    )
    if "amount" in tables.columns("transactions"):
        yield _amounts(tables, lines, currency)


def _amounts(tables: Tables, lines: Any, currency: str) -> Picture:
    steps = [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
    unit = 10 ** exponent(currency)
    bounds = [-(2**62), 0, 1, *(step * unit for step in steps), 2**62]
    names = ["refund", "0", f"under {steps[0]}", *(f"{step:,}+".replace(",", "\u202f") for step in steps)]
    counted = _binned(tables, lines, "amount", bounds)
    last = max((place for place, (rows, _) in enumerate(counted) if rows), default=0)
    caption = f"Accepted lines by amount in {currency}; each bar reaches up to the next."
    return _bars("Amounts", caption, names[: last + 1], counted[: last + 1])


def _labels(tables: Tables) -> Iterator[Picture]:
    rows = tables.table("snapshot")
    grouped = rows.group_by("label").aggregate(rows=rows.count()).order_by("label")
    found = tables.con.to_pyarrow(grouped).to_pylist()[:20]
    counted = [(row["rows"], row["rows"]) for row in found]
    yield _bars("Labels", "Customers by supplied label.", [str(row["label"])[:30] for row in found], counted)


def _months(tables: Tables, zone: str) -> list[int]:
    """The local midnights that begin the months of the transactions, and the one after the last."""
    lines = tables.table("transactions")
    ends = tables.con.to_pyarrow(lines.aggregate(first=lines.time.min(), last=lines.time.max())).to_pylist()[
        0
    ]
    if ends["first"] is None:
        return []
    first, last = local_day(ends["first"], zone), local_day(ends["last"], zone)
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month
    start = max(start, end - _MONTHS)
    return [midnight(date(month // 12, month % 12 + 1, 1), zone) for month in range(start, end + 1)]


def _binned(tables: Tables, rows: Any, column: str, bounds: Sequence[int]) -> list[tuple[int, int]]:
    """(rows, customers) in each ``[bounds[i], bounds[i + 1])``."""
    if len(bounds) < 2:
        return []
    binned = rows.mutate(bin=rows[column].bucket(list(bounds), close_extreme=False))
    grouped = binned.group_by("bin").aggregate(rows=binned.count(), customers=binned.customer_id.nunique())
    found = {row["bin"]: row for row in tables.con.to_pyarrow(grouped).to_pylist()}
    empty = {"rows": 0, "customers": 0}
    picked = [found.get(place, empty) for place in range(len(bounds) - 1)]
    return [(row["rows"], row["customers"]) for row in picked]


def _range(low: int, high: int) -> str:
    if high - low == 1:
        return str(low)
    return f"{low}+" if high > 10**9 else f"{low}-{high - 1}"


def _bars(title: str, caption: str, names: Sequence[str], counted: Sequence[tuple[int, int]]) -> Picture:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    heights = [rows if customers >= LEAST else 0 for rows, customers in counted]
    out = io.StringIO()
    with mpl.rc_context(_STYLE):
        # Not pyplot: it keeps figures and settings for the whole process.
        figure = Figure(figsize=(7, 2.6))
        axes = figure.add_subplot()
        axes.bar(range(len(heights)), heights, color="#0072B2", width=0.8)
        axes.set_title(title)
        shown = range(0, len(names), max(1, -(-len(names) // 12)))
        axes.set_xticks(list(shown), [names[place] for place in shown], rotation=30, ha="right")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        FigureCanvasSVG(figure).print_svg(out, metadata=_NO_METADATA)
    text = out.getvalue()
    return Picture(title, caption, Markup(text[text.index("<svg") :]))  # noqa: S704 - drawn here
