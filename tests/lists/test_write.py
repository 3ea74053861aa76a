"""CSV and Parquet: what is written is read back, nothing runs as a formula, the same bytes every time."""

import csv
import io
import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import plain_lists
from churnlab.errors import GateError
from churnlab.lists import cells, spool, write
from churnlab.lists.columns import COLUMNS, NAMES
from churnlab.strategy.moments import Moments
from scored_people import STAMP, files_of, listed, ranked, scored, texts

TRIGGERS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
BEFORE = ["", " ", "   ", "\u00a0", "\u200b", "\ufeff", "\u2003 "]
BODIES = ['HYPERLINK("http://x","y")', "1+1", "cmd|' /C calc'!A0"]
PAYLOADS = [before + trigger + body for before, trigger, body in itertools.product(BEFORE, TRIGGERS, BODIES)]
NASTY = [
    "a,b",
    'say "hi"',
    '"',
    '""',
    "two\nlines",
    "two\r\nlines",
    "é€\U0001f600",
    " lead",
    "trail ",
    "'",
    ";",
    "x=1",
]


def csv_of(table, newline="lf", exponent=2):
    end = write.NEWLINES[newline]
    return cells.header(end) + cells.lines(table, end, exponent)


def parquet_of(*tables):
    file = io.BytesIO()
    with write.row_groups(file) as groups:
        for table in tables:
            groups.add(table)
    return file.getvalue()


def read(content):
    """Rows as dicts, by the standard library."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_by_hand():
    due = np.array(["2025-02-09"], dtype="datetime64[D]")
    life = {
        "phase": texts(["growth"]),
        "moments": Moments(texts(["rhythm_slip"]), due, texts(["rhythm_slip+anniversary"])),
    }
    table = listed(scored(["00123"], [0.25], [820.5], [72.0], segment=texts(["B2B, large"]), **life))
    header, row, end = csv_of(table).decode().split("\n")
    assert header == ",".join(NAMES)
    assert row == (
        '"00123","at_risk","0123456789abcdef","3",2025-02-01,2025-03-03,"B2B, large","retain","retain",,'
        '2025-02-01,"growth",0.250000,"medium",820.50,410.25,1641.00,635.89,738.45,"margin",184.61,72.000000,'
        '"recency+frequency","rhythm_slip",2025-02-09,"rhythm_slip+anniversary",,,,,,,,1,'
        '"days_since_last_order","last order 0 days ago",,,,,,,"EUR","Retain"'
    )
    assert end == ""


def test_line_ends_and_no_byte_order_mark():
    table = listed(scored(["a", "b"]))
    crlf = csv_of(table, newline="crlf")
    assert crlf.count(b"\r\n") == 3
    assert crlf.replace(b"\r\n", b"\n") == csv_of(table)
    assert crlf.startswith(b"customer_id,")


def test_money_has_the_decimals_of_its_currency():
    table = listed(scored(["a", "b"], value=[1234.0, 5.0]))
    assert {row["value_if_retained"] for row in read(csv_of(table, exponent=0))} == {"1234", "5"}
    assert {row["value_if_retained"] for row in read(csv_of(table, exponent=3))} == {"1234.000", "5.000"}


safe = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
names = st.sampled_from(NASTY).map(lambda text: "i" + text) | safe.map(lambda text: "i" + text)


@given(
    st.lists(names, min_size=2, max_size=6, unique=True),
    st.lists(st.sampled_from(NASTY) | safe, min_size=1, max_size=6),
    st.sampled_from(["lf", "crlf"]),
)
@example(["i\r", "i\n"], NASTY, "crlf")
def test_round_trip(ids, words, newline):
    segment = texts([words[i % len(words)] for i in range(len(ids))])
    table = listed(scored(ids, segment=segment))
    rows = read(csv_of(table, newline=newline))
    assert [row["customer_id"] for row in rows] == table["customer_id"].to_pylist()
    kept = table["segment"].to_pylist()
    assert [row["segment"] for row in rows] == [cells.inert(text) for text in kept]
    frame = pd.read_csv(
        io.BytesIO(csv_of(table, newline=newline)), dtype=str, keep_default_na=False, lineterminator=None
    )
    assert frame["customer_id"].tolist() == table["customer_id"].to_pylist()
    assert pq.read_table(io.BytesIO(parquet_of(table))).equals(table)


def test_csv_and_parquet_hold_the_same_values():
    table = listed(scored([f"{i:05d}" for i in range(200)], intensity=[i % 100 for i in range(200)]))
    stored = pq.read_table(io.BytesIO(parquet_of(table))).to_pylist()
    for written, kept in zip(read(csv_of(table)), stored, strict=True):
        for column in COLUMNS:
            value, cell = kept[column.name], written[column.name]
            if value is None:
                assert cell == ""
            elif column.kind in {"score", "money", "count"}:
                assert float(cell) == value, "a number reads back as itself, to the bit"
            else:
                assert cell == str(value)


def test_there_are_payloads_enough():
    assert len(PAYLOADS) >= 100


TEXTS = [column.name for column in COLUMNS if column.kind == "text"]


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_cell_runs_as_a_formula(name):
    table = listed(scored([f"c{i}" for i in range(len(PAYLOADS))]))
    position = table.schema.get_field_index(name)
    table = table.set_column(position, table.schema.field(position), pa.array(PAYLOADS, pa.string()))
    rows = read(csv_of(table))
    assert [row[name] for row in rows] == [f"'{payload}" for payload in PAYLOADS]
    assert all(not cell.strip("\u200b\ufeff \u00a0\u2003").startswith(tuple(TRIGGERS)) for row in rows
               for cell in row.values())  # fmt: skip
    assert pq.read_table(io.BytesIO(parquet_of(table)))[name].to_pylist() == PAYLOADS


@pytest.mark.parametrize("payload", PAYLOADS[:: len(BODIES)])
def test_an_id_is_refused_or_escaped_but_never_silently_altered(payload):
    people = scored(["plain", payload])
    with (
        pytest.raises(GateError, match="customer_id: a spreadsheet would run ids") as caught,
        ranked(people, formula_policy="refuse"),
    ):
        pass
    assert "1 of 2 ids" in str(caught.value)
    assert "HYPERLINK" not in str(caught.value)
    files = files_of(people, formula_policy="escape")
    assert {row["customer_id"] for row in read(files["all.csv"])} == {"plain", f"'{payload}"}
    kept = pq.read_table(io.BytesIO(files["all.parquet"]))["customer_id"].to_pylist()
    assert sorted(kept) == sorted(["plain", payload])


@pytest.mark.parametrize("text", ["", "a=b", "1-1", "5 @ home", "'=1", "x\n=1", "retain", "−1 in words"])
def test_other_text_is_left_alone(text):
    assert cells.inert(text) == text


def test_negative_amounts_stay_numbers():
    (row, _) = sorted(
        read(csv_of(listed(scored(["a", "b"], value=[-50.0, 10.0])))), key=lambda r: r["customer_id"]
    )
    assert row["value_if_retained"] == "-50.00"


def test_an_empty_strategy_has_a_header_only():
    with ranked(scored(["a", "b"])) as everybody:
        together = write.together(everybody)
    assert list(together.files) == [
        f"{name}.{kind}"
        for name in ("retain", "rationalise", "win_back", "release", "unclassified", "all")
        for kind in ("csv", "parquet")
    ]
    assert [together.files[f"{name}.csv"].rows for name in ("unclassified", "all")] == [0, 2]
    files = files_of(scored(["a", "b"]))
    assert files["unclassified.csv"].decode() == ",".join(NAMES) + "\n"
    empty = pq.ParquetFile(io.BytesIO(files["unclassified.parquet"]))
    assert empty.schema_arrow.names == list(NAMES)
    assert empty.metadata.num_rows == 0


def people_enough(n):
    """Customers in every strategy, with ties, words in two languages and gaps."""
    steps = np.arange(n)
    return scored(
        [f"{7 * i % n:05d}" for i in steps],
        risk=steps % 11 / 10,
        value=steps % 7 * 100 - 50.005,
        intensity=np.where(steps % 5 == 0, np.nan, steps % 100),
        segment=texts([(None, "B2B", "étoilé", '"quoted"', "=1", "Ünder")[i % 6] for i in steps]),
        reason_texts=texts(
            [[f"{i % 13} days", None if i % 3 else "«\u202fdit\u202f»", "x,y"] for i in steps]
        ),
    )


@pytest.mark.parametrize("newline", ["lf", "crlf"])
@pytest.mark.parametrize("valued", [True, False])
def test_every_file_is_what_the_plain_way_writes(newline, valued):
    people = people_enough(300) if valued else scored([f"{i:03d}" for i in range(300)], valued=False)
    expected = plain_lists.files(people, STAMP, end=write.NEWLINES[newline])
    assert files_of(people, newline=newline) == expected


@pytest.mark.parametrize("sizes", [(16, 4, 7, 50), (50, 50, 50, 3), (1, 1, 1, 1), (64, 8, 1000, 1000)])
@pytest.mark.parametrize("blocks", [1, 2, 17, 300])
def test_blocks_runs_chunks_and_their_order_change_no_byte(monkeypatch, sizes, blocks):
    people = people_enough(300)
    expected = files_of(people)
    for name, size in zip(("RUN", "CHUNK", "BATCH"), sizes, strict=False):
        monkeypatch.setattr(spool, name, size)
    shuffled = np.random.default_rng(blocks).permutation(300)
    assert files_of(*map(people.take, np.array_split(shuffled, blocks))) == expected


def test_row_groups_follow_from_the_rows_alone(monkeypatch):
    monkeypatch.setattr(write, "ROW_GROUP", 100)
    table = listed(scored([f"{i:05d}" for i in range(250)]))
    expected = parquet_of(table)
    for cuts in ([0, 7, 200, 207], [0, 100, 200], [0, 99, 100, 101, 250]):
        bounds = [*cuts, 250]
        pieces = [table.slice(a, b - a) for a, b in itertools.pairwise(bounds)]
        assert parquet_of(*pieces) == expected
    assert parquet_of(table.slice(0, 120), table.slice(120)) == expected
    groups = pq.ParquetFile(io.BytesIO(expected)).metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [100, 100, 50]


def test_row_groups_of_a_hundred_thousand_are_those_of_one_table():
    table = pa.concat_tables([listed(scored([f"{i:04d}" for i in range(1_050)]))] * 200)
    pieces = [table.slice(start, 16_384) for start in range(0, table.num_rows, 16_384)]
    assert parquet_of(*pieces) == plain_lists.parquet(table)


def test_parquet_has_a_fixed_codec_and_no_pandas_metadata():
    file = pq.ParquetFile(io.BytesIO(parquet_of(listed(scored(["a", "b"])))))
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert b"pandas" not in (file.metadata.metadata or {})


MUTANTS = {
    "no formula check": ("_FORMULA", cells.re.compile(r"(?!)")),
    "only at the very start": ("_FORMULA", cells.re.compile(r"[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")),
    "quotes not doubled": ("_quoted", lambda text: f'"{text}"'),
    "quotes are plain": ("_PLAIN", cells._HARMLESS),
    "everything is plain": ("_PLAIN", ""),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    words = texts([' =HYPERLINK("x")', 'say "hi", you'])

    def right():
        rows = read(csv_of(listed(scored(["a", "b"], [0.9, 0.1], [9, 9], [9, 9], segment=words))))
        return [row["segment"] for row in rows] == ['\' =HYPERLINK("x")', 'say "hi", you']

    assert right()
    monkeypatch.setattr(cells, *MUTANTS[name])
    assert not right()
