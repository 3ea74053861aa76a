"""One select as several, one on top of the other, so that nothing is computed twice a row.

An expression of the row rules names a part of itself many times: whether a text matches its pattern,
the amount in cents. SQL has no names for parts, and DuckDB does not look for equal ones inside CASE.

    SELECT CASE WHEN f(a) THEN f(a) END    ->    1: SELECT a, f(a) AS __1_0
                                                 2: SELECT CASE WHEN __1_0 THEN __1_0 END FROM 1

Only what is computed for every row anyway gets a name: the far side of a CASE stays where it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Layers:
    """Named selects, each over the one before. ``con``: the Ibis backend that spells them."""

    con: Any
    selects: list[tuple[str, str]] = field(default_factory=list)

    def add(self, expr: Any) -> Any:
        """A select over the table before it; returned as the table that the next one reads."""
        values, below = dict(expr.op().values), expr.op().parent.to_expr()
        while ready := _ready(values):
            named = {f"__{len(self.selects)}_{n}": node for n, node in enumerate(ready)}
            kept = {column: below[column] for column in _read(values, below)}
            above = self._add(below.select(**kept, **{name: node.to_expr() for name, node in named.items()}))
            places = {node: above[name].op() for name, node in named.items()}
            places |= {column.op(): above[name].op() for name, column in kept.items()}
            values = {key: _replaced(node, places) for key, node in values.items()}
            below = above
        return self._add(below.select(**{key: node.to_expr() for key, node in values.items()}))

    def add_sql(self, sql: str, schema: Any) -> Any:
        """The same for a select that is text already."""
        import ibis

        self.selects.append((f"layer_{len(self.selects)}", sql))
        return ibis.table(schema, name=self.selects[-1][0])

    def statement(self) -> str:
        """All of it as one select."""
        # Materialised, each would be written out and read again.
        named = [f'"{name}" AS NOT MATERIALIZED ({sql})' for name, sql in self.selects]
        return f'WITH {", ".join(named)} FROM "{self.selects[-1][0]}"'

    def _add(self, step: Any) -> Any:
        return self.add_sql(self.con.compile(step), step.schema())


def _ready(values: Mapping[str, Any]) -> list[Any]:
    """Slow parts that are written more than once, computed for every row, and hold no other such part."""
    times = _times(values)
    wanted = [node for node in _always(values.values()) if times[node] > 1 and _is_slow(node)]
    among = set(wanted)
    return [node for node in wanted if not (set(_values(node)) - {node}) & among]


def _times(values: Mapping[str, Any]) -> Counter[Any]:
    """How often each part is written once the expression is text."""
    order: list[Any] = []  # what a part is made of comes before it
    seen: set[Any] = set()

    def visit(node: Any) -> None:
        if node not in seen:
            seen.add(node)
            for child in _children(node):
                visit(child)
            order.append(node)

    for value in values.values():
        visit(value)
    times: Counter[Any] = Counter(values.values())
    for node in reversed(order):
        for child in _children(node):
            times[child] += times[node]
    return times


def _always(values: Any) -> list[Any]:
    """The parts that the engine computes for every row."""
    found: dict[Any, None] = {}
    waiting = list(values)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += _near(node)
    return list(found)


def _near(node: Any) -> list[Any]:
    """What a part needs in any case: of a CASE, its first question."""
    import ibis.expr.operations as ops

    if isinstance(node, ops.IfElse):
        return [node.bool_expr]
    if isinstance(node, ops.SearchedCase):
        return [node.cases[0]]
    if isinstance(node, ops.Coalesce):
        return [node.arg[0]]
    return _children(node)


def _is_slow(node: Any) -> bool:
    import ibis.expr.operations as ops

    slow = (
        ops.RegexSearch,
        ops.RegexReplace,
        ops.RegexExtract,
        ops.TryCast,
        ops.ScalarUDF,
        ops.StringReplace,
    )
    return any(isinstance(part, slow) for part in _values(node))


def _values(node: Any) -> Iterator[Any]:
    import ibis.expr.operations as ops

    return (part for part in [node, *node.find(ops.Value)] if isinstance(part, ops.Value))


def _children(node: Any) -> list[Any]:
    import ibis.expr.operations as ops

    found: list[Any] = []
    for each in node.__args__:
        found += each if isinstance(each, tuple) else [each]
    return [each for each in found if isinstance(each, ops.Value)]


def _read(values: Mapping[str, Any], below: Any) -> list[str]:
    """The columns of the table below that anything still reads, in their order."""
    import ibis.expr.operations as ops

    read = {part.name for node in values.values() for part in _values(node) if isinstance(part, ops.Field)}
    return [column for column in below.columns if column in read]


def _replaced(node: Any, places: Mapping[Any, Any]) -> Any:
    def replaced(each: Any, children: dict[str, Any] | None) -> Any:
        found = places.get(each)
        if found is not None:
            return found
        return each.__recreate__(children) if children else each

    return places.get(node) or node.replace(replaced)
