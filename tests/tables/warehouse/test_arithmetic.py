"""Arithmetic in shared operations: on Postgres, the results that DuckDB's own operations have."""

import datetime as dt
import math
import random
import struct

import duckdb
import ibis
import pytest

from churnlab.tables.warehouse import arithmetic
from churnlab.tables.warehouse.dialects import Respelling

EDGES = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    0.49999999999999994,
    1e-4,
    9.999e-5,
    12.0,
    0.1,
    2.675,
    1.005,
    1e15,
    1e16,
]
EDGES += [
    123456789012.345,
    9007199254740993.0,
    4503599627370497.5,
    1e17,
    -1e17,
    1.5e-7,
    16777217.5,
    0.1 + 0.2,
]
HUGE = [math.inf, -math.inf, math.nan, 1e308, 1.7e308, 5e-324, 1e-310, 1e22, 1e300, -1e-300]


def floats(count, draw=None):
    """Floats of every size, the same on every run."""
    draw = draw or random.Random(7)
    some = [struct.unpack("d", struct.pack("Q", draw.getrandbits(64)))[0] for _ in range(count)]
    return [value for value in some if not math.isnan(value)] + [
        draw.uniform(-1e7, 1e7) for _ in range(count)
    ]


def on_postgres(dsn, values, kind, expr):
    """An expression on column ``x`` of the values, as text, as Postgres computes it."""
    import psycopg
    from ibis.backends.sql.compilers import postgres

    sql = postgres.compiler.to_sqlglot(expr).sql("postgres")
    with psycopg.connect(dsn) as connection:
        connection.execute(f"CREATE TEMP TABLE given (n int, x {kind})")
        with connection.cursor() as cursor, cursor.copy("COPY given FROM STDIN") as copy:
            for row in enumerate(values):
                copy.write_row(row)
        return [row[0] for row in connection.execute(f"{sql} ORDER BY n").fetchall()]


def on_duckdb(values, kind, select):
    """The same by DuckDB's own operations, as text."""
    rows = list(enumerate(values))
    duckdb.execute(f"CREATE OR REPLACE TEMP TABLE given (n INT, x {kind})")
    duckdb.executemany("INSERT INTO given VALUES (?, ?)", rows)
    return [
        row[0] for row in duckdb.execute(f"SELECT CAST({select} AS VARCHAR) FROM given ORDER BY n").fetchall()
    ]


def given(kind):
    return ibis.table({"n": "int32", "x": kind}, name="given")


def same(first, second, values):
    """Equal, floats by value: engines print them each their way."""
    pairs = zip(values, first, second, strict=True)
    different = [each for each in pairs if each[1] != each[2] and not _as_floats(each[1], each[2])]
    assert not different, different[:5]


def _as_floats(first, second):
    try:
        return repr(float(first)) == repr(float(second))
    except (TypeError, ValueError):
        return False


@pytest.mark.postgres
def test_rounding_is_away_from_zero(postgres_dsn):
    values = EDGES + [value / 2 for value in range(-9, 10)] + floats(300)
    values = [value for value in values if abs(value) < 1e18]
    t = given("float64")
    expr = t.select(r=arithmetic.rounded(t.x).cast("string"), n=t.n)
    found = on_postgres(postgres_dsn, values, "double precision", expr)
    same(found, on_duckdb(values, "DOUBLE", "round(x, 0)"), values)


@pytest.mark.postgres
@pytest.mark.parametrize("scale", [0, 2, 9])
def test_a_float_becomes_the_decimal_that_duckdb_makes(postgres_dsn, scale):
    values = [value for value in EDGES + floats(3_000) if abs(value) < 1e18]
    t = given("float64")
    cast = arithmetic.decimal_of_float(t.x, ibis.dtype(f"decimal(38, {scale})")).cast("string")
    found = on_postgres(postgres_dsn, values, "double precision", t.select(r=cast, n=t.n))
    wanted = on_duckdb(values, "DOUBLE", f"x::DECIMAL(38, {scale})")
    # Only the digits count: 0.00 and 0 are one number.
    assert [each.rstrip("0").rstrip(".") if "." in each else each for each in found] == [
        each.rstrip("0").rstrip(".") if "." in each else each for each in wanted
    ]


@pytest.mark.postgres
def test_a_float_is_printed_as_duckdb_prints_it(postgres_dsn):
    """Beyond 2^53 the two may write the same float with one digit more or less."""
    values = [value for value in EDGES + HUGE + floats(2_000) if abs(value) < 2.0**53 or value in HUGE]
    t = given("float64")
    found = on_postgres(
        postgres_dsn, values, "double precision", t.select(r=arithmetic.text_of_float(t.x), n=t.n)
    )
    wanted = on_duckdb(values, "DOUBLE", "x")
    assert [pair for pair in zip(values, found, wanted, strict=True) if pair[1] != pair[2]] == []


@pytest.mark.postgres
def test_numbers_are_read_as_duckdb_reads_them(postgres_dsn):
    texts = ["0", "-0", "007", "1.50", "-12.345678901234567890123", "9" * 309, "-" + "9" * 400, "9" * 300]
    texts += [
        "0." + "0" * 400 + "1",
        "-0." + "0" * 350 + "7",
        "0" * 400 + "12.5",
        "1" + "0" * 15 + ".5",
        None,
    ]
    texts += [f"{value:.20f}" for value in floats(500) if abs(value) < 1e15]
    t = given("string")
    read = arithmetic.float_of_text(t.x).cast("string")
    found = on_postgres(postgres_dsn, texts, "text", t.select(r=read, n=t.n))
    same(found, on_duckdb(texts, "VARCHAR", "TRY_CAST(x AS DOUBLE)"), texts)


@pytest.mark.postgres
def test_products_overflow_without_an_error(postgres_dsn):
    values = [*EDGES, *HUGE, 1e154, 1e155, -1e200, 1e-160, 1e-170, -3e-200]
    t = given("float64")
    for by, name in ((100.0, "100.0"), (2.0**-50, "8.881784197001252e-16")):
        product = arithmetic.product(t.x, ibis.literal(by)).cast("string")
        found = on_postgres(postgres_dsn, values, "double precision", t.select(r=product, n=t.n))
        wanted = on_duckdb(values, "DOUBLE", f"x * {name}::DOUBLE")
        tiny = [pair for pair in zip(values, found, wanted, strict=True) if not 0 < abs(pair[0]) < 1e-290]
        same(
            [found for _, found, _ in tiny],
            [wanted for _, _, wanted in tiny],
            [value for value, _, _ in tiny],
        )
    square = arithmetic.product(t.x, t.x * 1.0).cast("string")
    found = on_postgres(postgres_dsn, values, "double precision", t.select(r=square, n=t.n))
    same(found, on_duckdb(values, "DOUBLE", "x * x"), values)


@pytest.mark.postgres
def test_local_times_are_counted_in_microseconds(postgres_dsn):
    draw = random.Random(3)
    moments = [dt.datetime.min + draw.random() * (dt.datetime.max - dt.datetime.min) for _ in range(2_000)]
    moments += [
        dt.datetime(2024, 2, 29, 23, 59, 59, 999_999),
        dt.datetime(1970, 1, 1),
        dt.datetime(1900, 3, 1),
    ]
    texts, wanted = [], []
    for moment in moments:
        whole = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for written, told in (
            (f"{moment:%H:%M:%S.%f}", moment),
            (f"{moment:%H:%M}", moment.replace(second=0, microsecond=0)),
            (
                f"{moment:%H:%M:%S.%f}"[:-5],
                moment.replace(microsecond=moment.microsecond // 100_000 * 100_000),
            ),
            ("", whole),
        ):
            texts.append(f"{moment.year:04}-{moment:%m-%d} {written}".strip())
            wanted.append((told - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1))
    t = given("string")
    found = on_postgres(postgres_dsn, texts, "text", t.select(r=arithmetic.microseconds(t.x), n=t.n))
    assert found == wanted


def test_an_expression_of_duckdb_is_not_touched_unless_asked():
    t = ibis.table({"x": "float64"}, name="t")
    node = t.select(r=t.x.round(0), s=t.x % 1).op()
    assert Respelling("postgres")(node) != node
    assert ibis.to_sql(node.to_expr(), dialect="duckdb") == ibis.to_sql(
        t.select(r=t.x.round(0), s=t.x % 1), dialect="duckdb"
    )
