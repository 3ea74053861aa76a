"""One customer in the lists published for a date: what the campaign does, or why they were kept off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.explain import in_campaign
from churnlab.explain.in_campaign import InCampaign
from churnlab.lists import manifest
from churnlab.workflow import published


def campaign_of(project: Project, day: dt.date, customer: str) -> InCampaign | None:
    """What the lists of ``day`` say; None where there are none, the customer is in none of their files,
    or a list knows no campaign.

    Raises ``IntegrityError`` (exit 5) where their manifest was changed.
    """
    for run in published.lists(project, day):
        facts = manifest.read(run)
        drawn = facts.get("campaign")
        name = None if drawn is None else str(drawn["name"])
        out = _row([run / "excluded.parquet"], customer, ("reasons", "details"))
        if out is not None:
            return InCampaign.excluded(out, name, str(facts["model_version"]))
        files = [run / "all.parquet"]
        if not files[0].is_file():
            files = sorted(run.glob("quadrant=*/*.parquet"))
        row = None if name is None else _row(files, customer, (*in_campaign.COLUMNS, "model_version"))
        if row is not None and name is not None:
            # That of the row: who is lost already is scored by another one.
            return InCampaign.listed(row, name, str(row["model_version"]))
    return None


def _row(files: Sequence[Path], customer: str, columns: Sequence[str]) -> Mapping[str, Any] | None:
    """The one row of ``customer`` in any of ``files``."""
    import pyarrow.parquet as pq

    for path in files:
        if path.is_file():
            # Only the row groups that can hold the id are read. `partitioning`: a folder is no column.
            wanted = [("customer_id", "==", customer)]
            found = pq.read_table(path, columns=list(columns), filters=wanted, partitioning=None)
            if found.num_rows:
                row: Mapping[str, Any] = found.slice(0, 1).to_pylist()[0]
                return row
    return None
