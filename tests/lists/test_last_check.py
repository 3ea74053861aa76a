"""The last look at the bytes: a planted leak is found in every file and every spelling."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import GateError, IntegrityError
from churnlab.lists import cells, commit, last_check, write
from churnlab.lists.identities import Identities
from churnlab.lists.last_check import Refused
from scored_people import FACTS, files_of, ranked, scored

PEOPLE = ["00042", "AB-7", "\u00c9t\u00e9", "c,1", 'd"2', "e\n3", "plain", "=1+1", "'q"]
NOBODY = Identities.of(
    pa.table({"customer_id": pa.array([], pa.string()), "alias": pa.array([], pa.string())})
)


@pytest.fixture
def lists(tmp_path):
    """The files of everybody, as they would be published."""
    for name, content in files_of(scored(PEOPLE), formula_policy="escape").items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def check(folder, *refused, allows=None, same=NOBODY):
    ids = Refused(pa.array(refused, pa.string()), allows=allows)
    return last_check.check(folder.iterdir(), ids, same)


def test_every_row_of_every_list_is_looked_at(lists):
    # Everybody stands in all.* and in the list of a strategy, as CSV and as Parquet.
    assert check(lists, "somebody else") == 4 * len(PEOPLE)
    assert check(lists) == 4 * len(PEOPLE)


@pytest.mark.parametrize(
    "refused",
    ["00042", " ab-7", "E\u0301TE\u0301", "C,1", 'd"2', "E\n3", "PLAIN ", "=1+1", "'q"],
)
def test_a_suppressed_customer_is_found_in_any_spelling(lists, refused):
    with pytest.raises(GateError, match=r"suppressed customers stand in all\.csv") as caught:
        check(lists, "x", refused)
    assert caught.value.exit_code == 4
    assert "1 of 9 rows" in str(caught.value)
    assert refused not in str(caught.value).replace("all.csv", ""), "nobody is named"


def test_an_alias_is_found(lists):
    same = Identities.of(pa.table({"customer_id": ["00042"], "alias": ["crm-9"]}))
    with pytest.raises(GateError, match="suppressed customers stand"):
        check(lists, "CRM-9", same=same)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_leak_planted_in_one_file_is_found_there(lists, kind):
    path = lists / f"retain.{kind}"
    if kind == "csv":
        with path.open("ab") as file:
            file.write(b'"leak"' + b"," * (path.read_bytes().split(b"\n")[0].count(b",")) + b"\n")
    else:
        table = pq.read_table(path)
        row = pa.table(
            {n: ["leak" if n == "customer_id" else None] for n in table.column_names}, table.schema
        )
        pq.write_table(pa.concat_tables([table, row]), path)
    with pytest.raises(GateError, match=rf"suppressed customers stand in retain\.{kind}"):
        check(lists, "LEAK")


def test_a_csv_and_a_parquet_that_differ_are_no_list(lists):
    table = pq.read_table(lists / "all.parquet")
    pq.write_table(table.slice(1), lists / "all.parquet")
    with pytest.raises(IntegrityError, match="do not name the same customers"):
        check(lists, "x")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("all.csv", b"id,rank\n1,2\n", "no column customer_id"),
        ("all.csv", b"", "no column customer_id"),
        ("all.csv", b'customer_id,rank\n"a\n', "cannot be read back"),
        ("all.csv", b"customer_id,rank\n\xff,1\n", "cannot be read back"),
        ("all.csv", b'customer_id,rank\na,"b\n', "cannot be read back"),  # cut off inside the last cell
        ("all.csv", b"customer_id,rank\na,\xff\n", "cannot be read back"),
        ("all.csv", b"customer_id,rank\na\n", "1 of 2 cells"),
        ("all.csv", b"customer_id,rank\na,1,2\n", "3 of 2 cells"),
        ("all.parquet", b"PAR1", "cannot be read back"),
    ],
)
def test_a_list_that_cannot_be_read_back_is_no_list(lists, name, content, told):
    (lists / name).write_bytes(content)
    with pytest.raises(IntegrityError, match=told) as caught:
        check(lists, "x")
    assert caught.value.exit_code == 5


def test_many_looks_see_what_one_look_sees(lists, monkeypatch):
    assert check(lists, "x") == 4 * len(PEOPLE)
    monkeypatch.setattr(last_check, "LOOK", 2)
    monkeypatch.setattr(last_check, "BATCH", 2)
    monkeypatch.setattr(last_check, "BLOCK", 700)  # bytes: a row or two
    assert check(lists, "x") == 4 * len(PEOPLE)
    for who in PEOPLE:
        with pytest.raises(GateError, match="1 of 9 rows"):
            check(lists, who)


def test_an_error_names_nobody(lists):
    (lists / "all.csv").write_bytes(b"customer_id,rank\nsecret-7\n")
    with pytest.raises(IntegrityError, match="1 of 2 cells") as caught:
        check(lists, "x")
    told = caught.value
    while told is not None:
        assert "secret" not in str(told)
        told = None if told.__suppress_context__ else (told.__cause__ or told.__context__)


def only(*pairs):
    """What allows these customers these actions, by the very id, and remembers what it was asked."""

    def allows(ids, actions):
        asked = list(zip(ids.to_pylist(), actions.to_pylist(), strict=True))
        allows.asked |= {*asked}
        return np.array([pair in pairs for pair in asked], dtype=bool)

    allows.asked = set()
    return allows


ACTIONS = {"all": [("a", "call"), ("=b", "mail"), ("c", None)], "retain": [("a", "call")]}


@pytest.fixture
def named(tmp_path):
    """Lists that name actions; one id is escaped in the CSV."""
    for name, rows in ACTIONS.items():
        ids, actions = (list(column) for column in zip(*rows, strict=True))
        table = pa.table({"customer_id": ids, "action_id": pa.array(actions, pa.string())})
        pq.write_table(table, tmp_path / f"{name}.parquet")
        lines = [f"{action or ''},{cells.inert(one)}\n" for one, action in rows]
        (tmp_path / f"{name}.csv").write_text("action_id,customer_id\n" + "".join(lines), encoding="utf-8")
    return tmp_path


def test_every_action_of_every_file_is_asked_about(named):
    allows = only(("a", "call"), ("=b", "mail"))
    assert check(named, allows=allows) == 8
    assert allows.asked == {("a", "call"), ("=b", "mail"), ("'=b", "mail")}, "c gets none"
    for allowed in ([("a", "call")], [("=b", "mail")], [("a", "mail"), ("=b", "mail")], [("A", "call")]):
        with pytest.raises(GateError, match=r"not allowed it in all\.csv") as caught:
            check(named, allows=only(*allowed))
        assert caught.value.exit_code == 4


@pytest.mark.parametrize("file", ["all.csv", "all.parquet", "retain.csv", "retain.parquet"])
def test_an_action_planted_in_one_file_is_found_there(named, file):
    path = named / file
    if path.suffix == ".csv":
        path.write_text(path.read_text(encoding="utf-8").replace("call,a", "mail,a"), encoding="utf-8")
    else:
        table = pq.read_table(path)
        actions = ["mail", *table["action_id"].to_pylist()[1:]]
        pq.write_table(table.set_column(1, "action_id", pa.array(actions, pa.string())), path)
    with pytest.raises(GateError, match=f"who have not allowed it in {re.escape(file)}") as caught:
        check(named, allows=only(("a", "call"), ("=b", "mail")))
    assert "got: 1 of " in str(caught.value)


def test_what_an_escaped_id_may_get_is_no_answer_for_parquet(named):
    # Only =b has agreed: "'=b" in Parquet is somebody else.
    table = pa.table({"customer_id": ["a", "'=b", "c"], "action_id": ["call", "mail", None]})
    pq.write_table(table, named / "all.parquet")
    with pytest.raises(GateError, match=r"allowed it in all\.parquet"):
        check(named, allows=only(("a", "call"), ("=b", "mail")))


def test_who_was_kept_off_is_looked_for_by_the_very_id(tmp_path):
    # Consent counts for the very id: "AB-1" agreed and is listed, "ab-1" did not and is kept off.
    for name, content in files_of(scored(["AB-1", "=1", "'q"]), formula_policy="escape").items():
        (tmp_path / name).write_bytes(content)

    def looked(*ids):
        refused = Refused(pa.array(["nobody"]), exactly=pa.chunked_array([pa.array([one]) for one in ids]))
        return last_check.check(tmp_path.iterdir(), refused, NOBODY)

    assert looked("ab-1", "1", "q") == 4 * 3
    for leak in ("AB-1", "=1", "'q"):
        with pytest.raises(GateError, match=r"stand in all\.csv"):
            looked("ab-1", leak)
        (tmp_path / "all.csv").rename(tmp_path / "all.text")
        with pytest.raises(GateError, match=r"stand in all\.parquet"):
            looked("ab-1", leak)
        (tmp_path / "all.text").rename(tmp_path / "all.csv")


def test_a_leak_stops_the_publication_and_the_lists_before_stay(tmp_path):
    with ranked(scored(["a", "b"])) as clean:
        before = commit.publish(tmp_path, "0" * 16, write.together(clean), FACTS)
    refused = Refused(pa.array(["B"]))

    def gate(stage):
        files = [path for path in stage.iterdir() if path.suffix != ".json"]
        last_check.check(files, refused, NOBODY)

    with ranked(scored(["b", "c"])) as leaking, pytest.raises(GateError, match="suppressed customers stand"):
        commit.publish(tmp_path, "1" * 16, write.together(leaking), FACTS, gate=gate)
    assert commit.current(tmp_path) == before.path
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [before.path.name]
    with ranked(scored(["c", "d"])) as clean:
        after = commit.publish(tmp_path, "2" * 16, write.together(clean), FACTS, gate=gate)
    assert commit.current(tmp_path) == after.path
