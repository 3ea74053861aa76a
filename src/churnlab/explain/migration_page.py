"""Two lists side by side as one page: who moved, in customers and in money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from churnlab.explain.flows import Flow, flows
from churnlab.explain.page import Shown, environment
from churnlab.explain.wording import Locale

STRATEGIES = ("retain", "rationalise", "win_back", "release")


@dataclass(frozen=True)
class Sides:
    """``stayed``: share of those on both lists who are where they were. ``top``: the largest movements.

    ``before``, ``after``: dates. ``equity``: expected value of everyone on each list, None without value.
    """

    project: str
    before: str
    after: str
    currency: str
    locale: Locale
    moves: Sequence[Flow]
    top: Sequence[Flow]
    stayed: float
    equity: tuple[float, float] | None


def render(compared: Sides) -> str:
    """The whole page as text; the same lists, the same bytes."""
    shown = Shown(compared.locale, compared.currency)
    return (
        environment(shown)
        .get_template("migration.html.j2")
        .render(
            compared=compared,
            matrices=matrices(compared.moves),
            write={"customers": shown.count, "value": shown.amounts(move.value for move in compared.moves)},
            amount=shown.amounts(move.value for move in compared.top),
            picture=flows(compared.moves, compared.before, compared.after, compared.locale),
        )
    )


def places(moves: Sequence[Flow]) -> tuple[list[str], list[str]]:
    """The rows and the columns of the matrix: the four strategies always, the others where anybody is."""
    starts, ends = ({getattr(move, side) for move in moves} for side in ("before", "after"))
    rows = [place for place in (*STRATEGIES, "unclassified", "new") if place in STRATEGIES or place in starts]
    columns = [
        place for place in (*STRATEGIES, "unclassified", "gone") if place in STRATEGIES or place in ends
    ]
    return rows, columns


def matrices(moves: Sequence[Flow]) -> list[tuple[str, list[str], list[tuple[str, list[float | None]]]]]:
    """(what it counts, columns, (row, cells)): customers, and value where there is some."""
    rows, columns = places(moves)
    found = []
    for kind in ("customers", "value"):
        cells = {(move.before, move.after): getattr(move, kind) for move in moves}
        if kind == "value" and all(value is None for value in cells.values()):
            continue
        found.append((kind, columns, [(row, [cells.get((row, to), 0) for to in columns]) for row in rows]))
    return found
