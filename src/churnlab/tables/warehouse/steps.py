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
        replaced = _replaced(values, places)
        values = {key: replaced[node] for key, node in values.items()}
        costly = {replaced[node] for node in costly & replaced.keys()}
        below = step.table
    chosen = {key: node.to_expr() for key, node in values.items()}
    return [*found, Step(name, below.select(**chosen))]


def _replaced(values: Mapping[str, Any], places: Mapping[Any, Any]) -> dict[Any, Any]:
    """Each operation of an expression -> the same with what ``places`` holds put in its place."""
    import ibis.expr.operations as ops

    def replaced(node: Any, _results: Any, **children: Any) -> Any:
        if node in places or isinstance(node, ops.Relation):
            return places.get(node, node)
        same = all(_is(children[name], node.args[n]) for n, name in enumerate(node.argnames))
        return node if same else node.__recreate__(children)

    found: dict[Any, Any] = _select(values).map(replaced)
    return found


def _is(child: Any, before: Any) -> bool:
    if isinstance(before, tuple):
        return all(_is(*pair) for pair in zip(child, before, strict=True))
    return child is before


def _select(values: Mapping[str, Any]) -> Any:
    """The columns as one select over the table they come from."""
    import ibis.expr.operations as ops

    parent = next(table for node in values.values() for table in node.find(ops.Relation))
    return ops.Project(parent, dict(values))


def _ready(values: Mapping[str, Any], costly: set[Any]) -> list[Any]:
    """Costly operations written more than once that rest on no other such operation."""
    import ibis.expr.operations as ops

    times = _occurrences(values)
    wanted = [
        node
        for node in times
        if node in costly and times[node] > 1 and not isinstance(node, ops.Field | ops.Literal)
    ]
    among = set(wanted)
    inner = {node: set(node.find(ops.Value)) - {node} for node in wanted}
    return [node for node in wanted if not inner[node] & among]


def _occurrences(values: Mapping[str, Any]) -> dict[Any, int]:
    """How often each operation is written once the expression is text."""
    import ibis.expr.operations as ops

    nodes: list[Any] = []  # those that a node is made of before it
    _select(values).map(lambda node, _results, **_children: nodes.append(node))
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
