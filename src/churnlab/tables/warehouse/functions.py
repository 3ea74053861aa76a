"""Functions of an engine that Ibis has no word for, as Ibis functions of one or two arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


def function(name: str, gives: str, *values: Any) -> Any:
    """The engine's function ``name`` of columns or plain values; ``gives``: the type of its result."""
    import ibis

    columns = [value if hasattr(value, "op") else ibis.literal(value) for value in values]
    return _function(name, gives, tuple(str(column.type()) for column in columns))(*columns)


@cache  # two functions of one name are not equal to Ibis, and their results would be computed twice
def _function(name: str, gives: str, takes: tuple[str, ...]) -> Any:
    import ibis

    shapes: dict[int, Callable[..., None]] = {1: lambda _a: None, 2: lambda _a, _b: None}
    return ibis.udf.scalar.builtin(shapes[len(takes)], name=name, signature=(takes, gives))
