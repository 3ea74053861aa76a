"""Tables and queries from a real Postgres server: types, one snapshot, no write, no secret told."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pyarrow as pa
import pytest

from churnlab.errors import ConfigError, DataError, MachineError
from churnlab.tables import postgres
from sources import COLUMNS, engine, faults, source, staged, values

pytestmark = pytest.mark.postgres

SETUP = """
    DROP SCHEMA IF EXISTS shop CASCADE;
    CREATE SCHEMA shop;
    CREATE TYPE shop.channel AS ENUM ('web', 'store');
    CREATE TABLE shop.orders (
        id text, date timestamptz, amount numeric(10, 2), quantity double precision, channel shop.channel,
        big bigint, whole numeric, plain timestamp, day date, paid boolean, tags text[], code uuid
    );
    INSERT INTO shop.orders VALUES
        ('C"1,
x', '2025-07-01 12:00:00.123456+02', 12.50, 0.1, 'web', 9007199254740993, 123456789012345678901234567890.5,
         '2025-07-01 12:00', '2025-07-01', true, '{a}', '00000000-0000-0000-0000-000000000001'),
        ('', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""


@pytest.fixture
def server(postgres_dsn, monkeypatch):
    """A connection to a database with one table; the address is in the environment."""
    import psycopg

    monkeypatch.setenv("SHOP", postgres_dsn)
    monkeypatch.setenv("PGTZ", "America/New_York")  # sessions elsewhere do not matter
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(SETUP)
        yield connection


def table(name="shop.orders", **keys):
    return {"postgres": {"dsn": "${env:SHOP}", "table": name}, **keys}


def query(text, **keys):
    return {"postgres": {"dsn": "${env:SHOP}", "query": text}, **keys}


def test_values_keep_their_types(server, tmp_path):
    mapped = COLUMNS | {"quantity": "quantity", "channel": "channel", "order_id": "big", "margin": "whole"}
    result, rows = staged(tmp_path, **table(columns=mapped))
    assert rows[0][:2] == ("transactions.orders", None)
    instant = engine().con.execute(f"SELECT epoch_us(time) FROM {result.name}").fetchall()
    told = dt.datetime(2025, 7, 1, 10, 0, 0, 123456, tzinfo=dt.UTC)
    assert instant == [(round(told.timestamp() * 10**6),), (None,)]
    kinds = dict(
        engine().con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {result.name})").fetchall()
    )
    assert kinds["time"] == "TIMESTAMP WITH TIME ZONE"
    assert kinds["amount"] == "DECIMAL(10,2)"
    first, second = (
        engine()
        .con.execute(f"SELECT customer_id, amount, quantity, channel, order_id, margin FROM {result.name}")
        .fetchall()
    )
    # numeric without digits has no bounds: it stays text, exact to the last one.
    exact = "123456789012345678901234567890.5"
    assert first == ('C"1,\nx', Decimal("12.50"), 0.1, "web", 9007199254740993, exact)
    assert second == ("", None, None, None, None, None), "an empty text is no null"
    assert result.digests == {}


def test_dates_local_times_and_booleans(server, tmp_path):
    mapped = COLUMNS | {"time": "day", "recorded_at": "plain", "type": "paid", "event_id": "code"}
    _, rows = staged(tmp_path, **table(columns=mapped))
    day, code = dt.date(2025, 7, 1), "00000000-0000-0000-0000-000000000001"
    assert rows[0][3:] == (day, Decimal("12.50"), dt.datetime(2025, 7, 1, 12), True, code)


def test_a_query_and_its_columns_by_name(server, tmp_path):
    text = "SELECT amount * 2 AS amount, date, id, 'x' AS other FROM shop.orders WHERE id <> '' -- all"
    result, rows = staged(
        tmp_path, **query(text, columns={"customer_id": "id", "time": "amount", "amount": "amount"})
    )
    assert values(rows) == [('C"1,\nx', "25.00", "25.00")]  # exact, as text
    assert list(result.notes) == ["transactions.orders: columns not mapped: date, other"]


def test_values_that_are_no_numbers_or_instants_are_set_aside(server, tmp_path):
    server.execute("""
        TRUNCATE shop.orders;
        INSERT INTO shop.orders (id, date, amount, quantity) VALUES
            ('C1', 'infinity', 1, 1), ('C2', '2025-01-01', 'NaN', 2), ('C3', '-infinity', 'NaN', 3),
            ('C4', '2025-01-01', 4, 'NaN'), ('C5', '0044-03-15 00:00+00 BC', 5, 5)
    """)
    result, rows = staged(tmp_path, **table(columns={**COLUMNS, "time": "quantity", "recorded_at": "date"}))
    # A floating-point NaN is a value of its type; whether it may be an amount is judged later.
    assert [row[2] for row in rows] == ["C4"]
    told = [(each.column, each.raw, each.reason) for each in result.rejects]
    assert sorted(told) == [
        ("amount", "NaN", "out_of_range"),
        ("amount", "NaN", "out_of_range"),
        ("date", "0044-03-15 00:00:00 BC", "out_of_range"),
        ("date", "infinity", "out_of_range"),
    ]
    assert result.read == 5
    assert faults(result) == [(None, "out_of_range")] * 4


def test_one_moment_whatever_others_write(server, tmp_path, postgres_dsn, monkeypatch):
    """Rows written while the copy runs are of another moment."""
    import psycopg

    server.execute(
        "TRUNCATE shop.orders; INSERT INTO shop.orders (id) SELECT g FROM generate_series(1, 5000) g"
    )
    first = threading.Event()
    copied = postgres.copied

    def disturbed(connection, *args):
        with psycopg.connect(postgres_dsn, autocommit=True) as other:
            other.execute(
                "INSERT INTO shop.orders (id) VALUES ('late'); DELETE FROM shop.orders WHERE id = '7'"
            )
        first.set()
        return copied(connection, *args)

    monkeypatch.setattr(postgres, "copied", disturbed)
    _, rows = staged(tmp_path, **table())
    assert first.is_set()
    assert {row[2] for row in rows} == {str(n) for n in range(1, 5001)}


def test_reading_cannot_write(server, tmp_path):
    server.execute(
        "CREATE FUNCTION shop.sneak() RETURNS text LANGUAGE sql AS $$ DELETE FROM shop.orders RETURNING id $$"
    )
    with pytest.raises(DataError, match=r"Postgres refused to read it\ngot: SQLSTATE 25006"):
        staged(tmp_path, **query("SELECT shop.sneak() AS id, 1 AS date, 2 AS amount"))
    for text in (
        "SELECT 1) TO STDOUT; DELETE FROM shop.orders; --",
        "SELECT 1 AS id) AS q; COMMIT; DELETE FROM shop.orders; SELECT * FROM (SELECT 1",
    ):
        with pytest.raises(
            DataError,
            match=r"Postgres refused to read it\ngot: (cannot insert multiple|syntax error|subquery in FROM)",
        ):
            staged(tmp_path, **query(text))
    assert server.execute("SELECT count(*) FROM shop.orders").fetchone() == (2,)


def test_names_are_quoted(server, tmp_path):
    server.execute('CREATE TABLE shop."odd; name" ("Id" text, "a ""b"" c" int)')
    server.execute('INSERT INTO shop."odd; name" VALUES (1, 2)')
    _, rows = staged(tmp_path, **table("shop.odd; name", columns={"customer_id": "Id", "time": "Id"}))
    assert values(rows) == [("1", "1")]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (table("shop.order"), "no such table in the database"),
        (table("other.orders"), "no such table in the database"),
        (table(columns=COLUMNS | {"amount": "amounts"}), r"no column 'amounts'; did you mean 'amount'\?"),
        (
            table(columns=COLUMNS | {"amount": "tags"}),
            r"column 'tags' does not hold plain values\ngot: _text",
        ),
        (query("SELECT id, id FROM shop.orders"), "two columns are named 'id'"),
        (query("SELEC 1"), "Postgres refused to read it\ngot: syntax error"),
        (query("SELECT 'secret-value'::int AS id"), "Postgres refused to read it\ngot: SQLSTATE 22P02"),
    ],
)
def test_mistakes_are_told(server, tmp_path, place, told):
    with pytest.raises(DataError, match=told) as caught:
        staged(tmp_path, **place)
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://tester:hunter2@127.0.0.1:1/postgres",
        "postgresql://tester:hunter2@no-such-host.invalid/postgres",
        "hunter2 is not an address",
        "postgresql://hunter2:hunter2@/postgres?host=/nowhere&sslmode=hunter2",
    ],
)
def test_the_address_is_never_told(postgres_dsn, tmp_path, monkeypatch, address):
    monkeypatch.setenv("SHOP", address)
    with pytest.raises(
        MachineError, match=r"cannot connect to the Postgres server of \$\{env:SHOP\}"
    ) as caught:
        staged(tmp_path, **table())
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__, "a traceback would show what the driver said"


def test_an_address_that_is_not_set(tmp_path, monkeypatch):
    monkeypatch.delenv("SHOP", raising=False)
    with pytest.raises(ConfigError, match=r"transactions.orders: the environment variable SHOP is not set"):
        staged(tmp_path, **table())


def test_an_empty_table(server, tmp_path):
    server.execute("TRUNCATE shop.orders")
    result, rows = staged(tmp_path, **table())
    assert (result.read, rows) == (0, [])


def test_many_rows_in_batches(server, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_BLOCK", 1000)
    server.execute("""
        TRUNCATE shop.orders; INSERT INTO shop.orders (id, amount)
        SELECT 'C' || g || CASE WHEN g % 7 = 0 THEN E'\\n"' ELSE '' END, g / 100.0
        FROM generate_series(1, 3000) g
    """)
    _, rows = staged(tmp_path, **table())
    expected = [(f"C{n}" + '\n"' * (n % 7 == 0), None, Decimal(n) / 100) for n in range(1, 3001)]
    assert sorted(values(rows)) == sorted(expected)


def test_columns_that_change_between_the_look_and_the_reading(server, tmp_path):
    part = postgres.PostgresPart.of(source(**table()).postgres, "transactions.orders")
    assert part.types(["id", "paid"]) == [pa.string(), pa.bool_()]
    server.execute("ALTER TABLE shop.orders ALTER COLUMN amount TYPE double precision")
    with pytest.raises(DataError, match="the columns changed while it was read"):
        list(part.batches(["id", "amount"]))
