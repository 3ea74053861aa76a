"""Lists made by Spark: the local ones, row by row; failures publish nothing, a killed worker is retried."""

import datetime as dt
import json
import os
import shutil
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab
from churnlab import spark
from churnlab.config.overlays import Overlays, Relation
from churnlab.errors import GateError, IntegrityError, MachineError
from churnlab.evaluation import drift
from churnlab.lists import commit
from churnlab.lists.columns import EVERY, NAMES, Added, columns_of
from churnlab.spark import scoring
from churnlab.strategy.quadrants import Strategy
from churnlab.tables import store
from churnlab.workflow.opening import opened
from on_spark import MARKS

pytestmark = MARKS
ROOT = Path(__file__).parents[2]
DAY = dt.date(2025, 7, 1)
SMALL = [
    "synthetic.customers=300",
    # Lists on Spark do not know who must not be contacted.
    "sources.consents=[]",
    "sources.objections=[]",
    "suppression=null",
    "campaign=null",
    "evaluation.bootstrap=0",
    "models.churn.trees=30",
    "models.value.trees=30",
    "models.threads=1",
    "gate.max_ece=1",
]


@pytest.fixture(scope="module")
def shop(session, tmp_path_factory, migrated_store):
    """A project with its champion and its local lists, and its checked tables in Spark."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copy(migrated_store, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
            patch.delenv(name, raising=False)
        patch.setattr(drift, "ENOUGH", 50)  # customers: inputs and scores are compared with those of training
        with_parents(folder / "configs" / "synthetic.yaml")
        project = churnlab.load(folder / "configs" / "synthetic.yaml", SMALL)
        trained = churnlab.train(project)
        local = churnlab.score(project, DAY)
        with opened(project) as opening:
            store.save(opening.tables, folder / "saved")
        yield project, spark.of_folder(session, folder / "saved"), local, trained


def with_parents(config):
    """Say that whoever lives in a region belongs to it."""
    before, customers, after = config.read_text(encoding="utf-8").partition("  customers:")
    mapped = after.replace("customer_id: client,", "customer_id: client, parent: region,", 1)
    assert mapped != after
    config.write_text(before + customers + mapped, encoding="utf-8")


def listed(folder, strategy, names):
    """A list of a published run, its rows in the order of its files."""
    parts = sorted((folder / f"quadrant={strategy}").glob("*.parquet"))
    tables = [pq.ParquetFile(part).read() for part in parts]
    if not tables:
        return None
    whole = pa.concat_tables(tables)
    return whole.append_column("quadrant", pa.array([strategy] * len(whole))).select(names)


def assert_same_lists(local, made, names=NAMES):
    for strategy in map(str, Strategy):
        mine = pq.read_table(local / f"{strategy}.parquet")
        theirs = listed(made, strategy, names)
        if theirs is None:
            assert mine.num_rows == 0
            continue
        for name in names:
            assert mine[name].to_pylist() == theirs[name].to_pylist(), (strategy, name)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_lists_are_the_local_ones_row_by_row(shop):
    project, tables, local, _ = shop
    made = spark.score(tables, project, DAY, shards=4)
    assert_same_lists(local.folder, made.folder)
    assert made.totals == local.totals
    assert dict(made.excluded) == dict(local.excluded)
    assert made.notes == local.notes
    mine, theirs = commit.verify(local.folder), commit.verify(made.folder)
    assert {name for name in mine if mine[name] != theirs[name]} == {"files", "sha256", "info"}
    assert theirs["kpis"]["complaints"]["rows"], "asked of Spark, they are the local ones"
    assert theirs["drift"]["customers"] == made.totals[-1].customers
    assert len(theirs["drift"]["inputs"]) > 3
    assert sum(file["rows"] for file in theirs["files"].values()) == made.totals[-1].customers > 100
    assert [path.name for path in made.folder.parent.iterdir() if path.name.startswith(".sp")] == []


def test_shards_change_no_byte_and_a_second_run_writes_nothing(shop):
    project, tables, _, _ = shop
    first = spark.score(tables, project, DAY, shards=4)
    assert spark.score(tables, project, DAY, shards=1).existed
    kept = files(first.folder)
    shutil.rmtree(first.folder)
    again = spark.score(tables, project, DAY, shards=1)
    assert (again.existed, files(again.folder)) == (False, kept)


@pytest.fixture
def _nothing_published(shop):
    """Nothing of the day is there before, and nothing may be there after."""
    folder = Path(shop[0].root) / "out" / "synthetic" / "partitioned"
    shutil.rmtree(folder, ignore_errors=True)
    yield
    assert [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"] == []


def workers_do(monkeypatch, function):
    """Have every task do ``function(answer, group)`` instead of ``answer(group)``."""
    original = scoring.answers

    def replaced(tables, shards, answer):
        return original(tables, shards, lambda group: function(answer, group))

    monkeypatch.setattr(scoring, "answers", replaced)


@pytest.mark.usefixtures("_nothing_published")
def test_a_bug_in_a_worker_publishes_nothing_and_names_nobody(shop, monkeypatch):
    project, tables, _, _ = shop

    def broken(answer, group):
        raise KeyError("customer 000042")

    workers_do(monkeypatch, broken)
    with pytest.raises(MachineError, match=r"KeyError in a worker, test_scoring\.py line") as told:
        spark.score(tables, project, DAY, shards=2)
    assert len(str(told.value).splitlines()) == 3
    assert "000042" not in str(told.value)


@pytest.mark.usefixtures("_nothing_published")
def test_an_error_of_ours_arrives_as_it_is(shop, monkeypatch):
    project, tables, _, _ = shop

    def refused(answer, group):
        raise IntegrityError("the features are not those", got="other ones", mend="train again")

    workers_do(monkeypatch, refused)
    with pytest.raises(IntegrityError, match=r"are not those\ngot: other ones\nmend: train again"):
        spark.score(tables, project, DAY, shards=2)


def test_a_killed_worker_is_tried_again(shop, monkeypatch, tmp_path):
    project, tables, local, _ = shop
    died = tmp_path / "died"

    def mortal(answer, group):
        if not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer(group)

    workers_do(monkeypatch, mortal)
    shutil.rmtree(Path(project.root) / "out" / "synthetic" / "partitioned", ignore_errors=True)
    made = spark.score(tables, project, DAY, shards=2)
    assert died.exists()
    assert_same_lists(local.folder, made.folder)


@pytest.mark.usefixtures("_nothing_published")
def test_a_damaged_model_is_refused_by_the_workers(shop, monkeypatch):
    project, tables, _, _ = shop
    original = scoring.Question.answered_by

    def damaged(question, champion):
        sent = original(question, champion)
        sent.models["churn.json"] = sent.models["churn.json"].replace(b"1", b"2", 1)
        return sent

    monkeypatch.setattr(scoring.Question, "answered_by", damaged)
    with pytest.raises(IntegrityError, match="other bytes than were registered"):
        spark.score(tables, project, DAY, shards=2)


def test_the_manifest_holds_no_customer(shop):
    project, tables, local, _ = shop
    made = spark.score(tables, project, DAY, shards=2)
    ids = set(pq.read_table(local.folder / "all.parquet")["customer_id"].to_pylist())
    said = json.loads((made.folder / "manifest.json").read_text())
    assert not ids & set(json.dumps(said).split('"'))


def test_overlays_are_the_local_ones(shop):
    project, tables, _, _ = shop
    asked = project.model_copy(update={"overlays": Overlays(relation=Relation(), parent=True)})
    local, made = churnlab.score(asked, DAY), spark.score(tables, asked, DAY, shards=3)
    names = [column.name for column in columns_of(EVERY)]
    assert_same_lists(local.folder, made.folder, names)
    rows = pq.read_table(local.folder / "all.parquet").to_pylist()
    assert len({row["parent_value_if_retained"] for row in rows}) == len({row["parent"] for row in rows}) > 1
    assert {row["relationship_type"] for row in rows} >= {"primary", "secondary"}
    said = [json.loads((each.folder / "manifest.json").read_text())["parents"] for each in (local, made)]
    assert said[0] == said[1]
    assert said[0]["accounts"] == len(rows)


# The last of all: they make other champions.
def test_training_on_spark_registers_the_same_models(shop):
    project, tables, _, trained = shop
    made = spark.train(tables, project, shards=3)
    # It is the second that looks at the test date, and says so.
    assert {**made.about, "looks": None} == {**trained.about, "looks": None}
    assert made.scorecard.metrics() == trained.scorecard.metrics()


def test_risks_of_shorter_horizons_are_the_local_ones(shop):
    project, tables, _, _ = shop
    churn = project.churn.model_copy(update={"also_days": (30, 60)})
    asked = project.model_copy(update={"churn": churn})
    churnlab.train(asked)
    local, made = churnlab.score(asked, DAY), spark.score(tables, asked, DAY, shards=3)
    names = [column.name for column in columns_of(Added((30, 60)))]
    assert pq.read_schema(local.folder / "all.parquet").names == names
    assert_same_lists(local.folder, made.folder, names)


@pytest.mark.usefixtures("_nothing_published")
def test_a_champion_that_was_rejected_makes_no_lists_here_either(shop):
    """Where the gate is strict; the last test, since the sign-off stays."""
    project, tables, _, _ = shop
    strict = churnlab.load(Path(project.root) / "configs" / "synthetic.yaml", [*SMALL, "gate.strict=true"])
    churnlab.review(strict)
    churnlab.sign(strict, reviewer="Ann", verdict="rejected")
    with pytest.raises(GateError, match=r"version \d+ was rejected"):
        spark.score(tables, strict, DAY, shards=2)
