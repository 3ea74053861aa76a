"""What is sent with each task: enough to answer as the local path does, and nothing more."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from churnlab.config import from_mapping
from churnlab.errors import IntegrityError
from churnlab.panel import answered
from churnlab.shards import of_arrow
from churnlab.snapshots import Calendar
from churnlab.spark.inputs import SparkTables
from churnlab.spark.question import Question
from churnlab.workflow.opening import Opened, silent

OWN = '''
from churnlab.features.feature import Feature

def points(past):
    """Twice the number of orders."""
    points = 2 * past.orders.last(30).count()
    yield Feature("points", points, "points", "Points", "economic", "{value}", "{value}")
'''


@pytest.fixture
def tables(checked):
    return SparkTables(dict.fromkeys(checked.stored), checked, 1_000)


def asked(opening, tables, **changes):
    return Question.of(opening, tables, [opening.watermark], opening.watermark, **changes)


def test_nothing_of_the_machine_or_its_secrets_is_sent(opening, tables, tmp_path):
    given = opening.project.model_dump(mode="json")
    given["sources"]["transactions"][0]["files"] = ["/secret/place/lines.csv"]
    given["tracking"]["uri"] = "https://user:password@tracker"
    given["root"] = str(tmp_path)
    project = from_mapping(given)
    sent = pickle.dumps(asked(replace(opening, project=project), tables))
    for secret in (b"/secret/place", b"password", str(tmp_path).encode()):
        assert secret not in sent
    assert len(sent) < 20_000


def test_own_families_go_along_as_text(opening, tables, tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    plan = opening.project.features.model_copy(update={"own": ("mine.py:points",), "families": ("recency",)})
    project = opening.project.model_copy(update={"features": plan, "root": str(tmp_path)})
    question = asked(Opened(project, opening.tables, Calendar("Europe/Paris"), silent), tables)
    (tmp_path / "mine.py").unlink()  # as on a machine that does not have the file
    there = pickle.loads(pickle.dumps(question))
    rows = {table: opening.tables.table(table).to_pyarrow().select(list(columns))
            for table, columns in there.columns.items()}  # fmt: skip
    part, _ = answered(of_arrow(rows, there.attributes, "Europe/Paris"), there.questions, None)
    assert "points" in part.names
    assert np.nansum(part.number("points")) > 0


def test_models_are_parsed_only_if_their_digests_are_right(opening, tables):
    question = replace(asked(opening, tables), models={"churn.json": b"{}"}, digests={"churn.json": "0" * 64})
    with pytest.raises(IntegrityError, match="other bytes than were registered"):
        _ = question.trained
