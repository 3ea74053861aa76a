"""The report's table of relations: how many customers each type and profile has, their risk and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.rows import is_hidden
from churnlab.explain.exhibits import Exhibit, Row
from churnlab.strategy.relation import CooperationProfile, RelationshipType
from churnlab.strategy.worth import summed

Floats = NDArray[np.float64]

KINDS = (
    ("relationship_type", RelationshipType, "relation_types"),
    ("cooperation_profile", CooperationProfile, "relation_profiles"),
)
READ = ("churn_risk", "value_if_retained", *(name for name, *_ in KINDS))


def relation(lists: Path, decimals: int) -> Iterator[Exhibit]:
    """Of published lists; nothing of lists without that overlay. ``decimals``: of the currency."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(lists / "all.parquet") as file:
        if not set(READ) <= set(file.schema_arrow.names):
            return
        everyone = file.read(columns=list(READ))
    risk, value = (everyone[name].to_numpy().astype(np.float64) for name in READ[:2])
    valued = everyone["value_if_retained"].null_count < len(everyone)
    means = ("mean_risk", "percent"), ("mean_value", "money")
    for name, codes, exhibit in KINDS:
        members = everyone[name].to_numpy(zero_copy_only=False)
        rows = tuple(_rows(members, [str(code) for code in codes], risk, value if valued else None, decimals))
        columns = ((name, "word"), ("customers", "count"), *(means if valued else means[:1]))
        yield Exhibit("strategy", exhibit, columns, rows, ((f"{exhibit}_said", {}),))


def _rows(
    members: Any, codes: Sequence[str], risk: Floats, value: Floats | None, decimals: int
) -> Iterator[Row]:
    """Each code, and last who has none; of very few people nothing is told."""
    groups = [(f"relation_{code}", members == code) for code in codes]
    groups.append(("relation_none", members == None))  # noqa: E711 - elementwise
    counts = [int(some.sum()) for _, some in groups]
    for (name, some), count in zip(groups, counts, strict=True):
        if not count:
            continue
        # Summed as whole numbers, so that the order of the list does not show.
        means = [summed(risk[some], 6) / count]
        means += [] if value is None else [round(summed(value[some], decimals) / count, decimals)]
        hidden = is_hidden(count, counts)
        yield (name, None if hidden else count, *(None if hidden else mean for mean in means))
