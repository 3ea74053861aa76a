"""Everyone scored at one date: features, both predictions, exact reasons, strategy, lists published.

WORLD DATES OUT MODELS: from the files of the world to lists as Parquet and CSV under OUT. What is
left out of `churnlab score` is what does not depend on the number of customers: the tracking store.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks import shop
from benchmarks.peers.asked import Asked, asked


def score(question: Asked, models_folder: Path, threads: int = 2) -> Path:
    """The folder of the published lists."""
    from churnlab.durable import digest
    from churnlab.lists import commit, spool, write
    from churnlab.models import files
    from churnlab.tracking.registry import Champion
    from churnlab.workflow import lineage, making, seasonality
    from churnlab.workflow.cautions import Cautions
    from churnlab.workflow.drifting import Drift
    from churnlab.workflow.placing import Around

    digests = {name.name: digest(name) for name in sorted(models_folder.iterdir())}
    models = files.load(models_folder, digests)
    champion = Champion("1", "benchmark", models_folder, digests)
    engine = {"memory": shop.MEMORY, "threads": threads}
    project = shop.project(question.transactions, question.interactions, question.out, engine=engine)
    with shop.opened(project, question.transactions, question.interactions, question.rows) as opening:
        day = opening.calendar.date(question.dates[-1])
        stamp = lineage.stamped_with(project, "0" * 64, champion, models, day)
        noticed = making.Noticed(Cautions(opening, models), Drift.of(models))
        around = Around(season=seasonality.of_tables(opening, models.extra, day))
        with spool.opened(question.out, stamp) as kept:
            making.place_all(opening, models, day, kept, noticed, around, None)  # all but tracking
            ranked = kept.ranked()
            facts = lineage.facts(
                opening, champion, day, ranked.totals, noticed.left_out, noticed.drift, around
            )
            together = write.together(ranked, project.lists.newline)
            return commit.publish(question.out / "lists", "0" * 64, together, facts).path


def main() -> None:
    question = asked()
    shutil.rmtree(question.out, ignore_errors=True)
    question.out.mkdir(parents=True)
    score(question, Path(sys.argv[4]))
    print("{}")


if __name__ == "__main__":
    main()
