"""Bad input, structure (K14, K35-K46): what concerns a line is set aside, what concerns the file refused."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import ConfigError, DataError
from sources import COLUMNS, ORDERS, ROWS, faults, lines, staged, values, written

HEADER = "id,date,amount\n"


def test_k14_k41_a_column_that_is_missing_or_renamed(tmp_path):
    name = written(tmp_path, ORDERS.replace(b"amount", b"amounts"))
    pq.write_table(pa.table({"id": ["C1"], "date": ["d"], "amounts": [1]}), tmp_path / "orders.parquet")
    expected = (
        r"no column 'amount'; did you mean 'amounts'\?\n"
        r"got: the columns id, date, amounts\nmend: map the column"
    )
    for each in (name, "orders.parquet"):
        with pytest.raises(DataError, match=expected):
            staged(tmp_path, each)


def test_k14_a_file_without_header_shows_no_data(tmp_path):
    name = written(tmp_path, "jane@example.com,2025-01-03,12.50\njoe@example.com,2025-01-04,3\n")
    with pytest.raises(DataError, match=r"no column 'id'\ngot: the columns \*\*\*, \*\*\*, 12.50"):
        staged(tmp_path, name)


@pytest.mark.parametrize("quoted", [False, True])
def test_k35_a_field_missing(tmp_path, quoted):
    short = 'C2,"2025-01-04"' if quoted else "C2,2025-01-04"
    name = written(tmp_path, f"{HEADER}C1,2025-01-03,1\n{short}\nC3,2025-01-05,3\n")
    result, rows = staged(tmp_path, name)
    assert (lines(rows), faults(result)) == ([2, 4], [(3, "field_count")])
    assert (result.rejects[0].raw, result.rejects[0].expected) == (short, "3 fields")
    assert result.rejects[0].file == "orders.csv"


@pytest.mark.parametrize("row", ["C1,2025-01-03,1,x", '"C1","2025-01-03",1,"x"', "C1,2025-01-03"])
def test_k36_every_row_disagrees_with_the_header(tmp_path, row):
    name = written(tmp_path, HEADER + f"{row}\n" * 20)
    with pytest.raises(DataError, match=r"no row has as many fields as the header, 3\n.*line 2 on"):
        staged(tmp_path, name)
    # One row that agrees: the others are broken rows of a good file.
    result, rows = staged(tmp_path, written(tmp_path, HEADER + f"{row}\n" * 3 + "C1,2025-01-03,1\n"))
    assert (lines(rows), [line for line, _ in faults(result)]) == ([5], [2, 3, 4])


UNCLOSED = [
    ('C2,"2025-01-04,3\n', "unclosed_quote"),
    ('"C2,2025-01-04,3\n', "unclosed_quote"),
    ('C2,2025-01-04,"\n', "unclosed_quote"),
    ('C2,"2025"-01-04,3\n', "text_after_quote"),
    ('"C2" ,2025-01-04,3\n', "text_after_quote"),
]


@pytest.mark.parametrize(("broken", "reason"), UNCLOSED)
@pytest.mark.parametrize(
    "after", ["", 'C4,"d",4\n', 'C4,d,"4"\n', '"C""4",d,4\n', '"",d,""\n', 'C4,"4\nd",4\n']
)
def test_k37_an_unclosed_quote_takes_its_own_line_only(tmp_path, broken, reason, after):
    rest = f"C3,2025-01-05,3\n{after}"
    _, clean = staged(tmp_path, written(tmp_path, HEADER + rest))
    result, rows = staged(tmp_path, written(tmp_path, f"{HEADER}C1,2025-01-03,1\n{broken}{rest}"))
    assert faults(result) == [(3, reason)]
    assert values(rows) == [("C1", "2025-01-03", "1"), *values(clean)]
    assert lines(rows) == [2, *(line + 2 for line in lines(clean))]


def test_k38_line_breaks_inside_quotes(tmp_path):
    content = HEADER + '"C\n1","2025\r\n-01",1\nC2,2025-01-04\nC3,"a\n\n\nb",3\nC4,d,4\n'
    result, rows = staged(tmp_path, written(tmp_path, content))
    assert values(rows) == [("C\n1", "2025\r\n-01", "1"), ("C3", "a\n\n\nb", "3"), ("C4", "d", "4")]
    assert lines(rows) == [2, 6, 10]  # three physical lines, one broken, four, one
    assert faults(result) == [(5, "field_count")]


def test_k38_a_line_break_in_the_header(tmp_path):
    name = written(tmp_path, 'id,"the\nnote",date,amount\nC1,x,d,1\n')
    _, rows = staged(tmp_path, name)
    assert (values(rows), lines(rows)) == ([("C1", "d", "1")], [3])


@pytest.mark.parametrize(("mark", "shown"), [(";", "';'"), ("\t", r"'\\t'"), ("|", r"'\|'")])
def test_k39_another_delimiter_than_declared(tmp_path, mark, shown):
    name = written(tmp_path, ORDERS.replace(b",", mark.encode()))
    expected = rf"1 column found, the delimiter is ','\ngot: id, date, amount\nmend: .*{shown}"
    with pytest.raises(DataError, match=expected):
        staged(tmp_path, name)
    assert values(staged(tmp_path, name, csv={"delimiter": mark})[1]) == ROWS


@pytest.mark.parametrize("marks", [{"delimiter": '"'}, {"delimiter": "\n"}, {"quote": "\r"}])
def test_marks_that_cannot_work_are_a_mistake_of_the_configuration(tmp_path, marks):
    with pytest.raises(ConfigError, match="delimiter and quote must differ"):
        staged(tmp_path, written(tmp_path, ORDERS), csv=marks)


@pytest.mark.parametrize("name", ["zip", "rot13", "utf-7", "no-such"])
def test_an_encoding_that_is_none(tmp_path, name):
    with pytest.raises(ConfigError, match=f"csv.encoding: '{name}' cannot be read"):
        staged(tmp_path, written(tmp_path, ORDERS), csv={"encoding": name})


def test_k40_two_columns_of_one_name(tmp_path):
    name = written(tmp_path, "id,date,amount,date\nC1,d,1,e\n")
    with pytest.raises(DataError, match="two columns are named date"):
        staged(tmp_path, name)
    # Case is part of a name.
    _, rows = staged(tmp_path, written(tmp_path, "id,date,amount,Date\nC1,d,1,e\n"))
    assert values(rows) == [("C1", "d", "1")]


def test_columns_that_differ_in_case_only_are_two(tmp_path):
    mapped = COLUMNS | {"order_id": "ID", "amount": "id"}
    _, rows = staged(tmp_path, written(tmp_path, "id,ID,date\na,b,c\n"), columns=mapped)
    assert values(rows) == [("a", "c", "a", "b")]


def test_k42_the_order_of_columns_changes_nothing(tmp_path):
    _, rows = staged(tmp_path, written(tmp_path, ORDERS))
    turned = b"".join(b",".join(line.strip().split(b",")[::-1]) + b"\n" for line in ORDERS.splitlines())
    assert staged(tmp_path, written(tmp_path, turned))[1] == rows


def test_k43_new_columns_are_noted(tmp_path):
    first = written(tmp_path, "id,date,amount,store\nC1,d,1,S\n", "1.csv")
    second = written(tmp_path, "id,date,amount,store,loyalty\nC2,d,2,S,x\n", "2.csv")
    result, rows = staged(tmp_path, first, second)
    assert len(rows) == 2
    assert list(result.notes) == [
        "1.csv: columns not mapped: store",
        "2.csv: columns not mapped, and not in every file: loyalty",
    ]


@pytest.mark.parametrize("repeated", ["id,date,amount\n", '"id","date",amount\n', "id,date,amount\r\n"])
def test_k45_the_header_again(tmp_path, repeated):
    name = written(tmp_path, HEADER + "C1,d,1\n" + repeated + "C2,d,2\nid,d,3\n")
    result, rows = staged(tmp_path, name)
    assert faults(result) == [(3, "header_repeated")]
    assert [row[2] for row in rows] == ["C1", "C2", "id"], "an id called id is a row, not a header"


NESTED = {
    "list": pa.array([[1], [2]]),
    "struct": pa.array([{"a": 1}, {"a": 2}]),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
    "binary": pa.array([b"a", b"b"]),
}


@pytest.mark.parametrize("kind", NESTED)
def test_k46_columns_that_hold_no_plain_values(tmp_path, kind):
    table = pa.table({"id": ["C1", "C2"], "date": ["d", "e"], "amount": NESTED[kind], "plain": ["1", "2"]})
    pq.write_table(table, tmp_path / "orders.parquet")
    with pytest.raises(DataError, match=f"column 'amount' does not hold plain values\ngot: {kind}"):
        staged(tmp_path, "orders.parquet")
    _, rows = staged(tmp_path, "orders.parquet", columns=COLUMNS | {"amount": "plain"})
    assert values(rows) == [("C1", "d", "1"), ("C2", "e", "2")]


def test_blank_lines_are_no_records(tmp_path):
    name = written(tmp_path, HEADER + "\nC1,d,1\n\r\n\n" + 'C2,"d",2\n\n')
    result, rows = staged(tmp_path, name)
    assert (result.read, lines(rows)) == (2, [3, 6])
    assert "orders.csv: 4 blank lines, not counted as records" in result.notes
    # A line of blanks is a record without its fields.
    assert faults(staged(tmp_path, written(tmp_path, HEADER + "  \nC1,d,1\n"))[0]) == [(2, "field_count")]


@pytest.mark.parametrize("head", ["\n", "  \n", "\r\n", '"id\n'])
def test_a_first_line_that_is_no_header(tmp_path, head):
    with pytest.raises(DataError, match=r"line 1 is not a header|no column 'id'"):
        staged(tmp_path, written(tmp_path, head + ORDERS.decode()))


def test_a_header_that_does_not_decode(tmp_path):
    name = written(tmp_path, "id,date,amount,prénom\nC1,d,1,x\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"not utf-8 at byte 17, line 1\n.*\n.*latin-1"):
        staged(tmp_path, name)


def test_nulls_are_the_declared_texts_only(tmp_path):
    name = written(tmp_path, HEADER + "NA,null,\n-,\\N,NaN\n")
    assert values(staged(tmp_path, name)[1]) == [("NA", "null", None), ("-", "\\N", "NaN")]
    declared = {"nulls": ["", "\\N", "-"]}
    assert values(staged(tmp_path, name, csv=declared)[1]) == [("NA", "null", None), (None, None, "NaN")]
    assert values(staged(tmp_path, name, csv={"nulls": []})[1])[0] == ("NA", "null", "")


def test_more_broken_lines_than_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("churnlab.tables.text_files.MAX_REJECTS", 100)
    name = written(tmp_path, HEADER + "C1,d,1\n" + "C1,d\n" * 101)
    with pytest.raises(DataError, match="more than 100 broken lines\ngot: line 3: field_count"):
        staged(tmp_path, name)
