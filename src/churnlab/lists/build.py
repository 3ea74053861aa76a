"""Scored customers as the rows of a list: first what differs from one to the next, last all columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.lists.columns import COLUMNS, NOTHING, REASONS, RELATION, ROLLED, Added, risk_within, schema
from churnlab.lists.gate import SCORE_DECIMALS
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy.moments import Moments
from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Stamp:
    """What every row of a list says about where it comes from.

    ``run_id``: the run key or its beginning. ``exponent``: decimals of the currency.
    ``lost_version``: the models behind who is lost already, where those have models of their own.
    ``value_basis``: None in a project without value. ``also_days``: the shorter horizons that lists
    have risks of. ``relation``, ``parents``: whether lists have those overlays.
    """

    run_id: str
    model_version: str
    scored_at: date
    valid_until: date
    currency: str
    value_basis: str | None = None
    exponent: int = 2
    locale: Literal["en", "fr"] = "en"
    also_days: tuple[int, ...] = ()
    lost_version: str | None = None
    relation: bool = False
    parents: bool = False

    @property
    def added(self) -> Added:
        """The columns that are not in every list."""
        return Added(self.also_days, self.relation, self.parents)


# The same in all rows, or known from another column: added when the list is written.
_LATER = ("run_id", "model_version", "scored_at", "valid_until", "value_basis", "currency")
# What a campaign says, once everybody is known.
DECIDED = frozenset(
    (
        "action_id",
        "action_channel",
        "action_label",
        "expected_saved_value",
        "expected_cost",
        "uplift_source",
        "decision",
        "arm",
        "owner",
    )
)
LATER = frozenset((*_LATER, "rank_in_list", "quadrant_label", *DECIDED, *ROLLED))


def rows_schema(added: Added = NOTHING) -> Any:
    """The Arrow schema of ``rows``."""
    import pyarrow as pa

    return pa.schema([field for field in schema(added) if field.name not in LATER])


def rows(scored: ScoredCustomers, exponent: int) -> Any:
    """The columns of a list that differ from row to row, as an Arrow table in the order of the input.

    ``exponent``: decimals of the currency; amounts and scores are rounded here, once.
    """
    import pyarrow as pa

    columns: dict[str, NDArray[Any]] = {**_texts(scored), **_numbers(scored, exponent)}
    columns["critical_due"] = (scored.moments or Moments.none(len(scored))).due
    wanted = rows_schema(Added(tuple(scored.sooner), scored.relations is not None, scored.parent is not None))
    made = [pa.array(columns[field.name], field.type, from_pandas=True) for field in wanted]
    return pa.table(made, schema=wanted)


def complete(
    table: Any, first_rank: int, stamp: Stamp, *, valued: bool, told: Mapping[str, Any] | None = None
) -> Any:
    """All columns of the list, from ``rows`` of one strategy in list order, as one chunk each.

    ``first_rank``: the rank of the first row. ``valued``: whether the project has value. ``told``: name ->
    column of what a campaign and parents say of these rows; what they do not tell is left empty.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    n = table.num_rows
    same = {name: getattr(stamp, name) for name in _LATER}
    if not valued:
        same["value_basis"] = None
    labels = {str(code): code.label(stamp.locale) for code in Strategy}
    same["quadrant_label"] = labels[table["quadrant"][0].as_py()] if n else None
    columns, wanted, known = [], schema(stamp.added), told or {}
    for field in wanted:
        if field.name == "model_version" and stamp.lost_version is not None:
            lost = pc.equal(table["population"], "lost")
            columns.append(pc.if_else(lost, stamp.lost_version, stamp.model_version))
        elif field.name in same:
            columns.append(pa.repeat(pa.scalar(same[field.name], field.type), n))
        elif field.name == "quadrant_since":
            # Whoever did not stand there before does since this list.
            columns.append(table[field.name].fill_null(pa.scalar(stamp.scored_at, field.type)))
        elif field.name in DECIDED or field.name in ROLLED:
            columns.append(known[field.name] if field.name in known else pa.nulls(n, field.type))
        elif field.name == "rank_in_list":
            columns.append(pa.array(np.arange(first_rank, first_rank + n), field.type))
        else:
            columns.append(table[field.name])
    return pa.table(columns, schema=wanted).combine_chunks()


def _texts(scored: ScoredCustomers) -> dict[str, NDArray[Any]]:
    def same(text: str | None) -> Texts:
        return np.full(len(scored), text, dtype=object)

    moments = scored.moments or Moments.none(len(scored))
    columns: dict[str, NDArray[Any]] = {
        "customer_id": scored.customer_id,
        "population": same("at_risk") if scored.population is None else scored.population,
        "segment": same(None) if scored.segment is None else scored.segment,
        "quadrant": scored.quadrant,
        "quadrant_raw": scored.quadrant if scored.quadrant_raw is None else scored.quadrant_raw,
        "quadrant_previous": same(None) if scored.quadrant_previous is None else scored.quadrant_previous,
        "quadrant_since": same(None) if scored.quadrant_since is None else scored.quadrant_since,
        "phase": same(None) if scored.phase is None else scored.phase,
        "risk_band": scored.risk_band,
        "intensity_basis": scored.intensity_basis,
        "critical_moment": moments.primary,
        "critical_all": moments.codes,
        **({} if scored.parent is None else {"parent": scored.parent}),
    }
    if scored.relations is not None:
        columns["relationship_type"] = scored.relations.type
        columns["cooperation_profile"] = scored.relations.profile
    for number in range(REASONS):
        columns[f"reason_{number + 1}_code"] = scored.reason_codes[:, number]
        columns[f"reason_{number + 1}_text"] = scored.reason_texts[:, number]
    return columns


def _numbers(scored: ScoredCustomers, exponent: int) -> dict[str, Floats]:
    missing = np.full(len(scored), np.nan)
    amounts = {name: rounded(values, exponent) for name, values in scored.amounts.items()}
    return {
        "churn_risk": rounded(scored.churn_risk, SCORE_DECIMALS),
        **{risk_within(days): rounded(risk, SCORE_DECIMALS) for days, risk in scored.sooner.items()},
        "intensity": rounded(scored.intensity, SCORE_DECIMALS),
        **_dimensions(scored),
        **{column.name: amounts.get(column.name, missing) for column in COLUMNS if column.kind == "money"},
    }


def _dimensions(scored: ScoredCustomers) -> dict[str, Floats]:
    if scored.relations is None:
        return {}
    kinds = [column.name for column in RELATION if column.kind == "score"]
    return {name: getattr(scored.relations, name.removeprefix("dimension_")) for name in kinds}
