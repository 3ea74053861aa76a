"""Runs: what tasks leave is merged to the local lists, however it was cut; damage and loss are told."""

import io
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import GateError, IntegrityError, MachineError
from churnlab.lists import build, order
from churnlab.lists.columns import NAMES
from churnlab.lists.gate import Gate
from churnlab.spark import ranking, runs
from churnlab.spark.tally import Tally
from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.summary import Sums
from churnlab.workflow.cautions import Cautions
from churnlab.workflow.drifting import Drift
from scored_people import CUT, STAMP, files_of, listed, scored

IDS = [f"{number:03}" for number in range(90)]
CUTS = {
    "whole": [slice(0, 90)],
    "uneven": [slice(0, 1), slice(1, 50), slice(50, 90)],
    "backwards": [slice(60, 90), slice(30, 60), slice(0, 30)],
}


def tally(people=None):
    """What a task saw of some customers; None: of nobody."""
    kept = Tally(Gate(2), Sums(2), Cautions(SimpleNamespace(), SimpleNamespace()), Drift({}))
    if people is not None and kept.gate.admits(people):
        kept.sums.add(people.quadrant, people.churn_risk, people.worth)
    return kept


def left(folder, blocks, *, valued=True):
    """What tasks leave of blocks of customers, and what they saw."""
    seen, notes = tally(), []
    for number, block in enumerate(blocks):
        seen.join(tally(block).note())
        notes.append(runs.write(build.rows(block, 2), folder, number, valued=valued))
    return seen, notes


def written(folder, blocks, *, valued=True):
    """Name -> (manifest's rows, bytes) of every file of the lists."""
    seen, notes = left(folder, blocks, valued=valued)
    together = ranking.outputs(ranking.ranked(runs.opened(folder, notes), seen, STAMP, CUT))
    files = {name: io.BytesIO() for name in together.files}
    together.write(files)
    return {name: (together.files[name].rows, file.getvalue()) for name, file in files.items()}


def everybody(files):
    """The lists as one table, as the local list of everybody is."""
    parts = []
    for strategy in map(str, Strategy):
        for name in sorted(name for name in files if name.startswith(f"quadrant={strategy}/")):
            rows, content = files[name]
            part = pq.ParquetFile(io.BytesIO(content)).read()
            assert rows == len(part) > 0
            parts.append(part.append_column("quadrant", pa.array([strategy] * len(part))))
    return pa.concat_tables(parts).select(NAMES)


@pytest.mark.parametrize("valued", [True, False])
@pytest.mark.parametrize("cut", CUTS)
def test_however_customers_are_cut_the_lists_are_the_local_ones(tmp_path, cut, valued):
    people = scored(IDS, valued=valued)
    files = written(tmp_path, [people.take(part) for part in CUTS[cut]], valued=valued)
    assert everybody(files).equals(listed(people))


def test_risks_of_shorter_horizons_are_the_local_ones(tmp_path):
    risk = np.linspace(0.1, 0.9, len(IDS)).round(6)
    people = scored(IDS, risk, sooner={30: (risk**0.5).round(6)})
    seen, notes = left(tmp_path, [people.take(part) for part in CUTS["uneven"]])
    stamp = replace(STAMP, also_days=(30,))
    together = ranking.outputs(ranking.ranked(runs.opened(tmp_path, notes, stamp.added), seen, stamp, CUT))
    files = {name: io.BytesIO() for name in together.files}
    together.write(files)
    local = files_of(people, stamp=stamp)
    for strategy in {name.partition("=")[2].partition("/")[0] for name in files}:
        mine = pq.read_table(io.BytesIO(local[f"{strategy}.parquet"])).drop_columns(["quadrant"])
        theirs = pq.ParquetFile(files[f"quadrant={strategy}/part-00000.parquet"]).read()
        assert theirs.equals(mine)
        assert "churn_risk_30d" in theirs.column_names
    with pytest.raises(IntegrityError, match="other columns or rows than the lists have"):
        runs.opened(tmp_path, notes)


def test_cuts_change_no_byte(tmp_path):
    people = scored(IDS)
    made = [written(tmp_path, [people.take(part) for part in parts]) for parts in CUTS.values()]
    assert made[0] == made[1] == made[2]


def test_a_long_list_is_several_files_whose_ranks_go_on(tmp_path, monkeypatch):
    people = scored(IDS)
    monkeypatch.setattr("churnlab.lists.spool.BATCH", 4)
    monkeypatch.setattr(ranking, "BATCH", 4)
    monkeypatch.setattr(ranking, "FILE_ROWS", 12)
    files = written(tmp_path, [people])
    assert everybody(files).equals(listed(people))
    longest = max(files).split("/")[0]
    sizes = [files[name][0] for name in sorted(files) if name.startswith(longest)]
    assert sizes[:-1] == [12] * (len(sizes) - 1) != []


def test_ties_go_by_the_bytes_of_the_id_across_runs(tmp_path):
    names = ["\ufb01n", "🦊", "a", "A"]  # in UTF-16 the first two stand the other way round
    blocks = [scored([name], [0.5], [100], [10]) for name in names] + [scored(["z"], [0.6], [100], [10])]
    found = everybody(written(tmp_path, blocks))["customer_id"].to_pylist()
    assert found == ["z", "A", "a", "\ufb01n", "🦊"]


def test_one_customer_in_two_shards_stops_the_lists(tmp_path):
    seen, notes = left(tmp_path, [scored(["a", "b"]), scored(["b", "c"])])
    with pytest.raises(GateError, match="repeats in 1 of 4 rows"):
        ranking.ranked(runs.opened(tmp_path, notes), seen, STAMP, CUT)


def test_a_run_that_nobody_tells_of_is_missed(tmp_path):
    seen, notes = left(tmp_path, [scored(["a", "b"]), scored(["c"])])
    with pytest.raises(IntegrityError, match=r"other rows than they scored\ngot: 2 rows for 3 customers"):
        ranking.ranked(runs.opened(tmp_path, notes[:1]), seen, STAMP, CUT)


def test_a_folder_that_is_not_shared_is_told(tmp_path):
    _, notes = left(tmp_path, [scored(["a", "b"])])
    (tmp_path / notes[0]["name"]).unlink()
    with pytest.raises(MachineError, match=r"is not there\ngot: no 00000\.arrow(.|\n)*driver and workers"):
        runs.opened(tmp_path, notes)


@pytest.mark.parametrize("damage", [lambda path: os.truncate(path, 900), lambda path: _flip(path, 900)])
def test_rows_that_have_changed_are_not_listed(tmp_path, damage):
    _, notes = left(tmp_path, [scored(IDS)])
    damage(tmp_path / notes[0]["name"])
    with pytest.raises(IntegrityError, match="have changed"):
        runs.opened(tmp_path, notes)


def _flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_rows_in_another_order_are_refused_not_mixed_up():
    people = build.rows(scored(IDS), 2)
    right = people.take(order.positions(order.keys(people, valued=True)))
    wanted = np.arange(5)
    assert runs.Runs([right]).rows(wanted[::-1]).equals(right.slice(0, 5).take(wanted[::-1]))
    with pytest.raises(IntegrityError, match="not in the order of the lists"):
        runs.Runs([right]).rows(np.array([0, 2]))


def test_a_task_tried_again_leaves_the_same(tmp_path):
    rows = build.rows(scored(IDS), 2)
    first = runs.write(rows, tmp_path, 7, valued=True)
    content = (tmp_path / "00007.arrow").read_bytes()
    backwards = rows.take(list(range(len(rows)))[::-1])
    assert runs.write(backwards, tmp_path, 7, valued=True) == first
    assert [path.name for path in tmp_path.iterdir()] == ["00007.arrow"]
    assert (tmp_path / "00007.arrow").read_bytes() == content


def test_what_the_disk_refuses_is_told_by_the_driver(tmp_path):
    with pytest.raises(MachineError, match="cannot write or read"):
        runs.write(build.rows(scored(IDS), 2), tmp_path / "none", 0, valued=True)
