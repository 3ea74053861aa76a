"""The same panel and the same lists, made on a Spark cluster: one task a shard, the same functions.

    tables (Parquet or a catalogue)
        | parcels        each task deals its rows to shards by a hash of the customer, as Arrow bytes
        v
    whole customers      one group a shard, gathered by Spark
        | work           shards.of_arrow -> eligible -> History -> features -> models -> reasons
        v
    panel on the driver, or partitioned Parquet lists and their manifest

Nothing here computes a feature or a score: results are equal to the local ones to the bit.
PySpark is imported inside functions only; workers need churnlab, not its tracker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from churnlab.spark.inputs import SparkTables, of_catalogue, of_folder, save
    from churnlab.spark.panels import panel, panel_frame
    from churnlab.spark.scoring import score
    from churnlab.spark.sessions import local
    from churnlab.spark.training import train

__all__ = [
    "SparkTables",
    "local",
    "of_catalogue",
    "of_folder",
    "panel",
    "panel_frame",
    "save",
    "score",
    "train",
]

_HOMES = {
    "SparkTables": "inputs",
    "local": "sessions",
    "of_catalogue": "inputs",
    "of_folder": "inputs",
    "panel": "panels",
    "panel_frame": "panels",
    "save": "inputs",
    "score": "scoring",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    # Lazy on purpose: a worker that unpacks a parcel needs no tracker and no session.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"churnlab.spark.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'churnlab.spark' has no attribute {name!r}")
