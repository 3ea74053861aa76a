"""From a table of one row a customer, with a supplied label, to a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from churnlab import shards
from churnlab.config.project import FeaturePlan
from churnlab.errors import DataError
from churnlab.features.own import Family
from churnlab.history import History
from churnlab.panel.panel import Panel, joined, stamped
from churnlab.panel.rows import Measures, described
from churnlab.snapshots import Calendar

if TYPE_CHECKING:
    from churnlab.tables import Tables

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


def of_snapshot_table(
    tables: Tables,
    positive: str,
    negative: str | None,
    as_of: int,
    *,
    plan: FeaturePlan,
    families: Mapping[str, Family],
    measures: Measures,
    segments: Sequence[str],
    exponent: int,
) -> Panel:
    """One row a customer, from a table with a supplied label: its attributes are the features.

    ``positive`` is the label that means churned, ``negative`` the one that means stayed (None: the
    only other one there is). A row without a label can only be scored: ``churned`` is NaN.
    """
    shard, supplied, worth = shards.of_snapshot_table(tables, as_of)
    past = History.of(shard, Calendar("UTC"), plan)
    part = described(shard, past, families, measures, segments, exponent)
    part = replace(part, churned=_supplied(supplied, positive, negative))
    if worth is not None:
        part = replace(part, value=worth / 10**exponent)
    asked = {"positive": positive, "negative": negative, "features": plan.model_dump(mode="json")}
    return stamped(joined([part]), tables.digests, asked)


def _supplied(supplied: Texts, positive: str, negative: str | None) -> Floats:
    found = sorted({label for label in supplied if label is not None})
    others = [label for label in found if label != positive]
    # Where nothing says which label means stayed, both must be there to be told apart.
    fits = others in ([], [negative]) if negative else not found or (positive in found and len(others) < 2)
    if not fits:
        raise DataError(
            f"the labels are not {positive!r} and {repr(negative) if negative else 'one other'}",
            got=", ".join(repr(label) for label in found[:10]) + (" ..." if len(found) > 10 else ""),
            mend="set churn.positive_label and churn.negative_label to the two labels of the table",
        )
    churned: Floats = (supplied == positive).astype(np.float64)
    churned[supplied == None] = np.nan  # noqa: E711  elementwise
    return churned
