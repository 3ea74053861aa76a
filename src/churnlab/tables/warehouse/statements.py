"""The statements a warehouse runs for one source: all of them start from the same chain of steps.

 staged -> parsed -> judged -+-> times (their first and last)
(its own types)          |-> counts by reason
                         |-> rejects, with what was written
                         +-> extract: sound rows, once each, ordered
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from churnlab.tables.warehouse.dialects import Dialect, Respelling
from churnlab.tables.warehouse.steps import steps

OUT_OF_RANGE = "out_of_range"  # a value of the warehouse that no Arrow type holds
UNHELD, UNHELD_TEXT = "__raw_unheld", "__raw_unheld_text"


@dataclass
class Chain:
    """The steps made so far. ``staged``: the select that reads the source, in the engine's own SQL."""

    dialect: Dialect
    staged: str
    columns: Any  # the Ibis schema of `staged`
    _selects: list[str] = field(default_factory=list)  # "name AS (...)" of every step so far

    def start(self) -> Any:
        """The staged rows as an Ibis table."""
        import ibis

        return ibis.table(self.columns, name="staged")

    def add(self, name: str, expr: Any) -> Any:
        """Name a select over the last table of the chain; returns it as a table."""
        made = steps(name, expr, self.dialect)
        self._selects += [f"{step.name} AS (\n{self._fenced(self._sql(step.expr))}\n)" for step in made]
        return made[-1].table

    def statement(self, expr: Any) -> str:
        """The whole SQL of an expression over any table of the chain."""
        named = [f"staged AS (\n{self._fenced(self.staged)}\n)", *self._selects]
        respelt = Respelling(self.dialect)(expr.op()).to_expr()
        return "WITH " + ",\n".join(named) + "\n" + self._sql(respelt)

    def _sql(self, expr: Any) -> str:
        from ibis.backends.sql import compilers

        compiler = getattr(compilers, self.dialect).compiler
        text: str = compiler.to_sqlglot(expr.as_table()).sql(self.dialect, pretty=True)
        return _escaped(text) if self.dialect == "snowflake" else text

    def _fenced(self, select: str) -> str:
        return f"{select}\nOFFSET 0" if self.dialect == "postgres" else select


def _escaped(text: str) -> str:
    r"""Characters that no one sees, as Snowflake's string constants write them: ``\u200b``."""
    return "".join(
        char if char.isprintable() or char == "\n" or ord(char) > 0xFFFF else rf"\u{ord(char):04x}"
        for char in text
    )


def unheld_first(judged: Any) -> Any:
    """Rows with a value that no Arrow type holds are set aside for that, whatever else they hold."""
    import ibis

    unheld = judged[UNHELD].notnull()
    return judged.select(
        *(name for name in judged.columns if name not in {"__reason", "__out"}),
        __reason=ibis.ifelse(unheld, ibis.literal(OUT_OF_RANGE), judged["__reason"]),
        __out=judged["__out"] & ~unheld,
    )


def sound(judged: Any) -> Any:
    """Rows without a fault, inside the period."""
    return judged.filter(judged["__reason"].isnull() & ~judged["__out"])


def extract(judged: Any, columns: Sequence[str], event_key: Sequence[str] | None) -> Any:
    """The sound rows by customer, time, then all other columns; copies of an event are left behind.

    Rows of one event key that are not all equal travel all: the conflict is settled, or told, later.
    """
    import ibis

    rows = sound(judged).select(*columns)
    if event_key:
        copies = ibis.window(group_by=list(columns))
        rows = rows.mutate(__copy=ibis.row_number().over(copies))
        of_key = ibis.window(group_by=list(event_key))
        rows = rows.mutate(__kinds=(rows["__copy"] == 0).ifelse(1, 0).sum().over(of_key))
        rows = rows.filter((rows["__copy"] == 0) | (rows["__kinds"] > 1)).select(*columns)
    first = [name for name in ("customer_id", "time") if name in columns]
    order = [*first, *(name for name in columns if name not in first)]
    return rows.order_by([ibis.asc(name, nulls_first=False) for name in order])


def unheld_rows(judged: Any, place: str, labels: Sequence[str], expected: Iterable[str]) -> Any:
    """Rows with a value that no Arrow type holds, as the quarantine lists them."""
    import ibis

    bad = judged.filter(judged["__reason"] == OUT_OF_RANGE)
    about = list(enumerate(zip(labels, expected, strict=True)))
    columns = [(bad[UNHELD] == n, ibis.literal(label)) for n, (label, _) in about]
    wanted = [(bad[UNHELD] == n, ibis.literal(told)) for n, (_, told) in about]
    return bad.select(
        source=ibis.literal(f"{place}:") + bad["__file"],
        line=bad["__line"],
        column=ibis.cases(*columns, else_=ibis.null("string")),
        raw=bad[UNHELD_TEXT].left(1_000),
        reason=bad["__reason"],
        expected=ibis.cases(*wanted, else_=ibis.null("string")),
    )
