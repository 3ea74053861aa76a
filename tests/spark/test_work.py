"""What a task does, without a cluster around it: the laws of time and of company hold there, too."""

import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from churnlab.config.churn import Churn
from churnlab.errors import DataError
from churnlab.labels import Season
from churnlab.panel import seasons
from churnlab.spark import parcels, work
from churnlab.spark.inputs import SparkTables
from churnlab.spark.question import Question
from churnlab.workflow.panels import training_panel


@pytest.fixture(scope="module")
def rows(checked):
    """Table -> its rows, as Arrow."""
    return {table: checked.table(table).to_pyarrow() for table in checked.stored}


@pytest.fixture
def asked(opening, checked):
    local, _ = training_panel(opening)
    tables = SparkTables(dict.fromkeys(checked.stored), checked, 1_000)
    return Question.of(opening, tables, np.unique(local.as_of).tolist(), opening.watermark)


def group(rows, question, shards=1, shard=0):
    """The parcels of one shard, as Spark gathers them."""
    sent = [
        part
        for table, columns in question.columns.items()
        for part in parcels.dealt(rows[table].select(list(columns)).to_batches(), table, parcels.Deal(shards))
    ]
    whole = pa.Table.from_batches(sent)
    return whole.filter(pa.compute.equal(whole["shard"], shard))


def numbers(panel):
    return dict(zip(zip(panel.customer_id, panel.as_of.tolist(), strict=True), panel.numbers, strict=True))


def test_tasks_together_make_the_local_panel(rows, asked, opening):
    local = numbers(training_panel(opening)[0])
    found = {}
    for shard in range(4):
        found |= numbers(work.panel_of(asked, group(rows, asked, 4, shard))[0])
    assert found.keys() == local.keys()
    assert all(found[key].tobytes() == local[key].tobytes() for key in local)


def test_the_order_of_rows_and_parcels_changes_no_byte(rows, asked):
    order = random.Random(3)
    shuffled = {
        table: columns.take(order.sample(range(len(columns)), len(columns)))
        for table, columns in rows.items()
    }
    one, other = group(rows, asked), group(shuffled, asked)
    backwards = other.take(list(range(len(other)))[::-1])
    assert work.answered(one, lambda it: work.panel_rows(asked, it)) == work.answered(
        backwards, lambda it: work.panel_rows(asked, it)
    )


@pytest.mark.parametrize("who", ["🦊", "O'Brien", "007"])
def test_a_customer_alone_is_the_customer_among_all(rows, asked, who):
    alone = {table: part.filter(pa.compute.equal(part["customer_id"], who)) for table, part in rows.items()}
    everyone = numbers(work.panel_of(asked, group(rows, asked))[0])
    mine = numbers(work.panel_of(asked, group(alone, asked))[0])
    assert mine
    assert all(values.tobytes() == everyone[key].tobytes() for key, values in mine.items())


def test_what_is_scored_today_is_the_row_trained_on_later(rows, asked):
    trained = numbers(work.panel_of(asked, group(rows, asked))[0])
    day = asked.as_ofs[1]
    today = replace(asked, as_ofs=(day,), watermark=None)
    known = {
        table: part.filter(pa.compute.less(part["time"], day)) if "time" in part.column_names else part
        for table, part in rows.items()
    }
    scored = numbers(work.panel_of(today, group(known, today))[0])
    assert scored.keys() == {key for key in trained if key[1] == day}
    assert all(values.tobytes() == trained[key].tobytes() for key, values in scored.items())


def test_tasks_know_the_labels_of_shorter_windows(rows, asked, opening):
    churn = asked.project.churn.model_copy(update={"also_days": (10,)})
    sooner = replace(asked, project=asked.project.model_copy(update={"churn": churn}))
    made = work.panel_of(sooner, group(rows, sooner))[0]
    local = replace(opening, project=opening.project.model_copy(update={"churn": churn}))
    expected = training_panel(local)[0].sooner["churned_10d"]
    assert sorted(made.sooner["churned_10d"].tolist()) == sorted(expected.tolist())


def test_an_error_of_ours_becomes_a_note_and_any_other_loses_its_text(rows, asked):
    def refused(_):
        raise DataError("no", got="1", mend="2")

    note = work.answered(group(rows, asked), refused)
    assert '"what": "no"' in note["note"][0].as_py()
    assert note["rows"][0].as_py() is None

    def broken(_):
        raise KeyError("customer 0042")

    with pytest.raises(RuntimeError, match=r"KeyError, test_work\.py line") as told:
        work.answered(group(rows, asked), broken)
    assert "0042" not in str(told.value)
    assert told.value.__suppress_context__


def test_tasks_together_tell_declines_as_they_are_told_locally(rows, checked, opening):
    """Seasons first: totals of tasks add up to those of all, and who is left out is told of everybody."""
    churn = Churn(kind="partial", horizon_days=30, gap_days=7, settlement_days=7)
    fading = replace(opening, project=opening.project.model_copy(update={"churn": churn}))
    local, left_out = training_panel(fading)
    assert np.isin([0.0, 1.0], local.churned).all()
    tables = SparkTables(dict.fromkeys(checked.stored), checked, 1_000)
    dates = np.unique(local.as_of).tolist()
    asked = Question.of(fading, tables, dates, fading.watermark)
    notes = [work.season_totals(asked, group(rows, asked, 4, shard)) for shard in range(4)]
    assert [made for made, _ in notes] == [None] * 4
    parts = [[{date: Season(*both) for date, *both in note["seasons"]}] for _, note in notes]
    known = replace(asked, seasons=seasons.total(parts, [30])[0])
    assert list(known.seasons) == dates
    found = {}
    for shard in range(3):
        part, _ = work.panel_of(known, group(rows, known, 3, shard))
        found |= dict(zip(zip(part.customer_id, part.as_of.tolist(), strict=True), part.churned, strict=True))
    expected = dict(
        zip(zip(local.customer_id, local.as_of.tolist(), strict=True), local.churned, strict=True)
    )
    np.testing.assert_equal(found, expected)
    counted_as_locally(known, rows, local, left_out)


def counted_as_locally(asked, rows, local, left_out):
    """Before a sample is drawn, whoever is set aside is set aside."""
    _, note = work.counted_rows(asked, group(rows, asked), 10_000)
    assert note["excluded"] == {name: count for name, count in left_out.items() if "incomplete" not in name}
    assert note["rows"] == len(local)


def test_whose_contract_says_nothing_is_not_drawn(rows, checked, opening):
    churn = Churn(kind="contractual", horizon_days=30, gap_days=30)
    signed = replace(opening, project=opening.project.model_copy(update={"churn": churn}))
    local, left_out = training_panel(signed)
    assert left_out["contract_ended_in_gap"] > 0
    tables = SparkTables(dict.fromkeys(checked.stored), checked, 1_000)
    asked = Question.of(signed, tables, np.unique(local.as_of).tolist(), signed.watermark)
    counted_as_locally(asked, rows, local, left_out)
