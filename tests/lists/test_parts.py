"""Delivered files: what a CRM reads is what was published, wherever parts end and however it is dealt."""

import csv
import datetime as dt
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import GateError
from churnlab.lists import cells, part_files, parts
from deliveries import laid_out
from scored_people import listed, scored, texts

STEM = "shop_2025-02-01_retain"


def written(folder, table, how):
    """Files of ``table`` in ``folder``: what was rendered, and name -> bytes."""
    folder.mkdir(exist_ok=True)
    source = folder.parent / f"{folder.name}.parquet"
    pq.write_table(table, source, row_group_size=7)
    rendered = parts.write(source, folder, STEM, how)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    assert sorted(files) == sorted(part.name for part in rendered.parts)
    return rendered, files


def read(content, delimiter=",", encoding="utf-8"):
    """Rows as dicts, by the standard library."""
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


def plain(**columns):
    """A small list by columns; what is not given is like in the lists."""
    n = len(next(iter(columns.values())))
    made = {"customer_id": [f"{i:03d}" for i in range(n)], **columns}
    return pa.table(made)


def test_by_hand(tmp_path):
    table = plain(
        customer_id=["007", "008"],
        scored_at=pa.array([dt.date(2025, 2, 1)] * 2),
        churn_risk=[0.25, None],
        value_if_retained=[820.5, -1.0],
        rank_in_list=[1, 2],
        segment=['B2B; "large"', None],
    )
    how = laid_out(table, profile="salesforce", dates="%d/%m/%Y", delimiter=";", newline="crlf")
    rendered, files = written(tmp_path / "a", table, how)
    header, first, second, end = files[f"{STEM}_001.csv"].decode().split("\n")
    assert header == (
        "External_ID__c;Scored_At__c;Churn_Risk__c;Value_If_Retained__c;Rank_In_List__c;Segment__c"
    )
    assert first == '"007";01/02/2025;0.250000;820.50;1;"B2B; ""large"""'
    assert second == '"008";01/02/2025;#N/A;-1.00;2;#N/A'
    assert end == ""
    assert rendered.rows == 2
    assert [(part.name, part.rows) for part in rendered.parts] == [(name, 2) for name in files]
    kept = pq.read_table(io.BytesIO(files[f"{STEM}_001.parquet"]))
    assert kept.column_names == header.split(";")
    assert kept["Segment__c"].to_pylist() == ['B2B; "large"', None], "the Parquet is lossless"


def test_generic_text_is_the_published_text(tmp_path):
    people = scored(
        [f"{i:05d}" for i in range(50)], segment=texts([["a,b", None, '"q"'][i % 3] for i in range(50)])
    )
    table = listed(people)
    _, files = written(tmp_path / "a", table, laid_out(table, parquet=False))
    assert list(files) == [f"{STEM}_001.csv"]
    assert files[f"{STEM}_001.csv"] == cells.header("\n") + cells.lines(table, "\n", 2)


PROFILES = {
    "generic": (",", "customer_id", "churn_risk", "csv"),
    "salesforce": (",", "External_ID__c", "Churn_Risk__c", "csv"),
    "hubspot": (",", "Customer ID", "Churn risk", "csv"),
    "braze": (",", "external_id", "churn_risk", "csv"),
    "adobe_campaign": (";", "customerId", "churnRisk", "txt"),
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("newline", ["lf", "crlf"])
def test_every_profile_holds_the_same_values(tmp_path, profile, newline):
    delimiter, id_, risk, suffix = PROFILES[profile]
    table = listed(scored([f"{i:05d}" for i in range(30)], reason='say "hi", you; two\nlines'))
    how = laid_out(table, profile=profile, newline=newline)
    _, files = written(tmp_path / "a", table, how)
    rows = read(files[f"{STEM}_001.{suffix}"], delimiter)
    assert [row[id_] for row in rows] == table["customer_id"].to_pylist()
    assert [float(row[risk]) for row in rows] == table["churn_risk"].to_pylist()
    named = how.as_dict()["columns"]
    assert {row[named["reason_1_text"]] for row in rows} == {'say "hi", you; two\nlines'}
    assert {row[named["segment"]] for row in rows} == {"#N/A" if profile == "salesforce" else ""}
    assert len(set(how.headers)) == len(how.headers)
    kept = pq.read_table(io.BytesIO(files[f"{STEM}_001.parquet"]))
    assert kept.rename_columns(table.column_names).equals(table)


def test_columns_left_out_and_renamed(tmp_path):
    table = listed(scored(["a", "b"]))
    wanted = {"churn_risk": "Risk", "segment": "Group"}
    kept = ("customer_id", *wanted)
    out = tuple(name for name in table.column_names if name not in kept)
    how = laid_out(table, columns=wanted, id="KEY", leave_out=out)
    _, files = written(tmp_path / "a", table, how)
    assert files[f"{STEM}_001.csv"].decode().split("\n")[0] == "KEY,Group,Risk"
    assert json.loads(json.dumps(how.as_dict()))["columns"] == {
        "customer_id": "KEY",
        "segment": "Group",
        "churn_risk": "Risk",
    }


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_list_of_ids_alone(tmp_path, rows):
    table = pa.table({"customer_id": pa.array(["x"] * rows, pa.string())})
    _, files = written(tmp_path / "a", table, laid_out(table))
    assert files[f"{STEM}_001.csv"].decode() == "customer_id\n" + '"x"\n' * rows
    assert pq.read_table(io.BytesIO(files[f"{STEM}_001.parquet"])).num_rows == rows


worlds = st.lists(st.text("aé,\"';\n=", max_size=6), min_size=1, max_size=25)


@given(worlds, st.integers(1, 30), st.integers(150, 400), st.sampled_from([1, 2, 5, 100]))
def test_parts_are_the_list_cut_where_the_next_row_does_not_fit(
    tmp_path_factory, words, part_rows, part_bytes, batch
):
    folder = tmp_path_factory.mktemp("parts")
    table = plain(segment=pa.array(words, pa.string()))
    whole = laid_out(table)
    how = part_files.Layout(**{**whole.__dict__, "part_rows": part_rows, "part_bytes": part_bytes})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "BATCH", batch)
        rendered, files = written(folder / "a", table, how)
    _, at_once = written(folder / "b", table, whole)
    head = whole.head()
    pieces = [content.removeprefix(head) for name, content in files.items() if name.endswith(".csv")]
    assert head + b"".join(pieces) == at_once[f"{STEM}_001.csv"]
    counts = [part.rows for part in rendered.parts if part.name.endswith(".csv")]
    assert sum(counts) == rendered.rows == len(words)
    # The oracle: row after row, a part ends where the next one does not fit.
    lines = [bytes(cells.written(table.slice(i, 1), whole.columns, whole.dialect)) for i in range(len(words))]
    expected, size = [0], len(head)
    for line in lines:
        if expected[-1] == part_rows or size + len(line) > part_bytes:
            expected.append(0)
            size = len(head)
        expected[-1] += 1
        size += len(line)
    assert counts == expected
    kept = [pq.read_table(io.BytesIO(c)) for name, c in files.items() if name.endswith(".parquet")]
    assert pa.concat_tables(kept).equals(table)


def test_a_row_that_no_part_can_hold(tmp_path):
    table = plain(segment=["x" * 1_100_000])
    with pytest.raises(GateError, match="one row is larger than a file may be"):
        written(tmp_path / "a", table, laid_out(table, part_mb=1))


def test_one_file_for_each_owner_in_list_order(tmp_path):
    owners = ["ann", None, "../Ann", "ann", "bob", None, "ANN"]
    table = plain(owner=owners, rank_in_list=list(range(1, 8)))
    how = laid_out(table, split_by="owner", parquet=False)
    rendered, files = written(tmp_path / "a", table, how)
    of = {part.of: [int(row["rank_in_list"]) for row in read(files[part.name])] for part in rendered.parts}
    assert of == {"ann": [1, 4], None: [2, 6], "../Ann": [3], "bob": [5], "ANN": [7]}
    assert len({name.casefold() for name in files}) == 5, (
        "files do not fall together where case does not matter"
    )
    assert all(name.startswith(STEM) and "/" not in name and ".." not in name for name in files)


def test_many_owners_need_few_open_files(tmp_path, monkeypatch):
    owners = [f"owner {i % 23}" for i in range(200)]
    table = plain(owner=owners)
    how = laid_out(table, split_by="owner", part_rows=5)
    _, at_once = written(tmp_path / "a", table, how)
    monkeypatch.setattr(parts, "OPEN", 3)
    _, in_turn = written(tmp_path / "b", table, how)
    assert in_turn == at_once
    assert len(at_once) == 2 * 23 * 2  # 200 / 23 = 8 or 9 rows each: two parts of 5, text and Parquet


def test_owners_may_be_left_out_of_the_files_that_they_split(tmp_path):
    table = plain(owner=["ann", "bob"])
    _, files = written(
        tmp_path / "a", table, laid_out(table, split_by="owner", leave_out=("owner",), parquet=False)
    )
    assert sorted(content.decode() for content in files.values()) == [
        'customer_id\n"000"\n',
        'customer_id\n"001"\n',
    ]


def test_control_customers_stay_here(tmp_path):
    arms = ["treated", "control", None, "explore", "control", "treated"]
    table = plain(arm=arms)
    rendered, files = written(tmp_path / "a", table, laid_out(table))
    assert [row["customer_id"] for row in read(files[f"{STEM}_001.csv"])] == ["000", "002", "003", "005"]
    assert pq.read_table(io.BytesIO(files[f"{STEM}_001.parquet"])).num_rows == 4
    assert (rendered.rows, rendered.held_back) == (4, {"control": 2})
    rendered, _ = written(tmp_path / "b", table, laid_out(table, arms=("treated",)))
    assert (rendered.rows, rendered.held_back) == (3, {"control": 2, "explore": 1})


def test_of_a_campaign_only_the_selected_go(tmp_path):
    table = plain(arm=["treated", "control", None, "explore", "holdout", None])
    rendered, files = written(tmp_path / "a", table, laid_out(table, drawn=True))
    assert [row["customer_id"] for row in read(files[f"{STEM}_001.csv"])] == ["000", "003"]
    assert (rendered.rows, rendered.held_back) == (2, {"control": 1, "holdout": 1, "none": 2})


def test_nobody_left_is_a_header(tmp_path):
    table = plain(arm=["control"], owner=["ann"])
    for split in (None, "owner"):
        _, files = written(tmp_path / f"{split}", table, laid_out(table, split_by=split, parquet=False))
        assert list(files.values()) == [b"customer_id,arm,owner\n"]


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1", "iso-8859-15"])
def test_other_encodings_hold_the_same_text_or_nothing_is_written(tmp_path, encoding):
    table = plain(segment=["é", "ü"])
    how = laid_out(table, encoding=encoding, profile="adobe_campaign")
    _, files = written(tmp_path / "a", table, how)
    assert [row["segment"] for row in read(files[f"{STEM}_001.txt"], ";", encoding)] == ["é", "ü"]
    with pytest.raises(GateError, match=f"{encoding} lacks a character") as caught:
        written(tmp_path / "b", plain(segment=["Łódź canary", "ü"]), how)
    assert "canary" not in str(caught.value)


def test_a_byte_order_mark_where_it_is_asked_for(tmp_path):
    table = plain(segment=["é"])
    _, files = written(tmp_path / "a", table, laid_out(table, bom=True, part_rows=1))
    assert files[f"{STEM}_001.csv"] == b'\xef\xbb\xbfcustomer_id,segment\n"000","\xc3\xa9"\n'


def test_formulas_are_inert_in_text_and_refused_or_escaped_in_ids(tmp_path):
    table = plain(customer_id=["a", '=HYPERLINK("x")'], segment=["=1+1", " @x"])
    with pytest.raises(GateError, match="a spreadsheet would run ids") as caught:
        written(tmp_path / "a", table, laid_out(table))
    assert "1 of 2 ids" in str(caught.value)
    assert "HYPERLINK" not in str(caught.value)
    _, files = written(tmp_path / "b", table, laid_out(table, formula_policy="escape"))
    rows = read(files[f"{STEM}_001.csv"])
    assert [row["customer_id"] for row in rows] == ["a", '\'=HYPERLINK("x")']
    assert [row["segment"] for row in rows] == ["'=1+1", "' @x"]
    kept = pq.read_table(io.BytesIO(files[f"{STEM}_001.parquet"]))
    assert kept.equals(table)


def test_files_are_for_their_owner_only_and_the_same_every_time(tmp_path):
    table = listed(scored([f"{i:05d}" for i in range(100)], value=np.arange(100) - 50.0))
    how = laid_out(table, part_rows=30)
    _, first = written(tmp_path / "a", table, how)
    _, second = written(tmp_path / "b", table, how)
    assert first == second
    assert {oct(path.stat().st_mode)[-3:] for path in (tmp_path / "a").iterdir()} == {"600"}


def test_who_is_refused_stays_and_is_counted_once(tmp_path):
    table = plain(
        customer_id=["a", "b", "c", "d"],
        arm=["treated", "control", "treated", None],
        segment=["x", "x", "y", "x"],
    )
    pq.write_table(table, tmp_path / "list.parquet")
    refused = pa.array(["b", "c", "nobody"])
    for split_by, names in ((None, ["001"]), ("segment", ["x"])):
        (tmp_path / str(split_by)).mkdir()
        how = laid_out(table, split_by=split_by)
        rendered = parts.write(tmp_path / "list.parquet", tmp_path / str(split_by), STEM, how, refused)
        assert rendered.held_back == {"control": 1, "suppressed": 1}
        assert rendered.rows == 2
        (text,) = (tmp_path / str(split_by)).glob("*.csv")  # of who is alone with a value, not even a file
        assert names[0] in text.name
        assert [row["customer_id"] for row in read(text.read_bytes())] == ["a", "d"]


MUTANTS = {
    "arms ignored": (parts.Going, "of_arms", lambda _, batch: pa.array([True] * batch.num_rows)),
    "no limit on a part": (part_files.PartFiles, "_fits", lambda *_: True),
    "ids not looked at": (parts, "_check_ids", lambda _: None),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(tmp_path, monkeypatch, name):
    def right(folder):
        table = plain(
            customer_id=["a", "b", "c"], arm=["treated", "control", "treated"], segment=["x" * 60] * 3
        )
        how = laid_out(table)
        how = part_files.Layout(**{**how.__dict__, "part_bytes": 120})
        rendered, _ = written(tmp_path / f"{folder}1", table, how)
        try:
            written(tmp_path / f"{folder}2", plain(customer_id=["=1"]), laid_out(plain(customer_id=["=1"])))
        except GateError:
            return rendered.rows == 2 and len(rendered.parts) == 4
        return False

    assert right("as it is")
    monkeypatch.setattr(*MUTANTS[name])
    assert not right("broken")
