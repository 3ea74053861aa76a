"""The panel: one row per customer and snapshot, and how it is made."""

from churnlab.panel.panel import Panel
from churnlab.panel.rows import build, exclusions
from churnlab.panel.supplied import of_snapshot_table

__all__ = ["Panel", "build", "exclusions", "of_snapshot_table"]
