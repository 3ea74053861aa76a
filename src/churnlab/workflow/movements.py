"""The chapter of the report about what moved since the list before: strategies and phases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from churnlab.evaluation.rows import FEW
from churnlab.explain import flows as drawn
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Cell, Exhibit, Note, Row
from churnlab.explain.flows import Flow
from churnlab.explain.wording import Locale
from churnlab.strategy import transitions
from churnlab.strategy.migration import NEW, STAYED, Migration
from churnlab.strategy.transitions import Goal, Moved
from churnlab.tables.money import exponent
from churnlab.workflow import comparing, published

CHAPTER = "movements"
OF_PHASES = ("customer_id", "phase", "value_if_retained")
STARTS, ENDS = (*STAYED, NEW), (*STAYED, "gone")
Pair = tuple[str, str]
Made = tuple[list[Exhibit], dict[str, Picture]]


def strategies(before: Path, after: Path, locale: Locale) -> Made:
    """Who moved between strategies; groups of fewer than ten are in no picture and no figure."""
    compared = comparing.compare(before, after)
    whole = {(move.before, move.after): move for move in compared.migration.moves}
    counts = {pair: move.customers for pair, move in whole.items()}
    shown = told(counts)
    moves = [move for pair, move in whole.items() if pair in shown]
    if not any(move.before != NEW and move.after != "gone" for move in moves):
        return [], {}
    picture = drawn.flows([Flow(**vars(move)) for move in moves], compared.before, compared.after, locale)
    dates = {"before": ("text", compared.before), "after": ("text", compared.after)}
    stayed: Note = ("migration_stayed", {"share": ("percent", compared.migration.stayed)})
    notes: list[Note] = [("movements_said", dates), stayed]
    if compared.notes:
        notes.append(("movements_models", {}))
    rows = matrix("place", STARTS, ENDS, counts, shown)
    ends = _used(ENDS, [after for _, after in whole])
    exhibits = [_exhibit("movements", "place", "count", ends, rows, tuple(notes), (picture.name,))]
    top = Migration(tuple(moves)).top()
    if top:
        columns = (
            ("moved_from", "word"),
            ("moved_to", "word"),
            ("customers", "count"),
            ("value_if_retained", "money"),
        )
        largest = tuple((f"place_{m.before}", f"place_{m.after}", m.customers, m.value) for m in top)
        exhibits.append(Exhibit(CHAPTER, "movements_top", columns, largest))
    return exhibits, {picture.name: picture}


def phases(before: Path, after: Path, currency: str) -> tuple[list[Exhibit], Goal | None, Goal | None]:
    """Who moved between phases, and how near each list is to the goal; the earlier one first.

    Nothing, and None, of lists that have no phases.
    """
    tables = [published.rows(run, OF_PHASES) for run in (before, after)]
    known = [table["phase"].null_count < len(table) for table in tables]
    decimals = exponent(currency)
    moved = transitions.moved(tables[0], tables[1], decimals) if all(known) else None
    then = transitions.goal(tables[0], None, decimals) if known[0] else None
    now = transitions.goal(tables[1], moved, decimals) if known[1] else None
    return ([] if moved is None else list(_phases(moved))), then, now


def goal(run: Path, currency: str) -> Goal | None:
    """How near a list is to the goal; None where it has no phases."""
    table = published.rows(run, OF_PHASES)
    known = table["phase"].null_count < len(table)
    return transitions.goal(table, None, exponent(currency)) if known else None


def _phases(moved: Moved) -> Iterator[Exhibit]:
    counts = {(row["before"], row["after"]): row["customers"] for row in moved.records()}
    shown = told(counts)
    rows = matrix("phase", transitions.BEFORE, transitions.AFTER, counts, shown)
    ends = _used(transitions.AFTER, [after for _, after in counts])
    yield _exhibit("transitions", "phase", "count", ends, rows, (("transitions_said", {}),))


def _exhibit(
    name: str,
    kind: str,
    number: str,
    ends: Sequence[str],
    rows: Sequence[Row],
    notes: tuple[Note, ...],
    pictures: tuple[str, ...] = (),
) -> Exhibit:
    columns = (("moved_from", "word"), *((f"{kind}_{end}", number) for end in ends))
    few: tuple[Note, ...] = (("few_said", {}),) if any(cell is None for row in rows for cell in row) else ()
    return Exhibit(CHAPTER, name, columns, tuple(rows), (*notes, *few), pictures)


def told(counts: Mapping[Pair, int]) -> set[Pair]:
    """The ways that may be told of: those of ten customers or more that give away no smaller one.

    The customers of each place are known, before and after: where one way of a place is hidden, the
    next larger one is hidden with it.

    >>> ways = {("a", "c"): 3, ("a", "d"): 40, ("b", "c"): 30, ("b", "d"): 50, ("b", "e"): 60, ("f", "e"): 70}
    >>> sorted(told(ways))
    [('b', 'e'), ('f', 'e')]
    """
    some = {pair: count for pair, count in counts.items() if count}
    hidden = {pair for pair, count in some.items() if count < FEW}
    places = [(side, place) for side in (0, 1) for place in sorted({pair[side] for pair in some})]
    changed = True
    while changed:
        changed = False
        for side, place in places:
            here = sorted((count, pair) for pair, count in some.items() if pair[side] == place)
            left = [pair for _, pair in here if pair not in hidden]
            if len(here) - len(left) == 1 and left:
                hidden.add(left[0])
                changed = True
    return set(some) - hidden


def matrix(
    kind: str, starts: Sequence[str], ends: Sequence[str], counts: Mapping[Pair, int], shown: set[Pair]
) -> list[Row]:
    """A row for each start that anybody has, with a cell for each such end: None for what is not told."""
    columns = _used(ends, [after for _, after in counts])
    return [
        (f"{kind}_{start}", *(_cell((start, end), counts, shown) for end in columns))
        for start in _used(starts, [before for before, _ in counts])
    ]


def _cell(pair: Pair, counts: Mapping[Pair, int], shown: set[Pair]) -> Cell:
    count = counts.get(pair, 0)
    return count if not count or pair in shown else None


def _used(places: Sequence[str], those: Sequence[str]) -> list[str]:
    return [place for place in places if place in set(those)]
