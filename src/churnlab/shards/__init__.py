"""Whole customers and all their events, as sorted columns: the unit of all work after the tables."""

from churnlab.shards.columns import can_compile
from churnlab.shards.rows import of_arrow
from churnlab.shards.shard import EVENT_TABLES, EVER, NEVER, Events, Shard
from churnlab.shards.stream import Limits, each, mapped
from churnlab.shards.supplied import of_snapshot_table

__all__ = [
    "EVENT_TABLES",
    "EVER",
    "NEVER",
    "Events",
    "Limits",
    "Shard",
    "can_compile",
    "each",
    "mapped",
    "of_arrow",
    "of_snapshot_table",
]
