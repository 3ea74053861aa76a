"""A panel as Arrow rows, and back: what a task answers with, and what the driver puts together."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from churnlab.features.feature import Description
from churnlab.panel import Panel

# The kinds of columns, by the beginning of their names; no feature has a colon in its name.
NUMBER, CATEGORY, MEASURE, SEGMENT, SOONER = "number:", "category:", "measure:", "segment:", "sooner:"
_ABOUT = b"churnlab.features"


def as_rows(panel: Panel) -> Any:
    """An Arrow table of a panel, its features described in the schema."""
    import pyarrow as pa

    numeric = [feature.name for feature in panel.features if feature.kind == "number"]
    columns: dict[str, Any] = {
        "customer_id": pa.array(panel.customer_id, pa.string()),
        "as_of": pa.array(panel.as_of, pa.int64()),
        "churned": pa.array(panel.churned, pa.float64()),
        "value": pa.array(panel.value, pa.float64()),
    }
    columns |= {SOONER + name: pa.array(values, pa.float64()) for name, values in panel.sooner.items()}
    columns |= {
        NUMBER + name: pa.array(values) for name, values in zip(numeric, panel.numbers.T, strict=True)
    }
    columns |= {CATEGORY + name: pa.array(values, pa.string()) for name, values in panel.categories.items()}
    columns |= {MEASURE + name: pa.array(values, pa.float64()) for name, values in panel.measures.items()}
    columns |= {SEGMENT + name: pa.array(values, pa.string()) for name, values in panel.segments.items()}
    about = json.dumps([feature.as_dict() for feature in panel.features])
    return pa.table(columns).replace_schema_metadata({_ABOUT: about.encode()})


def as_panel(rows: Any) -> Panel:
    """The panel behind a table of rows."""
    features = tuple(Description(**each) for each in json.loads(rows.schema.metadata[_ABOUT]))
    numbers = [rows[name].to_numpy() for name in _named(rows, NUMBER)]
    return Panel(
        customer_id=_texts(rows["customer_id"]),
        as_of=rows["as_of"].to_numpy(),
        numbers=np.column_stack(numbers) if numbers else np.empty((len(rows), 0), np.float32),
        categories={name.removeprefix(CATEGORY): _texts(rows[name]) for name in _named(rows, CATEGORY)},
        features=features,
        churned=rows["churned"].to_numpy(),
        value=rows["value"].to_numpy(),
        measures={name.removeprefix(MEASURE): rows[name].to_numpy() for name in _named(rows, MEASURE)},
        segments={name.removeprefix(SEGMENT): _texts(rows[name]) for name in _named(rows, SEGMENT)},
        fingerprint="",
        sooner={name.removeprefix(SOONER): rows[name].to_numpy() for name in _named(rows, SOONER)},
    )


def _named(rows: Any, beginning: str) -> list[str]:
    return [name for name in rows.column_names if name.startswith(beginning)]


def _texts(column: Any) -> Any:
    return column.to_numpy().astype(object)
