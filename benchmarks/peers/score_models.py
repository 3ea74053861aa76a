"""Train on a sample of a world's customers, as the project's defaults say; and trees for the reasons figure.

WORLD DATES OUT: ``OUT/models`` gets the champion's files, ``OUT/deep`` those with 300 trees of depth 6.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import shop
from benchmarks.peers.asked import Asked, asked

SAMPLE = 100_000  # lines, about: some 7,700 customers


def sampled(question: Asked) -> tuple[Path, Path]:
    """All events of every k-th customer, as files of their own."""
    import duckdb

    every = max(1, question.rows // SAMPLE)
    paths = []
    with duckdb.connect() as con:
        for path in (question.transactions, question.interactions):
            made = question.out / path.name
            some = f"substr(customer_id, 2)::INTEGER % {every} = {every // 3}"
            con.execute(f"COPY (SELECT * FROM '{path}' WHERE {some}) TO '{made}' (FORMAT parquet)")
            paths.append(made)
    return paths[0], paths[1]


def main() -> None:
    from churnlab import tracking
    from churnlab.config.project import Booster
    from churnlab.models import files
    from churnlab.models.churn import fit_churn
    from churnlab.workflow import training
    from churnlab.workflow.fitting import test_fold
    from churnlab.workflow.panels import training_panel

    question = asked()
    question.out.mkdir(exist_ok=True)
    lines, contacts = sampled(question)
    project = shop.project(lines, contacts, question.out)
    kept: dict[str, Any] = {}
    with shop.opened(project, lines, contacts, SAMPLE) as opening:
        store = tracking.open_store(project.tracking, project.project, question.out)
        training.train_opened(
            opening, store, lambda opening: kept.setdefault("panel", training_panel(opening))
        )
        champion = tracking.champion(store)
        _copy(champion.folder, question.out / "models", list(champion.digests))
        panel, fold = kept["panel"][0], test_fold(opening, kept["panel"][0])
        deep = project.models.model_copy(update={"churn": Booster(trees=300, depth=6), "calibration": "none"})
        model = fit_churn(panel, fold.train, deep)
    (question.out / "deep").mkdir()
    files.save(question.out / "deep", files.Models(model, None, {}))
    print("{}")


def _copy(source: Path, target: Path, names: list[str]) -> None:
    target.mkdir()
    for name in names:
        (target / name).write_bytes((source / name).read_bytes())


if __name__ == "__main__":
    main()
