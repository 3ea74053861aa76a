"""Scored customers to one table, checked and ranked: strategy by strategy, the most at stake first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.lists import gate
from churnlab.lists.columns import REASONS, schema
from churnlab.lists.gate import SCORE_DECIMALS
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.summary import Totals, summarise
from churnlab.strategy.worth import Worth, rounded

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Stamp:
    """What every row of a list says about where it comes from.

    ``run_id``: the run key or its beginning. ``exponent``: decimals of the currency.
    """

    run_id: str
    model_version: str
    scored_at: date
    valid_until: date
    currency: str
    value_basis: str | None = None
    exponent: int = 2
    locale: Literal["en", "fr"] = "en"


def build(scored: ScoredCustomers, stamp: Stamp) -> Any:
    """The table behind every list, as Arrow: rows by strategy, then rank; columns of ``columns.py``.

    Inside a strategy the highest expected loss comes first (the highest risk in a project without
    value), ties by value, then by the bytes of the id: the order of the input does not matter.
    Raises GateError where the scores must not be released.
    """
    import pyarrow as pa

    gate.check(scored, stamp.exponent)
    columns = {**_texts(scored, stamp), **_numbers(scored, stamp.exponent)}
    order, rank = _ranked(scored, columns)
    taken = {name: values[order] for name, values in columns.items()}
    taken["rank_in_list"] = rank
    return pa.table(
        [pa.array(taken[field.name], field.type, from_pandas=True) for field in schema()], schema=schema()
    )


def by_strategy(table: Any) -> dict[str, Any]:
    """Each strategy's part of the table, empty ones too, and ``all``: the whole table."""
    import pyarrow.compute as pc

    parts = {str(code): table.filter(pc.equal(table["quadrant"], str(code))) for code in Strategy}
    return {**parts, "all": table}


def totals(table: Any, exponent: int = 2) -> tuple[Totals, ...]:
    """Customers and sums per strategy, from the very amounts that are written."""
    column = {name: table[name].to_numpy() for name in ("quadrant", "churn_risk", "value_if_retained")}
    if np.isnan(column["value_if_retained"]).any():
        return summarise(column["quadrant"], column["churn_risk"], None, exponent)
    retained, stake = column["value_if_retained"], table["value_at_stake"].to_numpy()
    worth = Worth(
        retained,
        retained - stake,
        table["value_expected"].to_numpy(),
        stake,
        table["expected_loss"].to_numpy(),
    )
    return summarise(column["quadrant"], column["churn_risk"], worth, exponent)


def _texts(scored: ScoredCustomers, stamp: Stamp) -> dict[str, Texts]:
    def same(text: str | None) -> Texts:
        return np.full(len(scored), text, dtype=object)

    labels = {str(code): code.label(stamp.locale) for code in Strategy}
    columns = {
        "customer_id": scored.customer_id,
        "population": same("at_risk") if scored.population is None else scored.population,
        "run_id": same(stamp.run_id),
        "model_version": same(stamp.model_version),
        "scored_at": _same_date(stamp.scored_at, len(scored)),
        "valid_until": _same_date(stamp.valid_until, len(scored)),
        "segment": same(None) if scored.segment is None else scored.segment,
        "quadrant": scored.quadrant,
        "quadrant_raw": scored.quadrant if scored.quadrant_raw is None else scored.quadrant_raw,
        "risk_band": scored.risk_band,
        "value_basis": same(None if scored.worth is None else stamp.value_basis),
        "intensity_basis": scored.intensity_basis,
        "currency": same(stamp.currency),
        "quadrant_label": np.array([labels[code] for code in scored.quadrant], dtype=object),
    }
    for number in range(REASONS):
        columns[f"reason_{number + 1}_code"] = scored.reason_codes[:, number]
        columns[f"reason_{number + 1}_text"] = scored.reason_texts[:, number]
    return columns


def _same_date(day: date, rows: int) -> NDArray[Any]:
    return np.full(rows, np.datetime64(day, "D"))


def _numbers(scored: ScoredCustomers, exponent: int) -> dict[str, Floats]:
    missing = np.full(len(scored), np.nan)
    amounts = {name: rounded(values, exponent) for name, values in scored.amounts.items()}
    names = (
        "value_if_retained",
        "value_p10",
        "value_p90",
        "value_expected",
        "value_at_stake",
        "expected_loss",
    )
    return {
        "churn_risk": rounded(scored.churn_risk, SCORE_DECIMALS),
        "intensity": rounded(scored.intensity, SCORE_DECIMALS),
        **{name: amounts.get(name, missing) for name in names},
    }


def _ranked(
    scored: ScoredCustomers, columns: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the rows in list order, and each one's rank within its strategy, from 1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    place = {str(code): number for number, code in enumerate(Strategy)}
    strategy = np.array([place[code] for code in scored.quadrant], dtype=np.int64)
    worth = scored.worth is not None
    keys = pa.table(
        {
            "strategy": strategy,
            "priority": columns["expected_loss"] if worth else columns["churn_risk"],
            "value": columns["value_if_retained"] if worth else np.zeros(len(scored)),
            "id": pa.array(scored.customer_id, pa.string()).cast(pa.binary()),
        }
    )
    directions = [
        ("strategy", "ascending"),
        ("priority", "descending"),
        ("value", "descending"),
        ("id", "ascending"),
    ]
    order = pc.sort_indices(keys, sort_keys=directions).to_numpy().astype(np.int64)
    sizes = np.bincount(strategy, minlength=len(place))
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return order, np.arange(1, len(order) + 1) - starts
