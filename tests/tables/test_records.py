"""The quick look and the close look at text agree with each other and with the csv module.

Blocks are cut a few bytes apart, so that every record of a draw straddles a border somewhere.
"""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from churnlab.tables import decode, records, text_files, walk
from churnlab.tables.records import Form
from sources import faults, lines, staged, values, written

letters = st.sampled_from(["a", "b", ",", '"', "\n", "\r\n", "é", "€", " ", "\x00", "'", ";"])
cells = st.lists(letters, max_size=5).map("".join)
tables = st.lists(st.tuples(cells, cells, cells), max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


def as_csv(rows, **options):
    text = io.StringIO()
    csv.writer(text, **options).writerows(rows)
    return text.getvalue()


def by_csv_module(text):
    """(first line, record) of every record that is not blank, the header left out."""
    reader, before, found = csv.reader(io.StringIO(text, newline="\n"), strict=True), 0, []
    for record in reader:
        if record and before:
            found.append((before + 1, tuple(record)))
        before = reader.line_num
    return found


def read(folder, text, block=None, **keys):
    keeping = {"csv": {"nulls": [], **keys}, "columns": {"customer_id": "x", "time": "y", "amount": "z"}}
    with pytest.MonkeyPatch.context() as patch:
        if block:
            patch.setattr(decode, "BLOCK", block)
            patch.setattr(text_files, "_SLICE", 1 + block // 3)
        return staged(folder, written(folder, text), **keeping)


@given(
    rows=tables,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([None, 1, 7, 64]),
)
@example(rows=[("", "", "")], quoting=csv.QUOTE_ALL, end="\n", block=1)
@example(rows=[('"', "\n", ",")] * 3, quoting=csv.QUOTE_MINIMAL, end="\r\n", block=7)
def test_what_the_csv_module_writes_is_read_back(folder, rows, quoting, end, block):
    text = as_csv([("x", "y", "z"), *rows], quoting=quoting, lineterminator=end)
    expected = by_csv_module(text)
    assert [record for _, record in expected] == rows, "the oracle itself reads what was written"
    result, found = read(folder, text, block)
    assert list(zip(lines(found), values(found), strict=True)) == expected
    assert not result.rejects


raw = st.lists(st.sampled_from(["a", ",", ",", '"', "\n", "\n", '""', ",b,", "\r"]), max_size=25).map("".join)


@given(raw, st.sampled_from([1, 5, 23]))
@example('"\n"\n', 1)
@example('a,"b\n",c\n"', 5)
def test_however_broken_the_text_blocks_change_nothing(folder, text, block):
    whole, rows = read(folder, "x,y,z\nk,k,k\n" + text)
    cut, found = read(folder, "x,y,z\nk,k,k\n" + text, block)
    assert found == rows
    assert [(each.line, each.raw) for each in cut.rejects] == [
        (each.line, each.raw) for each in whole.rejects
    ]


@given(raw)
def test_however_broken_the_text_every_line_is_accounted_for(folder, text):
    """Lines of good records and of broken ones do not overlap, and between them only blanks lie."""
    text = "k,k,k\n" + text
    form = Form(("x", "y", "z"), (0, 1, 2), ",", '"', "\n")
    met = walk.walk(text.encode(), form, unfinished=not text.endswith("\n"))
    sizes = {each.line: each.raw.count("\n") + 1 for each in met.rejects}
    for line, row in zip(met.lines, met.rows, strict=True):
        assert line not in sizes, "a record is both good and broken"
        sizes[line] = 1 + "".join(row).count("\n")
    covered = sorted(n for line, size in sizes.items() for n in range(line, line + size))
    assert covered == sorted(set(covered)), "two records share a line"
    physical = text.split("\n")
    blank = [n for n in range(len(physical)) if n not in covered]
    assert all(physical[n] in {"", "\r"} for n in blank)
    assert met.blanks == len(blank) - (not physical[-1])


plain_cells = st.text("ab'é ", max_size=4) | st.sampled_from(['a"b', "a,b", "a\nb", "a\r\nb", "a,\n,b"])
broken_lines = st.sampled_from(
    ['"open,b,c', 'a,"open,c', 'a,b,"open', 'a,"b"c,d', "a,b", "a,b,c,d", "x,y,z", "a,b\rc,d", '"a" ,b,c']
)


@given(
    rows=st.lists(st.tuples(plain_cells, plain_cells, plain_cells), min_size=1, max_size=8),
    broken=broken_lines,
    place=st.integers(0, 8),
    block=st.sampled_from([None, 3, 40]),
)
def test_a_broken_line_between_records_costs_nothing_but_itself(folder, rows, broken, place, block):
    place = min(place, len(rows))
    _, clean = read(folder, as_csv([("x", "y", "z"), *rows], lineterminator="\n"))
    text = as_csv([("x", "y", "z"), *rows[:place]], lineterminator="\n")
    at = text.count("\n") + 1
    text += broken + "\n" + as_csv(rows[place:], lineterminator="\n")
    result, found = read(folder, text, block)
    assert values(found) == values(clean)
    assert [line for line, _ in faults(result)] == [at]
    assert lines(found) == [line + (line >= at) for line in lines(clean)]


@pytest.mark.parametrize(
    "mutant", ["quotes never looked at", "returns never looked at", "no record is wrong"]
)
def test_planted_mutants_of_the_quick_look_are_caught(folder, monkeypatch, mutant):
    expected = [("d", "e", "f")]
    if mutant == "quotes never looked at":
        text = 'x,y,z\na,b,"c"c\nd,e,f\n'
        monkeypatch.setattr(records, "_quotes_in_place", lambda *_: True)
    elif mutant == "returns never looked at":
        text = "x,y,z\na\ra,b,c\nd,e,f\n"
        monkeypatch.setattr(records, "_returns_in_place", lambda *_: True)
    else:
        text = "x,y,z\nx,y,z\nd,e,f\n"
        monkeypatch.setattr(text_files, "_repeats_header", lambda *_: False)
    with pytest.raises(Exception, match=r"as defined|CSV parse error|straddl|index"):
        check(folder, text, expected)
    monkeypatch.undo()
    check(folder, text, expected)


def check(folder, text, expected):
    assert values(read(folder, text)[1]) == expected, "not as defined"


def test_other_marks(folder):
    text = "x|y|z\n'a|''a'|\"b|c\n"
    assert values(read(folder, text, delimiter="|", quote="'")[1]) == [("a|'a", '"b', "c")]
    wide = "x§y§z\na§§c\n"  # a mark of two bytes: read record by record
    assert values(read(folder, wide, delimiter="§")[1]) == [("a", "", "c")]


def test_one_column(folder):
    text = 'x\na\n\n""\n"b\nb"\n'
    one = {"customer_id": "x", "time": "x", "amount": "x"}
    _, rows = staged(folder, written(folder, text), columns=one, csv={"nulls": []})
    assert list(zip(lines(rows), [row[2] for row in rows], strict=True)) == [(2, "a"), (4, ""), (5, "b\nb")]


def test_the_quick_look_is_taken_where_all_is_well(folder, monkeypatch):
    """Else the tests above would compare the close look with itself."""
    walked = []
    monkeypatch.setattr(text_files, "walk", lambda *args, **_: walked.append(args))
    _, rows = read(folder, 'x,y,z\n"a ""a""","b\nb",c\r\n\nd,é,\n')
    assert (len(rows), walked) == (2, [])
