"""The panel: one row per customer and snapshot, and how it is made."""

from churnlab.panel.outcomes import Ahead
from churnlab.panel.panel import Panel
from churnlab.panel.rows import PARENT, Questions, answered, build, finished, gathered, nobody
from churnlab.panel.supplied import of_snapshot_table

__all__ = [
    "PARENT", "Ahead", "Panel", "Questions", "answered", "build", "finished", "gathered", "nobody",
    "of_snapshot_table",
]  # fmt: skip
