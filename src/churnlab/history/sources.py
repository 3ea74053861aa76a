"""One table of events as each snapshot knew it, asked through windows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError, did_you_mean
from churnlab.history.cuts import Ago
from churnlab.history.units import Flags, Ints, Texts, frozen, isin
from churnlab.history.ways import Way
from churnlab.history.windows import LATER_FACTS, Window

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns read when first asked for. ``texts``: column -> the texts behind its codes.

    ``assumed``: columns that can be read although the input had none of that name.
    """

    names: frozenset[str]
    read: Callable[[str], NDArray[Any]]
    texts: Mapping[str, Texts]
    assumed: frozenset[str] = frozenset()

    def take(self, rows: Ints) -> Columns:
        """The same columns, at some rows."""
        return replace(self, read=kept(lambda name: frozen(self.read(name).take(rows))))


@dataclass(frozen=True, eq=False)
class Source:
    """Events in rows sorted by (customer, time). Filters are made once and kept.

    Ask ``has(column)`` first: an input need not have every column. Text compares as text, and a
    missing value compares with nothing.
    """

    table: str
    columns: Columns
    at: Callable[[int | Ago], Ints]  # days -> (n,) the first row at or after as_of - days
    as_of: Ints
    way: Way
    nested: tuple[int, ...] = ()  # windows that are mostly asked for together, rising
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False)

    def has(self, column: str) -> bool:
        """Whether the input had this column."""
        return column in self.columns.names

    def last(self, days: int | Ago) -> Window:
        """The events in ``[as_of - days, as_of)``; ``last(ALL)`` is all those before ``as_of``.

        ``days``: of all snapshots, or ``History.ago`` for each its own.
        """
        return self.between(days, 0)

    def between(self, older: int | Ago, newer: int | Ago) -> Window:
        """The events in ``[as_of - older, as_of - newer)``, in days."""
        if _crossed(older, newer):
            raise ConfigError(
                f"a feature asks for events between {older} and {newer} days ago",
                mend=f"name the older edge first: between({newer}, {older})",
            )
        return Window(self, self.at(older), self.at(newer), (older, newer))

    def where(self, column: str, compare: Callable[[Any, Any], Flags], value: Any) -> Source:
        """The events whose column compares with ``value``: ``operator.eq``, ``gt``..., or ``isin``."""
        if isinstance(value, list | set | frozenset):
            value = tuple(value)  # to be remembered by
        return self.once(
            ("where", column, compare, value), lambda: self.rows(self._matches(column, compare, value))
        )

    def present(self, column: str) -> tuple[Source, Ints] | None:
        """The events where a column is not missing, and how many of those come before each row.

        None where it never is.
        """

        def make() -> tuple[Source, Ints] | None:
            present = self._present(column)
            if present is None or present.all():
                return None
            return self._taken(present)

        return self.once(("present", column), make)

    def rows(self, wanted: Flags, columns: Columns | None = None) -> Source:
        """Some of the events, (rows,) flags. ``columns``: what is read from those instead."""
        if columns is None and wanted.all():
            return self
        return self._taken(wanted, columns)[0]

    def _taken(self, wanted: Flags, columns: Columns | None = None) -> tuple[Source, Ints]:
        (before, rows), at = self.way.positions(wanted), self.at
        columns = columns or self.columns.take(rows)
        return replace(self, columns=columns, at=kept(lambda days: before.take(at(days)))), before

    def values(self, column: str) -> NDArray[Any]:
        """A column's values, text as codes."""
        columns = self.columns
        if column not in columns.names and column not in columns.assumed:
            raise ConfigError(
                f"a feature asks for {self.table}.{column}, which this project does not map"
                + did_you_mean(column, columns.names),
                got=", ".join(sorted(columns.names)),
                mend=f"map it in sources.{self.table}.columns, or ask has({column!r}) before",
            )
        return columns.read(column)

    def numbers(self, column: str) -> NDArray[Any]:
        """A column's values, which must not be text: the codes of texts mean nothing outside a shard."""
        if column in self.columns.texts:
            raise ConfigError(
                f"a feature asks for a number, but {self.table}.{column} is text",
                mend="ask for distinct, first or last, or filter by it with where",
            )
        return self.values(column)

    def sums(self, column: str) -> Ints:
        """Prefix sums of a whole-number column: place r holds the sum of the rows before r."""
        return self.once(("sums", column), lambda: _prefix(self.numbers(column)))

    def codes(self, column: str) -> Ints:
        """A column as small whole numbers, for counting different values."""
        values = self.values(column)
        if column in self.columns.texts:
            return values
        return self.once(("codes", column), lambda: frozen(np.unique(values, return_inverse=True)[1]))

    def following(self, column: str) -> tuple[Ints, Ints]:
        """For each row, the next one of its customer with the same value; prefix counts of new values."""
        return self.once(
            ("following", column),
            lambda: self.way.following(self.values("customer"), self.codes(column)),
        )

    def changes(self, column: str) -> Ints:
        """Prefix sums of "another value than in the row before"; none where a customer's values fall."""
        return self.once(
            ("changes", column), lambda: self.way.changes(self.values(column), self.values("customer"))
        )

    def gaps(self) -> Ints:
        """The time since the row before, which is the same customer's except in its first row."""
        return self.once("gaps", lambda: np.diff(self.values("time"), prepend=0))

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made at the first time of asking."""
        # Nothing kept refers back to this source, so that a shard's arrays go as soon as it is done.
        if name in self._kept:
            answer: T = self._kept[name]
            return answer
        answer = make()
        if answer is not self:
            self._kept[name] = answer
        return answer

    def _present(self, column: str) -> Flags | None:
        """Where a column is not missing; None: everywhere, whatever its values."""
        values = self.values(column)
        if column in self.columns.texts:
            present: Flags = values >= 0
            return present
        return ~np.isnan(values) if values.dtype.kind == "f" else None

    def _matches(self, column: str, compare: Callable[[Any, Any], Flags], value: Any) -> Flags:
        if column in LATER_FACTS:
            raise ConfigError(
                f"{self.table}.{column} cannot be filtered by: before its time has come it is not known",
                mend=f"count the events where it is, with known({column!r}) on a window",
            )
        values = self.values(column)
        if column in self.columns.texts:
            value = self._code(column, compare, value)
        matches, present = compare(values, value), self._present(column)
        return matches if present is None else matches & present

    def _code(self, column: str, compare: Callable[[Any, Any], Flags], value: Any) -> Any:
        wanted = value if compare is isin and isinstance(value, tuple) else (value,)
        if compare not in {operator.eq, operator.ne, isin} or not all(
            isinstance(text, str) for text in wanted
        ):
            raise ConfigError(
                f"{self.table}.{column} is text, and can only be compared with text",
                got=f"{getattr(compare, '__name__', compare)} {value!r}",
                mend="use operator.eq or operator.ne with a text, or isin with a tuple of texts",
            )
        code = {text: place for place, text in enumerate(self.columns.texts[column])}
        # No row has the code -2: a text that does not occur.
        codes = tuple(code.get(text, -2) for text in wanted)
        return codes if compare is isin else codes[0]


def _crossed(older: int | Ago, newer: int | Ago) -> bool:
    if isinstance(older, Ago) and isinstance(newer, Ago):
        return bool((older.instants > newer.instants).any())
    return isinstance(older, int) and isinstance(newer, int) and older < newer


def _prefix(values: Ints) -> Ints:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def kept(make: Callable[[Any], T]) -> Callable[[Any], T]:
    """``make``, asked once for each argument. (functools.cache would not fit the types.)"""
    answers: dict[Any, T] = {}

    def answer(asked: Any) -> T:
        if asked not in answers:
            answers[asked] = make(asked)
        return answers[asked]

    return answer
