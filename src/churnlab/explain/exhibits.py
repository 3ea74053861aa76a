"""Tables of a report as plain values: kept with the model, told in the reader's language.

Exhibit("churn", "lift", (("tenth", "count"), ("lift", "decimal")), ((1, 4.2), (2, 2.1)))

becomes a table with translated headings, numbers as the language writes them, and sentences below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from churnlab.explain import translated
from churnlab.explain.page import Shown
from churnlab.explain.wording import Locale, words

Cell = str | float | int | None
Row = tuple[Cell, ...]
Note = tuple[str, Mapping[str, tuple[str, Cell]]]
NUMBERS = frozenset({"count", "money", "percent", "decimal", "score"})


@dataclass(frozen=True)
class Exhibit:
    """``chapter``: where it stands. ``name``: of its caption among the words, ``NAME_caption``.

    ``columns``: (word of the heading, kind) pairs; kinds: ``text`` as it is, ``date`` the same
    on one line, ``code`` a name, ``word`` to
    be translated where there is a word for it, ``words`` several of them with commas, ``sentence`` one of
    ours, ``check`` and ``checks`` of the gate, ``family`` of features, ``group`` of a segment,
    ``product`` of complaints, ``count``,
    ``money``, ``percent`` (0 to 1), ``decimal``, ``score`` (a decimal more).
    ``notes``: (word, values) pairs, said below; the values are (kind, value) pairs by place name.
    ``pictures``: names of pictures that stand before the table. A table without rows is left out.
    ``subject``: whom the caption speaks of, a word.
    """

    chapter: str
    name: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[Note, ...] = ()
    pictures: tuple[str, ...] = ()
    subject: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: None where there is no number."""
        rows = [[None if cell != cell else cell for cell in row] for row in self.rows]  # noqa: PLR0124
        return {**asdict(self), "rows": rows}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The exhibit that ``as_dict`` was asked for, also after a trip through JSON."""
        return cls(
            record["chapter"],
            record["name"],
            tuple((name, kind) for name, kind in record["columns"]),
            tuple(tuple(row) for row in record["rows"]),
            tuple(
                (word, {place: (kind, value) for place, (kind, value) in values.items()})
                for word, values in record["notes"]
            ),
            tuple(record["pictures"]),
            record["subject"],
        )


@dataclass(frozen=True)
class Told:
    """The same in words: ``columns``: (heading, whether of numbers); ``rows``: (kind, text) cells."""

    chapter: str
    caption: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[tuple[str, str]]]
    notes: Sequence[str]
    pictures: Sequence[str]


def told(exhibit: Exhibit, shown: Shown) -> Told:
    """``exhibit`` in the language and currency of ``shown``."""
    say = words(shown.locale)
    kinds = [kind for _, kind in exhibit.columns]
    writers = [_column(exhibit, place, shown) for place in range(len(kinds))]
    subject = say.get(exhibit.subject, exhibit.subject)
    return Told(
        exhibit.chapter,
        say[f"{exhibit.name}_caption"].format(currency=shown.currency, subject=subject),
        [(say[name].format(currency=shown.currency), kind in NUMBERS) for name, kind in exhibit.columns],
        [
            [(kind, write(cell)) for kind, write, cell in zip(kinds, writers, row, strict=True)]
            for row in exhibit.rows
        ],
        [
            say[word].format(**{place: _text(kind, value, shown) for place, (kind, value) in values.items()})
            for word, values in exhibit.notes
        ],
        exhibit.pictures,
    )


def _column(exhibit: Exhibit, place: int, shown: Shown) -> Callable[[Cell], str]:
    """How the cells of a column are written: its amounts all with decimals, or none."""
    kind = exhibit.columns[place][1]
    if kind != "money":
        return lambda cell: _text(kind, cell, shown)
    numbers = (row[place] for row in exhibit.rows)
    amounts = shown.amounts(cell for cell in numbers if not isinstance(cell, str))
    return lambda cell: _text(kind, cell, shown) if isinstance(cell, str) else amounts(cell)


def _text(kind: str, cell: Cell, shown: Shown) -> str:
    if isinstance(cell, str):
        return _said(kind, cell, shown.locale)
    if kind in {"decimal", "score"}:
        return shown.decimal(cell, 2 if kind == "decimal" else 3)
    write = {"count": shown.count, "money": shown.money, "percent": shown.percent}
    return write[kind](cell) if kind in write else "–"


def _said(kind: str, text: str, locale: Locale) -> str:
    """A text in the language, by what it is."""
    say = words(locale)
    known: Mapping[str, Callable[[str], str]] = {
        "word": lambda one: say.get(one, one),
        "sentence": lambda one: translated.sentence(one, locale),
        "check": lambda one: translated.check(one, locale),
        "family": lambda one: translated.family(one, locale),
        "group": lambda one: translated.group(one, locale),
        "product": lambda one: translated.product(one, locale),
    }
    single = kind.removesuffix("s")
    if kind in {"words", "checks"}:
        return ", ".join(known[single](part) for part in text.split(", "))
    return known[kind](text) if kind in known else text
