"""Where a run works, and with how much: nothing here changes what is computed, but for a generated world."""

from __future__ import annotations

from pydantic import Field

from churnlab.config.section import Section


class Tracking(Section):
    """Where MLflow keeps runs and models."""

    uri: str | None = Field(
        None, description="null: MLFLOW_TRACKING_URI, else a SQLite file beside the project"
    )
    artifacts: str | None = Field(None, description="null: mlartifacts/ beside the project")


class Synthetic(Section):
    """A generated world, written where its files are missing before anything is read."""

    folder: str = "data/synthetic"
    customers: int = Field(3_000, ge=10, le=1_000_000)
    seed: int = Field(7, ge=0)


class Engine(Section):
    """Limits for the embedded engine."""

    memory: str = Field("2GB", pattern=r"^\d+(\.\d+)?(MB|GB)$")
    threads: int = Field(2, ge=1)
    shard_events: int | None = Field(
        None, ge=1, description="events of whole customers worked on at once; null: as memory allows"
    )
    cache: str = Field(
        "4GB",
        pattern=r"^(none|\d+(\.\d+)?(MB|GB))$",
        description="room for the panels of earlier runs, in the project's output folder; or none",
    )
