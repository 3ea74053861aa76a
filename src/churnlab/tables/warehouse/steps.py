"""One expression as a chain of small selects, so that nothing is computed twice a row.

    staged  ->  parsed_1  ->  parsed_2  ->  ...  ->  parsed
                patterns      numbers                reasons

SQL has no name for a part of an expression: what an expression uses ten times is written, and done,
ten times. Each step gives a name to what is ready and used more than once. In Postgres ``OFFSET 0``
keeps the planner from writing the steps back into one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.tables.warehouse.dialects import Dialect, Respelling


@dataclass(frozen=True, eq=False)
class Step:
    """A named select: an Ibis expression over the table that the step before it names."""

    name: str
    expr: Any

    @property
    def table(self) -> Any:
        """The step as a table for the next one."""
        import ibis

        return ibis.table(self.expr.schema(), name=self.name)


def steps(name: str, expr: Any, dialect: Dialect) -> list[Step]:
    """A select over one named table, respelt for ``dialect``, as steps of which ``name`` is the last."""
    import ibis

    respelling = Respelling(dialect)
    project = respelling(expr.op())
    values, costly = dict(project.values), set(respelling.costly)
    below = project.parent.to_expr()
    found: list[Step] = []
    while ready := _ready(values, costly):
        named = {f"__{len(found)}_{n}": node for n, node in enumerate(ready)}
        kept = _used(values, below)
        columns = {column: below[column] for column in kept}
        step = Step(
            f"{name}_{len(found) + 1}",
            below.select(**columns, **{new: node.to_expr() for new, node in named.items()}),
        )
        found.append(step)
        places = {node: step.table[new].op() for new, node in named.items()}
        places |= {below[column].op(): step.table[column].op() for column in kept}
        values = {key: _replaced(node, places) for key, node in values.items()}
        costly = {_replaced(node, places) for node in costly - set(ready)}
        below = step.table
    chosen = {key: node.to_expr() for key, node in values.items()}
    return [*found, Step(name, below.select(**chosen))]


def _replaced(node: Any, places: Mapping[Any, Any]) -> Any:
    if node in places:
        return places[node]

    def replaced(each: Any, children: dict[str, Any] | None) -> Any:
        found = places.get(each)
        if found is not None:
            return found
        return each.__recreate__(children) if children else each

    return node.replace(replaced)


def _ready(values: Mapping[str, Any], costly: set[Any]) -> list[Any]:
    """Costly operations written more than once that rest on no other such operation."""
    import ibis.expr.operations as ops

    times = _occurrences(values)
    wanted = [
        node for node in times if node in costly and times[node] > 1 and not isinstance(node, ops.Field)
    ]
    among = set(wanted)
    inner = {node: set(node.find(ops.Value)) - {node} for node in wanted}
    return [node for node in wanted if not inner[node] & among]


def _occurrences(values: Mapping[str, Any]) -> dict[Any, int]:
    """How often each operation is written once the expression is text."""
    import ibis.expr.operations as ops

    nodes: list[Any] = []  # those that a node is made of before it
    parent = next(table for node in values.values() for table in node.find(ops.Relation))
    ops.Project(parent, dict(values)).map(lambda node, _results, **_children: nodes.append(node))
    times: Counter[Any] = Counter(values.values())
    for node in reversed([node for node in nodes if isinstance(node, ops.Value)]):
        for child in _children(node):
            times[child] += times[node]
    return dict(times)


def _children(node: Any) -> list[Any]:
    import ibis.expr.operations as ops

    found: list[Any] = []
    for each in node.__args__:
        found += each if isinstance(each, tuple) else [each]
    return [each for each in found if isinstance(each, ops.Value)]


def _used(values: Mapping[str, Any], below: Any) -> list[str]:
    """The columns of the table below that anything still reads, in their order."""
    import ibis.expr.operations as ops

    read = {
        field.name
        for node in values.values()
        for field in [node, *node.find(ops.Field)]
        if isinstance(field, ops.Field)
    }
    return [column for column in below.columns if column in read]
