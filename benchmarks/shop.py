"""A project on a generated world: the configuration a user would write, and its checked tables as given.

The files of a world have the form of checked tables already, so that what is measured from them
begins where loading ends, as for the peers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from churnlab.config import Project
    from churnlab.workflow.opening import Opened

MEMORY = "1GB"
END = date(2025, 12, 31)  # 730 days after 2024-01-01
COLUMNS = {
    "transactions": ("order_id", "amount", "discount", "product", "family", "channel", "store"),
    "interactions": ("type", "direction", "channel", "campaign"),
}


def project(transactions: Path, interactions: Path, out: Path, **more: Any) -> Project:
    """The project; ``more`` are further sections, such as ``models``."""
    from churnlab import config

    paths = {"transactions": transactions, "interactions": interactions}
    sources = {
        table: [
            {
                "name": table,
                "files": [str(paths[table])],
                "times": {"format": "epoch_us", "zone": "UTC"},
                "numbers": {"unit": "minor"},
                "columns": {name: name for name in ("customer_id", "time", *columns)},
                "complete_until": END,
            }
            | ({"negative_purchase": "refund"} if table == "transactions" else {})
        ]
        for table, columns in COLUMNS.items()
    }
    plan: dict[str, Any] = {
        "project": "shop",
        "time_zone": "UTC",
        "calendar": "fixed",
        "sources": sources,
        "data_roots": [str(transactions.parent)],
        "churn": {"horizon_days": 60},
        "features": {"engagement_types": ["review", "open"], "service_types": ["complaint", "ticket"]},
        "lists": {"folder": str(out)},
        "engine": {"memory": MEMORY, "threads": 2},
    }
    return config.from_mapping(plan | more).placed_in(out)


@contextmanager
def opened(asked: Project, transactions: Path, interactions: Path, rows: int) -> Iterator[Opened]:
    """The world as checked tables of ``asked``."""
    from churnlab import engine
    from churnlab.snapshots import Calendar
    from churnlab.tables.tables import SourceCount, Tables
    from churnlab.workflow.opening import Opened, silent

    paths = {"transactions": transactions, "interactions": interactions}
    with engine.session(asked.engine.memory, asked.engine.threads, [transactions.parent]) as con:
        for name, path in paths.items():
            con.con.execute(f"CREATE VIEW {name} AS SELECT * FROM '{path}'")
        counts = tuple(SourceCount(name, name, rows, rows, 0, 0, 0, {}) for name in paths)
        stored = {name: (name, ("customer_id", "time", *COLUMNS[name])) for name in paths}
        calendar = Calendar(asked.time_zone, asked.calendar)
        ends = dict.fromkeys(paths, calendar.instant(END))
        files = {name: [path] for name, path in paths.items()}
        yield Opened(asked, Tables(con, counts, ends, {}, {}, (), stored, files), calendar, silent)
