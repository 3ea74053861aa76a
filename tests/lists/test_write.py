"""CSV and Parquet: what is written is read back, nothing runs as a formula, the same bytes every time."""

import csv
import hashlib
import io
import itertools
import time

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from churnlab.config.project import Lists
from churnlab.errors import GateError
from churnlab.lists import write
from churnlab.lists.build import build
from churnlab.lists.columns import COLUMNS, NAMES
from churnlab.lists.write import outputs, write_csv, write_parquet
from scored_people import STAMP, scored, texts

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


def csv_of(table, **options):
    file = io.BytesIO()
    write_csv(table, file, **options)
    return file.getvalue()


def parquet_of(table):
    file = io.BytesIO()
    write_parquet(table, file)
    return file.getvalue()


def read(content):
    """Rows as dicts, by the standard library."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_by_hand():
    table = build(scored(["00123"], [0.25], [820.5], [72.0], segment=texts(["B2B, large"])), STAMP)
    header, row, end = csv_of(table).decode().split("\n")
    assert header == ",".join(NAMES)
    assert row == (
        '"00123","at_risk","0123456789abcdef","3",2025-02-01,2025-03-03,"B2B, large","retain","retain",'
        '0.250000,"medium",820.50,410.25,1641.00,635.89,738.45,"margin",184.61,72.000000,"recency+frequency",1,'
        '"days_since_last_order","last order 0 days ago",,,,,"EUR","Retain"'
    )
    assert end == ""


def test_line_ends_and_no_byte_order_mark():
    table = build(scored(["a", "b"]), STAMP)
    crlf = csv_of(table, newline="crlf")
    assert crlf.count(b"\r\n") == 3
    assert crlf.replace(b"\r\n", b"\n") == csv_of(table)
    assert crlf.startswith(b"customer_id,")


def test_money_has_the_decimals_of_its_currency():
    table = build(scored(["a", "b"], value=[1234.0, 5.0]), STAMP)
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
    table = build(scored(ids, segment=segment), STAMP)
    rows = read(csv_of(table, newline=newline))
    assert [row["customer_id"] for row in rows] == table["customer_id"].to_pylist()
    kept = table["segment"].to_pylist()
    assert [row["segment"] for row in rows] == [write.inert(text) for text in kept]
    frame = pd.read_csv(
        io.BytesIO(csv_of(table, newline=newline)), dtype=str, keep_default_na=False, lineterminator=None
    )
    assert frame["customer_id"].tolist() == table["customer_id"].to_pylist()
    assert pq.read_table(io.BytesIO(parquet_of(table))).equals(table)


def test_csv_and_parquet_hold_the_same_values():
    table = build(scored([f"{i:05d}" for i in range(200)], intensity=[i % 100 for i in range(200)]), STAMP)
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
    table = build(scored([f"c{i}" for i in range(len(PAYLOADS))]), STAMP)
    position = table.schema.get_field_index(name)
    table = table.set_column(position, table.schema.field(position), pa.array(PAYLOADS, pa.string()))
    rows = read(csv_of(table))
    assert [row[name] for row in rows] == [f"'{payload}" for payload in PAYLOADS]
    assert all(not cell.strip("\u200b\ufeff \u00a0\u2003").startswith(tuple(TRIGGERS)) for row in rows
               for cell in row.values())  # fmt: skip
    assert pq.read_table(io.BytesIO(parquet_of(table)))[name].to_pylist() == PAYLOADS


@pytest.mark.parametrize("payload", PAYLOADS[:: len(BODIES)])
def test_an_id_is_refused_or_escaped_but_never_silently_altered(payload):
    table = build(scored(["plain", payload]), STAMP)
    with pytest.raises(GateError, match="customer_id: a spreadsheet would run ids") as caught:
        csv_of(table)
    assert "1 of 2 ids" in str(caught.value)
    assert "HYPERLINK" not in str(caught.value)
    with pytest.raises(GateError, match="customer_id"):
        outputs(table, Lists(formula_policy="refuse"), 2)
    escaped = {row["customer_id"] for row in read(csv_of(table, formula_policy="escape"))}
    assert escaped == {"plain", f"'{payload}"}
    assert outputs(table, Lists(formula_policy="escape"), 2)["all.csv"].rows == 2
    kept = pq.read_table(io.BytesIO(parquet_of(table)))["customer_id"].to_pylist()
    assert sorted(kept) == sorted(["plain", payload])


@pytest.mark.parametrize("text", ["", "a=b", "1-1", "5 @ home", "'=1", "x\n=1", "retain", "−1 in words"])
def test_other_text_is_left_alone(text):
    assert write.inert(text) == text


def test_negative_amounts_stay_numbers():
    (row, _) = sorted(
        read(csv_of(build(scored(["a", "b"], value=[-50.0, 10.0]), STAMP))), key=lambda r: r["customer_id"]
    )
    assert row["value_if_retained"] == "-50.00"


def test_an_empty_strategy_has_a_header_only():
    files = outputs(build(scored(["a", "b"]), STAMP), Lists(), 2)
    assert list(files) == [
        f"{name}.{kind}"
        for name in ("retain", "rationalise", "win_back", "release", "unclassified", "all")
        for kind in ("csv", "parquet")
    ]
    file = io.BytesIO()
    files["unclassified.csv"].write(file)
    assert file.getvalue().decode() == ",".join(NAMES) + "\n"
    assert files["unclassified.csv"].rows == 0
    file = io.BytesIO()
    files["unclassified.parquet"].write(file)
    assert pq.read_table(file).schema.names == list(NAMES)


def test_the_same_bytes_however_the_table_is_chunked(monkeypatch):
    table = build(scored([f"{i:05d}" for i in range(300)]), STAMP)
    pieces = pa.concat_tables([table.slice(0, 7), table.slice(7, 200), table.slice(207)])
    assert pieces["customer_id"].num_chunks == 3
    expected = [hashlib.sha256(content).digest() for content in (csv_of(table), parquet_of(table))]
    assert [hashlib.sha256(content).digest() for content in (csv_of(pieces), parquet_of(pieces))] == expected
    monkeypatch.setattr(write, "BATCH", 11)
    assert hashlib.sha256(csv_of(table)).digest() == expected[0]


def test_parquet_has_a_fixed_codec_and_no_pandas_metadata():
    file = pq.ParquetFile(io.BytesIO(parquet_of(build(scored(["a", "b"]), STAMP))))
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert b"pandas" not in (file.metadata.metadata or {})


def test_a_hundred_thousand_rows_take_seconds():
    table = build(scored([f"{i:07d}" for i in range(100_000)]), STAMP)
    start = time.process_time()
    csv_of(table)
    assert time.process_time() - start < 6, "about one second of processor time on an idle machine"


MUTANTS = {
    "no formula check": ("_FORMULA", write.re.compile(r"(?!)")),
    "only at the very start": ("_FORMULA", write.re.compile(r"[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")),
    "quotes not doubled": ("_quoted", lambda text: f'"{text}"'),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    words = texts([' =HYPERLINK("x")', 'say "hi", you'])

    def right():
        rows = read(csv_of(build(scored(["a", "b"], [0.9, 0.1], [9, 9], [9, 9], segment=words), STAMP)))
        return [row["segment"] for row in rows] == ['\' =HYPERLINK("x")', 'say "hi", you']

    assert right()
    monkeypatch.setattr(write, *MUTANTS[name])
    assert not right()
