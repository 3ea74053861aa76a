"""churnlab: shards of whole customers, every feature as float32 blocks, which are then let go.

With a fourth argument ``unchecked`` nothing is kept of the blocks. The time that checking takes
cannot be taken off here, where other threads go on making blocks meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import shop
from benchmarks.answers import Answers, finish
from benchmarks.peers.asked import Asked, asked


def blocks(question: Asked) -> Iterator[Any]:
    """Panels without outcomes, shard by shard."""
    from churnlab import shards
    from churnlab.panel import rows
    from churnlab.workflow import panels

    project = shop.project(question.transactions, question.interactions, question.out.parent)
    with shop.opened(project, question.transactions, question.interactions, question.rows) as opening:
        # Features alone: what intensity is made of is measured in `scoring`.
        questions = replace(panels.questions(opening, question.dates), measures=_nothing_else)
        for panel, _ in shards.mapped(
            lambda shard: rows.answered(shard, questions),
            opening.tables,
            project.time_zone,
            opening.limits(len(question.dates)),
        ):
            yield panel


def _nothing_else(_: Any) -> dict[str, Any]:
    return {}


def main() -> None:
    question = asked()
    answers, features = Answers(question.customers), 0
    for panel in blocks(question):
        features = panel.numbers.shape[1]
        if sys.argv[4:] == ["unchecked"]:
            continue
        for number, date in enumerate(question.dates):
            at = np.flatnonzero(panel.as_of == date)
            answers.add(number, panel.customer_id[at], _columns(panel, at))
    finish(answers, question.out, features=features)


def _columns(panel: Any, at: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Money back in minor units, as the other sides give it."""
    for place, about in enumerate(panel.features):
        values = panel.numbers[at, place]
        yield about.name, values * 100 if about.unit == "currency" else values


if __name__ == "__main__":
    main()
