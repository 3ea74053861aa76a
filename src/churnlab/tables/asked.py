"""Small questions to the engine, answered as plain values.

DuckDB itself is asked: through Ibis a single number would import pandas, half a second for whoever
explains one customer.
"""

from __future__ import annotations

from typing import Any


def records(con: Any, expr: Any) -> list[dict[str, Any]]:
    """The rows of a table expression, which are few. ``con``: an Ibis backend, or a bridge to a warehouse.

    >>> from churnlab import engine
    >>> import ibis
    >>> with engine.session("500MB", threads=1) as con:
    ...     records(con, ibis.range(3).unnest().name("n").as_table())
    [{'n': 0}, {'n': 1}, {'n': 2}]
    """
    if not hasattr(con, "raw_sql"):
        found: list[dict[str, Any]] = con.to_pyarrow(expr).to_pylist()
        return found
    names = expr.schema().names
    rows = con.con.execute(str(con.compile(expr))).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def value(con: Any, expr: Any) -> Any:
    """The value of a scalar expression, None where it is missing."""
    (row,) = records(con, expr.as_table())
    (found,) = row.values()
    return found


def count(con: Any, expr: Any) -> int:
    """The number of rows of a table expression."""
    return int(value(con, expr.count()))
